-- Stock: pools that several campaigns sell from, quotas of communities, and what is added or taken away.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(60);
\ir lib/market.sql

CREATE FUNCTION fixture.free(item bigint DEFAULT NULL, quota bigint DEFAULT NULL) RETURNS bigint
LANGUAGE sql STABLE AS $$ SELECT sum(s.free)::bigint FROM stock s WHERE s.stock_id = coalesce(free.item, -free.quota) $$;
CREATE FUNCTION fixture.take(campaign text, item text, units bigint, point text DEFAULT 'gate', buyer text DEFAULT 'buyer') RETURNS text
LANGUAGE sql AS $$
    SELECT outcome FROM place_order(id(take.campaign), id(take.buyer), ARRAY[id(take.item)], ARRAY[take.units], gen_random_uuid()::text, point => id(take.point))
$$;

-- Pain 14: two hubs sell what one supplier has.
SELECT name('pool', create_pool(id('rice sku'), 'harvest', 10)) \g /dev/null
SELECT is(create_pool(id('rice sku'), 'harvest', 99), id('pool'), 'a pool is made once');
SELECT throws_ok($$SELECT create_pool(id('rice sku'), 'x', -1)$$, '22023', 'units must be between 0 and 1000000000000', 'less than nothing');
SELECT throws_ok($$SELECT create_pool(id('rice sku'), NULL, 1)$$, '22004', 'reference must not be null', 'no name');
SELECT throws_ok($$SELECT create_pool(999999, 'x', 1)$$, 'KT303', 'sku 999999 does not exist', 'an unknown sku');
SELECT throws_ok($$SELECT create_pool(id('rice sku'), 'x', NULL)$$, '22004', 'units must not be null', 'no units');
SELECT name(n, create_campaign(id('wave'), id('leader'), n, clock_timestamp() + interval '1 hour', hold => '0')) FROM unnest('{north,south}'::text[]) n \g /dev/null
SELECT throws_ok($$SELECT list_item(id('north'), id('apple sku'), 850, 990, pool => id('pool'))$$, 'KT303', format('pool %s of sku %s does not exist', id('pool'), id('apple sku')), 'a pool of other goods');
SELECT name('north rice', list_item(id('north'), id('rice sku'), 2500, 2999, stock => 8, pool => id('pool'))),
       name('south rice', list_item(id('south'), id('rice sku'), 2500, 2999, pool => id('pool'))),
       name('north apple', list_item(id('north'), id('apple sku'), 850, 990)), name('south apple', list_item(id('south'), id('apple sku'), 850, 990, 500)) \g /dev/null
SELECT publish_campaign(id('north')) \g /dev/null
SELECT is(take('north', 'north rice', 6), 'placed', 'the north sells six of ten');
SELECT is(take('north', 'north rice', 3), 'sold_out', 'its own quota is eight');

-- Quotas of communities, in a draft.
SELECT throws_ok($$SELECT share_out(id('north'), id('north rice'), id('garden'), 1)$$, 'KT301', format('campaign %s is open', id('north')), 'too late for a quota');
SELECT throws_ok($$SELECT share_out(id('south'), id('north rice'), id('garden'), 1)$$, 'KT303', format('item %s does not belong to campaign %s', id('north rice'), id('south')), 'another campaign''s item');
SELECT throws_ok($$SELECT share_out(id('south'), id('south rice'), 999999, 1)$$, 'KT303', 'community 999999 does not exist', 'an unknown community');
SELECT throws_ok($$SELECT share_out(id('south'), id('south rice'), id('garden'), NULL)$$, '22004', 'units must not be null', 'no units');
SELECT throws_ok($$SELECT share_out(id('south'), id('south rice'), id('garden'), -1)$$, '22023', NULL, 'less than nothing');
SELECT name('garden quota', share_out(id('south'), id('south apple'), id('garden'), 300)), name('meadow quota', share_out(id('south'), id('south apple'), id('meadow'), 0)) \g /dev/null
SELECT is(share_out(id('south'), id('south apple'), id('garden'), 300), id('garden quota'), 'a quota is set once');
SELECT throws_ok($$SELECT share_out(id('south'), id('south apple'), id('garden'), 301)$$, 'KT010', NULL, 'and not to something else');
SELECT publish_campaign(id('south')) \g /dev/null
SELECT is(take('south', 'south rice', 4), 'placed', 'the south sells the other four');
SELECT is(take('south', 'south rice', 1), 'sold_out', 'then the pool is empty');
SELECT is(take('north', 'north rice', 1), 'sold_out', 'for the north too, which had two left of its own');
SELECT is(free(quota => id('pool')), 0::bigint, 'nothing is left in it');
SELECT is(free(item => id('north rice')), 2::bigint, 'a refusal takes nothing of the other stock');
SELECT is(take('south', 'south apple', 1, 'barn'), 'sold_out', 'the meadow has no quota left');
SELECT is(take('south', 'south apple', 299), 'placed', 'the garden has');
SELECT is(take('south', 'south apple', 2), 'sold_out', 'but for one');
SELECT is(take('south', 'south apple', 1), 'placed', 'the last of it');
SELECT is(free(item => id('south apple')), 200::bigint, 'the item itself has more');
SELECT is_empty('SELECT violations()', 'pools and quotas are sound');

-- Added and taken away.
SELECT is(restock(5, id('south'), quota => id('meadow quota')), 5::bigint, 'the meadow gets five');
SELECT is(take('south', 'south apple', 5, 'barn'), 'placed', 'and sells them');
SELECT is(restock(-1, id('south'), item => id('south apple')), 499::bigint, 'one is taken away');
SELECT is(free(item => id('south apple')), 194::bigint, 'of the free ones');
SELECT throws_ok($$SELECT restock(-195, id('south'), item => id('south apple'))$$, 'KT301', 'fewer units are free than are to be taken away', 'not more than are free');
SELECT is(restock(-194, id('south'), item => id('south apple')), 305::bigint, 'all that are free');
SELECT is(take('south', 'south apple', 1, 'barn'), 'sold_out', 'then it is sold out');
SELECT is(restock(3, quota => id('pool')), 13::bigint, 'the pool gets three');
SELECT is(take('north', 'north rice', 2), 'placed', 'for whoever comes first');
SELECT is(take('south', 'south rice', 2), 'sold_out', 'and only once');
SELECT is(take('south', 'south rice', 1), 'placed', 'the last one');
SELECT is(restock(1003, id('south'), item => id('south apple')), 1308::bigint, 'many are spread over the slots');
SELECT is((SELECT max(free) - min(free) FROM stock WHERE stock_id = id('south apple')), 1::bigint, 'evenly');
SELECT throws_ok($$SELECT restock(1, id('south'), item => id('north rice'))$$, 'KT303', NULL, 'another campaign''s item');
SELECT throws_ok($$SELECT restock(1, id('north'), item => id('north apple'))$$, 'KT303', NULL, 'an item without a stock');
SELECT throws_ok($$SELECT restock(1, item => id('north rice'))$$, '22004', 'campaign must not be null', 'an item without its campaign');
SELECT throws_ok($$SELECT restock(1, quota => 999999)$$, 'KT303', 'no pool has no such stock', 'an unknown pool');
-- What begins with nothing and grows is spread as if it had been large from the first.
SELECT name('late', create_campaign(id('wave'), id('leader'), 'late', clock_timestamp() + interval '1 hour')) \g /dev/null
SELECT name('late apple', list_item(id('late'), id('apple sku'), 850, 990, 0)), name('late quota', create_pool(id('apple sku'), 'late', 0)) \g /dev/null
SELECT set_capacity(id('late'), 1), publish_campaign(id('late')) \g /dev/null
SELECT is(take('late', 'late apple', 1), 'sold_out', 'nothing is there yet');
SELECT restock(1650, id('late'), item => id('late apple')), restock(300, quota => id('late quota')),
       restock(499, id('late'), quota => (SELECT capacity_id FROM campaigns WHERE id = id('late'))) \g /dev/null
SELECT results_eq($$SELECT count(*), sum(free), min(free) FROM stock WHERE stock_id = id('late apple')$$, 'VALUES (16::bigint, 1650::numeric, 103::bigint)', 'an item lies in all slots');
SELECT results_eq($$SELECT count(*), sum(free) FROM stock WHERE stock_id = -id('late quota')$$, 'VALUES (3::bigint, 300::numeric)', 'a pool in as many as it needs');
SELECT results_eq($$SELECT i.slots, q.slots, c.capacity_slots FROM campaign_items i, quotas q, campaigns c WHERE i.id = id('late apple') AND q.id = id('late quota') AND c.id = id('late')$$,
                  'VALUES (16, 3, 5)', 'which orders know');
SELECT is(take('late', 'late apple', 1650), 'placed', 'and gather from');
SELECT throws_ok($$SELECT restock(1, id('south'))$$, '22004', 'restock needs an item or a quota', 'of what');
SELECT throws_ok($$SELECT restock(NULL, id('south'), item => id('south apple'))$$, '22004', 'units must not be null', 'how many');
SELECT is_empty('SELECT violations()', 'it still adds up');

-- What ends gives back to all of them.
SELECT cancel_order(o.campaign_id, o.id) FROM orders o \g /dev/null
SELECT is(free(quota => id('pool')), 13::bigint, 'the pool is whole');
SELECT is(free(quota => id('garden quota')), 300::bigint, 'so is the garden''s quota');
SELECT is(free(item => id('north rice')), 8::bigint, 'so is the item''s own');
SELECT is_empty('SELECT violations()', 'nothing is lost');

-- A whole campaign gives back at once.
SELECT take('south', 'south apple', 7, p, b), take('south', 'south rice', 2, p, b) FROM unnest('{gate,barn}'::text[]) p, unnest('{buyer,neighbour}'::text[]) b \g /dev/null
SELECT is(free(quota => id('garden quota')), 286::bigint, 'two of the garden have ordered');
SELECT is((SELECT orders FROM cancel_campaign(id('south'), 'frost')), (SELECT count(*) FROM orders WHERE campaign_id = id('south') AND placed_at > '-infinity') - 5, 'the campaign is called off');
SELECT is(free(quota => id('garden quota')), 300::bigint, 'the quota is whole again');
SELECT is(free(quota => id('pool')), 13::bigint, 'the pool too');
SELECT is_empty('SELECT violations()', 'all is well at the end');

SELECT * FROM finish();
ROLLBACK;
