using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Shop.Hosting;

/// <summary>The parts of the service's API document that its routes do not have.</summary>
public static class OpenApi
{
    /// <summary>An example body that can be sent as it is.</summary>
    public static RouteHandlerBuilder WithRequestExample(this RouteHandlerBuilder route, string json) =>
        route.WithMetadata(new RequestExample(json));

    internal static IServiceCollection AddApiDocument(this IServiceCollection services) =>
        services.AddOpenApi(options =>
        {
            options.CreateSchemaReferenceId = NameOf;
            options.AddOperationTransformer((operation, context, _) =>
            {
                Describe(operation, context.Description.ActionDescriptor.EndpointMetadata);
                return Task.CompletedTask;
            });
        });

    // A slice's Request and Response carry the slice's name: PlaceOrderRequest.
    static string? NameOf(JsonTypeInfo type) =>
        OpenApiOptions.CreateDefaultSchemaReferenceId(type) is { } name ? type.Type.DeclaringType?.Name + name : null;

    static void Describe(OpenApiOperation operation, IList<object> metadata)
    {
        (operation.Responses ??= [])["default"] = new OpenApiResponse
        {
            Description = "What is wrong, as problem details (RFC 9457)",
            Content = new Dictionary<string, OpenApiMediaType> { ["application/problem+json"] = new() },
        };
        if (metadata.OfType<RequestExample>().FirstOrDefault() is { } example && operation.RequestBody?.Content is { } contents)
        {
            foreach (var content in contents.Values)
            {
                content.Example = JsonNode.Parse(example.Json);
            }
        }

        if (metadata.OfType<IAllowAnonymous>().Any())
        {
            // An empty requirement means that no token is needed, although the document asks for one elsewhere.
            operation.Security = [[]];
        }
    }

    sealed record RequestExample(string Json);
}
