using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Shop.Payment.Data.Migrations
{
    /// <inheritdoc />
    public partial class DeadlinesAndRefusals : Migration
    {
        // The inbox's index concurrently, and so outside a transaction: messages go on being handled while a large table is read. What an attempt
        // that was interrupted leaves behind is an index that is not valid and not used, so it is made anew.
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("drop index concurrently if exists payment.ix_inbox_age", suppressTransaction: true);
            migrationBuilder.Sql("create index concurrently ix_inbox_age on payment.inbox (received_at)", suppressTransaction: true);
            migrationBuilder.Sql("drop index concurrently if exists payment.ix_inbox_received_at", suppressTransaction: true);

            migrationBuilder.AddColumn<Guid>(
                name: "deadline",
                schema: "payment",
                table: "outbox",
                type: "uuid",
                nullable: true);

            migrationBuilder.AddColumn<TimeSpan>(
                name: "patience",
                schema: "payment",
                table: "outbox",
                type: "interval",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "refused_since",
                schema: "payment",
                table: "outbox",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "ix_outbox_deadline",
                schema: "payment",
                table: "outbox",
                column: "deadline",
                filter: "deadline is not null");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_outbox_deadline",
                schema: "payment",
                table: "outbox");

            migrationBuilder.DropIndex(
                name: "ix_inbox_age",
                schema: "payment",
                table: "inbox");

            migrationBuilder.DropColumn(
                name: "deadline",
                schema: "payment",
                table: "outbox");

            migrationBuilder.DropColumn(
                name: "patience",
                schema: "payment",
                table: "outbox");

            migrationBuilder.DropColumn(
                name: "refused_since",
                schema: "payment",
                table: "outbox");

            migrationBuilder.CreateIndex(
                name: "ix_inbox_received_at",
                schema: "payment",
                table: "inbox",
                column: "received_at")
                .Annotation("Npgsql:IndexMethod", "brin");
        }
    }
}
