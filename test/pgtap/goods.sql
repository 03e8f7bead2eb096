-- Goods, offers and split rules.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(49);
\ir lib/market.sql

SELECT is(add_sku(id('orchard'), 'apple'), id('apple sku'), 'the same article number gives the same sku again');
SELECT isnt(add_sku(id('mill'), 'apple'), id('apple sku'), 'another supplier''s is another sku');
SELECT throws_ok('SELECT add_sku(999999, ''x'')', 'KT303', 'supplier 999999 does not exist', 'an unknown supplier');
SELECT throws_ok('SELECT add_sku(NULL, ''x'')', '22004', 'supplier must not be null', 'no supplier');
SELECT throws_ok('SELECT add_sku(id(''mill''), NULL)', '22004', 'reference must not be null', 'no article number');
SELECT throws_ok('SELECT add_sku(id(''mill''), '''')', '22023', NULL, 'an empty one');

-- Offers.
SELECT is(offer_sku(id('apple sku'), id('leader'), 700, 900, 1500), (SELECT id FROM offers WHERE sku_id = id('apple sku')),
          'the same offer is the same');
SELECT ok(offer_sku(id('apple sku'), id('leader'), 710, 900, 1500) > 0, 'another takes its place');
SELECT is((SELECT count(*) FROM offers WHERE sku_id = id('apple sku') AND upper_inf(period)), 1::bigint, 'and one is in force');
SELECT is((SELECT supply_price FROM campaign_items WHERE id = id('apple')), 700::bigint, 'what is listed keeps its price');
SELECT throws_ok($$INSERT INTO offers (sku_id, supply_leader_id, supply_price, floor_price, ceiling_price, state, period)
                   VALUES (id('apple sku'), id('leader'), 1, 1, 1, 'passed', '[2020-01-01,)')$$, '23P01', NULL, 'two in force cannot be');
SELECT results_eq($$SELECT floor_price, ceiling_price FROM offers WHERE sku_id = id('rice sku')$$, 'VALUES (2000::bigint, 9223372036854775807)',
                  'without bounds: from the supply price to the end of numbers');
SELECT throws_ok(format('SELECT offer_sku(id(''rice sku''), id(''leader''), %s)', p), 'KT302',
                 'prices of an offer must rise from supply price to floor to ceiling', 'prices ' || p)
FROM unnest('{"-1","100, 99","100, 200, 199"}'::text[]) p;
SELECT throws_ok('SELECT offer_sku(999999, id(''leader''), 1)', 'KT303', 'sku 999999 does not exist', 'an unknown sku');
SELECT throws_ok('SELECT offer_sku(id(''rice sku''), 999999, 1)', 'KT303', 'supply leader 999999 does not exist', 'an unknown leader');
SELECT throws_ok('SELECT offer_sku(NULL, id(''leader''), 1)', '22004', 'sku must not be null', 'no sku');
SELECT throws_ok('SELECT offer_sku(id(''rice sku''), NULL, 1)', '22004', 'supply leader must not be null', 'no leader');
SELECT throws_ok('SELECT offer_sku(id(''rice sku''), id(''leader''), NULL)', '22004', 'supply price must not be null', 'no price');

-- Rules.
SELECT ok(set_rate(id('leader'), 'supplier cost, supply_leader rest', id('rice sku')) > 0, 'a rule for one sku');
SELECT ok(set_rate(id('leader'), 'supplier cost, platform 1% of sale, supply_leader rest') > 0, 'a rule for all others');
SELECT is((SELECT count(*) FROM rates WHERE supply_leader_id = id('leader') AND upper_inf(period)), 2::bigint, 'both in force');
SELECT is((SELECT rule::text FROM campaign_items WHERE id = id('rice')),
          'supplier cost, platform 2% of sale, steward 10% of margin, sales_leader 15% of sale, supply_leader rest',
          'what is listed keeps its rule');
SELECT list_item(id('campaign'), id('rice sku'), 2500, 3000) AS item \gset
SELECT is((SELECT rule::text FROM campaign_items WHERE id = :item), 'supplier cost, supply_leader rest', 'the sku''s own rule goes before');
SELECT list_item(id('campaign'), id('apple sku'), 850, 1000) AS item \gset
SELECT is((SELECT rule::text FROM campaign_items WHERE id = :item), 'supplier cost, platform 1% of sale, supply_leader rest', 'the general one serves the others');
SELECT throws_ok($$INSERT INTO rates (supply_leader_id, rule, period) VALUES (id('leader'), 'supply_leader rest', '[2020-01-01,)')$$,
                 '23P01', NULL, 'two rules in force cannot be');
SELECT throws_ok($$SELECT set_rate(id('leader'), 'supplier cost, broker rest')$$, 'KT202',
                 'split names party "broker", which the market does not know', 'an unknown party');
SELECT throws_ok(format('SELECT set_rate(id(''leader''), %L)', r), 'KT203', 'split has nobody to take the part of an absent party', n)
FROM (VALUES ('supplier cost, steward 100% of margin', 'no rest, and maybe no steward'),
             ('supplier cost, sales_leader rest', 'the rest to a sales leader who may not be there')) v(r, n);
-- Until orders carry a volume, no rule may depend on one.
SELECT throws_ok(format('SELECT set_rate(id(''leader''), %L, %s)', r, s), 'KT204', 'split has a ladder, but orders carry no volume', 'no ' || r)
FROM (VALUES ('supplier cost, sales_leader ladder(0: 10%, 1000000: 15%) of sale, supply_leader rest', 'NULL'),
             ('supplier cost, platform 1% of sale, sales_leader whole ladder(0: 5%) of margin max 9, supply_leader rest', 'id(''rice sku'')')) v(r, s);
SELECT is((SELECT count(*) FROM rates WHERE ktt.needs_volume(rule)), 0::bigint, 'and none was written');
SELECT throws_ok($$INSERT INTO campaign_items (campaign_id, sku_id, supplier_id, supply_price, distribution_price, sale_price, floor_price, ceiling_price, rate_id, rule, payees, retired)
                   SELECT campaign_id, sku_id, supplier_id, supply_price, distribution_price, sale_price, floor_price, ceiling_price, rate_id,
                          'sales_leader ladder(0: 10%) of sale, supply_leader rest', '{-1,1}', true FROM campaign_items WHERE id = id('rice')$$,
                 '23514', NULL, 'nor can an item have one');
SELECT throws_ok($$SELECT set_rate(999999, 'supply_leader rest')$$, 'KT303', 'supply leader 999999 does not exist', 'an unknown leader');
SELECT throws_ok($$SELECT set_rate(id('leader'), 'supply_leader rest', 999999)$$, 'KT303', 'sku 999999 does not exist', 'an unknown sku');
SELECT throws_ok('SELECT set_rate(id(''leader''), NULL)', '22004', 'rule must not be null', 'no rule');
SELECT throws_ok(format('SELECT set_rate(id(''leader''), %L)', r), c, NULL, 'refused when written: ' || r)
FROM (VALUES ('22P02', ''), ('22P02', 'supplier'), ('22023', 'supplier 101% of sale, supply_leader rest'),
             ('22023', 'supplier 60% of sale, platform 60% of sale, supply_leader rest'), ('22P02', 'supplier -1% of sale, supply_leader rest'),
             ('22P02', 'supplier -5 per unit, supply_leader rest'), ('22023', 'supplier rest, platform rest'), ('22023', 'supplier cost, supplier rest'),
             ('22P02', 'supplier 2.00001% of sale, supply_leader rest'), ('22023', 'platform 10% of sale'),
             ('22023', 'platform 10% of sale min 9 max 8, supply_leader rest'),
             ('22003', 'platform 9223372036854775808 per order, supply_leader rest')) v(c, r);

SELECT * FROM finish();
ROLLBACK;
