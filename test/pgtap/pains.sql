-- What systems of the field get wrong, one by one. Oversell is in test/tap/flash_sale.pl, limits in limits.sql, cut-offs in cut_off.sql,
-- stock of several hubs in stock.sql, rates that rewrite history in sellers.sql and rates.sql, withdrawals that race in payouts.sql and payout.spec,
-- refunds that come after the payout, keep the commission or take another rate in debts.sql, settlements that nobody can explain in settlements.sql and
-- statements.sql, case packs, shortages and weights in waves.sql and shortages.sql. What is slow is in test/bench.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(12);
\ir lib/market.sql

-- Commission paid several times when the channel repeats its message.
SELECT place('a', 'buyer', '{rice}', '{1}', 'seller') \g /dev/null
SELECT is((SELECT string_agg(DISTINCT pay_order(id('campaign'), id('a'), 2999, 'message 1'), ' ') FROM generate_series(1, 9)), 'paid', 'a message that comes nine times is one');
SELECT is((SELECT string_agg(pay_order(id('campaign'), id('a'), 2999, 'message ' || n), ' ') FROM generate_series(2, 4) n), 'already_paid already_paid already_paid', 'three payments more are parked');
SELECT deliver() \g /dev/null
SELECT is(complete(), 1, 'the order is completed');
SELECT is(complete(), 0, 'once');
SELECT settle(), settle(), settle() \g /dev/null
SELECT is(balance('seller', 'commission'), 450::bigint, 'the sales leader is paid once');
SELECT is(balance('mill', 'goods'), 2000::bigint, 'so is the supplier');
SELECT is(balance(NULL, 'unmatched'), 3 * 2999::bigint, 'and what was too much is to be sent back');

-- Rounding: 12.5 % that acts as 12 %, a third that acts as 0.33, parts that do not sum to the whole.
SELECT set_rate(id('leader'), 'supplier cost, sales_leader 12.5% of sale, steward 33.3333% of margin, supply_leader rest') \g /dev/null
SELECT name('odd', create_campaign(open_wave('odd'), id('leader'), 'odd', clock_timestamp() + interval '1 hour', hold => '0')) \g /dev/null
SELECT offer_sku(id('rice sku'), id('leader'), 0) \g /dev/null
SELECT list_item(id('odd'), id('rice sku'), 0, p) FROM generate_series(1, 120) p \g /dev/null
SELECT publish_campaign(id('odd')), join_campaign(id('odd'), id('seller')) \g /dev/null
SELECT count(place_order(id('odd'), id('buyer'), ARRAY[i.id], ARRAY[u.units], format('%s of %s', u.units, i.id), seller => id('seller'), point => id('gate')))
FROM campaign_items i, unnest('{1,3,7}'::bigint[]) u(units) WHERE i.campaign_id = id('odd') \g /dev/null
CREATE TEMP TABLE part AS
SELECT o.id, o.amount AS sale, p.party, p.amount FROM orders o CROSS JOIN LATERAL order_parts(o.campaign_id, o.id) p WHERE o.campaign_id = id('odd');
SELECT is((SELECT count(DISTINCT id) FROM part), 360::bigint, '360 odd orders');
SELECT is_empty('SELECT id FROM part GROUP BY id, sale HAVING sum(amount) <> sale', 'the parts of each are its amount');
SELECT is_empty($$SELECT o.id, o.amount, p.amount FROM orders o LEFT JOIN part p ON p.id = o.id AND p.party = 'sales_leader'
                  WHERE o.campaign_id = id('odd') AND coalesce(p.amount, 0) <> round(o.amount * 0.125)$$, '12.5 % is 12.5 %, to the nearest cent');
SELECT is_empty($$SELECT o.id, o.amount, p.amount FROM orders o LEFT JOIN part p ON p.id = o.id AND p.party = 'steward'
                  WHERE o.campaign_id = id('odd') AND coalesce(p.amount, 0) <> round(o.amount * 0.333333)$$, 'a third is a third');
SELECT is_empty('SELECT violations()', 'all of it is sound');

SELECT * FROM finish();
ROLLBACK;
