-- Waves, campaigns, their items, and who copies them.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(80);
\ir lib/market.sql

-- Drafting.
SELECT is(open_wave('wave'), id('wave'), 'the same key gives the same wave again');
SELECT throws_ok('SELECT open_wave(NULL)', '22004', 'reference must not be null', 'a wave has a key');
SELECT throws_ok('SELECT open_wave('''')', '22023', NULL, 'that is not empty');

SELECT create_campaign(id('wave'), id('leader'), 'c2', '2999-01-01 00:00+00', '2998-01-01 00:00+00', '3 days') AS c2 \gset
SELECT is((SELECT state FROM campaigns WHERE id = :c2), 'draft', 'a campaign begins as a draft');
SELECT is((SELECT hold FROM campaigns WHERE id = :c2), interval '3 days', 'with its own hold');
SELECT create_campaign(id('wave'), id('leader'), 'c3', '2999-01-01') AS c3 \gset
SELECT is((SELECT hold FROM campaigns WHERE id = :c3), interval '7 days', 'or the market''s');
SELECT is(create_campaign(id('wave'), id('leader'), 'c2', '2999-01-01 00:00+00', '2998-01-01 00:00+00', '3 days'), :c2::bigint, 'the same again is the same');
SET LOCAL timezone = 'Asia/Taipei';
SET LOCAL intervalstyle = 'iso_8601';
SELECT is(create_campaign(id('wave'), id('leader'), 'c2', '2999-01-01 00:00+00', '2998-01-01 00:00+00', 'P3D'), :c2::bigint,
          'also from a session that writes times in another way');
RESET timezone;
RESET intervalstyle;
SELECT throws_ok($$SELECT create_campaign(id('wave'), id('leader'), 'c2', '2999-01-02 00:00+00', '2998-01-01 00:00+00', '3 days')$$, 'KT010',
                 'request key "c2" was already used with different arguments', 'the same key for another campaign');
SELECT throws_ok(format('SELECT create_campaign(id(''wave''), id(''leader''), ''c4'', %s)', t), '22023',
                 m, 'times ' || t)
FROM (VALUES ('''infinity''', 'closing time must be between the years 2000 and 9999'), ('''-infinity''', 'closing time must be between the years 2000 and 9999'),
             ('''294276-12-31''', 'closing time must be between the years 2000 and 9999'), ('''2001-01-01''', 'campaign must close after it opens'),
             ('''2999-01-01'', ''2999-01-01''', 'campaign must close after it opens'), ('''2999-01-01'', ''infinity''', 'opening time must be between the years 2000 and 9999'),
             ('''2999-01-01'', ''-infinity''', 'opening time must be between the years 2000 and 9999')) t(t, m);
SELECT throws_ok($$SELECT create_campaign(id('wave'), id('leader'), 'c4', '2999-01-01', hold => '-1 day')$$, '22023', 'hold must be between nothing and 1 year', 'a hold below zero');
SELECT throws_ok($$SELECT create_campaign(id('wave'), id('leader'), 'c4', '2999-01-01', hold => '300000 years')$$, '22023', NULL, 'a hold beyond the end of time');
SELECT throws_ok($$SELECT create_campaign(999999, id('leader'), 'c4', '2999-01-01')$$, 'KT303', 'wave 999999 does not exist', 'an unknown wave');
SELECT throws_ok($$SELECT create_campaign(id('wave'), 999999, 'c4', '2999-01-01')$$, 'KT303', 'supply leader 999999 does not exist', 'an unknown leader');
SELECT throws_ok($$SELECT create_campaign(NULL, id('leader'), 'c4', '2999-01-01')$$, '22004', 'wave must not be null', 'no wave');
SELECT throws_ok($$SELECT create_campaign(id('wave'), NULL, 'c4', '2999-01-01')$$, '22004', 'supply leader must not be null', 'no leader');
SELECT throws_ok($$SELECT create_campaign(id('wave'), id('leader'), NULL, '2999-01-01')$$, '22004', 'reference must not be null', 'no key');
SELECT throws_ok($$SELECT create_campaign(id('wave'), id('leader'), 'c4', NULL)$$, '22004', 'closing time must not be null', 'no closing time');

-- Items.
SELECT is(list_item(id('campaign'), id('apple sku'), 850, 990, 100, 5), id('apple'), 'the same terms give the same item again');
SELECT throws_ok(format('SELECT list_item(id(''campaign''), id(''apple sku''), %s)', t), 'KT010', NULL, 'other terms do not: ' || t)
FROM unnest(ARRAY['851, 990, 100, 5', '850, 990, 101, 5', '850, 990, 100, 6', '850, 990', '850, 990, 100']) t;
SELECT isnt(list_item(id('campaign'), id('apple sku'), 850, 991, 100, 5), id('apple'), 'another price is another item');
SELECT is((SELECT sum(free) FROM stock WHERE stock_id = id('apple')), 100::numeric, 'stock lies in slots');
SELECT list_item(id('campaign'), id('apple sku'), 850, 992, 5003) AS large, list_item(id('campaign'), id('apple sku'), 850, 993, 0) AS none \gset
SELECT is((SELECT sum(free) FROM stock WHERE stock_id = :large), 5003::numeric, 'a large one too');
SELECT is((SELECT count(*) FROM stock WHERE stock_id = :large), 16::bigint, 'in as many as are set');
SELECT is((SELECT sum(free) FROM stock WHERE stock_id = :none), 0::numeric, 'an empty one is one');
SELECT is_empty('SELECT * FROM stock WHERE stock_id = id(''rice'')', 'without a number there is no limit');
SELECT throws_ok(format('SELECT list_item(id(''campaign''), id(''apple sku''), %s)', p), 'KT302', format('price of sku %s is out of bounds', id('apple sku')), 'prices ' || p)
FROM unnest(ARRAY['699, 990', '991, 990', '850, 899', '850, 1501', '-1, 990', '850, -990', '700, 700']) p;
SELECT throws_ok('SELECT list_item(id(''campaign''), id(''apple sku''), 850, 995, -1)', '22023', 'stock must be between 0 and 1000000000000', 'stock below zero');
SELECT throws_ok('SELECT list_item(id(''campaign''), id(''apple sku''), 850, 995, 1, 0)', '22023', 'limit per buyer must be between 1 and 1000000000000', 'a limit of nothing');
SELECT throws_ok('SELECT list_item(999999, id(''apple sku''), 850, 995)', 'KT303', 'campaign 999999 does not exist', 'an unknown campaign');
SELECT throws_ok('SELECT list_item(id(''campaign''), 999999, 850, 995)', 'KT303', NULL, 'an unknown sku');
SELECT throws_ok(format('SELECT list_item(%s)', a), '22004', n || ' must not be null', 'no ' || n)
FROM (VALUES ('NULL, id(''apple sku''), 850, 995', 'campaign'), ('id(''campaign''), NULL, 850, 995', 'sku'),
             ('id(''campaign''), id(''apple sku''), NULL, 995', 'distribution price'), ('id(''campaign''), id(''apple sku''), 850, NULL', 'sale price')) v(a, n);
SELECT create_campaign(id('wave'), id('other leader'), 'c5', '2999-01-01') AS c5 \gset
SELECT throws_ok(format('SELECT list_item(%s, id(''apple sku''), 850, 990)', :c5), 'KT303', NULL, 'what was offered to somebody else');
SELECT offer_sku(id('apple sku'), id('other leader'), 700) \g /dev/null
SELECT throws_ok(format('SELECT list_item(%s, id(''apple sku''), 850, 990)', :c5), 'KT303',
                 format('supply leader %s has no split rule for sku %s', id('other leader'), id('apple sku')), 'a leader without a rule');

-- What is listed does not change.
SELECT throws_ok('UPDATE campaign_items SET sale_price = 1 WHERE id = id(''apple'')', 'KT301', 'prices and rule of a listed item cannot be changed', 'not its price');
SELECT throws_ok('UPDATE campaign_items SET rule = ''supplier rest''', 'KT301', NULL, 'nor its rule');
SELECT is(retire_item(id('campaign'), id('apple')), true, 'an item can be retired');
SELECT answers('SELECT retire_item(id(''campaign''), id(''apple''))', 'false', 'once');
SELECT answers('SELECT retire_item(999999, id(''rice''))', 'false', 'and not through another campaign');
SELECT throws_ok('SELECT place(''a'', ''buyer'', ''{apple}'', ''{1}'')', 'KT303', format('item %s is no longer on sale', id('apple')), 'then it is off sale');
SELECT isnt(list_item(id('campaign'), id('apple sku'), 850, 990, 100, 5), id('apple'), 'and can be listed anew');

-- Opening.
SELECT throws_ok(format('SELECT publish_campaign(%s)', :c5), 'KT301', format('campaign %s has no items', :c5), 'not without items');
SELECT is((SELECT outcome FROM place_order(:c2, id('buyer'), ARRAY[id('rice')], '{1}', 'r', point => id('gate'))), 'not_open', 'a draft takes no orders');
SELECT answers('SELECT publish_campaign(id(''campaign''))', '', 'an open campaign is open');
SELECT throws_ok('SELECT publish_campaign(999999)', 'KT303', 'campaign 999999 does not exist', 'an unknown campaign');
SELECT throws_ok('SELECT publish_campaign(NULL)', '22004', 'campaign must not be null', 'no campaign');

-- Copying: two levels of distribution, no more.
SELECT is(join_campaign(id('campaign'), id('seller'))::text, format('%s>%s', id('leader'), id('seller')), 'joining again gives the same chain');
SELECT throws_ok('SELECT join_campaign(id(''campaign''), id(''rival''))', 'KT103', NULL, 'without a partnership');
SELECT form_partnership(id('leader'), id('rival')) \g /dev/null
SELECT throws_ok('SELECT join_campaign(id(''campaign''), id(''rival''), id(''seller''))', 'KT101',
                 format('distribution chain %s>%s>%s is too deep', id('leader'), id('seller'), id('rival')), 'a third level of distribution');
SELECT throws_ok('SELECT join_campaign(id(''campaign''), id(''rival''), id(''buyer''))', 'KT103', NULL, 'under somebody who does not sell');
SELECT throws_ok('SELECT join_campaign(id(''campaign''), id(''leader''))', 'KT102',
                 format('member %s already stands in the chain %s', id('leader'), id('leader')), 'a member twice: the leader under himself');
SELECT throws_ok('SELECT join_campaign(id(''campaign''), id(''seller''), id(''seller''))', 'KT102', NULL, 'a member twice: a seller under himself');
SELECT is(join_campaign(id('campaign'), id('rival'), id('leader'))::text, format('%s>%s', id('leader'), id('rival')), 'under the leader, said in full');
SELECT throws_ok('SELECT join_campaign(id(''campaign''), 999999)', 'KT303', 'sales leader 999999 does not exist', 'an unknown member');
SELECT throws_ok('SELECT join_campaign(999999, id(''rival''))', 'KT303', 'campaign 999999 does not exist', 'an unknown campaign');
SELECT throws_ok('SELECT join_campaign(NULL, id(''rival''))', '22004', 'campaign must not be null', 'no campaign');
SELECT throws_ok('SELECT join_campaign(id(''campaign''), NULL)', '22004', 'sales leader must not be null', 'no member');

-- After the cut-off.
SELECT close_wave(id('wave')) \g /dev/null
SELECT throws_ok($$SELECT create_campaign(id('wave'), id('leader'), 'late', '2999-01-01')$$, 'KT301', NULL, 'no campaign in a closed wave');
SELECT throws_ok('SELECT list_item(id(''campaign''), id(''apple sku''), 850, 999)', 'KT301', NULL, 'no item');
SELECT throws_ok('SELECT publish_campaign(id(''campaign''))', 'KT301', NULL, 'no opening');
SELECT throws_ok('SELECT join_campaign(id(''campaign''), id(''rival''))', 'KT301', NULL, 'no copy');

SELECT * FROM finish();
ROLLBACK;
