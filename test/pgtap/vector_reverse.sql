-- reverse(): whatever the sequence of partial refunds, every step gives back the refund to the cent, nobody more than is left of his
-- share, and all of them together exactly the whole. A slow reference in numeric decides every step. KTT_LONG=1 runs more of it.
\set ON_ERROR_STOP on
\set ORDERS 800
\getenv long KTT_LONG
\if :{?long}
\set ORDERS 60000
\endif
SET search_path = ktt, public;
SELECT plan(14);
SELECT setseed(0.618) \g /dev/null

-- Accounts lie near and far apart; amounts are a few cents, equal (ties), usual, or as large as they get.
CREATE TEMP TABLE wholes AS
SELECT n, CASE n % 10 WHEN 0 THEN 'cents' WHEN 1 THEN 'equal' WHEN 2 THEN 'many' WHEN 3 THEN 'huge' WHEN 4 THEN 'one' ELSE 'usual' END AS kind,
       (SELECT shares_agg(CASE WHEN n % 3 = 0 THEN a * 1000003 ELSE a END,
                          CASE n % 10 WHEN 0 THEN floor(random() * 4)::bigint WHEN 1 THEN 1 + n % 50
                                      WHEN 3 THEN 9223372036854775807 - floor(random() * 1000)::bigint
                                      ELSE floor(random() ^ 3 * 100000)::bigint END)
        FROM generate_series(1, CASE n % 10 WHEN 2 THEN 150 WHEN 3 THEN 1 + n / 10 % 4 WHEN 4 THEN 1 ELSE 1 + n / 10 % 9 END) AS a) AS whole
FROM generate_series(1, :ORDERS) AS n;
UPDATE wholes SET whole = '{}' WHERE n % 97 = 5;

-- Refund until nothing is left. The sequences: random parts with zeros between, cent by cent, all but a cent, thirds, powers of ten.
CREATE TEMP TABLE steps (n int, step int, "left" shares, refund bigint, part shares);
CREATE FUNCTION pg_temp.refund(sequence int, remaining numeric) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT least(9223372036854775807, remaining, CASE
        WHEN sequence % 5 = 1 AND remaining <= 60 THEN 1
        WHEN sequence % 5 = 2 THEN greatest(remaining - 1, 1)
        WHEN sequence % 5 = 3 THEN ceil(remaining / 3)
        WHEN sequence % 5 = 4 THEN 10 ^ floor(random() * (1 + trunc(log(remaining)))::float8)::numeric
        WHEN random() < 0.1 THEN 0
        ELSE ceil(remaining * random()::numeric) END)::bigint
$$;
DO $$
DECLARE
    w record; remaining shares; rest numeric; amount bigint; taken shares; step int;
BEGIN
    FOR w IN SELECT * FROM wholes LOOP
        remaining := w.whole;
        SELECT coalesce(sum(e.amount), 0) INTO rest FROM entries(w.whole) e;
        FOR step IN 1 .. 100000 LOOP
            EXIT WHEN rest = 0;
            amount := pg_temp.refund(w.n / 10, rest);
            taken := reverse(remaining, amount);
            INSERT INTO steps VALUES (w.n, step, remaining, amount, taken);
            remaining := remaining - taken;
            rest := rest - amount;
        END LOOP;
        INSERT INTO steps VALUES (w.n, 0, remaining, 0, reverse(remaining, 0));
    END LOOP;
END $$;
ANALYZE steps;
SELECT cmp_ok((SELECT count(*) FROM steps), '>', 8 * :ORDERS::bigint, 'every whole was refunded in several steps');

-- The reference: whole parts of the exact shares, and the cents left over to the largest remainders, ties to the lower account.
CREATE TEMP TABLE expected AS
WITH weighed AS (
    SELECT s.n, s.step, e.account, e.amount, s.refund, sum(e.amount) OVER w AS total,
           div(s.refund * e.amount::numeric, sum(e.amount) OVER w) AS down, mod(s.refund * e.amount::numeric, sum(e.amount) OVER w) AS remainder
    FROM steps s, entries(s."left") e WINDOW w AS (PARTITION BY s.n, s.step)),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY n, step ORDER BY remainder DESC, account) AS place, refund - sum(down) OVER (PARTITION BY n, step) AS units_over FROM weighed)
SELECT n, step, account, amount, refund, total, down + CASE WHEN place <= units_over THEN 1 ELSE 0 END AS part FROM ranked;

CREATE TEMP TABLE found AS SELECT s.n, s.step, e.account, e.amount AS part FROM steps s, entries(s.part) e;
SELECT is_empty($$
    SELECT n, step, account, part FROM found EXCEPT SELECT n, step, account, part FROM expected
    $$, 'every part is the reference''s');
SELECT is_empty($$
    SELECT n, step, account, part FROM expected WHERE part <> 0 EXCEPT SELECT n, step, account, part FROM found
    $$, 'no part is missing');
SELECT is_empty($$
    SELECT s.n, s.step FROM steps s LEFT JOIN found f USING (n, step) GROUP BY s.n, s.step, s.refund HAVING coalesce(sum(f.part), 0) <> s.refund
    $$, 'the parts of a step sum to its refund');
SELECT is_empty($$
    SELECT f.* FROM found f LEFT JOIN expected e USING (n, step, account) WHERE e.account IS NULL OR f.part < 0 OR f.part > e.amount
    $$, 'nobody gives back more than is left of his share, or less than nothing');
SELECT is_empty($$
    SELECT e.* FROM expected e LEFT JOIN found f USING (n, step, account)
    WHERE abs(coalesce(f.part, 0) * e.total - e.refund * e.amount::numeric) >= e.total
    $$, 'every part is within one unit of its exact share');
SELECT is_empty($$
    SELECT w.n FROM wholes w JOIN steps s ON s.n = w.n GROUP BY w.n, w.whole HAVING sum(s.part) <> w.whole
    $$, 'all refunds together are the whole');
SELECT is_empty($$SELECT n, "left" FROM steps WHERE step = 0 AND ("left" <> '{}' OR part <> '{}')$$, 'at the end nothing is left, and nothing more comes');
SELECT is_empty($$SELECT n, step, part FROM steps WHERE refund = 0 AND part <> '{}'$$, 'a refund of nothing takes nothing');

-- The same refunds in another order take other parts and end alike.
SELECT is_empty($$
    SELECT n FROM (SELECT n, reverse(whole, total(whole) / 3) AS first, whole FROM wholes WHERE kind <> 'huge') AS a
    WHERE first + reverse(whole - first, total(whole - first)) <> whole
    $$, 'a third and the rest are the whole');

-- A cent more, or less than nothing, is refused at every step.
CREATE FUNCTION pg_temp.code("left" shares, refund bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM reverse("left", refund);
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;
SELECT is_empty($$
    SELECT s.n, s.step FROM steps s JOIN wholes w USING (n) WHERE CASE WHEN w.kind <> 'huge' AND s.step % 3 = 0 THEN pg_temp.code(s."left", total(s."left") + 1) IS DISTINCT FROM '22023' END
    $$, 'a cent more than is left is refused');
SELECT is_empty($$
    SELECT n, step FROM steps WHERE step % 3 = 0 AND (pg_temp.code("left", -1) IS DISTINCT FROM '22023'
        OR pg_temp.code("left", -9223372036854775808) IS DISTINCT FROM '22023')
    $$, 'a negative refund is refused');
SELECT is_empty($$
    SELECT n FROM wholes WHERE whole <> '{}' AND (pg_temp.code(- whole, 0) IS DISTINCT FROM '22023'
        OR pg_temp.code(whole + shares(1000000007, -1), 1) IS DISTINCT FROM '22023')
    $$, 'shares with debts among them are refused: what a refund of a debt means is not for a division to say');
SELECT is(reverse('{5:9223372036854775807,9:9223372036854775807,11:9223372036854775807}', 9223372036854775807),
          '{5:3074457345618258603,9:3074457345618258602,11:3074457345618258602}'::shares, 'a total beyond bigint is divided as well');
SELECT * FROM finish();
