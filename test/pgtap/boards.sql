-- What is looked at all day long is read by pages: a page of a large campaign touches little more than itself.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(25);
\ir lib/market.sql
SET LOCAL max_parallel_workers_per_gather = 0;

SELECT nextval(pg_get_serial_sequence('orders', 'id')) AS early \gset
-- One paid order and one that is not, of apples (which are counted) and rice; then 5000 like the first.
SELECT buy('first', 'buyer', '{apple,rice}', '{1,2}'), place('unpaid', 'neighbour', '{apple,rice}', '{3,1}') \g /dev/null
INSERT INTO orders (campaign_id, buyer_id, point_id, amount, seller_account_id, steward_account_id, placed_at, paid_at, state, chain, basket, shares, request)
SELECT o.campaign_id, o.buyer_id, o.point_id, o.amount, o.seller_account_id, o.steward_account_id, o.placed_at, o.paid_at, o.state, o.chain, o.basket, o.shares, n::text
FROM orders o, generate_series(1, 5000) n WHERE o.id = id('first');
SELECT restock(5000, id('campaign'), id('apple')) \g /dev/null
SELECT draw_stock(id('campaign'), id('apple'), 5000) \g /dev/null
SELECT number_orders(id('campaign')) \g /dev/null
ANALYZE orders, order_numbers, stock, campaign_items, campaigns, skus, refunds;

CREATE FUNCTION fixture.plan(query text) RETURNS SETOF text
LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END $$;
-- How many rows of a table a query reads.
CREATE FUNCTION fixture.reads(relation regclass, query text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_before bigint := pg_stat_get_xact_tuples_returned(relation) + pg_stat_get_xact_tuples_fetched(relation);
BEGIN
    EXECUTE query;
    RETURN pg_stat_get_xact_tuples_returned(relation) + pg_stat_get_xact_tuples_fetched(relation) - v_before;
END
$$;

SELECT id('campaign') AS campaign, id('orchard') AS orchard, id('mill') AS mill, id('buyer') AS buyer, (SELECT max(id) - 4000 FROM orders) AS seen \gset
SELECT format('SELECT * FROM campaign_board WHERE campaign_id = %s AND order_id > %s ORDER BY order_id LIMIT 50', :campaign, :seen) AS board,
       format('SELECT * FROM buyer_orders WHERE buyer_id = %s AND (campaign_id, order_id) < (%s, %s) ORDER BY campaign_id DESC, order_id DESC LIMIT 5',
              id('neighbour'), :campaign, :seen + 9999) AS orders,
       format('SELECT * FROM supplier_items WHERE supplier_id = %s ORDER BY item_id LIMIT 3', :orchard) AS items \gset
SELECT is_empty(format('SELECT * FROM plan(%L) p WHERE p ~ ''Sort|Seq Scan''', :'board'), 'a page of a campaign''s board is read in order, by its key');
SELECT cmp_ok(reads('orders', :'board'), '<=', 200::bigint, 'and reads itself');
SELECT is((SELECT count(*) FROM campaign_board WHERE campaign_id = :campaign AND order_id > :seen), 4000::bigint, 'which is a page of many');
SELECT is_empty(format('SELECT * FROM plan(%L) p WHERE p ~ ''Seq Scan on (orders|order_numbers)''', :'orders'), 'a buyer''s orders are found by their buyer');
SELECT cmp_ok(reads('orders', :'orders'), '<=', 20::bigint, 'and no others read');
SELECT cmp_ok(reads('orders', :'items'), '<=', 20::bigint, 'items whose stock is counted do without the orders that are paid');

-- What they say is what the orders say.
CREATE FUNCTION fixture.told(supplier text) RETURNS TABLE (units bigint, paid_units bigint, amount bigint)
LANGUAGE sql STABLE AS $$ SELECT s.units, s.paid_units, s.amount FROM supplier_items s WHERE s.supplier_id = id(told.supplier) $$;
SELECT results_eq($$SELECT * FROM told('orchard')$$, 'VALUES (5004::bigint, 5001::bigint, 3500700::bigint)', 'units ordered and paid where stock is counted');
SELECT results_eq($$SELECT * FROM told('mill')$$, 'VALUES (10003::bigint, 10002::bigint, 20004000::bigint)', 'and where it is not');
SELECT results_eq('SELECT free, stock FROM supplier_items WHERE supplier_id = ' || :orchard, 'VALUES (96::bigint, 5100::bigint)', 'with what is left');
SELECT refund_order(:campaign, id('first'), id('apple'), 1, 'r1'), refund_order(:campaign, id('first'), id('rice'), 1, 'r2') \g /dev/null
SELECT results_eq($$SELECT * FROM told('orchard')$$, 'VALUES (5003::bigint, 5000::bigint, 3500000::bigint)', 'refunded units are taken off');
SELECT results_eq($$SELECT * FROM told('mill')$$, 'VALUES (10002::bigint, 10001::bigint, 20002000::bigint)', 'of either');
SELECT cancel_order(:campaign, id('unpaid')) \g /dev/null
SELECT results_eq($$SELECT * FROM told('orchard')$$, 'VALUES (5000::bigint, 5000::bigint, 3500000::bigint)', 'and cancelled ones are gone');

-- Numbers.
SELECT cmp_ok(reads('order_numbers', format('SELECT number_orders(%s)', :campaign)), '<=', 10::bigint, 'where nothing is to be numbered, numbers are not matched with orders');
SELECT place('late', 'neighbour', '{rice}', '{1}') \g /dev/null
SELECT is(number_orders(:campaign), 5003::bigint, 'the next order gets the next number');
INSERT INTO orders (campaign_id, id, buyer_id, point_id, amount, steward_account_id, placed_at, chain, basket, shares, request) OVERRIDING SYSTEM VALUE
SELECT o.campaign_id, :early, o.buyer_id, o.point_id, o.amount, o.steward_account_id, o.placed_at, o.chain, o.basket, o.shares, 'early' FROM orders o WHERE o.id = id('late');
SELECT is(number_orders(:campaign), 5004::bigint, 'so does one that has an earlier id and was committed after it');
SELECT results_eq('SELECT number, order_id FROM order_numbers ORDER BY number DESC LIMIT 2', format('VALUES (5004::bigint, %s::bigint), (5003, %s)', :early, id('late')),
                  'in this order');
-- What is on sale.
SELECT create_pool(id('rice sku'), 'pool', 7) AS pool \gset
SELECT name('ask', create_campaign(id('wave'), id('leader'), 'ask', now() + interval '1 hour', kind => 'interest', interested => 1)),
       name('draft', create_campaign(id('wave'), id('leader'), 'draft', now() + interval '1 hour')) \g /dev/null
SELECT list_item(id('ask'), id('rice sku'), 2500, 2999, stock => 9, pool => :pool), list_item(id('draft'), id('rice sku'), 2500, 2999) \g /dev/null
SELECT results_eq($$SELECT sku, sale_price, free, buyer_limit FROM items_on_sale WHERE campaign_id = id('campaign') ORDER BY item_id$$,
                  'VALUES (''apple'', 990::bigint, 99::bigint, 5::bigint), (''rice'', 2999, NULL, NULL)', 'items with prices, what is free and the limit per buyer');
SELECT results_eq($$SELECT kind, state, free FROM items_on_sale WHERE campaign_id IN (id('ask'), id('draft'))$$, $$VALUES ('interest', 'draft', 7::bigint)$$, 'a draft only where buyers are asked; a pool bounds what is free');
SELECT retire_item(id('campaign'), id('rice')) \g /dev/null
SELECT results_eq($$SELECT sku FROM items_on_sale WHERE campaign_id = id('campaign')$$, $$VALUES ('apple')$$, 'what was retired is not on sale');
SELECT hasnt_column('market', 'items_on_sale', c, 'nor does it say the ' || c) FROM unnest('{supply_price,distribution_price,rule}'::text[]) c;
-- How much there is.
SELECT results_eq($$SELECT reference, units, free FROM stock_levels WHERE sku_id = id('rice sku') ORDER BY quota_id$$, $$VALUES ('pool', 7::bigint, 7::bigint), (NULL, 9, 9)$$, 'pools and items');
SELECT results_eq($$SELECT units, free FROM stock_levels WHERE item_id = id('apple')$$, 'VALUES (5100::bigint, 99::bigint)', 'whole and free');
-- What became of offers.
SELECT draft_offer(id('apple sku'), id('leader'), 650) AS offer \gset
SELECT push_offer(:offer) \g /dev/null
SELECT decide_offer(:offer, false, id('leader'), 'too small') \g /dev/null
SELECT results_eq('SELECT state, member_id, note, last_state, since IS NULL FROM offer_history WHERE offer_id = ' || :offer || ' ORDER BY log_id',
                  format($$VALUES ('draft', NULL::bigint, NULL, 'rejected', true), ('pushed', NULL, NULL, 'rejected', true), ('rejected', %s, 'too small', 'rejected', true)$$, id('leader')), 'step by step');
SELECT * FROM finish();
ROLLBACK;
