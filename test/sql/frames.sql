-- Aggregates over window frames that move: the exact inverses of sum(),
-- basket_agg() and shares_agg() against the same aggregates without them.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS ktt CASCADE;
RESET client_min_messages;
SET search_path = ktt, public;
\pset null '(null)'

SELECT proname, aggmtransfn, aggminvtransfn, aggmfinalfn FROM pg_aggregate JOIN pg_proc p ON p.oid = aggfnoid
WHERE pronamespace = 'ktt'::regnamespace AND aggminvtransfn <> 0 ORDER BY proname, aggmtransfn::text;

-- The same without an inverse: every frame is summed from its first row.
CREATE AGGREGATE pg_temp.plain_sum(basket) (SFUNC = basket_add, STYPE = basket);
CREATE AGGREGATE pg_temp.plain_sum(shares) (SFUNC = shares_add, STYPE = shares);
CREATE AGGREGATE pg_temp.plain_agg(bigint, bigint, bigint) (SFUNC = basket_collect, STYPE = basket);
CREATE AGGREGATE pg_temp.plain_agg(bigint, bigint) (SFUNC = shares_collect, STYPE = shares);

-- Few items, so that entries meet, cancel and vanish; NULL rows and runs of them; ties; small values that stay flat
-- beside large ones that do not.
SELECT setseed(0.25);
CREATE TABLE frames_rows AS
    SELECT n, p, t, nullif(item, 0) AS item, CASE WHEN item <> 0 THEN units END AS units, CASE WHEN item <> 0 THEN amount END AS amount,
           CASE WHEN item = 0 THEN NULL WHEN n % 11 = 0 THEN wide WHEN n % 3 = 0 THEN '{}' ELSE basket(item, units, amount) END AS b
    FROM (SELECT n, n % 3 AS p, floor(random() * 60)::int AS t, CASE WHEN n % 50 < 9 THEN 0 ELSE floor(random() * 6)::bigint END AS item,
                 floor(random() * 5)::bigint - 2 AS units, floor(random() * 5)::bigint - 2 AS amount,
                 (SELECT basket_agg(i, 1 + n % 2, n) FROM generate_series(1, 40 + n % 60) AS i) AS wide
          FROM generate_series(1, 400) AS n) AS r;

CREATE FUNCTION pg_temp.frame_differs(frame text) RETURNS TABLE(different bigint, nulls bigint, empty bigint) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format($q$
        SELECT count(*) FILTER (WHERE (s, a, hs, ha) IS DISTINCT FROM (ps, pa, phs, pha)),
               count(*) FILTER (WHERE a IS NULL), count(*) FILTER (WHERE s = '{}' OR a = '{}' OR ha = '{}')
        FROM (SELECT sum(b) OVER w AS s, pg_temp.plain_sum(b) OVER w AS ps,
                     basket_agg(item, units, amount) OVER w AS a, pg_temp.plain_agg(item, units, amount) OVER w AS pa,
                     sum(shares(item, amount)) OVER w AS hs, pg_temp.plain_sum(shares(item, amount)) OVER w AS phs,
                     shares_agg(item, amount) OVER w AS ha, pg_temp.plain_agg(item, amount) OVER w AS pha
              FROM frames_rows WINDOW w AS (%s)) AS v $q$, frame);
END $$;

-- Every unit of frame, with every exclusion, over partitions or all rows, growing, shrinking, moving and running ahead.
SELECT unit, exclusion, sum(different) AS different, sum(nulls) > 0 AS nulls, sum(empty) > 0 AS empty
FROM unnest('{ROWS,RANGE,GROUPS}'::text[]) AS unit,
     unnest(array['', 'EXCLUDE CURRENT ROW', 'EXCLUDE GROUP', 'EXCLUDE TIES']) AS exclusion,
     unnest(array['1 PRECEDING AND CURRENT ROW', '3 PRECEDING AND 2 FOLLOWING', 'UNBOUNDED PRECEDING AND 1 PRECEDING',
                  'CURRENT ROW AND UNBOUNDED FOLLOWING', '2 FOLLOWING AND 5 FOLLOWING', '9 PRECEDING AND 7 PRECEDING']) AS bounds,
     unnest(array['ORDER BY t', 'PARTITION BY p ORDER BY t DESC']) AS rows_of,
     LATERAL pg_temp.frame_differs(format('%s %s BETWEEN %s %s', rows_of, unit, bounds, exclusion))
GROUP BY unit, exclusion ORDER BY unit, exclusion;

-- Random bounds.
SELECT sum(different) AS different, count(*)
FROM (SELECT (array['ROWS', 'RANGE', 'GROUPS'])[1 + floor(random() * 3)] AS unit, floor(random() * 30)::int - 15 AS first, floor(random() * 30)::int AS length
      FROM generate_series(1, 40)) AS r,
     LATERAL (SELECT CASE WHEN o < 0 THEN format('%s PRECEDING', -o) ELSE format('%s FOLLOWING', o) END FROM (VALUES (first)) AS v(o)) AS a(bound),
     LATERAL (SELECT CASE WHEN o < 0 THEN format('%s PRECEDING', -o) ELSE format('%s FOLLOWING', o) END FROM (VALUES (first + length)) AS v(o)) AS z(bound),
     LATERAL pg_temp.frame_differs(format('PARTITION BY p ORDER BY t %s BETWEEN %s AND %s', unit, a.bound, z.bound));

-- A frame of NULLs is NULL, a frame whose rows cancel is empty, a frame without rows is NULL.
SELECT n, sum(s) OVER w, shares_agg(k, k) OVER w, basket_agg(k, k, k) OVER w, shares_agg(abs(k), k) OVER (ORDER BY n ROWS BETWEEN 2 PRECEDING AND 2 PRECEDING) AS before
FROM (VALUES (1, '{1:5}'::shares, 1), (2, '{1:-5}', 2), (3, NULL, NULL), (4, NULL, NULL), (5, '{7:1}', 7), (6, '{}', 9)) AS v(n, s, k)
WINDOW w AS (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) ORDER BY n;

-- What leaves together may not fit for a moment; the frame is summed anew then and its sum is right.
SELECT t, n, sum(s) OVER w, sum(b) OVER w, shares_agg(1, n) OVER w, basket_agg(1, n, 1) OVER w
FROM (SELECT t, n, shares(1, n) AS s, basket(1, n, 1) AS b FROM (VALUES (1, -10), (1, 10), (2, 9223372036854775807), (3, 0)) AS v(t, n)) AS v
WINDOW w AS (ORDER BY t RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) ORDER BY t, n;

-- A sum that does not fit raises, with an inverse or without, and never wraps.
SELECT sum(shares(1, n)) OVER (ORDER BY n ROWS 1 PRECEDING) FROM (VALUES (9223372036854775806), (9223372036854775807)) AS v(n);
SELECT shares_agg(1, n) OVER (ORDER BY n ROWS 1 PRECEDING) FROM (VALUES (9223372036854775806), (9223372036854775807)) AS v(n);
SELECT basket_agg(1, n, NULL) OVER (ORDER BY n ROWS 1 PRECEDING) FROM (VALUES (1), (2)) AS v(n);

-- Whenever the moving sum raises, so does the plain one; where neither raises they agree.
CREATE FUNCTION pg_temp.outcome(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE query INTO result;
    RETURN result;
EXCEPTION WHEN numeric_value_out_of_range THEN
    RETURN 'out of range';
END $$;
WITH series AS MATERIALIZED (
    SELECT r, string_agg(format('(%s,%s)', g / 3, (floor(random() * 7)::bigint - 3) * 2305843009213693951), ',') AS numbers
    FROM generate_series(1, 300) AS r, generate_series(1, 12) AS g GROUP BY r),
outcomes AS (
    SELECT pg_temp.outcome(format('SELECT md5(string_agg(s::text, %L ORDER BY t)) FROM (SELECT t, sum(ktt.shares(5, n)) OVER (ORDER BY t RANGE 1 PRECEDING) AS s FROM (VALUES %s) AS v(t, n)) AS w', ',', numbers)) AS moving,
           pg_temp.outcome(format('SELECT md5(string_agg(s::text, %L ORDER BY t)) FROM (SELECT t, ktt.shares_agg(5, n) OVER (ORDER BY t RANGE 1 PRECEDING) AS s FROM (VALUES %s) AS v(t, n)) AS w', ',', numbers)) AS collected,
           pg_temp.outcome(format('SELECT md5(string_agg(s::text, %L ORDER BY t)) FROM (SELECT t, pg_temp.plain_sum(ktt.shares(5, n)) OVER (ORDER BY t RANGE 1 PRECEDING) AS s FROM (VALUES %s) AS v(t, n)) AS w', ',', numbers)) AS plain
    FROM series)
SELECT count(*) FILTER (WHERE plain <> 'out of range' AND (moving <> plain OR collected <> plain)) AS differs,
       count(*) FILTER (WHERE plain = 'out of range') BETWEEN 20 AND 280 AS some_raise
FROM outcomes;

-- Only a server that moves a frame calls these.
SELECT basket_remove('{1:1@1}', '{1:1@1}');
SELECT shares_remove('{1:1}', '{1:1}');

DROP TABLE frames_rows;
