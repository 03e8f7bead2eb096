-- Journals by hand: proposed by one, approved by another, reversed by a new one.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(48);
\ir lib/market.sql

SELECT market_account('revenue') AS revenue, account('mill', 'goods') AS mill, account('orchard', 'goods') AS orchard \gset
SELECT propose_adjustment('a1', shares(:mill, 500) - shares(:revenue, 500), 'goodwill', id('cashier')) AS a1 \gset
SELECT is(balance('mill', 'goods'), 0::bigint, 'what is proposed is not posted');
SELECT answers(format('SELECT propose_adjustment(''a1'', ''{%s:500,%s:-500}'', ''goodwill'', id(''cashier''))', :mill, :revenue), :'a1', 'the same again is the same');
SELECT throws_ok(format('SELECT propose_adjustment(''a1'', ''{%s:501,%s:-501}'', ''goodwill'', id(''cashier''))', :mill, :revenue), 'KT010', NULL, 'the same reference for another');
SELECT throws_ok(format('SELECT approve_adjustment(%s, id(''cashier''))', :a1), 'KT404', NULL, 'the maker cannot approve');
SELECT throws_ok('UPDATE adjustments SET approved_by = made_by', '23514', NULL, 'by no means');
SELECT approve_adjustment(:a1, id('chief')) AS j1 \gset
SELECT is(balance('mill', 'goods'), 500::bigint, 'approved, it is posted');
SELECT answers(format('SELECT approve_adjustment(%s, id(''chief''))', :a1), :'j1', 'once');
SELECT throws_ok(format('SELECT approve_adjustment(%s, id(''leader''))', :a1), 'KT301', format('adjustment %s is already approved', :a1), 'by one');
SELECT throws_ok(format('SELECT withdraw_adjustment(%s)', :a1), 'KT301', format('adjustment %s is already approved', :a1), 'it is not withdrawn after that');
SELECT results_eq(format('SELECT amount FROM explain(%s, %s)', :j1, :mill), 'VALUES (500::bigint)', 'it stands for itself');

-- In the past, and not to come.
SELECT propose_adjustment('a2', shares(:mill, 1) - shares(:revenue, 1), 'last year', id('cashier'), '2020-02-02 00:00+00') AS a2 \gset
SELECT approve_adjustment(:a2, id('chief')) AS j2 \gset
SELECT results_eq(format('SELECT happened_at, written_at > happened_at FROM journals WHERE id = %s', :j2), 'VALUES (''2020-02-02 00:00+00''::timestamptz, true)', 'it happened when it happened');
SELECT is(balance_at(:mill, '2020-03-01', 'happened'), 1::bigint, 'and counts from then on, by what had happened');
SELECT is(balance_at(:mill, '2020-03-01'), 0::bigint, 'not by what was written');

-- Reversed: whole, once, by a journal that names it.
SELECT propose_reversal(:j1, 'wrong member', id('chief')) AS r1 \gset
SELECT answers(format('SELECT propose_reversal(%s, ''wrong member'', id(''chief''))', :j1), :'r1', 'a reversal is proposed once');
SELECT answers(format('SELECT propose_reversal(%s, ''another reason'', id(''cashier''))', :j1), :'r1', 'whoever proposes it');
SELECT approve_adjustment(:r1, id('cashier')) AS jr \gset
SELECT results_eq(format('SELECT kind, reference, entries = -(SELECT entries FROM journals WHERE id = %s), happened_at >= (SELECT happened_at FROM journals WHERE id = %1$s) FROM journals WHERE id = %s', :j1, :jr),
                  format('VALUES (''reversal'', ''%s'', true, true)', :j1), 'it takes back all of it, later');
SELECT is(balance('mill', 'goods'), 1::bigint, 'the balance is as if it had not been');
SELECT answers(format('SELECT propose_reversal(%s, ''again'', id(''chief''))', :j1), :'r1', 'it is not reversed twice');
SELECT throws_ok(format('SELECT propose_reversal(%s, ''back'', id(''chief''))', :jr), 'KT301', 'a journal of kind "reversal" cannot be reversed by hand', 'nor is a reversal');
SELECT buy('a', 'buyer', '{rice}', '{1}') \g /dev/null
SELECT throws_ok(format('SELECT propose_reversal(%s, ''x'', id(''chief''))', (SELECT id FROM journals WHERE kind = 'payment')), 'KT301', 'a journal of kind "payment" cannot be reversed by hand', 'nor one that an order stands behind');

-- What is gone cannot be taken back.
SELECT propose_adjustment('a3', shares(:orchard, 70) - shares(:revenue, 70), 'x', id('cashier')) AS a3 \gset
SELECT approve_adjustment(:a3, id('chief')) AS j3 \gset
SELECT hold(:orchard, 60, 'h', 'x') AS h \gset
SELECT propose_reversal(:j3, 'x', id('cashier')) AS r3 \gset
SELECT throws_ok(format('SELECT approve_adjustment(%s, id(''chief''))', :r3), 'KT402', 'insufficient balance in account ' || :'orchard', 'what is held is not there');
SELECT void_hold(:h) \g /dev/null
SELECT lives_ok(format('SELECT approve_adjustment(%s, id(''chief''))', :r3), 'when it is there again');

-- Withdrawn.
SELECT propose_adjustment('a4', shares(:mill, 9) - shares(:revenue, 9), 'x', id('cashier')) AS a4 \gset
SELECT lives_ok(format('SELECT withdraw_adjustment(%s)', n), 'withdrawn') FROM unnest(ARRAY[:a4, :a4]) n;
SELECT throws_ok(format('SELECT approve_adjustment(%s, id(''chief''))', :a4), 'KT301', format('adjustment %s was withdrawn', :a4), 'it is not approved after that');
SELECT propose_adjustment('a5', shares(:mill, 9) - shares(:revenue, 9), 'x', id('cashier')) AS a5 \gset
SELECT approve_adjustment(:a5, id('chief')) AS j5 \gset
SELECT propose_reversal(:j5, 'a mistake', id('cashier')) AS r5 \gset
SELECT withdraw_adjustment(:r5) \g /dev/null
SELECT propose_reversal(:j5, 'not a mistake', id('cashier')) AS r6 \gset
SELECT isnt(:r6, :r5, 'a reversal that was withdrawn stands in nobody''s way');
SELECT lives_ok(format('SELECT approve_adjustment(%s, id(''chief''))', :r6), 'it is posted');
SELECT is_empty('SELECT violations()', 'all is well');

SELECT throws_ok(format(c, :mill, :revenue, :a1), s, m, c)
FROM (VALUES
    ('SELECT propose_adjustment(''e'', ''{%1$s:1}'', ''x'', id(''cashier''))', '23514', 'journal does not balance'),
    (format('SELECT propose_adjustment(''e'', ''{%s:1,%s:-1}'', ''x'', id(''cashier''))', market_account('clearing'), market_account('revenue')), 'KT301', 'accounts of kind clearing, unmatched and transfers are not adjusted by hand'),
    ('SELECT propose_adjustment(''e'', ''{}'', ''x'', id(''cashier''))', '23514', 'journal does not balance'),
    ('SELECT propose_adjustment(''e'', NULL, ''x'', id(''cashier''))', '22004', 'entries must not be null'),
    ('SELECT propose_adjustment(NULL, ''{%1$s:1,%2$s:-1}'', ''x'', id(''cashier''))', '22004', 'reference must not be null'),
    ('SELECT propose_adjustment(''e'', ''{%1$s:1,%2$s:-1}'', NULL, id(''cashier''))', '22004', 'reason must not be null'),
    ('SELECT propose_adjustment(''e'', ''{%1$s:1,%2$s:-1}'', ''x'', 999999)', 'KT303', 'maker 999999 does not exist'),
    ('SELECT propose_adjustment(''e'', ''{%1$s:1,999999:-1}'', ''x'', id(''cashier''))', 'KT303', 'journal names an account that does not exist'),
    ('SELECT propose_adjustment(''e'', ''{%1$s:1,%2$s:-1}'', ''x'', id(''cashier''), now() + interval ''1 day'')', '22023', 'a journal must have happened before it is written'),
    ('SELECT propose_adjustment(''e'', ''{%1$s:1,%2$s:-1}'', ''x'', id(''cashier''), ''-infinity'')', '22023', 'a journal must have happened before it is written'),
    ('SELECT approve_adjustment(999999, id(''chief''))', 'KT303', 'adjustment 999999 does not exist'),
    ('SELECT approve_adjustment(NULL, id(''chief''))', '22004', 'adjustment must not be null'),
    ('SELECT approve_adjustment(%3$s, 999999)', 'KT303', 'approver 999999 does not exist'),
    ('SELECT approve_adjustment(%3$s, NULL)', '22004', 'approver must not be null'),
    ('SELECT withdraw_adjustment(999999)', 'KT303', 'adjustment 999999 does not exist'),
    ('SELECT propose_reversal(999999, ''x'', id(''chief''))', 'KT303', 'journal 999999 does not exist'),
    ('SELECT propose_reversal(NULL, ''x'', id(''chief''))', '22004', 'journal must not be null'),
    ('SELECT propose_reversal(1, NULL, id(''chief''))', '22004', 'reason must not be null'),
    ('SELECT propose_reversal(1, ''x'', NULL)', '22004', 'maker must not be null')) v(c, s, m);
SELECT is((SELECT count(*) FROM adjustments), 9::bigint, 'nothing else was proposed');

SELECT * FROM finish();
ROLLBACK;
