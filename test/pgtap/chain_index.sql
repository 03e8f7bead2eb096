-- Chains, a million of them and skewed: what an index answers is what the rows say, for every operator and every kind of scan.
-- The rows say it through arrays of the same members, hashed and counted, in one pass for all probes.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET search_path = ktt, public;
SET work_mem = '256MB';
SET max_parallel_workers_per_gather = 0;
SET jit = off;
CREATE EXTENSION pageinspect;
SELECT plan(43);

-- Half of them two levels deep, half up to six; few sources have most of them, and many chains stand there more than once.
CREATE UNLOGGED TABLE t AS
SELECT i AS id, m AS members, m::chain AS c
FROM generate_series(1, 1000000) AS i
CROSS JOIN LATERAL (SELECT hashint8extended(i, 1) & 1048575 AS a, hashint8extended(i, 2) & 1048575 AS b) AS h
CROSS JOIN LATERAL (SELECT 1 + a * a / 1048576 * a / 1048576 / 5000 AS source, 1000 + b * b / 1048576 / 500 AS leader) AS l
CROSS JOIN LATERAL (SELECT CASE WHEN i % 2 = 0 THEN (ARRAY[source, leader, 100000 + i])[1 : 1 + (b % 16 > 0)::int + (i % 8 = 0)::int]
                                ELSE (ARRAY[source, leader, 1::bigint << 40, 1000000 + a % 10, 2000000 + b % 100, 3000000 + a % 7, 4000000 + i])[1 : 3 + i % 5]
                           END AS m) AS x;
INSERT INTO t SELECT 1000000 + ordinality, m::bigint[], m::bigint[]::chain
FROM unnest(ARRAY['{9223372036854775807}', '{9223372036854775807,9223372036854775806}', '{9223372036854775807,9223372036854775806,5}',
                  '{9223372036854775806}', '{9223372036854775806,9223372036854775807}', '{9223372036854775806,9223372036854775807,1}',
                  '{8,7}', '{8,7,9}', '{8,9}', '{8,9,7}', '{255}', '{256}', '{255,1}', '{65535,65536}']) WITH ORDINALITY AS e (m, ordinality);
INSERT INTO t SELECT 1000100, m, m::chain FROM (SELECT array_agg(i ORDER BY i) FROM generate_series(1::bigint, 64) AS i) AS longest (m);
INSERT INTO t SELECT 1000101, m, m::chain FROM (SELECT array_agg(i ORDER BY i DESC) FROM generate_series((1::bigint << 62) + ((1::bigint << 62) - 64), 9223372036854775807) AS i) AS highest (m);
INSERT INTO t SELECT 1000200 + i FROM generate_series(1, 1000) AS i;
VACUUM (FREEZE, ANALYZE) t;
SELECT is(count(c), 1000016::bigint, 'a million chains') FROM t;

-- Probes: chains of the table, all their uplines, the edges, and chains that are not there.
CREATE TEMP TABLE probe AS
SELECT row_number() OVER () AS p, members, members::chain AS c
FROM (SELECT DISTINCT members[1:k] AS members
      FROM (SELECT members FROM t WHERE id % 300 = 7 OR id > 1000000) AS s CROSS JOIN generate_series(1, 64) AS k WHERE k <= cardinality(members)
      UNION SELECT DISTINCT members || 77::bigint FROM t WHERE id % 2000 = 8
      UNION SELECT ARRAY[m] FROM generate_series(1::bigint, 300) AS m) AS x;
ANALYZE probe;

-- What a query for every probe found: number and checksum of the rows. "answer" is a condition on a row of t and a probe p.
CREATE FUNCTION pg_temp.found(into_table text, answer text, probes text DEFAULT 'true') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TEMP TABLE %s AS SELECT p.p, x.n, x.ids FROM probe AS p CROSS JOIN LATERAL '
                   '(SELECT count(*) AS n, coalesce(sum(hashint8extended(t.id, 0)), 0) AS ids FROM t WHERE %s) AS x WHERE %s', into_table, answer, probes);
END $$;
-- Was the same said of every probe that was asked?
CREATE FUNCTION pg_temp.agree(said text, answered text, what text) RETURNS text LANGUAGE plpgsql SET enable_hashjoin = on AS $$
DECLARE
    v_different bigint; v_rows bigint; v_probes bigint;
BEGIN
    EXECUTE format('SELECT count(*) FILTER (WHERE (s.n, s.ids) IS DISTINCT FROM (a.n, a.ids)), sum(a.n), count(*) FROM %s AS s RIGHT JOIN %s AS a USING (p)', said, answered)
    INTO v_different, v_rows, v_probes;
    EXECUTE format('DROP TABLE %s', answered);
    RETURN is(v_different + (v_probes < 20)::int, 0::bigint, format('%s: %s probes, %s rows', what, v_probes, v_rows));
END $$;
-- Does the plan of a statement read t as it should?
CREATE FUNCTION pg_temp.reads(statement text, how text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    line text; found_it boolean := false;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP
        found_it := found_it OR line ~ how;
    END LOOP;
    RETURN found_it;
END $$;
-- Only this kind of scan; loops over the probes instead of hash and merge joins.
CREATE FUNCTION pg_temp.scan_by(kind text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false), set_config('enable_nestloop', 'on', false), set_config('enable_mergejoin', 'off', false),
            set_config('enable_material', 'off', false), set_config('enable_memoize', 'off', false),
            set_config('enable_indexscan', (kind IN ('index', 'index only'))::text, false),
            set_config('enable_sort', 'on', false), set_config('enable_indexonlyscan', (kind = 'index only')::text, false), set_config('enable_bitmapscan', (kind = 'bitmap')::text, false);
END $$;

CREATE FUNCTION pg_temp.scan_rows() RETURNS void LANGUAGE sql AS
    $$ SELECT set_config('enable_seqscan', 'on', false), set_config('enable_hashjoin', 'on', false), set_config('enable_nestloop', 'off', false),
              set_config('enable_mergejoin', 'off', false) $$;

-- What the rows say of =, <@ and @>.
SELECT pg_temp.scan_rows();
CREATE TEMP TABLE said_equal AS
SELECT p.p, count(t.id) AS n, coalesce(sum(hashint8extended(t.id, 0)), 0) AS ids FROM probe AS p LEFT JOIN t USING (members) GROUP BY 1;
CREATE TEMP TABLE below (p bigint, id bigint);
CREATE TEMP TABLE edge AS SELECT id, members FROM t WHERE id > 1000000;
DO $$
BEGIN
    FOR k IN 1 .. 7 LOOP
        INSERT INTO below SELECT p.p, t.id FROM (SELECT * FROM probe WHERE cardinality(members) = k) AS p
        JOIN (SELECT id, members[1:k] AS members FROM t WHERE cardinality(members) >= k) AS t USING (members);
    END LOOP;
    INSERT INTO below SELECT p.p, t.id FROM probe AS p
    JOIN (SELECT id, members[1:k] AS members FROM edge CROSS JOIN generate_series(8, 64) AS k WHERE cardinality(members) >= k) AS t USING (members);
END $$;
CREATE TEMP TABLE said_below AS
SELECT p.p, count(b.id) AS n, coalesce(sum(hashint8extended(b.id, 0)), 0) AS ids FROM probe AS p LEFT JOIN below AS b USING (p) GROUP BY 1;
\set some_above 'p.p % 25 = 3 OR p.members[1] > 250'
CREATE TEMP TABLE said_above AS
SELECT p.p, count(t.id) AS n, coalesce(sum(hashint8extended(t.id, 0)), 0) AS ids
FROM (SELECT p.p, p.members[1:k] AS members FROM probe AS p CROSS JOIN LATERAL generate_series(1, cardinality(p.members)) AS k WHERE :some_above) AS p
LEFT JOIN t USING (members) GROUP BY 1;

-- hash
SELECT pg_temp.scan_rows();
CREATE INDEX t_hash ON t USING hash (c);
SELECT pg_temp.scan_by('index');
SELECT ok(pg_temp.reads('SELECT FROM probe AS p JOIN t ON t.c = p.c', 'Index Scan using t_hash'), 'hash serves =');
SELECT pg_temp.found('hash_equal', 't.c = p.c');
SELECT pg_temp.agree('said_equal', 'hash_equal', 'hash: =');
DROP INDEX t_hash;

-- btree
CREATE INDEX t_btree ON t USING btree (c);
SELECT ok((SELECT allequalimage FROM bt_metap('t_btree')), 'btree may merge equal chains');
SELECT pg_temp.scan_by('index');
SELECT pg_temp.found('btree_equal', 't.c = p.c');
SELECT pg_temp.agree('said_equal', 'btree_equal', 'btree: =');
SELECT ok(pg_temp.reads('SELECT FROM probe AS p JOIN t ON t.c <@ p.c', 'Index Cond: .*last_downline'), 'btree serves <@');
SELECT pg_temp.found('btree_below', 't.c <@ p.c');
SELECT pg_temp.agree('said_below', 'btree_below', 'btree: column <@ probe');
SELECT pg_temp.found('btree_below', 'chain_leads(p.c, t.c)', 'depth(p.c) > 1');
SELECT pg_temp.agree('said_below', 'btree_below', 'btree: chain_leads(probe, column)');
SELECT ok(pg_temp.reads('SELECT FROM probe AS p JOIN t ON t.c @> p.c', 'Index Cond: .*uplines'), 'btree serves @>');
SELECT pg_temp.found('btree_above', 't.c @> p.c', :'some_above');
SELECT pg_temp.agree('said_above', 'btree_above', 'btree: column @> probe');
SELECT pg_temp.scan_by('bitmap');
SELECT pg_temp.found('btree_above', 'p.c <@ t.c', :'some_above');
SELECT pg_temp.agree('said_above', 'btree_above', 'btree, bitmap: probe <@ column');
SELECT ok(pg_temp.reads('SELECT FROM probe AS p JOIN t ON p.c @> t.c', 'Bitmap Index Scan on t_btree'), 'bitmaps can be had');
SELECT pg_temp.found('btree_below', 'p.c @> t.c', 'depth(p.c) <> 1');
SELECT pg_temp.agree('said_below', 'btree_below', 'btree, bitmap: probe @> column');

-- Chains alone, without the table; that they are the right ones is told by their hashes.
SELECT pg_temp.scan_by('index only');
SELECT ok(pg_temp.reads('SELECT t.c FROM probe AS p JOIN t ON t.c <@ p.c', 'Index Only Scan using t_btree'), 'the btree is enough');
CREATE TEMP TABLE alone AS
SELECT p.p, x.n, x.ids FROM probe AS p
CROSS JOIN LATERAL (SELECT count(*) AS n, sum(chain_hash_extended(t.c, 0)) AS ids FROM t WHERE t.c <@ p.c) AS x WHERE depth(p.c) = 1;
SELECT pg_temp.scan_rows();
CREATE TEMP TABLE said_alone AS
SELECT p.p, count(t.id) AS n, sum(chain_hash_extended(t.c, 0)) AS ids FROM probe AS p LEFT JOIN t ON t.members[1] = p.members[1] WHERE depth(p.c) = 1 GROUP BY 1;
SELECT pg_temp.agree('said_alone', 'alone', 'btree, index only: <@');

-- Order: what the index gives in order is in the order of the arrays, forward and backward, and complete.
SELECT pg_temp.scan_by('index');
SET enable_sort = off;
SELECT ok(pg_temp.reads('SELECT * FROM t WHERE c IS NOT NULL ORDER BY c', 'Index Scan using t_btree'), 'the index orders');
SELECT is(row(count(*), count(*) FILTER (WHERE members < before), sum(hashint8extended(id, 0))),
          (SELECT row(count(*), 0::bigint, sum(hashint8extended(id, 0))) FROM t WHERE members IS NOT NULL), 'ORDER BY is the order of the members')
FROM (SELECT id, members, lag(members) OVER (ORDER BY c) AS before FROM t WHERE c IS NOT NULL) AS o;
SELECT is((SELECT array_agg(c::text) FROM (SELECT c FROM t WHERE c IS NOT NULL ORDER BY c DESC LIMIT 5) AS d),
          (SELECT array_agg(array_to_string(members, '>')) FROM (SELECT members FROM t WHERE id > 1000000 AND members IS NOT NULL ORDER BY members DESC LIMIT 5) AS d), 'and backward');

-- Ranges from probe to probe cover the table once with each pair of operators; the rows are sorted into them one by one.
CREATE TEMP TABLE fence AS
SELECT row_number() OVER (ORDER BY c) AS p, c AS low, lead(c) OVER (ORDER BY c) AS high FROM (SELECT c FROM probe WHERE p % 50 = 1 OR members[1] > 9223372036854775000) AS f;
SELECT pg_temp.scan_rows();
CREATE TEMP TABLE said_ranges AS
SELECT width_bucket(t.c, (SELECT array_agg(low ORDER BY low) FROM fence)) AS p, count(*) AS n, sum(chain_hash_extended(t.c, 0)) AS ids FROM t WHERE c IS NOT NULL GROUP BY 1;
SELECT pg_temp.scan_by('index only');
CREATE TEMP TABLE ranges AS
SELECT f.p, x.* FROM fence AS f
CROSS JOIN LATERAL (SELECT count(*) AS n, sum(chain_hash_extended(t.c, 0)) AS ids FROM t WHERE t.c >= f.low AND (t.c < f.high)) AS x WHERE f.high IS NOT NULL AND x.n > 0
UNION ALL SELECT f.p, x.* FROM fence AS f
CROSS JOIN LATERAL (SELECT count(*) AS n, sum(chain_hash_extended(t.c, 0)) AS ids FROM t WHERE t.c >= f.low) AS x WHERE f.high IS NULL AND x.n > 0
UNION ALL SELECT 0, x.* FROM fence AS f
CROSS JOIN LATERAL (SELECT count(*) AS n, sum(chain_hash_extended(t.c, 0)) AS ids FROM t WHERE t.c < f.low) AS x WHERE f.p = 1 AND x.n > 0;
SELECT pg_temp.agree('said_ranges', 'ranges', 'btree: >= and <');
CREATE TEMP TABLE ranges AS
SELECT f.p, x.n + e.n - g.n AS n, x.ids + e.ids - g.ids AS ids FROM fence AS f
CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(sum(chain_hash_extended(t.c, 0)), 0) AS ids FROM t WHERE t.c > f.low AND (t.c <= f.high)) AS x
CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(sum(chain_hash_extended(t.c, 0)), 0) AS ids FROM t WHERE t.c = f.low) AS e
CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(sum(chain_hash_extended(t.c, 0)), 0) AS ids FROM t WHERE t.c = f.high) AS g
WHERE f.high IS NOT NULL AND x.n + e.n - g.n > 0;
SELECT pg_temp.agree(format('(SELECT * FROM said_ranges WHERE p NOT IN (0, %s))', (SELECT max(p) FROM fence)), 'ranges', 'btree: > and <=');

-- Estimates, wide of the truth by at most a factor; few rows may be any few.
-- ANALYZE looks at every row here: a sample would make the estimates a matter of chance.
ALTER TABLE t ALTER c SET STATISTICS 3400;
ANALYZE t (c);
CREATE FUNCTION pg_temp.expects(query text, factor numeric, few bigint DEFAULT 100) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_plan json; v_rows numeric; v_expected numeric;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO v_plan;
    EXECUTE format('SELECT count(*) FROM (%s) AS x', query) INTO v_rows;
    v_expected := (v_plan -> 0 -> 'Plan' ->> 'Plan Rows')::numeric;
    RETURN ok(greatest(v_expected, few) <= factor * greatest(v_rows, few) AND greatest(v_rows, few) <= factor * greatest(v_expected, few),
              format('%s: %s rows expected, %s found', query, v_expected, v_rows));
END $$;
RESET ALL;
SET search_path = ktt, public;
SET max_parallel_workers_per_gather = 0;
SELECT pg_temp.expects($$SELECT FROM t WHERE c <@ '1'$$, 1.5);
SELECT pg_temp.expects($$SELECT FROM t WHERE c <@ '20'$$, 10);
SELECT pg_temp.expects($$SELECT FROM t WHERE c <@ '1>1000'$$, 5);
SELECT pg_temp.expects($$SELECT FROM t WHERE '20>1100' @> c$$, 20);
SELECT pg_temp.expects($$SELECT FROM t WHERE c <@ '1>1000>1099511627776>1000000>2000000>3000000>4000007'$$, 2);
SELECT pg_temp.expects($$SELECT FROM t WHERE c @> '1>1000>1099511627776'$$, 5);
SELECT pg_temp.expects($$SELECT FROM t WHERE chain_follows(c, '1')$$, 1.5);
SELECT pg_temp.expects($$SELECT FROM t WHERE c ? 1$$, 1.5);
SELECT pg_temp.expects($$SELECT FROM t WHERE c ?| '{1,2,3}'$$, 1.5);
SELECT pg_temp.expects($$SELECT FROM t WHERE c ?& '{1,1099511627776}'$$, 3);
SELECT pg_temp.expects($$SELECT FROM (SELECT c FROM t WHERE id BETWEEN 500 AND 600) AS u JOIN t ON t.c <@ u.c$$, 20);
SELECT pg_temp.expects($$SELECT FROM (SELECT c FROM t WHERE id BETWEEN 500 AND 510) AS u JOIN t ON t.c @> u.c$$, 20);
SELECT pg_temp.expects($$SELECT FROM t WHERE c <@ NULL::chain$$, 1);
SET work_mem = '256MB';

-- Every operator as such, over the whole table, at the edges and in the middle.
CREATE FUNCTION pg_temp.counts(conditions text[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    v_counts bigint[];
BEGIN
    EXECUTE (SELECT format('SELECT ARRAY[%s] FROM t', string_agg(format('count(*) FILTER (WHERE %s)', c), ', ')) FROM unnest(conditions) AS c) INTO v_counts;
    RETURN v_counts;
END $$;
CREATE FUNCTION pg_temp.counts_one_by_one(conditions text[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    v_counts bigint[]; v_condition text; v_count bigint;
BEGIN
    FOREACH v_condition IN ARRAY conditions LOOP
        EXECUTE format('SELECT count(*) FROM t WHERE %s', v_condition) INTO v_count;
        v_counts := v_counts || v_count;
    END LOOP;
    RETURN v_counts;
END $$;
CREATE TEMP TABLE edges AS
SELECT array_agg(format('c %s %L', o, v)) AS conditions
FROM unnest(ARRAY['=', '<', '<=', '>', '>=', '<@', '@>']) AS o,
     unnest(ARRAY['1', '1>1000', '150>1100>100007', '9223372036854775807>9223372036854775806', '256']) AS v;
SELECT pg_temp.scan_by('index only');
SELECT pg_temp.counts_one_by_one(conditions) AS by_index FROM edges \gset
SELECT pg_temp.scan_rows();
SELECT is(:'by_index'::bigint[], pg_temp.counts(conditions), 'btree, constants: all operators as in one pass over the rows') FROM edges;
DROP INDEX t_btree;

-- GIN. Probes are members, alone and in arrays.
SELECT pg_temp.scan_rows();
CREATE INDEX t_gin ON t USING gin (c);
CREATE TEMP TABLE asked AS
SELECT row_number() OVER () AS p, a AS members
FROM (SELECT DISTINCT ARRAY[members[k]] AS a FROM t CROSS JOIN generate_series(1, 7) AS k WHERE id % 9973 = 5 AND k <= cardinality(members)
      UNION SELECT ARRAY[m] FROM unnest(ARRAY[0, -1, 999, 9223372036854775807, 9223372036854775743]) AS m
      UNION SELECT DISTINCT ARRAY[members[1], members[cardinality(members)]] FROM t WHERE id % 50021 = 6 AND id <= 1000000
      UNION SELECT DISTINCT ARRAY[members[cardinality(members)], 999, members[2], NULL, members[2]] FROM t WHERE id % 40009 = 6 AND cardinality(members) > 2
      UNION SELECT DISTINCT ARRAY[members[2], members[5], 2000000 + id % 100] FROM t WHERE id % 40009 = 8 AND cardinality(members) > 4) AS x;
CREATE TEMP TABLE part AS SELECT id, unnest(members) AS m FROM t;
ANALYZE part;
CREATE TEMP TABLE said_has AS
SELECT a.p, count(t.id) AS n, coalesce(sum(hashint8extended(t.id, 0)), 0) AS ids
FROM (SELECT p, members[1] AS m FROM asked WHERE cardinality(members) = 1) AS a LEFT JOIN part AS t USING (m) GROUP BY 1;
CREATE TEMP TABLE hits AS
SELECT a.p, t.id, count(*) AS members FROM part AS t
JOIN (SELECT DISTINCT p, unnest(members) AS m FROM asked WHERE cardinality(members) > 1) AS a USING (m) GROUP BY 1, 2;
CREATE TEMP TABLE said_any AS
SELECT a.p, count(h.id) AS n, coalesce(sum(hashint8extended(h.id, 0)), 0) AS ids FROM asked AS a LEFT JOIN hits AS h USING (p) GROUP BY 1;
CREATE TEMP TABLE said_all AS
SELECT a.p, count(h.id) AS n, coalesce(sum(hashint8extended(h.id, 0)), 0) AS ids
FROM (SELECT p, count(DISTINCT m) AS different FROM (SELECT p, unnest(members) AS m FROM asked) AS x WHERE m IS NOT NULL GROUP BY 1) AS a
LEFT JOIN hits AS h ON h.p = a.p AND h.members = a.different GROUP BY 1;
DROP TABLE probe;
ALTER TABLE asked RENAME TO probe;
ANALYZE probe;
SELECT pg_temp.scan_by('bitmap');
SELECT ok(pg_temp.reads('SELECT FROM probe AS p JOIN t ON t.c ?| p.members', 'Bitmap Index Scan on t_gin'), 'gin serves ?|');
SELECT pg_temp.found('gin_any', 't.c ?| p.members', 'cardinality(p.members) > 1');
SELECT pg_temp.agree('said_any', 'gin_any', 'gin: ?|');
SELECT ok(pg_temp.reads('SELECT FROM probe AS p JOIN t ON t.c ?& p.members', 'Bitmap Index Scan on t_gin'), 'gin serves ?&');
SELECT pg_temp.found('gin_all', 't.c ?& p.members', 'cardinality(p.members) > 1');
SELECT pg_temp.agree('said_all', 'gin_all', 'gin: ?&');
SELECT ok(pg_temp.reads('SELECT FROM probe AS p JOIN t ON t.c ? p.members[1]', 'Bitmap Index Scan on t_gin'), 'gin serves ?');
SELECT pg_temp.found('gin_has', 't.c ? p.members[1]', 'cardinality(p.members) = 1');
SELECT pg_temp.agree('said_has', 'gin_has', 'gin: ?');
CREATE TEMP TABLE edges_gin AS
SELECT ARRAY['c ? 1', 'c ? 999', 'c ? 1099511627776', 'c ?| ''{}''', 'c ?| ''{NULL}''', 'c ?& ''{}''', 'c ?& ''{NULL}''', 'c ?& ''{1,1000,NULL}''',
             'c ?& ''{1099511627776,1000003,3000001}''', 'c ? 1 AND c ?| ''{1000,1001}'' AND NOT c ? 1000003', 'c ? 1 OR c ?& ''{2,1000}'''] AS conditions;
SELECT pg_temp.counts_one_by_one(conditions) AS by_index FROM edges_gin \gset
SELECT pg_temp.scan_rows();
SELECT is(:'by_index'::bigint[], pg_temp.counts(conditions), 'gin, constants: all operators as in one pass over the rows') FROM edges_gin;

-- Equal chains share their entries.
CREATE INDEX t_merged ON t (c) WHERE id <= 200000;
CREATE INDEX t_single ON t (c) WITH (deduplicate_items = off) WHERE id <= 200000;
CREATE INDEX t_merged_sources ON t (upline(c, 1)) WHERE id <= 200000;
CREATE INDEX t_single_sources ON t (upline(c, 1)) WITH (deduplicate_items = off) WHERE id <= 200000;
SELECT cmp_ok(pg_relation_size('t_merged'), '<', pg_relation_size('t_single'), 'equal chains are merged');
SELECT cmp_ok(pg_relation_size('t_merged_sources') * 2, '<', pg_relation_size('t_single_sources'), 'the more, the better');
SELECT * FROM finish();
