using Shop.Messaging.Tests;
using Shop.Messaging.Tests.Bank;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

return args switch
{
    [ChildReplica.Command, .. var arguments] => await ChildReplica.Serve(arguments),
    _ when args.Contains("--server") || args.Contains("--internal-msbuild-node") =>
        await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
    _ => await ConsoleRunner.Run(args),
};
