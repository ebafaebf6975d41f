using System.CommandLine;
using System.Text.Json;
using Spectre.Console;

namespace Shop.Cli.Orders;

/// <summary>./shop dead-letters: the messages no service could handle, and what to do about them.</summary>
static class DeadLettersCommand
{
    const int ListMax = 1_000;

    public static Command Command(Checkout checkout)
    {
        var user = new Option<string>("--as")
        {
            Description = "Who decides; it is recorded with the decision",
            DefaultValueFactory = _ => Environment.UserName,
            Recursive = true,
        };
        var status = new Option<string>("--status")
        {
            Description = "Which ones: waiting, replayed, discarded or all",
            DefaultValueFactory = _ => "waiting",
        };
        var json = new Option<bool>("--json") { Description = "As JSON" };
        var command = new Command("dead-letters", "Lists, shows, replays and discards messages that could not be handled")
        {
            user, status, json, Show(checkout, user), Replay(checkout, user), Discard(checkout, user),
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = Api(checkout, parsed.GetRequiredValue(user));
            var list = await api.Get<JsonElement>(
                $"/ops/dead-letters?limit={ListMax}&status={Uri.EscapeDataString(parsed.GetRequiredValue(status))}", cancellation);
            if (parsed.GetValue(json))
            {
                Terminal.Line(JsonSerializer.Serialize(list, ShopApi.Readable));
            }
            else
            {
                Print(list.Deserialize<DeadLetterList>(JsonSerializerOptions.Web)!);
            }

            return 0;
        });
        return command;
    }

    static Command Show(Checkout checkout, Option<string> user)
    {
        var id = Id();
        var command = new Command("show", "Shows one with its headers, its body and where it failed") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = Api(checkout, parsed.GetRequiredValue(user));
            var letter = await api.Get<JsonElement>(Path(parsed.GetRequiredValue(id)), cancellation);
            Terminal.Line(JsonSerializer.Serialize(letter, ShopApi.Readable));
            return 0;
        });
        return command;
    }

    static Command Replay(Checkout checkout, Option<string> user)
    {
        var ids = new Argument<string[]>("id") { Description = "Which ones", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "Everything that waits" };
        var command = new Command("replay", "Sends messages to their endpoint once more; repeating it is harmless") { ids, all };
        command.Validators.Add(result =>
        {
            if (result.GetValue(all) == result.GetValue(ids) is not [])
            {
                result.AddError("Name the dead letters to replay, or say --all.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = Api(checkout, parsed.GetRequiredValue(user));
            var chosen = parsed.GetValue(all)
                ? (await api.Get<DeadLetterList>($"/ops/dead-letters?limit={ListMax}", cancellation)).DeadLetters.Select(letter => letter.Id)
                : parsed.GetRequiredValue(ids);
            foreach (var id in chosen)
            {
                await api.Send(HttpMethod.Post, $"{Path(id)}/replay", null, cancellation);
                Terminal.Line($"replayed {id}");
            }

            Terminal.Line("What fails again is back in the list: ./shop dead-letters");
            return 0;
        });
        return command;
    }

    static Command Discard(Checkout checkout, Option<string> user)
    {
        var id = Id();
        var command = new Command("discard", "Gives a message up: copies of it are dropped from now on") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = Api(checkout, parsed.GetRequiredValue(user));
            await api.Send(HttpMethod.Delete, Path(parsed.GetRequiredValue(id)), null, cancellation);
            Terminal.Line($"discarded {parsed.GetRequiredValue(id)}");
            return 0;
        });
        return command;
    }

    static void Print(DeadLetterList list)
    {
        foreach (var service in list.Unavailable)
        {
            Terminal.Line($"{service} could not be asked.");
        }

        if (list.DeadLetters is [])
        {
            Terminal.Line("No dead letters.");
            return;
        }

        foreach (var letter in list.DeadLetters)
        {
            Terminal.Out.MarkupLineInterpolated($"[bold]{letter.Id}[/]");
            Terminal.Line($"  {letter.MessageType.Split(':')[^1]}, failed {letter.Failures}×, last {letter.LastFailedAt.ToLocalTime():yyyy-MM-dd HH:mm:ss}");
            Terminal.Line($"  {letter.Reason.ReplaceLineEndings(" ")}");
            if (letter.DecidedBy is not null)
            {
                Terminal.Line($"  {letter.Status.ToLowerInvariant()}; last decided by {letter.DecidedBy}{(letter.Handled ? ", done with" : "")}");
            }
        }

        Terminal.Line($"{list.Waiting} waiting. Next: ./shop dead-letters show ID, replay ID, discard ID");
    }

    static ShopApi Api(Checkout checkout, string user) => new(checkout, user, Tokens.Staff);

    static Argument<string> Id() => new("id") { Description = "The dead letter, as ./shop dead-letters lists it" };

    static string Path(string id) => $"/ops/dead-letters/{Uri.EscapeDataString(id)}";

    sealed record DeadLetterList(IReadOnlyList<Letter> DeadLetters, long Waiting, IReadOnlyList<string> Unavailable);

    sealed record Letter(
        string Id, string MessageType, string Reason, int Failures, DateTimeOffset LastFailedAt, string Status, string? DecidedBy, bool Handled);
}
