-- Every answer by an index is the answer by reading all: baskets and shares, every operator of every class, on skewed keys with
-- debts, empty values, NULLs and repeated values among them, also while entries wait in GIN's list and after rows have gone.
\set ON_ERROR_STOP on
\set VALUES 200000
\set QUERIES 8
\getenv long KTT_LONG
\if :{?long}
\set VALUES 1000000
\set QUERIES 60
\endif
SET search_path = ktt, public;
SET maintenance_work_mem = '128MB';
SELECT plan(10);
SELECT setseed(0.25) \g /dev/null

-- Few keys are in many values, most are in few.
CREATE TEMP TABLE kept AS
WITH drawn AS (
    SELECT i, 1 + floor(3000 * random() ^ 5)::bigint AS key, (floor(random() * 6) - 1)::bigint AS units, (floor(random() * 40) - 3)::bigint AS amount
    FROM generate_series(1, :VALUES) AS i, generate_series(1, (i % 8)))
SELECT i AS id, CASE WHEN i % 1000 = 7 THEN NULL ELSE coalesce(b, '{}') END AS basket, CASE WHEN i % 1000 = 8 THEN NULL ELSE coalesce(s, '{}') END AS shares
FROM generate_series(1, :VALUES) AS i LEFT JOIN (SELECT i, basket_agg(key, units, amount) AS b, shares_agg(key, amount) AS s FROM drawn GROUP BY i) AS d USING (i);
ANALYZE kept;

-- What to ask: values that are there, parts of them, values that are not; keys common, rare, absent, none.
CREATE TEMP TABLE asked AS
SELECT q, k.basket, k.shares, slice(k.basket, ARRAY(SELECT item FROM items(k.basket) ORDER BY item LIMIT 1 + q % 3)) AS part,
       CASE q % 6 WHEN 0 THEN '{}'::bigint[] WHEN 1 THEN '{NULL}' WHEN 2 THEN '{1,2,NULL,2}' WHEN 3 THEN '{0,-5,9223372036854775807}'
                  ELSE ARRAY(SELECT 1 + floor(3000 * random() ^ 5 + 0 * g * q)::bigint FROM generate_series(1, 1 + q % 4) AS g) END AS keys,
       CASE WHEN q % 5 = 0 THEN -q ELSE 1 + floor(3000 * random() ^ 5)::bigint END AS key
FROM generate_series(1, :QUERIES) AS q JOIN kept AS k ON k.id = 10 + q * 379;
UPDATE asked SET part = part - '{1:3@9,7:1@1}' WHERE q % 4 = 0;
UPDATE asked SET part = '{}' WHERE q = 1;
UPDATE asked SET part = '{3:-2@-40}' WHERE q = 2;

CREATE FUNCTION pg_temp.answer(condition text, by_index boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan text; answer text;
BEGIN
    PERFORM set_config('enable_seqscan', (NOT by_index)::text, false), set_config('enable_bitmapscan', by_index::text, false),
            set_config('enable_indexscan', by_index::text, false), set_config('enable_indexonlyscan', by_index::text, false);
    EXECUTE 'EXPLAIN (FORMAT json) SELECT * FROM kept WHERE ' || condition INTO plan;
    IF (plan ~ 'Index (Only )?Scan') <> by_index THEN
        RETURN 'not the plan that was meant';
    END IF;
    EXECUTE 'SELECT format(''%s rows, %s'', count(*), sum(hashint8(id)::bigint)) FROM kept WHERE ' || condition INTO answer;
    RETURN answer;
END $$;
-- The conditions of one class: operators between the column and an argument of asked.
CREATE FUNCTION pg_temp.differences(kind text, operators text[], arguments text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    query record; condition text; by_index text; by_reading text; argument text;
BEGIN
    FOR query IN SELECT * FROM asked LOOP
        FOR n IN 1 .. cardinality(operators) LOOP
            argument := to_json(query) ->> arguments[n];
            condition := format('%I %s %L::%s', kind, operators[n], argument, CASE arguments[n] WHEN 'keys' THEN 'bigint[]' WHEN 'key' THEN 'bigint' ELSE kind END);
            CONTINUE WHEN argument IS NULL;
            IF arguments[n] = 'keys' THEN
                condition := format('%I %s %L::bigint[]', kind, operators[n], query.keys);
            END IF;
            by_index := pg_temp.answer(condition, true);
            by_reading := pg_temp.answer(condition, false);
            IF by_index <> by_reading THEN
                RETURN NEXT format('%s: %s by index, %s by reading', condition, by_index, by_reading);
            END IF;
        END LOOP;
    END LOOP;
END $$;

CREATE INDEX kept_basket ON kept USING gin (basket);
CREATE INDEX kept_shares ON kept USING gin (shares);
SELECT is_empty($$SELECT pg_temp.differences('basket', '{?,?|,?&,@>}', '{key,keys,keys,part}')$$, 'GIN of baskets');
SELECT is_empty($$SELECT pg_temp.differences('shares', '{?,?|,?&}', '{key,keys,keys}')$$, 'GIN of shares');
SELECT is(pg_temp.answer($$basket ? 3 AND (basket ?| '{1,70,NULL}' OR basket @> '{2:1@1}') AND NOT basket ?& '{5,6}'$$, true),
          pg_temp.answer($$basket ? 3 AND (basket ?| '{1,70,NULL}' OR basket @> '{2:1@1}') AND NOT basket ?& '{5,6}'$$, false), 'conditions together');

-- Entries that wait in the list, rows that went, rows that changed.
INSERT INTO kept SELECT id + :VALUES, basket + '{2:1@1}', shares + '{2:1}' FROM kept WHERE id % 211 = 0;
DELETE FROM kept WHERE id % 13 = 0;
UPDATE kept SET basket = basket - '{1:1@1}', shares = shares * 2 WHERE id % 101 = 0;
SELECT is_empty($$SELECT pg_temp.differences('basket', '{?,?|,?&,@>}', '{key,keys,keys,part}')$$, 'GIN of baskets that have changed');
VACUUM kept;
SELECT is_empty($$SELECT pg_temp.differences('shares', '{?,?|,?&}', '{key,keys,keys}')$$, 'GIN of shares that have changed, cleaned');
DROP INDEX kept_basket, kept_shares;

CREATE INDEX kept_basket ON kept (basket);
CREATE INDEX kept_shares ON kept (shares);
SELECT is_empty($$SELECT pg_temp.differences('basket', '{<,<=,=,>=,>}', '{basket,basket,basket,basket,basket}')$$, 'btree of baskets');
SELECT is_empty($$SELECT pg_temp.differences('shares', '{<,<=,=,>=,>}', '{shares,shares,shares,shares,shares}')$$, 'btree of shares');
SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off; SET enable_indexscan = on; SET enable_indexonlyscan = on;
SELECT is((SELECT count(*) FROM (SELECT basket, lag(basket) OVER (ORDER BY basket) AS before FROM kept) AS o WHERE before > basket), 0::bigint, 'the index is in order');
RESET enable_sort;
DROP INDEX kept_basket, kept_shares;

CREATE INDEX kept_basket ON kept USING hash (basket);
CREATE INDEX kept_shares ON kept USING hash (shares);
SELECT is_empty($$SELECT pg_temp.differences('basket', '{=}', '{basket}')$$, 'hash of baskets');
SELECT is_empty($$SELECT pg_temp.differences('shares', '{=}', '{shares}')$$, 'hash of shares');
SELECT * FROM finish();
