using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace Shop.Hosting;

static class SecretFiles
{
    const string FolderKey = "SHOP_SECRETS";

    /// <summary>
    /// Where SHOP_SECRETS names a folder, each file in it is a setting with the file's name, such as <c>RabbitMq__Password</c>: a secret in
    /// an environment variable is there for everybody who can look at the container.
    /// </summary>
    public static void AddSecretFiles(this WebApplicationBuilder builder)
    {
        if (builder.Configuration[FolderKey] is { Length: > 0 } folder)
        {
            builder.Configuration.AddKeyPerFile(Path.GetFullPath(folder), optional: true);
        }
    }
}
