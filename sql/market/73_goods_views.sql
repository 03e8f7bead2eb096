/*
 * What is on sale, what became of offers, how much is left.
 */

CREATE VIEW items_on_sale WITH (security_barrier) AS
SELECT i.campaign_id, i.id AS item_id, c.kind, c.state, c.opens_at, c.closes_at, s.supplier_id, i.sku_id, s.reference AS sku, s.unit, s.weight, s.catch_weight,
       s.category, s.reference_price, i.sale_price, i.deposit, i.bounded,
       least((SELECT sum(k.free) FROM stock k WHERE k.campaign_id = i.campaign_id AND k.stock_id = i.id),
             (SELECT sum(k.free) FROM stock k WHERE k.campaign_id = 0 AND k.stock_id = -i.pool_id))::bigint AS free,
       (SELECT l.units FROM limits l WHERE l.campaign_id = i.campaign_id AND l.item_id = i.id AND l.scope = 'buyer' AND NOT l.per_day) AS buyer_limit
FROM campaign_items i JOIN campaigns c ON c.id = i.campaign_id JOIN skus s ON s.id = i.sku_id
WHERE NOT i.retired AND (c.state = 'open' OR (c.state = 'draft' AND c.kind = 'interest'));
COMMENT ON VIEW items_on_sale IS
    'What buyers are shown: the items of open campaigns, and of interest campaigns that still ask. Prices and deposits in minor units per unit; free units, '
    'NULL where they are not counted (a pool''s are, a community''s quota is not looked at); the limit per buyer. bounded: its sku has a sales area. '
    'No supply or distribution price. Ask for one campaign_id and order by item_id.';

CREATE VIEW offer_history WITH (security_barrier) AS
SELECT l.offer_id, l.id AS log_id, o.sku_id, s.reference AS sku, s.supplier_id, o.supply_leader_id, o.supply_price, o.floor_price, o.ceiling_price,
       o.distribution_price, l.state, l.at, l.member_id, l.note, o.state AS last_state, lower(o.period) AS since, upper(o.period) AS until
FROM offer_log l JOIN offers o ON o.id = l.offer_id JOIN skus s ON s.id = o.sku_id;
COMMENT ON VIEW offer_history IS
    'Every state that an offer came to, who decided and his note (NULL: nobody was named), with its terms, its state now, and since and until when it was '
    'in force. Order by log_id.';

CREATE VIEW stock_levels WITH (security_barrier) AS
SELECT w.campaign_id, w.item_id, w.quota_id, w.sku_id, w.community_id, w.reference, w.units,
       (SELECT sum(k.free) FROM stock k WHERE k.campaign_id = coalesce(w.campaign_id, 0) AND k.stock_id = coalesce(-w.quota_id, w.item_id))::bigint AS free
FROM (SELECT i.campaign_id, i.id AS item_id, NULL::bigint AS quota_id, i.sku_id, NULL::bigint AS community_id, NULL::text AS reference, i.stock AS units
      FROM campaign_items i WHERE i.stock IS NOT NULL
      UNION ALL
      SELECT q.campaign_id, q.item_id, q.id, q.sku_id, q.community_id, q.reference, q.units FROM quotas q) w;
COMMENT ON VIEW stock_levels IS
    'How much there is and how much of it is free: of items (quota_id NULL), communities'' quotas of them (community_id), pools of a sku (reference), and '
    'capacities of campaigns (neither item nor sku; orders where they are counted).';
