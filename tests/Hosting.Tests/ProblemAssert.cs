using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Shop.Hosting.Tests;

static class ProblemAssert
{
    /// <summary>Every error has this form, wherever it comes from.</summary>
    public static async Task<JsonElement> IsProblem(this HttpResponseMessage answer, HttpStatusCode status)
    {
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("type").GetString()!);
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        Assert.NotEmpty(problem.Detail());
        Assert.Matches("^[0-9a-f]{32}$", problem.TraceId());
        return problem;
    }

    public static string Detail(this JsonElement problem) => problem.GetProperty("detail").GetString()!;

    public static string TraceId(this JsonElement problem) => problem.GetProperty("traceId").GetString()!;
}
