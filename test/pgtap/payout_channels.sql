-- Payment channels: their rules with sources, checked before anything is sent.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(68);
\ir lib/market.sql

CREATE FUNCTION pg_temp.owe(member text, amount bigint, kind text DEFAULT 'commission') RETURNS bigint
LANGUAGE sql AS $$ SELECT post('correction', gen_random_uuid()::text, shares(open_account(id(member), kind), amount) - shares(market_account('revenue'), amount)) $$;
-- What a payout of one member comes to: his lines.
CREATE FUNCTION pg_temp.lines(request text, member text)
RETURNS TABLE (payment text, amount bigint, fee bigint, state text, note text)
LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint := make_payout(id('cashier'), request, members => ARRAY[id(member)]);
BEGIN
    RETURN QUERY SELECT l.payment, l.amount, l.fee, l.state, l.note FROM payout_lines l WHERE l.payout_id = v_id ORDER BY l.id;
    PERFORM withdraw_payout(v_id);
END
$$;

-- What is known at the start, and nothing invented.
SELECT results_eq('SELECT channel, rule, value FROM channel_rules ORDER BY 1, 2',
                  $$VALUES ('alipay', 'freeze', 2592000::bigint), ('alipay', 'receivers_per_request', 5), ('alipay', 'share_cap', 300000), ('wechat', 'earliest', 60),
                           ('wechat', 'freeze', 2592000), ('wechat', 'receivers_per_request', 50), ('wechat', 'requests_per_order', 50), ('wechat', 'return_window', 15552000),
                           ('wechat', 'share_cap', 300000)$$, 'the rules of channels that have a source');
SELECT is_empty('SELECT * FROM channel_rules WHERE source = ''''', 'every one names it');
SELECT is_empty('SELECT c.rule FROM channel_rules c JOIN rule_kinds k ON k.rule = c.rule WHERE c.value NOT BETWEEN k.least AND k.most', 'and is within its bounds');

-- Channels.
SELECT lives_ok('SELECT add_channel(''purse'')', 'a channel ' || n) FROM unnest('{new,again}'::text[]) n;
SELECT throws_ok('SELECT add_channel(''purse'', ''bank'')', 'KT010', 'channel "purse" already pays from another account', 'not from another account');
SELECT throws_ok('SELECT add_channel(''purse'', ''clearing'')', '22023', NULL, 'from no other account');
SELECT throws_ok(format('SELECT add_channel(%L)', n), '22023', NULL, format('no channel "%s"', n)) FROM unnest('{"",Purse,1st,"a b"}'::text[]) n;
SELECT throws_ok('SELECT add_channel(NULL)', '22004', NULL, 'no name');
SELECT throws_ok('SELECT add_channel(''purse'', NULL)', '22004', NULL, 'no account');
SELECT throws_ok('SELECT add_channel(''purse'', ''channel'', NULL)', '22004', NULL, 'main or not');
SELECT add_channel('alipay', main => true) \g /dev/null
SELECT results_eq('SELECT channel FROM payout_channels WHERE main ORDER BY 1', $$VALUES ('alipay'), ('bank')$$, 'one channel is the main one of an account');
SELECT add_channel('wechat', main => true) \g /dev/null

-- Rules.
SELECT configure_channel('purse', 'minimum', 100, 'contract 17') \g /dev/null
SELECT configure_channel('purse', 'minimum', 30, 'contract 18') \g /dev/null
SELECT results_eq('SELECT rule, value, source FROM channel_rules WHERE channel = ''purse''', $$VALUES ('minimum', 30::bigint, 'contract 18')$$, 'a rule takes the place of the one before');
SELECT configure_channel('purse', 'minimum', NULL) \g /dev/null
SELECT is_empty('SELECT * FROM channel_rules WHERE channel = ''purse''', 'unknown is no rule');
SELECT throws_ok('SELECT configure_channel(''purse'', ''minimum'', 100)', '22004', 'source must not be null', 'no figure without a source');
SELECT throws_ok('SELECT configure_channel(''purse'', ''minimum'', 100, '''')', '22023', NULL, 'an empty one is none');
SELECT throws_ok('SELECT configure_channel(''purse'', ''colour'', 1, ''x'')', '22023', 'a channel has no rule "colour"', 'no such rule');
SELECT throws_ok('SELECT configure_channel(''cash'', ''minimum'', 1, ''x'')', 'KT303', 'channel "cash" does not exist', 'no such channel');
SELECT throws_ok('SELECT configure_channel(NULL, ''minimum'', 1, ''x'')', '22004', NULL, 'no channel');
SELECT throws_ok('SELECT configure_channel(''purse'', NULL, 1, ''x'')', '22004', NULL, 'no rule');
SELECT throws_ok(format('SELECT configure_channel(''purse'', %L, %s, ''x'')', r, v), '22023', NULL, format('%s of %s', r, v))
FROM (VALUES ('share_cap', 1000001), ('share_cap', -1), ('minimum', 0), ('receivers_per_request', 0), ('earliest', -1), ('fee_ppm', 1000001)) x(r, v);

-- Terms.
SELECT throws_ok(format('SELECT set_payout_terms(id(''seller''), %s)', a), code, NULL, a)
FROM (VALUES ('''cash''', 'KT303'), ('NULL', '22004'), ('minimum => 0', '22023'), ('minimum => NULL', '22004'), ('hold => ''-1 day''', '22023'), ('hold => ''2 years''', '22023'),
             ('schedule => ''yearly''', '22023'), ('schedule => ''weekly''', '22004'), ('schedule => ''weekly'', day => 8', '22023'), ('schedule => ''monthly'', day => 0', '22023'),
             ('schedule => ''daily'', day => 1', '22023'), ('day => 1', '22023')) x(a, code);
SELECT throws_ok('SELECT set_payout_terms(999999)', 'KT303', NULL, 'terms of an unknown member');

-- Fees and bounds.
SELECT set_payout_terms(id('rival'), 'purse'), pg_temp.owe('rival', 1000) \g /dev/null
SELECT configure_channel('purse', 'fee_ppm', 6001, 'x'), configure_channel('purse', 'fee_fixed', 10, 'x') \g /dev/null
SELECT results_eq('SELECT * FROM pg_temp.lines(''f1'', ''rival'')', 'VALUES (NULL::text, 983::bigint, 17::bigint, ''proposed'', NULL::text)', 'a part of it, rounded up, and a fixed fee');
SELECT configure_channel('purse', 'fee_minimum', 25, 'x') \g /dev/null
SELECT results_eq('SELECT * FROM pg_temp.lines(''f2'', ''rival'')', 'VALUES (NULL::text, 975::bigint, 25::bigint, ''proposed'', NULL::text)', 'the least fee');
SELECT configure_channel('purse', 'fee_minimum', 1000, 'x') \g /dev/null
SELECT results_eq('SELECT * FROM pg_temp.lines(''f3'', ''rival'')', 'VALUES (NULL::text, 1000::bigint, 0::bigint, ''dropped'', ''fee'')', 'the fee would eat it');
SELECT throws_ok('SELECT request_payout(id(''rival''), 1000, ''w'')', 'KT405', 'channel "purse" does not let so much be paid out', 'also when he asks');
SELECT configure_channel('purse', 'fee_minimum', NULL), configure_channel('purse', 'minimum', 984, 'x') \g /dev/null
SELECT results_eq('SELECT * FROM pg_temp.lines(''f4'', ''rival'')', 'VALUES (NULL::text, 1000::bigint, 0::bigint, ''dropped'', ''minimum'')', 'less than a transfer may be, the fee taken off');
SELECT configure_channel('purse', 'minimum', 983, 'x') \g /dev/null
SELECT results_eq('SELECT * FROM pg_temp.lines(''f5'', ''rival'')', 'VALUES (NULL::text, 983::bigint, 17::bigint, ''proposed'', NULL::text)', 'just enough');
SELECT configure_channel('purse', 'minimum', NULL), configure_channel('purse', 'maximum', 400, 'x') \g /dev/null
SELECT results_eq('SELECT * FROM pg_temp.lines(''f6'', ''rival'')', 'VALUES (NULL::text, 387::bigint, 13::bigint, ''proposed'', NULL::text)', 'as much as a transfer may be; the rest next time');
SELECT throws_ok('SELECT request_payout(id(''rival''), 401, ''w'')', 'KT405', NULL, 'more than one transfer may be');
SELECT isnt(request_payout(id('rival'), 400, 'w'), NULL, 'as much as it may be');
SELECT make_payout(id('cashier'), 'purse', channel => 'purse') AS p \gset
SELECT results_eq('SELECT member_id, amount, fee FROM payout_lines WHERE payout_id = ' || :'p', 'VALUES (id(''rival''), 387::bigint, 13::bigint)', 'only those who are paid by this channel');
SELECT is((SELECT fee FROM approve_payout(:p, id('chief'))), 13::bigint, 'the fee is known when it is approved');
SELECT is(balance(NULL, 'revenue'), 13::bigint - 1000, 'and is revenue');

-- A channel that divides payments: every transfer is a part of one.
SELECT set_payout_terms(id(m), 'wechat') FROM unnest('{orchard,mill,leader,seller,steward}'::text[]) m \g /dev/null
SELECT buy('a', 'buyer', '{apple}', '{3}', 'seller'), buy('b', 'neighbour', '{rice}', '{1}', 'seller') \g /dev/null
SELECT deliver(), complete(), settle() \g /dev/null
SELECT results_eq('SELECT * FROM pg_temp.lines(''d1'', ''seller'')', $$VALUES (NULL::text, 896::bigint, 0::bigint, 'dropped', 'earliest')$$, 'too soon after the payments');
UPDATE payments SET received_at = received_at - interval '2 minutes';
SELECT results_eq('SELECT * FROM pg_temp.lines(''d2'', ''seller'')', $$VALUES ('payment of a', 446::bigint, 0::bigint, 'proposed', NULL::text), ('payment of b', 450, 0, 'proposed', NULL)$$,
                  'his part of each payment');
SELECT results_eq('SELECT * FROM pg_temp.lines(''d3'', ''mill'')', $$VALUES ('payment of b', 899::bigint, 0::bigint, 'proposed', NULL::text)$$, 'no more than 30 % of a payment of 2999');
SELECT throws_ok('SELECT request_payout(id(''mill''), 900, ''d4'')', 'KT405', NULL, 'nor when he asks');
SELECT make_payout(id('cashier'), 'd5') AS d5 \gset
SELECT results_eq(format('SELECT payment, sum(amount)::bigint FROM payout_lines WHERE payout_id = %s AND state = ''proposed'' AND channel = ''wechat'' GROUP BY 1 ORDER BY 1', :d5),
                  $$VALUES ('payment of a', 891::bigint), ('payment of b', 899)$$, 'all together up to the cap');
SELECT results_eq(format('SELECT note, count(*) FROM payout_lines WHERE payout_id = %s AND state = ''dropped'' GROUP BY 1', :d5), $$VALUES ('share_cap', 3::bigint)$$, 'the others hear why');
SELECT approve_payout(:d5, id('chief')) \g /dev/null
SELECT make_payout(id('cashier'), 'd6', channel => 'wechat') AS d6 \gset
SELECT is_empty(format('SELECT * FROM payout_lines WHERE payout_id = %s AND state <> ''dropped''', :d6), 'and no more later');
SELECT configure_channel('wechat', 'share_cap', 1000000, 'agreed') \g /dev/null
SELECT make_payout(id('cashier'), 'd7', channel => 'wechat') AS d7 \gset
SELECT is((SELECT sum(amount) FROM payout_lines l WHERE l.channel = 'wechat' AND l.state <> 'dropped'),
          (SELECT sum(total(o.shares) - coalesce(amount(o.shares, market_account('revenue')), 0)) FROM orders o), 'with a cap of all of it everybody has his shares');
SELECT is_empty($$SELECT e.account FROM payout_lines l CROSS JOIN LATERAL entries(l.entries) e WHERE l.channel = 'wechat' AND l.state <> 'dropped' GROUP BY 1
                  HAVING sum(e.amount) <> (SELECT sum(amount(o.shares, e.account)) FROM orders o)$$, 'to the cent');
SELECT withdraw_payout(:d7) \g /dev/null
-- A refund takes from those who bear it, and from nobody else.
SELECT set_liability(id('leader'), 'late', 'supplier rest') \g /dev/null
SELECT isnt(refund_order(id('campaign'), id('b'), id('rice'), 0, 'late', 1000, cause => 'late'), NULL, 'a refund that the supplier bears');
SELECT settle() \g /dev/null
SELECT results_eq('SELECT * FROM pg_temp.lines(''d9'', ''seller'')', $$VALUES ('payment of a', 446::bigint, 0::bigint, 'proposed', NULL::text), ('payment of b', 450, 0, 'proposed', NULL)$$,
                  'leaves the seller his part of both payments');
SELECT results_eq('SELECT * FROM pg_temp.lines(''d10'', ''mill'')', $$VALUES ('payment of b', 101::bigint, 0::bigint, 'proposed', NULL::text)$$, 'and the supplier what it did not take');
UPDATE payments SET received_at = received_at - interval '30 days';
SELECT results_eq('SELECT DISTINCT note, payment FROM pg_temp.lines(''d8'', ''mill'')', $$VALUES ('no_payment', NULL::text)$$, 'what the channel has released cannot be divided');
SELECT is_empty('SELECT violations()', 'all is well');

SELECT * FROM finish();
ROLLBACK;
