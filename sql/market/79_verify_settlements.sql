/*
 * What verify() computes again of settlements, order by order.
 */

-- The bodies of compare_...() take the place of the call when a statement is planned.
CREATE FUNCTION compare_settlements()
RETURNS TABLE (settlement_id bigint, journal_id bigint, happened tstzrange, here ktt.shares, there ktt.shares, in_order boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH w AS (
        SELECT s AS settlement, s.id, s.due, s.campaigns, s.elsewhere, s.posted_at, s.journal_id, s.orders, s.refunds, s.amount,
               lower(s.due) IS NOT DISTINCT FROM coalesce(lag(upper(s.due)) OVER calendar, c.starts_at) AS follows
        FROM settlements s JOIN calendars c ON c.id = s.calendar_id WINDOW calendar AS (PARTITION BY s.calendar_id ORDER BY s.due)),
    o AS (SELECT w.id, sum(settled_shares(w.settlement, x.campaign_id, x.shares)) AS shares,
                 count(*) FILTER (WHERE x.campaign_id = ANY (w.campaigns) OR x.campaign_id <> ALL (w.elsewhere)) AS n
          FROM w JOIN orders x ON x.due_at > coalesce(lower(w.due), '-infinity') AND x.due_at <= upper(w.due) GROUP BY w.id),
    r AS (SELECT w.id, sum(settled_shares(w.settlement, x.campaign_id, coalesce(x.borne, x.shares))) AS shares,
                 count(*) FILTER (WHERE x.campaign_id = ANY (w.campaigns) OR x.campaign_id <> ALL (w.elsewhere)) AS n
          FROM w JOIN refunds x ON x.due_at > coalesce(lower(w.due), '-infinity') AND x.due_at <= upper(w.due) GROUP BY w.id),
    e AS (
        SELECT w.id, w.due, w.journal_id, w.follows, w.posted_at IS NULL AS open, x.entries,
               w.orders = coalesce(o.n, 0) AND w.refunds = coalesce(r.n, 0) AND w.amount = ktt.total(x.entries) AS counted
        FROM w LEFT JOIN o ON o.id = w.id LEFT JOIN r ON r.id = w.id
        CROSS JOIN LATERAL (SELECT coalesce(o.shares, '{}') - coalesce(r.shares, '{}') AS entries) x)
    -- While a window is open there is nothing to compare it with.
    -- What it settles happened at any time of its window, and it was posted after.
    SELECT e.id, j.id,
           CASE WHEN j.id IS NULL THEN e.due WHEN e.id IS NULL THEN span(j.happened_at, j.happened_at)
                ELSE range_merge(e.due, span(j.happened_at, j.happened_at)) END,
           CASE WHEN e.open THEN '{}' ELSE e.entries - ktt.shares((SELECT market_account('clearing')), ktt.total(e.entries)) END,
           coalesce(j.entries, '{}'), e.follows AND (e.open OR e.counted)
    FROM e FULL JOIN (SELECT x.* FROM journals x WHERE x.kind = 'settlement') j ON j.id = e.journal_id;
END;
COMMENT ON FUNCTION compare_settlements() IS
    'Internal. What the orders and refunds that were due in every settlement come to, and what was posted; whether its window follows the one before and it counts as many.';

CREATE FUNCTION compare_due()
RETURNS TABLE (campaign_id bigint, order_id bigint, refund_id bigint, happened tstzrange, here ktt.shares, there ktt.shares)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    -- A due amount that lies before the end of its calendar, and what the windows took of it.
    SELECT d.campaign_id, d.order_id, d.refund_id, span(d.due_at, d.due_at), d.shares,
           (SELECT sum(settled_shares(s.*, d.campaign_id, d.shares)) FROM settlements s WHERE s.due @> d.due_at)
    FROM (SELECT o.campaign_id, o.id AS order_id, NULL::bigint AS refund_id, o.due_at, o.shares FROM orders o
          UNION ALL
          SELECT r.campaign_id, r.order_id, r.id, r.due_at, -coalesce(r.borne, r.shares) FROM refunds r) d
    WHERE d.due_at <= (SELECT min(coalesce((SELECT max(upper(s.due)) FROM settlements s WHERE s.calendar_id = k.id), k.starts_at, '-infinity'))
                       FROM calendars k WHERE k.id = 1 OR k.id IN (SELECT x.calendar_id FROM campaign_calendars x UNION SELECT y.calendar_id FROM account_calendars y));
END;
COMMENT ON FUNCTION compare_due() IS 'Internal. What every order and refund has due that all calendars are past, and what settlements took of it.';

CREATE FUNCTION verify_settlements()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 4 SET search_path FROM CURRENT SET work_mem = '64MB'
AS $$
DECLARE
    v_clearing bigint := market_account('clearing');
BEGIN
    RETURN QUERY
    WITH c AS (SELECT coalesce(s.settlement_id::text, format('journal %s', s.journal_id)) AS id, s.here = s.there AND s.in_order AS ok FROM compare_settlements() s)
    SELECT 'settlements have no gaps and pay every due share once', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(c.id) FILTER (WHERE c.ok IS NOT TRUE)
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
    WITH c AS MATERIALIZED (
        SELECT (SELECT coalesce(sum(received(o)), 0) FROM orders o WHERE o.state NOT IN ('cancelled', 'expired'))
             - (SELECT coalesce(sum(r.amount), 0) FROM refunds r JOIN orders o ON o.campaign_id = r.campaign_id AND o.id = r.order_id
                WHERE o.state NOT IN ('cancelled', 'expired'))
             - (SELECT coalesce(sum(s.amount), 0) FROM settlements s)
               AS owed, (SELECT coalesce(sum(p.amount), 0) FROM postings p WHERE p.account_id = v_clearing) AS posted)
    SELECT 'clearing holds what is paid and not yet settled', 1::bigint, (c.owed <> c.posted)::int::bigint,
           CASE WHEN c.owed <> c.posted THEN format('account %s: %s, not %s', v_clearing, c.posted, c.owed) END
    FROM c;

    RETURN QUERY
    WITH c AS (SELECT d.campaign_id, d.order_id, d.refund_id, d.here = d.there AS ok FROM compare_due() d OFFSET 0)
    SELECT 'what is due is settled by one calendar', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('%s/%s', c.campaign_id, c.order_id) || coalesce(', refund ' || c.refund_id, '')) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c;
END
$$;
COMMENT ON FUNCTION verify_settlements() IS 'The lines of verify() about settlements.';
