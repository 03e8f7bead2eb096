-- Debts: a refund after payout is owed, netted from later earnings oldest first, told by age; securities, penalties, debts given up.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(46);
\ir lib/market.sql

SELECT market_account('revenue') AS revenue \gset
PREPARE mill AS SELECT kind, balance FROM balances WHERE member_id = id('mill') AND balance <> 0 ORDER BY account_id;

-- Earned, and taken out of the account.
SELECT buy('a', 'buyer', '{rice}', '{3}', 'seller'), buy('b', 'neighbour', '{rice}', '{2}') \g /dev/null
SELECT deliver(), complete(), settle() \g /dev/null
SELECT post('test', 'paid out', shares(market_account('bank'), 10000) - shares(account('mill', 'goods'), 10000)) \g /dev/null
SELECT is_empty('EXECUTE mill', 'all of it was paid out');

-- A refund after that: owed, not forgotten, and nobody's balance is below zero.
SELECT refund_order(id('campaign'), id('b'), id('rice'), 2, 'f1'), settle() \g /dev/null
SELECT settle() \g /dev/null
SELECT results_eq('EXECUTE mill', $$VALUES ('debt', -4000::bigint)$$, 'what was paid out is a debt');
SELECT results_eq('SELECT cause, amount, open FROM debts WHERE member_id = id(''mill'')', $$SELECT 'settlement/' || id, 4000::bigint, 4000::bigint FROM settlements ORDER BY id DESC OFFSET 1 LIMIT 1$$, 'with what caused it');
SELECT is_empty('SELECT * FROM accounts WHERE kind <> ''debt'' AND balance < 0', 'no account is below zero');
SELECT refund_order(id('campaign'), id('a'), id('rice'), 1, 'f2'), settle() \g /dev/null
SELECT settle() \g /dev/null
SELECT results_eq('EXECUTE mill', $$VALUES ('debt', -6000::bigint)$$, 'another');
SELECT results_eq('SELECT amount, open FROM debts WHERE member_id = id(''mill'') ORDER BY since, journal_id', 'VALUES (4000::bigint, 4000::bigint), (2000, 2000)', 'each by itself');
SELECT is((SELECT sum(amount) FROM explain((SELECT max(journal_id) FROM settlements), account('mill', 'goods'))), (-2000)::numeric, 'the settlement is explained as ever');
SELECT results_eq('SELECT amount FROM explain((SELECT max(journal_id) FROM debts), account(''mill'', ''debt''))', 'VALUES (-2000::bigint)', 'and the debt stands for itself');

-- Later earnings pay it back, the oldest first.
SELECT name('wave', open_wave('second')) \g /dev/null
SELECT name('campaign', create_campaign(id('wave'), id('leader'), 'second', clock_timestamp() + interval '1 hour', hold => '0')) \g /dev/null
SELECT name('rice', list_item(id('campaign'), id('rice sku'), 2500, 2999)), publish_campaign(id('campaign')) \g /dev/null
SELECT buy('c', 'buyer', '{rice}', '{2}'), buy('d', 'neighbour', '{rice}', '{1}') \g /dev/null
SELECT deliver(), hand_over_as_operator(id('campaign'), id('c')), complete_wave(id('wave')), settle() \g /dev/null
SELECT settle() \g /dev/null
SELECT results_eq('EXECUTE mill', $$VALUES ('debt', -2000::bigint)$$, 'what he earns is netted');
SELECT results_eq('SELECT amount, open FROM debts WHERE member_id = id(''mill'')', 'VALUES (2000::bigint, 2000::bigint)', 'the oldest debt first');
SELECT is((SELECT entries FROM journals WHERE kind = 'netting' ORDER BY id DESC LIMIT 1), shares(account('mill', 'debt'), 4000) - shares(account('mill', 'goods'), 4000), 'by a journal of its own');
SELECT is_empty('SELECT violations()', 'all is well');

-- By age.
ALTER TABLE postings DISABLE TRIGGER ALL;
UPDATE postings SET written_at = now() - CASE amount WHEN -2000 THEN interval '20 days' ELSE interval '40 days' END WHERE account_id = account('mill', 'debt') AND amount < 0;
SELECT results_eq('SELECT open, days_7, days_30, days_90, older FROM debt_ageing()', 'VALUES (2000::bigint, 0::bigint, 2000::bigint, 0::bigint, 0::bigint)', 'by how long ago it became owed');
SELECT results_eq('SELECT days_30, days_90, older FROM debt_ageing(now() + interval ''30 days'')', 'VALUES (0::bigint, 2000::bigint, 0::bigint)', 'at any time');
UPDATE postings p SET written_at = j.written_at FROM journals j WHERE j.id = p.journal_id AND p.written_at <> j.written_at;
ALTER TABLE postings ENABLE TRIGGER ALL;

-- Paid back from outside, given up.
SELECT repay_debt(id('mill'), 500, 'bank 1') AS j \gset
SELECT answers('SELECT repay_debt(id(''mill''), 500, ''bank 1'')', :'j', 'a repayment counts once');
SELECT throws_ok('SELECT repay_debt(id(''mill''), 501, ''bank 1'')', 'KT010', NULL, 'and is not another');
SELECT throws_ok('SELECT repay_debt(id(''mill''), 1501, ''bank 2'')', 'KT402', NULL, 'nobody pays back more than he owes');
SELECT throws_ok('SELECT write_off_debt(id(''mill''), 1501, ''w'', ''x'', id(''chief''))', 'KT402', NULL, 'nor is more given up');
SELECT throws_ok('SELECT write_off_debt(id(''mill''), 1, ''w'', ''x'', id(''mill''))', 'KT404', NULL, 'nor by himself');
SELECT write_off_debt(id('mill'), 1500, 'w1', 'left the platform', id('chief')) AS j \gset
SELECT answers('SELECT write_off_debt(id(''mill''), 1500, ''w1'', ''left the platform'', id(''chief''))', :'j', 'given up once');
SELECT is_empty('SELECT * FROM debts', 'then nothing is owed');
SELECT is_empty('SELECT violations()', 'all is well');

-- Securities and penalties.
SELECT receive_deposit(id('steward'), 1000, 'bank 3') AS j \gset
SELECT answers('SELECT receive_deposit(id(''steward''), 1000, ''bank 3'')', :'j', 'a security is received once');
SELECT is(balance('steward', 'deposit'), 1000::bigint, 'it is his');
SELECT impose_penalty(id('steward'), 300, 'goods in the rain', 'p1', id('chief')) AS p \gset
SELECT answers('SELECT impose_penalty(id(''steward''), 300, ''goods in the rain'', ''p1'', id(''chief''))', :'p', 'a penalty is imposed once');
SELECT is(balance('steward', 'deposit'), 700::bigint, 'his security pays');
SELECT balance('steward', 'pickup') AS earned \gset
SELECT impose_penalty(id('steward'), 1000 + :earned, 'and again', 'p2', id('chief')) \g /dev/null
SELECT results_eq('SELECT kind, balance FROM balances WHERE member_id = id(''steward'') AND balance <> 0', $$VALUES ('debt', -300::bigint)$$, 'then what he has earned, then it is owed');
SELECT results_eq('SELECT amount, from_deposit FROM penalties ORDER BY imposed_at', format('VALUES (300::bigint, 300::bigint), (%s, 700)', 1000 + :earned), 'it is written down');
SELECT throws_ok('SELECT return_deposit(id(''steward''), 1, ''bank 4'')', 'KT402', NULL, 'nothing is left to return');
SELECT receive_deposit(id('steward'), 50, 'bank 5') \g /dev/null
SELECT is(balance('steward', 'debt'), -300::bigint, 'a security is not an earning: it is not netted');
SELECT return_deposit(id('steward'), 50, 'bank 6') AS j \gset
SELECT answers('SELECT return_deposit(id(''steward''), 50, ''bank 6'')', :'j', 'it is returned once');
SELECT approve_adjustment(propose_reversal(:p, 'it was the driver', id('cashier')), id('chief')) \g /dev/null
SELECT is(balance('steward', 'deposit'), 300::bigint, 'a penalty is reversed to where it came from');
SELECT is_empty('SELECT violations()', 'all is well');
SELECT is((SELECT sum(balance) FROM trial_balance), 0::numeric, 'and sums to zero');

SELECT throws_ok(c, s, m, c)
FROM (VALUES
    ('SELECT repay_debt(999999, 1, ''e'')', 'KT303', 'member 999999 does not exist'),
    ('SELECT repay_debt(id(''mill''), 0, ''e'')', '22023', 'amount must be between 1 and 1000000000000000'),
    ('SELECT repay_debt(id(''mill''), NULL, ''e'')', '22004', 'amount must not be null'),
    ('SELECT repay_debt(id(''mill''), 1, NULL)', '22004', 'reference must not be null'),
    ('SELECT receive_deposit(id(''mill''), -1, ''e'')', '22023', 'amount must be between 1 and 1000000000000000'),
    ('SELECT return_deposit(NULL, 1, ''e'')', '22004', 'member must not be null'),
    ('SELECT impose_penalty(id(''mill''), 1, ''x'', ''p1'', id(''chief''))', 'KT010', NULL),
    ('SELECT impose_penalty(id(''mill''), 1, ''x'', ''p3'', id(''mill''))', 'KT404', NULL),
    ('SELECT impose_penalty(id(''mill''), 0, ''x'', ''p3'', id(''chief''))', '22023', NULL),
    ('SELECT impose_penalty(id(''mill''), 1, NULL, ''p3'', id(''chief''))', '22004', 'reason must not be null'),
    ('SELECT impose_penalty(id(''mill''), 1, ''x'', NULL, id(''chief''))', '22004', NULL),
    ('SELECT write_off_debt(NULL, 1, ''w2'', ''x'', id(''chief''))', '22004', NULL)) v(c, s, m);

SELECT * FROM finish();
ROLLBACK;
