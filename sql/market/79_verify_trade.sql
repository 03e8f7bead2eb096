/*
 * Money in, stock, limits and campaigns, computed again from the rows.
 */

-- The bodies of compare_...() take the place of the call when a statement is planned.
CREATE FUNCTION compare_payments()
RETURNS TABLE (reference text, campaign_id bigint, order_id bigint, journal_id bigint, happened tstzrange, here ktt.shares, there ktt.shares)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(p.reference, j.reference), p.campaign_id, p.order_id, j.id, span(p.received_at, j.happened_at),
           ktt.shares((SELECT market_account('clearing')), p.accepted) + ktt.shares((SELECT market_account('unmatched')), p.amount - p.accepted)
           - ktt.shares((SELECT market_account('channel')), p.amount), j.entries
    FROM payments p FULL JOIN (SELECT x.* FROM journals x WHERE x.kind = 'payment') j ON j.reference = p.reference
    UNION ALL
    SELECT coalesce(p.reference, j.reference), p.campaign_id, p.order_id, j.id, span(p.returned_at, j.happened_at),
           ktt.shares((SELECT market_account('channel')), p.amount - p.accepted) - ktt.shares((SELECT market_account('unmatched')), p.amount - p.accepted), j.entries
    FROM (SELECT x.* FROM payments x WHERE x.returned_at IS NOT NULL) p
    FULL JOIN (SELECT x.* FROM journals x WHERE x.kind = 'returned_payment') j ON j.reference = p.reference;
END;
COMMENT ON FUNCTION compare_payments() IS 'Internal. What every payment, and what was sent back of it, should have been posted as, and what was posted.';

CREATE FUNCTION compare_received()
RETURNS TABLE (campaign_id bigint, order_id bigint, happened tstzrange, here bigint, there bigint, in_state boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT o.campaign_id, o.id, span(o.placed_at, greatest(o.paid_at, p.last_at, r.last_at)), received(o.*),
           (coalesce(p.accepted, 0) + coalesce(s.amount, 0) - coalesce(r.returned, 0))::bigint,
           o.paid_at IS NOT NULL OR o.state IN ('placed', 'cancelled', 'expired')
    FROM orders o
    LEFT JOIN (SELECT x.campaign_id, x.order_id, sum(x.accepted) AS accepted, max(x.received_at) AS last_at FROM payments x GROUP BY 1, 2) p
        ON p.campaign_id = o.campaign_id AND p.order_id = o.id
    LEFT JOIN (SELECT x.campaign_id, x.order_id, sum(x.returned) AS returned, max(x.changed_at) AS last_at FROM order_changes x GROUP BY 1, 2) r
        ON r.campaign_id = o.campaign_id AND r.order_id = o.id
    LEFT JOIN order_subsidies s ON s.campaign_id = o.campaign_id AND s.order_id = o.id;
END;
COMMENT ON FUNCTION compare_received() IS
    'Internal. What every order counts as paid, and what came in for it, less what changes returned; whether its state fits.';

CREATE FUNCTION compare_endings()
RETURNS TABLE (reference text, campaign_id bigint, order_id bigint, journal_id bigint, happened tstzrange, here ktt.shares, there ktt.shares, own boolean,
               in_state boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    -- What was left of an order that ended went back by its own journal, or by the one of its campaign. Which part of it went to a subsidy is that one's
    -- to know; to anybody else nothing may go.
    WITH j AS NOT MATERIALIZED (
        SELECT x.id, x.kind, x.reference, x.happened_at,
               x.entries - ktt.slice(x.entries, ARRAY[(SELECT market_account('channel')), (SELECT market_account('subsidy'))]) AS entries
        FROM journals x WHERE x.kind IN ('cancellation', 'campaign_cancellation')),
    o AS (
        SELECT o.campaign_id, o.id, o.placed_at, o.state IN ('cancelled', 'expired') AS ended, received(o.*) - ktt.amount(o.refunded) AS amount,
               own.id AS journal_id, own.reference, own.happened_at, own.entries
        FROM orders o LEFT JOIN (SELECT x.* FROM j x WHERE x.kind = 'cancellation') own ON own.reference = format('%s/%s', o.campaign_id, o.id)
        WHERE o.state IN ('cancelled', 'expired') OR own.id IS NOT NULL)
    SELECT o.reference, o.campaign_id, o.id, o.journal_id, span(o.happened_at, o.happened_at),
           -ktt.shares((SELECT market_account('clearing')), CASE WHEN o.ended THEN o.amount ELSE 0 END), o.entries, true AS own, o.ended
    FROM o WHERE o.journal_id IS NOT NULL
    UNION ALL
    -- Not by a full join, which no worker takes part in.
    SELECT j.reference, NULL AS campaign_id, NULL AS order_id, j.id, span(j.happened_at, j.happened_at),
           '{}'::ktt.shares AS here, j.entries, true AS own, false AS in_state
    FROM j WHERE j.kind = 'cancellation' AND NOT EXISTS (SELECT FROM o WHERE o.journal_id = j.id)
    UNION ALL
    SELECT coalesce(j.reference, k.id::text), k.id, NULL AS order_id, j.id, span(coalesce(j.happened_at, c.placed_at), coalesce(j.happened_at, 'infinity')),
           -ktt.shares((SELECT market_account('clearing')), coalesce(c.amount, 0)), coalesce(j.entries, '{}'), false AS own,
           j.id IS NULL OR k.state IN ('failed', 'cancelled')
    FROM campaigns k
    LEFT JOIN (SELECT o.campaign_id, sum(o.amount)::bigint AS amount, min(o.placed_at) AS placed_at FROM o WHERE o.journal_id IS NULL GROUP BY 1) c ON c.campaign_id = k.id
    FULL JOIN (SELECT x.* FROM j x WHERE x.kind = 'campaign_cancellation') j ON j.reference = k.id::text;
END;
COMMENT ON FUNCTION compare_endings() IS
    'Internal. What should have been taken out of clearing for every order that ended by itself (own), and for all that ended with their campaign (order '
    'NULL), and what was posted; whether their state fits.';

CREATE FUNCTION verify_payments()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 3 SET search_path FROM CURRENT SET work_mem = '64MB'
AS $$
    SELECT 'every payment is posted once', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.reference) FILTER (WHERE c.ok IS NOT TRUE)
    FROM (SELECT x.reference, x.here = x.there AS ok FROM compare_payments() x OFFSET 0) c
    UNION ALL
    SELECT 'orders hold what was paid for them', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('%s/%s', c.campaign_id, c.order_id)) FILTER (WHERE c.ok IS NOT TRUE)
    FROM (SELECT x.campaign_id, x.order_id, x.here = x.there AND x.in_state AS ok FROM compare_received() x) c
    UNION ALL
    SELECT 'orders that ended got their money back once', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.what) FILTER (WHERE c.ok IS NOT TRUE)
    FROM (SELECT CASE WHEN x.own THEN 'order ' ELSE 'campaign ' END || x.reference AS what,
                 x.here = x.there AND x.in_state AS ok FROM compare_endings() x) c
$$;
COMMENT ON FUNCTION verify_payments() IS 'The lines of verify() about what buyers paid and got back.';

CREATE FUNCTION verify_stock()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 5 SET search_path FROM CURRENT
AS $$
    WITH held AS MATERIALIZED (
        SELECT o.campaign_id, o.id, placed_point(o) AS point, o.basket FROM orders o WHERE o.state NOT IN ('cancelled', 'expired')),
    lines AS (
        SELECT h.campaign_id, h.id, p.community_id, i.id AS item_id, i.pool_id, b.units
        FROM held h JOIN pickup_points p ON p.id = h.point CROSS JOIN LATERAL ktt.items(h.basket) b JOIN campaign_items i ON i.id = b.item),
    sold AS (
        SELECT l.campaign_id, l.item_id AS stock_id, sum(l.units) AS units FROM lines l GROUP BY 1, 2
        UNION ALL SELECT 0, -l.pool_id, sum(l.units) FROM lines l WHERE l.pool_id IS NOT NULL GROUP BY 2
        UNION ALL SELECT l.campaign_id, -q.id, sum(l.units) FROM lines l JOIN quotas q ON q.item_id = l.item_id AND q.community_id = l.community_id GROUP BY 1, 2
        UNION ALL SELECT l.campaign_id, -c.capacity_id, CASE c.capacity_of WHEN 'orders' THEN count(DISTINCT l.id) ELSE sum(l.units) END
                  FROM lines l JOIN campaigns c ON c.id = l.campaign_id AND c.capacity_id IS NOT NULL GROUP BY 1, c.id),
    whole AS (
        SELECT i.campaign_id, i.id AS stock_id, i.stock AS units FROM campaign_items i WHERE i.stock IS NOT NULL
        UNION ALL SELECT coalesce(q.campaign_id, 0), -q.id, q.units FROM quotas q),
    c AS (
        SELECT w.campaign_id, w.stock_id, w.units = coalesce(s.units, 0) + f.free AS ok
        FROM whole w LEFT JOIN sold s ON s.campaign_id = w.campaign_id AND s.stock_id = w.stock_id
        LEFT JOIN (SELECT k.campaign_id, k.stock_id, sum(k.free) AS free FROM stock k GROUP BY 1, 2) f
            ON f.campaign_id = w.campaign_id AND f.stock_id = w.stock_id)
    SELECT 'sold and free units are the stock', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(CASE WHEN c.stock_id > 0 THEN format('item %s', c.stock_id) ELSE format('quota %s', -c.stock_id) END) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c
    UNION ALL
    SELECT * FROM (
        WITH used AS (
            SELECT o.campaign_id, l.limit_id, l.subject, l.day, sum(l.units) AS units
            FROM orders o CROSS JOIN LATERAL (SELECT array_agg(b.item) AS items, array_agg(b.units) AS units FROM ktt.items(o.basket) b) g
            CROSS JOIN LATERAL limits_of(o.campaign_id, g.items, g.units, o.buyer_id, o.household, placed_point(o), order_seller(o), o.placed_at) l
            WHERE o.state NOT IN ('cancelled', 'expired') AND EXISTS (SELECT FROM limits x WHERE x.campaign_id = o.campaign_id)
            GROUP BY 1, 2, 3, 4),
        c AS (
            SELECT l.id, coalesce(u.subject, t.subject) AS subject,
                   coalesce(u.units, 0) = coalesce(t.units, 0) AND coalesce(t.units, 0) <= l.units AS ok
            FROM limit_uses u FULL JOIN used t
                ON t.campaign_id = u.campaign_id AND t.limit_id = u.limit_id AND t.subject = u.subject AND t.day = u.day
            JOIN limits l ON l.id = coalesce(u.limit_id, t.limit_id))
        SELECT 'limits hold', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(format('limit %s of %s', c.id, c.subject)) FILTER (WHERE c.ok IS NOT TRUE)
        FROM c) limited
    UNION ALL
    SELECT * FROM (
        WITH c AS (
            SELECT k.id, (CASE k.state WHEN 'failed' THEN NOT EXISTS (SELECT FROM orders o WHERE o.campaign_id = k.id AND o.state NOT IN ('cancelled', 'expired', 'refunded'))
                                       WHEN 'cancelled' THEN NOT EXISTS (SELECT FROM orders o WHERE o.campaign_id = k.id AND o.state NOT IN ('cancelled', 'expired', 'refunded'))
                                       WHEN 'succeeded' THEN NOT EXISTS (SELECT FROM orders o WHERE o.campaign_id = k.id AND o.state = 'placed')
                                       ELSE true END)
                         AND k.state = (SELECT l.state FROM campaign_log l WHERE l.campaign_id = k.id ORDER BY l.id DESC LIMIT 1) AS ok
            FROM campaigns k)
        SELECT 'campaigns and their orders are as the log says', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.id) FILTER (WHERE c.ok IS NOT TRUE)::text
        FROM c) ended
    UNION ALL
    SELECT * FROM (
        WITH c AS (
            SELECT n.campaign_id, count(*) = max(n.number) AND min(n.number) = 1 AND bool_and(o.id IS NOT NULL) AS ok
            FROM order_numbers n LEFT JOIN orders o ON o.campaign_id = n.campaign_id AND o.id = n.order_id GROUP BY n.campaign_id)
        SELECT 'solitaire numbers have no gaps', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.campaign_id) FILTER (WHERE c.ok IS NOT TRUE)::text
        FROM c) numbered
    UNION ALL
    SELECT 'items know whether their sku has a sales area', count(*), count(*) FILTER (WHERE i.bounded <> s.bounded), min(i.id) FILTER (WHERE i.bounded <> s.bounded)::text
    FROM campaign_items i JOIN skus s ON s.id = i.sku_id
$$;
COMMENT ON FUNCTION verify_stock() IS 'The lines of verify() about stock, quotas, limits, sales areas of items, the states of campaigns and solitaire numbers.';
