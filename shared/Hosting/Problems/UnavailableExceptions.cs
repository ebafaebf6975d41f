using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Shop.Hosting;

/// <summary>Exceptions of other libraries that ask the caller to come back a little later.</summary>
public sealed class UnavailableExceptions
{
    readonly HashSet<Type> _types = [];

    internal void Add<T>() where T : Exception => _types.Add(typeof(T));

    internal bool Means(Exception exception) => _types.Contains(exception.GetType());
}

public static class UnavailableRegistration
{
    /// <summary>Answers 503 with Retry-After to a request that ends with <typeparamref name="T"/>.</summary>
    public static IHostApplicationBuilder AnswerUnavailable<T>(this IHostApplicationBuilder builder) where T : Exception
    {
        builder.Services.Configure<UnavailableExceptions>(exceptions => exceptions.Add<T>());
        return builder;
    }
}
