/*
 * What verify() computes again of settlements, order by order.
 */

CREATE FUNCTION verify_settlements()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE plpgsql STABLE ROWS 4 SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN QUERY
    WITH w AS (
        SELECT s AS settlement, s.*, coalesce(lag(upper(s.due)) OVER calendar, c.starts_at) AS previous
        FROM settlements s JOIN calendars c ON c.id = s.calendar_id WINDOW calendar AS (PARTITION BY s.calendar_id ORDER BY s.due)),
    o AS (SELECT w.id, sum(settled_shares(w.settlement, x.campaign_id, x.shares)) AS shares,
                 count(*) FILTER (WHERE x.campaign_id = ANY (w.campaigns) OR x.campaign_id <> ALL (w.elsewhere)) AS n
          FROM w JOIN orders x ON x.due_at > coalesce(lower(w.due), '-infinity') AND x.due_at <= upper(w.due) GROUP BY w.id),
    r AS (SELECT w.id, sum(settled_shares(w.settlement, x.campaign_id, coalesce(x.borne, x.shares))) AS shares,
                 count(*) FILTER (WHERE x.campaign_id = ANY (w.campaigns) OR x.campaign_id <> ALL (w.elsewhere)) AS n
          FROM w JOIN refunds x ON x.due_at > coalesce(lower(w.due), '-infinity') AND x.due_at <= upper(w.due) GROUP BY w.id),
    c AS (
        SELECT w.id, lower(w.due) IS NOT DISTINCT FROM w.previous
               AND (w.posted_at IS NULL
                    OR (w.orders = coalesce(o.n, 0) AND w.refunds = coalesce(r.n, 0) AND w.amount = ktt.total(e.entries)
                        AND coalesce(j.entries, '{}') = e.entries - ktt.shares(market_account('clearing'), w.amount))) AS ok
        FROM w LEFT JOIN o ON o.id = w.id LEFT JOIN r ON r.id = w.id LEFT JOIN journals j ON j.id = w.journal_id
        CROSS JOIN LATERAL (SELECT coalesce(o.shares, '{}') - coalesce(r.shares, '{}') AS entries) e)
    SELECT 'settlements have no gaps and pay every due share once', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(c.id) FILTER (WHERE c.ok IS NOT TRUE)::text
    FROM c;

    RETURN QUERY
    WITH c AS (
        SELECT p.settlement_id, range_agg(p.due) = tstzmultirange(s.due)
               AND (s.posted_at IS NULL OR (count(p.summed_at) = count(*) AND sum(p.orders) = s.orders AND sum(p.refunds) = s.refunds AND ktt.total(sum(p.shares)) = s.amount)) AS ok
        FROM settlement_parts p JOIN settlements s ON s.id = p.settlement_id GROUP BY p.settlement_id, s.id)
    SELECT 'the parts of a settlement are the whole of it', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(c.settlement_id) FILTER (WHERE c.ok IS NOT TRUE)::text
    FROM c;

    RETURN QUERY
    WITH c AS (
        SELECT (SELECT coalesce(sum(received(o)), 0) FROM orders o WHERE o.state NOT IN ('cancelled', 'expired'))
             - (SELECT coalesce(sum(r.amount), 0) FROM refunds r JOIN orders o ON o.campaign_id = r.campaign_id AND o.id = r.order_id
                WHERE o.state NOT IN ('cancelled', 'expired'))
             - (SELECT coalesce(sum(s.amount), 0) FROM settlements s)
             = (SELECT coalesce(sum(p.amount), 0) FROM postings p WHERE p.account_id = market_account('clearing')) AS ok)
    SELECT 'clearing holds what is paid and not yet settled', 1::bigint, (NOT c.ok)::int::bigint, CASE WHEN NOT c.ok THEN 'clearing' END FROM c;

    RETURN QUERY
    -- A due amount that lies before the end of its calendar, and that no window of it took.
    WITH c AS (
        SELECT o.campaign_id, o.id,
               o.shares = (SELECT sum(settled_shares(s, o.campaign_id, o.shares)) FROM settlements s
                           WHERE o.due_at > coalesce(lower(s.due), '-infinity') AND o.due_at <= upper(s.due)) AS ok
        FROM orders o
        WHERE o.due_at <= (SELECT min(coalesce((SELECT max(upper(s.due)) FROM settlements s WHERE s.calendar_id = k.id), k.starts_at, '-infinity'))
                           FROM calendars k WHERE k.id = 1 OR k.id IN (SELECT x.calendar_id FROM campaign_calendars x UNION SELECT y.calendar_id FROM account_calendars y)))
    SELECT 'what is due is settled by one calendar', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('%s/%s', c.campaign_id, c.id)) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c;
END
$$;
COMMENT ON FUNCTION verify_settlements() IS 'Internal. The lines of verify() about settlements.';
