using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Shop.Payment.Data.Migrations
{
    /// <inheritdoc />
    public partial class PaymentsToLookAt : Migration
    {
        // Concurrently, and so outside a transaction: payments go on while a large table is read. What an attempt that was interrupted
        // leaves behind is an index that is not valid and not used, so it is made anew.
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("drop index concurrently if exists payment.ix_payments_look_again_at", suppressTransaction: true);
            migrationBuilder.Sql(
                "create index concurrently ix_payments_look_again_at on payment.payments (look_again_at) where look_again_at is not null",
                suppressTransaction: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_payments_look_again_at",
                schema: "payment",
                table: "payments");
        }
    }
}
