-- What is said of goods, and where they may be handed out.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(57);
\ir lib/market.sql

CREATE VIEW fixture.apple AS
SELECT unit, case_size, weight, catch_weight, category, reference_price FROM skus WHERE id = id('apple sku');

-- Descriptions.
SELECT results_eq('SELECT * FROM apple', $$VALUES ('piece', 1, NULL::bigint, false, NULL::text, NULL::bigint)$$, 'of a new sku nothing is known');
SELECT describe_sku(id('apple sku'), unit => 'bag of 1 kg', case_size => 12, weight => 1000) \g /dev/null
SELECT results_eq('SELECT * FROM apple', $$VALUES ('bag of 1 kg', 12, 1000::bigint, false, NULL::text, NULL::bigint)$$, 'what is said stands');
SELECT describe_sku(id('apple sku'), category => 'fruit', reference_price => 1290, catch_weight => true) \g /dev/null
SELECT results_eq('SELECT * FROM apple', $$VALUES ('bag of 1 kg', 12, 1000::bigint, true, 'fruit', 1290::bigint)$$, 'and stays when more is said');
SELECT describe_sku(id('apple sku'), weight => 900) \g /dev/null
SELECT answers('SELECT describe_sku(id(''apple sku''))', '', 'saying nothing changes nothing');
SELECT describe_sku(id('apple sku'), catch_weight => false) \g /dev/null
SELECT results_eq('SELECT weight, catch_weight FROM apple', 'VALUES (900::bigint, false)', 'nor is no less than yes');
SELECT describe_sku(id('rice sku'), weight => 1, catch_weight => true) \g /dev/null
SELECT ok((SELECT catch_weight FROM skus WHERE id = id('rice sku')), 'a weight may come with its being weighed');
SELECT describe_sku(id('rice sku'), unit => $$'; DROP TABLE skus; --$$, category => e'\u7c73 "\\') \g /dev/null
SELECT is((SELECT unit || category FROM skus WHERE id = id('rice sku')), e'\'; DROP TABLE skus; --\u7c73 "\\', 'any text is text');
SELECT throws_ok(format('SELECT describe_sku(id(''apple sku''), %s)', a), '22023', m, 'refused: ' || left(a, 40))
FROM (VALUES ('unit => ''''', 'bytes of the unit must be between 1 and 256'), ('unit => repeat(''x'', 257)', NULL),
             ('category => ''''', 'bytes of the category must be between 1 and 256'), ('category => repeat(''x'', 257)', NULL),
             ('case_size => 0', 'case size must be between 1 and 1000000'), ('case_size => 1000001', NULL), ('case_size => -1', NULL),
             ('weight => 0', 'weight must be between 1 and 1000000000'), ('weight => 1000000001', NULL),
             ('reference_price => 0', 'reference price must be between 1 and 1000000000000'), ('reference_price => 1000000000001', NULL)) v(a, m);
SELECT throws_ok('SELECT describe_sku(add_sku(id(''mill''), ''flour''), catch_weight => true)', '22023', NULL, 'billed as weighed without a weight');
SELECT throws_ok('SELECT describe_sku(999999, ''kg'')', 'KT303', 'sku 999999 does not exist', 'an unknown sku');
SELECT throws_ok('SELECT describe_sku(NULL, ''kg'')', '22004', 'sku must not be null', 'no sku');
SELECT throws_ok('UPDATE skus SET ' || c || ' WHERE id = id(''apple sku'')', '23514', NULL, 'nor can a row say: ' || c)
FROM unnest('{"unit = ''''","case_size = 0","weight = 0","category = ''''","reference_price = 0","weight = NULL, catch_weight = true"}'::text[]) c;

-- Sales areas. The gate and the shed are in the garden at 121.5 and 121.51, the barn in the meadow at 121.6.
CREATE FUNCTION fixture.served(sku text) RETURNS text
LANGUAGE sql AS $$ SELECT string_agg(p.reference, ' ' ORDER BY p.id) FROM pickup_points p WHERE in_sales_area(id(sku), p.id) $$;
CREATE FUNCTION fixture.rectangle(west float8, east float8) RETURNS ktt.area
LANGUAGE sql AS $$ SELECT public.ST_MakeEnvelope(west, 24, east, 26, 4326)::public.geography::ktt.area $$;

SELECT is(served('apple sku'), 'gate shed barn', 'at first everywhere');
SELECT ok(NOT (SELECT bounded FROM skus WHERE id = id('apple sku')), 'which is known');
SELECT set_sales_area(id('apple sku'), rectangle(121.505, 122)) \g /dev/null
SELECT is(served('apple sku'), 'shed barn', 'in an area');
SELECT ok((SELECT bounded FROM skus WHERE id = id('apple sku')), 'which is known too');
SELECT set_sales_area(id('apple sku'), rectangle(121.505, 122), ARRAY[id('garden'), id('garden')]) \g /dev/null
SELECT is(served('apple sku'), 'shed', 'inside both where both are given');
SELECT set_sales_area(id('apple sku'), communities => ARRAY[id('garden'), id('meadow')]) \g /dev/null
SELECT is(served('apple sku'), 'gate shed barn', 'in the communities alone');
SELECT answers('SELECT set_sales_area(id(''apple sku''), NULL, ARRAY[id(''meadow''), id(''garden'')])', '', 'the same again is the same');
SELECT set_sales_area(id('apple sku'), communities => ARRAY[id('meadow')]) \g /dev/null
SELECT is(served('apple sku'), 'barn', 'fewer of them');
SELECT ok((SELECT bounded FROM skus WHERE id = id('apple sku')), 'a list bounds as well');
SELECT is(served('rice sku'), 'gate shed barn', 'other goods do not mind');
SELECT move_pickup_point(id('barn'), location(121.4, 25.05), 3000, NULL, 'barn') \g /dev/null
SELECT set_sales_area(id('apple sku'), rectangle(121.505, 122), ARRAY[id('meadow')]) \g /dev/null
SELECT is(served('apple sku'), NULL, 'a point that moves out of the area is out of it');
SELECT set_sales_area(id('apple sku')) \g /dev/null
SELECT is(served('apple sku'), 'gate shed barn', 'everywhere again');
SELECT ok(NOT (SELECT bounded FROM skus WHERE id = id('apple sku')), 'and known to be');
SELECT is_empty('SELECT * FROM sku_communities', 'nothing is left');
SELECT is(in_sales_area(id('apple sku'), 999999), false, 'no point is in no area');
SELECT is(in_sales_area(999999, id('gate')), false, 'nor is an unknown sku anywhere');
SELECT throws_ok('SELECT set_sales_area(id(''apple sku''), communities => ''{}'')', '22023', 'communities must not be empty', 'nowhere is no area');
SELECT throws_ok('SELECT set_sales_area(id(''apple sku''), communities => ARRAY[id(''garden''), NULL])', '22004', 'community must not be null', 'a community that is null');
SELECT throws_ok('SELECT set_sales_area(id(''apple sku''), communities => ARRAY[id(''garden''), 999999])', 'KT303', 'community 999999 does not exist', 'an unknown one');
SELECT throws_ok('SELECT set_sales_area(id(''apple sku''), ''POLYGON EMPTY''::public.geography)', '23514', NULL, 'an empty area');
SELECT throws_ok('SELECT set_sales_area(999999)', 'KT303', 'sku 999999 does not exist', 'an unknown sku to sell somewhere');
SELECT throws_ok('SELECT set_sales_area(NULL)', '22004', 'sku must not be null', 'no sku to sell');
SELECT is_empty('SELECT * FROM sku_communities', 'a refusal leaves nothing');
SELECT throws_ok('UPDATE skus SET area = rectangle(1, 2)', '23514', NULL, 'an area that is not known to be there cannot be');

-- An item follows its sku, whether that had an area when it was listed or not.
SELECT set_sales_area(id('apple sku'), communities => ARRAY[id('meadow')]) \g /dev/null
SELECT is(place('far', 'buyer', '{apple}', '{1}'), 'out_of_area', 'an item that was listed before is bounded with its sku');
SELECT list_item(id('campaign'), id('apple sku'), 850, 991) AS bounded \gset
SELECT set_sales_area(id('apple sku')) \g /dev/null
SELECT is(place('near', 'buyer', '{apple}', '{1}'), 'placed', 'and free with it');
SELECT is(outcome, 'placed', 'as is one that was listed while it was bounded') FROM place_order(id('campaign'), id('buyer'), ARRAY[:bounded], '{1}', 'other', point => id('gate'));
SELECT is_empty('SELECT * FROM campaign_items WHERE bounded', 'and costs no look at it');

-- verify_skus() sees what no constraint can.
SELECT set_sales_area(id('apple sku'), communities => ARRAY[id('garden')]) \g /dev/null
SELECT results_eq('SELECT checked, violations FROM verify_skus()', 'VALUES (2::bigint, 0::bigint)', 'all is well');
DELETE FROM sku_communities;
SELECT results_eq('SELECT violations, first FROM verify_skus()', format($$VALUES (1::bigint, '%s')$$, id('apple sku')), 'a list that vanished is seen');

SELECT * FROM finish();
ROLLBACK;
