-- ktt.chain: text, binary, typmod, operators, casts, subscript, index classes, refusals.
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

-- A chain of the members from first to last.
CREATE FUNCTION pg_temp.run(first bigint, last bigint) RETURNS bigint[] LANGUAGE sql AS
    'SELECT array_agg(i ORDER BY i) FROM generate_series(first, last) AS i';

-- Text
SELECT t AS input, t::chain AS chain
FROM unnest(ARRAY['7', '7>12>93', '  7 >12> 93 ', E'7>\n\t12', '007>012',
                  '9223372036854775807', '1>9223372036854775807']) AS t;

SELECT quote_literal(t) AS input, pg_temp.refusal(format('SELECT %L::ktt.chain', t)) AS refusal
FROM unnest(ARRAY['', '   ', '>', '7>', '>7', '7>>12', '7>x', 'x', '+7', '7>-', '7 12', '7,12', '7.5', '{7,12}', '7>12;',
                  '0', '7>0', '-1', '7>-12', '9223372036854775808', '7>-9223372036854775809',
                  '99999999999999999999999999', '7>12>7', '7> 007']) AS t;

SELECT depth(array_to_string(pg_temp.run(1, 64), '>')::chain) AS depth;
SELECT pg_temp.refusal(format('SELECT %L::ktt.chain', array_to_string(pg_temp.run(1, 65), '>')));
SELECT NULL::chain IS NULL AS null_stays_null;

-- Storage: a version byte, then each id in as few bytes as it needs
SELECT c, chain_send(c) AS packed FROM unnest(ARRAY['7>12>93', '255>256>65536', '9223372036854775807']::chain[]) AS c;

-- Modifier
CREATE TEMP TABLE short_chains (c chain(2));
SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'short_chains'::regclass AND attnum = 1;
INSERT INTO short_chains VALUES ('7'), ('7>12'), (NULL), ('{7,93}'::bigint[]::chain);
INSERT INTO short_chains VALUES ('7>12>93');
INSERT INTO short_chains SELECT c || 93 FROM short_chains;
SELECT '7>12>93'::chain(3) AS fits;
SELECT '7>12>93'::chain::chain(2) AS never_cut;
ALTER TABLE short_chains ALTER c TYPE chain(1);
ALTER TABLE short_chains ALTER c TYPE chain;
INSERT INTO short_chains VALUES ('7>12>93');
SELECT c FROM short_chains ORDER BY c;
SELECT t AS type, pg_temp.refusal(format('SELECT NULL::ktt.%s', t)) AS refusal
FROM unnest(ARRAY['chain(64)', 'chain(0)', 'chain(-1)', 'chain(65)', 'chain(1, 2)', 'chain(x)']) AS t;

-- Comparison is by the ids, an upline before its downline
SELECT c FROM unnest(ARRAY['12', '7>12>93', '7', '256', '7>12', '7>9', '255', '7>100', '4294967296', '65535>1']::chain[]) AS c ORDER BY c;
SELECT a, b, a = b AS eq, a <> b AS ne, a < b AS lt, a <= b AS le, a > b AS gt, a >= b AS ge, chain_cmp(a, b) AS cmp,
       a @> b AS upline, a <@ b AS downline
FROM (VALUES ('7>12'::chain, '7>12'::chain), ('7>12', '7>12>93'), ('7>12>93', '7>12'), ('7', '12'), ('7>1', '7>12'),
             ('7>12', NULL)) AS v (a, b);
SELECT m AS member, '7>12>256'::chain ? m AS takes_part
FROM unnest(ARRAY[7, 12, 256, 1, 2, 0, -7, NULL]::bigint[]) AS m;

SELECT a AS members, '7>12>256'::chain ?| a AS any_takes_part, '7>12>256'::chain ?& a AS all_take_part
FROM unnest(ARRAY['{7}', '{1}', '{1,256}', '{12,7}', '{NULL}', '{7,NULL}', '{NULL,1}', '{}', '{{7,1},{12,2}}', '{{7,12},{256,NULL}}', NULL]) AS t,
     CAST(t AS bigint[]) AS a;

-- Parts
SELECT c, depth(c), members(c), c[1] AS first, c[2] AS second, c[3] AS third, c[depth(c)] AS last
FROM unnest(ARRAY['7', '7>12', '7>12>93', NULL]::chain[]) AS c;
SELECT n, upline('7>12>93', n) FROM unnest(ARRAY[1, 2, 3, NULL]) AS n;
SELECT n, pg_temp.refusal(format('SELECT ktt.upline(%L, %s)', '7>12>93', n)) AS refusal FROM unnest(ARRAY[0, -1, 4, 2147483647]) AS n;
SELECT c, upline(c), uplines(c), place(c, 12), place(c, 1), last_downline(c) <@ c AS below, last_downline(c) > c AS behind,
       depth(last_downline(c)) AS depth
FROM unnest(ARRAY['7', '12>7', '7>12>93', '9223372036854775807>9223372036854775806', NULL]::chain[]) AS c;
SELECT place('7>12', NULL) AS of_null, place('7>12', -7) AS of_nobody, last_downline(pg_temp.run(1, 64)::chain) = pg_temp.run(1, 64)::chain AS of_the_longest;
SELECT a, b, common_upline(a, b), common_upline(b, a) = common_upline(a, b) AS either_way
FROM (VALUES ('7>12>93'::chain, '7>12>94'::chain), ('7>12', '7>12>94'), ('7>12', '7>12'), ('7>256', '7>257'), ('7', '8'), ('7', '7>8'), ('7>8', NULL)) AS v (a, b);
SELECT common_upline(c) AS all, common_upline(c) FILTER (WHERE c <@ '7>12') AS below, common_upline(c) FILTER (WHERE c = '8') AS one,
       common_upline(c) FILTER (WHERE c IS NULL) AS nulls, common_upline(c) FILTER (WHERE false) AS none
FROM unnest(ARRAY['7>12>93', NULL, '7>12>94>1', '7>12', '8']::chain[]) AS c;
SELECT c, common_upline(c) OVER (ORDER BY c DESC) FROM unnest(ARRAY['7>12>93', '7>12>94>1', '7>13', NULL, '6']::chain[]) AS c;
SELECT chain_common_result(chain_common_merge('\x', '\x010107')) AS nothing, chain_common_result(chain_common_merge('\x01010701020a', '\x010107')) AS something,
       pg_temp.refusal($$SELECT ktt.chain_common_result('\x0109')$$) AS broken;
SELECT c[0] AS zero, c[-1] AS negative, c[4] AS behind, c[NULL] AS of_null, c[2::bigint] AS of_bigint, c[1 + 1] AS computed
FROM (VALUES ('7>12>93'::chain)) AS v (c);
SELECT ('7>12'::chain)[2] * 10 AS is_bigint;
CREATE TEMP VIEW first_members AS SELECT c[1] AS first, (c || 5)[depth(c) + 1] AS last FROM short_chains;
SELECT pg_get_viewdef('first_members') ~ 'c\[1\] AS first' AS prints_as_written;
SELECT * FROM first_members;
\set VERBOSITY sqlstate
SELECT ('7>12'::chain)[1:2];
SELECT ('7>12'::chain)[1][2];
SELECT ('7>12'::chain)['x'];
SELECT ('7>12'::chain)[now()];
UPDATE short_chains SET c[1] = 8;
\set VERBOSITY default

-- Growth
SELECT '7>12'::chain || 93 AS append, 5 || '7>12'::chain AS prepend, '7>12'::chain || '93>4'::chain AS concat;
SELECT '7'::chain || NULL::bigint AS append, NULL::bigint || '7'::chain AS prepend, '7'::chain || NULL::chain AS concat;
SELECT e AS expression, pg_temp.refusal('SELECT ' || e) AS refusal
FROM unnest(ARRAY[$$'7>12'::ktt.chain || 7$$, $$12 || '7>12'::ktt.chain$$, $$'7>12'::ktt.chain || '93>12'::ktt.chain$$,
                  $$'7>12'::ktt.chain || 0$$, $$0 || '7'::ktt.chain$$, $$'7'::ktt.chain || -9223372036854775808$$]) AS e;
SELECT depth(pg_temp.run(1, 63)::chain || 64) AS append, depth(64 || pg_temp.run(1, 63)::chain) AS prepend,
       depth(pg_temp.run(1, 32)::chain || pg_temp.run(33, 64)::chain) AS concat;
SELECT e AS expression, pg_temp.refusal('SELECT ' || e) AS refusal
FROM unnest(ARRAY['pg_temp.run(1, 64)::ktt.chain || 65', '65 || pg_temp.run(1, 64)::ktt.chain',
                  'pg_temp.run(1, 33)::ktt.chain || pg_temp.run(34, 65)::ktt.chain']) AS e;

-- Arrays
SELECT chain(ARRAY[7, 12, 93]::bigint[]) AS made, '{7,12,93}'::bigint[]::chain AS cast_to, '7>12>93'::chain::bigint[] AS cast_from,
       '[3:4]={7,12}'::bigint[]::chain AS other_bounds, NULL::bigint[]::chain AS of_null;
SELECT a AS array, pg_temp.refusal(format('SELECT %L::bigint[]::ktt.chain', a)) AS refusal
FROM unnest(ARRAY['{}', '{7,NULL}', '{NULL}', '{{7,12},{13,14}}', '{0}', '{7,-12}', '{7,12,7}']) AS a;
SELECT pg_temp.refusal('SELECT pg_temp.run(1, 65)::ktt.chain') AS many,
       pg_temp.refusal('SELECT pg_temp.run(1, 100000)::ktt.chain') AS too_many;

-- jsonb
SELECT '7>12>93'::chain::jsonb AS cast_to, '[7, 12.0, 9223372036854775807]'::jsonb::chain AS cast_from, NULL::jsonb::chain AS of_null;
SELECT j AS json, pg_temp.refusal(format('SELECT %L::jsonb::ktt.chain', j)) AS refusal
FROM unnest(ARRAY['[]', '{}', '{"7": 12}', '7', 'null', '"7>12"', '[null]', '["7"]', '[true]', '[[7]]', '[7, {"a": 1}]', '[7.5]', '[0]', '[-7]',
                  '[1e18, 1e19]', '[1e400]', '[7, 12, 7.0]']) AS j;
SELECT pg_temp.refusal(format('SELECT %L::jsonb::ktt.chain', to_jsonb(pg_temp.run(1, 65)))) AS refusal;

-- Round trips: every form gives the same chain back, of every id width and depth
CREATE TEMP TABLE chains (id integer PRIMARY KEY, c chain);
INSERT INTO chains
SELECT i, (ARRAY[1 + i % 7, (i * 7919::bigint % 53 + 1) << (i % 5 * 8 + 8), 1000000 + i % 997,
                 (1::bigint << 62) + i])[1:1 + i % 4]::chain
FROM generate_series(1, 20000) AS i;
INSERT INTO chains
SELECT 20000 + i, (SELECT array_agg((1::bigint << 60) + i * 100 + m ORDER BY m) FROM generate_series(1, 64) AS m)::chain
FROM generate_series(1, 50) AS i;
INSERT INTO chains VALUES (20051, NULL), (20052, '9223372036854775807'), (20053, '9223372036854775807>5'), (20054, '3>2>5'), (20055, '3>4>5');
SELECT count(*) AS all, count(*) FILTER (WHERE c::text::chain = c) AS text, count(*) FILTER (WHERE c::bigint[]::chain = c) AS array,
       count(*) FILTER (WHERE c::jsonb::chain = c) AS json, count(DISTINCT c) AS distinct
FROM chains;
\getenv output PG_ABS_BUILDDIR
\cd :output
CREATE TEMP TABLE chains_back (id integer, c chain);
\copy chains TO 'results/chain.binary' (FORMAT binary)
\copy chains_back FROM 'results/chain.binary' (FORMAT binary)
SELECT count(*) AS rows, count(*) FILTER (WHERE a.c IS DISTINCT FROM b.c) AS different FROM chains AS a FULL JOIN chains_back AS b USING (id);

\copy chains TO 'results/chain.text'
TRUNCATE chains_back;
\copy chains_back FROM 'results/chain.text'
SELECT count(*) AS rows, count(*) FILTER (WHERE a.c IS DISTINCT FROM b.c) AS different FROM chains AS a FULL JOIN chains_back AS b USING (id);

-- The same chains are the same however they are stored: with a short header, a long one, compressed, out of the row
CREATE TEMP TABLE plain (c chain);
CREATE TEMP TABLE compressed (c chain, filler text DEFAULT repeat('x', 2500)) WITH (toast_tuple_target = 128);
ALTER TABLE compressed ALTER c SET STORAGE extended, ALTER filler SET STORAGE plain;
CREATE TEMP TABLE external (c chain, filler text DEFAULT repeat('x', 2500)) WITH (toast_tuple_target = 128);
ALTER TABLE external ALTER c SET STORAGE external, ALTER filler SET STORAGE plain;
INSERT INTO plain SELECT c FROM chains WHERE id % 500 = 2 AND id <= 20000 UNION ALL SELECT u FROM chains, unnest((uplines(c))[59:64]) AS u WHERE id BETWEEN 20001 AND 20010;
INSERT INTO compressed SELECT c FROM plain;
INSERT INTO external SELECT c FROM plain;
CREATE TEMP VIEW stored AS
SELECT 'plain' AS how, c, pg_column_compression(c) AS by, pg_column_size(c) AS size FROM plain
UNION ALL SELECT 'compressed', c, pg_column_compression(c), pg_column_size(c) FROM compressed
UNION ALL SELECT 'external', c, pg_column_compression(c), pg_column_size(c) FROM external
UNION ALL SELECT 'made', (c::text)::chain, NULL, NULL FROM plain;
SELECT how, by IS NOT NULL AS is_compressed, count(*), count(*) FILTER (WHERE size < 127) AS short, count(*) FILTER (WHERE size > 500) AS long FROM stored GROUP BY 1, 2 ORDER BY 1, 2;
SELECT a.how, b.how AS other, count(*) AS pairs,
       count(*) FILTER (WHERE (a.c = b.c) <> (a.c::text = b.c::text)) + count(*) FILTER (WHERE (a.c <> b.c) <> (a.c::text <> b.c::text))
       + count(*) FILTER (WHERE (chain_cmp(a.c, b.c) = 0) <> (a.c::text = b.c::text)) + count(*) FILTER (WHERE sign(chain_cmp(a.c, b.c)) <> -sign(chain_cmp(b.c, a.c)))
       + count(*) FILTER (WHERE (a.c < b.c) <> (a.c::bigint[] < b.c::bigint[])) + count(*) FILTER (WHERE (a.c <= b.c) <> (a.c::bigint[] <= b.c::bigint[]))
       + count(*) FILTER (WHERE (a.c <@ b.c) <> ((a.c::bigint[])[1:depth(b.c)] = b.c::bigint[])) + count(*) FILTER (WHERE (a.c <@ b.c) <> (b.c @> a.c))
       + count(*) FILTER (WHERE (a.c ?| b.c::bigint[]) <> (a.c::bigint[] && b.c::bigint[])) + count(*) FILTER (WHERE (a.c ?& b.c::bigint[]) <> (a.c::bigint[] @> b.c::bigint[]))
       + count(*) FILTER (WHERE a.c = b.c AND (chain_hash(a.c), chain_hash_extended(a.c, 5)) <> (chain_hash(b.c), chain_hash_extended(b.c, 5)))
       + count(*) FILTER (WHERE common_upline(a.c, b.c) IS DISTINCT FROM (SELECT u FROM unnest(uplines(a.c)) AS u WHERE u @> b.c ORDER BY depth(u) DESC LIMIT 1)) AS wrong
FROM stored AS a CROSS JOIN stored AS b GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) AS stored, count(DISTINCT c) AS different, count(DISTINCT chain_send(c)) AS sent, count(DISTINCT members(c)) AS members,
       count(DISTINCT (c[1], c[depth(c)], place(c, c[depth(c)]), upline(c))) AS parts
FROM stored;
CREATE INDEX ON compressed (c);
CREATE INDEX ON external (c);
SET enable_seqscan = off;
SELECT (SELECT count(*) FROM plain AS p JOIN compressed AS s ON s.c <@ p.c) AS compressed, (SELECT count(*) FROM plain AS p JOIN external AS s ON s.c <@ p.c) AS external,
       (SELECT count(*) FROM plain AS p JOIN external AS s ON s.c @> p.c) AS above;
SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off;
SELECT (SELECT count(*) FROM plain AS p JOIN compressed AS s ON s.c <@ p.c) AS compressed, (SELECT count(*) FROM plain AS p JOIN external AS s ON s.c <@ p.c) AS external,
       (SELECT count(*) FROM plain AS p JOIN external AS s ON s.c @> p.c) AS above;
RESET enable_seqscan; RESET enable_indexscan; RESET enable_indexonlyscan; RESET enable_bitmapscan;

-- The modifier holds wherever a chain comes from, through prepared statements, plpgsql and domains
CREATE DOMAIN pg_temp.pair AS chain(2);
CREATE FUNCTION pg_temp.keep(c chain) RETURNS chain LANGUAGE plpgsql AS $$
DECLARE
    kept chain(2) := c;
BEGIN
    RETURN kept;
END $$;
PREPARE fit(chain) AS SELECT $1::chain(2) AS fits;
EXECUTE fit('7>12');
SELECT e AS expression, pg_temp.refusal('SELECT ' || e) AS refusal
FROM unnest(ARRAY[$$'{7,12,93}'::bigint[]::ktt.chain(2)$$, $$'[7,12,93]'::jsonb::ktt.chain(2)$$, $$'7>12>93'::text::ktt.chain(2)$$, $$('7>12'::ktt.chain || 93)::ktt.chain(2)$$,
                  $$'7>12>93'::pg_temp.pair$$, $$'7>12>93'::ktt.chain::pg_temp.pair$$, $$pg_temp.keep('7>12>93')$$, $$'{7>12,7>12>93}'::ktt.chain(2)[]$$]) AS e;
SELECT '7>12'::pg_temp.pair <@ '7' AS domain_below, '7>12'::pg_temp.pair ? 12 AS domain_has, ('7>12'::pg_temp.pair)[2] AS domain_second;

-- Broken binary forms. A bytea travels as its bare bytes, so it can pose as a chain.
TRUNCATE chains_back;
ALTER TABLE chains_back DROP id;
\copy (SELECT '\x'::bytea) TO 'results/chain.binary' (FORMAT binary)
\copy chains_back FROM 'results/chain.binary' (FORMAT binary)
\copy (SELECT '\x01'::bytea) TO 'results/chain.binary' (FORMAT binary)
\copy chains_back FROM 'results/chain.binary' (FORMAT binary)
\copy (SELECT '\x020107'::bytea) TO 'results/chain.binary' (FORMAT binary)
\copy chains_back FROM 'results/chain.binary' (FORMAT binary)
\copy (SELECT '\x0100'::bytea) TO 'results/chain.binary' (FORMAT binary)
\copy chains_back FROM 'results/chain.binary' (FORMAT binary)
\copy (SELECT '\x010107020c'::bytea) TO 'results/chain.binary' (FORMAT binary)
\copy chains_back FROM 'results/chain.binary' (FORMAT binary)
\copy (SELECT '\x01020007'::bytea) TO 'results/chain.binary' (FORMAT binary)
\copy chains_back FROM 'results/chain.binary' (FORMAT binary)
\copy (SELECT '\x010100'::bytea) TO 'results/chain.binary' (FORMAT binary)
\copy chains_back FROM 'results/chain.binary' (FORMAT binary)
\copy (SELECT '\x01088000000000000000'::bytea) TO 'results/chain.binary' (FORMAT binary)
\copy chains_back FROM 'results/chain.binary' (FORMAT binary)
\copy (SELECT '\x0101070107'::bytea) TO 'results/chain.binary' (FORMAT binary)
\copy chains_back FROM 'results/chain.binary' (FORMAT binary)
\copy (SELECT ('\x01' || string_agg(decode(lpad(to_hex(256 + i), 4, '0'), 'hex'), '' ORDER BY i))::bytea FROM generate_series(1, 65) AS i) TO 'results/chain.binary' (FORMAT binary)
\copy chains_back FROM 'results/chain.binary' (FORMAT binary)
\copy (SELECT '\x01'::bytea || string_agg('\xff'::bytea, '') FROM generate_series(1, 100000)) TO 'results/chain.binary' (FORMAT binary)
\copy chains_back FROM 'results/chain.binary' (FORMAT binary)
-- and one that is too deep for its column
ALTER TABLE chains_back ALTER c TYPE chain(1);
\copy (SELECT '7>12'::ktt.chain) TO 'results/chain.binary' (FORMAT binary)
\copy chains_back FROM 'results/chain.binary' (FORMAT binary)
SELECT count(*) AS nothing_came_in FROM chains_back;

-- Has the plan of a query a line like this?
CREATE FUNCTION pg_temp.plan_has(query text, pattern text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    line text; found_it boolean := false;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        found_it := found_it OR line ~ pattern;
    END LOOP;
    RETURN found_it;
END $$;

-- Operator classes
SELECT amname, opcname, opcdefault, amvalidate(o.oid)
FROM pg_opclass AS o JOIN pg_am AS a ON a.oid = opcmethod WHERE opcintype = 'chain'::regtype ORDER BY 1;

-- Index answers equal sequential answers
CREATE FUNCTION pg_temp.agree(condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    -- Ordered by what no index has, so that the condition alone calls for one.
    query text := 'SELECT count(*), coalesce(array_agg(id ORDER BY id + 0), ''{}'') FROM chains WHERE ' || condition;
    line text; used boolean := false;
    by_index record; by_scan record;
BEGIN
    SET LOCAL enable_seqscan = off;
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        used := used OR line ~ 'Index Cond';
    END LOOP;
    EXECUTE query INTO by_index;
    SET LOCAL enable_seqscan = on;
    SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off;
    EXECUTE query INTO by_scan;
    SET LOCAL enable_indexscan = on; SET LOCAL enable_indexonlyscan = on; SET LOCAL enable_bitmapscan = on;
    RETURN format('%s, index %s, rows %s', CASE WHEN by_index = by_scan THEN 'agree' ELSE 'DIFFER' END,
                  CASE WHEN used THEN 'used' ELSE 'not used' END, by_scan.count);
END $$;

CREATE INDEX chains_btree ON chains USING btree (c);
ANALYZE chains;
SELECT w AS condition, pg_temp.agree(w)
FROM unnest(ARRAY[$$c = '3>4>5'$$, $$c = '3>4>6'$$, $$c < '2'$$, $$c <= '2'$$, $$c > '6>256'$$, $$c >= '6>256'$$,
                  $$c BETWEEN '3>1' AND '3>4096'$$, $$c IN ('7', '3>2>5', '9223372036854775807')$$, $$c IS NULL$$,
                  $$c <@ '3'$$, $$c <@ '3>2'$$, $$'3>2>5' @> c$$, $$c <@ '9223372036854775807'$$, $$c <@ '1152921504606848577>1152921504606848578'$$,
                  $$ktt.chain_follows(c, '3>4')$$, $$c <@ NULL$$, $$c @> '3>4>5'$$, $$'3>2>5' <@ c$$, $$c @> '9223372036854775807>5'$$,
                  $$ktt.chain_leads(c, '3>4>5')$$, $$c @> NULL$$]) AS w;
SET enable_seqscan = off; SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM chains WHERE c <@ '7>12';
EXPLAIN (COSTS OFF) SELECT id FROM chains WHERE '8>7' @> c;
EXPLAIN (COSTS OFF) SELECT id FROM chains WHERE c <@ '9223372036854775807';
EXPLAIN (COSTS OFF) SELECT id FROM chains WHERE c @> '7>12>93';
EXPLAIN (COSTS OFF) SELECT id FROM chains WHERE chain_leads(c, '7>12');
EXPLAIN (COSTS OFF) SELECT a.id, b.id FROM chains AS a JOIN chains AS b ON a.c <@ b.c WHERE b.id = 1;
SELECT pg_temp.plan_has('SELECT id FROM chains WHERE c <@ (SELECT c FROM chains WHERE id = 1)', 'Index Cond: .*c >= .* AND .*c <= last_downline') AS of_a_subquery;
PREPARE below(chain) AS SELECT id FROM chains WHERE c <@ $1;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE below('7');
RESET plan_cache_mode;
-- Not what is computed anew for every row, nor what depends on the row itself.
SELECT pg_temp.plan_has('SELECT id FROM chains WHERE c <@ chain(ARRAY[ceil(random() * 7)::bigint])', 'Index Cond') AS of_chance,
       pg_temp.plan_has('SELECT id FROM chains WHERE c <@ upline(c)', 'Index Cond') AS of_itself;
EXPLAIN (COSTS OFF) SELECT c FROM chains ORDER BY c LIMIT 1;
RESET enable_seqscan; RESET enable_bitmapscan;
DROP INDEX chains_btree;

CREATE INDEX chains_hash ON chains USING hash (c);
SELECT w AS condition, pg_temp.agree(w) FROM unnest(ARRAY[$$c = '3>4>5'$$, $$c = '3>4>6'$$, $$c = '7'$$]) AS w;
DROP INDEX chains_hash;

CREATE INDEX chains_gin ON chains USING gin (c);
SELECT w AS condition, pg_temp.agree(w)
FROM unnest(ARRAY[$$c ? 7$$, $$c ? 9223372036854775807$$, $$c ? 0$$, $$c ? -7$$, $$c ? NULL$$, $$c ?| '{1,2}'$$, $$c ?| '{9223372036854775807,NULL}'$$,
                  $$c ?| '{}'$$, $$c ?| '{NULL}'$$, $$c ?| NULL$$, $$c ?& '{3,5}'$$, $$c ?& '{5,3,5,NULL}'$$, $$c ?& '{3,8}'$$, $$c ?& '{}'$$,
                  $$c ?& '{NULL}'$$, $$c ?& '{{3,5},{5,3}}'$$, $$c ? 3 AND c ?& '{5}' AND NOT c ?| '{2}'$$]) AS w;
EXPLAIN (COSTS OFF) SELECT id FROM chains WHERE c ? 7 AND c ?| '{1,2}' AND c ?& '{3,4}';
DROP INDEX chains_gin;

-- Hash and merge joins, grouping, hash partitions
\set self 'SELECT count(*) FROM chains AS a JOIN chains AS b USING (c)'
SET enable_mergejoin = off; SET enable_nestloop = off;
SELECT pg_temp.plan_has(:'self', 'Hash Join') AS hash_join;
:self;
SET enable_mergejoin = on; SET enable_hashjoin = off;
SELECT pg_temp.plan_has(:'self', 'Merge Join') AS merge_join;
:self;
RESET enable_mergejoin; RESET enable_nestloop; RESET enable_hashjoin;
SET enable_sort = off;
SELECT count(*) FROM (SELECT c FROM chains GROUP BY c) AS g;
SET enable_sort = on; SET enable_hashagg = off;
SELECT count(*) FROM (SELECT c FROM chains GROUP BY c) AS g;
RESET enable_sort; RESET enable_hashagg;
CREATE TEMP TABLE parts (id integer, c chain) PARTITION BY HASH (c);
CREATE TEMP TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TEMP TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parts SELECT * FROM chains WHERE c IS NOT NULL;
SELECT count(*) AS all, (SELECT count(*) > 0 FROM parts_0) AS first, (SELECT count(*) > 0 FROM parts_1) AS second,
       (SELECT count(*) FROM parts AS p JOIN chains AS s USING (id) WHERE p.c = s.c) AS same
FROM parts;

-- Every object says what it is
SELECT 'function' AS kind, p.oid::regprocedure::text AS undocumented FROM pg_proc AS p
WHERE pronamespace = 'ktt'::regnamespace AND probin IS NOT NULL AND prosrc LIKE 'ktt_chain%' AND obj_description(p.oid, 'pg_proc') IS NULL
UNION ALL
SELECT 'operator', o.oid::regoperator::text FROM pg_operator AS o
WHERE 'chain'::regtype IN (oprleft, oprright) AND obj_description(o.oid, 'pg_operator') IS NULL
UNION ALL
SELECT 'cast', format('%s to %s', castsource::regtype, casttarget::regtype) FROM pg_cast AS c
WHERE 'chain'::regtype IN (castsource, casttarget) AND obj_description(c.oid, 'pg_cast') IS NULL
UNION ALL
SELECT 'operator class', opcname FROM pg_opclass AS o
WHERE opcintype = 'chain'::regtype AND obj_description(o.oid, 'pg_opclass') IS NULL;

-- An id that is put behind a text stays text, with ktt on the search path as well.
SET search_path = ktt, public;
SELECT 'order ' || 5::bigint AS left_literal, 5::bigint || ' orders' AS right_literal, 'x' || 5 AS int4;
SELECT '7>12'::chain || 93 AS int4, 93::smallint || '7>12'::chain AS int2, '7>12'::chain || '93' AS literal;
SELECT '7>12'::chain || 1.5;
SELECT '7>12'::chain || 'x'::text;
RESET search_path;
