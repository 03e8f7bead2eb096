-- pgbench: the same order in the plain schema as the steps of plain.place_order(), each sent by the client
\set buyer random(:first_buyer, :last_buyer)
\set seller random(:first_seller, :last_seller)
\set point random(1, 300)
\set a random(1, 233)
\set b random(234, 466)
\set c random(467, 700)
\set request random(1, 9000000000000000000)
BEGIN;
SELECT count(*) AS known FROM plain.orders o WHERE o.campaign_id = :campaign AND o.buyer_id = :buyer AND o.request = :request::bigint::text \gset
\if :known
COMMIT;
\else
SELECT (c.state = 'open' AND clock_timestamp() BETWEEN c.opens_at AND c.closes_at AND p.open)::int AS open FROM plain.campaigns c JOIN plain.members m ON m.id = :buyer JOIN plain.sellers s ON s.campaign_id = c.id AND s.member_id = :seller JOIN plain.points p ON p.id = :point WHERE c.id = :campaign \gset
\if :open
SELECT a.price AS price_a, b.price AS price_b, c.price AS price_c FROM plain.items a, plain.items b, plain.items c WHERE a.id = :a AND a.campaign_id = :campaign AND b.id = :b AND b.campaign_id = :campaign AND c.id = :c AND c.campaign_id = :campaign \gset
\set amount_c 2 * :price_c
\set amount :price_a + :price_b + :amount_c
UPDATE plain.stock s SET free = s.free - 1 WHERE s.item_id = :a AND s.free >= 1 RETURNING 1 AS taken \gset
UPDATE plain.stock s SET free = s.free - 1 WHERE s.item_id = :b AND s.free >= 1 RETURNING 1 AS taken \gset
UPDATE plain.stock s SET free = s.free - 2 WHERE s.item_id = :c AND s.free >= 2 RETURNING 1 AS taken \gset
INSERT INTO plain.orders AS o (campaign_id, buyer_id, seller_id, point_id, amount, placed_at, request) VALUES (:campaign, :buyer, :seller, :point, :amount, clock_timestamp(), :request::bigint::text) ON CONFLICT DO NOTHING RETURNING o.id AS order_id \gset
INSERT INTO plain.lines (order_id, item_id, units, amount) VALUES (:order_id, :a, 1, :price_a), (:order_id, :b, 1, :price_b), (:order_id, :c, 2, :amount_c);
COMMIT;
\else
ROLLBACK;
\endif
\endif
