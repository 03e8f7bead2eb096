-- As many buyers as orders elsewhere, each with an order and every other with one more, of 3 lines on average.

CREATE UNLOGGED TABLE bench.buyer_lines AS
SELECT o.id AS order_id, o.buyer_id, i.item::bigint AS item_id, u.units, u.units * i2.sale_price AS amount
FROM (SELECT id, 1 + CASE WHEN id <= :orders THEN id * 7919 % :orders ELSE floor(bench.uniform(id, 41) * :orders)::bigint END AS buyer_id
      FROM generate_series(1, (1.5 * :orders)::bigint) AS id) o
CROSS JOIN generate_series(1, bench.lines(o.id, 42, 3)) n
CROSS JOIN LATERAL (SELECT 1 + width_bucket(bench.uniform(o.id * 64 + n, 43), (SELECT b.items FROM bench.bounds b)) AS item) i
JOIN bench.items i2 ON i2.id = i.item
CROSS JOIN LATERAL (SELECT bench.units(o.id * 64 + n, 44) AS units) u
ORDER BY o.id;

CREATE UNLOGGED TABLE bench.narrow_buyer_lines AS
SELECT order_id::int, buyer_id::int, item_id::int, units, amount::int FROM bench.buyer_lines;

CREATE UNLOGGED TABLE bench.buyer_orders AS
SELECT order_id AS id, buyer_id, ktt.basket_agg(item_id, units, amount) AS basket FROM bench.buyer_lines GROUP BY 1, 2 ORDER BY 1;

VACUUM (FREEZE, ANALYZE) bench.buyer_lines;
VACUUM (FREEZE, ANALYZE) bench.narrow_buyer_lines;
VACUUM (FREEZE, ANALYZE) bench.buyer_orders;

CREATE VIEW bench.many_ours AS
SELECT buyer_id AS buyer, ktt.sum(basket) AS basket FROM bench.buyer_orders GROUP BY buyer_id;
CREATE VIEW bench.many_group_by AS
SELECT buyer_id AS buyer, item_id AS item, sum(units) AS units, sum(amount) AS amount FROM bench.buyer_lines GROUP BY 1, 2;
CREATE VIEW bench.many_group_by_int4 AS
SELECT buyer_id AS buyer, item_id AS item, sum(units) AS units, sum(amount) AS amount FROM bench.narrow_buyer_lines GROUP BY 1, 2;

-- Nobody should have to spill.
ALTER DATABASE :"DBNAME" SET work_mem = '2GB';
SELECT pg_prewarm('bench.buyer_lines'), pg_prewarm('bench.narrow_buyer_lines'), pg_prewarm('bench.buyer_orders') \g /dev/null
