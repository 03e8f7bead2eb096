-- Placing orders: every outcome, every refusal, and what a retry gives.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(85);
\ir lib/market.sql

CREATE FUNCTION pg_temp.order(
    items text DEFAULT '{rice}', units bigint[] DEFAULT '{1}', request text DEFAULT 'r', campaign bigint DEFAULT id('campaign'),
    buyer bigint DEFAULT id('buyer'), seller bigint DEFAULT NULL, point bigint DEFAULT id('gate'), location location DEFAULT NULL)
RETURNS text
LANGUAGE sql AS $$
    SELECT outcome FROM place_order(campaign, buyer, (SELECT coalesce(array_agg(coalesce(id(i.name), i.name::bigint) ORDER BY i.n), '{}')
        FROM unnest(items::text[]) WITH ORDINALITY i(name, n)), units, request, seller, point, location)
$$;

-- Placed.
SELECT outcome, order_id, amount, pickup_point, coalesce(code, '') AS code, coalesce(item, 0) AS item
FROM place_order(id('campaign'), id('buyer'), ARRAY[id('rice'), id('apple')], ARRAY[2, 3], 'first', id('seller'), id('gate'), location(121.501, 25.05)) \gset o_
SELECT is(:'o_outcome'::text, 'placed', 'an order is placed');
SELECT is(:o_amount, 2 * 2999 + 3 * 990, 'it comes to the prices of the campaign');
SELECT is(:o_pickup_point::bigint, id('gate'), 'at the point that was asked for');
SELECT is(:o_item, 0, 'no item is to blame');
SELECT ok(CASE WHEN ktt.has_key('code') THEN :'o_code' ~ '^[0-9A-Z]{4}-[0-9A-Z]{4}$' ELSE :'o_code' = '' END, 'with a pickup code when there is a key');
SELECT results_eq(format($$SELECT o.state::text, o.basket::text, o.chain::text, o.due_at, o.refunded::text FROM orders o WHERE o.id = %s$$, :o_order_id),
                  format($$VALUES ('placed', '{%s:3@2970,%s:2@5998}', '%s>%s', NULL::timestamptz, '{}')$$,
                         id('apple'), id('rice'), id('leader'), id('seller')), 'one row says it all');
SELECT ok((SELECT code_mac IS NULL OR position(convert_to(replace(:'o_code', '-', ''), 'UTF8') IN code_mac) = 0 FROM orders WHERE id = :o_order_id),
          'the code itself is not in it');
SELECT is((SELECT shares FROM orders WHERE id = :o_order_id),
          allocate('supplier cost, platform 2% of sale, steward 10% of margin, sales_leader 15% of sale, supply_leader rest', 2970, 2100, 3,
                   ARRAY[account('orchard', 'goods'), account(NULL, 'revenue'), account('steward', 'pickup'), account('seller', 'commission'), account('leader', 'commission')])
          + allocate('supplier cost, platform 2% of sale, steward 10% of margin, sales_leader 15% of sale, supply_leader rest', 5998, 4000, 2,
                   ARRAY[account('mill', 'goods'), account(NULL, 'revenue'), account('steward', 'pickup'), account('seller', 'commission'), account('leader', 'commission')]),
          'its shares are the sum of its lines''');
SELECT is((SELECT sum(free) FROM stock WHERE stock_id = id('apple')), 97::numeric, 'stock goes down');
SELECT is((SELECT u.units FROM limit_uses u JOIN limits l ON l.id = u.limit_id WHERE l.item_id = id('apple') AND u.subject = id('buyer')), 3::bigint, 'the limit counts');
SELECT is_empty('SELECT violations()', 'all is well');

-- Again.
SELECT results_eq($$SELECT outcome, order_id, amount, pickup_point, code, item
                    FROM place_order(id('campaign'), id('buyer'), ARRAY[id('apple'), id('rice')], ARRAY[3, 2], 'first', id('seller'), id('gate'), location(121.501, 25.05))$$,
                  format($$VALUES ('placed', %s::bigint, 8968::bigint, id('gate'), NULL, NULL::bigint)$$, :o_order_id), 'the same again is the first outcome, without the code');
SELECT answers($$SELECT outcome FROM place_order(id('campaign'), id('buyer'), ARRAY[id('apple'), id('rice')], ARRAY[3, 2], 'first', id('seller'), location => location(121.501, 25.05))$$,
               'placed', 'also when the market is to find the point');
SELECT answers($$SELECT outcome FROM preview_order(id('campaign'), id('buyer'), (ARRAY[id('rice'), NULL])[1:1], '{1}', point => id('gate'))$$, 'placed', 'of an array that had a NULL the rest is as good');
SELECT throws_ok(format($$SELECT pg_temp.order(%s)$$, a), 'KT010', 'request key "first" was already used with different arguments', 'the same key with other ' || n)
FROM (VALUES ('''{apple,rice}'', ''{2,2}'', ''first'', seller => id(''seller''), location => location(121.501, 25.05)', 'units'),
             ('''{apple}'', ''{3}'', ''first'', seller => id(''seller''), location => location(121.501, 25.05)', 'items'),
             ('''{apple,rice}'', ''{3,2}'', ''first'', location => location(121.501, 25.05)', 'seller'),
             ('''{apple,rice}'', ''{3,2}'', ''first'', seller => id(''seller''), point => id(''shed''), location => location(121.501, 25.05)', 'point'),
             ('''{apple,rice}'', ''{3,2}'', ''first'', seller => id(''seller''), location => location(121.502, 25.05)', 'location'),
             ('''{apple,rice}'', ''{3,2}'', ''first'', seller => id(''seller'')', 'location: none')) v(a, n);
SELECT is(pg_temp.order(request => 'first', buyer => id('neighbour')), 'placed', 'every buyer has keys of his own');

-- Absent parties give their part to the rest.
SELECT is(place('own', 'buyer', '{rice}', '{1}', 'leader', 'barn'), 'placed', 'the leader sells himself where there is no steward');
SELECT is((SELECT amount(shares, account('leader', 'commission')) FROM orders WHERE id = id('own')), (2999 - 2000 - 60)::bigint,
          'and gets the seller''s and the steward''s part');
SELECT is((SELECT chain FROM orders WHERE id = id('own')), chain(ARRAY[id('leader')]), 'his chain is himself');
SELECT is((SELECT seller_account_id FROM orders WHERE id = id('own')), NULL, 'no seller''s account');

-- Frozen: later rates and prices do not touch it.
SELECT set_rate(id('leader'), 'supply_leader rest'), offer_sku(id('rice sku'), id('leader'), 1) \g /dev/null
SELECT is_empty('SELECT violations()', 'later rates do not touch placed orders');

-- Outcomes.
SELECT answers($$SELECT pg_temp.order('{rice,apple}', '{1,3}', 'limit')$$, 'limit', 'a limit exceeded');
SELECT is((SELECT item FROM place_order(id('campaign'), id('buyer'), ARRAY[id('rice'), id('apple')], '{1,3}', 'limit', point => id('gate'))), id('apple'),
          'it says which item');
SELECT answers($$SELECT pg_temp.order('{apple}', '{6}', 'limit2', buyer => id('rival'))$$, 'limit', 'at once');
SELECT is(pg_temp.order('{apple}', '{2}', 'limit3'), 'placed', 'what is left can be had');
SELECT name('figs', list_item(id('campaign'), id('apple sku'), 850, 991, 20, 15)) \g /dev/null
UPDATE settings SET stock_slots = 4;
SELECT is(pg_temp.order('{figs}', '{9}', 'figs'), 'placed', 'nine of twenty');
SELECT answers($$SELECT pg_temp.order('{rice,apple,figs}', '{1,1,12}', 'figs2', buyer => id('rival'))$$, 'sold_out', 'twelve are too many: nothing is taken');
SELECT is((SELECT item FROM place_order(id('campaign'), id('rival'), ARRAY[id('rice'), id('apple'), id('figs')], '{1,1,12}', 'figs2', point => id('gate'))), id('figs'),
          'it says which item');
SELECT is(pg_temp.order('{figs}', '{11}', 'figs3', buyer => id('rival')), 'placed', 'the last eleven');
SELECT answers($$SELECT pg_temp.order('{figs}', '{1}', 'figs4', buyer => id('rival'))$$, 'sold_out', 'and then there is none');
SELECT name('plums', list_item(id('campaign'), id('apple sku'), 850, 992, 700)) \g /dev/null
SELECT is((SELECT count(*) FROM stock WHERE stock_id = id('plums')), 4::bigint, 'plums lie in four slots');
SELECT is(pg_temp.order('{plums}', '{699}', 'plums1'), 'placed', 'an order can draw on all slots');
SELECT is(pg_temp.order('{plums}', '{1}', 'plums2'), 'placed', 'the last unit is found, wherever it lies');
SELECT is(pg_temp.order('{plums}', '{1}', 'plums3'), 'sold_out', 'then it is sold out');
SELECT is(pg_temp.order(point => NULL, location => location(121.5098, 25.05), request => 's' || n), 'placed', 'nearest is the shed') FROM generate_series(1, 2) n;
SELECT is((SELECT pickup_point FROM place_order(id('campaign'), id('buyer'), ARRAY[id('rice')], '{1}', 's3', location => location(121.5098, 25.05))), id('gate'),
          'when it is full, the next');
SELECT answers($$SELECT pg_temp.order(point => id('shed'), request => 's4')$$, 'full', 'who insists finds it full');
SELECT answers($$SELECT pg_temp.order('{apple}', '{1}', 's5', buyer => id('rival'), point => id('shed'))$$, 'full', 'and gets his apple back');
SELECT open_pickup_point(id('gate'), false) \g /dev/null
SELECT answers($$SELECT pg_temp.order(point => NULL, location => location(121.5098, 25.05), request => 's6')$$, 'full', 'the only open one is full');
SELECT answers($$SELECT pg_temp.order(request => 's7')$$, 'point_closed', 'a closed point');
SELECT open_pickup_point(id('gate'), true) \g /dev/null
SELECT answers($$SELECT pg_temp.order(request => 's7')$$, 'point_closed', 'the same key gives the first outcome, also when the point is open again');
SELECT throws_ok($$SELECT pg_temp.order('{rice}', '{2}', 's7')$$, 'KT010', NULL, 'and no other order');
SELECT answers($$SELECT pg_temp.order(point => NULL, location => location(0, 0), request => 'far')$$, 'no_point', 'too far from every point');
SELECT answers($$SELECT pg_temp.order(location => location(121.6, 25.05), request => 'far2')$$, 'out_of_reach', 'too far from this one');
SELECT is_empty('SELECT violations()', 'all is well after that');

-- Broken calls.
SELECT throws_ok(format('SELECT pg_temp.order(%s => NULL)', a), '22004', NULL, 'no ' || a) FROM unnest('{units,request,campaign,buyer,point}'::text[]) a;
SELECT throws_ok('SELECT place_order(id(''campaign''), id(''buyer''), NULL, ''{1}'', ''r'', point => id(''gate''))', '22004', NULL, 'no items');
SELECT throws_ok('SELECT pg_temp.order(''{}'', ''{}'')', '22023', 'order must have between 1 and 1000 lines, each with its units', 'an empty order');
SELECT throws_ok('SELECT pg_temp.order(''{rice}'', ''{1,2}'')', '22023', NULL, 'more units than items');
SELECT throws_ok('SELECT place_order(id(''campaign''), id(''buyer''), array_fill(id(''rice''), ''{1001}''), array_fill(1::bigint, ''{1001}''), ''r'', point => id(''gate''))',
                 '54000', NULL, 'over 1000 lines');
SELECT throws_ok(format('SELECT pg_temp.order(%L, %L)', i, u), c, m, n)
FROM (VALUES ('{rice}', '{0}', '22023', 'units must be between 1 and 1000000', 'no units'), ('{rice}', '{-1}', '22023', 'units must be between 1 and 1000000', 'units below zero'),
             ('{rice}', '{1000001}', '22023', 'units must be between 1 and 1000000', 'too many units'),
             ('{rice}', '{9223372036854775807}', '22023', 'units must be between 1 and 1000000', 'as many as can be written'),
             ('{rice,apple,rice}', '{1,1,1}', '22023', format('item %s appears more than once', id('rice')), 'an item twice'),
             ('{rice}', '{NULL}', '22004', 'items and units must not contain nulls', 'unknown units'),
             ('{rice,NULL}', '{1,1}', '22004', 'items and units must not contain nulls', 'a missing item'),
             ('{999999}', '{1}', 'KT303', format('item 999999 does not belong to campaign %s', id('campaign')), 'an unknown item')) v(i, u, c, m, n);
SELECT throws_ok('SELECT pg_temp.order(campaign => 999999)', 'KT303', 'campaign 999999 does not exist', 'an unknown campaign');
SELECT throws_ok('SELECT pg_temp.order(buyer => 999999)', 'KT303', 'buyer 999999 does not exist', 'an unknown buyer');
SELECT throws_ok('SELECT pg_temp.order(point => 999999)', 'KT303', 'pickup point 999999 does not exist', 'an unknown point');
SELECT throws_ok('SELECT pg_temp.order(seller => id(''rival''))', 'KT103', format('member %s does not sell in campaign %s', id('rival'), id('campaign')), 'somebody who does not sell');
SELECT throws_ok(format('SELECT pg_temp.order(request => %L)', r), '22023', 'request key must be between 1 and 128 bytes', n)
FROM (VALUES ('', 'an empty key'), (repeat('x', 129), 'a key too long')) v(r, n);
SELECT is(pg_temp.order(request => repeat('k', 128), point => NULL, location => location(0, 0)), 'no_point', 'the longest key, also of a refusal');
SELECT offer_sku(id('rice sku'), id('leader'), 0) \g /dev/null
SELECT throws_ok('SELECT list_item(id(''campaign''), id(''rice sku''), 1, 1000000000001)', 'KT302', NULL, 'a price above any');
SELECT name('gold', list_item(id('campaign'), id('rice sku'), 1, 1000000000000)) \g /dev/null
SELECT throws_ok('SELECT pg_temp.order(''{gold}'', ''{11}'')', '22003', 'amount of the order is out of range', 'an order above any');
SELECT throws_ok('SELECT pg_temp.order(''{gold}'', ''{1000000}'')', '22003', NULL, 'far above any');

-- The cut-off.
UPDATE campaigns SET opens_at = clock_timestamp() + interval '1 minute' WHERE id = id('campaign');
SELECT is(pg_temp.order(request => 'early'), 'not_open', 'before the campaign opens');
UPDATE campaigns SET opens_at = clock_timestamp() - interval '2 hours', closes_at = clock_timestamp() - interval '1 us' WHERE id = id('campaign');
SELECT answers($$SELECT pg_temp.order(request => 'late')$$, 'closed', 'after its closing time, though nobody has closed it');
SELECT close_wave(id('wave')) \g /dev/null
UPDATE campaigns SET closes_at = clock_timestamp() + interval '1 hour' WHERE id = id('campaign');
SELECT answers($$SELECT pg_temp.order(request => 'late2')$$, 'closed', 'closed is closed, also when the clock steps back');
SELECT answers($$SELECT outcome FROM place_order(id('campaign'), id('buyer'), ARRAY[id('apple'), id('rice')], ARRAY[3, 2], 'first', id('seller'), id('gate'), location(121.501, 25.05))$$,
               'placed', 'but a retry learns what became of its order');
SELECT is_empty('SELECT violations()', 'no order after the cut-off');

-- A refusal is the same from every session.
CREATE FUNCTION fixture.far_away() RETURNS text
LANGUAGE sql AS $$ SELECT outcome FROM place_order(id('campaign'), id('buyer'), ARRAY[id('rice')], '{1}', 'far away', location => location(1.0 / 3, 1.0 / 7)) $$;
SELECT is(far_away(), 'closed', 'an order that is refused at a place');
SET LOCAL extra_float_digits = -3;
SELECT is(far_away(), 'closed', 'is the same order at the same place where numbers are shown with fewer digits');
RESET extra_float_digits;

SELECT * FROM finish();
ROLLBACK;
