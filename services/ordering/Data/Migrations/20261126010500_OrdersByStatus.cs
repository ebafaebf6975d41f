using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Shop.Ordering.Data.Migrations
{
    /// <inheritdoc />
    public partial class OrdersByStatus : Migration
    {
        // Concurrently, and so outside a transaction: orders go on being placed while a large table is read. What an attempt that was
        // interrupted leaves behind is an index that is not valid and not used, so it is made anew.
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("drop index concurrently if exists ordering.ix_orders_status_id", suppressTransaction: true);
            migrationBuilder.Sql("create index concurrently ix_orders_status_id on ordering.orders (status, id)", suppressTransaction: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_orders_status_id",
                schema: "ordering",
                table: "orders");
        }
    }
}
