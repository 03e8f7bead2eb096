/*
 * What verify() computes again of orders, pickup points, lists and parcels.
 */

CREATE FUNCTION verify_orders()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 4 SET search_path FROM CURRENT SET work_mem = '64MB'
AS $$
BEGIN
    RETURN QUERY
    -- Line by line and then by order: a query below every order would not be done by parallel workers.
    WITH c AS (
        SELECT o.campaign_id, o.id,
               sum(b.amount) = o.amount AND count(*) FILTER (WHERE i.campaign_id = o.campaign_id) = ktt.cardinality(o.basket) AND bool_and(b.amount = b.units * i.sale_price)
               AND sum(CASE WHEN i.rated THEN line_shares(o, b.item, o.steward_account_id)
                            ELSE divide_line(i.rule, i.payees, b.amount, b.units * i.supply_price, b.units, o.seller_account_id, o.steward_account_id) END) = o.shares AS ok
        FROM orders o LEFT JOIN LATERAL ktt.items(o.basket) b ON true
        LEFT JOIN campaign_items i ON i.id = b.item
        GROUP BY o.campaign_id, o.id)
    SELECT 'orders have the listed prices and the shares of their rules', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('%s/%s', c.campaign_id, c.id)) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c;

    RETURN QUERY
    WITH c AS (
        SELECT o.campaign_id, o.id, c.id IS NOT NULL AND b.id IS NOT NULL AND p.id IS NOT NULL
               AND o.chain = CASE WHEN o.seller_account_id IS NULL THEN ktt.chain(ARRAY[c.supply_leader_id]) ELSE s.chain END AS ok
        FROM orders o LEFT JOIN campaigns c ON c.id = o.campaign_id
        LEFT JOIN campaign_sellers s ON s.campaign_id = o.campaign_id AND s.account_id = o.seller_account_id
        LEFT JOIN members b ON b.id = o.buyer_id LEFT JOIN pickup_points p ON p.id = o.point_id)
    SELECT 'orders have a campaign, a buyer, a point and their seller''s chain', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('%s/%s', c.campaign_id, c.id)) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c;

    RETURN QUERY
    SELECT 'no order after the cut-off', count(*), count(*) FILTER (WHERE NOT x.ok), min(format('%s/%s', x.campaign_id, x.id)) FILTER (WHERE NOT x.ok)
    FROM (SELECT o.campaign_id, o.id, o.placed_at < least(c.closes_at + c.grace, coalesce(w.closed_at, 'infinity')) AS ok
          FROM orders o JOIN campaigns c ON c.id = o.campaign_id JOIN waves w ON w.id = c.wave_id) x;

    RETURN QUERY
    WITH r AS (
        SELECT r.campaign_id, r.order_id, coalesce(r.to_point, r.from_point) AS point_id, r.steward_account_id,
               r.from_point = lag(coalesce(r.to_point, r.from_point), 1, r.from_point) OVER w AS follows, lead(r.id) OVER w IS NULL AS last
        FROM reassignments r WINDOW w AS (PARTITION BY r.campaign_id, r.order_id ORDER BY r.id)),
    c AS (
        SELECT r.campaign_id, r.order_id, bool_and(r.follows AND o.id IS NOT NULL
                   AND (NOT r.last OR (r.point_id = o.point_id AND r.steward_account_id IS NOT DISTINCT FROM o.steward_account_id))) AS ok
        FROM r LEFT JOIN orders o ON o.campaign_id = r.campaign_id AND o.id = r.order_id GROUP BY 1, 2)
    SELECT 'reassigned orders are where they were sent last', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('%s/%s', c.campaign_id, c.order_id)) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c;
END
$$;
COMMENT ON FUNCTION verify_orders() IS 'The lines of verify() about orders.';

CREATE FUNCTION verify_points()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 4 SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN QUERY
    -- Once the lists are frozen a point may have become smaller.
    WITH taken AS (
        SELECT c.wave_id, o.point_id, count(*) AS parcels, count(*) FILTER (WHERE o.state <> 'refunded' AND u.order_id IS NULL) AS placed
        FROM orders o JOIN campaigns c ON c.id = o.campaign_id
        LEFT JOIN unplaced_orders u ON u.campaign_id = o.campaign_id AND u.order_id = o.id
        WHERE o.state NOT IN ('cancelled', 'expired') GROUP BY 1, 2),
    c AS (
        SELECT coalesce(t.wave_id, l.wave_id) AS wave_id, p.id,
               CASE WHEN w.frozen_at IS NULL THEN coalesce(l.parcels, 0) = coalesce(t.parcels, 0) AND coalesce(t.placed, 0) <= p.capacity
                    ELSE l.parcels IS NULL OR l.parcels = coalesce(t.parcels, 0) END AS ok
        FROM taken t FULL JOIN point_loads l ON l.wave_id = t.wave_id AND l.point_id = t.point_id
        JOIN pickup_points p ON p.id = coalesce(t.point_id, l.point_id) AND p.capacity IS NOT NULL
        LEFT JOIN waves w ON w.id = coalesce(t.wave_id, l.wave_id))
    SELECT 'no point holds more than its capacity but orders that could not be placed', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('wave %s, point %s', c.wave_id, c.id)) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c;

    RETURN QUERY
    SELECT 'a closed point holds only orders that could not be placed', count(*), count(*) FILTER (WHERE u.order_id IS NULL),
           min(format('%s/%s', o.campaign_id, o.id)) FILTER (WHERE u.order_id IS NULL)
    FROM orders o JOIN pickup_points p ON p.id = o.point_id AND p.state = 'closed'
    LEFT JOIN unplaced_orders u ON u.campaign_id = o.campaign_id AND u.order_id = o.id
    WHERE o.state IN ('placed', 'paid');

    RETURN QUERY
    SELECT 'points are open on the days of their hours', count(*), count(*) FILTER (WHERE NOT c.ok), min(c.id) FILTER (WHERE NOT c.ok)::text
    FROM (SELECT p.id, p.open_days = coalesce(bit_or(1 << h.weekday - 1), 127) AS ok
          FROM pickup_points p LEFT JOIN opening_hours h ON h.point_id = p.id GROUP BY p.id) c;

    RETURN QUERY
    SELECT 'points name the steward of their community', count(*), count(*) FILTER (WHERE NOT c.ok), min(c.id) FILTER (WHERE NOT c.ok)::text
    FROM (SELECT p.id, p.steward_account_id IS NOT DISTINCT FROM s.account_id AS ok
          FROM pickup_points p LEFT JOIN stewardships s ON s.community_id = p.community_id AND upper_inf(s.period)) c;
END
$$;
COMMENT ON FUNCTION verify_points() IS 'The lines of verify() about pickup points.';

CREATE FUNCTION verify_lists()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 3 SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN QUERY
    WITH listed AS (
        SELECT c.wave_id, o.point_id, sum(o.basket - coalesce(r.basket, '{}')) AS basket,
               count(*) FILTER (WHERE o.basket <> coalesce(r.basket, '{}')) AS orders
        FROM orders o JOIN campaigns c ON c.id = o.campaign_id JOIN waves w ON w.id = c.wave_id AND w.frozen_at IS NOT NULL
        LEFT JOIN LATERAL (
            SELECT ktt.basket_agg(f.item_id, f.units, f.amount) AS basket FROM refunds f
            WHERE f.campaign_id = o.campaign_id AND f.order_id = o.id AND f.refunded_at < w.frozen_at) r ON true
        WHERE o.state NOT IN ('placed', 'cancelled', 'expired') GROUP BY 1, 2),
    c AS (
        SELECT coalesce(l.wave_id, d.wave_id) AS wave, coalesce(l.point_id, d.party_id) AS point,
               coalesce(l.basket, '{}') = coalesce(d.basket, '{}') AND coalesce(l.orders, 0) = coalesce(d.orders, 0)
               AND coalesce(d.digest = ktt.blake2b(ktt.basket_send(d.basket)), true) AS ok
        FROM listed l FULL JOIN (SELECT * FROM wave_lists x WHERE x.kind = 'delivery') d ON d.wave_id = l.wave_id AND d.party_id = l.point_id)
    SELECT 'delivery lists are the recount of the orders', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('wave %s, point %s', c.wave, c.point)) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c;

    RETURN QUERY
    WITH delivered AS (
        SELECT l.wave_id, i.supplier_id, ktt.basket_agg(b.item, b.units, b.units * i.supply_price) AS basket
        FROM wave_lists l CROSS JOIN LATERAL ktt.items(l.basket) b JOIN campaign_items i ON i.id = b.item
        WHERE l.kind = 'delivery' AND b.units > 0 GROUP BY 1, 2),
    c AS (
        SELECT coalesce(l.wave_id, d.wave_id) AS wave, coalesce(l.party_id, d.supplier_id) AS supplier,
               l.basket = d.basket AND l.digest = ktt.blake2b(ktt.basket_send(l.basket)) AS ok
        FROM delivered d FULL JOIN (SELECT * FROM wave_lists x WHERE x.kind = 'demand') l
            ON l.wave_id = d.wave_id AND l.party_id = d.supplier_id)
    SELECT 'demand is what is delivered, at supply prices', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('wave %s, supplier %s', c.wave, c.supplier)) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c;

    RETURN QUERY
    WITH c AS (
        SELECT coalesce(p.campaign_id, o.campaign_id) AS campaign_id, coalesce(p.order_id, o.id) AS id,
               o.point_id = p.point_id AND o.code_mac IS NOT DISTINCT FROM p.code_mac
               AND CASE o.state WHEN 'arrived' THEN p.picked_at IS NULL WHEN 'picked_up' THEN p.picked_at IS NOT NULL
                                ELSE o.state IN ('completed', 'refunded') END AS ok
        FROM pickups p FULL JOIN (SELECT * FROM orders x WHERE x.state IN ('arrived', 'picked_up', 'completed')) y
            ON y.campaign_id = p.campaign_id AND y.id = p.order_id
        LEFT JOIN orders o ON o.campaign_id = coalesce(p.campaign_id, y.campaign_id) AND o.id = coalesce(p.order_id, y.id))
    SELECT 'parcels are where their orders say', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('%s/%s', c.campaign_id, c.id)) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c;
END
$$;
COMMENT ON FUNCTION verify_lists() IS 'The lines of verify() about the lists of waves and parcels.';
