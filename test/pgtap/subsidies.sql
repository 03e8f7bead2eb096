-- Subsidies: somebody else pays a part of an order, and gets back his part of what goes back.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(84);
\ir lib/market.sql

-- Making.
SELECT create_subsidy('spring', 3000) AS spring \gset
SELECT create_subsidy('orchard''s own', 100000, id('orchard')) AS own \gset
SELECT answers('SELECT create_subsidy(''spring'', 3000)', :'spring', 'the same again is the same');
SELECT throws_ok('SELECT create_subsidy(''spring'', 3001)', 'KT010', NULL, 'with another budget it is not');
SELECT throws_ok('SELECT create_subsidy(''x'', NULL)', '22004', 'budget must not be null', 'no budget');
SELECT throws_ok('SELECT create_subsidy(NULL, 1)', '22004', NULL, 'no reference');
SELECT throws_ok('SELECT create_subsidy(''x'', 0)', '22023', NULL, 'an empty one');
SELECT throws_ok('SELECT create_subsidy(''x'', 1, 999999)', 'KT303', 'payer 999999 does not exist', 'an unknown payer');
SELECT throws_ok('SELECT create_subsidy(''x'', 1, until => ''2020-01-01'')', '22023', NULL, 'over before it starts');
SELECT throws_ok('SELECT create_subsidy(''x'', 1, until => ''infinity'')', '22023', NULL, 'an end that is none');
SELECT create_subsidy('to come', 1000, since => clock_timestamp() + interval '1 hour') AS later \gset
SELECT create_subsidy('past', 1000, since => '2020-01-01', until => '2020-01-02') AS past \gset

-- Granting: two apples for 1980.
SELECT place('a', 'buyer', '{apple}', '{2}', 'seller') \g /dev/null
SELECT contents() AS before \gset
SELECT is(grant_subsidy(s, id('campaign'), id('a'), 100, 'no ' || s), want, want) FROM (VALUES (:later, 'not_open'), (:past, 'closed')) v(s, want);
SELECT is(grant_subsidy(:spring, id('campaign'), id('a'), 1981, 'too much'), 'too_much', 'more than the order');
SELECT is(grant_subsidy(:own, id('campaign'), id('a'), 1981, 'too much 2'), 'too_much', 'of nobody');
SELECT is(contents(), :'before', 'refusals change nothing');
SELECT is(grant_subsidy(:spring, id('campaign'), id('a'), 500, 'g1'), 'granted', 'granted');
SELECT answers(format('SELECT grant_subsidy(%s, id(''campaign''), id(''a''), 500, ''g1'')', :spring), 'granted', 'the same request is the same grant');
SELECT throws_ok(format('SELECT grant_subsidy(%s, id(''campaign''), id(''a''), 501, ''g1'')', :spring), 'KT010', NULL, 'the same key for another');
SELECT is(grant_subsidy(:spring, id('campaign'), id('a'), 1, 'g2'), 'subsidised', 'one for each order');
SELECT results_eq('SELECT state::text, amount, part_paid FROM orders WHERE id = id(''a'')', 'VALUES (''placed'', 1980::bigint, 500::bigint)', 'the order costs what it cost, and a part is paid');
SELECT results_eq('SELECT balance(NULL, ''subsidy''), balance(NULL, ''clearing''), balance(NULL, ''channel'')', 'VALUES (-500::bigint, 500::bigint, 0::bigint)', 'by the platform');
SELECT results_eq('SELECT granted, returned FROM subsidies WHERE id = ' || :spring, 'VALUES (500::bigint, 0::bigint)', 'out of the budget');
SELECT throws_ok(format('SELECT grant_subsidy(%s, id(''campaign''), id(''a''), %s, ''bad'')', :spring, n), '22023', NULL, 'an amount of ' || n) FROM unnest('{0,-1}'::int[]) n;
SELECT throws_ok(format('SELECT grant_subsidy(%s, id(''campaign''), id(''a''), NULL, ''bad'')', :spring), '22004', 'amount must not be null', 'no amount');
SELECT throws_ok('SELECT grant_subsidy(NULL, id(''campaign''), id(''a''), 1, ''bad'')', '22004', 'subsidy must not be null', 'no subsidy');
SELECT throws_ok(format('SELECT grant_subsidy(%s, NULL, id(''a''), 1, ''bad'')', :spring), '22004', 'campaign must not be null', 'no campaign');
SELECT throws_ok(format('SELECT grant_subsidy(%s, id(''campaign''), NULL, 1, ''bad'')', :spring), '22004', 'order must not be null', 'no order');
SELECT throws_ok(format('SELECT grant_subsidy(%s, id(''campaign''), 1, 1, NULL)', :spring), '22004', NULL, 'no request key');
SELECT throws_ok('SELECT grant_subsidy(999999, id(''campaign''), id(''a''), 1, ''bad'')', 'KT303', 'subsidy 999999 does not exist', 'an unknown subsidy');
SELECT throws_ok(format('SELECT grant_subsidy(%s, id(''campaign''), 999999, 1, ''bad'')', :spring), 'KT303', NULL, 'an unknown order');
SELECT is(pay_order(id('campaign'), id('a'), 1480, 'pa'), 'paid', 'the buyer pays the rest');
SELECT is(grant_subsidy(:own, id('campaign'), id('a'), 1, 'g3'), 'paid', 'a paid order takes none');
SELECT is((SELECT shares FROM orders WHERE id = id('a')), (SELECT line_shares(o, id('apple'), o.steward_account_id) FROM orders o WHERE o.id = id('a')), 'everybody gets his part of the full price');
SELECT results_eq('SELECT paid_by_buyers, subsidised, not_yet_settled, holds FROM conservation', 'VALUES (1480::bigint, 500::bigint, 1980::bigint, true)', 'every cent is somewhere');
SELECT results_eq('SELECT e.order_id, e.amount FROM journals j, explain(j.id, market_account(''subsidy'')) e WHERE j.kind = ''subsidy''', 'VALUES (id(''a''), -500::bigint)', 'it is explained by its order');

-- The budget: 2500 are left, and what comes back is granted again when it is needed.
SELECT place('b', 'neighbour', '{rice}', '{1}') \g /dev/null
SELECT is(grant_subsidy(:spring, id('campaign'), id('b'), 2501, 'b1'), 'exhausted', 'no more than the budget');
SELECT throws_ok(format('UPDATE subsidies SET granted = 3001 WHERE id = %s', :spring), '23514', NULL, 'by no means');
SELECT is(resize_subsidy(:spring, 3500), 3500::bigint, 'it can be made larger');
SELECT is(resize_subsidy(:spring, 0), 500::bigint, 'and no smaller than what is granted');
SELECT throws_ok('SELECT resize_subsidy(999999, 1)', 'KT303', 'subsidy 999999 does not exist', 'an unknown one');
SELECT throws_ok(format('SELECT resize_subsidy(%s, -1)', :spring), '22023', NULL, 'below nothing');
SELECT throws_ok(format('SELECT resize_subsidy(%s, NULL)', :spring), '22004', 'budget must not be null', 'a budget of NULL');

-- A supplier's own: the platform advances it. He has earned nothing yet, so he owes what he is charged.
SELECT is(grant_subsidy(:own, id('campaign'), id('b'), 2999, 'b2'), 'granted', 'all of an order');
SELECT is(state('b'), 'paid', 'so it is paid');
SELECT is(balance(NULL, 'subsidy'), -3499::bigint, 'by the platform for now');
SELECT results_eq('SELECT * FROM charge_subsidies()', 'VALUES (1::bigint, 2999::bigint)', 'until the supplier is charged');
SELECT results_eq('SELECT * FROM charge_subsidies()', 'VALUES (0::bigint, 0::bigint)', 'once');
SELECT results_eq('SELECT balance(''orchard'', ''debt''), balance(NULL, ''subsidy'')', 'VALUES (-2999::bigint, -500::bigint)', 'a debt of his');
SELECT is(cancel_order(id('campaign'), id('b')), 'cancelled', 'the order is cancelled');
SELECT results_eq('SELECT * FROM charge_subsidies()', 'VALUES (1::bigint, -2999::bigint)', 'and the next charge gives it back');
SELECT results_eq('SELECT balance(''orchard'', ''debt'') + balance(''orchard'', ''goods''), balance(NULL, ''channel''), balance(NULL, ''subsidy'')',
                  'VALUES (0::bigint, -1480::bigint, -500::bigint)', 'as if it had not been');
SELECT is(resize_subsidy(:own, 0), 0::bigint, 'what came back is not granted any more, so the subsidy may end');
SELECT resize_subsidy(:own, 100000) \g /dev/null
-- One that expires with nothing but its subsidy.
SELECT resize_subsidy(:spring, 1000), place('c', 'neighbour', '{rice}', '{1}') \g /dev/null
SELECT is(grant_subsidy(:spring, id('campaign'), id('c'), 500, 'c1'), 'granted', 'an order that nobody pays');
SELECT is(expire_orders('0'), 1, 'expires');
SELECT results_eq('SELECT balance(NULL, ''subsidy''), balance(NULL, ''channel'')', 'VALUES (-500::bigint, -1480::bigint)', 'and the subsidy is back');

-- Changed to one apple: 990 are too much, in proportion.
SELECT outcome, returned FROM change_order(id('campaign'), id('a'), ARRAY[id('apple')], '{1}', 'less') \gset
SELECT is(:'outcome' || ' ' || :'returned', 'changed 990', 'an order that becomes smaller');
SELECT results_eq('SELECT balance(NULL, ''subsidy''), balance(NULL, ''channel''), balance(NULL, ''clearing'')', 'VALUES (-250::bigint, -740::bigint, 990::bigint)', 'gives both their part back');
SELECT is_empty('SELECT violations()', 'all invariants hold');

-- Refunds in any sequence: rice for 8997, a part of which the platform pays.
SELECT resize_subsidy(:spring, 1000000) \g /dev/null
CREATE TEMP TABLE part AS
SELECT n AS order_no, 1000 * (n % 4) + 1 AS subsidy FROM generate_series(1, 12) n;
CREATE FUNCTION pg_temp.buy_and_refund(n int, subsidy bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_left bigint := 8997;
    v_part bigint;
    v_calls int := 0;
    v_back record;
    v_wrong text;
BEGIN
    PERFORM place('r' || n, 'buyer', '{rice}', '{3}', 'seller');
    PERFORM grant_subsidy((SELECT id FROM subsidies WHERE reference = 'spring'), id('campaign'), id('r' || n), subsidy, 'r' || n),
            pay_order(id('campaign'), id('r' || n), 8997 - subsidy, 'r' || n);
    PERFORM setseed(n / 100.0);
    WHILE v_left > 0 LOOP
        v_part := least(v_left, 1 + (random() * 2500)::bigint);
        v_left := v_left - v_part;
        v_calls := v_calls + 1;
        PERFORM refund_order(id('campaign'), id('r' || n), id('rice'), CASE WHEN v_left = 0 THEN 3 ELSE 0 END, format('r%s/%s', n, v_calls), v_part);
        SELECT s.returned, (8997 - v_left) * s.amount / 8997.0 AS exact INTO v_back FROM order_subsidies s WHERE s.order_id = id('r' || n);
        -- Each refund is rounded once.
        IF abs(v_back.returned - v_back.exact) > v_calls THEN
            v_wrong := format('%s instead of %s', v_back.returned, v_back.exact);
        END IF;
    END LOOP;
    IF v_back.returned <> subsidy THEN
        v_wrong := 'not all is back';
    END IF;
    RETURN coalesce(v_wrong, 'fine');
END
$$;
SELECT is(pg_temp.buy_and_refund(order_no, subsidy), 'fine', format('refunds of order %s', order_no)) FROM part ORDER BY order_no;
SELECT results_eq('SELECT balance(NULL, ''subsidy''), balance(NULL, ''channel''), balance(NULL, ''clearing'')', 'VALUES (-250::bigint, -740::bigint, 990::bigint)', 'in the end everybody has what he paid');
SELECT is_empty('SELECT violations()', 'all invariants hold');

-- Many refunds in one journal give back as one alone.
SELECT place('batch', 'buyer', '{apple}', '{2}', 'seller') \g /dev/null
SELECT is(grant_subsidy(:spring, id('campaign'), id('batch'), 200, 'batch'), 'granted', 'one more order has a subsidy');
SELECT pay_order(id('campaign'), id('batch'), 1780, 'batch') \g /dev/null
SELECT is(refund_rest(id('campaign'), id('batch'), 'batch'), 1980::bigint, 'and goes back whole');
SELECT is((SELECT returned FROM order_subsidies WHERE order_id = id('batch')), 200::bigint, 'with what the subsidy had paid');
-- One of two has a subsidy of a tenth: of 495, 49 are the subsidy's, and 50 of the 495 that are left.
SELECT place('tenth', 'buyer', '{apple}', '{1}', 'seller') \g /dev/null
SELECT grant_subsidy(:spring, id('campaign'), id('tenth'), 99, 'tenth'), pay_order(id('campaign'), id('tenth'), 891, 'tenth') \g /dev/null
SELECT buy('whole', 'neighbour', '{rice}', '{1}') \g /dev/null
SELECT is((SELECT string_agg(outcome, ' ') FROM refund_orders(jsonb_build_array(
           jsonb_build_object('campaign', id('campaign'), 'order', id('tenth'), 'item', id('apple'), 'units', 0, 'amount', 495),
           jsonb_build_object('campaign', id('campaign'), 'order', id('whole'), 'item', id('rice'), 'units', 1)), 'mixed')), 'refunded refunded', 'two orders, one subsidy');
SELECT results_eq(format('SELECT a.kind, e.order_id, e.refund_id IS NULL, e.amount FROM journals j CROSS JOIN accounts a CROSS JOIN LATERAL explain(j.id, a.id) e
                   WHERE j.kind = ''refunds'' AND j.reference LIKE ''%%mixed'' AND ktt.amount(j.entries, a.id) IS NOT NULL ORDER BY a.kind, e.order_id, 3 DESC'),
                  $$VALUES ('channel', id('tenth'), true, -49::bigint), ('channel', id('tenth'), false, 495), ('channel', id('whole'), false, 2999),
                           ('clearing', id('tenth'), false, -495), ('clearing', id('whole'), false, -2999), ('subsidy', id('tenth'), true, 49)$$, 'each posting is explained by what went there');
SELECT is_empty('SELECT violations()', 'all invariants hold');

-- A campaign that is called off: one journal, and its explanation sums to each posting.
SELECT buy('d', 'buyer', '{rice}', '{1}') \g /dev/null
SELECT place('e', 'neighbour', '{rice}', '{2}') \g /dev/null
SELECT grant_subsidy(:own, id('campaign'), id('e'), 700, 'e'), pay_order(id('campaign'), id('e'), 5298, 'e') \g /dev/null
SELECT charge_subsidies() \g /dev/null
SELECT cancel_campaign(id('campaign'), 'no van') \g /dev/null
SELECT results_eq('SELECT balance(NULL, ''subsidy''), balance(NULL, ''channel''), balance(NULL, ''clearing''), balance(''orchard'', ''goods'') + balance(''orchard'', ''debt'')',
                  'VALUES (700::bigint, 0::bigint, 0::bigint, -700::bigint)', 'everything is back');
SELECT charge_subsidies() \g /dev/null
SELECT results_eq('SELECT balance(NULL, ''subsidy''), balance(''orchard'', ''goods'') + balance(''orchard'', ''debt'')', 'VALUES (0::bigint, 0::bigint)', 'also what the supplier was charged meanwhile');
SELECT is_empty('SELECT p.account_id, p.amount, sum(e.amount) FROM journals j JOIN postings p ON p.journal_id = j.id CROSS JOIN LATERAL explain(j.id, p.account_id) e
                 WHERE j.kind IN (''campaign_cancellation'', ''refunds'') GROUP BY j.id, 1, 2 HAVING sum(e.amount) <> p.amount', 'every posting is explained');
SELECT results_eq('SELECT e.order_id, e.amount FROM journals j, explain(j.id, market_account(''subsidy'')) e WHERE j.kind = ''campaign_cancellation'' ORDER BY 1', 'VALUES (id(''a''), 250::bigint), (id(''tenth''), 50), (id(''e''), 700)', 'that of subsidies by their orders');
SELECT is((SELECT holds FROM conservation), true, 'every cent is somewhere');
SELECT is_empty('SELECT violations()', 'all invariants hold');

-- What verify() says of what is wrong.
UPDATE order_subsidies SET returned = returned - 1, last = 0 WHERE order_id = id('e');
SELECT results_eq('SELECT invariant FROM verify() WHERE violations > 0 AND invariant LIKE ''subsid%'' ORDER BY 1',
                  $$VALUES ('subsidies got back what orders gave back'), ('subsidies of orders are posted once, and end with them')$$, 'what is not back is found');

SELECT * FROM finish();
ROLLBACK;
