namespace Shop.Chaos.Auditing;

/// <summary>
/// The accounts of messages: every message that was sent is handled, given up, taken back, or still somewhere. Each service counts in its
/// own transactions. The audit compares the counts of all services for each hour of sending.
/// </summary>
static class MessageAccounts
{
    public const string Invariant = "messages-accounted";
    public const string DuplicatesInvariant = "duplicates-explained";

    /// <summary>Services forget hours after 30 days, not all at the same moment.</summary>
    const int DaysCompared = 29;

    /// <summary>What <see cref="SourceOf"/> returns, as a table of the audit's.</summary>
    public const string Columns = "accounts (service text, action text, place text, kind text, hour int, messages bigint, ids bigint)";

    /// <summary>
    /// One service's: what it has counted, what lies in its outbox, and its dead letters. The action <c>uncounted</c> is the hour of the
    /// newest message that a release without accounts has handled.
    /// </summary>
    public static string SourceOf(string service) =>
        $"""
        select '{service}', action, place, kind, hour, sum(messages)::bigint, bit_xor(ids)::bigint
        from {service}.message_accounts group by action, place, kind, hour
        union all
        select '{service}', 'under way', exchange, {Kind}, {Hour}, count(*), bit_xor({Half("message_id")})
        from {service}.outbox where {Hour} is not null group by 3, 4, 5
        union all
        select '{service}', 'dead letter', endpoint, {Kind}, {Hour}, count(*), bit_xor({Half("message_id")})
        from {service}.dead_letters letter
        where status = 'Waiting' and {Hour} is not null and message_id is not null and not exists (
            select from {service}.inbox done where done.endpoint = letter.endpoint
                and done.message_id in (letter.message_id, md5(letter.id)::uuid)
                and coalesce(done.content = {Content}, true))
        group by 3, 4, 5
        union all
        select '{service}', 'uncounted', endpoint, '', floor(extract(epoch from max(received_at)) / 3600)::int, count(*), 0
        from {service}.inbox where content is null group by 3
        """;

    /// <summary>What does not agree.</summary>
    public static string Disagreements { get; } =
        $"""
        with route (kind, sender, receiver, endpoint, is_deadline) as (values {Routes}),
        {Since},
        sent as (
            select kind, service, hour, sum(messages) as messages, bit_xor(ids) as ids
            from accounts where action = 'sent' group by kind, service, hour),
        found as (
            select route.kind, accounts.hour,
                sum(messages) filter (where action <> 'taken back') as messages,
                coalesce(sum(messages) filter (where action = 'taken back'), 0) as taken_back,
                bit_xor(ids) as ids,
                string_agg(messages || ' ' || action, ', ' order by action) as parts
            from route join accounts using (kind)
            where (action in ('handled', 'discarded', 'dead letter') and service = receiver and place = endpoint)
                or (action = 'taken back' and service = sender)
                -- To everybody, by the exchange of its kind; or put off, on its way back to the endpoint.
                or (action = 'under way' and (place like '%:%' or place = endpoint))
            group by route.kind, accounts.hour),
        compared as (
            select route.kind, sender, endpoint, is_deadline, hours.hour,
                coalesce(sent.messages, 0) as sent, coalesce(found.messages, 0) as done, coalesce(taken_back, 0) as taken_back,
                coalesce(sent.ids, 0) # coalesce(found.ids, 0) as difference, coalesce(parts, 'nothing') as parts
            from route
            join (select kind, hour from sent union select kind, hour from found) as hours using (kind)
            left join sent on sent.kind = route.kind and service = sender and sent.hour = hours.hour
            left join found on found.kind = route.kind and found.hour = hours.hour
            where hours.hour >= (select hour from since))
        select kind || ' of ' || sender || ', ' || to_char(to_timestamp(hour * 3600.0) at time zone 'UTC', 'DD Mon HH24') || ' h',
            sent || ' handled at ' || endpoint || ', dead letters, or under way',
            parts || case when not is_deadline and abs(sent - done) = 1
                then '; the id of the one between begins with ' || lpad(to_hex(difference), 16, '0') else '' end
        from compared
        where case when is_deadline
            -- The relay may be sending one in the moment it is taken back: then it is both.
            then done > sent or done + taken_back < sent
            else done <> sent or difference <> 0 end
        union all
        select kind || ' of ' || service, 'a kind that is on the list of routes', sum(messages) || ' sent'
        from accounts
        where action = 'sent' and kind not in ({Announcements}) and not exists (select from route where route.kind = accounts.kind and sender = service)
        group by 1
        union all
        select kind || ' at ' || place, 'a kind that is on the list of routes', sum(messages) || ' handled'
        from accounts where action = 'handled' and not exists (select from route where route.kind = accounts.kind and endpoint = place)
        group by 1
        """;

    /// <summary>Messages that were dropped as duplicates, although no broker or relay reported a second delivery.</summary>
    public static string Unexplained { get; } =
        $"""
        with {Since}
        select kind || ' at ' || place, 'what is dropped as a duplicate was delivered twice', sum(messages) || ' dropped, delivered once as far as anybody knows'
        from accounts where action = 'unexplained' and hour >= (select hour from since) group by kind, place
        """;

    // Hours in which only releases that count took part, and which every service still remembers. The release before does not mark the
    // copies it makes either, and takes rows of replicas that have a lease for those of nobody.
    static string Since =>
        $"""
        since as (select greatest(
            coalesce(max(hour) filter (where action = 'uncounted') + 1, 0),
            (extract(epoch from now()) / 3600)::int - {DaysCompared * 24}) as hour from accounts)
        """;

    static string Routes => string.Join(", ", Route.All.Select(route =>
        $"('{route.Kind}', '{route.Sender}', '{route.Receiver}', '{route.Endpoint}', {(route.IsDeadline ? "true" : "false")})"));

    static string Announcements => string.Join(", ", Route.Announcements.Select(kind => $"'{kind}'"));

    // A pattern, because what others have sent may not be JSON to PostgreSQL.
    const string Kind = """substring(headers from '"MT-MessageType":"urn:message:([^";]+)')""";
    const string Hour = """substring(headers from '"shop-account":"(\d{1,9})"')::int""";

    // The inbox's hash of type and body.
    const string Content =
        "encode(substring(sha256(convert_to(letter.message_type || E'\\n', 'UTF8') || letter.body) for 16), 'hex')::uuid";

    static string Half(string id) => $"('x' || left(replace({id}::text, '-', ''), 16))::bit(64)::bigint";
}
