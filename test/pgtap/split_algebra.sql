-- What must hold of every split and every apportionment, whatever the numbers are.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET search_path = ktt, public;
BEGIN;
SELECT plan(22);

CREATE TEMP TABLE cases (
    id int PRIMARY KEY, rule text NOT NULL, sale bigint NOT NULL, cost bigint NOT NULL, units bigint NOT NULL, volume bigint NOT NULL,
    left_over bigint, parts bigint[], explained jsonb, accounts bigint[] NOT NULL, shares text NOT NULL);
\copy cases FROM PROGRAM 'python3 -B test/oracle/generate.py --sql --seed 2 6000' (DELIMITER '|', NULL '')
CREATE TEMP TABLE sales AS
SELECT id, rule::split AS rule, sale, cost, units, volume, accounts FROM cases WHERE parts IS NOT NULL;
SELECT cmp_ok((SELECT count(*) FROM sales), '>', 3000::bigint, 'thousands of sales under rules that hold for them');

-- Sums.
SELECT is_empty($$SELECT s.id FROM sales s, allocate(rule, sale, cost, units, volume) AS a
                  GROUP BY s.id, s.sale HAVING sum(a.amount) <> s.sale OR min(a.amount) < 0$$, 'the parts are the sale, and none is below zero');
SELECT is_empty($$SELECT id FROM sales WHERE array_position(accounts, NULL) IS NULL AND total(allocate(rule, sale, cost, units, accounts, volume)) <> sale$$,
                'the same by account');

-- A party that is absent: as if the rest's own account stood there.
CREATE TEMP TABLE takers AS
SELECT s.*, c.ordinal AS taker, 1 + s.id % cardinality(parties(s.rule)) AS away
FROM sales s, clauses(s.rule) AS c WHERE c.term = 'rest';
SELECT is_empty($$SELECT t.id FROM takers t, generate_series(1, 1 + cardinality(accounts) / 5) AS n,
                         LATERAL (SELECT array_agg(i::bigint ORDER BY i) AS everybody,
                                         array_agg(CASE WHEN i = taker OR (i + n) % 3 > 0 THEN i END::bigint ORDER BY i) AS present,
                                         array_agg(CASE WHEN i = taker OR (i + n) % 3 > 0 THEN i ELSE taker END::bigint ORDER BY i) AS instead
                                  FROM generate_subscripts(accounts, 1) AS i) AS a
                  WHERE allocate(rule, sale, cost, units, present, volume) <> allocate(rule, sale, cost, units, instead, volume)
                     OR total(allocate(rule, sale, cost, units, present, volume)) <> sale$$, 'an absent party gives its part to the rest');
SELECT is_empty($$SELECT t.id FROM takers t,
                         allocate(rule, sale, cost, units, array_fill(NULL::bigint, ARRAY[taker - 1]) || 9::bigint
                                                         || array_fill(NULL::bigint, ARRAY[cardinality(accounts) - taker]), volume) AS s(shares)
                  WHERE s.shares <> shares(ARRAY[9::bigint], ARRAY[sale]) AND sale > 0$$, 'when all others are absent, the rest gets it all');

-- Another order of the clauses: the same parts, but for units that go to the first of equal remainders.
CREATE TEMP TABLE shuffled AS
SELECT s.*, (SELECT jsonb_agg(c ORDER BY md5(s.id || c::text)) FROM jsonb_array_elements(rule::jsonb) AS c)::split AS other FROM sales s;
CREATE TEMP TABLE pairs AS
SELECT s.id, a.ordinal, a.party, a.term, a.base, a.exact, a.exact + a.rounding AS rounded, b.ordinal AS other_ordinal, b.exact + b.rounding AS other_rounded,
       b.exact AS other_exact, a.amount, b.amount AS other_amount, a.bound, b.bound AS other_bound, a.exact - floor(a.exact) AS remainder,
       substring(a.term FROM ' of (\w+)( min \d+)?( max \d+)?$') AS of
FROM shuffled s, explain_split(s.rule, s.sale, s.cost, s.units, s.volume) AS a JOIN explain_split(s.other, s.sale, s.cost, s.units, s.volume) AS b USING (party);
SELECT cmp_ok(count(*), '>', 20000::bigint, 'clauses in two orders') FROM pairs;
SELECT cmp_ok(count(*) FILTER (WHERE rounded <> other_rounded), '>', 500::bigint, 'some of them with another part') FROM pairs;
SELECT is_empty($$SELECT * FROM pairs WHERE exact <> other_exact AND term <> 'rest'$$, 'no exact share depends on the order');
SELECT is_empty($$SELECT id, of, remainder FROM pairs WHERE of IS NOT NULL GROUP BY id, of, remainder
                  HAVING sum(rounded) <> sum(other_rounded)$$,
                'clauses with equal remainders get as many units between them in either order');
SELECT is_empty($$SELECT id, of, remainder FROM pairs WHERE of IS NOT NULL GROUP BY id, of, remainder
                  HAVING max(ordinal) FILTER (WHERE rounded > exact) > min(ordinal) FILTER (WHERE rounded < exact)
                      OR max(other_ordinal) FILTER (WHERE other_rounded > exact) > min(other_ordinal) FILTER (WHERE other_rounded < exact)$$,
                'and the earlier of them get these');
SELECT is_empty($$SELECT p.id FROM pairs p JOIN pairs q USING (id, of)
                  WHERE p.remainder > q.remainder AND (p.rounded < p.exact AND q.rounded > q.exact OR p.other_rounded < p.exact AND q.other_rounded > q.exact)$$,
                'a larger remainder is served before a smaller one');
SELECT is_empty($$SELECT id FROM pairs WHERE rounded = other_rounded AND term <> 'rest' AND (amount <> other_amount OR bound IS DISTINCT FROM other_bound)$$,
                'what is equal before min and max is equal after them');
SELECT is_empty($$SELECT id FROM pairs GROUP BY id HAVING bool_and(rounded = other_rounded OR term = 'rest') AND bool_or(amount <> other_amount)$$,
                'without such ties the parts are the same, the rest too');

-- Sales one after the other under marginal ladders, each behind the volume before it: the ladder of their sum.
CREATE TEMP TABLE runs AS
SELECT n AS id, r.rule::split, v.start, array_agg(s.sale ORDER BY i) AS sales
FROM generate_series(1, 400) AS n,
     LATERAL (SELECT format('a ladder(0: %s%%, %s: %s%%, %s: %s%%) of sale, b %s%% of sale, c ladder(0: 5%%, %s: 1%%) of sale, d rest',
                            n % 20, 100 + n, n % 31, 2000 + 7 * n, (n * 7) % 40, round((n * 1301 % 300000) / 10000.0, 4), n * n)) AS r(rule),
     LATERAL (SELECT (n % 4) * 500 * n) AS v(start), generate_series(1, 1 + n % 30) AS i,
     LATERAL (SELECT (hashint8extended(n * 100 + i, 0) & 1023) * (1 + n % 5)) AS s(sale)
GROUP BY n, r.rule, v.start;
CREATE TEMP TABLE ladders AS
SELECT r.id, e.party, cardinality(r.sales) AS count, sum(e.exact) AS exact, sum(e.amount) AS amount, w.exact AS exact_of_sum, w.amount AS amount_of_sum
FROM runs r CROSS JOIN LATERAL (SELECT u.sale, (r.start + sum(u.sale) OVER (ORDER BY u.i) - u.sale)::bigint AS volume
                                FROM unnest(r.sales) WITH ORDINALITY AS u(sale, i)) AS u
CROSS JOIN LATERAL explain_split(r.rule, u.sale, 0, 1, u.volume) AS e
JOIN LATERAL explain_split(r.rule, (SELECT sum(sale) FROM unnest(r.sales) AS sale)::bigint, 0, 1, r.start) AS w USING (party)
GROUP BY r.id, r.sales, e.party, w.exact, w.amount;
SELECT cmp_ok(count(DISTINCT id) FILTER (WHERE count > 10 AND amount <> amount_of_sum), '>', 50::bigint, 'runs of many sales that rounding tells from one') FROM ladders;
SELECT is_empty($$SELECT * FROM ladders WHERE party <> 'd' AND exact <> exact_of_sum$$, 'the exact shares of the sales are that of their sum');
SELECT is_empty($$SELECT * FROM ladders WHERE party <> 'd' AND abs(amount - amount_of_sum) >= count + 1$$, 'the parts are, but for less than a unit a sale');

-- Apportionment.
CREATE TEMP TABLE weighted AS
SELECT n AS id, t.total, array_agg(w.weight ORDER BY i) AS weights
FROM generate_series(1, 3000) AS n,
     LATERAL (SELECT CASE n % 5 WHEN 0 THEN hashint8extended(n, 1) ELSE hashint8extended(n, 1) % (10 * n) END) AS t(total),
     generate_series(0, n % 40) AS i,
     LATERAL (SELECT CASE n % 3 WHEN 0 THEN hashint8extended(n * 64 + i, 2) & 9223372036854775807 ELSE hashint8extended(n * 64 + i, 2) & (n % 8) END) AS w(weight)
GROUP BY n, t.total HAVING max(w.weight) > 0;
CREATE TEMP TABLE apportioned AS
SELECT w.id, w.total, p.i, p.weight, p.part, sum(p.weight) OVER (PARTITION BY w.id) AS sum
FROM weighted w, unnest(w.weights, apportion(w.total, w.weights)) WITH ORDINALITY AS p(weight, part, i);
SELECT is_empty($$SELECT id FROM apportioned GROUP BY id, total HAVING sum(part) <> total$$, 'apportioned parts are the total');
SELECT is_empty($$SELECT * FROM apportioned WHERE abs(part * sum - total::numeric * weight) >= sum OR weight = 0 AND part <> 0 OR part <> 0 AND sign(part) <> sign(total)$$,
                'each is within a unit of its exact share, on the side of the total, and no weight gets nothing');
SELECT is_empty($$SELECT a.id FROM apportioned a JOIN apportioned b USING (id)
                  CROSS JOIN LATERAL (SELECT abs(a.total::numeric) * a.weight % a.sum AS left_a, abs(b.total::numeric) * b.weight % b.sum AS left_b) AS r
                  WHERE (left_a > left_b OR left_a = left_b AND a.i < b.i)
                    AND abs(a.part) * a.sum < abs(a.total::numeric) * a.weight AND abs(b.part) * b.sum > abs(b.total::numeric) * b.weight$$,
                'a larger remainder before a smaller one, the first of equal ones');
SELECT is_empty($$SELECT id FROM weighted WHERE total > -9223372036854775807
                     AND apportion(-total, weights) <> (SELECT array_agg(-p ORDER BY i) FROM unnest(apportion(total, weights)) WITH ORDINALITY AS p(p, i))$$,
                'a total below zero mirrors that above');
SELECT is_empty($$SELECT id FROM weighted WHERE (SELECT max(w) FROM unnest(weights) AS w) < 1000000000
                     AND apportion(total, weights) <> apportion(total, (SELECT array_agg(w * 999999937 ORDER BY i) FROM unnest(weights) WITH ORDINALITY AS w(w, i)))$$,
                'only the proportion of weights counts');
SELECT is_empty($$SELECT s.id FROM sales s, LATERAL (SELECT array_agg((exact * 1000000)::bigint ORDER BY ordinal) AS shares FROM explain_split(rule, sale, cost, units, volume)) AS e
                  WHERE sale BETWEEN 1 AND 1000000 AND rule::text ~ '^(\w+ [0-9.]+% of sale(, |$))+$'
                    AND apportion(sale, shares) <> (SELECT array_agg(amount ORDER BY i) FROM allocate(rule, sale, cost, units, volume) WITH ORDINALITY AS a(party, amount, i))$$,
                'a split into percentages of the sale is an apportionment by them');

SELECT * FROM finish();
ROLLBACK;
