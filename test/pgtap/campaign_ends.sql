-- How campaigns end: at their time, filled, succeeded, failed, called off.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(66);
\ir lib/market.sql

-- A further campaign of the leader: rice without a limit, apples with a stock of 10.
CREATE FUNCTION fixture.campaign(name text, kind text DEFAULT 'ordinary', open boolean DEFAULT true) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint := name(campaign.name, create_campaign(open_wave('wave of ' || campaign.name), id('leader'), campaign.name, clock_timestamp() + interval '1 hour',
                                                       hold => '0', kind => campaign.kind));
BEGIN
    PERFORM name('rice of ' || campaign.name, list_item(v_id, id('rice sku'), 2500, 2999)),
            name('apple of ' || campaign.name, list_item(v_id, id('apple sku'), 850, 990, stock => 10));
    IF open THEN
        PERFORM publish_campaign(v_id);
    END IF;
    RETURN v_id;
END
$$;
-- An order there, paid if wanted.
CREATE FUNCTION fixture.order_in(campaign text, buyer text, item text, units bigint, pay boolean DEFAULT true) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_order record;
BEGIN
    SELECT * INTO v_order FROM place_order(id(order_in.campaign), id(buyer), ARRAY[id(item || ' of ' || order_in.campaign)], ARRAY[units],
                                           format('%s %s %s %s', order_in.campaign, buyer, item, units), point => id('gate'));
    IF v_order.outcome = 'placed' AND order_in.pay THEN
        PERFORM pay_order(id(order_in.campaign), v_order.order_id, v_order.amount, format('pay %s %s', order_in.campaign, v_order.order_id));
    END IF;
    RETURN v_order.outcome;
END
$$;
CREATE FUNCTION fixture.states(campaign text) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT string_agg(l.state, ' ' ORDER BY l.id) FROM campaign_log l WHERE l.campaign_id = id(states.campaign) $$;

-- A minimum that is not reached: all is cancelled and paid back in one call.
SELECT campaign('units', open => false) \g /dev/null
SELECT throws_ok($$SELECT set_minimum(id('units'), 0)$$, '22023', 'minimum must be between 1 and 1000000000000000', 'a minimum of nothing');
SELECT throws_ok($$SELECT set_minimum(id('units'), 1, 'days')$$, '22023', 'a minimum is of units, amount or buyers', 'a minimum of days');
SELECT throws_ok($$SELECT set_minimum(NULL, 1)$$, '22004', 'campaign must not be null', 'no campaign');
SELECT throws_ok($$SELECT set_minimum(999999, 1)$$, 'KT303', 'campaign 999999 does not exist', 'an unknown campaign');
SELECT set_minimum(id('units'), 5), publish_campaign(id('units')) \g /dev/null
SELECT throws_ok($$SELECT set_minimum(id('units'), 1)$$, 'KT301', format('campaign %s is open', id('units')), 'too late for a minimum');
SELECT order_in('units', 'buyer', 'rice', 2), order_in('units', 'neighbour', 'apple', 2), order_in('units', 'rival', 'rice', 9, false) \g /dev/null
SELECT throws_ok($$SELECT conclude_campaign(id('units'))$$, 'KT301', format('campaign %s is open', id('units')), 'an open campaign is not decided');
SELECT ok(close_campaign(id('units')), 'it is closed');
SELECT ok(NOT close_campaign(id('units')), 'once');
SELECT is(order_in('units', 'chief', 'rice', 1), 'closed', 'nobody gets in after it');
SELECT results_eq($$SELECT * FROM conclude_campaign(id('units'))$$, $$VALUES ('failed', 4::bigint, 5::bigint, 2::bigint, 2 * 2999 + 2 * 990::bigint)$$, 'one unit too few: it fails');
SELECT results_eq($$SELECT state::text FROM orders WHERE campaign_id = id('units') ORDER BY id$$, '{cancelled,cancelled,expired}'::text[], 'every order ends');
SELECT is(balance(NULL, 'clearing'), 0::bigint, 'the money is back');
SELECT is((SELECT count(*) FROM journals WHERE kind = 'campaign_cancellation'), 1::bigint, 'by one journal');
SELECT is((SELECT sum(free) FROM stock WHERE stock_id = id('apple of units')), 10::numeric, 'so is the stock');
SELECT is(states('units'), 'draft open closed failed', 'the log says so');
SELECT results_eq($$SELECT state, reached, orders, returned FROM conclude_campaign(id('units'))$$, $$VALUES ('failed', 0::bigint, 0::bigint, 0::bigint)$$, 'it is decided once');
SELECT is_empty('SELECT violations()', 'a failed campaign is sound');

-- Reached: by units, amount and buyers, to the last one.
SELECT campaign(n, open => false) FROM unnest('{by units,by amount,by buyers,few buyers}'::text[]) n \g /dev/null
SELECT set_minimum(id('by units'), 4), set_minimum(id('by amount'), 7978, 'amount'), set_minimum(id('by buyers'), 2, 'buyers'), set_minimum(id('few buyers'), 3, 'buyers') \g /dev/null
SELECT publish_campaign(id(n)), order_in(n, 'buyer', 'rice', 1), order_in(n, 'buyer', 'rice', 2, n <> 'by amount'), order_in(n, 'neighbour', 'apple', 2), close_campaign(id(n))
FROM unnest('{by units,by amount,by buyers,few buyers}'::text[]) n \g /dev/null
SELECT is((SELECT state FROM conclude_campaign(id('by units'))), 'succeeded', 'enough units');
SELECT results_eq($$SELECT state, reached FROM conclude_campaign(id('by amount'))$$, $$VALUES ('failed', 2999 + 1980::bigint)$$, 'what is not paid does not count');
SELECT is((SELECT state FROM conclude_campaign(id('by buyers'))), 'succeeded', 'two buyers are two');
SELECT is((SELECT state FROM conclude_campaign(id('few buyers'))), 'failed', 'and not three');
-- Who got all of it back is no buyer.
SELECT campaign('refunded buyer', open => false) \g /dev/null
SELECT set_minimum(id('refunded buyer'), 2, 'buyers'), publish_campaign(id('refunded buyer')) \g /dev/null
SELECT order_in('refunded buyer', 'buyer', 'rice', 1), order_in('refunded buyer', 'neighbour', 'rice', 1) \g /dev/null
SELECT refund_order(id('refunded buyer'), o.id, id('rice of refunded buyer'), 1, 'all of it') FROM orders o
WHERE o.campaign_id = id('refunded buyer') AND o.buyer_id = id('neighbour') \g /dev/null
SELECT close_campaign(id('refunded buyer')) \g /dev/null
SELECT results_eq($$SELECT state, reached FROM conclude_campaign(id('refunded buyer'))$$, $$VALUES ('failed', 1::bigint)$$, 'one of two buyers was paid back in full: one is left');
SELECT is((SELECT string_agg(o.state::text, ' ' ORDER BY o.id) FROM orders o WHERE o.campaign_id = id('refunded buyer')), 'cancelled refunded', 'and is paid back too');
SELECT is((SELECT array_agg(DISTINCT state::text) FROM orders WHERE campaign_id = id('by units')), '{paid}', 'orders of a success stand');
SELECT throws_ok($$SELECT * FROM cancel_campaign(id('by units'), 'too late')$$, 'KT301', format('campaign %s is succeeded', id('by units')), 'what is decided cannot be called off');
SELECT is_empty('SELECT violations()', 'all of it is sound');

-- Freezing the lists decides the campaigns of the wave.
SELECT close_wave(w.id) FROM waves w WHERE w.reference LIKE 'wave of by %' \g /dev/null
SELECT is((SELECT orders FROM freeze_wave((SELECT wave_id FROM campaigns WHERE id = id('by units')))), 3::bigint, 'a success is on the lists');
SELECT is((SELECT orders FROM freeze_wave((SELECT wave_id FROM campaigns WHERE id = id('by amount')))), 0::bigint, 'a failure is not');
SELECT campaign('frozen', open => false), campaign('draft', open => false) \g /dev/null
SELECT set_minimum(id('frozen'), 2), publish_campaign(id('frozen')), order_in('frozen', 'buyer', 'rice', 1) \g /dev/null
SELECT close_wave(w.id) FROM waves w WHERE w.reference IN ('wave of frozen', 'wave of draft') ORDER BY w.id \g /dev/null
SELECT is((SELECT orders FROM freeze_wave((SELECT wave_id FROM campaigns WHERE id = id('frozen')))), 0::bigint, 'freezing lets it fail');
SELECT is(states('frozen'), 'draft open closed failed', 'and says so');
SELECT is(states('draft'), 'draft cancelled', 'a draft ends with its wave');

-- Called off.
SELECT campaign('off') \g /dev/null
SELECT order_in('off', 'buyer', 'rice', 2), order_in('off', 'neighbour', 'apple', 2, false) \g /dev/null
SELECT throws_ok($$SELECT * FROM cancel_campaign(id('off'), NULL)$$, '22004', 'reason must not be null', 'no reason');
SELECT results_eq($$SELECT * FROM cancel_campaign(id('off'), 'no rice')$$, $$VALUES (2::bigint, 5998::bigint)$$, 'both orders end, one is paid back');
SELECT results_eq($$SELECT * FROM cancel_campaign(id('off'), 'no rice')$$, $$VALUES (0::bigint, 0::bigint)$$, 'once');
SELECT is(order_in('off', 'chief', 'rice', 1), 'closed', 'nobody gets in');
SELECT throws_ok($$SELECT publish_campaign(id('off'))$$, 'KT301', format('campaign %s is cancelled', id('off')), 'nor is it opened again');
SELECT throws_ok($$UPDATE campaigns SET state = 'open' WHERE id = id('off')$$, 'KT301', NULL, 'not even by hand');
SELECT throws_ok($$SELECT * FROM cancel_campaign(999999, 'x')$$, 'KT303', 'campaign 999999 does not exist', 'an unknown campaign');

-- Filled.
SELECT campaign('three orders', open => false), campaign('five units', open => false) \g /dev/null
SELECT throws_ok($$SELECT set_capacity(id('three orders'), 3, 'buyers')$$, '22023', 'a capacity is of orders or units', 'a capacity of buyers');
SELECT throws_ok($$SELECT set_capacity(id('three orders'), 0)$$, '22023', NULL, 'a capacity of nothing');
SELECT set_capacity(id('three orders'), 9), set_capacity(id('three orders'), 3), set_capacity(id('five units'), 5, 'units'), publish_campaign(id('three orders')), publish_campaign(id('five units')) \g /dev/null
SELECT is((SELECT array_agg(order_in('three orders', b, 'rice', 4) ORDER BY b) FROM unnest('{buyer,chief,neighbour,rival}'::text[]) b), '{placed,placed,placed,filled}', 'three orders of three');
SELECT is((SELECT array_agg(order_in('five units', b, 'rice', 2) ORDER BY b) FROM unnest('{buyer,chief,neighbour}'::text[]) b), '{placed,placed,filled}', 'four units of five');
SELECT is(order_in('five units', 'rival', 'apple', 1), 'placed', 'the fifth');
SELECT is(close_due_campaigns(), 2, 'both are filled');
SELECT is((SELECT string_agg(reason, ', ' ORDER BY id) FROM campaign_log WHERE state = 'closed' AND campaign_id IN (id('three orders'), id('five units'))), 'filled, filled', 'and say so');
SELECT is(close_due_campaigns(), 0, 'nothing else is due');
SELECT is_empty('SELECT violations()', 'capacities are sound');
SELECT campaign('room again', open => false) \g /dev/null
SELECT set_capacity(id('room again'), 1), publish_campaign(id('room again')), order_in('room again', 'buyer', 'rice', 4, false) \g /dev/null
SELECT is(order_in('room again', 'chief', 'rice', 1), 'filled', 'one order is one');
SELECT cancel_order(id('room again'), o.id) FROM orders o WHERE o.campaign_id = id('room again') \g /dev/null
SELECT is(order_in('room again', 'chief', 'apple', 1), 'placed', 'who cancels makes room');
SELECT is(close_due_campaigns(), 1, 'and it is filled again');

-- Due by time.
SELECT campaign('past') \g /dev/null
UPDATE campaigns SET opens_at = clock_timestamp() - interval '2 hours', closes_at = clock_timestamp() - interval '1 second', grace = '1 minute' WHERE id = id('past');
SELECT is(close_due_campaigns(), 0, 'not within the grace');
SELECT is(order_in('past', 'buyer', 'rice', 1), 'placed', 'within the grace orders are taken');
UPDATE campaigns SET grace = '0' WHERE id = id('past');
SELECT is(order_in('past', 'buyer', 'rice', 2), 'closed', 'after it they are not');
SELECT is(close_due_campaigns(), 1, 'then it is closed');
UPDATE campaigns SET closes_at = clock_timestamp() + interval '1 hour' WHERE id = id('past');
SELECT is(order_in('past', 'buyer', 'rice', 3), 'closed', 'and stays so, whatever the clock says');

-- Flash sales.
SELECT throws_ok($$SELECT create_campaign(open_wave('w'), id('leader'), 'long', clock_timestamp() + interval '25 hours', kind => 'flash')$$, '22023', 'a flash sale must close within a day of its opening', 'a long flash');
SELECT throws_ok($$SELECT create_campaign(open_wave('w'), id('leader'), 'odd', clock_timestamp() + interval '1 hour', kind => 'sale')$$, '22023', 'kind must be ordinary, flash, presale or interest', 'no such kind');
SELECT throws_ok($$SELECT campaign('flash', 'flash')$$, 'KT301', 'every item of a flash sale needs a stock', 'a flash sale without a quota');
SELECT name('flash', create_campaign(open_wave('flash'), id('leader'), 'flash', clock_timestamp() + interval '1 hour', kind => 'flash')) \g /dev/null
SELECT list_item(id('flash'), id('apple sku'), 850, 990, stock => 5), publish_campaign(id('flash')) \g /dev/null
SELECT throws_ok($$SELECT list_item(id('flash'), id('rice sku'), 2500, 2999)$$, 'KT301', 'every item of a flash sale needs a stock', 'nor is one listed later');

-- Solitaire numbers.
SELECT is(number_orders(id('three orders')), 3::bigint, 'three orders have numbers');
SELECT is(number_orders(id('three orders')), 3::bigint, 'once');
SELECT is(number_orders(id('room again')), 2::bigint, 'a cancelled order has one too');
SELECT results_eq($$SELECT number, state::text FROM campaign_board WHERE campaign_id = id('room again') ORDER BY order_id$$, $$VALUES (1::bigint, 'cancelled'), (2, 'paid')$$, 'in the order of placing');
SELECT throws_ok('SELECT number_orders(NULL)', '22004', 'campaign must not be null', 'no campaign');
SELECT throws_ok('SELECT number_orders(999999)', 'KT303', 'campaign 999999 does not exist', 'an unknown one');
SELECT is_empty('SELECT violations()', 'all is well at the end');

SELECT * FROM finish();
ROLLBACK;
