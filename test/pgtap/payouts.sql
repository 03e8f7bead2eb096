-- Payouts: reserved when they are made, approved by another, within the payees' terms.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(95);
\ir lib/market.sql

CREATE FUNCTION pg_temp.held(member text) RETURNS bigint
LANGUAGE sql AS $$ SELECT sum(a.held)::bigint FROM accounts a WHERE a.member_id = id(member) $$;
CREATE FUNCTION pg_temp.owe(member text, amount bigint, kind text DEFAULT 'commission') RETURNS bigint
LANGUAGE sql AS $$ SELECT post('correction', gen_random_uuid()::text, shares(open_account(id(member), kind), amount) - shares(market_account('revenue'), amount)) $$;

SELECT buy('a', 'buyer', '{apple,rice}', '{3,1}', 'seller'), buy('b', 'neighbour', '{rice}', '{2}') \g /dev/null
SELECT deliver(), complete(), settle() \g /dev/null

-- Making.
SELECT make_payout(id('cashier'), 'p1') AS p \gset
SELECT results_eq('SELECT member_id, amount, fee, channel, payment, state, note FROM payout_lines WHERE payout_id = ' || :'p' || ' ORDER BY 1',
                  $$SELECT member_id, sum(balance)::bigint, 0::bigint, 'bank', NULL::text, 'proposed', NULL::text FROM balances WHERE member_id IS NOT NULL GROUP BY 1 HAVING sum(balance) > 0 ORDER BY 1$$,
                  'everybody is to get what he is owed');
SELECT is_empty('SELECT * FROM balances WHERE member_id IS NOT NULL AND available <> 0', 'all of it is reserved');
SELECT is_empty('SELECT violations()', 'which is sound');
SELECT answers('SELECT make_payout(id(''cashier''), ''p1'')', :'p', 'the same request is the same payout');
SELECT throws_ok('SELECT make_payout(id(''cashier''), ''p1'', 2)', 'KT010', NULL, 'the same key for another');
SELECT throws_ok('SELECT make_payout(id(''cashier''), ''p1'', 1, ''bank'')', 'KT010', NULL, 'another channel');
SELECT throws_ok('SELECT make_payout(id(''cashier''), ''p1'', 1, NULL, ARRAY[id(''mill'')])', 'KT010', NULL, 'other members');
SELECT throws_ok('SELECT make_payout(id(''chief''), ''p1'')', 'KT010', NULL, 'or by another');
SELECT make_payout(id('cashier'), 'p2') AS p2 \gset
SELECT is_empty('SELECT * FROM payout_lines WHERE payout_id = ' || :'p2', 'what is reserved is in no other');
SELECT throws_ok('SELECT make_payout(999999, ''p3'')', 'KT303', 'maker 999999 does not exist', 'an unknown maker');
SELECT throws_ok('SELECT make_payout(NULL, ''p3'')', '22004', 'maker must not be null', 'no maker');
SELECT throws_ok('SELECT make_payout(id(''cashier''), NULL)', '22004', NULL, 'no request key');
SELECT throws_ok(format('SELECT make_payout(id(''cashier''), ''p3'', %s)', m), '22023', 'minimum of a payout must be positive', 'a minimum of ' || m::text) FROM unnest('{0,-1}'::bigint[]) m;
SELECT throws_ok('SELECT make_payout(id(''cashier''), ''p3'', NULL)', '22004', 'minimum must not be null', 'no minimum');
SELECT throws_ok('SELECT make_payout(id(''cashier''), ''p3'', 1, ''cash'')', 'KT303', 'channel "cash" does not exist', 'an unknown channel');
SELECT throws_ok('SELECT make_payout(id(''cashier''), ''p3'', 1, NULL, ''{999999}'')', 'KT303', 'member 999999 does not exist', 'an unknown member');
SELECT throws_ok('SELECT make_payout(id(''cashier''), ''p3'', 1, NULL, ''{NULL}'')', '22004', 'member must not be null', 'no member');

-- Approving.
SELECT throws_ok(format('SELECT approve_payout(%s, id(''cashier''))', :p), 'KT404', format('payout %s must be approved by another member than the one who made it', :p), 'the maker cannot approve');
SELECT throws_ok(format('UPDATE payouts SET approved_by = made_by, approved_at = now() WHERE id = %s', :p), '23514', NULL, 'by no means');
SELECT throws_ok('SELECT approve_payout(999999, id(''chief''))', 'KT303', 'payout 999999 does not exist', 'an unknown payout');
SELECT throws_ok(format('SELECT approve_payout(%s, 999999)', :p), 'KT303', 'approver 999999 does not exist', 'an unknown approver');
SELECT throws_ok('SELECT approve_payout(NULL, id(''chief''))', '22004', 'payout must not be null', 'no payout');
SELECT throws_ok(format('SELECT approve_payout(%s, NULL)', :p), '22004', 'approver must not be null', 'no approver');
SELECT sum(amount) AS owed FROM payout_lines WHERE payout_id = :p \gset
-- Meanwhile balances change, and what is reserved does not.
SELECT throws_ok('SELECT post(''correction'', ''1'', shares(account(''seller'', ''commission''), -1) + shares(market_account(''revenue''), 1))', 'KT402', NULL, 'what is reserved cannot be taken');
SELECT post_owed('correction', '1', shares(account('seller', 'commission'), -1) + shares(market_account('revenue'), 1)) \g /dev/null
SELECT is(balance('seller', 'debt'), -1::bigint, 'it is owed instead');
SELECT pg_temp.owe('seller', 30) \g /dev/null
SELECT results_eq(format('SELECT * FROM approve_payout(%s, id(''chief''))', :p), format('VALUES (5::bigint, 0::bigint, %s::bigint, 0::bigint)', :owed), 'what was proposed is requested');
SELECT answers(format('SELECT approve_payout(%s, id(''chief''))', :p), format('(5,0,%s,0)', :owed), 'once');
SELECT throws_ok(format('SELECT approve_payout(%s, id(''leader''))', :p), 'KT301', format('payout %s is already approved', :p), 'by one');
SELECT results_eq('SELECT kind, balance FROM balances WHERE member_id IS NOT NULL AND balance <> 0 ORDER BY kind', 'VALUES (''commission'', 30::bigint), (''debt'', -1)', 'only what came later is left');
SELECT is(pg_temp.held('seller'), 0::bigint, 'nothing is reserved any more');
SELECT is(balance(NULL, 'transfers'), :owed::bigint, 'the money is on its way');
SELECT is((SELECT total(entries) FROM journals WHERE kind = 'payout'), 0::bigint, 'by one journal');
SELECT results_eq(format('SELECT order_id, refund_id, amount FROM explain((SELECT journal_id FROM payouts WHERE id = %s), account(''mill'', ''goods''))', :p),
                  'VALUES (NULL::bigint, NULL::bigint, -6000::bigint)', 'it stands for itself');
SELECT is_empty('SELECT violations()', 'all is well');

-- Debts are taken off, deposits stay.
SELECT pg_temp.owe('rival', 500, 'deposit') \g /dev/null
SELECT results_eq('SELECT * FROM payable(id(''seller''))', 'VALUES (''bank'', 30::bigint, 0::bigint, 1::bigint, 29::bigint)', 'what is owed is not payable');
SELECT results_eq('SELECT * FROM payable(id(''rival''))', 'VALUES (''bank'', 0::bigint, 0::bigint, 0::bigint, 0::bigint)', 'nor is a deposit');
SELECT results_eq('SELECT * FROM payable(id(''buyer''))', 'VALUES (''bank'', 0::bigint, 0::bigint, 0::bigint, 0::bigint)', 'nor what is not there');
SELECT throws_ok('SELECT payable(999999)', 'KT303', NULL, 'of an unknown member');
SELECT throws_ok('SELECT payable(NULL)', '22004', NULL, 'of nobody');
SELECT make_payout(id('chief'), 'p4', 100000) AS p4 \gset
SELECT is_empty('SELECT * FROM payout_lines WHERE payout_id = ' || :'p4', 'too little to pay out');
SELECT results_eq(format('SELECT * FROM approve_payout(%s, id(''cashier''))', :p4), 'VALUES (0::bigint, 0::bigint, 0::bigint, 0::bigint)', 'an empty payout can be approved');
SELECT is((SELECT journal_id FROM payouts WHERE id = :p4), NULL, 'and posts nothing');
SELECT make_payout(id('cashier'), 'p5') AS p5 \gset
SELECT results_eq('SELECT member_id, amount FROM payout_lines WHERE payout_id = ' || :'p5', 'VALUES (id(''seller''), 29::bigint)', 'he is paid what he does not owe');

-- A payout that nobody wants is withdrawn; its members are free again.
SELECT lives_ok(format('SELECT withdraw_payout(%s)', n), 'withdrawn') FROM unnest(ARRAY[:p5, :p5]) n;
SELECT is(pg_temp.held('seller'), 0::bigint, 'what it reserved is available again');
SELECT results_eq('SELECT state, note FROM payout_lines WHERE payout_id = ' || :'p5', 'VALUES (''dropped'', ''withdrawn'')', 'its lines are dropped');
SELECT throws_ok(format('SELECT approve_payout(%s, id(''chief''))', :p5), 'KT301', format('payout %s was withdrawn', :p5), 'it is not approved after that');
SELECT throws_ok(format('SELECT withdraw_payout(%s)', :p), 'KT301', format('payout %s is already approved', :p), 'nor withdrawn when it was');
SELECT throws_ok('SELECT withdraw_payout(999999)', 'KT303', 'payout 999999 does not exist', 'an unknown payout');
SELECT throws_ok('SELECT withdraw_payout(NULL)', '22004', NULL, 'no payout');

-- Over several accounts, in their order; only who is named.
SELECT pg_temp.owe('mill', 700), pg_temp.owe('mill', 50, 'pickup'), pg_temp.owe('orchard', 5) \g /dev/null
SELECT make_payout(id('cashier'), 'p6', members => ARRAY[id('mill'), id('mill')]) AS p6 \gset
SELECT results_eq('SELECT member_id, entries, amount FROM payout_lines WHERE payout_id = ' || :'p6',
                  'SELECT id(''mill''), shares(account(''mill'', ''commission''), 700) + shares(account(''mill'', ''pickup''), 50), 750::bigint', 'one line over all his accounts');
SELECT withdraw_payout(:p6) \g /dev/null

-- A member asks for his own money. Eight withdrawals of 100 from 100: one.
SELECT pg_temp.owe('leader', 100) \g /dev/null
SELECT request_payout(id('leader'), 100, 'w1') AS w1 \gset
SELECT throws_ok(format('SELECT request_payout(id(''leader''), 100, ''w%s'')', n), 'KT402', format('insufficient balance of member %s', id('leader')), 'withdrawal ' || n || ' of 100 from 100') FROM generate_series(2, 8) n;
SELECT answers('SELECT request_payout(id(''leader''), 100, ''w1'')', :'w1', 'the same request is the same withdrawal');
SELECT throws_ok('SELECT request_payout(id(''leader''), 99, ''w1'')', 'KT010', NULL, 'the same key for another amount');
SELECT is(pg_temp.held('leader'), 100::bigint, 'he has reserved it once');
SELECT throws_ok(format('SELECT approve_payout(%s, id(''leader''))', :w1), 'KT404', NULL, 'he cannot approve it himself');
SELECT is((SELECT amount FROM approve_payout(:w1, id('cashier'))), 100::bigint, 'another can');
SELECT pg_temp.owe('leader', 100) \g /dev/null
SELECT request_payout(id('leader'), 30, 'w9') AS w9 \gset
SELECT is((SELECT l.amount FROM payout_lines l WHERE l.payout_id = :w9), 30::bigint, 'a part of it');
SELECT is((SELECT p.payable FROM payable(id('leader')) p), 70::bigint, 'the rest is payable');
SELECT throws_ok('SELECT request_payout(id(''leader''), 71, ''w10'')', 'KT402', NULL, 'and no more');
SELECT throws_ok(format('SELECT request_payout(id(''leader''), %s, ''w10'')', a), '22023', NULL, 'an amount of ' || a::text) FROM unnest('{0,-1}'::bigint[]) a;
SELECT throws_ok('SELECT request_payout(id(''leader''), NULL, ''w10'')', '22004', NULL, 'no amount');
SELECT throws_ok('SELECT request_payout(NULL, 1, ''w10'')', '22004', NULL, 'nobody');
SELECT throws_ok('SELECT request_payout(999999, 1, ''w10'')', 'KT303', NULL, 'an unknown member');
SELECT throws_ok('SELECT request_payout(id(''leader''), 1, NULL)', '22004', NULL, 'no request key');

-- The hold: what was settled within it waits, everything else does not.
SELECT set_payout_terms(id('mill'), hold => '7 days'), set_payout_terms(id('orchard'), minimum => 3000) \g /dev/null
SELECT post('settlement', 'as if', shares(account('mill', 'goods'), 400) - shares(market_account('clearing'), 400)) \g /dev/null
SELECT results_eq('SELECT * FROM payable(id(''mill''))', 'VALUES (''bank'', 1150::bigint, 400::bigint, 0::bigint, 750::bigint)', 'what was just settled waits');
SELECT throws_ok('SELECT request_payout(id(''mill''), 751, ''w11'')', 'KT402', NULL, 'also for him who asks');
SELECT set_payout_terms(id('mill'), hold => '0') \g /dev/null
SELECT is((SELECT p.payable FROM payable(id('mill')) p), 1150::bigint, 'without a hold it is payable at once');
SELECT set_payout_terms(id('mill')), configure_channel('bank', 'hold', 30 * 86400, 'contract with the bank') \g /dev/null
SELECT is((SELECT p.payable FROM payable(id('mill')) p), 750::bigint, 'the channel''s hold is his, unless his terms say otherwise');
SELECT configure_channel('bank', 'hold', NULL) \g /dev/null
SELECT throws_ok('SELECT request_payout(id(''orchard''), 5, ''w12'')', 'KT405', format('member %s is paid only larger amounts', id('orchard')), 'below his own minimum');
SELECT make_payout(id('cashier'), 'p7') AS p7 \gset
SELECT results_eq('SELECT member_id, amount FROM payout_lines WHERE payout_id = ' || :'p7' || ' ORDER BY 1',
                  'SELECT * FROM (VALUES (id(''mill''), 1150::bigint), (id(''leader''), 70), (id(''seller''), 29)) x ORDER BY 1', 'nor is he in a batch');
SELECT withdraw_payout(:p7), post('correction', 'undo', shares(account('mill', 'goods'), -400) + shares(market_account('clearing'), 400)) \g /dev/null

-- Schedules, by the market's calendar.
SELECT is(scheduled_day(s, d, day), want, format('%s %s on %s', s, d, day))
FROM (VALUES ('daily', NULL::int, '2026-03-04'::date, '2026-03-04'::date), ('weekly', 3, '2026-03-04', '2026-03-04'), ('weekly', 4, '2026-03-04', '2026-02-26'),
             ('weekly', 7, '2026-03-01', '2026-03-01'), ('monthly', 4, '2026-03-04', '2026-03-04'), ('monthly', 5, '2026-03-04', '2026-02-05'),
             ('monthly', 31, '2026-03-04', '2026-02-28'), ('monthly', 31, '2026-02-28', '2026-02-28'), ('monthly', 30, '2024-03-01', '2024-02-29')) x(s, d, day, want);
SELECT is(scheduled_day(NULL, NULL, '2026-03-04'), NULL, 'no schedule asks for no day');
SELECT set_payout_terms(id('mill'), schedule => 'daily') \g /dev/null
SELECT make_payout(id('cashier'), 'p8') AS p8 \gset
SELECT is_empty('SELECT * FROM payout_lines WHERE member_id = id(''mill'') AND payout_id = ' || :'p8', 'daily: a payout of the same day has taken him up');
UPDATE payouts SET made_at = made_at - interval '1 day' WHERE id = :p;
SELECT make_payout(id('cashier'), 'p8 again') AS p8 \gset
SELECT is((SELECT amount FROM payout_lines WHERE payout_id = :p8 AND member_id = id('mill')), 750::bigint, 'the first one of the day does');
SELECT pg_temp.owe('mill', 8) \g /dev/null
SELECT make_payout(id('cashier'), 'p9') AS p9 \gset
SELECT is_empty('SELECT * FROM payout_lines WHERE member_id = id(''mill'') AND payout_id = ' || :'p9', 'the second does not');
SELECT make_payout(id('cashier'), 'p10', members => ARRAY[id('mill')]) AS p10 \gset
SELECT is((SELECT amount FROM payout_lines WHERE payout_id = :p10), 8::bigint, 'unless he is named');
SELECT set_eq('SELECT violations()', format('VALUES (''settlements have no gaps and pay every due share once: journal %s'')', (SELECT id FROM journals WHERE reference = 'as if')),
              'all is well but for what was posted as if it had been settled');

SELECT * FROM finish();
ROLLBACK;
