-- From placed to paid, cancelled or expired.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(45);
\ir lib/market.sql

SELECT place('a', 'buyer', '{apple,rice}', '{2,1}', 'seller'), place('b', 'neighbour', '{apple}', '{5}', NULL, 'shed'), place('c', 'rival', '{rice}', '{1}') \g /dev/null

-- Paying.
SELECT is(pay_order(id('campaign'), id('a'), 4979, 'p1'), 'paid', 'an order is paid');
SELECT is(state('a'), 'paid', 'and says so');
SELECT results_eq('SELECT kind, balance FROM balances WHERE balance <> 0 ORDER BY 1', $$VALUES ('channel', -4979::bigint), ('clearing', 4979)$$,
                  'the money is at the channel and not yet anybody''s');
SELECT answers($$SELECT pay_order(id('campaign'), id('a'), 4979, 'p1')$$, 'paid', 'the same message again changes nothing');
SELECT answers($$SELECT pay_order(id('campaign'), id('a'), 4979, 'p2')$$, 'already_paid', 'a second payment is not the market''s');
SELECT answers($$SELECT pay_order(id('campaign'), id('a'), 4979, 'p2')$$, 'already_paid', 'nor when it is told again');
SELECT throws_ok($$SELECT pay_order(id('campaign'), id('a'), 4978, 'p1')$$, 'KT010', 'request key "p1" was already used with different arguments', 'the same payment of another amount');
SELECT throws_ok($$SELECT pay_order(id('campaign'), id('b'), 4979, 'p1')$$, 'KT010', NULL, 'the same payment of another order');
SELECT answers(format('SELECT pay_order(id(''campaign''), id(''b''), %s, %L)', a, 'wrong ' || a::text), 'wrong_amount', 'a payment of ' || a::text)
FROM unnest('{0,-4950,4949,4951,9223372036854775807}'::bigint[]) a;
SELECT throws_ok('SELECT pay_order(id(''campaign''), 999999, 1, ''p3'')', 'KT303', format('order 999999 does not exist in campaign %s', id('campaign')), 'an unknown order');
SELECT throws_ok('SELECT pay_order(999999, id(''a''), 4979, ''p3'')', 'KT303', NULL, 'an unknown campaign');
SELECT throws_ok('SELECT pay_order(NULL, id(''a''), 4979, ''p3'')', '22004', 'campaign must not be null', 'no campaign');
SELECT throws_ok('SELECT pay_order(id(''campaign''), NULL, 4979, ''p3'')', '22004', 'order must not be null', 'no order');
SELECT throws_ok('SELECT pay_order(id(''campaign''), id(''b''), NULL, ''p3'')', '22004', 'amount must not be null', 'no amount');
SELECT throws_ok('SELECT pay_order(id(''campaign''), id(''b''), 4950, NULL)', '22004', NULL, 'no reference');
SELECT is_empty('SELECT * FROM requests WHERE key = ''p3''', 'a broken call leaves no key behind');

-- Cancelling.
SELECT is(cancel_order(id('campaign'), id('b')), 'cancelled', 'an unpaid order is cancelled');
SELECT is((SELECT sum(free) FROM stock WHERE item_id = id('apple')), 98::numeric, 'its goods are free again');
SELECT is((SELECT units FROM buyer_limits WHERE item_id = id('apple') AND buyer_id = id('neighbour')), 0::bigint, 'so is its limit');
SELECT is((SELECT parcels FROM point_loads WHERE point_id = id('shed')), 0, 'and its place');
SELECT answers('SELECT cancel_order(id(''campaign''), id(''b''))', 'cancelled', 'once');
SELECT answers($$SELECT pay_order(id('campaign'), id('b'), 4950, 'late b')$$, 'cancelled', 'it can no longer be paid');
SELECT answers($$SELECT place('b', 'neighbour', '{apple}', '{5}', NULL, 'shed')$$, 'placed', 'its key is used up');
SELECT refund_order(id('campaign'), id('a'), id('apple'), 0, 'f', 100) \g /dev/null
SELECT is(cancel_order(id('campaign'), id('a')), 'cancelled', 'a paid order is cancelled');
SELECT is((SELECT -entries FROM journals WHERE kind = 'cancellation'), shares(account(NULL, 'clearing'), 4879) - shares(account(NULL, 'channel'), 4879),
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
SELECT is((SELECT sum(free) FROM stock WHERE item_id = id('apple')), 99::numeric, 'what was held is free again');
SELECT answers($$SELECT pay_order(id('campaign'), id('c'), 2999, 'late c')$$, 'expired', 'an expired order can no longer be paid');
SELECT answers('SELECT cancel_order(id(''campaign''), id(''c''))', 'expired', 'nor cancelled');
SELECT throws_ok('SELECT expire_orders(NULL)', '22004', 'age must not be null', 'no age');

-- After the cut-off.
SELECT close_wave(id('wave')) \g /dev/null
SELECT answers('SELECT cancel_order(id(''campaign''), id(''f''))', 'closed', 'past the cut-off it is refunded, not cancelled');
SELECT is_empty('SELECT violations()', 'all is well at the end');

SELECT * FROM finish();
ROLLBACK;
