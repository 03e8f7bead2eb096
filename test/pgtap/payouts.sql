-- Payouts: made by one, approved by another.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(41);
\ir lib/market.sql

SELECT buy('a', 'buyer', '{apple,rice}', '{3,1}', 'seller'), buy('b', 'neighbour', '{rice}', '{2}') \g /dev/null
SELECT deliver(), complete(), settle() \g /dev/null

-- Making.
SELECT make_payout(id('cashier'), 'p1') AS p \gset
SELECT results_eq('SELECT member_id, amount, state FROM payout_lines WHERE payout_id = ' || :'p' || ' ORDER BY 1',
                  $$SELECT member_id, sum(balance)::bigint, 'proposed' FROM balances WHERE member_id IS NOT NULL GROUP BY 1 HAVING sum(balance) > 0 ORDER BY 1$$, 'everybody is to get what he is owed');
SELECT answers('SELECT make_payout(id(''cashier''), ''p1'')', :'p', 'the same request is the same batch');
SELECT throws_ok('SELECT make_payout(id(''cashier''), ''p1'', 2)', 'KT010', NULL, 'the same key for another');
SELECT throws_ok('SELECT make_payout(id(''chief''), ''p1'')', 'KT010', NULL, 'or by another');
SELECT make_payout(id('cashier'), 'p2') AS p2 \gset
SELECT is_empty('SELECT * FROM payout_lines WHERE payout_id = ' || :'p2', 'nobody is in two batches that await approval');
SELECT throws_ok('SELECT make_payout(999999, ''p3'')', 'KT303', 'maker 999999 does not exist', 'an unknown maker');
SELECT throws_ok('SELECT make_payout(NULL, ''p3'')', '22004', 'maker must not be null', 'no maker');
SELECT throws_ok('SELECT make_payout(id(''cashier''), NULL)', '22004', NULL, 'no request key');
SELECT throws_ok(format('SELECT make_payout(id(''cashier''), ''p3'', %s)', m), '22023', 'minimum of a payout must be positive', 'a minimum of ' || m::text) FROM unnest('{0,-1}'::bigint[]) m;
SELECT throws_ok('SELECT make_payout(id(''cashier''), ''p3'', NULL)', '22004', 'minimum must not be null', 'no minimum');

-- Approving.
SELECT throws_ok(format('SELECT approve_payout(%s, id(''cashier''))', :p), 'KT404', format('payout %s must be approved by another member than the one who made it', :p), 'the maker cannot approve');
SELECT throws_ok(format('UPDATE payouts SET approved_by = made_by, approved_at = now() WHERE id = %s', :p), '23514', NULL, 'by no means');
SELECT throws_ok('SELECT approve_payout(999999, id(''chief''))', 'KT303', 'payout 999999 does not exist', 'an unknown batch');
SELECT throws_ok(format('SELECT approve_payout(%s, 999999)', :p), 'KT303', 'approver 999999 does not exist', 'an unknown approver');
SELECT throws_ok('SELECT approve_payout(NULL, id(''chief''))', '22004', 'payout must not be null', 'no batch');
SELECT throws_ok(format('SELECT approve_payout(%s, NULL)', :p), '22004', 'approver must not be null', 'no approver');
SELECT sum(amount) AS owed FROM payout_lines WHERE payout_id = :p \gset
-- Meanwhile one balance changes: the seller's.
SELECT post('correction', '1', shares(account('seller', 'commission'), -1) + shares(market_account('revenue'), 1)) \g /dev/null
SELECT amount AS stale FROM payout_lines WHERE payout_id = :p AND member_id = id('seller') \gset
SELECT results_eq(format('SELECT * FROM approve_payout(%s, id(''chief''))', :p), format('VALUES (4::bigint, 1::bigint, %s::bigint)', :owed - :stale), 'what still holds is paid, what does not is dropped');
SELECT answers(format('SELECT paid FROM approve_payout(%s, id(''chief''))', :p), '4', 'once');
SELECT throws_ok(format('SELECT approve_payout(%s, id(''leader''))', :p), 'KT301', format('payout %s is already approved', :p), 'by one');
SELECT results_eq('SELECT member_id, balance FROM balances WHERE member_id IS NOT NULL AND balance <> 0', format('VALUES (id(''seller''), %s::bigint)', :stale - 1), 'only the seller is still owed');
SELECT is((SELECT state FROM payout_lines WHERE payout_id = :p AND member_id = id('seller')), 'dropped', 'his line was dropped');
SELECT is((SELECT total(entries) FROM journals WHERE kind = 'payout'), 0::bigint, 'one journal out of the channel');
SELECT results_eq(format('SELECT order_id, refund_id, amount FROM explain((SELECT journal_id FROM payouts WHERE id = %s), account(''mill'', ''goods''))', :p),
                  'VALUES (NULL::bigint, NULL::bigint, -6000::bigint)', 'it stands for itself');

-- The next batch takes him up, unless he is below the minimum.
SELECT make_payout(id('chief'), 'p4', 100000) AS p4 \gset
SELECT is_empty('SELECT * FROM payout_lines WHERE payout_id = ' || :'p4', 'too little to pay out');
SELECT results_eq(format('SELECT * FROM approve_payout(%s, id(''cashier''))', :p4), 'VALUES (0::bigint, 0::bigint, 0::bigint)', 'an empty batch can be approved');
SELECT is((SELECT journal_id FROM payouts WHERE id = :p4), NULL, 'and posts nothing');
SELECT make_payout(id('cashier'), 'p5') AS p5 \gset
SELECT results_eq(format('SELECT * FROM approve_payout(%s, id(''chief''))', :p5), format('VALUES (1::bigint, 0::bigint, %s::bigint)', :stale - 1), 'the seller is paid');
SELECT is_empty('SELECT * FROM balances WHERE member_id IS NOT NULL AND balance <> 0', 'nobody is owed anything');

-- Refunded after payout: a debt, which the next earnings pay first.
SELECT refund_order(id('campaign'), id('b'), id('rice'), 2, 'f'), settle() \g /dev/null
SELECT settle() \g /dev/null
SELECT is(balance('mill', 'goods'), -4000::bigint, 'a refund after payout is a debt');
SELECT make_payout(id('cashier'), 'p6') AS p6 \gset
SELECT is_empty('SELECT * FROM payout_lines WHERE payout_id = ' || :'p6', 'a debtor is not paid');
SELECT post('correction', '2', shares(open_account(id('mill'), 'commission'), 4500) - shares(market_account('revenue'), 4500)) \g /dev/null
SELECT make_payout(id('cashier'), 'p7') AS p7 \gset
SELECT is((SELECT amount FROM payout_lines WHERE payout_id = :p7 AND member_id = id('mill')), 500::bigint, 'over all his accounts, debts netted');
SELECT results_eq(format('SELECT * FROM approve_payout(%s, id(''chief''))', :p7), 'VALUES (1::bigint, 0::bigint, 500::bigint)', 'what is left is paid');
-- A batch that nobody wants is withdrawn; its members are free again.
SELECT post('correction', '3', shares(open_account(id('mill'), 'commission'), 700) - shares(market_account('revenue'), 700)) \g /dev/null
SELECT make_payout(id('cashier'), 'p8') AS p8, make_payout(id('cashier'), 'p9') AS p9 \gset
SELECT is_empty('SELECT * FROM payout_lines WHERE payout_id = ' || :'p9', 'who is in a batch is in no other');
SELECT lives_ok(format('SELECT withdraw_payout(%s)', n), 'withdrawn') FROM unnest(ARRAY[:p8, :p8]) n;
SELECT throws_ok(format('SELECT approve_payout(%s, id(''chief''))', :p8), 'KT301', format('payout %s was withdrawn', :p8), 'it is not approved after that');
SELECT throws_ok(format('SELECT withdraw_payout(%s)', :p7), 'KT301', format('payout %s is already approved', :p7), 'nor withdrawn when it was');
SELECT throws_ok('SELECT withdraw_payout(999999)', 'KT303', 'payout 999999 does not exist', 'an unknown batch');
SELECT make_payout(id('cashier'), 'p10') AS p10 \gset
SELECT is((SELECT amount FROM payout_lines WHERE payout_id = :p10), 700::bigint, 'the next batch takes him up');
SELECT is_empty('SELECT violations()', 'all is well');

SELECT * FROM finish();
ROLLBACK;
