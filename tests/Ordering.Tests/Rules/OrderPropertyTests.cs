using System.Globalization;
using CsCheck;
using Shop.Hosting;
using Shop.Messaging;
using Shop.Ordering.Orders;

namespace Shop.Ordering.Tests.Rules;

/// <summary>Properties of every possible order, cursor and key, checked with random ones.</summary>
public sealed class OrderPropertyTests
{
    static readonly Comparer<KeyValuePair<string, int>> _bySku =
        Comparer<KeyValuePair<string, int>>.Create((left, right) => string.CompareOrdinal(left.Key, right.Key));

    static readonly Gen<decimal> _price = Gen.Int[1, 100_000_000].Select(cents => cents / 100m);

    static readonly Gen<PlaceOrder.Item> _item = Gen.Select(
        OneOf("MUG-01", "TEE-01", "CAP-01", "PEN-01"), Gen.Int[1, 100], (sku, quantity) => new PlaceOrder.Item(sku, quantity));

    static readonly Gen<PlaceOrder.Request> _request = Gen.Select(
        _item.Array[1, 5], OneOf("tok_visa", "tok_slow"), (items, payment) => new PlaceOrder.Request(items, payment));

    [Fact]
    public void A_cursor_leads_back_to_the_order_it_was_made_for() =>
        Gen.Guid.Sample(order => Assert.True(Cursor.TryParse(Cursor.For(order), out var found) && found == order));

    [Fact]
    public void A_text_that_is_no_cursor_is_refused_and_never_an_accident() =>
        Gen.String.Sample(text =>
        {
            if (Cursor.TryParse(text, out var order))
            {
                Assert.True(Cursor.TryParse(Cursor.For(order), out var again) && again == order);
            }
        });

    [Fact]
    public void A_total_is_the_sum_of_its_lines_to_the_cent_and_survives_the_wire() =>
        Gen.Select(Gen.Int[1, 100], _price).Array[1, 50].Sample(lines =>
        {
            var order = Order.Place(
                Guid.NewGuid(), "alice", [.. lines.Select(line => new OrderLine("MUG-01", line.Item1, line.Item2))], "tok_visa", default);

            Assert.Equal(lines.Sum(line => (long)line.Item1 * (long)(line.Item2 * 100)), order.Total * 100);
            Assert.Equal(order.Total, decimal.Parse(Money.Euro(order.Total).Amount, CultureInfo.InvariantCulture));
        });

    [Fact]
    public void Merging_lines_loses_nothing_and_does_not_depend_on_their_order() =>
        _item.Array[1, 20].Sample(items =>
        {
            var merged = PlaceOrderRules.Merge(items);

            Assert.Equal(items.Sum(item => item.Quantity), merged.Values.Sum());
            Assert.Equal(items.Select(item => item.Sku).Distinct().Order(), merged.Keys.Order());
            Assert.Equal(merged.Order(_bySku), PlaceOrderRules.Merge([.. items.Reverse()]).Order(_bySku));
        });

    [Fact]
    public void A_request_has_the_fingerprint_of_another_exactly_if_it_asks_for_the_same() =>
        Gen.Select(_request, _request).Sample((one, other) =>
        {
            var same = one.PaymentMethod == other.PaymentMethod && one.Items.SequenceEqual(other.Items);

            Assert.Equal(RequestFingerprint.Of(one), RequestFingerprint.Of(one with { Items = [.. one.Items] }));
            Assert.Equal(same, RequestFingerprint.Of(one) == RequestFingerprint.Of(other));
        });

    [Fact]
    public void A_key_is_usable_exactly_if_it_is_1_to_200_visible_characters() =>
        Gen.OneOf(Gen.String[0, 210], Gen.Char[' ', '~'].Array[0, 210].Select(characters => new string(characters))).Sample(key =>
            Assert.Equal(
                key.Length is >= 1 and <= 200 && key.All(character => character is >= '!' and <= '~'),
                new Caller(key, new()).Check() is null));

    [Fact]
    public void A_key_is_in_the_hands_of_one_request_at_a_time_whatever_the_others_do() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2], Gen.Bool).Array[0, 60].Sample(steps =>
        {
            var keys = new KeysInFlight();
            var held = new Dictionary<(int Customer, int Key), IDisposable>();
            foreach (var (customer, key, enters) in steps)
            {
                if (enters)
                {
                    var entered = keys.TryEnter(AnswerKey.Of($"{customer}", "", $"{key}"));
                    Assert.Equal(held.ContainsKey((customer, key)), entered is null);
                    if (entered is not null)
                    {
                        held[(customer, key)] = entered;
                    }
                }
                else if (held.Remove((customer, key), out var leaving))
                {
                    leaving.Dispose();
                }
            }
        });

    static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);
}
