-- 30 days of orders at 15 points, 5 lines each on average: some 780 orders in 7 days of a point.

CREATE UNLOGGED TABLE bench.days AS
SELECT o.id, 1 + o.id % 15 AS point_id, timestamp '2026-03-01' + bench.uniform(o.id, 51) * interval '30 days' AS placed_at, b.basket
FROM generate_series(1, :orders / 20) o(id)
CROSS JOIN LATERAL (
    SELECT ktt.basket_agg(i.item, u.units, u.units * 600) AS basket
    FROM generate_series(1, bench.lines(o.id, 52, 5)) n
    CROSS JOIN LATERAL (SELECT 1 + width_bucket(bench.uniform(o.id * 64 + n, 53), (SELECT b.items FROM bench.bounds b)) AS item) i
    CROSS JOIN LATERAL (SELECT bench.units(o.id * 64 + n, 54) AS units) u) b;
VACUUM (FREEZE, ANALYZE) bench.days;

-- The same sum, but for its inverse.
CREATE AGGREGATE bench.sum_anew(ktt.basket) (SFUNC = ktt.basket_add, STYPE = ktt.basket, SSPACE = 256);

CREATE VIEW bench.week_ours AS
SELECT id, ktt.sum(basket) OVER (PARTITION BY point_id ORDER BY placed_at RANGE BETWEEN '7 days' PRECEDING AND CURRENT ROW) AS basket FROM bench.days;
CREATE VIEW bench.week_anew AS
SELECT id, bench.sum_anew(basket) OVER (PARTITION BY point_id ORDER BY placed_at RANGE BETWEEN '7 days' PRECEDING AND CURRENT ROW) AS basket FROM bench.days;

-- A row a point and day, each with the 7 days that end there.
CREATE VIEW bench.daily_ours AS
SELECT point_id, day, ktt.sum(basket) OVER (PARTITION BY point_id ORDER BY day RANGE BETWEEN '6 days' PRECEDING AND CURRENT ROW) AS basket
FROM (SELECT point_id, placed_at::date AS day, ktt.sum(basket) AS basket FROM bench.days GROUP BY 1, 2) d;
CREATE VIEW bench.daily_anew AS
SELECT point_id, day, bench.sum_anew(basket) OVER (PARTITION BY point_id ORDER BY day RANGE BETWEEN '6 days' PRECEDING AND CURRENT ROW) AS basket
FROM (SELECT point_id, placed_at::date AS day, ktt.sum(basket) AS basket FROM bench.days GROUP BY 1, 2) d;
SELECT pg_prewarm('bench.days') \g /dev/null
