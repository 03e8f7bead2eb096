-- Limits per buyer, household, pickup point and seller, of an item or a campaign, on the whole or by day.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(55);
\ir lib/market.sql

SELECT name('limited', create_campaign(id('wave'), id('leader'), 'limited', clock_timestamp() + interval '1 hour', hold => '0')) \g /dev/null
SELECT name('pears', list_item(id('limited'), id('apple sku'), 850, 990)), name('wheat', list_item(id('limited'), id('rice sku'), 2500, 2999)) \g /dev/null

SELECT throws_ok($$SELECT set_limit(id('limited'), 0)$$, '22023', 'units must be between 1 and 1000000000000', 'a limit of nothing');
SELECT throws_ok($$SELECT set_limit(id('limited'), NULL)$$, '22004', 'units must not be null', 'no units');
SELECT throws_ok($$SELECT set_limit(id('limited'), 1, 'village')$$, '22023', 'scope of a limit must be buyer, household, point or seller', 'no such scope');
SELECT throws_ok($$SELECT set_limit(id('limited'), 1, NULL)$$, '22004', 'scope must not be null', 'no scope');
SELECT throws_ok($$SELECT set_limit(id('limited'), 1, per_day => NULL)$$, '22004', 'per_day must not be null', 'neither by day nor not');
SELECT throws_ok($$SELECT set_limit(id('limited'), 1, item => id('rice'))$$, 'KT303', format('item %s does not belong to campaign %s', id('rice'), id('limited')), 'an item of another campaign');
SELECT throws_ok($$SELECT set_limit(999999, 1)$$, 'KT303', 'campaign 999999 does not exist', 'an unknown campaign');
SELECT throws_ok($$SELECT set_limit(NULL, 1)$$, '22004', 'campaign must not be null', 'no campaign');
SELECT throws_ok($$SELECT set_limit(id('campaign'), 1)$$, 'KT301', format('campaign %s is open', id('campaign')), 'an open campaign');

SELECT set_limit(id('limited'), 9, item => id('pears')), set_limit(id('limited'), 2, item => id('pears')), -- the later word counts
       set_limit(id('limited'), 5, 'household'), set_limit(id('limited'), 8, 'point'), set_limit(id('limited'), 7, 'seller', id('wheat')),
       set_limit(id('limited'), 4, 'buyer', per_day => true) \g /dev/null
SELECT is((SELECT count(*) FROM limits WHERE campaign_id = id('limited')), 5::bigint, 'five limits');
SELECT publish_campaign(id('limited')), join_campaign(id('limited'), id('seller')) \g /dev/null
SELECT add_pickup_point(id('garden'), 'other gate', location(121.5, 25.06)) AS other_gate \gset
SELECT name('other gate', :other_gate) \g /dev/null

CREATE FUNCTION fixture.take(request text, buyer text, item text, units bigint, house text, point text DEFAULT 'gate', seller text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_order record;
BEGIN
    SELECT * INTO v_order FROM place_order(id('limited'), id(buyer), ARRAY[id(take.item)], ARRAY[units], request, seller => id(seller), point => id(take.point),
                                           household => convert_to(house, 'UTF8'));
    IF v_order.outcome = 'placed' THEN
        PERFORM name(request, v_order.order_id);
    END IF;
    RETURN v_order.outcome || coalesce(' ' || (SELECT n.name FROM names n WHERE n.id = v_order.item AND n.name IN ('pears', 'wheat')), '');
END
$$;
CREATE FUNCTION fixture.used(scope text, day boolean DEFAULT false) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT string_agg(u.units::text, ' ' ORDER BY u.units) FROM limit_uses u JOIN limits l ON l.id = u.limit_id
    WHERE l.campaign_id = id('limited') AND l.scope = used.scope AND l.per_day = used.day AND u.units > 0
$$;

SELECT throws_ok($$SELECT place_order(id('limited'), id('buyer'), ARRAY[id('wheat')], '{1}', 'x', point => id('gate'))$$, '22004', 'household must not be null', 'who has no household cannot pass the limit');
SELECT throws_ok($$SELECT take('x', 'buyer', 'wheat', 1, 'short')$$, '22023', 'household must be a hash of between 8 and 64 bytes', 'no hash');
SELECT is(take('a', 'buyer', 'pears', 2, 'house number one'), 'placed', 'two pears');
SELECT is(take('b', 'buyer', 'pears', 1, 'house number one'), 'limit pears', 'not a third');
SELECT is(take('c', 'buyer', 'wheat', 2, 'house number one'), 'placed', 'two of wheat');
SELECT is(take('d', 'buyer', 'wheat', 1, 'house number one'), 'limit', 'four a day');
SELECT is(take('e', 'neighbour', 'wheat', 2, 'house number one'), 'limit', 'five for a household');
SELECT is(take('f', 'neighbour', 'wheat', 1, 'house number one'), 'placed', 'the fifth');
SELECT is(take('g', 'rival', 'wheat', 3, 'house number two'), 'placed', 'another household');
SELECT is(take('h', 'chief', 'pears', 1, 'house number three'), 'limit', 'eight at a point');
SELECT is(take('i', 'chief', 'pears', 1, 'house number three', 'other gate'), 'placed', 'the other point has none yet');
SELECT is(take('j', 'steward', 'wheat', 2, 'house number four', 'other gate'), 'limit wheat', 'seven of wheat by the leader');
SELECT is(take('k', 'steward', 'wheat', 2, 'house number four', 'other gate', 'seller'), 'placed', 'the sales leader has sold none');
SELECT is(take('l', 'steward', 'pears', 2, 'house number four', 'other gate'), 'placed', 'a steward is a buyer');
SELECT is(take('m', 'steward', 'pears', 1, 'house number five', 'other gate'), 'limit pears', 'with a buyer''s limits');
SELECT is(used('buyer'), '1 2 2', 'pears by buyer');
SELECT is(used('buyer', true), '1 1 3 4 4', 'the day by buyer');
SELECT is(used('household'), '1 3 4 5', 'by household');
SELECT is(used('point'), '5 8', 'by point');
SELECT is(used('seller'), '2 6', 'wheat by seller');
SELECT is_empty('SELECT violations()', 'limits hold');
SELECT results_eq('SELECT DISTINCT day FROM limit_uses u JOIN limits l ON l.id = u.limit_id WHERE l.per_day', $$SELECT (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date$$, 'the day is the market''s');

SELECT throws_ok($$SELECT configure(time_zone => 'Europe/London')$$, 'KT301', 'time zone cannot change once orders count against limits by day', 'and stays so');

-- What is refused leaves no trace, what is given back counts no more.
SELECT answers($$SELECT take('d', 'buyer', 'wheat', 1, 'house number one')$$, 'limit', 'a refusal is repeated');
SELECT is(cancel_order(id('limited'), id('a')), 'cancelled', 'an order is cancelled');
SELECT is(take('n', 'buyer', 'pears', 2, 'house number one'), 'placed', 'then its units are free');
SELECT is(expire_orders('0'), 7, 'unpaid orders expire');
SELECT is(used('household'), NULL, 'and give everything back');
SELECT is(used('buyer', true), NULL, 'also that of the day');
SELECT is(take('o', 'neighbour', 'wheat', 4, 'house number one'), 'placed', 'a household starts anew');
SELECT is_empty('SELECT violations()', 'still sound');

-- Another day counts anew.
UPDATE orders SET placed_at = placed_at - interval '1 day' WHERE id = id('o');
UPDATE limit_uses SET day = day - 1 WHERE day > '-infinity';
SELECT is(take('p', 'neighbour', 'wheat', 1, 'house number six'), 'placed', 'on another day there are four again');
SELECT is_empty('SELECT violations()', 'both days are sound');
SELECT is(cancel_order(id('limited'), id('o')), 'cancelled', 'yesterday''s order is cancelled');
SELECT is(used('buyer', true), '1', 'and gives back yesterday''s units');

-- Pain 11: one per user, whatever the user tries.
SELECT name('bait', create_campaign(id('wave'), id('leader'), 'bait', clock_timestamp() + interval '1 hour')) \g /dev/null
SELECT name('bait pear', list_item(id('bait'), id('apple sku'), 850, 990, buyer_limit => 1)), publish_campaign(id('bait')) \g /dev/null
SELECT is((SELECT string_agg(p.outcome, ' ') FROM generate_series(1, 9) n
           CROSS JOIN LATERAL place_order(id('bait'), id('steward'), ARRAY[id('bait pear')], '{1}', 'bait ' || n, point => id('gate')) p),
          'placed limit limit limit limit limit limit limit limit', 'one of nine');
SELECT is((SELECT outcome FROM place_order(id('bait'), id('buyer'), ARRAY[id('bait pear')], '{2}', 'two', point => id('gate'))), 'limit', 'nor two at once');
SELECT is((SELECT p.outcome FROM orders o CROSS JOIN LATERAL change_order(id('bait'), o.id, ARRAY[id('bait pear')], '{2}', 'more') p WHERE o.campaign_id = id('bait')), 'limit', 'nor by a change');
SELECT is((SELECT sum(ktt.units(o.basket))::int FROM orders o WHERE o.campaign_id = id('bait')), 1, 'one is sold');
SELECT is((SELECT cancel_order(id('bait'), o.id) FROM orders o WHERE o.campaign_id = id('bait')), 'cancelled', 'who gives it back');
SELECT is((SELECT outcome FROM place_order(id('bait'), id('steward'), ARRAY[id('bait pear')], '{1}', 'again', point => id('gate'))), 'placed', 'may have it again');
SELECT is(list_item(id('bait'), id('apple sku'), 850, 990, buyer_limit => 1), id('bait pear'), 'listed again it is the same item');
SELECT throws_ok($$SELECT list_item(id('bait'), id('apple sku'), 850, 990, buyer_limit => 2)$$, 'KT010', NULL, 'with another limit it is not');
SELECT throws_ok($$SELECT list_item(id('bait'), id('rice sku'), 2500, 2999, buyer_limit => 0)$$, '22023', NULL, 'a limit of nothing');
SELECT is_empty('SELECT violations()', 'all is well at the end');

SELECT * FROM finish();
ROLLBACK;
