-- Balances now, at a time and by period, with checkpoints and without.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(42);
\ir lib/market.sql

SELECT market_account('channel') AS channel, account('mill', 'goods') AS mill, account('orchard', 'goods') AS orchard \gset

-- A random history: journals that happened up to two days before they were written, a month of them. Written_at is the clock's, so the
-- rows are put into the past by hand.
SELECT setseed(0.42) \g /dev/null
CREATE TEMP TABLE history AS
SELECT n, '2026-01-01 00:00+00'::timestamptz + n * interval '2 hours 17 minutes' AS written_at,
       '2026-01-01 00:00+00'::timestamptz + n * interval '2 hours 17 minutes' - random() * interval '2 days' AS happened_at,
       (1 + random() * 1000)::bigint AS amount, (ARRAY[:mill, :orchard])[1 + (random() < 0.5)::int] AS account
FROM generate_series(1, 300) n;
ALTER TABLE journals DISABLE TRIGGER ALL;
ALTER TABLE postings DISABLE TRIGGER ALL;
CREATE FUNCTION pg_temp.write_history(low bigint, high bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v record;
BEGIN
    FOR v IN SELECT h.*, post('history', h.n::text, shares(h.account, h.amount) - shares(market_account('channel'), h.amount), h.happened_at) AS journal
             FROM history h WHERE h.n BETWEEN low AND high ORDER BY h.n LOOP
        UPDATE journals SET written_at = v.written_at WHERE id = v.journal;
        UPDATE postings SET written_at = v.written_at WHERE journal_id = v.journal;
    END LOOP;
END
$$;
SELECT pg_temp.write_history(1, 200) \g /dev/null

-- The slow way.
CREATE FUNCTION pg_temp.recount(account bigint, at timestamptz, as_of text) RETURNS bigint LANGUAGE sql AS $$
    SELECT coalesce(sum(p.amount), 0)::bigint FROM postings p JOIN journals j ON j.id = p.journal_id
    WHERE p.account_id = recount.account AND CASE as_of WHEN 'written' THEN j.written_at ELSE j.happened_at END < at
$$;
CREATE TEMP VIEW wrong AS
SELECT a.id, t.at, o.as_of, balance_at(a.id, t.at, o.as_of) AS have, pg_temp.recount(a.id, t.at, o.as_of) AS want
FROM (VALUES (:channel::bigint), (:mill), (:orchard)) a(id), unnest('{written,happened}'::text[]) o(as_of),
     (SELECT '2025-12-29 00:00+00'::timestamptz + n * interval '11 hours' FROM generate_series(0, 75) n
      UNION ALL SELECT '2026-01-01 00:00+00'::timestamptz + n * interval '2 hours 17 minutes' FROM generate_series(1, 300, 7) n
      UNION ALL VALUES ('-infinity'::timestamptz), ('infinity')) t(at)
WHERE balance_at(a.id, t.at, o.as_of) <> pg_temp.recount(a.id, t.at, o.as_of);

SELECT is_empty('TABLE wrong', 'at any time, as written and as happened, without a checkpoint');
SELECT is(take_checkpoint(), 0::bigint, 'books that were never closed have no checkpoint');
SELECT is(close_books('2026-01-10 00:00+00'), '2026-01-10 00:00+00'::timestamptz, 'the books are closed');
SELECT is(take_checkpoint(), 3::bigint, 'and a checkpoint taken of every account that moved');
SELECT is_empty('TABLE wrong', 'it changes no balance');
SELECT is(take_checkpoint(), 0::bigint, 'taken again, there is none');
SELECT is(close_books('2026-01-05 00:00+00'), '2026-01-10 00:00+00'::timestamptz, 'closed books stay closed');
SELECT close_books('2026-01-20 00:00+00') \g /dev/null
SELECT is(take_checkpoint(), 3::bigint, 'later another');
SELECT is_empty('TABLE wrong', 'nor does that');
SELECT is_empty('SELECT * FROM checkpoints c WHERE c.balance <> pg_temp.recount(c.account_id, c.until, ''written'')', 'a checkpoint is the sum of the postings before it');
SELECT pg_temp.write_history(201, 300) \g /dev/null
SELECT is_empty('TABLE wrong', 'what comes later is counted from the last one on');

-- A checkpoint is what is read: one that was spoilt shows.
SAVEPOINT spoilt;
UPDATE checkpoints SET balance = balance + 1 WHERE account_id = :mill AND until = '2026-01-10 00:00+00';
SELECT is(balance_at(:mill, '2026-01-12 00:00+00'), pg_temp.recount(:mill, '2026-01-12 00:00+00', 'written') + 1, 'postings before a checkpoint are not read again');
SELECT is((SELECT first FROM verify() WHERE invariant LIKE 'checkpoints%' AND violations = 1), format('account %s, 2026-01-10 00:00:00+00', :mill), 'verify() finds a wrong one');
ROLLBACK TO spoilt;

SELECT results_eq('SELECT sum(balance), count(*) FROM trial_balance', 'SELECT 0::numeric, count(DISTINCT kind) FROM accounts', 'the trial balance is zero');
SELECT is((SELECT sum(balance) FROM trial_balance_at(t.at, o.as_of)), 0::numeric, format('also on %s as %s', t.at::date, o.as_of))
FROM unnest('{2026-01-01,2026-01-15 07:00+00,2026-01-25}'::timestamptz[]) t(at), unnest('{written,happened}'::text[]) o(as_of);
SELECT results_eq('SELECT account_id, balance, available FROM balances WHERE balance <> 0 ORDER BY 1',
                  format('SELECT a.id, pg_temp.recount(a.id, ''infinity'', ''written''), pg_temp.recount(a.id, ''infinity'', ''written'') FROM unnest(ARRAY[%s, %s, %s]::bigint[]) a(id) ORDER BY 1', :channel, :mill, :orchard),
                  'the view has them all');

-- By period, in the market's days: Shanghai is eight hours ahead.
SELECT results_eq(format('SELECT starts_at, ends_at, opening, closing FROM turnover(%s, ''2026-01-03 10:00+00'', ''2026-01-05 10:00+00'', ''day'')', :mill),
                  format($$SELECT s, e, pg_temp.recount(%1$s, s, 'written'), pg_temp.recount(%1$s, e, 'written')
                           FROM (VALUES ('2026-01-03 10:00+00'::timestamptz, '2026-01-03 16:00+00'::timestamptz), ('2026-01-03 16:00+00', '2026-01-04 16:00+00'), ('2026-01-04 16:00+00', '2026-01-05 10:00+00')) v(s, e)$$, :mill),
                  'an account by the market''s days');
SELECT is_empty(format('SELECT * FROM turnover(%s, ''2026-01-01'', ''2026-02-01'', ''week'') t WHERE t.opening + t.credited - t.debited <> t.closing', :channel), 'opening and what moved is closing');
SELECT results_eq(format('SELECT opening, closing, postings FROM turnover(%s, ''2026-01-03'', ''2026-01-20'')', :channel),
                  format($$SELECT pg_temp.recount(%1$s, '2026-01-03', 'written'), pg_temp.recount(%1$s, '2026-01-20', 'written'), count(*) FROM history WHERE written_at >= '2026-01-03' AND written_at < '2026-01-20'$$, :channel), 'or in one line');
SELECT is((SELECT count(*) FROM turnover(:mill, '2026-01-15', '2026-04-15', 'month')), 4::bigint, 'or by month');
SELECT is_empty('SELECT violations()', 'all is well');

SELECT throws_ok(format(c, :mill), s, m, c)
FROM (VALUES
    ('SELECT balance_at(999999, now())', 'KT303', 'account 999999 does not exist'),
    ('SELECT balance_at(NULL, now())', '22004', 'account must not be null'),
    ('SELECT balance_at(%s, NULL)', '22004', 'time must not be null'),
    ('SELECT balance_at(%s, now(), ''guessed'')', '22023', 'as_of must be written or happened'),
    ('SELECT turnover(%s, ''2026-01-02'', ''2026-01-02'')', '22023', 'period must end after it starts, at a finite time'),
    ('SELECT turnover(%s, ''2026-01-02'', ''infinity'')', '22023', 'period must end after it starts, at a finite time'),
    ('SELECT turnover(%s, NULL, now())', '22004', 'since must not be null'),
    ('SELECT turnover(%s, ''2026-01-02'', ''2026-01-03'', ''hour'')', '22023', 'step must be day, week, month or year'),
    ('SELECT turnover(%s, ''1900-01-02'', ''2026-01-03'', ''day'')', '54000', 'period is too long for days'),
    ('SELECT turnover(%s, ''2026-01-01'', ''2045-09-20'', ''day'')', '54000', 'period is too long for days'),
    ('SELECT turnover(%s, ''1800-01-02'', ''2026-01-03'', ''week'')', '54000', 'period is too long for weeks'),
    ('SELECT turnover(%s, ''1000-01-02'', ''2026-01-03'', ''month'')', '54000', 'period is too long for months'),
    ('SELECT turnover(%s, ''4713-01-02 BC'', ''9026-01-03'', ''year'')', '54000', 'period is too long for years'),
    ('SELECT turnover(999999, ''2026-01-02'', ''2026-01-03'')', 'KT303', 'account 999999 does not exist'),
    ('SELECT close_books(''infinity'')', '22023', 'books can only be closed up to a time that has passed'),
    ('SELECT close_books(now() + interval ''1 hour'')', '22023', 'books can only be closed up to a time that has passed')) v(c, s, m);

SELECT * FROM finish();
ROLLBACK;
