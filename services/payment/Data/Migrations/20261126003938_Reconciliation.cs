using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Shop.Payment.Data.Migrations
{
    /// <inheritdoc />
    public partial class Reconciliation : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "look_again_at",
                schema: "payment",
                table: "payments",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "open_since",
                schema: "payment",
                table: "payments",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "differences",
                schema: "payment",
                columns: table => new
                {
                    charge_id = table.Column<string>(type: "text", nullable: false),
                    reference = table.Column<string>(type: "text", nullable: false),
                    expected = table.Column<string>(type: "text", nullable: false),
                    found = table.Column<string>(type: "text", nullable: false),
                    first_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    checked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_differences", x => x.charge_id);
                });

            migrationBuilder.CreateTable(
                name: "sweep",
                schema: "payment",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false),
                    read_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    read_until_id = table.Column<string>(type: "text", nullable: true),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    fence = table.Column<long>(type: "bigint", nullable: false),
                    swept_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sweep", x => x.id);
                });

            migrationBuilder.Sql("insert into payment.sweep (id, due_at, fence, swept_at) values (1, now(), 0, now())");

            migrationBuilder.CreateIndex(
                name: "ix_differences_reference",
                schema: "payment",
                table: "differences",
                column: "reference");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "differences",
                schema: "payment");

            migrationBuilder.DropTable(
                name: "sweep",
                schema: "payment");

            migrationBuilder.DropColumn(
                name: "look_again_at",
                schema: "payment",
                table: "payments");

            migrationBuilder.DropColumn(
                name: "open_since",
                schema: "payment",
                table: "payments");
        }
    }
}
