using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Shop.Ordering.Data.Migrations
{
    /// <inheritdoc />
    public partial class AnswersByAge : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // While others write. A run that broke off leaves an index that is not valid.
            migrationBuilder.Sql("drop index concurrently if exists ordering.ix_stored_answers_age", suppressTransaction: true);
            migrationBuilder.Sql("create index concurrently ix_stored_answers_age on ordering.stored_answers (stored_at)", suppressTransaction: true);
            migrationBuilder.Sql("drop index concurrently if exists ordering.ix_stored_answers_stored_at", suppressTransaction: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("create index concurrently ix_stored_answers_stored_at on ordering.stored_answers using brin (stored_at)", suppressTransaction: true);
            migrationBuilder.Sql("drop index concurrently if exists ordering.ix_stored_answers_age", suppressTransaction: true);
        }
    }
}
