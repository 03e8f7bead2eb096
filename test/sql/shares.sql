-- ktt.shares: text, binary, operators, look-ups, rows, casts, reversal, refusals.
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

-- Text
SELECT t AS input, t::shares AS shares
FROM unnest(ARRAY['{}', '{17:1990,22:-350}', ' { 22 : -350 , 17:1990 } ', '{1:0}', '{9223372036854775807:-9223372036854775808}']) AS t;

SELECT quote_literal(t) AS input, pg_temp.refusal(format('SELECT %L::ktt.shares', t)) AS refusal
FROM unnest(ARRAY['', '{17}', '{17:}', '{17:1:2}', '{17:1@2}', '{17:5,17:6}', '{0:1}', '{17:1.5}', '{17:1',
                  '{17:9223372036854775808}', '{9223372036854775808:1}']) AS t;

-- Binary: version, count, then for each entry its distance to the key before and its numbers.
SELECT shares_send('{}'), shares_send('{17:1990,22:-350}');
CREATE TEMP TABLE shares_back (b shares);
\copy (SELECT b::shares FROM unnest('{"{}","{17:1990,22:-350}"}'::shares[]) AS b) TO 'results/shares.binary' (FORMAT binary)
\copy shares_back FROM 'results/shares.binary' (FORMAT binary)
TABLE shares_back;
-- Broken binary forms. A bytea travels as its bare bytes, so it can pose as a value.
-- another version
\copy (SELECT '\x00'::bytea) TO 'results/shares.binary' (FORMAT binary)
\copy shares_back FROM 'results/shares.binary' (FORMAT binary)
-- an amount missing
\copy (SELECT '\x010111'::bytea) TO 'results/shares.binary' (FORMAT binary)
\copy shares_back FROM 'results/shares.binary' (FORMAT binary)
-- a zero entry
\copy (SELECT '\x01011100'::bytea) TO 'results/shares.binary' (FORMAT binary)
\copy shares_back FROM 'results/shares.binary' (FORMAT binary)
-- key zero
\copy (SELECT '\x01010002'::bytea) TO 'results/shares.binary' (FORMAT binary)
\copy shares_back FROM 'results/shares.binary' (FORMAT binary)
-- a number longer than it must be
\copy (SELECT '\x0101118c00'::bytea) TO 'results/shares.binary' (FORMAT binary)
\copy shares_back FROM 'results/shares.binary' (FORMAT binary)
-- left-over bytes
\copy (SELECT '\x01011102ff'::bytea) TO 'results/shares.binary' (FORMAT binary)
\copy shares_back FROM 'results/shares.binary' (FORMAT binary)
-- an entry missing
\copy (SELECT '\x01021102'::bytea) TO 'results/shares.binary' (FORMAT binary)
\copy shares_back FROM 'results/shares.binary' (FORMAT binary)
SELECT count(*) FROM shares_back;

-- Arithmetic
SELECT '{1:5,2:-5}'::shares + '{2:5,3:1}' AS plus, '{1:5}'::shares - '{1:5,3:1}' AS minus, - '{1:5,2:-5}'::shares AS negated;
SELECT pg_temp.refusal($$SELECT '{1:9223372036854775807}'::ktt.shares OPERATOR(ktt.+) '{1:1}'$$);
SELECT pg_temp.refusal($$SELECT OPERATOR(ktt.-) '{1:-9223372036854775808}'::ktt.shares$$);

SELECT '{17:1990,22:-350}'::shares * 3 AS three, -1 * '{17:1990,22:-350}'::shares AS negated, '{17:1990}'::shares * 0 AS nothing, '3' * '{17:1}'::shares AS literal;
SELECT pg_temp.refusal($$SELECT '{3:-9223372036854775808}'::ktt.shares OPERATOR(ktt.*) -1$$), pg_temp.refusal($$SELECT 4 OPERATOR(ktt.*) '{3:1,9:4611686018427387904}'::ktt.shares$$);

-- Look-ups
SELECT total(s), amount(s, 17), s -> 22 AS amount_of, s -> 5 AS absent, cardinality(s), s ? 17 AS has, s ? 5 AS has_not
FROM (VALUES ('{17:1990,22:-350}'::shares), ('{}')) AS v(s);
SELECT s -> 0 AS zero, slice(s, '{22,NULL,5,22}'), slice(s, '{}'), s ?| '{5,22}' AS any_of, s ?| '{5,NULL}' AS not_any, s ?& '{22,17}' AS all_of, s ?& '{17,5}' AS not_all, s ?& '{}' AS all_of_none
FROM (VALUES ('{17:1990,22:-350}'::shares)) AS v(s);
SELECT s, pg_temp.refusal('SELECT ' || s) AS refusal
FROM unnest(ARRAY[$$ktt.slice('{1:1}'::ktt.shares, '{{1}}')$$, $$'{1:1}'::ktt.shares OPERATOR(ktt.?|) '{{1}}'$$, $$ktt.top('{1:1}'::ktt.shares, -1)$$]) AS s;
SELECT total('{1:9223372036854775807,2:9223372036854775807,3:-9223372036854775808}'::shares);
SELECT pg_temp.refusal($$SELECT ktt.total('{1:9223372036854775807,2:1}')$$);

-- Rows and constructors
SELECT * FROM entries('{22:-350,17:1990}');
SELECT * FROM top('{22:-350,17:1990,5:1990,4:7}'::shares, 3);
SELECT * FROM top('{22:-350,17:1990}'::shares, 2000000000);
SELECT shares(17, 1990), shares(17, 0), shares(ARRAY[5,3,5], ARRAY[10,20,30]), shares('{}'::bigint[], '{}'), shares('{4,4}'::bigint[], '{1,-1}');
SELECT s, pg_temp.refusal('SELECT ' || s) AS refusal
FROM unnest(ARRAY['ktt.shares(0, 1)', $$ktt.shares('{1}'::bigint[], '{1,2}')$$, $$ktt.shares('{1}'::bigint[], '{NULL}')$$, $$ktt.shares('{-2}'::bigint[], '{1}')$$]) AS s;

-- jsonb
SELECT '{17:1990,122:-350}'::shares::jsonb, '{"17": 1990, "5": 0, "3": -1}'::jsonb::shares, '{}'::jsonb::shares;
SELECT j, pg_temp.refusal(format('SELECT %L::jsonb::ktt.shares', j)) AS refusal
FROM unnest(ARRAY['null', '[1]', '{"17": "5"}', '{"17": null}', '{"17": {}}', '{"17": [1]}', '{"17": 1.5}', '{"17": 1e19}', '{"x": 1}', '{"-1": 1}', '{"1:5,2": 1}']) AS j;

-- Comparison
SELECT a < b AS lt, a <= b AS le, a = b AS eq, a <> b AS ne, a >= b AS ge, a > b AS gt
FROM (VALUES ('{1:1}'::shares, '{1:1}'::shares), ('{1:1}', '{1:2}'), ('{}', '{1:1}')) AS v(a, b);
SELECT count(*), count(DISTINCT s) FROM (SELECT shares(1 + i % 10, 1 + i % 3) AS s FROM generate_series(1, 300) AS i) AS v;

-- Reversal: largest remainder over what is left, ties to the lower account.
SELECT l AS left_over, r AS refund, reverse(l, r)
FROM (VALUES ('{1:100,2:50,3:1}'::shares, 7), ('{1:100,2:50,3:1}', 151), ('{1:100,2:50,3:1}', 0), ('{1:1,2:1,3:1}', 1), ('{1:1,2:1,3:1}', 2),
             ('{}', 0), ('{1:9223372036854775807}', 9223372036854775807), ('{8:9223372036854775807,9:9223372036854775807}', 9223372036854775807)) AS v(l, r);
SELECT s, pg_temp.refusal('SELECT ' || s) AS refusal
FROM unnest(ARRAY[$$ktt.reverse('{1:100}', 101)$$, $$ktt.reverse('{1:100}', -1)$$, $$ktt.reverse('{}', 1)$$, $$ktt.reverse('{1:100,2:-5}', 10)$$,
                  $$ktt.reverse("left" => '{1:3}', refund => 3)$$]) AS s;

-- Any sequence of partial refunds sums to the shares exactly and never goes below zero.
DO $$
DECLARE
    whole ktt.shares; left_over ktt.shares; taken ktt.shares; part ktt.shares; refund bigint;
BEGIN
    PERFORM setseed(0.25);
    FOR order_number IN 1 .. 300 LOOP
        SELECT ktt.shares_agg(a, (random() * 1000)::bigint) INTO whole FROM generate_series(1, 1 + order_number % 7) AS a;
        left_over := whole;
        taken := '{}';
        WHILE ktt.total(left_over) > 0 LOOP
            refund := least(ktt.total(left_over), 1 + floor(random() * 700)::bigint);
            part := ktt.reverse(left_over, refund);
            ASSERT ktt.total(part) = refund, 'a reversal sums to the refund';
            ASSERT NOT EXISTS (SELECT FROM ktt.entries(part) AS p LEFT JOIN ktt.entries(left_over) AS l USING (account)
                               WHERE p.amount < 0 OR p.amount > coalesce(l.amount, 0)), 'nobody gives back more than is left';
            ASSERT NOT EXISTS (SELECT FROM ktt.entries(left_over) AS l LEFT JOIN ktt.entries(part) AS p USING (account)
                               WHERE abs(coalesce(p.amount, 0) - refund::numeric * l.amount / ktt.total(left_over)) >= 1), 'within one unit of proportion';
            left_over := left_over OPERATOR(ktt.-) part;
            taken := taken OPERATOR(ktt.+) part;
        END LOOP;
        ASSERT taken OPERATOR(ktt.=) whole AND left_over OPERATOR(ktt.=) '{}', 'all refunds together are the whole';
    END LOOP;
END $$;
