-- What others build on the functions of ktt: aggregates, operators and orders of their own. Whatever they do with
-- them, they get an answer or an error, and nobody else's memory.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
BEGIN;
SELECT no_plan();
SET search_path = ktt, public;
SET max_parallel_workers_per_gather = 0;
SET jit = off;

-- The inverse of sum() as a transition: NULL where a sum does not fit has the server delete that state, and only that.
CREATE AGGREGATE pg_temp.less(shares) (SFUNC = shares_remove, STYPE = shares, INITCOND = '{}');
CREATE AGGREGATE pg_temp.less(basket) (SFUNC = basket_remove, STYPE = basket, INITCOND = '{}');
CREATE TEMP TABLE r (o int, g int, x shares);
INSERT INTO r SELECT g, g, (SELECT shares_agg(k * 1000003::bigint, 9000000000000000000) FROM generate_series(1, 4000) AS k) FROM generate_series(1, 6) AS g;
INSERT INTO r VALUES (7, 1, '{1000003:900000000000000000}');
INSERT INTO r SELECT 8 + g, 1 + g % 6, shares(g, g) FROM generate_series(1, 400) AS g;
SET enable_sort = off;
SELECT results_eq($$SELECT g, cardinality(pg_temp.less(x)) FROM r GROUP BY g ORDER BY g$$,
                  $$SELECT g, CASE WHEN g > 1 THEN count(DISTINCT e.account)::int END FROM r, entries(x) AS e GROUP BY g ORDER BY g$$,
                  'a state that does not fit takes no other with it');
SELECT results_eq($$SELECT g, cardinality(pg_temp.less(b)) FROM (SELECT g, (SELECT basket_agg(e.account, 1, e.amount) FROM entries(x) AS e) AS b FROM r) AS s GROUP BY g ORDER BY g$$,
                  $$SELECT g, CASE WHEN g > 1 THEN count(DISTINCT e.account)::int END FROM r, entries(x) AS e GROUP BY g ORDER BY g$$,
                  'nor of baskets');
RESET enable_sort;
SELECT results_eq($$SELECT o, cardinality(pg_temp.less(x) OVER w), cardinality(sum(shares(o, 1)) OVER w)
                    FROM r WHERE g < 3 WINDOW w AS (PARTITION BY g ORDER BY o) ORDER BY o$$,
                  $$SELECT a.o, CASE WHEN a.g = 2 OR a.o < 7 THEN count(DISTINCT e.account)::int END, count(DISTINCT b.o)::int
                    FROM r AS a JOIN r AS b ON b.g = a.g AND b.o <= a.o, entries(b.x) AS e WHERE a.g < 3 GROUP BY a.o, a.g ORDER BY a.o$$,
                  'nor beside another aggregate over the same frames');

-- The steps of pickup_index() over states that are not theirs: flat, another aggregate's, taken over twice.
CREATE AGGREGATE pg_temp.together(pickup_index) (SFUNC = pickup_index_merge, STYPE = pickup_index);
CREATE AGGREGATE pg_temp.onto(bigint, location) (SFUNC = pickup_index_collect, STYPE = pickup_index, INITCOND = '{1000:1 1}');
SELECT is((SELECT pg_temp.together(x) FROM (SELECT pickup_index(i, location(i, i)) AS x FROM generate_series(1, 60) i GROUP BY i % 7) s),
          (SELECT pickup_index(i, location(i, i)) FROM generate_series(1, 60) i), 'values of points, put together');
SELECT is((SELECT pg_temp.onto(i, location(i, i)) FROM generate_series(1, 3) i), '{1:1 1,2:2 2,3:3 3,1000:1 1}'::pickup_index, 'onto a value that was there');
SELECT results_eq($$SELECT i, cardinality(pg_temp.together(x) OVER (ORDER BY i)), cardinality(x) FROM
                    (SELECT i, pickup_index(i, location(i, 1)) OVER (ORDER BY i ROWS CURRENT ROW) AS x FROM generate_series(1, 40) i) s$$,
                  'SELECT i, i, 1 FROM generate_series(1, 40) i', 'over frames, each state by itself');
SELECT throws_ok($$SELECT pg_temp.together(x) FROM (VALUES ('{1:1 1}'::pickup_index), ('{1:2 2}')) v(x)$$, '22023', NULL, 'a point of two values');
SELECT throws_ok($$SELECT pickup_index_merge(NULL, '{1:1 1}')$$, '0A000', NULL, 'a step outside an aggregate');

-- Estimators of ktt for operators of other types look at no value of theirs.
CREATE TEMP TABLE numbers AS SELECT 1000000000 + i % 3 AS a, basket(i, i, i) AS b FROM generate_series(1, 1000) AS i;
ANALYZE numbers;
CREATE FUNCTION pg_temp.yes(basket, int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
CREATE FUNCTION pg_temp.plans(query text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN EXECUTE 'EXPLAIN ' || query; RETURN true; END$$;
CREATE OPERATOR public.=#= (LEFTARG = int, RIGHTARG = int, FUNCTION = int4gt, RESTRICT = ktt.chain_follows_sel, JOIN = ktt.chain_follows_joinsel);
CREATE OPERATOR public.=##= (LEFTARG = int, RIGHTARG = int, FUNCTION = int4gt, RESTRICT = ktt.chain_leads_sel, JOIN = ktt.chain_leads_joinsel);
CREATE OPERATOR public.=###= (LEFTARG = basket, RIGHTARG = int, FUNCTION = pg_temp.yes, RESTRICT = ktt.vector_key_sel);
SELECT ok(pg_temp.plans('SELECT FROM numbers WHERE a =#= 12345678'), 'chain_follows_sel of numbers');
SELECT ok(pg_temp.plans('SELECT FROM numbers WHERE a =##= 12345678'), 'chain_leads_sel of numbers');
SELECT ok(pg_temp.plans('SELECT FROM numbers AS x, numbers AS y WHERE x.a =#= y.a'), 'chain_follows_joinsel of numbers');
SELECT ok(pg_temp.plans('SELECT FROM numbers AS x, numbers AS y WHERE x.a =##= y.a'), 'chain_leads_joinsel of numbers');
SELECT ok(pg_temp.plans('SELECT FROM numbers WHERE b =###= 12345678'), 'vector_key_sel of a basket and a number');

-- An order of chains that is not ours: nothing below a chain stands together in it.
CREATE FUNCTION pg_temp.by_depth(a chain, b chain) RETURNS int IMMUTABLE STRICT LANGUAGE sql AS
    'SELECT coalesce(nullif(ktt.depth(a) - ktt.depth(b), 0), ktt.chain_cmp(a, b))';
CREATE FUNCTION pg_temp.lt(a chain, b chain) RETURNS boolean IMMUTABLE STRICT LANGUAGE plpgsql AS 'BEGIN RETURN pg_temp.by_depth(a, b) < 0; END';
CREATE FUNCTION pg_temp.le(a chain, b chain) RETURNS boolean IMMUTABLE STRICT LANGUAGE plpgsql AS 'BEGIN RETURN pg_temp.by_depth(a, b) <= 0; END';
CREATE FUNCTION pg_temp.gt(a chain, b chain) RETURNS boolean IMMUTABLE STRICT LANGUAGE plpgsql AS 'BEGIN RETURN pg_temp.by_depth(a, b) > 0; END';
CREATE FUNCTION pg_temp.ge(a chain, b chain) RETURNS boolean IMMUTABLE STRICT LANGUAGE plpgsql AS 'BEGIN RETURN pg_temp.by_depth(a, b) >= 0; END';
CREATE OPERATOR public.~<~ (LEFTARG = chain, RIGHTARG = chain, FUNCTION = pg_temp.lt);
CREATE OPERATOR public.~<=~ (LEFTARG = chain, RIGHTARG = chain, FUNCTION = pg_temp.le);
CREATE OPERATOR public.~>~ (LEFTARG = chain, RIGHTARG = chain, FUNCTION = pg_temp.gt);
CREATE OPERATOR public.~>=~ (LEFTARG = chain, RIGHTARG = chain, FUNCTION = pg_temp.ge);
CREATE OPERATOR CLASS public.depth_ops FOR TYPE chain USING btree AS
    OPERATOR 1 ~<~, OPERATOR 2 ~<=~, OPERATOR 3 ktt.=, OPERATOR 4 ~>=~, OPERATOR 5 ~>~, FUNCTION 1 pg_temp.by_depth(chain, chain);
CREATE TEMP TABLE deep AS SELECT chain(ARRAY[i % 7 + 1, i + 10, i + 20000]::bigint[]) AS c FROM generate_series(1, 3000) AS i;
INSERT INTO deep VALUES ('2'), ('2>150'), ('2>150>3>4');
CREATE INDEX ON deep (c depth_ops);
ANALYZE deep;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT is(count(*), 2::bigint, 'below, by an index in another order') FROM deep WHERE c <@ '2>150';
SELECT is(count(*), 2::bigint, 'above, by an index in another order') FROM deep WHERE c @> '2>150';
RESET enable_seqscan;
RESET enable_bitmapscan;

-- Texts beside chains, and domains.
SELECT is('chain '::text || '7>12'::chain, 'chain 7>12', 'text || chain');
SELECT is('7>12'::chain || ' sells'::text, '7>12 sells', 'chain || text');
SELECT is('7>12'::chain || '93>94', '7>12>93>94'::chain, 'a literal is a chain');
CREATE DOMAIN public.member_id AS bigint;
SELECT is('7>12'::chain || 93::member_id, '7>12>93'::chain, 'a domain over bigint is a member id');
SELECT throws_ok($$SELECT top('{1:2@3}'::basket, 1, repeat('x', 100000))$$, '22023', format('items cannot be ranked by "%s"', repeat('x', 64)), 'what is echoed is cut');

SELECT * FROM finish();
ROLLBACK;
