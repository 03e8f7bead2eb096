-- Orders of 5 lines on average, as baskets and as the same content in lines.

CREATE UNLOGGED TABLE bench.draws AS
SELECT o.id, l.point,
       bench.lines(o.id, 32, 5.5) AS lines
FROM generate_series(1, :orders) o(id)
JOIN bench.leaders l
    ON l.id = 1 + width_bucket(bench.uniform(o.id, 31), (SELECT b.leaders FROM bench.bounds b));

-- Every item once in an order; what is too much for the stated number of lines goes, but no order's first line.
CREATE UNLOGGED TABLE bench.kept AS
SELECT x.id, x.point, x.item, x.n
FROM (SELECT DISTINCT ON (d.id, item) d.id, d.point, item, n, row_number() OVER (PARTITION BY d.id ORDER BY n) > 1 AS spare
      FROM bench.draws d CROSS JOIN generate_series(1, d.lines) n
      CROSS JOIN LATERAL (SELECT 1 + width_bucket(bench.uniform(d.id * 64 + n, 33), (SELECT b.items FROM bench.bounds b)) AS item) i
      ORDER BY d.id, item, n) x
ORDER BY x.spare, hashint8extended(x.id * 64 + x.n, 34) LIMIT :lines;

CREATE UNLOGGED TABLE bench.lines AS
SELECT k.id AS order_id, k.point::bigint AS point_id, k.item::bigint AS item_id, u.units, u.units * i.sale_price AS amount
FROM bench.kept k JOIN bench.items i ON i.id = k.item
CROSS JOIN LATERAL (SELECT bench.units(k.id * 64 + k.n, 35) AS units) u
ORDER BY k.id, k.item;

-- The narrowest form: nothing in it may pass 2^31.
CREATE UNLOGGED TABLE bench.narrow_lines AS
SELECT order_id::int, point_id::int, item_id::int, units, amount::int FROM bench.lines;

CREATE UNLOGGED TABLE bench.orders AS
SELECT order_id AS id, point_id, ktt.basket_agg(item_id, units, amount) AS basket FROM bench.lines GROUP BY 1, 2 ORDER BY 1;
ALTER TABLE bench.orders ADD PRIMARY KEY (id);

DROP TABLE bench.draws, bench.kept;
VACUUM (FREEZE, ANALYZE) bench.lines;
VACUUM (FREEZE, ANALYZE) bench.narrow_lines;
VACUUM (FREEZE, ANALYZE) bench.orders;

CREATE VIEW bench.item_ours AS
SELECT i.item, i.units, i.amount FROM (SELECT ktt.sum(basket) AS basket FROM bench.orders) s CROSS JOIN ktt.items(s.basket) i;
CREATE VIEW bench.item_group_by AS
SELECT item_id AS item, sum(units) AS units, sum(amount) AS amount FROM bench.lines GROUP BY item_id;
CREATE VIEW bench.item_group_by_int4 AS
SELECT item_id AS item, sum(units) AS units, sum(amount) AS amount FROM bench.narrow_lines GROUP BY item_id;

CREATE VIEW bench.point_item_ours AS
SELECT s.point_id AS point, i.item, i.units, i.amount
FROM (SELECT point_id, ktt.sum(basket) AS basket FROM bench.orders GROUP BY point_id) s CROSS JOIN ktt.items(s.basket) i;
CREATE VIEW bench.point_item_group_by AS
SELECT point_id AS point, item_id AS item, sum(units) AS units, sum(amount) AS amount FROM bench.lines GROUP BY 1, 2;
CREATE VIEW bench.point_item_group_by_int4 AS
SELECT point_id AS point, item_id AS item, sum(units) AS units, sum(amount) AS amount FROM bench.narrow_lines GROUP BY 1, 2;
-- Lines that do not repeat the point of their order.
CREATE VIEW bench.point_item_join AS
SELECT o.point_id AS point, l.item_id AS item, sum(l.units) AS units, sum(l.amount) AS amount
FROM bench.lines l JOIN bench.orders o ON o.id = l.order_id GROUP BY 1, 2;

SELECT pg_prewarm('bench.lines'), pg_prewarm('bench.narrow_lines'), pg_prewarm('bench.orders') \g /dev/null
