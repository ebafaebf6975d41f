using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Shop.Inventory.Data.Migrations
{
    /// <inheritdoc />
    public partial class MessageAccounts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "copy",
                schema: "inventory",
                table: "inbox",
                type: "boolean",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "message_accounts",
                schema: "inventory",
                columns: table => new
                {
                    owner = table.Column<long>(type: "bigint", nullable: false),
                    place = table.Column<string>(type: "text", nullable: false),
                    action = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    hour = table.Column<int>(type: "integer", nullable: false),
                    messages = table.Column<long>(type: "bigint", nullable: false),
                    ids = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_message_accounts", x => new { x.owner, x.place, x.action, x.kind, x.hour });
                })
                .Annotation("Npgsql:StorageParameter:fillfactor", 50);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "message_accounts",
                schema: "inventory");

            migrationBuilder.DropColumn(
                name: "copy",
                schema: "inventory",
                table: "inbox");
        }
    }
}
