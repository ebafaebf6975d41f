using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using Shop.Launcher.Running;

namespace Shop.Cli;

/// <summary>Options and arguments of a kind. A sentence says what is wrong with a value.</summary>
static class Values
{
    const int NameLengthMax = 200;

    public static Option<T> Number<T>(string name, string description, T @default, T least, T most)
        where T : struct, INumber<T> => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => @default,
        CustomParser = result => Read<T>(result, name, least, most) ?? @default,
    };

    /// <summary>Null if it is not given.</summary>
    public static Option<T?> Number<T>(string name, string description, T least, T most) where T : struct, INumber<T> => new(name)
    {
        Description = description,
        CustomParser = result => Read<T>(result, name, least, most),
    };

    public static Option<string> Name(string name, string description, string @default) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => @default,
        CustomParser = result => ReadName(result, name),
    };

    public static Argument<string> Name(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result => ReadName(result, $"The {name}"),
    };

    /// <summary>What <see cref="ShopPrograms.Find"/> takes.</summary>
    public static Argument<string> Processes() => new("service")
    {
        Description = "A service such as ordering for all its replicas, or a process such as ordering-1 or gateway",
    };

    public static Option<Guid?> OrderId(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = ReadOrderId,
    };

    public static Argument<Guid?> OrderIdOrNone(string name, string description) => new(name)
    {
        Description = description,
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = ReadOrderId,
    };

    /// <summary>A time with its unit, such as 30m.</summary>
    public static Option<TimeSpan> Time(string name, string description, TimeSpan @default, TimeSpan most) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => @default,
        CustomParser = result =>
        {
            var text = TextOf(result);
            if (Duration(text) is { } time && time > TimeSpan.Zero && time <= most)
            {
                return time;
            }

            result.AddError(
                $"{name} must be a time with its unit, such as 90s, 30m, 12h or 7d, at most {most.TotalDays:0}d, not \"{text}\".");
            return @default;
        },
        HelpName = "30m",
    };

    static TimeSpan? Duration(string text)
    {
        var unit = text.Length == 0 ? ' ' : text[^1];
        TimeSpan? one = unit switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            'd' => TimeSpan.FromDays(1),
            _ => null,
        };
        return one is { } known && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? known * number
            : null;
    }

    static T? Read<T>(ArgumentResult result, string name, T least, T most) where T : struct, INumber<T>
    {
        var text = TextOf(result);
        // NaN is in no range.
        if (T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
        {
            return value;
        }

        var kind = T.IsInteger(T.One / (T.One + T.One)) ? "a whole number" : "a number";
        result.AddError(FormattableString.Invariant($"{name} must be {kind} from {least} to {most}, not \"{text}\"."));
        return null;
    }

    static string? ReadName(ArgumentResult result, string name)
    {
        var text = TextOf(result);
        if (string.IsNullOrWhiteSpace(text)
            || text.Length > NameLengthMax
            || text.Any(character => char.IsControl(character) || character == '\uFFFD'))
        {
            result.AddError($"{name} must have 1 to {NameLengthMax} printable characters.");
        }

        return text;
    }

    static Guid? ReadOrderId(ArgumentResult result)
    {
        var text = TextOf(result);
        if (Guid.TryParseExact(text, "D", out var id))
        {
            return id;
        }

        result.AddError($"\"{text}\" is not the id of an order. ./shop orders lists them.");
        return null;
    }

    static string TextOf(ArgumentResult result) => result.Tokens is [var token, ..] ? token.Value : "";
}
