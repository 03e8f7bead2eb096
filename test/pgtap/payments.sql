-- From placed to paid, cancelled or expired.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(71);
\ir lib/market.sql

SELECT place('a', 'buyer', '{apple,rice}', '{2,1}', 'seller'), place('b', 'neighbour', '{apple}', '{5}', NULL, 'shed'), place('c', 'rival', '{rice}', '{1}') \g /dev/null

-- Paying.
SELECT is(pay_order(id('campaign'), id('a'), 4979, 'p1'), 'paid', 'an order is paid');
SELECT is(state('a'), 'paid', 'and says so');
SELECT results_eq('SELECT kind, balance FROM balances WHERE balance <> 0 ORDER BY 1', $$VALUES ('channel', -4979::bigint), ('clearing', 4979)$$,
                  'the money is at the channel and not yet anybody''s');
SELECT answers($$SELECT pay_order(id('campaign'), id('a'), 4979, 'p1')$$, 'paid', 'the same message again changes nothing');
SELECT is(pay_order(id('campaign'), id('a'), 4979, 'p2'), 'already_paid', 'a second payment is parked');
SELECT answers($$SELECT pay_order(id('campaign'), id('a'), 4979, 'p2')$$, 'already_paid', 'once, however often it is told');
SELECT is(balance(NULL, 'unmatched'), 4979::bigint, 'the money is nobody''s');
SELECT results_eq('SELECT reference, order_id, outcome, amount FROM unmatched_payments', format($$VALUES ('p2', %s::bigint, 'already_paid', 4979::bigint)$$, id('a')), 'and listed');
SELECT is(return_payment('p2'), 4979::bigint, 'it is sent back');
SELECT answers($$SELECT return_payment('p2')::text$$, '4979', 'once');
SELECT results_eq('SELECT kind, balance FROM balances WHERE balance <> 0 ORDER BY 1', $$VALUES ('channel', -4979::bigint), ('clearing', 4979)$$, 'and gone');
SELECT is_empty('SELECT * FROM unmatched_payments', 'nothing is left to send back');
SELECT answers($$SELECT return_payment('p1')::text$$, '0', 'nothing of a payment that was wanted goes back');
SELECT throws_ok($$SELECT return_payment('never')$$, 'KT303', 'payment "never" does not exist', 'an unknown payment');
SELECT throws_ok($$SELECT return_payment(NULL)$$, '22004', 'reference must not be null', 'no payment');
SELECT throws_ok($$SELECT pay_order(id('campaign'), id('a'), 4978, 'p1')$$, 'KT010', 'payment "p1" was already taken in with different arguments', 'the same payment of another amount');
SELECT throws_ok($$SELECT pay_order(id('campaign'), id('b'), 4979, 'p1')$$, 'KT010', NULL, 'the same payment of another order');
SELECT throws_ok(format('SELECT pay_order(id(''campaign''), id(''b''), %s, %L)', a, 'wrong ' || a::text), '22023', 'amount must be between 1 and 1000000000000000', 'a payment of ' || a::text)
FROM unnest('{0,-4950,9223372036854775807}'::bigint[]) a;

-- In parts, and too much.
SELECT place('pc', 'buyer', '{rice}', '{1}'), place('pd', 'buyer', '{rice}', '{1}'), place('pe', 'buyer', '{rice}', '{1}') \g /dev/null
SELECT is(pay_order(id('campaign'), id('pc'), 1000, 'c1'), 'part_paid', 'a part of an order is paid');
SELECT is(state('pc'), 'placed', 'it is not paid yet');
SELECT is(pay_order(id('campaign'), id('pc'), 1998, 'c2'), 'part_paid', 'another part');
SELECT is(pay_order(id('campaign'), id('pc'), 1, 'c3'), 'paid', 'the last cent');
SELECT is(state('pc'), 'paid', 'now it is');
SELECT is((SELECT part_paid FROM orders WHERE id = id('pc')), NULL, 'in full');
SELECT is(pay_order(id('campaign'), id('pd'), 2998, 'd1'), 'part_paid', 'almost all');
SELECT is(pay_order(id('campaign'), id('pd'), 100, 'd2'), 'overpaid', 'and then too much');
SELECT is(state('pd'), 'paid', 'it is paid all the same');
SELECT results_eq('SELECT reference, amount FROM unmatched_payments', $$VALUES ('d2', 99::bigint)$$, 'what was too much is parked');
SELECT is(balance(NULL, 'clearing'), 4979::bigint + 2 * 2999, 'and not counted as paid');
SELECT is(pay_order(id('campaign'), id('pe'), 2999, 'e1'), 'paid', 'a third order');
SELECT is(pay_order(id('campaign'), place_e.id, 1, 'f1'), 'part_paid', 'a part of another')
FROM (SELECT name('pf', (place_order(id('campaign'), id('buyer'), ARRAY[id('rice')], '{1}', 'pf', point => id('gate'))).order_id) AS id) place_e;
SELECT is(cancel_order(id('campaign'), id('pf')), 'cancelled', 'it is cancelled');
SELECT is(balance(NULL, 'clearing'), 4979::bigint + 3 * 2999, 'and the part goes back');
SELECT is(pay_order(id('campaign'), id('pf'), 2998, 'f2'), 'cancelled', 'the rest comes too late');
SELECT is((SELECT amount FROM unmatched_payments WHERE reference = 'f2'), 2998::bigint, 'and is parked');
SELECT is_empty('SELECT violations()', 'every cent is somewhere');
SELECT cancel_order(id('campaign'), id(o)) FROM unnest('{pc,pd,pe}'::text[]) o \g /dev/null
SELECT return_payment(u.reference) FROM unmatched_payments u \g /dev/null
SELECT throws_ok('SELECT pay_order(id(''campaign''), 999999, 1, ''p3'')', 'KT303', format('order 999999 does not exist in campaign %s', id('campaign')), 'an unknown order');
SELECT throws_ok('SELECT pay_order(999999, id(''a''), 4979, ''p3'')', 'KT303', NULL, 'an unknown campaign');
SELECT throws_ok('SELECT pay_order(NULL, id(''a''), 4979, ''p3'')', '22004', 'campaign must not be null', 'no campaign');
SELECT throws_ok('SELECT pay_order(id(''campaign''), NULL, 4979, ''p3'')', '22004', 'order must not be null', 'no order');
SELECT throws_ok('SELECT pay_order(id(''campaign''), id(''b''), NULL, ''p3'')', '22004', 'amount must not be null', 'no amount');
SELECT throws_ok('SELECT pay_order(id(''campaign''), id(''b''), 4950, NULL)', '22004', NULL, 'no reference');
SELECT is_empty('SELECT * FROM requests WHERE key = ''p3''', 'a broken call leaves no key behind');

-- Cancelling.
SELECT is(cancel_order(id('campaign'), id('b')), 'cancelled', 'an unpaid order is cancelled');
SELECT is((SELECT sum(free) FROM stock WHERE stock_id = id('apple')), 98::numeric, 'its goods are free again');
SELECT is((SELECT u.units FROM limit_uses u JOIN limits l ON l.id = u.limit_id WHERE l.item_id = id('apple') AND u.subject = id('neighbour')), 0::bigint, 'so is its limit');
SELECT is((SELECT parcels FROM point_loads WHERE point_id = id('shed')), 0, 'and its place');
SELECT answers('SELECT cancel_order(id(''campaign''), id(''b''))', 'cancelled', 'once');
SELECT is(pay_order(id('campaign'), id('b'), 4950, 'late b'), 'cancelled', 'it can no longer be paid');
SELECT is(return_payment('late b'), 4950::bigint, 'its money goes back');
SELECT answers($$SELECT place('b', 'neighbour', '{apple}', '{5}', NULL, 'shed')$$, 'placed', 'its key is used up');
SELECT refund_order(id('campaign'), id('a'), id('apple'), 0, 'f', 100) \g /dev/null
SELECT is(cancel_order(id('campaign'), id('a')), 'cancelled', 'a paid order is cancelled');
SELECT is((SELECT -entries FROM journals WHERE kind = 'cancellation' AND reference = format('%s/%s', id('campaign'), id('a'))), shares(account(NULL, 'clearing'), 4879) - shares(account(NULL, 'channel'), 4879),
          'what had not been refunded goes back');
SELECT is_empty('SELECT * FROM balances WHERE balance <> 0', 'nothing is left');
SELECT is_empty('SELECT violations()', 'all is well');
SELECT throws_ok('SELECT cancel_order(id(''campaign''), 999999)', 'KT303', NULL, 'an unknown order');
SELECT throws_ok('SELECT cancel_order(NULL, id(''a''))', '22004', 'campaign must not be null', 'no campaign');
SELECT throws_ok('SELECT cancel_order(id(''campaign''), NULL)', '22004', 'order must not be null', 'no order');

-- Expiring.
SELECT answers('SELECT expire_orders()', '0', 'nothing is old enough');
SELECT place('d', 'buyer', '{apple}', '{1}'), place('e', 'buyer', '{apple}', '{2}', NULL, 'shed'), buy('f', 'buyer', '{apple}', '{1}') \g /dev/null
SELECT is(expire_orders('0', 2), 2, 'at most as many as asked');
SELECT is(expire_orders('0'), 1, 'then the rest');
SELECT answers('SELECT expire_orders(''0'')', '0', 'then none');
SELECT is((SELECT array_agg(state(r) ORDER BY r) FROM unnest('{c,d,e,f}'::text[]) r), '{expired,expired,expired,paid}'::text[], 'a paid order does not expire');
SELECT is((SELECT sum(free) FROM stock WHERE stock_id = id('apple')), 99::numeric, 'what was held is free again');
SELECT is(pay_order(id('campaign'), id('c'), 2999, 'late c'), 'expired', 'an expired order can no longer be paid');
SELECT answers('SELECT cancel_order(id(''campaign''), id(''c''))', 'expired', 'nor cancelled');
SELECT throws_ok('SELECT expire_orders(NULL)', '22004', 'age must not be null', 'no age');

-- After the cut-off.
SELECT close_wave(id('wave')) \g /dev/null
SELECT answers('SELECT cancel_order(id(''campaign''), id(''f''))', 'closed', 'past the cut-off it is refunded, not cancelled');
SELECT is_empty('SELECT violations()', 'all is well at the end');

SELECT * FROM finish();
ROLLBACK;
