-- ktt.basket: text, binary, operators, look-ups, rows, casts, index classes, refusals.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS ktt CASCADE;
RESET client_min_messages;
SET search_path = ktt, public;
\pset null '(null)'

-- What a statement is refused with: code, message, detail, hint.
CREATE FUNCTION pg_temp.refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text; detail text; hint text;
BEGIN
    EXECUTE statement;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' | ', SQLSTATE, message, nullif(detail, ''), nullif(hint, ''));
END $$;

-- Text: any order in, canonical order out, zero entries vanish.
SELECT t AS input, t::basket AS basket
FROM unnest(ARRAY['{}', ' { } ', '{101:2@1990}', '{205:1@350,101:2@1990}', E'{ 101 :\t2 @ 1990 ,\n205:1@350 }',
                  '{1:0@0,2:0@5,3:5@0}', '{7:-2@-1990}', '{007:+2@+5}',
                  '{9223372036854775807:9223372036854775807@-9223372036854775808}']) AS t;

SELECT quote_literal(t) AS input, pg_temp.refusal(format('SELECT %L::ktt.basket', t)) AS refusal
FROM unnest(ARRAY['', '{', '}', '101:2@1990', '{101}', '{101:2}', '{101:@1990}', '{101:2@}', '{101:2@1990', '{101:2@1990,}',
                  '{,}', '{101:2@1990;205:1@1}', '{101:2@19.90}', '{x:1@1}', '{101:2@1990} x', '{0:1@1}', '{-1:1@1}',
                  '{5:1@1, 7:1@1, 5:2@2}', '{5:0@0,5:0@0}', '{9223372036854775808:1@1}', '{1:9223372036854775808@1}',
                  '{1:1@-9223372036854775809}', '{壹:1@1}']) AS t;

-- Binary: version, count, then for each entry its distance to the key before and its numbers.
SELECT basket_send('{}'), basket_send('{101:2@1990,205:1@350}');
CREATE TEMP TABLE basket_back (b basket);
\copy (SELECT b::basket FROM unnest('{"{}","{101:2@1990,205:1@350}"}'::basket[]) AS b) TO 'results/basket.binary' (FORMAT binary)
\copy basket_back FROM 'results/basket.binary' (FORMAT binary)
TABLE basket_back;
-- Broken binary forms. A bytea travels as its bare bytes, so it can pose as a value.
-- no bytes
\copy (SELECT '\x'::bytea) TO 'results/basket.binary' (FORMAT binary)
\copy basket_back FROM 'results/basket.binary' (FORMAT binary)
-- no count
\copy (SELECT '\x01'::bytea) TO 'results/basket.binary' (FORMAT binary)
\copy basket_back FROM 'results/basket.binary' (FORMAT binary)
-- another version
\copy (SELECT '\x0200'::bytea) TO 'results/basket.binary' (FORMAT binary)
\copy basket_back FROM 'results/basket.binary' (FORMAT binary)
-- an entry missing
\copy (SELECT '\x0101'::bytea) TO 'results/basket.binary' (FORMAT binary)
\copy basket_back FROM 'results/basket.binary' (FORMAT binary)
-- cut off
\copy (SELECT '\x01010102'::bytea) TO 'results/basket.binary' (FORMAT binary)
\copy basket_back FROM 'results/basket.binary' (FORMAT binary)
-- left-over bytes
\copy (SELECT '\x0101010202ff'::bytea) TO 'results/basket.binary' (FORMAT binary)
\copy basket_back FROM 'results/basket.binary' (FORMAT binary)
-- key zero
\copy (SELECT '\x0101000202'::bytea) TO 'results/basket.binary' (FORMAT binary)
\copy basket_back FROM 'results/basket.binary' (FORMAT binary)
-- a zero entry
\copy (SELECT '\x0101010000'::bytea) TO 'results/basket.binary' (FORMAT binary)
\copy basket_back FROM 'results/basket.binary' (FORMAT binary)
-- a number longer than it must be
\copy (SELECT '\x010101820002'::bytea) TO 'results/basket.binary' (FORMAT binary)
\copy basket_back FROM 'results/basket.binary' (FORMAT binary)
-- a key twice
\copy (SELECT '\x0102010202000202'::bytea) TO 'results/basket.binary' (FORMAT binary)
\copy basket_back FROM 'results/basket.binary' (FORMAT binary)
-- a count longer than it must be
\copy (SELECT '\x01800000'::bytea) TO 'results/basket.binary' (FORMAT binary)
\copy basket_back FROM 'results/basket.binary' (FORMAT binary)
-- a key beyond the last
\copy (SELECT '\x0101ffffffffffffffffff010202'::bytea) TO 'results/basket.binary' (FORMAT binary)
\copy basket_back FROM 'results/basket.binary' (FORMAT binary)
-- a distance beyond the last key
\copy (SELECT '\x0102010202ffffffffffffffff7f0202'::bytea) TO 'results/basket.binary' (FORMAT binary)
\copy basket_back FROM 'results/basket.binary' (FORMAT binary)
-- more entries than bytes
\copy (SELECT '\x01ffffffff0f'::bytea) TO 'results/basket.binary' (FORMAT binary)
\copy basket_back FROM 'results/basket.binary' (FORMAT binary)
SELECT count(*) FROM basket_back;

-- Arithmetic
SELECT '{1:2@20,3:1@7}'::basket + '{2:1@5,3:1@3}' AS plus, '{1:2@20,3:1@7}'::basket - '{2:1@5,3:1@7}' AS minus,
       - '{1:2@20,3:-1@7}'::basket AS negated, - '{}'::basket AS nothing, '{1:2@20}'::basket - '{1:2@20}' AS gone,
       '{}'::basket + '{4:1@1}' AS only, '{1:1@1}'::basket + NULL AS unknown;
SELECT pg_temp.refusal($$SELECT '{1:9223372036854775807@0}'::ktt.basket OPERATOR(ktt.+) '{1:1@0}'$$);
SELECT pg_temp.refusal($$SELECT '{1:0@-9223372036854775807}'::ktt.basket OPERATOR(ktt.-) '{1:0@2}'$$);
SELECT pg_temp.refusal($$SELECT OPERATOR(ktt.-) '{3:-9223372036854775808@0}'::ktt.basket$$);


-- Multiples. Literals find them, and no other * is disturbed.
SELECT '{101:2@1990,205:-1@350}'::basket * 3 AS three, -1 * '{101:2@1990,205:-1@350}'::basket AS negated, '{1:1@1}'::basket * 0 AS nothing,
       '{}'::basket * 9223372036854775807 AS of_nothing, '{1:1@1}'::basket * '2' AS literal, '2' * '{1:1@1}'::basket AS literal_first,
       2::smallint * '{1:1@1}'::basket AS small, '{1:1@-1}'::basket * 9223372036854775807 AS most, '{1:1@0}'::basket * NULL::bigint AS unknown;
SELECT '5' * 3::bigint AS bigints, 3::bigint * '5' AS bigints_too, '5' * 3 AS integers, 1.5 * '2' AS numerics, '2 days'::interval * 3::bigint AS intervals,
       3::bigint * '1 day'::interval AS intervals_too, '$2.50'::money * 2::bigint AS moneys;
SELECT s, pg_temp.refusal('SELECT ' || s) AS refusal
FROM unnest(ARRAY[$$'{3:5@4611686018427387904}'::ktt.basket OPERATOR(ktt.*) 2$$, $$'{3:4611686018427387905@1}'::ktt.basket OPERATOR(ktt.*) -2$$,
                  $$-1 OPERATOR(ktt.*) '{1:1@1,3:-9223372036854775808@1}'::ktt.basket$$, $$'{1:1@1}'::ktt.basket OPERATOR(ktt.*) 1.5$$,
                  $$'{1:1@1}'::ktt.basket OPERATOR(ktt.*) 'x'$$]) AS s;

-- Look-ups and totals
SELECT units(b), amount(b), cardinality(b), units(b, 101), amount(b, 205), units(b, 7), amount(b, 999), b ? 101 AS has, b ? 7 AS has_not
FROM (VALUES ('{101:2@1990,205:1@350}'::basket), ('{}')) AS v(b);
SELECT units('{1:9223372036854775807@1,2:-5@2,3:5@-3}'::basket), amount('{1:1@9223372036854775807,2:1@1,3:1@-2}'::basket);
SELECT pg_temp.refusal($$SELECT ktt.units('{1:9223372036854775807@1,2:1@1}')$$);
SELECT slice(b, '{205,1,101,101,NULL}'), slice(b, '{}'), slice(b, '{3}') FROM (VALUES ('{101:2@1990,205:1@350,300:1@1}'::basket)) AS v(b);
SELECT pg_temp.refusal($$SELECT ktt.slice('{1:1@1}'::ktt.basket, '{{1,2},{3,4}}')$$);

SELECT b -> 101 AS entry, b -> 7 AS absent, b -> 0 AS zero, b -> -5 AS negative, b ? 0 AS has_zero, b ? -9223372036854775808 AS has_least,
       units(b, 9223372036854775807) AS last, slice(b, '{-1,0,9223372036854775807,205}') AS odd_slice, slice(b, '[7:9]={205,NULL,101}') AS other_bounds
FROM (VALUES ('{101:2@1990,205:1@350,9223372036854775807:1@1}'::basket)) AS v(b);

-- Any and all of some keys. NULL elements do not count; of none, any is false and all is true.
SELECT k AS keys, '{1:1@1,5:0@2,9223372036854775807:1@1}'::basket ?| k AS any_of, '{1:1@1,5:0@2,9223372036854775807:1@1}'::basket ?& k AS all_of,
       '{}'::basket ?| k AS any_of_nothing, '{}'::basket ?& k AS all_of_nothing
FROM (VALUES ('{}'::bigint[]), ('{NULL}'), ('{1}'), ('{2}'), ('{5,1}'), ('{2,5,2}'), ('{1,NULL,5,1}'), ('{1,2,NULL}'), ('{0}'), ('{-1,1}'), ('[0:1]={5,1}'),
             ('{9223372036854775807,-9223372036854775808}'), ('{9223372036854775807,1}'), (NULL)) AS v(k);
SELECT s, pg_temp.refusal('SELECT ' || s) AS refusal
FROM unnest(ARRAY[$$'{1:1@1}'::ktt.basket OPERATOR(ktt.?|) '{{1},{2}}'$$, $$'{1:1@1}'::ktt.basket OPERATOR(ktt.?&) '{{1},{2}}'$$,
                  $$'{1:1@1}'::ktt.basket OPERATOR(ktt.?&) ARRAY['x']$$]) AS s;

-- Covers: at least the units and the amount of every item on the right.
SELECT a, b, a @> b AS covers, b <@ a AS covered
FROM (VALUES ('{1:2@20,3:1@7}'::basket, '{1:2@20}'::basket), ('{1:2@20,3:1@7}', '{1:3@20}'), ('{1:2@20,3:1@7}', '{1:2@21}'),
             ('{1:2@20,3:1@7}', '{2:1@1}'), ('{1:2@20}', '{1:2@20,9:1@1}'), ('{1:2@20}', '{}'), ('{}', '{}'), ('{}', '{1:1@1}')) AS v(a, b);
-- What is not there counts 0, so debts have their place in the order, too.
SELECT a, b, a @> b AS covers, b <@ a AS covered, NOT EXISTS (SELECT FROM items(a - b) WHERE units < 0 OR amount < 0) AS nothing_negative
FROM (VALUES ('{1:2@20,9:-1@3}'::basket, '{1:1@1}'::basket), ('{1:2@20}', '{2:-1@0}'), ('{1:2@20}', '{2:-1@1}'), ('{}', '{3:-1@-1}'), ('{3:-1@-1}', '{}'),
             ('{3:-1@-1}', '{3:-2@-1}'), ('{3:-1@-1}', '{3:-1@-1}'), ('{2:1@0,3:9@9}', '{1:-1@0,3:9@9}')) AS v(a, b);

-- Rows and constructors
SELECT * FROM items('{205:1@350,101:2@1990,300:0@-5}');
SELECT * FROM items('{}');
SELECT * FROM items(NULL);
SELECT i.item, (items(b)).amount FROM (VALUES ('{5:1@2,6:3@4}'::basket)) AS v(b), items(b) AS i ORDER BY 1, 2;
SELECT basket(101, 2, 1990), basket(1, 0, 0), basket(ARRAY[5,3,5,9], ARRAY[1,2,3,0], ARRAY[10,20,30,0]), basket('{}'::bigint[], '{}', '{}'),
       basket('{5,5}'::bigint[], '{1,-1}', '{3,-3}'), basket(NULL, 1, 1);
SELECT s, pg_temp.refusal('SELECT ' || s) AS refusal
FROM unnest(ARRAY['ktt.basket(0, 1, 1)', 'ktt.basket(-7, 1, 1)', $$ktt.basket('{1}'::bigint[], '{1,2}', '{1}')$$, $$ktt.basket('{1}'::bigint[], '{1}', '{}')$$,
                  $$ktt.basket('{1,NULL}'::bigint[], '{1,2}', '{1,2}')$$, $$ktt.basket('{{1},{2}}'::bigint[], '{1,2}', '{1,2}')$$,
                  $$ktt.basket('{1,1}'::bigint[], '{9223372036854775807,1}', '{1,2}')$$]) AS s;

-- The greatest entries, ties to the lower key
SELECT n, by, string_agg(format('%s:%s@%s', item, units, amount), ' ' ORDER BY place) AS top
FROM (VALUES (0), (1), (2), (4), (100), (2147483647)) AS a(n), (VALUES ('amount'), ('units')) AS b(by),
     top('{3:1@5,7:9@5,8:-2@5,9:9@-9223372036854775808,11:9223372036854775807@9223372036854775807}', n, by) WITH ORDINALITY AS t(item, units, amount, place)
GROUP BY n, by ORDER BY by, n;
SELECT * FROM top('{1:1@1,2:3@3,3:2@4}'::basket, 2);
SELECT count(*) FROM top('{}'::basket, 3, 'units');
SELECT count(*) FROM top('{1:1@1}'::basket, NULL);
SELECT top('{1:1@1,2:3@3}'::basket, 1, by => 'units');
SELECT s, pg_temp.refusal('SELECT ' || s) AS refusal
FROM unnest(ARRAY[$$ktt.top('{1:1@1}'::ktt.basket, -1)$$, $$ktt.top('{1:1@1}'::ktt.basket, 1, 'price')$$, $$ktt.top('{1:1@1}'::ktt.basket, 1, '')$$]) AS s;

-- jsonb
SELECT '{101:2@1990,9:-1@0}'::basket::jsonb, '{}'::basket::jsonb, '{"101": {"units": 2, "amount": 1990}, "5": {"amount": 0, "units": 0}}'::jsonb::basket;
SELECT b::jsonb::basket = b AS same
FROM (VALUES ('{}'::basket), ('{1:1@1}'), ('{9223372036854775807:9223372036854775807@-9223372036854775808}')) AS v(b);
SELECT j, pg_temp.refusal(format('SELECT %L::jsonb::ktt.basket', j)) AS refusal
FROM unnest(ARRAY['null', '[]', '5', '"x"', '{"101": 5}', '{"101": [1, 2]}', '{"101": {}}', '{"101": {"units": 2}}', '{"101": {"amount": 2}}',
                  '{"101": {"units": 2, "amount": 1, "tax": 1}}', '{"101": {"units": 1.5, "amount": 1}}', '{"101": {"units": "1", "amount": 1}}',
                  '{"101": {"units": null, "amount": 1}}', '{"101": {"units": {}, "amount": 1}}', '{"101": {"units": 1e30, "amount": 1}}',
                  '{"0": {"units": 1, "amount": 1}}', '{"01": {"units": 1, "amount": 1}}', '{"5:1@1,6": {"units": 1, "amount": 1}}',
                  '{"": {"units": 1, "amount": 1}}', '{"99999999999999999999": {"units": 1, "amount": 1}}']) AS j;

-- Comparison, sorting, hashing, indexes
SELECT a < b AS lt, a <= b AS le, a = b AS eq, a <> b AS ne, a >= b AS ge, a > b AS gt, sign(basket_cmp(a, b))
FROM (VALUES ('{1:1@1}'::basket, '{1:1@1}'::basket), ('{1:1@1}', '{1:1@2}'), ('{}', '{1:1@1}'), ('{2:1@1}', '{1:1@1}')) AS v(a, b);
CREATE TEMP TABLE baskets AS
    SELECT basket(1 + i % 50, i % 7, i % 11) + basket(100 + i % 3, 1, i % 5) AS b FROM generate_series(1, 2000) AS i;
SELECT count(*), count(DISTINCT b), count(DISTINCT b::text), count(DISTINCT basket_hash(b)) = count(DISTINCT b) AS hashes_apart FROM baskets;
SELECT count(*) FROM (SELECT b FROM baskets GROUP BY b) AS g;
SELECT bool_and((basket_hash_extended(b, 0) & 4294967295) = (basket_hash(b)::bigint & 4294967295)) AS hash_agrees,
       bool_and(basket_hash_extended(b, 1) <> basket_hash_extended(b, 2)) AS seed_matters FROM baskets;
ANALYZE baskets;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
CREATE INDEX baskets_btree ON baskets (b);
EXPLAIN (COSTS OFF) SELECT * FROM baskets WHERE b < '{8:0@7,101:1@2}' ORDER BY b;
SELECT count(*), bool_and(a <= b) AS ordered FROM (SELECT lag(b) OVER (ORDER BY b) AS a, b FROM baskets) AS o;
SELECT count(*) FROM baskets WHERE b = (SELECT b FROM baskets WHERE b ? 8 ORDER BY b LIMIT 1);
DROP INDEX baskets_btree;
CREATE INDEX baskets_hash ON baskets USING hash (b);
EXPLAIN (COSTS OFF) SELECT * FROM baskets WHERE b = '{8:0@7,101:1@2}';
SELECT count(*) FROM baskets WHERE b = (SELECT b FROM baskets WHERE b ? 8 ORDER BY b LIMIT 1);
RESET enable_bitmapscan;
RESET enable_seqscan;
SELECT count(*) FROM baskets AS x JOIN baskets AS y USING (b);

-- The planner's guess of rows: a constant, a column by its statistics, anything else
CREATE FUNCTION pg_temp.guess(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
    RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END $$;
SELECT pg_temp.guess($$SELECT * FROM items('{1:1@1,2:2@2,3:3@3}')$$) AS constant,
       pg_temp.guess($$SELECT i.* FROM baskets, items(b) AS i$$) AS column_rows,
       pg_temp.guess($$SELECT i.* FROM (SELECT sum(b) AS b FROM baskets) AS s, items(b) AS i$$) AS sum_rows,
       pg_temp.guess($$SELECT * FROM items('{}'::basket)$$) AS empty, pg_temp.guess($$SELECT * FROM items(NULL::basket)$$) AS of_null,
       pg_temp.guess($$SELECT * FROM top('{1:1@1,2:2@2,3:3@3}'::basket, 2)$$) AS top_constant, pg_temp.guess($$SELECT * FROM top('{1:1@1}'::basket, 2)$$) AS top_short,
       pg_temp.guess($$SELECT t.* FROM baskets, top(b, 1) AS t$$) AS top_column, pg_temp.guess($$SELECT t.* FROM baskets, top(b + b, 20) AS t$$) AS top_sum,
       pg_temp.guess($$SELECT i.* FROM (SELECT b FROM baskets OFFSET 0) AS s, items(b) AS i$$) AS subquery_rows;
-- Without statistics of entries: by the width. Without any: as declared.
CREATE TEMP TABLE bare AS TABLE baskets;
SELECT pg_temp.guess($$SELECT i.* FROM bare, items(b) AS i$$) = 500 * pg_temp.guess($$SELECT * FROM bare$$) AS unknown_rows;
