/*
 * Money in, stock, limits and campaigns, computed again from the rows.
 */

CREATE FUNCTION verify_payments()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    WITH j AS (SELECT x.reference, x.entries FROM journals x WHERE x.kind = 'payment'),
    c AS (
        SELECT coalesce(p.reference, j.reference) AS reference,
               j.entries = ktt.shares(market_account('clearing'), p.accepted) + ktt.shares(market_account('unmatched'), p.amount - p.accepted)
                           - ktt.shares(market_account('channel'), p.amount) AS ok
        FROM payments p FULL JOIN j ON j.reference = p.reference)
    SELECT 'every payment is posted once', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.reference) FILTER (WHERE c.ok IS NOT TRUE) FROM c
    UNION ALL
    SELECT * FROM (
        WITH c AS (
            SELECT o.campaign_id, o.id,
                   coalesce(p.accepted, 0) + coalesce(s.amount, 0) - coalesce(r.returned, 0) = received(o)
                   AND (o.paid_at IS NOT NULL OR o.state IN ('placed', 'cancelled', 'expired')) AS ok
            FROM orders o
            LEFT JOIN (SELECT x.campaign_id, x.order_id, sum(x.accepted) AS accepted FROM payments x GROUP BY 1, 2) p
                ON p.campaign_id = o.campaign_id AND p.order_id = o.id
            LEFT JOIN (SELECT x.campaign_id, x.order_id, sum(x.returned) AS returned FROM order_changes x GROUP BY 1, 2) r
                ON r.campaign_id = o.campaign_id AND r.order_id = o.id
            LEFT JOIN order_subsidies s ON s.campaign_id = o.campaign_id AND s.order_id = o.id)
        SELECT 'orders hold what was paid for them', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
               min(format('%s/%s', c.campaign_id, c.id)) FILTER (WHERE c.ok IS NOT TRUE)
        FROM c) held
    UNION ALL
    SELECT * FROM (
        -- What was left of an order that ended went back by its own journal, or by the one of its campaign.
        WITH own AS (SELECT x.reference, -ktt.amount(x.entries, market_account('clearing')) AS amount FROM journals x WHERE x.kind = 'cancellation'),
        o AS (
            SELECT o.campaign_id, o.id, received(o) - ktt.amount(o.refunded) AS owed, own.amount, o.state, own.reference IS NOT NULL AS by_itself
            FROM orders o LEFT JOIN own ON own.reference = format('%s/%s', o.campaign_id, o.id)
            WHERE o.state IN ('cancelled', 'expired') OR own.reference IS NOT NULL),
        c AS (
            SELECT format('order %s/%s', o.campaign_id, o.id) AS what, o.state IN ('cancelled', 'expired') AND o.amount = o.owed AS ok
            FROM o WHERE o.by_itself
            UNION ALL
            SELECT format('campaign %s', k.id), coalesce(-ktt.amount(x.entries, market_account('clearing')), 0) = coalesce(sum(o.owed), 0)
                                                AND (coalesce(sum(o.owed), 0) = 0 OR k.state IN ('failed', 'cancelled'))
            FROM campaigns k LEFT JOIN o ON o.campaign_id = k.id AND NOT o.by_itself
            LEFT JOIN journals x ON x.kind = 'campaign_cancellation' AND x.reference = k.id::text
            GROUP BY k.id, x.entries)
        SELECT 'orders that ended got their money back once', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.what) FILTER (WHERE c.ok IS NOT TRUE)
        FROM c) returned
$$;
COMMENT ON FUNCTION verify_payments() IS 'Internal. The part of verify() about what buyers paid and got back.';

CREATE FUNCTION verify_stock()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SET search_path FROM CURRENT
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
COMMENT ON FUNCTION verify_stock() IS 'Internal. The part of verify() about stock, quotas, limits, sales areas of items, the states of campaigns and solitaire numbers.';
