-- What the planner is told of baskets and shares: how many values an operator lets through, how many rows a value becomes, from what
-- ANALYZE keeps. Estimates are compared with counts.
\set ON_ERROR_STOP on
SET search_path = ktt, public;
SELECT plan(29);
SELECT setseed(0.75) \g /dev/null

-- Item 1 is in half of the baskets, item 2 in a tenth, 1000 others in few each; a tenth is NULL, some are empty.
CREATE TABLE kept AS
SELECT i AS id, CASE WHEN i % 10 = 0 THEN NULL WHEN i % 10 = 1 THEN '{}' ELSE coalesce(basket_agg(key, 1, 5), '{}') END AS b,
       CASE WHEN i % 10 = 0 THEN NULL WHEN i % 10 = 1 THEN '{}' ELSE coalesce(shares_agg(key, 5), '{}') END AS s
FROM generate_series(1, 10000) AS i, LATERAL (
    SELECT 1 AS key WHERE random() < 0.5 + 0 * i UNION ALL SELECT 2 WHERE random() < 0.1 + 0 * i
    UNION ALL SELECT 3 + floor(random() * 1000 + 0 * i)::bigint FROM generate_series(1, i % 4)) AS k
GROUP BY i;
CREATE FUNCTION pg_temp.rows_of(query text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
    RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END $$;
CREATE FUNCTION pg_temp.count_of(query text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    result numeric;
BEGIN
    EXECUTE format('SELECT count(*) FROM (%s) AS q', query) INTO result;
    RETURN result;
END $$;
-- Off by at most a part, or a few rows.
CREATE FUNCTION pg_temp.near(condition text, part numeric DEFAULT 0.05, few numeric DEFAULT 25) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    query text := 'SELECT FROM kept WHERE ' || condition;
    guess numeric := pg_temp.rows_of(query);
    found numeric := pg_temp.count_of(query);
BEGIN
    RETURN ok(abs(guess - found) <= greatest(part * found, few), format('%s: %s guessed, %s found', condition, guess, found));
END $$;

-- Nothing is known yet: small, but not nothing.
SELECT cmp_ok(pg_temp.rows_of('SELECT FROM kept WHERE b ? 1'), '<=', 100::numeric, 'without statistics a test for a key lets few through');
SELECT is(pg_temp.rows_of('SELECT i.* FROM kept, items(b) AS i'), 500 * pg_temp.rows_of('SELECT FROM kept'), 'without statistics rows are as declared');
ANALYZE kept;
SELECT pg_temp.near('b ? 1');
SELECT pg_temp.near('b ? 2');
SELECT pg_temp.near('b ? 500');
SELECT pg_temp.near('b ? 5000');
SELECT pg_temp.near('b ? -1');
SELECT pg_temp.near('s ? 1');
SELECT pg_temp.near('b ?| ''{1,2}''');
SELECT pg_temp.near('b ?| ''{}''');
SELECT pg_temp.near('b ?| ''{NULL,2,2}''');
SELECT pg_temp.near('b ?& ''{1,2}''', 0.2);
SELECT pg_temp.near('b ?& ''{}''');
SELECT pg_temp.near('s ?& ''{1,2}''', 0.2);
SELECT pg_temp.near('NOT b ? 1 AND b IS NOT NULL', 0.2);
SELECT pg_temp.near('b @> ''{1:1@5}''');
SELECT pg_temp.near('b @> ''{1:1@5,2:1@5}''', 0.2);
SELECT pg_temp.near('b @> ''{1:-1@-5}''');
SELECT cmp_ok(pg_temp.rows_of('SELECT FROM kept WHERE b ?| ''{{1},{2}}'''), '<', 1000::numeric, 'what will be refused is not refused by the planner');
SELECT cmp_ok(pg_temp.rows_of('SELECT FROM kept WHERE b ? (SELECT 1)'), '<', 1000::numeric, 'an operand that is not known yet');
SELECT cmp_ok(pg_temp.rows_of('SELECT FROM kept WHERE ''{1:1@5}'' @> b'), '<', 1000::numeric, 'the column on the other side');
SELECT cmp_ok(pg_temp.rows_of('SELECT FROM kept WHERE b ? id'), '<', 1000::numeric, 'another column');

-- Rows: the average that was found, times the values.
SELECT ok(abs(pg_temp.rows_of('SELECT i.* FROM kept, items(b) AS i') - e.entries) <= 0.5 * e.entries, format('%s rows of items', e.entries))
FROM (SELECT sum(cardinality(b))::numeric AS entries FROM kept) AS e;
CREATE TABLE exact AS SELECT basket(ARRAY[1, 2, 3 + i], ARRAY[1, 1, 1], ARRAY[1, 1, 1]) AS b FROM generate_series(1, 500) AS i;
ANALYZE exact;
SELECT is(pg_temp.rows_of('SELECT i.* FROM exact, items(b) AS i'), 1500::numeric, 'three rows each');
SELECT is(pg_temp.rows_of('SELECT t.* FROM exact, top(b, 2) AS t'), 1000::numeric, 'the first two of each');

-- What ANALYZE keeps, to be seen in pg_stats.
SELECT is((SELECT (most_common_elems::text::bigint[])[1:2]::text || ' ' || round(most_common_elem_freqs[1]::numeric, 1) FROM pg_stats WHERE tablename = 'exact' AND attname = 'b'),
          '{1,2} 1.0', 'common items');

-- Values too large to look into are counted all the same; nothing and NULLs alone are no trouble.
CREATE TABLE odd (wide shares, empty shares, nothing shares);
ALTER TABLE odd ALTER wide SET STORAGE external;
INSERT INTO odd SELECT (SELECT shares_agg(i::bigint * 1000003, 1000000007 + n) FROM generate_series(1, 10000) AS i), '{}', NULL FROM generate_series(1, 6) AS n;
INSERT INTO odd VALUES ('{5:1}', '{}', NULL);
ANALYZE odd;
SELECT is((SELECT round(elem_count_histogram[array_upper(elem_count_histogram, 1)]::numeric) FROM pg_stats WHERE tablename = 'odd' AND attname = 'wide'), 8572::numeric, 'the average of large values');
SELECT is((SELECT string_agg(attname || ' ' || coalesce(elem_count_histogram[2]::text, '-') || coalesce(most_common_elems::text, ' no keys'), ', ' ORDER BY attname)
           FROM pg_stats WHERE tablename = 'odd' AND attname <> 'wide'), 'empty 0 no keys, nothing - no keys', 'no entries, no values');
SELECT is(pg_temp.rows_of('SELECT i.* FROM odd, entries(empty) AS i'), 7::numeric, 'a row at least');
SELECT * FROM finish();
