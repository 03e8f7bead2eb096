-- A random history of refunds, recomputed to the cent in another language: what each takes back, and who bears it.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(7);
\ir lib/market.sql
SELECT setseed(0.31) \g /dev/null

SELECT set_liability(NULL, 'late', 'supplier 33.3333% of sale, sales_leader 33.3333% of sale, steward 8.5% of sale, platform rest'),
       set_liability(NULL, 'lost', 'steward 100% of sale, platform rest'), set_liability(NULL, 'spoilage', 'supplier 80% of sale, platform 20% of sale'),
       set_liability(id('leader'), 'shortage', 'supply_leader 12.3457% of sale, sales_leader 0.0001% of sale, supplier rest') \g /dev/null
SELECT name('plum', list_item(id('campaign'), id('apple sku'), 850, 1013)), name('kiwi', list_item(id('campaign'), id('rice sku'), 2500, 3001)) \g /dev/null
CREATE TEMP TABLE placed AS
SELECT p.order_id AS id, p.amount
FROM generate_series(1, 60) n
CROSS JOIN LATERAL place_order(id('campaign'), id('buyer'), ARRAY[id('plum'), id('kiwi')], ARRAY[1 + n % 7, 1 + n % 3], 'order ' || n,
                               CASE WHEN n % 3 > 0 THEN id('seller') END, CASE n % 4 WHEN 0 THEN id('barn') ELSE id('gate') END) p;
SELECT count(pay_order(id('campaign'), p.id, p.amount, 'pay ' || p.id)) FROM placed p \g /dev/null

-- In three rounds, before and after settlement, with another rule for the last; the fourth takes the rest.
CREATE FUNCTION pg_temp.refund_some(request text, portion float) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM refund_orders((
        SELECT jsonb_agg(jsonb_build_object('campaign', o.campaign_id, 'order', o.id, 'item', i.item, 'units', 0, 'amount', floor(i.amount * random() * portion)::bigint,
                                            'cause', (ARRAY['late', 'lost', 'spoilage', 'shortage', 'other'])[1 + floor(random() * 5)::int]) ORDER BY random())
        FROM orders o CROSS JOIN LATERAL items(o.basket - o.refunded) i CROSS JOIN generate_series(1, 3)
        WHERE o.campaign_id = id('campaign') AND o.state IN ('paid', 'completed') AND i.amount > 0), request) x WHERE x.outcome = 'refunded'
$$;
SELECT cmp_ok(pg_temp.refund_some('one', 0.3), '>', 200::bigint, 'some are refunded before the cut-off');
SELECT deliver(), complete(), settle() \g /dev/null
SELECT cmp_ok(pg_temp.refund_some('two', 0.3), '>', 200::bigint, 'some after settlement');
SELECT set_liability(NULL, 'late', 'supplier 1% of sale, supply_leader rest') \g /dev/null
SELECT cmp_ok(pg_temp.refund_some('three', 0.4), '>', 100::bigint, 'some by another rule');
SELECT refund_rest(o.campaign_id, o.id, 'rest ' || o.id, cause => CASE WHEN o.id % 2 = 0 THEN 'late' ELSE 'other' END)
FROM orders o WHERE o.campaign_id = id('campaign') AND o.state = 'completed' AND o.id % 3 > 0 \g /dev/null
SELECT settle() \g /dev/null

SELECT jsonb_build_object(
    'lines', (SELECT jsonb_object_agg(format('%s/%s', o.id, b.item), jsonb_build_object('sale', b.amount, 'whole', (
                  SELECT jsonb_object_agg(p.account, p.amount)
                  FROM (SELECT coalesce(q.account_id, market_account('revenue')) AS account, sum(q.amount) AS amount
                        FROM order_parts(o.campaign_id, o.id) q WHERE q.item_id = b.item AND q.amount > 0 GROUP BY 1) p)))
              FROM orders o CROSS JOIN LATERAL items(o.basket) b WHERE o.campaign_id = id('campaign')),
    'rules', (SELECT jsonb_object_agg(l.id, (SELECT jsonb_agg(jsonb_build_array(c.party, (substring(c.term FROM '^([0-9.]+)%')::numeric * 10000)::bigint) ORDER BY c.ordinal)
                                             FROM clauses(l.rule) c)) FROM liabilities l),
    'parties', (SELECT jsonb_object_agg(format('%s/%s', o.id, b.item), jsonb_build_object(
                    'supplier', account(CASE b.item WHEN id('plum') THEN 'orchard' ELSE 'mill' END, 'goods'), 'supply_leader', account('leader', 'commission'),
                    'sales_leader', o.seller_account_id, 'steward', o.steward_account_id, 'platform', market_account('revenue')))
                FROM orders o CROSS JOIN LATERAL items(o.basket) b WHERE o.campaign_id = id('campaign')),
    'refunds', (SELECT jsonb_agg(jsonb_build_array(r.id, format('%s/%s', r.order_id, r.item_id), r.amount, r.liability_id) ORDER BY r.id) FROM refunds r)) AS history \gset
\setenv HISTORY :history
CREATE TEMP TABLE oracle (id bigint, shares text, borne text);
\copy oracle FROM PROGRAM 'printenv HISTORY | python3 -B test/oracle/refunds.py'
SELECT is((SELECT count(*) FROM oracle), (SELECT count(*) FROM refunds), 'every refund is recomputed');
SELECT is_empty($$SELECT r.id, r.shares, o.shares, r.borne, o.borne FROM refunds r LEFT JOIN oracle o USING (id)
                  WHERE (r.shares::text, coalesce(r.borne::text, '')) IS DISTINCT FROM (o.shares, o.borne)$$, 'to the cent');
SELECT is((SELECT count(DISTINCT liability_id) FROM refunds), 5::bigint, 'by every rule');
SELECT is_empty('SELECT violations()', 'all is well');

SELECT * FROM finish();
ROLLBACK;
