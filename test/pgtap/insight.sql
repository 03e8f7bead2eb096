-- Views to look through.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(15);
\ir lib/market.sql

SELECT results_eq('SELECT * FROM conservation', 'VALUES (0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, true, 0::bigint)', 'nothing paid, nothing kept');
SELECT results_eq('SELECT * FROM repurchase', 'VALUES (0::bigint, 0::bigint, NULL::numeric)', 'nobody bought');
SELECT results_eq('SELECT households, buyers, percent, wanted FROM coverage() WHERE community_id = id(''garden'')', 'VALUES (200::bigint, 0::bigint, 0.0, 100::bigint)', 'no household reached');

SELECT buy('a', 'buyer', '{apple,rice}', '{3,1}', 'seller'), buy('b', 'buyer', '{rice}', '{1}', 'seller'), buy('c', 'neighbour', '{apple}', '{1}'),
       place('d', 'rival', '{rice}', '{9}'), buy('e', 'chief', '{rice}', '{2}', NULL, 'barn'), buy('f', 'rival', '{rice}', '{1}') \g /dev/null
SELECT cancel_order(id('campaign'), id('f')), refund_order(id('campaign'), id('a'), id('apple'), 1, 'f') \g /dev/null

SELECT results_eq('SELECT item_id, sku_id, units, amount, refunded_units, refunded_amount, chain::text FROM order_lines WHERE order_id = id(''a'') ORDER BY item_id',
                  $$VALUES (id('apple'), id('apple sku'), 3::bigint, 2970::bigint, 1::bigint, 990::bigint, format('%s>%s>%s', id('orchard'), id('leader'), id('seller'))),
                           (id('rice'), id('rice sku'), 1, 2999, 0, 0, format('%s>%s>%s', id('mill'), id('leader'), id('seller')))$$, 'orders line by line, from the supplier to the last seller');
SELECT results_eq('SELECT seller_id, orders, buyers, amount FROM leaderboard ORDER BY amount DESC',
                  'VALUES (id(''seller''), 2::bigint, 1::bigint, (2 * 990 + 2 * 2999)::bigint), (id(''leader''), 2, 2, 990 + 2 * 2999::bigint)', 'who sells most: paid orders, less refunds');
SELECT results_eq('SELECT community_id, households, buyers, percent FROM coverage()', 'VALUES (id(''garden''), 200::bigint, 2::bigint, 1.0), (id(''meadow''), NULL, 1, NULL)', 'two of two hundred households');
SELECT results_eq('SELECT * FROM repurchase', 'VALUES (3::bigint, 0::bigint, 0.0)', 'nobody came back yet');
SELECT is((SELECT holds FROM conservation), true, 'every cent is somewhere');
SELECT results_eq('SELECT paid_by_buyers, refunded_to_buyers, kept, not_yet_settled FROM conservation', 'VALUES (18955::bigint, 3989::bigint, 14966::bigint, 14966::bigint)', 'before settlement');
SELECT deliver(), complete(), settle() \g /dev/null
SELECT results_eq('SELECT paid_by_buyers = refunded_to_buyers + suppliers + leaders + stewards + platform, not_yet_settled, holds FROM conservation', 'VALUES (true, 0::bigint, true)', 'after settlement');
SELECT refund_order(id('campaign'), id('e'), id('rice'), 2, 'g') \g /dev/null
SELECT is((SELECT holds FROM conservation), true, 'after a late refund');
SELECT settle(), approve_payout(make_payout(id('cashier'), 'p'), id('chief')) \g /dev/null
SELECT is((SELECT holds FROM conservation), true, 'after a payout');

SELECT name('wave', open_wave('second')) \g /dev/null
SELECT name('campaign', create_campaign(id('wave'), id('mill'), 'second', clock_timestamp() + interval '1 hour')) \g /dev/null
SELECT offer_sku(id('rice sku'), id('mill'), 2000), set_rate(id('mill'), 'supplier cost, supply_leader rest') \g /dev/null
SELECT name('rice', list_item(id('campaign'), id('rice sku'), 2500, 2999)) \g /dev/null
SELECT publish_campaign(id('campaign')) \g /dev/null
SELECT buy('z', 'buyer', '{rice}', '{1}') \g /dev/null
SELECT results_eq('SELECT * FROM repurchase', 'VALUES (3::bigint, 1::bigint, 33.3)', 'one of three came back in another wave');
SELECT is((SELECT chain::text FROM order_lines WHERE order_id = id('z')), id('mill')::text, 'a supplier who leads the sale himself stands in the chain once');
SELECT is_empty('SELECT violations()', 'all is well');

SELECT * FROM finish();
ROLLBACK;
