-- One wave from the first order to the settlement; the variable "wave" says which.
\set ON_ERROR_STOP on
\set QUIET on
\pset tuples_only on
\pset format unaligned
\pset fieldsep ' '

SELECT id AS leader FROM demo.members WHERE ref = 'supply leader' \gset

-- The supply leader opens a campaign.  The supplier offers each article at its supply price, the leader lists it.
SELECT market.open_wave(format('week %s', first_day)) AS market_wave FROM demo.waves WHERE wave_no = :wave \gset
SELECT market.create_campaign(:market_wave, :leader, 'campaign of wave ' || :wave, closes_at => now() + interval '1 day') AS campaign \gset
UPDATE demo.waves SET wave_id = :market_wave, campaign_id = :campaign WHERE wave_no = :wave;
UPDATE demo.items i SET item_id = listed.item_id
FROM (SELECT l.item_no, l.item_id
      FROM (SELECT i.*, s.sku_id FROM demo.items i JOIN demo.skus s USING (stock_code) WHERE i.wave_no = :wave ORDER BY i.item_no) i,
           LATERAL (SELECT i.item_no, market.offer_sku(i.sku_id, :leader, i.supply_price) AS offer_id,
                           market.list_item(:campaign, i.sku_id, i.distribution_price, i.sale_price,
                                            stock => i.stock, buyer_limit => i.most_per_buyer) AS item_id) l) listed
WHERE i.item_no = listed.item_no;
ANALYZE demo.items;
SELECT market.publish_campaign(:campaign) WHERE EXISTS (SELECT FROM demo.items WHERE wave_no = :wave) \g /dev/null

-- Sales leaders copy the campaign and spread it.
SELECT count(market.join_campaign(:campaign, m.id)) FROM demo.sales_leaders l JOIN demo.members m ON m.ref = l.leader_ref \g /dev/null

-- Buyers order, in the order of time: items, units, whose copy they used, where they live.  Each fetches at the nearest point.
INSERT INTO demo.placed
SELECT o.order_no, p.outcome, p.order_id, p.amount, p.pickup_point, p.code
FROM (SELECT o.order_no, o.invoice_no, b.items, b.units, buyer.id AS buyer, seller.id AS seller, a.location
      FROM demo.orders o JOIN demo.baskets b USING (order_no) JOIN demo.buyers w USING (buyer_ref)
      JOIN demo.addresses a USING (address_no) JOIN demo.members buyer ON buyer.ref = o.buyer_ref
      LEFT JOIN demo.members seller ON seller.ref = w.sales_leader_ref
      WHERE o.wave_no = :wave ORDER BY o.order_no) o,
     LATERAL market.place_order(:campaign, o.buyer, o.items, o.units, request => o.invoice_no,
                                seller => o.seller, location => o.location) p;
UPDATE demo.orders o SET order_id = p.order_id FROM demo.placed p WHERE p.order_no = o.order_no AND o.wave_no = :wave;
INSERT INTO demo.refused SELECT order_no, 'place_order', outcome FROM demo.placed JOIN demo.orders USING (order_no)
WHERE wave_no = :wave AND outcome <> 'placed';

-- The payment channel reports that each was paid; its payment number makes a repeated report harmless.
INSERT INTO demo.refused
SELECT o.order_no, 'pay_order', p.outcome
FROM (SELECT * FROM demo.orders WHERE wave_no = :wave ORDER BY order_no) o,
     LATERAL market.pay_order(:campaign, o.order_id, o.amount, 'payment ' || o.invoice_no) p(outcome)
WHERE p.outcome <> 'paid';

-- Some change their mind before the cut-off ...
INSERT INTO demo.refused
SELECT o.order_no, 'cancel_order', c.outcome
FROM (SELECT * FROM demo.orders WHERE wave_no = :wave AND cancelled_at IS NOT NULL ORDER BY cancelled_at, order_no) o,
     LATERAL market.cancel_order(:campaign, o.order_id) c(outcome)
WHERE c.outcome <> 'cancelled';

-- ... and some send goods back: of this wave's orders, or of earlier ones that were settled long ago.
SELECT count(market.refund_order(f.campaign_id, f.order_id, f.item_id, f.units, request => format('%s line %s', f.refund_no, f.item_no),
                                 reason => f.cancel_invoice))
FROM (SELECT r.refund_no, r.cancel_invoice, w.campaign_id, o.order_id, i.item_no, i.item_id, l.units
      FROM demo.refunds r JOIN demo.refund_lines l USING (refund_no) JOIN demo.orders o USING (order_no)
      JOIN demo.waves w ON w.wave_no = o.wave_no JOIN demo.items i ON i.item_no = l.item_no
      WHERE r.wave_no = :wave ORDER BY r.refund_no, l.item_no) f \g /dev/null

-- The cut-off, in a transaction of its own; then the lists: demand per supplier, deliveries per point.
SELECT market.close_wave(:market_wave) \g /dev/null
SELECT orders AS list_orders, units AS list_units, amount AS list_amount FROM market.freeze_wave(:market_wave) \gset

-- Goods reach the warehouse, runs are planned, drivers leave, every point gets its delivery.
SELECT count(market.receive_goods(:market_wave, d.supplier_id, d.items, d.units))
FROM (SELECT supplier_id, array_agg(item_id) AS items, array_agg(units) AS units
      FROM market.demand WHERE wave_id = :market_wave GROUP BY supplier_id) d \g /dev/null
SELECT runs AS planned_runs, unserved AS unserved_points FROM market.plan_runs(:market_wave) \gset
SELECT market.dispatch_wave(:market_wave) \g /dev/null
SELECT sum(market.arrive(:market_wave, p.point_id)) AS arrived
FROM (SELECT DISTINCT point_id FROM market.delivery_list WHERE wave_id = :market_wave ORDER BY point_id) p \gset

-- Buyers fetch their goods with the code that they were shown when they ordered.  One in fifty lost it: the steward vouches.
INSERT INTO demo.refused
SELECT o.order_no, 'pick_up', f.outcome
FROM (SELECT o.order_no, o.order_id, p.pickup_point, p.code, m.id AS steward
      FROM demo.orders o JOIN demo.placed p USING (order_no)
      JOIN demo.points q ON q.point_id = p.pickup_point JOIN demo.members m ON m.ref = q.steward_ref
      JOIN market.pickups k ON k.campaign_id = :campaign AND k.order_id = o.order_id
      WHERE o.wave_no = :wave ORDER BY o.order_no) o,
     LATERAL (SELECT CASE WHEN o.order_no % 50 = 0 OR o.code IS NULL THEN market.hand_over(:campaign, o.order_id, o.steward)
                     ELSE (SELECT outcome FROM market.pick_up(o.pickup_point, o.code, o.steward)) END) f(outcome)
WHERE f.outcome <> 'picked_up';
SELECT market.complete_wave(:market_wave) AS completed \gset

-- Everything that has become due is settled: one window, one journal.
SELECT market.open_settlement() AS settlement \gset
SELECT orders AS settled_orders, refunds AS settled_refunds, amount AS settled_amount FROM market.post_settlement(:settlement) \gset

SELECT format('wave %s: %s orders for %s, %s cancelled, %s refunds; %s delivered to %s points; %s settled',
              lpad(:wave::text, 2), count(*), to_char(sum(o.amount) / 100.0, 'FM999,999,990.00'), count(o.cancelled_at),
              (SELECT count(*) FROM demo.refunds r WHERE r.wave_no = :wave), :list_orders,
              (SELECT count(DISTINCT point_id) FROM market.delivery_list WHERE wave_id = :market_wave),
              to_char(:settled_amount / 100.0, 'FM999,999,990.00'))
FROM demo.orders o WHERE o.wave_no = :wave;
