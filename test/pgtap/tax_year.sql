-- Twenty years of one leader's commission, month by month, and the tax on it as Python withholds it.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(10);
\ir lib/market.sql

CREATE TEMP TABLE month (year int, rule split, month int, earned bigint, withheld bigint);
\copy month FROM PROGRAM 'python3 -B test/oracle/fees.py tax 5 20' (FORMAT csv)
SELECT set_tax_rule('person', make_date(2000 + year, 1, 1), 'year', rule, 'year ' || year) FROM month WHERE month = 0 ORDER BY year \g /dev/null

-- As a settlement would have posted it, had it been then.
CREATE FUNCTION pg_temp.earn(amount bigint, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_account bigint := account('seller', 'commission');
    v_entries shares := shares(account('seller', 'commission'), earn.amount) - shares(market_account('clearing'), earn.amount);
    v_id bigint := nextval('journals_id_seq');
BEGIN
    INSERT INTO journals (id, kind, reference, entries, happened_at, written_at, digest) OVERRIDING SYSTEM VALUE
    VALUES (v_id, 'settlement', 'at ' || at, v_entries, at, at, journal_digest(v_id, 'settlement', 'at ' || at, v_entries, at));
    INSERT INTO postings SELECT v_id, e.account, e.amount, at FROM entries(v_entries) e;
    -- The balance is no matter of this test: there is always enough.
    UPDATE accounts SET balance = balance + earn.amount WHERE id = v_account;
END
$$;
SELECT post('test', 'fund', shares(account('seller', 'commission'), 1000000000) - shares(market_account('bank'), 1000000000)) \g /dev/null

CREATE TEMP TABLE run (year int, month int, amount bigint);
CREATE FUNCTION pg_temp.live() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_month record;
BEGIN
    FOR v_month IN SELECT m.*, make_date(2000 + m.year, m.month + 1, 1) AS day FROM month m ORDER BY m.year, m.month LOOP
        -- In two parts, at the first moment of the month and just before its end, in the market's time zone.
        PERFORM pg_temp.earn(v_month.earned - 77, local_time(v_month.day, '00:00')),
                pg_temp.earn(77, local_time((v_month.day + interval '1 month')::date, '00:00') - interval '1 us');
        UPDATE settings SET books_closed_at = local_time((v_month.day + interval '1 month')::date, '00:00');
        INSERT INTO run SELECT v_month.year, v_month.month, w.amount FROM withhold_tax() w;
    END LOOP;
END
$$;
SELECT pg_temp.live() \g /dev/null
SELECT is((SELECT count(*) FROM run), 240::bigint, 'twenty years of twelve months');
SELECT is_empty('SELECT * FROM month m JOIN run r USING (year, month) WHERE r.amount <> m.withheld', 'every month withholds what Python does');
SELECT is_empty('SELECT y.year, c.* FROM (SELECT year, sum(earned) AS earned, sum(withheld) AS withheld FROM month GROUP BY 1) y
                 LEFT JOIN LATERAL tax_certificate(id(''seller''), 2000 + y.year) c ON true
                 WHERE (c.earned = y.earned AND c.withheld = y.withheld AND c.since = make_date(2000 + y.year, 1, 1) AND c.source = ''year '' || y.year) IS NOT TRUE', 'and the certificates say so');
SELECT is(balance(NULL, 'tax')::numeric, (SELECT sum(withheld) FROM month), 'all of it is in the account of the tax');
SELECT is((SELECT violations FROM verify() WHERE invariant = 'tax is what its rule makes of what was earned'), 0::bigint, 'verify() finds the same');

-- Many months at once come to the same, each in its own year.
CREATE FUNCTION pg_temp.once() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_total bigint;
BEGIN
    DELETE FROM tax_lines;
    DELETE FROM tax_runs;
    SELECT amount INTO v_total FROM withhold_tax();
    RETURN v_total;
END
$$;
SELECT is(pg_temp.once()::numeric, (SELECT sum(withheld) FROM month), 'withheld at once it is the same');
SELECT is((SELECT count(*) FROM tax_lines), 20::bigint, 'by a line for each year');

-- A rule by the month takes over in the middle of a year: the year before it ends there.
SELECT set_tax_rule('person', '2021-01-01', 'year', 'tax ladder(0: 0%, 1000: 10%) of sale, payee rest', 'by the year'),
       set_tax_rule('person', '2021-07-01', 'month', 'tax ladder(0: 0%, 1000: 50%) of sale, payee rest', 'by the month') \g /dev/null
SELECT pg_temp.earn(700, local_time(d::date, '12:00')) FROM unnest('{2021-05-31,2021-06-30,2021-07-01,2021-07-31,2021-08-01}'::text[]) d \g /dev/null
UPDATE settings SET books_closed_at = local_time('2022-01-01', '00:00');
SELECT results_eq('SELECT amount FROM withhold_tax()', 'VALUES (240::bigint)', 'half a year, and two months');
SELECT results_eq('SELECT since, until, earned, withheld FROM tax_certificate(id(''seller''), 2021)',
                  $$VALUES ('2021-01-01'::date, '2021-07-01'::date, 1400::bigint, 40::bigint), ('2021-07-01', '2021-08-01', 1400, 200), ('2021-08-01', '2021-09-01', 700, 0)$$, 'each by its own rule');
SELECT is((SELECT sum(amount) FROM tax_lines), (SELECT sum(withheld) + 240 FROM month), 'nothing else is withheld');

SELECT * FROM finish();
ROLLBACK;
