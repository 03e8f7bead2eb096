-- A rule never gives away more than the sale: for no number of units of any item that is on sale.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(30);
\ir lib/market.sql
SELECT setseed(0.27182) \g /dev/null

-- Drafts take what does not hold; publishing does not.
SELECT name('draft', create_campaign(id('wave'), id('leader'), 'draft', clock_timestamp() + interval '1 hour')) \g /dev/null
SELECT set_rate(id('leader'), 'supplier cost, platform 300 per order, supply_leader rest', id('apple sku')) AS rate \gset
SELECT list_item(id('draft'), id('apple sku'), 850, 990) AS item, list_item(id('draft'), id('rice sku'), 2500, 2999) AS good \gset
SELECT throws_ok('SELECT publish_campaign(id(''draft''))', 'KT201', format('split of item %s does not hold for its price', :item), 'it is not published');
CREATE FUNCTION fixture.detail(call text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_detail text;
BEGIN
    EXECUTE call;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL;
    RETURN v_detail;
END
$$;
SELECT is(detail('SELECT publish_campaign(id(''draft''))'),
          format('Item %s is sku %s at 990; in a line of 1, the parts of rate %s, "supplier cost, platform 300 per order, supply_leader rest", are 10 more than the sale.',
                 :item, id('apple sku'), :rate), 'and what is missing is said');
SELECT is((SELECT state FROM campaigns WHERE id = id('draft')), 'draft', 'it stays a draft');
SELECT retire_item(id('draft'), :item) \g /dev/null
SELECT list_item(id('draft'), id('apple sku'), 850, 1000) AS item \gset
SELECT publish_campaign(id('draft')) \g /dev/null
SELECT is((SELECT state FROM campaigns WHERE id = id('draft')), 'open', 'at a price that holds it is published, what was retired does not matter');
SELECT throws_ok('SELECT list_item(id(''draft''), id(''apple sku''), 850, 999)', 'KT201', NULL, 'once it is open nothing is listed that does not hold');
SELECT is((SELECT count(*) FROM campaign_items WHERE campaign_id = id('draft') AND sale_price = 999), 0::bigint, 'nothing');
SELECT list_item(id('draft'), id('apple sku'), 850, 1001) AS item \gset
SELECT ok(:item > 0, 'what holds is');

-- The rules of tiers and sales leaders as well.
SELECT name('draft', create_campaign(id('wave'), id('leader'), 'draft 2', clock_timestamp() + interval '1 hour')) \g /dev/null
SELECT set_rate(id('leader'), 'supplier cost, supply_leader rest', id('apple sku')) \g /dev/null
SELECT set_rate(NULL, 'supplier cost, sales_leader 40% of sale, supply_leader rest', tier => 'gold') AS gold \gset
SELECT list_item(id('draft'), id('apple sku'), 850, 1000) AS item \gset
SELECT is(detail('SELECT publish_campaign(id(''draft''))'),
          format('Item %s is sku %s at 1000; in a line of 1, the parts of rate %s, "supplier cost, sales_leader 40%% of sale, supply_leader rest", are 100 more than the sale.',
                 :item, id('apple sku'), :gold), 'the rule of a tier must hold too');
SELECT end_rate(:gold), set_rate(NULL, 'supplier cost, sales_leader 30.1% of sale, supply_leader rest', sales_leader => id('seller')) \g /dev/null
SELECT throws_ok('SELECT publish_campaign(id(''draft''))', 'KT201', NULL, 'to end it does not help an item that has it');
SELECT retire_item(id('draft'), :item), list_item(id('draft'), id('apple sku'), 850, 1000) \g /dev/null
SELECT matches(detail('SELECT publish_campaign(id(''draft''))'), ' are 1 more than the sale.$', 'and that of a sales leader');
SELECT retire_item(id('draft'), id) FROM campaign_items WHERE campaign_id = id('draft') AND NOT retired \g /dev/null
SELECT list_item(id('draft'), id('apple sku'), 850, 1002) \g /dev/null
SELECT lives_ok('SELECT publish_campaign(id(''draft''))', 'at a price that holds for all');
SELECT results_eq('SELECT violations FROM verify_item_rates()', 'VALUES (0::bigint), (0)', 'which verify() would see');
-- Behind the back of the calls.
INSERT INTO rates (supply_leader_id, rule, period) VALUES (id('mill'), 'supplier cost, platform 31% of sale, supply_leader rest', '[2020-01-01,)') RETURNING id AS bad \gset
INSERT INTO item_rates (item_id, tier, rate_id, rule, payees) SELECT i.id, 'tin', r.id, r.rule, '{1,2,3}' FROM campaign_items i, rates r WHERE i.sale_price = 1002 AND r.id = :bad;
SELECT results_eq('SELECT violations FROM verify_item_rates()', 'VALUES (1::bigint), (1)', 'also what it should not: a rule that is not the leader''s, and falls short');

-- What a hundred tries do not show.
SELECT results_eq($$SELECT * FROM rule_gap('supplier cost, platform 60% of sale, sales_leader 40.0001% of margin, supply_leader rest', 0, 10)$$, 'VALUES (50000::bigint, 1::bigint)',
                  'rates that come to a hundredth of a ten-thousandth too much');
SELECT results_eq($$SELECT * FROM rule_gap('supplier cost, platform 300 per order, supply_leader rest', 700, 990)$$, 'VALUES (1::bigint, 10::bigint)', 'one unit that cannot bear a fee');
SELECT results_eq($$SELECT * FROM rule_gap('supplier cost, platform 290 per order, supply_leader rest', 700, 990)$$, 'VALUES (NULL::bigint, NULL::bigint)', 'one that just can');
SELECT results_eq($$SELECT * FROM rule_gap('supplier 50% of sale, platform 50% of cost, supply_leader rest', 1, 1)$$, 'VALUES (1::bigint, 1::bigint)', 'two halves rounded up');
SELECT results_eq($$SELECT * FROM rule_gap('supplier cost, platform 9223372036854775807 per order, supply_leader rest', 1, 2)$$, 'VALUES (1::bigint, NULL::bigint)', 'parts that are no number');
SELECT results_eq(format('SELECT * FROM rule_gap(%L, 1, 1000000000000)', r), 'VALUES (NULL::bigint, NULL::bigint)', 'at the largest price: ' || r)
FROM unnest('{"supplier cost, supply_leader rest","supplier cost, platform 33.3333% of margin, sales_leader 66.6667% of margin","platform 0.0001% of sale, supply_leader rest"}'::text[]) r;

SELECT results_eq($$SELECT * FROM rule_gap('platform 0.0001% of sale min 1, supplier rest', 0, 1)$$, 'VALUES (NULL::bigint, NULL::bigint)', 'a minimum that most lines are lifted to');
-- What could be found only by trying almost everything is refused.
SELECT results_eq($$SELECT * FROM rule_gap('supplier cost, platform 60% of sale, sales_leader 40.0001% of margin, supply_leader rest', 0, 1)$$, 'VALUES (100001::bigint, NULL::bigint)',
                  'a rule that falls short after half a million units');
SELECT name('draft', create_campaign(id('wave'), id('leader'), 'draft 3', clock_timestamp() + interval '1 hour')), name('free sku', add_sku(id('mill'), 'free')) \g /dev/null
SELECT offer_sku(id('free sku'), id('leader'), 0) \g /dev/null
SELECT set_rate(id('leader'), 'supplier cost, platform 60% of sale, sales_leader 40.0001% of margin, supply_leader rest', id('free sku')) AS rate \gset
SELECT list_item(id('draft'), id('free sku'), 0, 1) AS item \gset
SELECT is(detail('SELECT publish_campaign(id(''draft''))'),
          format('Item %s is sku %s at 1; in a line of 100001, the parts of rate %s, "supplier cost, platform 60%% of sale, sales_leader 40.0001%% of margin, supply_leader rest", may be more than the sale.',
                 :item, id('free sku'), :rate), 'and says that it may');

-- Against trying all: random rules that use up nearly everything, at prices at which rounding matters.
CREATE FUNCTION fixture.upto(n int) RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT floor(random() * (n + 1))::int $$;
CREATE FUNCTION fixture.bound(price int) RETURNS text
LANGUAGE sql VOLATILE AS $$ SELECT CASE WHEN random() < 0.25 THEN ' min ' || upto(price / 4) ELSE '' END || CASE WHEN random() < 0.15 THEN ' max ' || price / 4 + upto(price * 30) ELSE '' END $$;
CREATE FUNCTION fixture.percent(millionths int) RETURNS numeric LANGUAGE sql AS $$ SELECT round(millionths / 10000.0, 4) $$;
CREATE FUNCTION fixture.tight_rule(cost int, price int) RETURNS split
LANGUAGE plpgsql AS $$
DECLARE
    -- In parts per million, coarse or fine: how much of the sale or margin each takes, and how much of its base is left to the second.
    v_grain int := (ARRAY[1, 100, 2500, 10000, 250000])[1 + upto(4)];
    v_first int := upto(1000000 / v_grain) * v_grain;
    v_second int := least(1000000 - v_first, greatest(0, 1000000 - v_first - upto(2) * (ARRAY[0, 1, v_grain])[1 + upto(2)]));
BEGIN
    RETURN CASE upto(6)
        WHEN 0 THEN format('supplier cost, platform %s%% of margin%s, sales_leader %s%% of margin%s, supply_leader rest', percent(v_first), bound(price - cost), percent(v_second), bound(price - cost))
        WHEN 1 THEN format('platform %s%% of sale%s, sales_leader %s%% of cost%s, supply_leader %s%% of margin, supplier rest', percent(v_first), bound(price), percent(v_second), bound(cost), percent(v_second))
        WHEN 2 THEN format('supplier cost, platform %s%% of sale%s, steward %s per unit, sales_leader %s per order, supply_leader rest', percent(least(v_first, (price - cost) * 1000000 / price)), bound(price), upto(2), upto(2))
        WHEN 3 THEN format('platform %s%% of sale%s, sales_leader %s%% of margin, steward %s%% of cost, supply_leader rest', percent(v_first), bound(price), percent(v_second / 2), percent(v_second))
        WHEN 4 THEN format('platform %s%% of sale, sales_leader %s%% of sale%s, steward %s%% of cost%s, supply_leader rest', percent(v_first / 2), percent(v_second), bound(price), percent(v_first / 2), bound(cost))
        WHEN 5 THEN format('platform %s%% of sale, sales_leader %s%% of margin, steward %s%% of cost, supply_leader rest',
                           percent(v_first), percent(1000000 - v_first), percent(least(1000000, 1000000 - v_first + upto(200))))
        ELSE format('supplier %s%% of cost, sales_leader %s%% of margin, platform %s%% of sale, supply_leader rest', percent(1000000 - v_first), percent(v_second), percent(v_first / 4)) END::split;
END
$$;
CREATE TABLE fixture.tight AS
SELECT n, upto(40) AS cost, 0 AS price, NULL::split AS rule, NULL::bigint AS fast_units, NULL::bigint AS fast_missing, NULL::bigint AS slow_units, NULL::bigint AS slow_missing FROM generate_series(1, 700) n;
UPDATE tight SET price = cost + 1 + upto(CASE WHEN n % 2 = 0 THEN 3 ELSE 60 END);
UPDATE tight SET rule = tight_rule(cost, price);
UPDATE tight t SET (fast_units, fast_missing) = (SELECT g.units, g.missing FROM rule_gap(t.rule, t.cost, t.price) g);
UPDATE tight t SET (slow_units, slow_missing) = (
    SELECT n, -c.left_over FROM generate_series(1, 400) n CROSS JOIN LATERAL check_split(t.rule, n * t.price, n * t.cost, n) c WHERE NOT c.holds ORDER BY n LIMIT 1);
SELECT is_empty('SELECT n, cost, price, rule, fast_units, slow_units FROM tight WHERE (CASE WHEN fast_units <= 400 THEN fast_units END, CASE WHEN fast_units <= 400 THEN fast_missing END) IS DISTINCT FROM (slow_units, slow_missing)',
                'trying every number of units up to 400 finds the same');
SELECT results_eq('SELECT t.n FROM tight t CROSS JOIN LATERAL check_split(t.rule, fast_units * t.price, fast_units * t.cost, fast_units) c WHERE fast_units <= 100000 AND (c.holds OR c.left_over <> -fast_missing)',
                  'SELECT 0 WHERE false', 'what it finds beyond does not hold');
SELECT cmp_ok((SELECT count(*) FROM tight WHERE slow_units IS NULL), '>', 100::bigint, 'many hold');
SELECT cmp_ok((SELECT count(*) FROM tight WHERE slow_units = 1), '>', 50::bigint, 'many do not for one unit');
SELECT cmp_ok((SELECT count(*) FROM tight WHERE slow_units BETWEEN 2 AND 100), '>', 10::bigint, 'some only for a few');
SELECT cmp_ok((SELECT count(*) FROM tight WHERE fast_units > 100), '>', 5::bigint, 'and some for more than a hundred');

SELECT * FROM finish();
ROLLBACK;
