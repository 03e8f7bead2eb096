-- ktt.split: text, binary, operators, casts, clauses, allocation, apportionment, refusals.
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

-- The rule of the documentation, under a short name.
CREATE TEMP TABLE rules (name text PRIMARY KEY, rule split NOT NULL);
INSERT INTO rules VALUES
    ('usual', 'supplier cost, platform 2% of sale, steward 10% of margin min 20 max 500, sales_leader 15% of sale, supply_leader rest'),
    ('margin', 'supplier cost, leader 90% of margin, steward 10% of margin'),
    ('fees', 'carrier 50 per order, packer 7 per unit, supplier rest'),
    ('one', 'supplier rest'),
    ('ladder', 'supplier cost, sales_leader ladder(0: 10%, 1000: 15%, 5000: 25%) of sale, steward whole ladder(0: 10%, 900: 20%) of margin max 99, b rest');

-- Text: one form is printed, however it was written
SELECT quote_literal(t) AS input, t::split AS split
FROM unnest(ARRAY[
    'supplier rest',
    '  Supplier   COST,platform 2.50 % Of Sale,leader Rest  ',
    E'a\n7 per unit,\tb 007 per order, c rest',
    'a 0.0001% of sale, b 12.3400% of margin, c 0% of cost, d rest',
    'a 100% of sale',
    'a 10% of margin min 20, b 10% of margin max 500, c 1% of margin min 0 max 0, d rest',
    'cost cost, rest rest',
    'a 9223372036854775807 per order, b rest',
    'sales_leader ladder(0: 10%, 1000000: 15%, 5000000: 25%) of sale, b rest',
    E'a WHOLE Ladder ( 0:1.50 % ,\n0300: 2%)of margin min 1 max 2,b rest']) AS t;

-- Every refusal of the grammar, with position and reason
SELECT quote_literal(t) AS input, pg_temp.refusal(format('SELECT %L::ktt.split', t)) AS refusal
FROM unnest(ARRAY[
    '', '  ', 'a rest,', ', a rest', '1a rest', 'é rest', repeat('p', 64) || ' rest',
    'a', 'a, b rest', 'a everything', 'a +5 per unit', 'a .5% of sale',
    'a -2% of sale', 'a -5 per unit', 'a 5', 'a 5 of sale', 'a 1e3 per unit', 'a 5 per', 'a 5 per kilo',
    'a 5.5 per unit', 'a 9223372036854775808 per unit, b rest', 'a 5.% of sale', 'a 2.00001% of sale',
    'a 100.0001% of sale', 'a 101% of sale, b rest', 'a 2%', 'a 2% sale', 'a 2% of price',
    'a 2% of sale min', 'a 2% of sale max x', 'a 2% of sale min -1', 'a 2% of sale max 1.5',
    'a 2% of sale max 9223372036854775808', 'a 2% of sale max 5 min 2', 'a 2% of sale min 5 min 2',
    'a 2% of sale max 6 max 7', 'a cost min 5', 'a rest max 5', 'a 5 per unit min 2', 'a 2% of sale b rest', 'a rest;',
    'a 2% of sale, A rest', 'a rest, b cost, c rest', 'a cost, b rest, c cost', 'a 2% of sale min 6 max 5, b rest',
    'a 60% of sale, b 50% of margin, c 40.5% of sale, d rest', 'a 100% of cost, b 0.0001% of cost, c rest',
    'a 70% of margin, b 70% of margin, c rest',
    'a whole 2% of sale', 'a ladder', 'a ladder()', 'a ladder(5: 1%) of sale, b rest', 'a ladder(0: 1%, 7: 2%, 7: 3%) of sale, b rest',
    'a ladder(0: 1%; 7: 2%) of sale, b rest', 'a ladder(0 1%) of sale, b rest', 'a ladder(0: 1) of sale, b rest', 'a ladder(0: 1%)',
    'a 60% of sale, b ladder(0: 20%, 5: 41%, 9: 1%) of sale, c rest', 'a ladder(0: 100%) of sale',
    'a 99% of sale', 'a cost', 'a 100% of margin', 'a 0 per order, b 100% of sale', 'a 100% of sale max 5',
    'a cost, b 100% of sale', 'a 50% of sale, b 50% of cost, c 50% of margin']) AS t;

-- 64 clauses and no more
SELECT cardinality(parties(('p0 rest' || string_agg(format(', p%s 1%% of sale', i), ''))::split)) AS clauses
FROM generate_series(1, 63) AS i;
SELECT pg_temp.refusal(format('SELECT %L::ktt.split', 'p0 rest' || string_agg(format(', p%s 1%% of sale', i), ''))) AS refusal
FROM generate_series(1, 64) AS i;

-- 64 steps and no more, in all ladders of a rule together
SELECT needs_volume(format('a ladder(0: 0%%%s) of sale, b whole ladder(0: 1%%) of cost, c rest', string_agg(format(', %s: 1%%', i), ''))::split)
FROM generate_series(1, 62) AS i;
SELECT pg_temp.refusal(format('SELECT %L::ktt.split',
           format('a ladder(0: 0%%%s) of sale, b whole ladder(0: 1%%) of cost, c rest', string_agg(format(', %s: 1%%', i), '')))) AS refusal
FROM generate_series(1, 63) AS i;
SELECT name, needs_volume(rule) FROM rules ORDER BY name;

-- Storage: a version byte, the number of clauses, their terms, their parties
SELECT name, split_send(rule) AS packed FROM rules ORDER BY name;

-- Binary there and back
CREATE TEMP TABLE rules_back (name text, rule split);
\copy rules TO 'results/split.binary' (FORMAT binary)
\copy rules_back FROM 'results/split.binary' (FORMAT binary)
SELECT count(*) AS same FROM rules JOIN rules_back USING (name, rule);

-- Broken binary forms. A bytea travels as its bare bytes, so it can pose as a split.
CREATE TEMP TABLE broken (rule split);
\copy (SELECT '\x'::bytea) TO 'results/split.binary' (FORMAT binary)
\copy broken FROM 'results/split.binary' (FORMAT binary)
\copy (SELECT '\x0201070161'::bytea) TO 'results/split.binary' (FORMAT binary)
\copy broken FROM 'results/split.binary' (FORMAT binary)
\copy (SELECT '\x0100'::bytea) TO 'results/split.binary' (FORMAT binary)
\copy broken FROM 'results/split.binary' (FORMAT binary)
\copy (SELECT '\x01010e0161'::bytea) TO 'results/split.binary' (FORMAT binary)
\copy broken FROM 'results/split.binary' (FORMAT binary)
\copy (SELECT '\x0101070141'::bytea) TO 'results/split.binary' (FORMAT binary)
\copy broken FROM 'results/split.binary' (FORMAT binary)
\copy (SELECT '\x01010280000161'::bytea) TO 'results/split.binary' (FORMAT binary)
\copy broken FROM 'results/split.binary' (FORMAT binary)
\copy (SELECT '\x0101010161'::bytea) TO 'results/split.binary' (FORMAT binary)
\copy broken FROM 'results/split.binary' (FORMAT binary)
\copy (SELECT '\x010107016100'::bytea) TO 'results/split.binary' (FORMAT binary)
\copy broken FROM 'results/split.binary' (FORMAT binary)
SELECT count(*) AS broken FROM broken;

-- Equality, order by bytes, hashing
SELECT 'a COST,b rest'::split = 'a cost, b rest' AS equal,
       'a cost, b rest'::split <> 'b rest, a cost' AS clause_order_counts,
       'a rest'::split < 'b rest' AS lt, 'a rest'::split <= 'a rest' AS le,
       'b rest'::split > 'a rest' AS gt, 'a rest'::split >= 'b rest' AS ge,
       split_cmp('a rest', 'b rest') AS cmp;
SELECT count(DISTINCT rule) AS distinct_rules, count(*) AS rows
FROM (SELECT rule FROM rules UNION ALL SELECT rule FROM rules_back) AS both_tables;
SELECT split_hash('a COST,b rest') = split_hash('a cost, b rest') AS same_hash,
       split_hash_extended('a rest', 0)::bit(32) = split_hash('a rest')::bit(32) AS seed_zero_agrees,
       split_hash_extended('a rest', 1) <> split_hash_extended('a rest', 2) AS seed_counts;
CREATE INDEX ON rules (rule);
CREATE INDEX ON rules USING hash (rule);
SET enable_seqscan = off;
EXPLAIN (COSTS off) SELECT name FROM rules WHERE rule = 'supplier rest';
SELECT name FROM rules WHERE rule = 'supplier rest';
RESET enable_seqscan;
SELECT amname, opcname, opcdefault, amvalidate(o.oid) AS valid
FROM pg_opclass o JOIN pg_am a ON a.oid = opcmethod WHERE opcintype = 'ktt.split'::regtype ORDER BY amname;

-- Parties and clauses, jsonb
SELECT name, parties(rule) FROM rules ORDER BY name;
SELECT * FROM clauses((SELECT rule FROM rules WHERE name = 'usual'));
SELECT jsonb_pretty(rule::jsonb) FROM rules WHERE name = 'usual';
SELECT count(*) AS there_and_back FROM rules WHERE rule::jsonb::split = rule;
SELECT j AS input, pg_temp.refusal(format('SELECT %L::jsonb::ktt.split', j)) AS refusal
FROM unnest(ARRAY[
    '[]', '{}', '1', '"a rest"', '[1]', '[["a", "rest"]]', '[{"party": "a"}]', '[{"party": "a", "term": 5}]',
    '[{"party": 5, "term": "rest"}]', '[{"party": "a", "term": "rest", "more": 1}]',
    '[{"party": "a", "term": "rest, b cost"}]', '[{"party": "a 2% of sale", "term": "min 5"}]',
    '[{"party": "", "term": "rest"}]', '[{"party": "a", "term": ""}]', '[{"party": "a", "term": "2% of price"}]',
    '[{"party": "a", "term": "2% of sale max 1 min 2"}]', '[{"party": "a", "term": "9223372036854775808 per unit"}]',
    '[{"party": "a", "term": "rest"}, {"party": "A", "term": "cost"}]', '[{"party": "a", "term": "cost"}]',
    '[{"party": "a", "term": "60% of sale"}, {"party": "b", "term": "ladder(0: 10%, 5: 50%) of sale"}]',
    '[{"party": " A ", "term": " REST "}]', '[{"party": "a", "term": "ladder(0: 10%, 5: 50%) of sale"}, {"party": "b", "term": "rest"}]']) AS j;
SELECT pg_temp.refusal(format('SELECT %L::jsonb::ktt.split', jsonb_agg('{"party": "a", "term": "cost"}'::jsonb))) AS refusal
FROM generate_series(1, 65);

-- Rows: the parts of a sale, in clause order
SELECT name, sale, cost, units, party, amount
FROM (VALUES ('usual', 1990, 1200, 1), ('usual', 1990, 1500, 2), ('usual', 100000, 10000, 1),
             ('margin', 10, 5, 1), ('margin', 1, 0, 1), ('fees', 100, 0, 3), ('fees', 57, 0, 1), ('one', 0, 0, 0)) AS v (name, sale, cost, units)
JOIN rules USING (name), allocate(rule, sale, cost, units) WITH ORDINALITY AS a (party, amount, place)
ORDER BY name, sale, cost, units, place;
SELECT allocate('packer 7 per unit, supplier rest', 100, 0) AS one_unit_is_the_default;
SELECT party, amount FROM allocate('a 50% of sale, b 50% of sale', 9223372036854775807, 0);
SELECT count(*) AS none FROM allocate(NULL, 100, 0);

-- Ladders: the volume before the sale says where on the scale it lies
SELECT volume, sale, array_agg(amount ORDER BY place) AS parts
FROM rules, (VALUES (0, 400), (800, 400), (500, 6000), (5000, 400), (9223372036854775407, 400)) AS v (volume, sale),
     allocate(rule, sale, 100, 1, volume) WITH ORDINALITY AS a (party, amount, place)
WHERE name = 'ladder' GROUP BY volume, sale ORDER BY volume, sale;
SELECT allocate('a ladder(0: 10%, 1000: 20%) of sale, b rest', 600, 0, volume => 700, accounts => '{1,2}', units => 1) AS shares,
       allocate('a ladder(0: 10%, 1000: 20%) of sale, b rest', 600, 0, 1, '{NULL,2}'::bigint[], 700) AS absent;

-- Shares: the same parts by account
SELECT allocate(rule, 1990, 1200, 1, ARRAY[11, 12, 13, 14, 15]) AS shares FROM rules WHERE name = 'usual';
SELECT allocate(rule, 1990, 1200, 1, ARRAY[15, 12, 13, 12, 15]) AS accounts_twice FROM rules WHERE name = 'usual';
SELECT allocate(rule, 1990, 1200, 1, ARRAY[11, 12, NULL, NULL, 15]) AS absent_parts_to_rest FROM rules WHERE name = 'usual';
SELECT allocate('a 0% of sale, b cost, c rest', 100, 100, 1, ARRAY[1, 2, 3]) AS zero_parts_vanish,
       allocate('a rest', 0, 0, 1, ARRAY[1]) AS nothing;
SELECT allocate('a rest', 100, 0, 1, NULL::bigint[]) AS unknown_accounts;
-- A small array in a row has a short header, so its numbers are not aligned.
CREATE TEMP TABLE sales AS
SELECT i AS sale, ARRAY[i, 1, CASE WHEN i % 3 > 0 THEN i + 1 END, 7, 9223372036854775807] AS accounts
FROM generate_series(2000::bigint, 3000) AS i;
SELECT count(*) AS sales, bool_and(total(shares) = sale) AS sum_is_sale,
       bool_and(shares = (SELECT shares_agg(account, amount) FROM
           (SELECT coalesce(account, accounts[5]) AS account, amount
            FROM allocate(rule, sale, 1200, 1) WITH ORDINALITY AS a (party, amount, place)
            JOIN unnest(accounts) WITH ORDINALITY AS u (account, place) USING (place)) AS rows)) AS same_as_rows
FROM (SELECT sale, accounts, rule, allocate(rule, sale, 1200, 1, accounts) AS shares
      FROM sales, rules WHERE name = 'usual') AS allocated;
-- A full row compresses what it holds.
CREATE TEMP TABLE wide (filler text, rule split, accounts bigint[]);
ALTER TABLE wide ALTER filler SET STORAGE plain;
INSERT INTO wide SELECT repeat('x', 3000), ('p0 rest' || string_agg(format(', p%s 1%% of sale', i), ''))::split, array_agg(1::bigint) || 2::bigint
FROM generate_series(1, 63) AS i;
SELECT pg_column_compression(rule) IS NOT NULL AS rule_compressed, pg_column_compression(accounts) IS NOT NULL AS accounts_compressed,
       cardinality(parties(rule)) AS parties, rule = rule::text::split AS same, allocate(rule, 1000, 0, 1, accounts) AS shares FROM wide;

-- Does it hold, and what is left over
SELECT name, sale, cost, units, volume, c.*
FROM (VALUES ('usual', 1990, 1200, 1, 0), ('usual', 1990, 1990, 1, 0), ('usual', 1990, 1991, 1, 0), ('usual', -1, 0, 1, 0),
             ('usual', 1990, 1200, -1, 0), ('usual', 1990, 1200, 1, -1), ('margin', 10, 5, 1, 0), ('fees', 57, 0, 2, 0), ('fees', 64, 0, 2, 0),
             ('fees', 64, 0, 9223372036854775807, 0), ('ladder', 6000, 100, 1, 500), ('ladder', 400, 100, 1, 9223372036854775500)) AS v (name, sale, cost, units, volume)
JOIN rules USING (name), check_split(rule, sale, cost, units, volume) AS c
ORDER BY name, sale, cost, units, volume;
SELECT * FROM check_split('a 9223372036854775807 per order, b 1 per order, c rest', 5, 0);
SELECT * FROM check_split('z 50% of sale, a 50% of sale', 9223372036854775807, 0);
SELECT * FROM check_split(NULL, 5, 0);

-- Why a cent: exact share, rounding, bound
SELECT e.* FROM rules, explain_split(rule, 1990, 1200, 1) AS e WHERE name = 'usual';
SELECT e.* FROM rules, explain_split(rule, 10, 5) AS e WHERE name = 'margin';
SELECT e.* FROM rules, explain_split(rule, 100, 0, 3) AS e WHERE name = 'fees';
SELECT e.* FROM rules, explain_split(rule, 6001, 100, volume => 500) AS e WHERE name = 'ladder';
SELECT ordinal, base, exact, rounding, amount
FROM explain_split('a 33.3333% of sale, b ladder(0: 0%, 5: 66.6667%) of sale, c rest', 9223372036854775807, 0);
SELECT count(*) AS clauses, bool_and(amount = CASE bound WHEN 'min' THEN 20 WHEN 'max' THEN 500 ELSE exact + rounding END) AS adds_up,
       bool_and(abs(rounding) < 1) AS within_a_unit, count(bound) AS bounds, bool_and(base IS NULL OR term LIKE '%\% of %') AS rates_have_bases
FROM rules, generate_series(1500, 9000, 7) AS sale, explain_split(rule, sale, 1200, 1) WHERE name = 'usual';

-- For which sales: exact however wide the range is
SELECT name, lowest, highest, cost, units, volume, b.*
FROM (VALUES ('usual', 0, 9223372036854775807, 1200, 1, 0), ('usual', 1470, 1480, 1200, 1, 0), ('usual', 1200, 1300, 1200, 1, 0), ('usual', 0, 1199, 1200, 1, 0),
             ('margin', 0, 9223372036854775807, 5, 1, 0), ('fees', 0, 9223372036854775807, 0, 3, 0), ('fees', 0, 100, 0, 9223372036854775807, 0),
             ('one', -9223372036854775808, 9223372036854775807, 0, 1, 0), ('one', 5, 5, 0, 1, 0), ('one', 0, 5, -1, 1, 0),
             ('ladder', 0, 9223372036854775807, 100, 1, 0), ('ladder', 0, 9223372036854775807, 100, 1, 500),
             ('ladder', 100, 9223372036854775000, 100, 1, 500)) AS v (name, lowest, highest, cost, units, volume)
JOIN rules USING (name), split_bounds(rule, lowest, highest, cost, units, volume) AS b
ORDER BY name, lowest, highest, cost, units, volume;
SELECT * FROM split_bounds('a 50.0001% of sale, b 49.9999% of margin, c rest', 0, 9223372036854775807, 0);
SELECT b.*, bool_and(c.holds) AS all_hold, min(sale) FILTER (WHERE NOT c.holds) AS lowest, max(sale) FILTER (WHERE NOT c.holds) + 1 AS behind_highest
FROM split_bounds('a 49.97% of sale, b 50.04% of margin max 8000, c 2 per unit, d rest', 100, 20000, 6) AS b,
     generate_series(100, 20000) AS sale, check_split('a 49.97% of sale, b 50.04% of margin max 8000, c 2 per unit, d rest', sale, 6) AS c
GROUP BY b.holds, b.fails_at, b.holds_from;
SET statement_timeout = '50ms';
SELECT count(split_bounds(rule::split, 0, 9223372036854775807, i))
FROM generate_series(0, 1000) AS i, (VALUES ('a 50.0001% of sale, b 49.9999% of margin, c rest')) AS v (rule);
RESET statement_timeout;

-- Broken calls
SELECT call, pg_temp.refusal('SELECT ' || call) AS refusal FROM unnest(ARRAY[
    $$allocate('a rest', -1, 0)$$,
    $$allocate('a rest', 5, 6)$$,
    $$allocate('a rest', 5, -1)$$,
    $$allocate('a rest', 5, 5, -1)$$,
    $$allocate('a rest', 5, 5, 1, -1)$$,
    $$allocate('a ladder(0: 1%) of sale, b rest', 6, 6, 1, 9223372036854775802)$$,
    $$allocate('a ladder(0: 1%) of sale, b rest', 6, 6, 1, '{1,2}'::bigint[], 9223372036854775802)$$,
    $$allocate('a 50 per unit, b rest', 99, 0, 2)$$,
    $$allocate('a 90% of sale, b cost, c rest', 100, 50)$$,
    $$allocate('a 1% of sale min 20, b rest', 19, 0)$$,
    $$allocate('a 9223372036854775807 per unit, b rest', 1, 0, 9223372036854775807)$$,
    $$allocate('a rest', 5, 6, 1, accounts => '{1}')$$,
    $$allocate('a 1% of sale min 20, b rest', 19, 0, 1, accounts => '{1,2}')$$,
    $$allocate('a 1% of sale min 20, b rest', 19, 0, 1, accounts => '{NULL,2}')$$,
    $$allocate('a cost, b rest', 5, 5, 1, accounts => '{1}')$$,
    $$allocate('a cost, b rest', 5, 5, 1, accounts => '{}')$$,
    $$allocate('a cost, b rest', 5, 5, 1, accounts => '{{1,2}}')$$,
    $$allocate('a cost, b rest', 5, 5, 1, accounts => '{1,0}')$$,
    $$allocate('a cost, b rest', 5, 5, 1, accounts => '{-1,1}')$$,
    $$allocate('a cost, b rest', 5, 5, 1, accounts => '{1,NULL}')$$,
    $$allocate('a cost, b 100% of margin', 5, 5, 1, accounts => '{1,NULL}')$$,
    $$allocate('a cost, b rest', 5, 5, 1, '{1,2}')$$,
    $$explain_split('a rest', 5, 6)$$,
    $$explain_split('a 50 per unit, b rest', 99, 0, 2)$$,
    $$split_bounds('a rest', 6, 5, 0)$$]) AS call;

-- Apportionment: largest remainder, ties to the first
SELECT total, weights, apportion(total, weights) FROM (VALUES
    (100, '{1,1,1}'::bigint[]), (5, '{70,30}'), (-5, '{70,30}'), (0, '{0,3}'), (1, '{0,1,1}'),
    (9223372036854775807, '{9223372036854775807,9223372036854775807,9223372036854775807}'),
    (-9223372036854775808, '{1}'), (-9223372036854775808, '{1,2}')) AS v (total, weights);
SELECT count(*) AS weights, sum(part) AS total, min(part), max(part)
FROM unnest(apportion(123456789, (SELECT array_agg(i) FROM generate_series(1::bigint, 100000) AS i))) AS part;
SELECT apportion(10, ('[0:1]={1,1}')::bigint[]) AS bounds_start_at_one, apportion(NULL, '{1}') AS unknown_total;
SELECT call, pg_temp.refusal('SELECT ' || call) AS refusal FROM unnest(ARRAY[
    $$apportion(5, '{}')$$, $$apportion(5, '{0,0}')$$, $$apportion(0, '{0}')$$, $$apportion(5, '{1,-1}')$$,
    $$apportion(5, '{1,NULL}')$$, $$apportion(5, '{{1},{2}}')$$]) AS call;
