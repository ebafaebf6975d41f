using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using System.Text.RegularExpressions;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Client;
using Shop.Launcher.Output;

namespace Shop.Cli.Orders;

/// <summary>./shop dead-letters: the messages no service could handle, and what to do about them.</summary>
static partial class DeadLettersCommand
{
    const int ListMax = 1_000;

    /// <summary>
    /// The command with the practice, which sends messages in the services' names. It works where the broker can be reached.
    /// </summary>
    public static Command Command(Checkout checkout)
    {
        var command = WithoutPractice(checkout);
        command.Add(DeadLetterPractice.Command(checkout));
        return command;
    }

    public static Command WithoutPractice(Checkout checkout)
    {
        var user = Values.Name(
            "--as", "Who decides; it is recorded with the decision", Environment.UserName is { Length: > 0 } name ? name : "operator");
        user.Recursive = true;
        var status = new Option<string>("--status")
        {
            Description = "Which ones: waiting, replayed, discarded or all",
            DefaultValueFactory = _ => "waiting",
        };
        var json = new Option<bool>("--json") { Description = "As JSON" };
        var command = new Command("dead-letters", "Lists, shows, replays and discards messages that could not be handled")
        {
            user, status, json, ShowOne(checkout, user), Replay(checkout, user), Discard(checkout, user),
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = Api(checkout, parsed.GetRequiredValue(user));
            var list = await api.Get<JsonElement>(
                $"/ops/dead-letters?limit={ListMax}&status={Uri.EscapeDataString(parsed.GetRequiredValue(status))}", cancellation);
            if (parsed.GetValue(json))
            {
                Print.Json(list);
            }
            else
            {
                Show(list.Deserialize<DeadLetterList>(JsonSerializerOptions.Web)!);
            }

            return 0;
        });
        return command;
    }

    static Command ShowOne(Checkout checkout, Option<string> user)
    {
        var id = Id();
        var command = new Command("show", "Shows one with its headers, its body and where it failed") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = Api(checkout, parsed.GetRequiredValue(user));
            var letter = await api.Get<JsonElement>(Path(parsed.GetRequiredValue(id)), cancellation);
            Print.Json(letter);
            return 0;
        });
        return command;
    }

    static Command Replay(Checkout checkout, Option<string> user)
    {
        var ids = new Argument<string[]>("id") { Description = "Which ones", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "Everything that waits" };
        var command = new Command("replay", "Replays messages to their queue; a repeated replay changes nothing") { ids, all };
        command.Validators.Add(result =>
        {
            if (result.GetValue(all) == result.GetValue(ids) is not [])
            {
                result.AddError("Name the dead letters to replay, or say --all.");
            }

            MustBeIds(result, result.GetValue(ids) ?? []);
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = Api(checkout, parsed.GetRequiredValue(user));
            var chosen = parsed.GetValue(all) ? await IdsOfAll(api, cancellation) : parsed.GetRequiredValue(ids);
            foreach (var id in chosen)
            {
                await api.Send(HttpMethod.Post, $"{Path(id)}/replay", null, cancellation);
                Print.Line($"replayed {id}");
            }

            Print.Note(chosen is [] ? "Nothing waits." : "What fails again is back in the list: ./shop dead-letters");
            return 0;
        });
        return command;
    }

    static Command Discard(Checkout checkout, Option<string> user)
    {
        var id = Id();
        var command = new Command("discard", "Discards a message: copies of it are dropped from now on") { id };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = Api(checkout, parsed.GetRequiredValue(user));
            await api.Send(HttpMethod.Delete, Path(parsed.GetRequiredValue(id)), null, cancellation);
            Print.Line($"discarded {parsed.GetRequiredValue(id)}");
            return 0;
        });
        return command;
    }

    static void Show(DeadLetterList list)
    {
        foreach (var service in list.Unavailable)
        {
            Print.Note($"{service} could not be asked.");
        }

        if (list.DeadLetters is [])
        {
            Print.Note("No dead letters.");
            return;
        }

        var table = new TextTable("dead letter", "#failed", "last", "message", "status", "reason");
        foreach (var letter in list.DeadLetters)
        {
            table.Add(
                letter.Id,
                $"{letter.Failures}×",
                Clock.Show(letter.LastFailedAt),
                letter.MessageType.Split(':')[^1],
                $"{letter.Status}{(letter.DecidedBy is null ? "" : $", last decided by {letter.DecidedBy}")}{(letter.Handled ? ", done with" : "")}",
                letter.Reason.ReplaceLineEndings(" "));
        }

        Print.Table(table);
        Print.Note($"{list.Waiting} waiting. Next: ./shop dead-letters show ID, replay ID, discard ID");
    }

    static ShopApi Api(Checkout checkout, string user) => new(checkout, user, Tokens.Staff);

    static Argument<string> Id()
    {
        var id = new Argument<string>("id") { Description = "The dead letter, as ./shop dead-letters lists it" };
        id.Validators.Add(result => MustBeIds(result, result.Tokens.Select(token => token.Value)));
        return id;
    }

    static void MustBeIds(SymbolResult result, IEnumerable<string> ids)
    {
        foreach (var id in ids.Where(id => !IdPattern().IsMatch(id)))
        {
            result.AddError($"\"{id}\" is not the id of a dead letter. ./shop dead-letters lists them.");
        }
    }

    static async Task<string[]> IdsOfAll(ShopApi api, CancellationToken cancellation)
    {
        var list = await api.Get<DeadLetterList>($"/ops/dead-letters?limit={ListMax}", cancellation);
        return [.. list.DeadLetters.Select(letter => letter.Id)];
    }

    static string Path(string id) => $"/ops/dead-letters/{id}";

    // The endpoint, and a hash.
    [GeneratedRegex("^[a-z][a-z-]*-[0-9a-f]{16}$")]
    private static partial Regex IdPattern();

    sealed record DeadLetterList(IReadOnlyList<Letter> DeadLetters, long Waiting, IReadOnlyList<string> Unavailable);

    sealed record Letter(
        string Id,
        string MessageType,
        string Reason,
        int Failures,
        DateTimeOffset LastFailedAt,
        string Status,
        string? DecidedBy,
        bool Handled);
}
