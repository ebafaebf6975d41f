using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Shop.Launcher.Client;
using Shop.Support.Metrics;

namespace Shop.EndToEnd.Tests;

/// <summary>The metrics of the running system exist and change. Documents, dashboards and alerts name no others.</summary>
public sealed partial class MetricsTests(ShopSystem shop) : IDisposable
{
    static readonly string[] _services = ["ordering", "inventory", "payment"];

    // Prometheus's own: the metric about each scrape, and the labels it gives to all of a target.
    static readonly string[] _ofPrometheus = ["up"];
    static readonly string[] _targetLabels = ["job", "instance"];

    readonly HttpClient _public = new();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Numbers_move_as_orders_end_and_name_neither_order_nor_customer()
    {
        var before = await All();

        var order = await Ended("MUG-01", "tok_visa", "Confirmed");
        await Ended("MUG-01", "tok_declined", "Cancelled");
        await Ended("SOLD-OUT", "tok_visa", "Cancelled");

        var now = before;
        double Grown(string name, params (string, string)[] labels) =>
            now.Sum(scrape => scrape.Sum(name, labels)) - before.Sum(scrape => scrape.Sum(name, labels));
        await ShopSystem.Until(
            async () =>
            {
                now = await All();
                return Grown("shop_orders_placed_total") >= 3
                    && Grown("shop_orders_ended_total", ("shop_order_outcome", "confirmed")) >= 1
                    && Grown("shop_orders_ended_total", ("shop_order_reason", "payment_declined")) >= 1
                    && Grown("shop_orders_ended_total", ("shop_order_reason", "out_of_stock")) >= 1
                    && Grown("shop_order_duration_seconds_count") >= 3
                    && Grown("shop_messaging_published_total") >= 10
                    && Grown("shop_messaging_batch_size_sum", ("shop_endpoint", "writes")) >= 3
                    && Grown("shop_payment_provider_call_duration_seconds_count", ("shop_payment_provider_outcome", "succeeded")) >= 1
                    && Grown("shop_payment_provider_call_duration_seconds_count", ("shop_payment_provider_outcome", "declined")) >= 1
                    && Grown("http_server_request_duration_seconds_count", ("http_response_status_code", "202")) >= 6;
            },
            30,
            () => "three orders in the metrics of services and gateway");
        Assert.All(now, scrape => Assert.DoesNotContain(order.ToString(), scrape.Text, StringComparison.Ordinal));
        Assert.All(now, scrape => Assert.DoesNotContain("measured", scrape.Text, StringComparison.Ordinal));
        Assert.All(now, scrape => Assert.DoesNotContain("assword", scrape.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_slow_order_in_the_histogram_leads_to_its_trace()
    {
        var start = DateTimeOffset.UtcNow;
        var answer = await shop.Place(shop.Token("measured"));
        await shop.End(answer.OrderId, shop.Token("measured"));

        // An older exemplar may belong to a trace that the viewer has lost, because other tests restart it.
        string[] traces = [];
        await ShopSystem.Until(async () => (traces = ExemplarsSince(start, await All())) is not [], 30, () => "an exemplar of the order");

        using var viewer = new HttpClient { BaseAddress = new($"http://127.0.0.1:{shop.Checkout.Ports.TraceViewer.Page}") };
        await ShopSystem.Until(
            async () => (await viewer.GetAsync($"api/traces/{traces[^1]}", Cancellation)).IsSuccessStatusCode, 30, () =>
                $"the trace {traces[^1]} of an exemplar");
    }

    [Fact]
    public async Task Every_metric_that_a_dashboard_or_an_alert_asks_for_is_there_with_its_labels()
    {
        await Ended("MUG-01", "tok_visa", "Confirmed");
        await Ended("MUG-01", "tok_declined", "Cancelled");
        var scrapes = await All();
        var (rules, recorded) = PromQuery.OfRules(shop.Checkout.Root);
        var known = scrapes.SelectMany(scrape => scrape.Names).Concat(recorded).Concat(_ofPrometheus).ToHashSet();
        PromQuery[] queries = [.. rules, .. PromQuery.OfDashboards(shop.Checkout.Root)];

        var missing = queries.SelectMany(query => query.Selectors()
            .Where(selector => !known.Contains(selector.Metric))
            .Select(selector => $"{query.Place}: no process has {selector.Metric}"));
        var wrongLabels = queries.SelectMany(
            query => query.Selectors().Where(selector => !_ofPrometheus.Contains(selector.Metric)).SelectMany(selector => selector.Labels
                .Except(scrapes.SelectMany(scrape => scrape.LabelsOf(selector.Metric))).Except(_targetLabels)
                .Select(label => $"{query.Place}: {selector.Metric} has no {label}")));
        var wrongGroups = queries.SelectMany(query => query.Groups()
            .Except(query.Selectors().SelectMany(selector => scrapes.SelectMany(scrape => scrape.LabelsOf(selector.Metric))))
            .Except(_targetLabels)
            .Select(label => $"{query.Place}: nothing has {label}"));

        Assert.True(queries.Length > 50, $"Only {queries.Length} queries were found.");
        Assert.Empty(missing.Concat(wrongLabels).Concat(wrongGroups).Distinct());
    }

    [Fact]
    public async Task The_table_of_metrics_is_what_a_scrape_says()
    {
        await Ended("MUG-01", "tok_visa", "Confirmed");
        await Ended("MUG-01", "tok_declined", "Cancelled");
        var scrapes = await All();
        var told = scrapes.SelectMany(scrape => scrape.Families)
            .Where(family => family.Key.StartsWith("shop_", StringComparison.Ordinal))
            .Select(family => $"{family.Key} {family.Value} {Labels(scrapes.SelectMany(scrape => scrape.LabelsOf(family.Key)))}");

        var written = Row().Matches(await File.ReadAllTextAsync(Path.Combine(shop.Checkout.Root, "docs", "metrics.md"), Cancellation))
            .Select(row =>
                $"{PrometheusName(row)} {row.Groups["type"].Value} {Labels(Attribute().Matches(row.Groups["attributes"].Value).Select(name => Underscored(name.Groups[1].Value)))}");

        Assert.Equal(told.Distinct().Order(StringComparer.Ordinal), written.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/metrics/")]
    [InlineData("//metrics")]
    [InlineData("/orders/../metrics")]
    [InlineData("/products/../metrics")]
    [InlineData("/products/%2e%2e/metrics")]
    [InlineData("/products/..%2fmetrics")]
    [InlineData("/products/..%5cmetrics")]
    public async Task Nobody_sees_metrics_through_the_gateway(string path)
    {
        foreach (var token in new[] { null, shop.Token("measured"), shop.Token("boss", Tokens.Staff) })
        {
            var answer = await Raw(path, token);

            Assert.Matches("^HTTP/1.1 4(01|04|00) ", answer);
            Assert.DoesNotContain("# TYPE", answer, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("products")]
    [InlineData("health/live")]
    [InlineData("orders")]
    public async Task The_gateway_s_port_for_metrics_is_for_nothing_else(string path)
    {
        using var answer = await _public.GetAsync($"http://127.0.0.1:{shop.Checkout.Ports.GatewayMetrics}/{path}", Cancellation);

        Assert.Equal(404, (int)answer.StatusCode);
    }

    public void Dispose() => _public.Dispose();

    async Task<Guid> Ended(string sku, string payment, string status)
    {
        var answer = await shop.Place(shop.Token("measured"), sku, payment: payment);
        Assert.Equal(status, (await shop.End(answer.OrderId, shop.Token("measured"))).GetProperty("status").GetString());
        return answer.OrderId;
    }

    async Task<Scrape[]> All()
    {
        var ports = _services.SelectMany(service => new[] { 1, 2 }.Select(replica => shop.Checkout.Ports.Service(service, replica)))
            .Append(shop.Checkout.Ports.GatewayMetrics);
        return await Task.WhenAll(ports.Select(async port =>
        {
            using var process = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}") };
            return await Scrape.Of(process, Cancellation);
        }));
    }

    // The request is written by hand, because an HTTP client would normalize the path.
    async Task<string> Raw(string path, string? token)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync("127.0.0.1", shop.Checkout.Ports.Gateway, Cancellation);
        await using var stream = connection.GetStream();
        var authorization = token is null ? "" : $"Authorization: Bearer {token}\r\n";
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: shop\r\n{authorization}Connection: close\r\n\r\n"), Cancellation);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Cancellation);
    }

    static string Labels(IEnumerable<string> names) =>
        string.Join(',', names.Where(name => name != "le").Distinct().Order(StringComparer.Ordinal));

    static string PrometheusName(Match row) => Underscored(row.Groups["name"].Value) + (row.Groups["unit"].Value == "s" ? "_seconds" : "");

    static string Underscored(string name) => name.Replace('.', '_');

    static string[] ExemplarsSince(DateTimeOffset start, IEnumerable<Scrape> scrapes) =>
        [.. scrapes.SelectMany(scrape => Exemplar().Matches(scrape.Text))
            .Where(match => double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) >= start.ToUnixTimeMilliseconds() / 1000.0)
            .Select(match => match.Groups[1].Value)];

    [GeneratedRegex("^shop_order_duration_seconds_bucket.* # \\{trace_id=\"([0-9a-f]{32})\".*\\} \\S+ ([0-9.]+)", RegexOptions.Multiline)]
    private static partial Regex Exemplar();

    [GeneratedRegex(@"^\| `(?<name>shop\.[\w.]+)` \| (?<type>\w+) \| `(?<unit>[^`]+)` \|(?<attributes>[^|]*)\|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`(shop[\\w.]+)`")]
    private static partial Regex Attribute();
}
