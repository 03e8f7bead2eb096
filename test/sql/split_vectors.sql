-- Published allocation and fee vectors against apportion() and allocate().
-- test/data/README.md says where they come from.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS ktt CASCADE;
RESET client_min_messages;
SET search_path = ktt, public;
\pset null '(null)'

CREATE TEMP TABLE alloc_vectors (
    vector_id text PRIMARY KEY, source text, method text, amount_minor bigint, weights text, expected_minor text,
    published text, sum_preserved text, hamilton_first_tie text, equals_hamilton text, note text);
CREATE TEMP TABLE alloc_invoices (
    invoice_no text PRIMARY KEY, lines integer, total_pence bigint, commission_pence bigint, line_nos text,
    weights_pence text, expected_shares_pence text);
CREATE TEMP TABLE fee_rules (
    rule_id text PRIMARY KEY, kind text, description text, basis text, parameters text, source text, source_kind text);
CREATE TEMP TABLE fee_vectors (
    vector_id text PRIMARY KEY, rule_id text REFERENCES fee_rules, input_minor text, expected_minor text, published text, note text);
-- psql does not put variables into \copy, but the shell knows the same directory.
\copy alloc_vectors FROM PROGRAM 'gzip -dc "$PG_ABS_SRCDIR/data/alloc_vectors.csv.gz"' (FORMAT csv, HEADER)
\copy alloc_invoices FROM PROGRAM 'gzip -dc "$PG_ABS_SRCDIR/data/alloc_uci_invoices.csv.gz"' (FORMAT csv, HEADER)
\copy fee_rules FROM PROGRAM 'gzip -dc "$PG_ABS_SRCDIR/data/fee_rules.csv.gz"' (FORMAT csv, HEADER)
\copy fee_vectors FROM PROGRAM 'gzip -dc "$PG_ABS_SRCDIR/data/fee_vectors.csv.gz"' (FORMAT csv, HEADER)

-- Weights as whole numbers: 0.5 and 3/2 become 1 and 3 over their common denominator.
CREATE AGGREGATE pg_temp.common_multiple(numeric) (SFUNC = lcm, STYPE = numeric);
CREATE FUNCTION pg_temp.whole_weights(weights text) RETURNS bigint[] LANGUAGE sql AS $$
    WITH fractions AS (
        SELECT place,
               split_part(weight, '/', 1)::numeric * 10 ^ scale(split_part(weight, '/', 1)::numeric)::numeric AS over,
               coalesce(nullif(split_part(weight, '/', 2), '')::numeric, 1) * 10 ^ scale(split_part(weight, '/', 1)::numeric)::numeric AS under
        FROM string_to_table(weights, ' ') WITH ORDINALITY AS t (weight, place))
    SELECT coalesce(array_agg((over * common / under)::bigint ORDER BY place), '{}')
    FROM fractions, (SELECT trim_scale(pg_temp.common_multiple(trim_scale(under))) AS common FROM fractions) AS c
$$;
SELECT weights, pg_temp.whole_weights(weights) FROM alloc_vectors WHERE vector_id IN ('moneyphp-14', 'brickmoney-11', 'brickmoney-13', 'rubymoney-17');

-- What ktt answers: the parts, or that the weights are refused.
CREATE FUNCTION pg_temp.answer(total bigint, weights bigint[]) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN array_to_string(apportion(total, weights), ' ');
EXCEPTION WHEN division_by_zero OR invalid_parameter_value THEN
    RETURN 'error';
END $$;

CREATE TEMP TABLE answers AS
SELECT *, pg_temp.answer(amount_minor, pg_temp.whole_weights(coalesce(weights, ''))) AS answer FROM alloc_vectors;

-- By the rule of the source: how many rows publish what ktt answers. Every row equals the exact largest remainder
-- (ties to the first, negative totals by absolute value), whatever its source does.
SELECT CASE WHEN method IN ('largest_remainder', 'even_split', 'error') THEN 'ours' ELSE 'another' END AS rule,
       method, count(*) AS rows,
       count(*) FILTER (WHERE answer = expected_minor) AS as_published,
       count(*) FILTER (WHERE answer = hamilton_first_tie) AS as_largest_remainder
FROM answers GROUP BY 1, method ORDER BY 1 DESC, method;

-- Where the source states our rule and still publishes something else
SELECT vector_id, amount_minor, weights, expected_minor, answer, note
FROM answers
WHERE method IN ('largest_remainder', 'even_split', 'error') AND answer IS DISTINCT FROM expected_minor;

-- Where ktt differs from the exact largest remainder: nowhere
SELECT vector_id, hamilton_first_tie, answer FROM answers WHERE answer IS DISTINCT FROM hamilton_first_tie;

-- The same weights as a rule, where they are percentages of four decimals
WITH rules AS (
    SELECT amount_minor, hamilton_first_tie,
           (SELECT string_agg(format('p%s %s%% of sale', place, trim_scale(100.0 * weight / total)), ', ' ORDER BY place)
            FROM unnest(whole) WITH ORDINALITY AS w (weight, place)) AS rule
    FROM alloc_vectors, pg_temp.whole_weights(weights) AS whole,
         LATERAL (SELECT sum(weight) AS total FROM unnest(whole) AS weight) AS s
    WHERE amount_minor >= 0 AND total > 0 AND hamilton_first_tie <> 'error'
      AND NOT EXISTS (SELECT FROM unnest(whole) AS weight WHERE 1000000.0 * weight % total <> 0))
SELECT count(*) AS rules, count(*) FILTER (WHERE hamilton_first_tie =
       (SELECT string_agg(amount::text, ' ') FROM allocate(rule::split, amount_minor, 0))) AS as_largest_remainder
FROM rules;

-- Commissions of real invoices over their lines
SELECT count(*) AS invoices, sum(lines) AS lines, sum(commission_pence) AS commission,
       count(*) FILTER (WHERE shares = string_to_array(expected_shares_pence, ' ')::bigint[]) AS as_expected,
       count(*) FILTER (WHERE commission_pence = (SELECT sum(share) FROM unnest(shares) AS share)) AS sums_hold
FROM (SELECT *, apportion(commission_pence, string_to_array(weights_pence, ' ')::bigint[]) AS shares FROM alloc_invoices) AS i;

-- Fees. How each published rule is said as a split; the fee is the named part. No text: not a split.
CREATE TEMP TABLE said (rule_id text PRIMARY KEY, rule split, fee text[], why text);
INSERT INTO said VALUES
    ('ebay2023', 'percent 13.25% of sale, fixed 30 per order, seller rest', '{percent,fixed}', NULL),
    ('ebay2010_auction', 'fee 9% of sale max 25000, seller rest', '{fee}', NULL),
    ('youzan', 'fee 0.6% of sale, merchant rest', '{fee}', NULL),
    ('wechat_fee', 'fee 0.6% of sale, merchant rest', '{fee}', NULL),
    ('wechat_shareable', 'fee 0.6% of sale, merchant rest', '{merchant}', NULL),
    ('ebay2011_electronics', 'fee ladder(0: 7%, 5000: 5%, 100000: 2%) of sale, seller rest', '{fee}', NULL),
    ('ebay2011_clothing', 'fee ladder(0: 10%, 5000: 8%, 100000: 2%) of sale, seller rest', '{fee}', NULL),
    ('ebay2011_media', 'fee ladder(0: 13%, 5000: 5%, 100000: 2%) of sale, seller rest', '{fee}', NULL),
    ('amazon2018_jewelry', 'fee ladder(0: 20%, 25000: 5%) of sale min 200, seller rest', '{fee}', NULL),
    ('amazon2017_grocery', 'fee whole ladder(0: 8%, 1501: 15%) of sale, seller rest', '{fee}', NULL),
    ('ebay2024', NULL, NULL, 'the fixed part is a step of the whole amount'),
    ('wechat_split_limit', NULL, NULL, 'a limit on what others get, not a rule of who gets what'),
    ('wechat_split_limit_v2', NULL, NULL, 'a limit on the number of requests');
SELECT count(*) AS rules_left_out FROM fee_rules LEFT JOIN said USING (rule_id) WHERE said.rule_id IS NULL;

-- A named number of an input such as "paid=10000 refunded=0"; 0 when it is not there
CREATE FUNCTION pg_temp.input(inputs text, name text) RETURNS bigint LANGUAGE sql AS
    $$SELECT coalesce(substring(inputs FROM '\m' || name || '=(\d+)')::bigint, 0)$$;
-- What is left once earlier refunds are taken off
CREATE FUNCTION pg_temp.basis(inputs text) RETURNS bigint LANGUAGE sql AS $$
    SELECT pg_temp.input(inputs, 'total') + pg_temp.input(inputs, 'paid') + pg_temp.input(inputs, 'amount')
         - pg_temp.input(inputs, 'refunded_before_settlement') - pg_temp.input(inputs, 'refunded')$$;
-- The fee by a rule; NULL when the rule does not hold, because the fee would be above the sale
CREATE FUNCTION pg_temp.fee(rule split, parties text[], inputs text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT sum(amount)::bigint - pg_temp.input(inputs, 'shared')
            FROM allocate(rule, pg_temp.basis(inputs), 0) WHERE party = ANY (parties));
EXCEPTION WHEN SQLSTATE 'KT201' THEN
    RETURN NULL;
END $$;

CREATE TEMP TABLE fees AS
SELECT vector_id, rule_id, kind, input_minor, published, expected_minor,
       split_part(expected_minor, '/', 1)::numeric / coalesce(nullif(split_part(expected_minor, '/', 2), '')::numeric, 1) AS expected,
       pg_temp.fee(rule, fee, input_minor) AS answer
FROM fee_vectors JOIN fee_rules USING (rule_id) JOIN said USING (rule_id) WHERE rule IS NOT NULL;
SELECT rule_id, kind, count(*) AS rows, count(*) FILTER (WHERE published = 'yes') AS published,
       count(*) FILTER (WHERE answer = expected) AS equal,
       count(*) FILTER (WHERE answer <> expected AND abs(answer - expected) < 1 AND expected <> trunc(expected)) AS rounded,
       count(*) FILTER (WHERE answer IS NULL) AS does_not_hold
FROM fees GROUP BY rule_id, kind ORDER BY rule_id;

-- What is not equal: a fee above its sale, and a figure of the source that is no whole number of fen
SELECT vector_id, rule_id, input_minor, expected_minor, answer FROM fees WHERE answer IS DISTINCT FROM expected ORDER BY vector_id;

-- Rules that a split cannot express
SELECT rule_id, kind, why, count(vector_id) AS rows
FROM said JOIN fee_rules USING (rule_id) LEFT JOIN fee_vectors USING (rule_id)
WHERE rule IS NULL GROUP BY rule_id, kind, why ORDER BY rule_id;

-- A fixed part with a step is two rules for whoever knows the amount.
SELECT input_minor, published, expected_minor, answer
FROM (SELECT *, pg_temp.fee(format('percent 13.25%% of sale, fixed %s per order, seller rest',
                                   CASE WHEN pg_temp.basis(input_minor) > 1000 THEN 40 ELSE 30 END)::split, '{percent,fixed}', input_minor) AS answer
      FROM fee_vectors WHERE rule_id = 'ebay2024') AS v
ORDER BY vector_id;

-- The tiers of one sale are those of any way to sell it piece by piece, but for half a unit of rounding each.
SELECT rule_id, count(*) AS ways, max(pieces) AS pieces, count(*) FILTER (WHERE 2 * abs(fees - whole) <= pieces + 1) AS within_rounding,
       max(abs(fees - whole)) AS furthest
FROM (SELECT rule_id, vector_id, step, count(*) AS pieces, sum(f.amount) AS fees, min(answer) AS whole
      FROM fees JOIN said USING (rule_id), unnest(ARRAY[997, 5000, 33333, 100000]) AS step,
           LATERAL (SELECT pg_temp.basis(input_minor) AS total) AS t,
           generate_series(0, total - 1, step) AS sold,
           allocate(rule, least(step, total - sold), 0, 1, sold) AS f
      WHERE kind = 'marginal_tiers' AND f.party = 'fee'
      GROUP BY rule_id, vector_id, step) AS w
GROUP BY rule_id ORDER BY rule_id;
