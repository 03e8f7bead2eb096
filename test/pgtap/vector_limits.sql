-- The limit of 16,777,216 entries: one more is refused before memory is taken for it. With KTT_LONG=1 values of that size go through
-- every function, in at most 3 GB, and every one of them can be cancelled within a second.
\set ON_ERROR_STOP on
SET search_path = ktt, public;
SET client_min_messages = warning;
\getenv long KTT_LONG
\if :{?long}
SELECT plan(38);
\else
SELECT plan(8);
\endif

-- One key more than fits, or one element: 54000, and quickly, however little is behind it.
CREATE FUNCTION pg_temp.refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    EXECUTE statement;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN SQLSTATE || ' ' || SQLERRM || ' ' || detail;
END $$;
SELECT is(pg_temp.refusal($$SELECT ktt.shares(array_fill(1::bigint, '{16777217}'), '{}')$$),
          '54000 value of type ktt.shares is too large At most 16777216 different keys fit.', 'arrays for shares');
SELECT is(pg_temp.refusal($$SELECT ktt.basket(array_fill(1::bigint, '{16777217}'), '{}', '{}')$$),
          '54000 value of type ktt.basket is too large At most 16777216 different keys fit.', 'arrays for a basket');
SELECT alike(pg_temp.refusal($$SELECT ('{1:1' || repeat(',', 16777216) || '}')::ktt.shares$$),
             '54000 invalid input syntax for type ktt.shares: "{1:1,,%..." At most 16777216 different keys fit.', 'text of shares');
SELECT alike(pg_temp.refusal($$SELECT ('{1:1@1' || repeat(',', 16777216) || '}')::ktt.basket$$),
             '54000 invalid input syntax for type ktt.basket: "{1:1@1,,%..." At most 16777216 different keys fit.', 'text of a basket');
SELECT is(pg_temp.refusal($$SELECT ktt.shares(array_fill(1::bigint, '{16777216}'), '{}')$$),
          '22023 array of amounts does not fit the array of accounts There are 0 amounts for 16777216 accounts.', 'as many as fit are read');

-- What has no entries, and what is asked for none or for all there could be.
SELECT is((SELECT count(*) FROM top('{1:1}'::shares, 2147483647)), 1::bigint, 'top of as many as an integer holds');
SELECT is(slice('{1:1,9:9}'::shares, array_fill(9::bigint, '{1000000}')), '{9:9}'::shares, 'a slice by many names of one account');
SELECT is(pg_temp.refusal($$SELECT '{1:1}'::ktt.shares OPERATOR(ktt.?|) array_fill(1::bigint, '{2,2}')$$),
          '2202E array of accounts must have one dimension ', 'keys in two dimensions');

\if :{?long}
-- Values of the most entries, out of line and not compressed. Key i * 3 has i % 7 + 1 units and the amount i % 100003 + 1.
CREATE TABLE most (b basket, s shares);
ALTER TABLE most ALTER b SET STORAGE external, ALTER s SET STORAGE external;
INSERT INTO most SELECT basket_agg(i * 3, i % 7 + 1, i % 100003 + 1), NULL FROM generate_series(1, 16777216) AS i;
INSERT INTO most SELECT NULL, shares_agg(i * 3, i % 100003 + 1) FROM generate_series(1, 16777216) AS i;
CREATE VIEW baskets AS SELECT b FROM most WHERE b IS NOT NULL;
CREATE VIEW shares_of AS SELECT s FROM most WHERE s IS NOT NULL;
SELECT sum(i % 7 + 1) AS units, sum(i % 100003 + 1) AS total FROM generate_series(1, 16777216) AS i \gset
SELECT is((SELECT cardinality(b) FROM baskets), 16777216, 'the most entries');
SELECT is((SELECT units(b) || ' ' || amount(b) FROM baskets), :'units' || ' ' || :'total', 'totals of a basket');
SELECT is((SELECT total(s) FROM shares_of), :total, 'total of shares');
SELECT ok((SELECT b + b = b * 2 FROM baskets), 'twice');
SELECT ok((SELECT s - s = '{}' FROM shares_of), 'nothing');
SELECT ok((SELECT s::text::shares = s FROM shares_of), 'text and back');
SELECT ok((SELECT b @> b AND b <@ b FROM baskets), 'covers itself');
SELECT is((SELECT sum(s * n) FROM shares_of, generate_series(1, 2) AS n), (SELECT 3 * s FROM shares_of), 'a sum');
SELECT is((SELECT b -> 50331648 FROM baskets), format('{50331648:%s@%s}', 16777216 % 7 + 1, 16777216 % 100003 + 1)::basket, 'the last entry');
SELECT is((SELECT array_agg(account) FROM shares_of, top(s, 3)), '{300006,600015,900024}', 'the greatest');
SELECT is((SELECT count(*) || ' ' || sum(e.amount) FROM shares_of, entries(s) AS e), '16777216 ' || :'total', 'rows');
SELECT ok((SELECT reverse(s, total(s)) = s FROM shares_of), 'the whole goes back');
SELECT is(pg_temp.refusal('SELECT s OPERATOR(ktt.+) ktt.shares(1, 1) FROM shares_of'),
          '54000 value of type ktt.shares is too large At most 16777216 different keys fit.', 'one more does not fit');
SELECT is(pg_temp.refusal('SELECT ktt.sum(x) FROM (SELECT s FROM shares_of UNION ALL SELECT ktt.shares(1, 1)) AS v(x)'),
          '54000 value of type ktt.shares is too large At most 16777216 different keys fit.', 'nor in a sum');
SELECT is(pg_temp.refusal('SELECT ktt.shares_agg(i, 1) FROM generate_series(1, 16777217) AS i'),
          '54000 value of type ktt.shares is too large At most 16777216 different keys fit.', 'nor in rows');
SELECT is(pg_temp.refusal('SELECT b::jsonb FROM baskets'),
          '54000 value of type ktt.basket is too large for jsonb The keys and values of a jsonb object may take 268435455 bytes.', 'jsonb cannot hold it');

-- Cancelled in the middle, whatever is going on.
CREATE TABLE inputs AS SELECT (SELECT s::text FROM shares_of) AS text, (SELECT array_agg(1 + i::bigint * 7919 % 16777213 ORDER BY i) FROM generate_series(0, 16777212) AS i) AS keys;
\set query 'SELECT cardinality(s + s) FROM shares_of'
\ir lib/cancel.sql
\set query 'SELECT cardinality(b * 3) FROM baskets'
\ir lib/cancel.sql
\set query 'SELECT length(b::text) FROM baskets'
\ir lib/cancel.sql
\set query 'SELECT cardinality(text::shares) FROM inputs'
\ir lib/cancel.sql
\set query 'SELECT cardinality(shares(keys, keys)) FROM inputs'
\ir lib/cancel.sql
\set query 'SELECT cardinality(slice(s, keys)) FROM shares_of, inputs'
\ir lib/cancel.sql
\set query 'SELECT s ?& keys FROM shares_of, inputs'
\ir lib/cancel.sql
\set query 'SELECT count(*) FROM top((SELECT s FROM shares_of), 16000000)'
\ir lib/cancel.sql
\set query 'SELECT count(*) FROM entries((SELECT s FROM shares_of))'
\ir lib/cancel.sql
\set query 'SELECT cardinality(reverse(s, 123456789)) FROM shares_of'
\ir lib/cancel.sql
\set query 'SELECT b @> b FROM baskets'
\ir lib/cancel.sql
\set query 'SELECT s::jsonb IS NULL FROM shares_of'
\ir lib/cancel.sql
\set query 'SELECT cardinality(sum(s)) FROM shares_of, generate_series(1, 3)'
\ir lib/cancel.sql
\set query 'SELECT cardinality(shares_agg(k, k)) FROM inputs, unnest(keys) AS k'
\ir lib/cancel.sql
\endif
SELECT * FROM finish();
