/*
 * What buyers, leaders and suppliers look at every day. Every view is paged by its key: WHERE (key) < (last seen) ORDER BY key DESC LIMIT n.
 * None of them is a security barrier: they hide nothing of what they read, and a page would be made of all of it.
 */

CREATE VIEW buyer_orders AS
SELECT o.buyer_id, o.campaign_id, o.id AS order_id, c.reference AS campaign, n.number, o.state, o.amount, received(o) AS received,
       ktt.amount(o.refunded) AS refunded, o.point_id, o.placed_at, o.paid_at, o.note, o.channel, o.basket
FROM orders o JOIN campaigns c ON c.id = o.campaign_id
LEFT JOIN order_numbers n ON n.campaign_id = o.campaign_id AND n.order_id = o.id;
COMMENT ON VIEW buyer_orders IS
    'Orders as their buyers see them; ask for one buyer_id and page by (campaign_id, order_id), both falling. Amounts in minor units.';

CREATE VIEW campaign_board AS
SELECT o.campaign_id, o.id AS order_id, n.number, o.buyer_id, order_seller(o) AS seller_id, o.state, o.amount, ktt.units(o.basket) AS units,
       ktt.amount(o.refunded) AS refunded, o.point_id, o.channel, o.placed_at
FROM orders o LEFT JOIN order_numbers n ON n.campaign_id = o.campaign_id AND n.order_id = o.id;
COMMENT ON VIEW campaign_board IS 'A leader''s campaign, order by order; ask for one campaign_id and page by order_id.';

CREATE VIEW supplier_items AS
SELECT i.supplier_id, i.campaign_id, i.id AS item_id, s.reference AS sku, c.reference AS campaign, c.state, i.supply_price, i.sale_price, i.stock,
       u.free, u.units, u.units - u.unpaid AS paid_units, (u.units - u.unpaid) * i.supply_price AS amount, i.retired
FROM campaign_items i JOIN skus s ON s.id = i.sku_id JOIN campaigns c ON c.id = i.campaign_id
CROSS JOIN LATERAL (SELECT sum(k.free)::bigint AS free FROM stock k WHERE k.campaign_id = i.campaign_id AND k.stock_id = i.id) f
CROSS JOIN LATERAL (
    SELECT f.free,
           -- What is not free is ordered; only where nothing is counted do all orders have to be read.
           coalesce(CASE WHEN i.stock IS NOT NULL THEN
               i.stock - f.free - coalesce((SELECT sum(r.units) FROM refunds r JOIN orders o ON o.campaign_id = r.campaign_id AND o.id = r.order_id
                                            WHERE r.campaign_id = i.campaign_id AND r.item_id = i.id AND o.state NOT IN ('cancelled', 'expired')), 0)
           ELSE (SELECT sum(ktt.units(o.basket, i.id) - coalesce(ktt.units(o.refunded, i.id), 0)) FROM orders o
                 WHERE o.campaign_id = i.campaign_id AND o.state NOT IN ('cancelled', 'expired') AND o.basket OPERATOR(ktt.?) i.id) END, 0)::bigint AS units,
           coalesce((SELECT sum(ktt.units(o.basket, i.id) - coalesce(ktt.units(o.refunded, i.id), 0)) FROM orders o
                     WHERE o.campaign_id = i.campaign_id AND o.state = 'placed' AND o.basket OPERATOR(ktt.?) i.id), 0)::bigint AS unpaid
    -- Looked at once, though units stand in three columns.
    OFFSET 0) u;
COMMENT ON VIEW supplier_items IS
    'A supplier''s items: stock, free units, units ordered and paid (less refunds) and what he is paid for those at supply prices. Ask for one '
    'supplier_id and page by item_id.';

CREATE VIEW today_board AS
SELECT c.id AS campaign_id, c.reference, c.kind, c.state, c.supply_leader_id, c.owner_id, c.wave_id, c.opens_at, c.closes_at,
       (SELECT count(*) FROM campaign_sellers s WHERE s.campaign_id = c.id) AS sellers,
       t.orders, t.buyers, t.units, t.amount, t.paid, c.minimum, c.minimum_of,
       (SELECT sum(k.free) FROM stock k WHERE k.campaign_id = c.id AND k.stock_id = -c.capacity_id)::bigint AS room
FROM campaigns c
CROSS JOIN LATERAL (
    SELECT count(*) AS orders, count(DISTINCT o.buyer_id) AS buyers, coalesce(ktt.units(sum(o.basket)), 0) AS units,
           coalesce(sum(o.amount), 0)::bigint AS amount, coalesce(sum(received(o)), 0)::bigint AS paid
    FROM orders o WHERE o.campaign_id = c.id AND o.state NOT IN ('cancelled', 'expired')) t
WHERE c.state = 'open' OR c.closes_at >= clock_timestamp() - interval '1 day';
COMMENT ON VIEW today_board IS
    'Campaigns that are open, or closed within a day: their sellers, orders, buyers, units, amounts ordered and paid (minor units), and the room '
    'left of a capacity. Page by campaign_id.';
