-- Traffic: what suppliers and supply leaders pay for buyers, by period and volume.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(54);
\ir lib/market.sql

-- The arithmetic, against Python and against published fees.
CREATE TEMP TABLE tiers (volume bigint, steps bigint[], prices bigint[], per bigint, whole boolean, amount bigint);
\copy tiers FROM PROGRAM 'python3 -B test/oracle/fees.py tiers 3 2000' (FORMAT csv)
SELECT is_empty('SELECT t.*, tariff_price(volume, steps, prices, per, whole) FROM tiers t WHERE tariff_price(volume, steps, prices, per, whole) <> amount', '2000 random tariffs are what Python counts');
CREATE TEMP TABLE fee_vectors (vector_id text, rule_id text, input_minor text, expected_minor text, published text, note text);
\copy fee_vectors FROM PROGRAM 'gzip -dc test/data/fee_vectors.csv.gz' (FORMAT csv, HEADER match)
SELECT is_empty(format($$SELECT vector_id FROM fee_vectors WHERE rule_id = %L AND tariff_price(substring(input_minor FROM '\d+')::bigint, %L, %L, 100, %L) <> expected_minor::bigint$$,
                       rule_id, steps, prices, whole), rule_id)
FROM (VALUES ('ebay2011_electronics', '{0,5000,100000}', '{7,5,2}', false), ('ebay2011_clothing', '{0,5000,100000}', '{10,8,2}', false),
             ('ebay2011_media', '{0,5000,100000}', '{13,5,2}', false), ('amazon2017_grocery', '{0,1501}', '{8,15}', true)) v(rule_id, steps, prices, whole);
SELECT is(tariff_price(0, '{0,10}', '{500,300}', 1, false), 0::bigint, 'nothing costs nothing');
SELECT throws_ok('SELECT tariff_price(9223372036854775807, ''{0}'', ''{2}'', 1, false)', '22003', NULL, 'nothing wraps');

-- Tariffs.
SELECT local_day(clock_timestamp() - interval '40 days') AS day \gset
SELECT date_trunc('month', :'day'::date)::date AS month \gset
SELECT describe_sku(id('apple sku'), category => 'fruit') \g /dev/null
SELECT set_tariff(id('orchard'), 'supplier', 'units', '{0,5}', '{10000,5000}', :'month', category => 'fruit') AS units \gset
SELECT set_tariff(id('orchard'), 'supplier', 'orders', '{0}', '{30}', :'month', per => 1, community => id('garden')) AS orders \gset
SELECT set_tariff(id('orchard'), 'supplier', 'orders', '{0}', '{40}', :'month', per => 1, community => id('meadow')) AS meadow \gset
SELECT set_tariff(id('leader'), 'supply_leader', 'views', '{0,3}', '{1000,700}', :'month', whole => true) AS views \gset
SELECT set_tariff(id('leader'), 'supply_leader', 'orders', '{0}', '{5000}', :'month') AS whole \gset
SELECT set_tariff(id('mill'), 'supplier', 'units', '{0}', '{100}', :'month', category => 'fruit') AS none \gset
SELECT answers(format('SELECT set_tariff(id(''orchard''), ''supplier'', ''units'', ''{0,5}'', ''{10000,5000}'', %L, category => ''fruit'')', :'month'), :'units', 'the same again is the same');
SELECT throws_ok(format('SELECT set_tariff(id(''orchard''), ''supplier'', ''units'', ''{0,5}'', ''{10000,5001}'', %L, category => ''fruit'')', :'month'), 'KT010', NULL, 'another from that day is not');
SELECT throws_ok(format('SELECT set_tariff(id(''orchard''), ''supplier'', ''units'', ''{0}'', ''{1}'', %L, %L, category => ''fruit'')', :'month'::date - 1, :'day'), 'KT301', NULL, 'nor one that overlaps');
SELECT throws_ok(format('SELECT set_tariff(id(''mill''), ''supplier'', ''units'', %L, %L, ''2020-01-01'')', steps, prices), '22023', 'steps must rise from 0, at most 64 of them, with a price for each', steps || prices)
FROM (VALUES ('{}', '{}'), ('{1}', '{1}'), ('{0,0}', '{1,2}'), ('{0,5,4}', '{1,2,3}'), ('{0,5}', '{1}'), ('{0}', '{-1}'), ('{0}', '{1000000000001}'), ('{0,NULL}', '{1,2}'), ('{0}', '{NULL}')) v(steps, prices);
SELECT throws_ok('SELECT set_tariff(id(''mill''), ''supplier'', ''units'', (SELECT array_agg(n) FROM generate_series(0, 64) n), array_fill(1, ARRAY[65]), ''2020-01-01'')', '22023', NULL, 'too many steps');
SELECT throws_ok(format('SELECT set_tariff(%s)', arguments), code, NULL, arguments)
FROM (VALUES ('id(''mill''), ''buyer'', ''units'', ''{0}'', ''{1}'', ''2020-01-01''', '22023'), ('id(''mill''), ''supplier'', ''likes'', ''{0}'', ''{1}'', ''2020-01-01''', '22023'),
             ('id(''mill''), ''supplier'', ''units'', ''{0}'', ''{1}'', ''2020-01-01'', ''2020-01-01''', '22023'), ('id(''mill''), ''supplier'', ''units'', ''{0}'', ''{1}'', ''infinity''', '22023'),
             ('id(''mill''), ''supplier'', ''units'', ''{0}'', ''{1}'', ''2020-01-01'', per => 0', '22023'), ('id(''mill''), ''supplier'', ''units'', ''{0}'', ''{1}'', ''2020-01-01'', category => ''''', '22023'),
             ('id(''mill''), ''supplier'', ''views'', ''{0}'', ''{1}'', ''2020-01-01'', community => id(''garden'')', '22023'),
             ('999999, ''supplier'', ''units'', ''{0}'', ''{1}'', ''2020-01-01''', 'KT303'), ('id(''mill''), ''supplier'', ''units'', ''{0}'', ''{1}'', ''2020-01-01'', community => 999999', 'KT303'),
             ('NULL, ''supplier'', ''units'', ''{0}'', ''{1}'', ''2020-01-01''', '22004'), ('id(''mill''), NULL, ''units'', ''{0}'', ''{1}'', ''2020-01-01''', '22004'),
             ('id(''mill''), ''supplier'', NULL, ''{0}'', ''{1}'', ''2020-01-01''', '22004'), ('id(''mill''), ''supplier'', ''units'', NULL, ''{1}'', ''2020-01-01''', '22004'),
             ('id(''mill''), ''supplier'', ''units'', ''{0}'', NULL, ''2020-01-01''', '22004'), ('id(''mill''), ''supplier'', ''units'', ''{0}'', ''{1}'', NULL', '22004')) v(arguments, code);

-- Trade: 6 apples in two orders, one of them with rice; a third order of rice alone; views of both items.
SELECT buy('a', 'buyer', '{apple}', '{5}', 'seller'), buy('b', 'neighbour', '{apple,rice}', '{1,1}'), buy('c', 'buyer', '{rice}', '{2}') \g /dev/null
SELECT note_views(id('campaign'), ARRAY[id('apple'), id('apple'), id('rice')]) \g /dev/null
SELECT deliver(), complete() \g /dev/null
UPDATE orders SET due_at = local_time(:'day', '12:00') WHERE due_at IS NOT NULL;
UPDATE campaigns SET opens_at = local_time(:'day', '01:00'), closes_at = local_time(:'day', '02:00');
UPDATE orders SET placed_at = local_time(:'day', '01:30');
SELECT throws_ok(format('SELECT charge_traffic(%L)', :'month'), 'KT301', 'period is not settled yet', 'nothing is settled');
SELECT settle() \g /dev/null
SELECT balance('orchard', 'goods') AS orchard, balance('leader', 'commission') AS leader, balance(NULL, 'revenue') AS revenue \gset
-- Units: 5 at 10.00 and 1 at 5.00, for a thousand of them.
SELECT results_eq(format('SELECT * FROM charge_traffic(%L)', :'month'),
                  format('VALUES (%s::bigint, id(''orchard''), 6::bigint, 55::bigint, 55::bigint), (%s, id(''orchard''), 2, 60, 60), (%s, id(''leader''), 3, 2, 2), (%s, id(''leader''), 3, 15, 15)', :units, :orders, :views, :whole), 'the charges');
SELECT results_eq('SELECT balance(''orchard'', ''goods''), balance(''leader'', ''commission''), balance(NULL, ''revenue'')',
                  format('VALUES (%s::bigint, %s::bigint, %s::bigint)', :orchard - 115, :leader - 17, :revenue + 132), 'are paid to the platform');
SELECT contents() AS before \gset
SELECT is_empty(format('SELECT charge_traffic(%L)', :'month'), 'once');
SELECT is(contents(), :'before', 'then nothing happens');
SELECT throws_ok(format('SELECT charge_traffic(%L, %L)', :'month', :'day'::date + 1), 'KT301', NULL, 'no day counts twice');
SELECT is_empty('SELECT violations()', 'all invariants hold');

-- Refunds and late views: the difference.
SELECT refund_order(id('campaign'), id('b'), id('apple'), 1, 'f1'), note_views(id('campaign'), ARRAY[id('apple')]) \g /dev/null
SELECT results_eq(format('SELECT * FROM charge_traffic(%L)', :'month'),
                  format('VALUES (%s::bigint, id(''orchard''), 5::bigint, 50::bigint, -5::bigint), (%s, id(''orchard''), 1, 30, -30), (%s, id(''leader''), 4, 3, 1)', :units, :orders, :views), 'the differences');
SELECT is(balance(NULL, 'revenue'), :revenue + 98::bigint, 'are given back');
SELECT is((SELECT count(*) FROM journals WHERE kind = 'traffic'), 2::bigint, 'in a journal of their own');

-- The end.
SELECT is(end_tariff(:meadow, :'day'), true, 'a tariff ends that never cost anything');
SELECT is(end_tariff(:meadow, :'day'), false, 'once');
SELECT throws_ok(format('SELECT end_tariff(%s, %L)', :units, :'day'), 'KT301', NULL, 'not before what is charged');
SELECT throws_ok(format('SELECT end_tariff(%s, %L)', :units, :'month'), '22023', NULL, 'nor before it starts');
SELECT throws_ok('SELECT end_tariff(999999, ''2030-01-01'')', 'KT303', 'tariff 999999 does not exist', 'an unknown one');
SELECT throws_ok(format('SELECT end_tariff(%s, NULL)', :units), '22004', 'day must not be null', 'no day');
SELECT is((SELECT sum(balance) FROM trial_balance), 0::numeric, 'the trial balance is zero');
SELECT is_empty('SELECT violations()', 'all invariants hold');
UPDATE tariffs SET prices = '{1,2}' WHERE id = :units;
SELECT is((SELECT string_agg(invariant, '; ') FROM verify() WHERE violations > 0), 'traffic costs what its tariffs say', 'another price is found');

SELECT * FROM finish();
ROLLBACK;
