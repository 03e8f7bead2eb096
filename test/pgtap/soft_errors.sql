-- What an input function refuses is an error that can be saved: pg_input_is_valid
-- and COPY with ON_ERROR see it, and it is the same error that a cast raises.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SELECT current_setting('server_version_num')::int >= 160000 AS soft,
       current_setting('server_version_num')::int >= 170000 AS copies \gset
\if :soft
BEGIN;
SELECT no_plan();
SET search_path = ktt, public;

CREATE TEMP TABLE sample (type text, input text, code text, detail text);
INSERT INTO sample VALUES
    ('chain', '7>12>93', NULL, NULL),
    ('chain', ' 7 > 12 ', NULL, NULL),
    ('chain', '9223372036854775807', NULL, NULL),
    ('chain', (SELECT string_agg(n::text, '>') FROM generate_series(1, 64) n), NULL, NULL),
    ('chain', '', '22P02', 'Position 1: A chain has at least one member.'),
    ('chain', '7>', '22P02', 'Position 3: A member id is expected.'),
    ('chain', 'seven', '22P02', 'Position 1: A member id is expected.'),
    ('chain', '7>12>7', '22P02', 'Position 6: Member 7 appears twice in the chain.'),
    ('chain', '7 12', '22P02', 'Position 3: ">" or the end of the chain is expected.'),
    ('chain', '0', '22003', 'Position 1: Member ids are from 1 to 9223372036854775807.'),
    ('chain', '7>-12', '22003', 'Position 3: Member ids are from 1 to 9223372036854775807.'),
    ('chain', '9223372036854775808', '22003', 'Position 1: Member ids are from 1 to 9223372036854775807.'),
    ('chain', (SELECT string_agg(n::text, '>') FROM generate_series(1, 65) n), '54000', 'Position 184: A chain has at most 64 members.'),
    ('chain(2)', '7>12', NULL, NULL),
    ('chain(2)', '7>12>93', '22001', 'The chain has 3 members.'),
    ('chain(2)', '7>', '22P02', 'Position 3: A member id is expected.'),
    ('chain[]', '{7>12,93}', NULL, NULL),
    ('chain[]', '{7>12,93>}', '22P02', 'Position 4: A member id is expected.'),
    ('chain(1)[]', '{7,7>12}', '22001', 'The chain has 2 members.'),

    ('split', 'supplier cost, leader rest', NULL, NULL),
    ('split', 'leader ladder(0: 10%, 1000: 15%) of sale min 1 max 2, other rest', NULL, NULL),
    ('split', (SELECT string_agg('p' || n || ' 1%of sale', ',') || ',q rest' FROM generate_series(1, 63) n), NULL, NULL),
    ('split', '', '22P02', 'Position 1: A party was expected: a letter or an underscore, then also digits.'),
    ('split', 'leader', '22P02', '%'),
    ('split', 'leader rest,', '22P02', '%'),
    ('split', 'leader 10% of rain', '22P02', '%'),
    ('split', 'leader rest rest', '22P02', '%'),
    ('split', 'leader 10% of sale max 1 min 2, other rest', '22P02', '%Write min before max.'),
    ('split', 'leader 101% of sale, other rest', '22023', '%'),
    ('split', 'leader 60% of sale, other 60% of sale', '22023', '%above 100\%.'),
    ('split', 'leader 10% of sale min 5 max 4, other rest', '22023', '%The min of 5 is above the max of 4.'),
    ('split', 'leader rest, leader cost', '22023', '%Party leader appears twice.'),
    ('split', 'leader rest, other rest', '22023', '%Only one clause can take the rest.'),
    ('split', 'leader 10% of sale min 5', '22023', '%No clause takes the rest%'),
    ('split', 'leader ladder(5: 10%) of sale, other rest', '22023', '%The first step of a ladder starts at 0.'),
    ('split', 'leader 9223372036854775808 per unit, other rest', '22003', '%'),
    ('split', repeat('x', 64) || ' rest', '54000', '%A party has at most 63 characters.'),
    ('split', (SELECT string_agg('p' || n || ' rest', ',') FROM generate_series(1, 65) n), '54000', '%A rule has at most 64 clauses.'),

    ('basket', '{}', NULL, NULL),
    ('basket', ' { 101 : 2 @ 1990 , 205:1@350 } ', NULL, NULL),
    ('basket', '{9223372036854775807:-9223372036854775808@9223372036854775807}', NULL, NULL),
    ('basket', '', '22P02', 'Position 1: Expected "{".'),
    ('basket', '{', '22P02', '%'),
    ('basket', '{101}', '22P02', 'Position 5: Expected ":".'),
    ('basket', '{101:2}', '22P02', 'Position 7: Expected "@".'),
    ('basket', '{101:2@}', '22P02', 'Position 8: Expected the amount as a whole number.'),
    ('basket', '{101:2@1990,}', '22P02', 'Position 13: Expected the item as a whole number.'),
    ('basket', '{101:2@1990} {}', '22P02', 'Position 14: Nothing may follow the closing brace.'),
    ('basket', '{0:1@1}', '22P02', 'Position 2: The item must be at least 1.'),
    ('basket', '{1:1@1,2:1@1,1:1@1}', '22P02', 'Position 14: The item 1 is given twice.'),
    ('basket', '{9223372036854775808:1@1}', '22003', 'Position 2: The item does not fit into a bigint.'),
    ('basket', '{1:1@-9223372036854775809}', '22003', 'Position 6: The amount does not fit into a bigint.'),
    ('basket', repeat(',', 16777216), '54000', 'At most 16777216 different keys fit.'),

    ('shares', '{17:1990,22:-350}', NULL, NULL),
    ('shares', '{17:0}', NULL, NULL),
    ('shares', '{17:1@2}', '22P02', 'Position 6: Expected "," or "}".'),
    ('shares', '{22:1,22:2}', '22P02', 'Position 7: The account 22 is given twice.'),
    ('shares', '{-1:1}', '22P02', 'Position 2: The account must be at least 1.'),
    ('shares', '{1:9223372036854775808}', '22003', 'Position 4: The amount does not fit into a bigint.'),
    ('shares', repeat(',', 16777216), '54000', 'At most 16777216 different keys fit.'),

    -- PostGIS raises for what is no geography at all; our own checks of it are soft.
    ('location', 'POINT(121.5 25)', NULL, NULL),
    ('location', 'POINT EMPTY', '23514', NULL),
    ('area', 'POLYGON((0 0,0 1,1 1,0 0))', NULL, NULL),
    ('area', 'POINT(0 0)', '23514', NULL),
    ('area', 'POLYGON EMPTY', '23514', NULL);

SELECT is_empty($$
    SELECT format_type(t.oid, NULL) FROM pg_type t
    WHERE t.typnamespace = 'ktt'::regnamespace AND t.typtype IN ('b', 'd') AND t.typcategory <> 'A'
      AND (NOT EXISTS (SELECT FROM sample s WHERE s.type = t.typname AND s.code IS NULL)
           OR NOT EXISTS (SELECT FROM sample s WHERE s.type = t.typname AND s.code IS NOT NULL))
    $$, 'every type has something to take and something to refuse');

SELECT is(pg_input_is_valid(input, type), code IS NULL, format('%s %L', type, left(input, 60))) FROM sample;
SELECT is(e.sql_error_code, s.code, format('%s %L is refused with its code', s.type, left(s.input, 60)))
FROM sample s CROSS JOIN LATERAL pg_input_error_info(s.input, s.type) e;
SELECT ok(e.detail LIKE s.detail, format('%s %L says why: %s', s.type, left(s.input, 60), e.detail))
FROM sample s CROSS JOIN LATERAL pg_input_error_info(s.input, s.type) e WHERE s.detail IS NOT NULL;

-- The error that a cast raises, as pg_input_error_info shows one.
CREATE FUNCTION pg_temp.cast_error(input text, type text, OUT message text, OUT detail text, OUT hint text, OUT code text)
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT %L::%s', input, type);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, code = RETURNED_SQLSTATE;
    detail := nullif(detail, '');
    hint := nullif(hint, '');
END
$$;

-- Every short sample with one character taken away, changed or put in: thousands of
-- near misses, none of which may get past the one who asks.
CREATE TEMP TABLE mutant AS
WITH short AS (
    SELECT type, input, p FROM sample CROSS JOIN LATERAL generate_series(1, length(input) + 1) p
    WHERE length(input) BETWEEN 1 AND 70 AND type IN ('chain', 'split', 'basket', 'shares'))
SELECT DISTINCT type, m.input
FROM short
CROSS JOIN LATERAL (
    SELECT overlay(input PLACING '' FROM p FOR 1) AS input
    UNION ALL
    SELECT overlay(input PLACING c FROM p FOR size)
    FROM unnest('{0,9,-,>,@,:,"{",",",%,(,x,é," "}'::text[]) c, generate_series(0, 1) size) m;

SELECT cmp_ok((SELECT count(*) FROM mutant), '>', 20000::bigint, 'many near misses');
SELECT cmp_ok((SELECT count(*) FROM mutant WHERE pg_input_is_valid(input, type)), '>', 1000::bigint, 'some of them hit');
SELECT is_empty($$
    SELECT type, input, s.*, h.*
    FROM mutant
    CROSS JOIN LATERAL pg_input_error_info(input, type) s
    CROSS JOIN LATERAL pg_temp.cast_error(input, type) h
    WHERE ROW(s.message, s.detail, s.hint, s.sql_error_code) IS DISTINCT FROM ROW(h.message, h.detail, h.hint, h.code)
    $$, 'asking and casting say the same of each');
SELECT is_empty($$
    SELECT DISTINCT e.sql_error_code FROM mutant CROSS JOIN LATERAL pg_input_error_info(input, type) e
    WHERE e.sql_error_code !~ '^(22...|54000)$'
    $$, 'and nothing but bad input and limits');

-- COPY leaves out the rows that it cannot read, and keeps the others.
\if :copies
CREATE TEMP TABLE arrived (n integer, chain chain(3), split split, basket basket, shares shares);
COPY arrived FROM PROGRAM $$cat <<'END'
1	7>12	supplier cost, leader rest	{101:2@1990}	{17:1990}
2	7>12>	supplier cost, leader rest	{101:2@1990}	{17:1990}
3	7>12>93>94	supplier cost, leader rest	{101:2@1990}	{17:1990}
4	7>12	supplier cost, leader	{101:2@1990}	{17:1990}
5	7>12	supplier cost, leader 1% of sale	{101:2@1990}	{17:1990}
6	7>12	supplier cost, leader rest	{101:2}	{17:1990}
7	7>12	supplier cost, leader rest	{101:2@1990}	{17:9223372036854775808}
8	7>12>93	leader rest	{}	{}
END
$$ WITH (ON_ERROR ignore);
SELECT results_eq('SELECT n FROM arrived ORDER BY n', ARRAY[1, 8], 'COPY with ON_ERROR ignore takes the rows that can be read');
\else
SELECT skip('COPY has ON_ERROR from PostgreSQL 17 on', 1);
\endif

SELECT * FROM finish();
ROLLBACK;
\else
SELECT '1..0 # SKIP errors of input can be saved from PostgreSQL 16 on';
\endif
