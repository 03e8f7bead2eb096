-- Orders are changed before the cut-off, tried without being placed, and placed in bulk.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(104);
\ir lib/market.sql

CREATE FUNCTION fixture.change(request text, items text[], units bigint[], key text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
    SELECT concat_ws(' ', c.outcome, c.amount, c.returned)
    FROM change_order(id('campaign'), id(change.request), (SELECT array_agg(id(i) ORDER BY n) FROM unnest(items) WITH ORDINALITY x(i, n)), units,
                      coalesce(change.key, gen_random_uuid()::text)) c
$$;
CREATE FUNCTION fixture.stock_of(item text) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT sum(free)::bigint FROM stock WHERE stock_id = id(item) $$;
CREATE FUNCTION fixture.used(buyer text) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT units FROM limit_uses WHERE subject = id(buyer) $$;

-- Changing.
SELECT place('a', 'buyer', '{apple,rice}', '{3,1}', 'seller', 'shed') \g /dev/null
SELECT code_mac AS mac, placed_at AS at, request AS req FROM orders WHERE id = id('a') \gset
SELECT is(change('a', '{apple}', '{5}', 'c1'), 'changed 4950 0', 'another basket');
SELECT results_eq($$SELECT state::text, amount, basket::text, chain::text, point_id, request FROM orders$$,
                  $$SELECT 'placed', 4950::bigint, format('{%s:5@4950}', id('apple')), format('%s>%s', id('leader'), id('seller')), id('shed'), 'a'$$, 'the same order, seller, point and key');
SELECT is((SELECT code_mac FROM orders WHERE id = id('a')), nullif(:'mac', '')::bytea, 'its code stays');
SELECT is((SELECT shares FROM orders WHERE id = id('a')), (SELECT shares_agg(p.account_id, p.amount) FROM order_parts(id('campaign'), id('a')) p), 'divided by its rule');
SELECT is(stock_of('apple'), 95::bigint, 'stock follows');
SELECT is(used('buyer'), 5::bigint, 'so does the limit');
SELECT is((SELECT parcels FROM point_loads WHERE point_id = id('shed')), 1, 'it is still one parcel');
SELECT answers($$SELECT change('a', '{apple}', '{5}', 'c1')$$, 'changed 4950 0', 'the same change again is not made twice');
SELECT throws_ok($$SELECT change('a', '{apple}', '{4}', 'c1')$$, 'KT010', NULL, 'the key belongs to that change');
SELECT answers($$SELECT place('a', 'buyer', '{apple,rice}', '{3,1}', 'seller', 'shed')$$, 'placed', 'the order''s own key gives its first answer');
SELECT answers($$SELECT change('a', '{apple}', '{6}', 'c2')$$, 'limit', 'a limit refuses a change');
SELECT answers($$SELECT change('a', '{apple}', '{6}', 'c2')$$, 'limit', 'and again');
SELECT is(used('buyer'), 5::bigint, 'nothing is lost by it');
SELECT place('all', b, '{apple}', '{5}') FROM unnest('{neighbour,rival,chief,cashier}'::text[]) b \g /dev/null
SELECT restock(-70, id('campaign'), item => id('apple')) \g /dev/null
SELECT is(stock_of('apple') >= 0, true, 'little stock is left');
SELECT throws_ok($$SELECT change('a', '{apple}', '{0}')$$, '22023', 'units must be between 1 and 1000000', 'no units');
SELECT throws_ok($$SELECT change('a', '{apple,apple}', '{1,1}')$$, '22023', NULL, 'an item twice');
SELECT throws_ok($$SELECT change('a', '{}', '{}')$$, '22004', NULL, 'no lines');
SELECT throws_ok($$SELECT * FROM change_order(id('campaign'), id('a'), NULL, '{1}', 'k')$$, '22004', 'items must not be null', 'no items');
SELECT throws_ok($$SELECT * FROM change_order(id('campaign'), id('a'), ARRAY[id('rice')], '{1}', NULL)$$, '22004', NULL, 'no key');
SELECT throws_ok($$SELECT * FROM change_order(id('campaign'), 999999, ARRAY[id('rice')], '{1}', 'k')$$, 'KT303', NULL, 'an unknown order');
SELECT throws_ok($$SELECT * FROM change_order(id('campaign'), id('a'), '{999999}', '{1}', 'k')$$, 'KT303', NULL, 'an unknown item');
SELECT is_empty('SELECT violations()', 'changes are sound');

-- Paid orders: less goes back, more is awaited.
SELECT is(pay('a'), 'paid', 'it is paid');
SELECT is(change('a', '{apple}', '{2}'), 'changed 1980 2970', 'three apples go back');
SELECT is(state('a'), 'paid', 'it stays paid');
SELECT is(balance(NULL, 'clearing'), 1980::bigint, 'less is held');
SELECT is(change('a', '{apple,rice}', '{2,1}'), 'changed 4979 0', 'rice is added');
SELECT is(state('a'), 'placed', 'it waits for the rest');
SELECT is((SELECT part_paid FROM orders WHERE id = id('a')), 1980::bigint, 'with what was paid');
SELECT is(pay_order(id('campaign'), id('a'), 2999, 'rest'), 'paid', 'the rest comes');
SELECT is(change('a', '{rice}', '{1}'), 'changed 2999 1980', 'only rice');
SELECT is_empty('SELECT violations()', 'every cent is accounted for');
SELECT refund_order(id('campaign'), id('a'), id('rice'), 0, 'f', 100) \g /dev/null
SELECT answers($$SELECT change('a', '{rice}', '{2}', 'c9')$$, 'refunded', 'what was refunded is not changed');
SELECT cancel_order(id('campaign'), id('a')) \g /dev/null
SELECT answers($$SELECT change('a', '{rice}', '{2}', 'c10')$$, 'cancelled', 'nor what was cancelled');
SELECT is_empty('SELECT violations()', 'and back again');

-- Tried only.
SELECT answers($$SELECT outcome FROM preview_order(id('campaign'), id('steward'), ARRAY[id('rice')], '{2}', id('seller'), location => location(121.5, 25.05))$$, 'placed', 'a trial says placed');
SELECT results_eq($$SELECT amount, pickup_point, item, deposit FROM preview_order(id('campaign'), id('steward'), ARRAY[id('rice')], '{2}', id('seller'), location => location(121.5, 25.05))$$,
                  $$VALUES (5998::bigint, id('gate'), NULL::bigint, NULL::bigint)$$, 'what it comes to, and where');
SELECT is((SELECT jsonb_agg(jsonb_build_array(x ->> 'party', x -> 'member', x -> 'amount') ORDER BY x ->> 'party') FROM preview_order(id('campaign'), id('steward'), ARRAY[id('rice')], '{2}', id('seller'), id('gate')) p, jsonb_array_elements(p.parts) x),
          jsonb_build_array(jsonb_build_array('platform', NULL, 120), jsonb_build_array('sales_leader', id('seller'), 900), jsonb_build_array('steward', id('steward'), 200),
                            jsonb_build_array('supplier', id('mill'), 4000), jsonb_build_array('supply_leader', id('leader'), 778)), 'what everybody would get');
SELECT is((SELECT outcome FROM preview_order(id('campaign'), id('steward'), ARRAY[id('apple')], '{6}', point => id('gate'))), 'limit', 'what would be refused');
SELECT is((SELECT item FROM preview_order(id('campaign'), id('steward'), ARRAY[id('apple')], '{6}', point => id('gate'))), id('apple'), 'and because of what');
SELECT is((SELECT parts FROM preview_order(id('campaign'), id('steward'), ARRAY[id('apple')], '{6}', point => id('gate'))), NULL, 'then nobody gets anything');
SELECT throws_ok($$SELECT preview_order(id('campaign'), id('steward'), '{999999}', '{6}', point => id('gate'))$$, 'KT303', NULL, 'what would be an error is one');
SELECT is_empty($$SELECT key FROM requests WHERE key LIKE '%preview%'$$, 'no key is left behind');
SELECT place('b', 'other leader', '{rice,apple}', '{2,1}', 'seller') \g /dev/null
SELECT is((SELECT sum(amount) FROM order_parts(id('campaign'), id('b'))), (SELECT amount::numeric FROM orders WHERE id = id('b')), 'the parts of an order are its amount');
SELECT is((SELECT shares_agg(account_id, amount) FROM order_parts(id('campaign'), id('b'))), (SELECT shares FROM orders WHERE id = id('b')), 'and its shares');
SELECT is((SELECT count(DISTINCT item_id) FROM order_parts(id('campaign'), id('b'))), 2::bigint, 'line by line');

-- In bulk.
CREATE FUNCTION fixture.bulk(VARIADIC changes jsonb[]) RETURNS text
LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', p.outcome, p.error_code), ', ' ORDER BY p.ordinal)
    FROM place_orders((SELECT array_agg(jsonb_build_object('campaign', id('campaign'), 'buyer', id('neighbour'), 'items', jsonb_build_array(id('rice')), 'units', '[1]'::jsonb,
                                                           'request', 'bulk ' || n, 'point', id('gate')) || c ORDER BY n) FROM unnest(changes) WITH ORDINALITY x(c, n))) p
$$;
SELECT is(bulk('{}', '{}', '{"request": "bulk 1"}'), 'placed, placed, placed', 'two orders, one of them twice');
SELECT is((SELECT count(*) FROM orders WHERE request LIKE 'bulk %'), 2::bigint, 'are two');
SELECT is(bulk('{}', '{}', '{"request": "bulk 1"}'), 'placed, placed, placed', 'again');
SELECT is((SELECT count(*) FROM orders WHERE request LIKE 'bulk %'), 2::bigint, 'they are still two');
SELECT is(bulk('{"request": "q1", "units": [0]}', '{"request": "q2", "items": null}', '{"request": "q3", "buyer": 999999}', '{"request": "q4", "buyer": "ann"}', '{"request": "q5"}', '{"request": null}',
               '{"request": "q6", "point": null, "longitude": 25, "latitude": 121}', '{"request": "q7", "seller": 999999}', '{"request": "q8", "channel": "radio"}', '{"request": "q9", "household": "\\x00"}',
               '{"request": "q10", "point": null}', '{"request": "q11", "units": [1, 2]}', '{"request": "q12", "campaign": 999999}', '{"request": "q13", "units": ["many"]}', '{"request": "q14", "units": [99999999999999999999]}'),
          'error 22023, error 22004, error KT303, error 22P02, placed, error 22004, error 22023, error KT103, error 22023, error 22023, error 22004, error 22023, error KT303, error 22P02, error 22003',
          'every broken one says what is wrong, the good one is placed');
SELECT is((SELECT count(*) FROM orders WHERE request LIKE 'q%'), 1::bigint, 'one of them');
SELECT is(bulk(format('{"request": "r1", "buyer": %s, "items": [%s], "units": [2]}', id('steward'), id('apple'))::jsonb, format('{"request": "r2", "buyer": %s, "items": [%s], "units": [4]}', id('steward'), id('apple'))::jsonb,
               format('{"request": "r3", "buyer": %s, "items": [%s], "units": [3]}', id('steward'), id('apple'))::jsonb), 'placed, limit, placed', 'in their order, each by what is left');
SELECT is(used('steward'), 5::bigint, 'to the last unit');
SELECT is(bulk('{"request": "s1", "point": null, "longitude": 121.51, "latitude": 25.05}', '{"request": "s2", "point": null, "longitude": 121.51, "latitude": 25.05}', '{"request": "s3", "point": null, "longitude": 121.51, "latitude": 25.05}'),
          'placed, placed, placed', 'at the nearest point while it has room');
SELECT is((SELECT array_agg(point_id = id('shed') ORDER BY request) FROM orders WHERE request LIKE 's_'), '{t,t,f}', 'then at the next');
SELECT is((SELECT count(*) FROM place_orders('{}')), 0::bigint, 'none');
SELECT throws_ok('SELECT * FROM place_orders(NULL)', '22004', 'orders must not be null', 'null');
SELECT throws_ok($$SELECT * FROM place_orders(array_fill('{}'::jsonb, '{10001}'))$$, '54000', 'at most 10000 orders can be placed at once', 'too many');
SELECT is((SELECT string_agg(concat_ws(' ', outcome, error_code), ', ') FROM place_orders(ARRAY[NULL, 'null', '[]', '7', '{}']::jsonb[])), 'error 22004, error 22023, error 22023, error 22023, error 22004', 'things that are no orders');
CREATE FUNCTION fixture.fate(orders jsonb[]) RETURNS text
LANGUAGE sql AS $$ SELECT string_agg(concat_ws(' ', f.ordinal, f.outcome, f.error_code, f.error), ', ' ORDER BY f.ordinal) FROM place_orders(orders) f $$;
CREATE FUNCTION fixture.good(request text) RETURNS jsonb
LANGUAGE sql AS $$ SELECT jsonb_build_object('campaign', id('campaign'), 'buyer', id('chief'), 'items', ARRAY[id('rice')], 'units', '{1}'::int[], 'request', good.request, 'point', id('gate')) $$;
SELECT is(fate(format('[0:1]={%s,7}', to_json(good('bound 0')::text))::jsonb[]), '1 placed, 2 error 22023 order must be an object', 'a list that is counted from 0');
SELECT is(fate(ARRAY[ARRAY[good('row 1'), '7'], ARRAY[good('row 2'), '[]']]), '1 placed, 2 error 22023 order must be an object, 3 placed, 4 error 22023 order must be an object', 'a list of lists');
SELECT is(fate(ARRAY[good('x') || '{"buyer": 1e999}', good('x') || '{"point": "gate"}', good('x') || '{"items": 1}', good('x') || '{"household": "\\xq"}', good('x') || '{"units": [[[[[[[1]]]]]]]}', good('fine')]),
          '1 error 22003 buyer of an order must be of type bigint, 2 error 22P02 point of an order must be of type bigint, 3 error 22P02 items of an order must be of type bigint[], '
          '4 error 22023 household of an order must be of type bytea, 5 error 54000 units of an order must be of type bigint[], 6 placed', 'what is wrong has a name');
SELECT is((SELECT string_agg(outcome || ' ' || (code IS NOT NULL)::text, ', ') FROM place_orders(ARRAY[jsonb_build_object('campaign', id('campaign'), 'buyer', id('rival'), 'items', ARRAY[id('rice')], 'units', '{1}'::int[], 'request', 'full', 'point', id('gate'),
           'seller', id('seller'), 'household', '\xdeadbeefdeadbeef', 'channel', 'moments', 'note', 'ring twice')])), 'placed ' || ktt.has_key('code')::text, 'with everything');
SELECT results_eq($$SELECT channel::text, note, received, refunded FROM buyer_orders WHERE buyer_id = id('rival') ORDER BY campaign_id DESC, order_id DESC LIMIT 1$$, $$VALUES ('moments', 'ring twice', 0::bigint, 0::bigint)$$, 'as its buyer sees it');
SELECT is_empty('SELECT violations()', 'bulk orders are sound');

-- Hostile words.
SELECT is((SELECT outcome FROM place_order(id('campaign'), id('rival'), ARRAY[id('rice')], '{1}', e'\'; DROP TABLE orders; --\\', point => id('gate'), note => e'\'); DELETE FROM stock; --')), 'placed', 'words are words');
SELECT throws_ok($$SELECT place_order(id('campaign'), id('rival'), ARRAY[id('rice')], '{1}', 'long', point => id('gate'), note => repeat('x', 2001))$$, '22023', 'note must have at most 2000 bytes', 'a long note');
SELECT throws_ok($$SELECT place_order(id('campaign'), id('rival'), ARRAY[id('rice')], '{1}', 'ch', point => id('gate'), channel => 'radio')$$, '22023', 'channel must be one of group, moments, account, mini_programme, other', 'an unknown channel');

-- Boards.
SELECT pay(r) FROM unnest('{b}'::text[]) r \g /dev/null
SELECT is((SELECT units FROM supplier_items WHERE supplier_id = id('mill') AND campaign_id = id('campaign')), (SELECT sum(ktt.units(basket, id('rice')))::bigint FROM orders WHERE state NOT IN ('cancelled', 'expired')), 'a supplier sees what is ordered');
SELECT results_eq($$SELECT paid_units, amount FROM supplier_items WHERE supplier_id = id('mill') AND campaign_id = id('campaign')$$, 'VALUES (2::bigint, 4000::bigint)', 'and what is paid');
SELECT is((SELECT free FROM supplier_items WHERE supplier_id = id('orchard')), stock_of('apple'), 'and what is left');
SELECT results_eq($$SELECT orders, amount, paid FROM today_board WHERE campaign_id = id('campaign')$$, $$SELECT count(*), sum(amount)::bigint, 6988::bigint FROM orders WHERE state NOT IN ('cancelled', 'expired')$$, 'today');
SELECT is((SELECT count(*) FROM (SELECT order_id FROM campaign_board WHERE campaign_id = id('campaign') AND order_id > id('b') ORDER BY order_id LIMIT 2) p), 2::bigint, 'a page of a campaign');

-- Another steward meanwhile: what is placed anew is his, and he is asked when it is refunded.
SELECT appoint_steward(id('garden'), id('rival')) \g /dev/null
SELECT is(change('b', '{rice}', '{1}'), 'changed 2999 3989', 'less, under another steward');
SELECT is((SELECT a.member_id FROM orders o JOIN accounts a ON a.id = o.steward_account_id WHERE o.id = id('b')), id('rival'), 'who is the order''s steward now');
SELECT refund_order(id('campaign'), id('b'), id('rice'), 1, 'all of b') \g /dev/null
SELECT results_eq($$SELECT sum(r.shares) FROM refunds r WHERE r.order_id = id('b')$$, $$SELECT shares FROM orders WHERE id = id('b')$$, 'and a refund takes back what was given');
SELECT is_empty('SELECT violations()', 'shares go back to whom they were given');

-- A change is placed now: limits by day count it today, and what more it costs may be paid as long as that of a new order.
SELECT name('daily', create_campaign(open_wave('daily'), id('leader'), 'daily', clock_timestamp() + interval '1 hour', hold => '0')) \g /dev/null
SELECT name('daily rice', list_item(id('daily'), id('rice sku'), 2500, 2999)), set_limit(id('daily'), 4, 'buyer', per_day => true), publish_campaign(id('daily')), join_campaign(id('daily'), id('seller')) \g /dev/null
SELECT name('day', o.order_id), pay_order(id('daily'), o.order_id, o.amount, 'day') FROM place_order(id('daily'), id('buyer'), ARRAY[id('daily rice')], '{3}', 'day', point => id('gate')) o \g /dev/null
UPDATE orders SET placed_at = placed_at - interval '1 day', paid_at = paid_at - interval '1 day' WHERE id = id('day');
UPDATE limit_uses SET day = day - 1 WHERE campaign_id = id('daily');
SELECT results_eq($$SELECT outcome, returned FROM change_order(id('daily'), id('day'), ARRAY[id('daily rice')], '{4}', 'day 2')$$, $$VALUES ('changed', 0::bigint)$$, 'more, a day later');
SELECT results_eq($$SELECT u.units, u.day = local_day(clock_timestamp()) FROM limit_uses u WHERE u.campaign_id = id('daily') AND u.units <> 0$$, 'VALUES (4::bigint, true)', 'it counts today');
SELECT is_empty('SELECT violations()', 'the limit by day is sound');
SELECT is(expire_orders(), 0, 'there is time to pay the difference');
SELECT is(pay_order(id('daily'), id('day'), 2999, 'day 2'), 'paid', 'it is paid');
SELECT is(cancel_order(id('daily'), id('day')), 'cancelled', 'and can end');
SELECT is((SELECT sum(units) FROM limit_uses WHERE campaign_id = id('daily')), 0::numeric, 'with nothing left behind');
-- Rules that changed meanwhile.
SELECT name('own', o.order_id), pay_order(id('daily'), o.order_id, o.amount, 'own') FROM place_order(id('daily'), id('seller'), ARRAY[id('daily rice')], '{3}', 'own', seller => id('seller'), point => id('gate')) o \g /dev/null
SELECT configure(own_purchase => false) \g /dev/null
SELECT results_eq($$SELECT outcome, returned FROM change_order(id('daily'), id('own'), ARRAY[id('daily rice')], '{2}', 'own 2')$$, $$VALUES ('changed', 2999::bigint)$$, 'a purchase of one''s own');
SELECT results_eq($$SELECT chain::text, seller_account_id FROM orders WHERE id = id('own')$$, 'SELECT id(''leader'')::text, NULL::bigint', 'no longer counts as a sale');
SELECT is_empty('SELECT violations()', 'its shares say the same');
SELECT is(cancel_order(id('daily'), id('own')), 'cancelled', 'and it can end');
SELECT throws_ok('SELECT expire_orders(''1000000 years'')', '22023', NULL, 'an age beyond all times');
SELECT throws_ok('SELECT expire_orders(''-1 s'')', '22023', NULL, 'an age below zero');
SELECT configure(own_purchase => true) \g /dev/null

-- What was paid in full has time for the rest; what never was has not more than it had, however often it is changed.
SELECT name('slow', o.order_id) FROM place_order(id('daily'), id('rival'), ARRAY[id('daily rice')], '{1}', 'slow', point => id('gate')) o \g /dev/null
SELECT name('fast', o.order_id), pay_order(id('daily'), o.order_id, o.amount, 'fast') FROM place_order(id('daily'), id('chief'), ARRAY[id('daily rice')], '{1}', 'fast', point => id('gate')) o \g /dev/null
UPDATE orders SET placed_at = placed_at - interval '29 minutes' WHERE id IN (id('slow'), id('fast'));
CREATE FUNCTION fixture.rice(request text, units bigint) RETURNS text
LANGUAGE sql AS $$ SELECT outcome FROM change_order(id('daily'), id(rice.request), ARRAY[id('daily rice')], ARRAY[rice.units], gen_random_uuid()::text) $$;
SELECT is(ARRAY[rice('slow', 2), rice('slow', 1), rice('fast', 2), rice('fast', 3)], '{changed,changed,changed,changed}'::text[], 'two orders, changed and changed again');
SELECT is((SELECT unpaid_since < clock_timestamp() - interval '28 minutes' FROM orders WHERE id = id('slow')), true, 'one waits since it was placed');
SELECT is((SELECT unpaid_since > clock_timestamp() - interval '1 minute' FROM orders WHERE id = id('fast')), true, 'one since it became more');
SELECT is(expire_orders('28 minutes'), 1, 'the time of one is over');
SELECT is((SELECT array_agg(state::text ORDER BY id) FROM orders WHERE id IN (id('slow'), id('fast'))), '{expired,placed}'::text[], 'which had never been paid');
UPDATE orders SET unpaid_since = unpaid_since - interval '29 minutes' WHERE id = id('fast');
SELECT is(rice('fast', 2), 'changed', 'the other is changed once more');
SELECT is((SELECT unpaid_since < clock_timestamp() - interval '28 minutes' FROM orders WHERE id = id('fast')), true, 'and waits no longer for it');
SELECT is(pay_order(id('daily'), id('fast'), 2999, 'rest of fast'), 'paid', 'the rest comes');
SELECT is(expire_orders('28 minutes'), 0, 'then it is kept');
SELECT is_empty('SELECT violations()', 'waiting orders are sound');

-- After the cut-off.
SELECT place('c', 'rival', '{rice}', '{1}') \g /dev/null
SELECT close_wave(id('wave')) \g /dev/null
SELECT answers($$SELECT change('c', '{rice}', '{2}', 'late')$$, 'closed', 'past the cut-off nothing is changed');
SELECT is(bulk('{"request": "late"}'), 'closed', 'nor placed');
SELECT is_empty('SELECT violations()', 'all is well at the end');

SELECT * FROM finish();
ROLLBACK;
