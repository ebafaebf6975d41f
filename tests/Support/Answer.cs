using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Shop.Support;

/// <summary>A response, read to its end.</summary>
public sealed record Answer(int Status, string? MediaType, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public Guid OrderId => Json.GetProperty("orderId").GetGuid();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Sends a request and reads what comes back.</summary>
    /// <param name="token">Null for nobody.</param>
    public static async Task<Answer> To(
        HttpClient http, HttpMethod method, string path, string? token, string? json, IEnumerable<(string Name, string Value)> headers)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        request.Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await http.SendAsync(request, Cancellation);
        return new(
            (int)response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            await response.Content.ReadAsStringAsync(Cancellation),
            response.Headers.ToDictionary(header => header.Key, header => header.Value.First(), StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Asserts that it is a problem in the agreed form, with this status.</summary>
    /// <param name="field">What the problem is about; null if it is about no field.</param>
    public Answer MustBeProblem(int status, string? field = null)
    {
        Assert.True(Status == status, $"Expected {status}, got {Status}: {Body}");
        Assert.Equal("application/problem+json", MediaType);
        Assert.Equal(status, Json.GetProperty("status").GetInt32());
        Assert.NotEmpty(Json.GetProperty("type").GetString()!);
        Assert.NotEmpty(Json.GetProperty("title").GetString()!);
        Assert.Matches("^[0-9a-f]{32}$", Json.GetProperty("traceId").GetString()!);
        if (field is not null)
        {
            Assert.True(
                Json.TryGetProperty("errors", out var errors) && errors.TryGetProperty(field, out _), $"No error for {field}: {Body}");
        }

        return this;
    }

    /// <summary>Asserts that the body has no card number and no name from the code.</summary>
    public Answer MustKeepSecrets()
    {
        Assert.DoesNotMatch("4111 ?1111", Body);
        Assert.DoesNotContain("Shop.", Body);
        return this;
    }
}
