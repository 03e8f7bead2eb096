-- sum(), basket_agg(), shares_agg(): equal to GROUP BY over rows in every plan,
-- order and frame; overflow, NULL, expanded and toasted values.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS ktt CASCADE;
RESET client_min_messages;
SET search_path = ktt, public;
\pset null '(null)'

CREATE FUNCTION pg_temp.refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text; detail text;
BEGIN
    EXECUTE statement;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' | ', SQLSTATE, message, nullif(detail, ''));
END $$;

-- Random lines: dense items, sparse items, an item that only one point has, refunds.
SELECT setseed(0.5);
CREATE TABLE sums_lines AS
    SELECT o AS id, 1 + o % 13 AS point,
           CASE o % 4 WHEN 0 THEN 1 + floor(random() * random() * 300)::bigint
                      WHEN 1 THEN 1 + floor(random() * 300)::bigint * 1000003
                      WHEN 2 THEN 9223372036854775807 - floor(random() * 40)::bigint
                      ELSE 100 + o % 13 END AS item,
           (floor(random() * 9) - 2)::bigint AS units, (floor(random() * 5000) - 1000)::bigint AS amount
    FROM generate_series(1, 4000) AS o, generate_series(1, 5);
CREATE TABLE sums_orders AS
    SELECT id, point, basket_agg(item, units, amount) AS basket, shares_agg(item, amount) AS shares
    FROM sums_lines GROUP BY id, point;
ANALYZE sums_lines;
ANALYZE sums_orders;

-- The slow, obvious reference: rows, grouped.
CREATE VIEW sums_reference AS
    SELECT point, item, sum(units)::bigint AS units, sum(amount)::bigint AS amount
    FROM sums_lines GROUP BY GROUPING SETS ((item), (point, item));
CREATE FUNCTION sums_differ(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    result bigint;
BEGIN
    EXECUTE format($q$
        WITH found AS (SELECT q.point, i.item, i.units, i.amount FROM (%s) AS q(point, basket), ktt.items(basket) AS i),
             expected AS (SELECT * FROM sums_reference WHERE (units <> 0 OR amount <> 0))
        SELECT count(*) FROM ((TABLE found EXCEPT ALL TABLE expected) UNION ALL (TABLE expected EXCEPT ALL TABLE found)) AS d $q$, query)
        INTO result;
    RETURN result;
END $$;
SELECT count(*) > 1000 AS reference_is_not_empty FROM sums_reference;

-- Grouping sets: every point and all together, hashed and sorted.
SELECT sums_differ('SELECT point, sum(basket) FROM sums_orders GROUP BY GROUPING SETS ((), (point))') AS differences;
SET enable_hashagg = off;
SELECT sums_differ('SELECT point, sum(basket) FROM sums_orders GROUP BY GROUPING SETS ((), (point))') AS differences;
RESET enable_hashagg;
SET enable_sort = off;
SELECT sums_differ('SELECT point, sum(basket) FROM sums_orders GROUP BY point UNION ALL SELECT NULL, sum(basket) FROM sums_orders') AS differences;
RESET enable_sort;

-- A hash aggregate that spills to disk: groups of one value, of a few that stay flat, of many that do not.
SET enable_sort = off;
CREATE FUNCTION pg_temp.batches(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, FORMAT json) ' || query INTO plan;
    RETURN (plan->0->'Plan'->>'HashAgg Batches')::int > 1;
END $$;
CREATE TEMP TABLE grouped (spilled boolean, groups int, g int, basket basket, shares shares, rows shares);
SET work_mem = '64kB';
SELECT n, pg_temp.batches(format('SELECT id %% %s, sum(basket), sum(shares), shares_agg(id, point) FROM sums_orders GROUP BY 1', n)) AS spills
FROM unnest('{4000,1999,400}'::int[]) AS n;
INSERT INTO grouped SELECT true, n, g.* FROM unnest('{4000,1999,400}'::int[]) AS n,
    LATERAL (SELECT id % n AS g, sum(basket), sum(shares), shares_agg(id, point) FROM sums_orders GROUP BY 1) AS g;
RESET work_mem;
INSERT INTO grouped SELECT false, n, g.* FROM unnest('{4000,1999,400}'::int[]) AS n,
    LATERAL (SELECT id % n AS g, sum(basket), sum(shares), shares_agg(id, point) FROM sums_orders GROUP BY 1) AS g;
SELECT a.groups, count(*), count(*) FILTER (WHERE (a.basket, a.shares, a.rows) IS DISTINCT FROM (b.basket, b.shares, b.rows)) AS different,
       sum(a.shares) = (SELECT sum(shares) FROM sums_orders) AS same
FROM grouped AS a FULL JOIN grouped AS b USING (groups, g) WHERE a.spilled AND NOT b.spilled GROUP BY a.groups ORDER BY 1;
RESET enable_sort;

-- Partitionwise, so that sums of partitions are summed again or never meet.
CREATE TABLE sums_parts (LIKE sums_orders) PARTITION BY HASH (point);
CREATE TABLE sums_parts_0 PARTITION OF sums_parts FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE sums_parts_1 PARTITION OF sums_parts FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE sums_parts_2 PARTITION OF sums_parts FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO sums_parts TABLE sums_orders;
ANALYZE sums_parts;
SET enable_partitionwise_aggregate = on;
EXPLAIN (COSTS OFF) SELECT point, sum(basket) FROM sums_parts GROUP BY point;
EXPLAIN (COSTS OFF) SELECT sum(basket), basket_agg(id, 1, 1) FROM sums_parts;
SELECT sums_differ('SELECT point, sum(basket) FROM sums_parts GROUP BY point UNION ALL SELECT NULL, sum(basket) FROM sums_parts') AS differences;
SELECT basket_agg(id, 1, point) = (SELECT basket_agg(id, 1, point) FROM sums_orders) AS same FROM sums_parts;
RESET enable_partitionwise_aggregate;
DROP TABLE sums_parts;

-- Rows into vectors directly, sums of sums, shares against baskets.
SELECT sums_differ('SELECT point, basket_agg(item, units, amount) FROM sums_lines GROUP BY GROUPING SETS ((), (point))') AS differences;
SELECT sums_differ('SELECT p, sum(s) FROM (SELECT point AS p, sum(basket) AS s FROM sums_orders GROUP BY point, id % 7) AS g GROUP BY GROUPING SETS ((), (p))') AS differences;
SELECT count(*) AS differences
FROM (SELECT account, amount FROM entries((SELECT sum(shares) FROM sums_orders))
      EXCEPT SELECT item, sum(amount) FROM sums_lines GROUP BY item) AS d;
SELECT (SELECT sum(amount) FROM sums_lines) = total(sum(shares)) AS totals, (SELECT sum(units) FROM sums_lines) = units(sum(basket)) AS units
FROM sums_orders;

-- The order of the input never matters.
SELECT count(DISTINCT s) AS one
FROM (SELECT sum(basket ORDER BY id) AS s FROM sums_orders
      UNION ALL SELECT sum(basket ORDER BY id DESC) FROM sums_orders
      UNION ALL SELECT sum(basket ORDER BY basket) FROM sums_orders
      UNION ALL SELECT sum(basket ORDER BY md5(id::text)) FROM sums_orders
      UNION ALL SELECT basket_agg(item, units, amount ORDER BY amount) FROM sums_lines) AS o;

-- Parallel, by way of the combine function.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
EXPLAIN (COSTS OFF) SELECT sum(basket), shares_agg(id, point) FROM sums_orders;
CREATE TEMP TABLE parallel AS SELECT sum(basket) AS basket, sum(shares) AS shares, shares_agg(id, point) AS points FROM sums_orders;
EXPLAIN (COSTS OFF) SELECT point, sum(basket) FROM sums_orders GROUP BY point;
SELECT sums_differ('SELECT point, sum(basket) FROM sums_orders GROUP BY point UNION ALL SELECT NULL, sum(basket) FROM sums_orders') AS differences;
SET max_parallel_workers_per_gather = 0;
SELECT p.basket = s.basket AS basket, p.shares = s.shares AS shares, p.points = s.points AS points
FROM parallel AS p, (SELECT sum(basket) AS basket, sum(shares) AS shares, shares_agg(id, point) AS points FROM sums_orders) AS s;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;
RESET parallel_leader_participation;

-- Frames: with the exact inverse (both ends move), growing, and shrinking, with NULLs between.
CREATE TEMP TABLE frames AS
    SELECT id, point, CASE WHEN id % 5 <> 0 THEN basket END AS basket FROM sums_orders WHERE id <= 150;
SELECT count(*) AS rows, count(*) FILTER (WHERE moving IS DISTINCT FROM (
           SELECT sum(basket) FROM frames AS f WHERE f.id BETWEEN w.id - 3 AND w.id + 2)) AS moving_differs,
       count(*) FILTER (WHERE growing IS DISTINCT FROM (
           SELECT sum(basket) FROM frames AS f WHERE f.id <= w.id)) AS growing_differs,
       count(*) FILTER (WHERE shrinking IS DISTINCT FROM (
           SELECT sum(basket) FROM frames AS f WHERE f.id >= w.id AND f.point = w.point)) AS shrinking_differs,
       count(*) FILTER (WHERE single IS DISTINCT FROM basket) AS single_differs,
       count(*) FILTER (WHERE every IS DISTINCT FROM (SELECT sum(basket) FROM frames)) AS every_differs
FROM (SELECT *, sum(basket) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND 2 FOLLOWING) AS moving,
             sum(basket) OVER (ORDER BY id) AS growing,
             sum(basket) OVER (PARTITION BY point ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS shrinking,
             sum(basket) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND CURRENT ROW) AS single,
             sum(basket) OVER () AS every FROM frames) AS w;
SELECT n, sum(s) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW),
       shares_agg(n, n) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
FROM (VALUES (1, '{1:5}'::shares), (2, '{2:5}'), (3, '{}'), (4, NULL), (5, NULL), (6, '{1:-5}'), (7, '{1:5}')) AS v(n, s) ORDER BY n;

-- NULL, nothing, one
SELECT sum(b) AS no_rows, basket_agg(1, 1, 1) FILTER (WHERE false) AS none, shares_agg(NULL, NULL) AS no_entry FROM (SELECT NULL::basket WHERE false) AS v(b);
SELECT sum(b) AS only_nulls FROM (VALUES (NULL::basket), (NULL)) AS v(b);
SELECT sum(b) AS one, sum(b + b) AS twice FROM (VALUES (NULL), ('{1:2@3}'::basket), (NULL)) AS v(b);
SELECT sum(b) AS cancelled, sum(b) = '{}' AS is_empty FROM (VALUES ('{1:2@3,7:1@1}'::basket), ('{1:-2@-3}'), ('{7:-1@-1}')) AS v(b);
SELECT basket_agg(i, u, a), shares_agg(i, a) FROM (VALUES (3::bigint, 1::bigint, 10::bigint), (NULL, NULL, NULL), (3, -1, 5), (9, 0, 0)) AS v(i, u, a);
SELECT pg_temp.refusal('SELECT ktt.basket_agg(1, NULL, 5)'), pg_temp.refusal('SELECT ktt.basket_agg(NULL, 1, 5)'), pg_temp.refusal('SELECT ktt.shares_agg(NULL, 5)');
SELECT pg_temp.refusal('SELECT ktt.shares_agg(0, 5)'), pg_temp.refusal('SELECT ktt.basket_agg(-1, 5, 5)'), pg_temp.refusal('SELECT ktt.shares_collect(NULL, 1, 5)');

-- Overflow
SELECT pg_temp.refusal($$SELECT ktt.sum(s) FROM unnest('{"{1:9223372036854775807}","{1:1}"}'::ktt.shares[]) AS s$$);
SELECT pg_temp.refusal($$SELECT ktt.sum(b) FROM unnest('{"{1:-9223372036854775808@1}","{2:1@1}","{1:-1@1}"}'::ktt.basket[]) AS b$$);
SELECT pg_temp.refusal($$SELECT ktt.shares_agg(5, 9223372036854775807) FROM generate_series(1, 2)$$);

-- An expanded sum into every function that takes a value, and what it came from unharmed.
WITH e AS MATERIALIZED (SELECT basket_agg(i, i, 2 * i) AS b FROM generate_series(1, 3) AS i)
SELECT units(b), amount(b), units(b, 2), amount(b, 3), cardinality(b), b ? 2 AS has, slice(b, '{2}'), b @> '{1:1@1}' AS covers, b <@ b AS covered, b FROM e;
SELECT units(b), amount(b), units(b, 2), amount(b, 3), cardinality(b), b ? 2 AS has, slice(b, '{2}'), b @> '{1:1@1}' AS covers, b <@ b AS covered,
       b + b AS plus, b - b AS minus, - b AS negated, b = b AS eq, basket_cmp(b, '{}') > 0 AS above, basket_hash(b) = basket_hash('{1:1@2,2:2@4,3:3@6}') AS hash,
       basket_hash_extended(b, 3) = basket_hash_extended('{1:1@2,2:2@4,3:3@6}', 3) AS hash_extended, basket_send(b), b::jsonb, b
FROM (SELECT basket_agg(i, i, 2 * i) AS b FROM generate_series(1, 3) AS i OFFSET 0) AS e;
SELECT total(s), s -> 2 AS amount_of, s ? 3 AS has, cardinality(s), reverse(s, 3), s + s AS plus, s - s AS minus, - s AS negated, s::jsonb, array[s, s], (SELECT sum(t) FROM (VALUES (s), (s)) AS v(t)), s
FROM (SELECT shares_agg(i, 2 * i) AS s FROM generate_series(1, 3) AS i OFFSET 0) AS e;
SELECT i.* FROM (SELECT sum(b) AS b FROM (VALUES ('{1:2@3}'::basket), ('{4:5@6}')) AS v(b)) AS e, items(b) AS i;
SELECT n.* FROM (SELECT sum(s) AS s FROM (VALUES ('{1:2}'::shares), ('{4:5}')) AS v(s)) AS e, entries(s) AS n;
DO $$
DECLARE
    kept ktt.basket; changed ktt.basket;
BEGIN
    SELECT ktt.sum(b) INTO kept FROM unnest('{"{1:2@3}","{4:5@6}"}'::ktt.basket[]) AS b;
    changed := kept OPERATOR(ktt.+) '{1:1@1}';
    SELECT ktt.sum(b) INTO changed FROM (VALUES (kept), (changed), (kept)) AS v(b);
    RAISE NOTICE 'kept % changed %', kept, changed;
END $$;

-- Stored short, long, compressed and out of line: equal everywhere.
CREATE TABLE sums_stored (how text, s shares);
ALTER TABLE sums_stored ALTER s SET STORAGE main;
INSERT INTO sums_stored SELECT 'short', shares_agg(i, 1) FROM generate_series(1, 10) AS i;
INSERT INTO sums_stored SELECT 'compressed', shares_agg(i, 1) FROM generate_series(1, 5000) AS i;
ALTER TABLE sums_stored ALTER s SET STORAGE external;
INSERT INTO sums_stored SELECT 'out of line', shares_agg(i, 1) FROM generate_series(1, 5000) AS i;
INSERT INTO sums_stored SELECT 'plain', shares_agg(i, 1) FROM generate_series(1, 300) AS i;
SELECT how, pg_column_size(s) < cardinality(s) AS compressed, cardinality(s), total(s), s -> 7 AS amount_of, (SELECT count(*) FROM entries(s)) AS entries FROM sums_stored;
SELECT a.s = b.s AS equal, shares_hash(a.s) = shares_hash(b.s) AS hash, a.s - b.s AS difference
FROM sums_stored AS a, sums_stored AS b WHERE a.how = 'compressed' AND b.how = 'out of line';
SELECT total(sum(s)), sum(s) -> 10 AS amount_of, sum(s) -> 300 AS later, sum(s) = (SELECT sum(s ORDER BY how DESC) FROM sums_stored) AS any_order FROM sums_stored;

-- Keys that all fall together when multiplied by the golden ratio: no slower than others.
CREATE TEMP TABLE chosen AS
    SELECT shares_agg(k::bigint, 1) AS s
    FROM (SELECT n * 17428512612931826493 % 18446744073709551616 AS k FROM generate_series(1, 100000) AS n) AS v WHERE k BETWEEN 1 AND 9223372036854775807;
SET statement_timeout = '20s';
SELECT cardinality(sums) = cardinality(s) AS same_keys, total(sums) = 20 * total(s) AS total FROM chosen, LATERAL (SELECT sum(t.s) AS sums FROM chosen AS t, generate_series(1, 20)) AS v;
RESET statement_timeout;

-- Many groups do not take a context each.
SELECT count(*), sum(cardinality(s)) FROM (SELECT shares_agg(1 + i % 3, i) AS s FROM generate_series(1, 300000) AS i GROUP BY i / 3) AS g;

DROP FUNCTION sums_differ;
DROP VIEW sums_reference;
DROP TABLE sums_lines, sums_orders, sums_stored;
