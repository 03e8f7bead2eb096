-- Who sells an order and what becomes of it: by a link, by attribution, in a campaign of a group owner, at rates of one's own; and
-- where goods may go.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(58);
\ir lib/market.sql

CREATE FUNCTION fixture.sold(campaign text, request text, buyer text, item text, units bigint, seller text DEFAULT NULL, point text DEFAULT 'gate') RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_order record;
BEGIN
    SELECT * INTO v_order FROM place_order(id(sold.campaign), id(buyer), ARRAY[id(sold.item)], ARRAY[units], request, seller => id(sold.seller), point => id(sold.point));
    IF v_order.outcome = 'placed' THEN
        PERFORM name(request, v_order.order_id);
    END IF;
    RETURN v_order.outcome;
END
$$;
-- By whom, and what he earns.
CREATE FUNCTION fixture.whose(request text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT concat_ws(' ', n.name, (SELECT p.amount FROM order_parts(o.campaign_id, o.id) p WHERE p.party = 'sales_leader'))
    FROM orders o JOIN fixture.names n ON n.id = order_seller(o) AND n.name IN ('leader', 'seller', 'rival', 'other leader') WHERE o.request = whose.request
$$;

-- Links and touches.
SELECT form_partnership(id('leader'), id('rival')) \g /dev/null
SELECT join_campaign(id('campaign'), id('rival')), touch(id('campaign'), id('buyer'), id('seller')) \g /dev/null
SELECT touch(id('campaign'), id('buyer'), id('rival')) \g /dev/null
SELECT is(sold('campaign', 'no link', 'buyer', 'rice', 1), 'placed', 'without a link');
SELECT is(whose('no link'), 'leader', 'an order is the supply leader''s, while only links count');
SELECT configure(attribution => 'first') \g /dev/null
SELECT is(sold('campaign', 'first touch', 'buyer', 'rice', 1), 'placed', 'when the first touch counts');
SELECT is(whose('first touch'), 'seller 450', 'it is his who came first');
SELECT answers($$SELECT sold('campaign', 'first touch', 'buyer', 'rice', 1)$$, 'placed', 'and the same again');
SELECT is(sold('campaign', 'own link', 'buyer', 'rice', 1, 'rival'), 'placed', 'by a link');
SELECT is(whose('own link'), 'rival 450', 'it is his whose link it was');
SELECT is(sold('campaign', 'leader link', 'buyer', 'rice', 1, 'leader'), 'placed', 'by the supply leader''s link');
SELECT is(whose('leader link'), 'leader', 'it is his own');
SELECT throws_ok($$SELECT sold('campaign', 'own link', 'buyer', 'rice', 1, 'seller')$$, 'KT010', NULL, 'another link is another order');
SELECT configure(attribution => 'last') \g /dev/null
SELECT is(sold('campaign', 'last touch', 'buyer', 'rice', 1), 'placed', 'when the last touch counts');
SELECT is(whose('last touch'), 'rival 450', 'it is his who came last');
SELECT is(sold('campaign', 'untouched', 'neighbour', 'rice', 1), 'placed', 'who never used a link');
SELECT is(whose('untouched'), 'leader', 'is the supply leader''s');
UPDATE touches SET first_at = first_at - interval '31 days', last_at = last_at - interval '31 days';
SELECT is(sold('campaign', 'stale', 'buyer', 'rice', 1), 'placed', 'after the window');
SELECT is(whose('stale'), 'leader', 'a touch counts no more');
SELECT configure(attribution => 'link') \g /dev/null
SELECT answers($$SELECT sold('campaign', 'no link', 'buyer', 'rice', 1)$$, 'placed', 'a key keeps its first order');

-- What a sales leader buys himself.
SELECT is(sold('campaign', 'mine', 'seller', 'rice', 1, 'seller'), 'placed', 'a sales leader buys');
SELECT is(whose('mine'), 'seller 450', 'and earns, where that is allowed');
SELECT configure(own_purchase => false) \g /dev/null
SELECT is(sold('campaign', 'mine again', 'seller', 'rice', 1, 'seller'), 'placed', 'where it is not');
SELECT is(whose('mine again'), 'leader', 'he earns nothing');
SELECT answers($$SELECT sold('campaign', 'mine again', 'seller', 'rice', 1, 'seller')$$, 'placed', 'and the same again');
SELECT is(sold('campaign', 'for another', 'buyer', 'rice', 1, 'seller'), 'placed', 'what others buy of him');
SELECT is(whose('for another'), 'seller 450', 'he earns on all the same');
-- Nor is it divided by the rule of his tier: nobody of that tier sells it.
SELECT set_rate(id('leader'), 'supplier cost, platform 10% of sale, sales_leader 5% of sale, supply_leader rest', tier => 'gold') AS gold \gset
SELECT form_partnership(id('leader'), id('chief')) \g /dev/null
SELECT set_tier(id('leader'), id('chief'), 'gold') \g /dev/null
SELECT join_campaign(id('campaign'), id('chief')), name('golden rice', list_item(id('campaign'), id('rice sku'), 2500, 3000)) \g /dev/null
SELECT is(sold('campaign', 'golden mine', 'chief', 'golden rice', 1, 'chief'), 'placed', 'nor what a sales leader of a tier buys');
SELECT is((SELECT amount(o.shares, market_account('revenue')) FROM orders o WHERE o.id = id('golden mine')), 60::bigint, 'goes by the rule of his tier');
SELECT is((SELECT shares_agg(p.account_id, p.amount) FROM order_parts(id('campaign'), id('golden mine')) p), (SELECT o.shares FROM orders o WHERE o.id = id('golden mine')), 'its parts say so');
SELECT end_rate(:gold) \g /dev/null
SELECT configure(own_purchase => true) \g /dev/null
SELECT is_empty('SELECT violations()', 'all of it is divided by its rules');

-- Led by a group owner.
SELECT throws_ok($$SELECT create_campaign(id('wave'), id('leader'), 'mine', now() + interval '1 hour', owner => id('buyer'))$$, 'KT103', format('member %s is no partner of supply leader %s', id('buyer'), id('leader')), 'who is no partner owns no campaign');
SELECT configure(max_levels => 1) \g /dev/null
SELECT throws_ok($$SELECT create_campaign(id('wave'), id('leader'), 'mine', now() + interval '1 hour', owner => id('seller'))$$, 'KT101', NULL, 'nor anybody where the market has one level');
SELECT configure(max_levels => 2) \g /dev/null
SELECT name('owned', create_campaign(id('wave'), id('leader'), 'owned', now() + interval '1 hour', hold => '0', owner => id('seller'))) \g /dev/null
SELECT throws_ok($$SELECT list_item(id('owned'), id('rice sku'), 2500, 2700)$$, 'KT302', format('distribution price of sku %s is not what the supply leader gives it on for', id('rice sku')), 'nothing is given on without a price');
SELECT name('given on', draft_offer(id('rice sku'), id('leader'), 2000, 2300, 3000, distribution_price => 2400)) \g /dev/null
SELECT push_offer(id('given on')), decide_offer(id('given on'), true, id('leader')) \g /dev/null
SELECT throws_ok($$SELECT list_item(id('owned'), id('rice sku'), 2399, 2700)$$, 'KT302', NULL, 'the owner does not set what he pays');
SELECT throws_ok($$SELECT list_item(id('owned'), id('rice sku'), 2400, 3001)$$, 'KT302', format('price of sku %s is out of bounds', id('rice sku')), 'nor leaves the supplier''s bounds');
SELECT name('owned rice', list_item(id('owned'), id('rice sku'), 2400, 2700)), publish_campaign(id('owned')) \g /dev/null
SELECT is(sold('owned', 'to the owner', 'buyer', 'owned rice', 1), 'placed', 'an order without a link');
SELECT is(whose('to the owner'), 'seller 405', 'is the owner''s');
SELECT throws_ok($$SELECT join_campaign(id('owned'), id('rival'))$$, 'KT101', format('campaign %s is led by its group owner', id('owned')), 'nobody copies it');
SELECT throws_ok($$SELECT join_campaign(id('owned'), id('rival'), id('seller'))$$, 'KT101', NULL, 'nor sells below him');
SELECT throws_ok($$SELECT sold('owned', 'x', 'buyer', 'owned rice', 1, 'rival')$$, 'KT103', NULL, 'nor by a link');
SELECT is_empty('SELECT violations()', 'an owner''s campaign is sound');

-- Rates of a tier and of one's own reach the order, its refund, and what is left when a rate changes (pain 8).
SELECT set_rate(id('leader'), 'supplier cost, sales_leader 20% of sale, supply_leader rest', tier => 'gold'),
       set_rate(id('leader'), 'supplier cost, sales_leader 10% of sale, supply_leader rest', sales_leader => id('rival')), set_tier(id('leader'), id('seller'), 'gold') \g /dev/null
SELECT name('rated', create_campaign(id('wave'), id('leader'), 'rated', now() + interval '1 hour', hold => '0')) \g /dev/null
SELECT name('rated rice', list_item(id('rated'), id('rice sku'), 2400, 3000)), publish_campaign(id('rated')), join_campaign(id('rated'), id('seller')), join_campaign(id('rated'), id('rival')) \g /dev/null
SELECT is((SELECT array_agg(sold('rated', 'rated ' || s, 'buyer', 'rated rice', 2, s) ORDER BY s) FROM unnest('{leader,rival,seller}'::text[]) s), '{placed,placed,placed}', 'three sellers');
SELECT results_eq($$SELECT whose('rated ' || s) FROM unnest('{leader,rival,seller}'::text[]) s ORDER BY 1$$, $$VALUES ('leader'), ('rival 600'), ('seller 1200')$$, 'each at his rate');
SELECT results_eq($$SELECT amount, parts @> jsonb_build_array(jsonb_build_object('party', 'sales_leader', 'amount', 1200)) FROM preview_order(id('rated'), id('chief'), ARRAY[id('rated rice')], '{2}', id('seller'), id('gate'))$$,
                  'VALUES (6000::bigint, true)', 'a trial says the same');
SELECT set_rate(id('leader'), 'supplier cost, sales_leader 1% of sale, supply_leader rest', tier => 'gold'), set_tier(id('leader'), id('seller'), NULL) \g /dev/null
SELECT is(whose('rated seller'), 'seller 1200', 'a rate that is changed leaves the order');
SELECT pay_order(id('rated'), id('rated seller'), 6000, 'rated pay') \g /dev/null
SELECT refund_order(id('rated'), id('rated seller'), id('rated rice'), 1, 'rated refund') \g /dev/null
SELECT is((SELECT ktt.amount(shares, account('seller', 'commission')) FROM refunds), 600::bigint, 'and its refund takes back at the old rate');
SELECT is(sold('rated', 'rated later', 'buyer', 'rated rice', 2, 'seller'), 'placed', 'also a later order of that campaign');
SELECT is(whose('rated later'), 'seller 1200', 'keeps what was agreed');
SELECT appoint_steward(id('garden'), id('rival')), close_pickup_point(id('gate'), 'closed') \g /dev/null
SELECT is_empty('SELECT violations()', 'also when it goes to another steward');
SELECT open_pickup_point(id('gate'), true) \g /dev/null

-- A supplier does not sell his own goods on for somebody else.
SELECT form_partnership(id('leader'), id('orchard')), name('jam sku', add_sku(id('seller'), 'jam')) \g /dev/null
SELECT offer_sku(id('jam sku'), id('leader'), 100) \g /dev/null
SELECT throws_ok('SELECT join_campaign(id(''campaign''), id(''orchard''))', 'KT102', format('member %s supplies campaign %s', id('orchard'), id('campaign')), 'who supplies a campaign cannot join it');
SELECT throws_ok('SELECT list_item(id(''campaign''), id(''jam sku''), 100, 200)', 'KT102', format('supplier of sku %s sells in campaign %s', id('jam sku'), id('campaign')), 'nor can goods of a seller be listed in it');
SELECT name('others', create_campaign(id('wave'), id('leader'), 'others', now() + interval '1 hour')) \g /dev/null
SELECT name('others rice', list_item(id('others'), id('rice sku'), 2400, 3000)) \g /dev/null
SELECT is(join_campaign(id('others'), id('orchard'))::text, id('leader') || '>' || id('orchard'), 'what others supply he sells as anybody does');
SELECT is((SELECT count(*) FROM campaign_items WHERE campaign_id = id('others')), 1::bigint, 'as long as nothing of his is in it');
SELECT throws_ok('SELECT list_item(id(''others''), id(''apple sku''), 850, 990)', 'KT102', NULL, 'and then nothing of his gets in');

-- Where goods may go.
SELECT set_sales_area(id('apple sku'), communities => ARRAY[id('garden')]) \g /dev/null
SELECT name('near', create_campaign(id('wave'), id('leader'), 'near', now() + interval '1 hour', hold => '0')) \g /dev/null
SELECT name('near apple', list_item(id('near'), id('apple sku'), 850, 990, 10)), name('near rice', list_item(id('near'), id('rice sku'), 2400, 3000)), publish_campaign(id('near')) \g /dev/null
SELECT is(sold('near', 'inside', 'buyer', 'near apple', 1), 'placed', 'inside its area an item is sold');
SELECT is(sold('near', 'outside', 'buyer', 'near apple', 1, NULL, 'barn'), 'out_of_area', 'outside it is not');
SELECT is((SELECT item FROM place_order(id('near'), id('buyer'), ARRAY[id('near rice'), id('near apple')], '{1,1}', 'both', point => id('barn'))), id('near apple'), 'and is named');
SELECT is(sold('near', 'rice', 'buyer', 'near rice', 1, NULL, 'barn'), 'placed', 'others are');
SELECT is((SELECT sum(free) FROM stock WHERE stock_id = id('near apple')), 9::numeric, 'a refusal takes nothing');
SELECT is_empty('SELECT violations()', 'all is well at the end');

SELECT * FROM finish();
ROLLBACK;
