using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Shop.Inventory.Data.Migrations
{
    /// <inheritdoc />
    public partial class MessageContentAndRelays : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<Guid>(
                name: "content",
                schema: "inventory",
                table: "inbox",
                type: "uuid",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "outbox_leases",
                schema: "inventory",
                columns: table => new
                {
                    owner = table.Column<long>(type: "bigint", nullable: false),
                    until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_outbox_leases", x => x.owner);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "outbox_leases",
                schema: "inventory");

            migrationBuilder.DropColumn(
                name: "content",
                schema: "inventory",
                table: "inbox");
        }
    }
}
