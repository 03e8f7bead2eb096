-- Refunds: a part of a line goes back, and the shares give back exactly that part.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(83);
\ir lib/market.sql

CREATE FUNCTION pg_temp.refund(request text, amount bigint DEFAULT NULL, units bigint DEFAULT 0, item text DEFAULT 'apple', of text DEFAULT 'a', reason text DEFAULT 'bruised')
RETURNS bigint
LANGUAGE sql AS $$ SELECT refund_order(id('campaign'), id(of), id(item), units, request, amount, reason) $$;
CREATE FUNCTION pg_temp.left(of text DEFAULT 'a') RETURNS shares
LANGUAGE sql STABLE AS $$
    SELECT o.shares - coalesce((SELECT sum(r.shares) FROM refunds r WHERE r.order_id = o.id), '{}') FROM orders o WHERE o.id = id(of)
$$;

SELECT place('a', 'buyer', '{apple,rice}', '{3,1}', 'seller') \g /dev/null
SELECT throws_ok('SELECT pg_temp.refund(''f'', 1)', 'KT301', format('order %s is placed', id('a')), 'what is not paid is not refunded');
SELECT pay('a'), place('b', 'rival', '{rice}', '{1}') \g /dev/null
SELECT cancel_order(id('campaign'), id('b')) \g /dev/null
SELECT throws_ok('SELECT pg_temp.refund(''f'', 1, 0, ''rice'', ''b'')', 'KT301', format('order %s is cancelled', id('b')), 'nor what is cancelled');

-- Bad calls.
SELECT throws_ok(format('SELECT pg_temp.refund(''f'', %s)', a), '22023', 'refund must take back units or an amount, and neither may be negative', 'refund of ' || a)
FROM unnest('{"0","NULL","-1","10, -1","NULL, -1"}'::text[]) a;
SELECT throws_ok(format('SELECT pg_temp.refund(''f'', %s)', a), 'KT401', 'refund exceeds what was paid', 'too much: ' || a)
FROM unnest('{"2971","0, 4","NULL, 4","NULL, 9223372036854775807","9223372036854775807, 3"}'::text[]) a;
SELECT throws_ok('SELECT refund_order(id(''campaign''), id(''a''), 999999, 1, ''f'')', 'KT303', format('order %s has no item 999999', id('a')), 'an unknown item');
SELECT throws_ok('SELECT refund_order(id(''campaign''), 999999, id(''apple''), 1, ''f'')', 'KT303', NULL, 'an unknown order');
SELECT throws_ok(format('SELECT refund_order(%s)', a), '22004', n || ' must not be null', 'no ' || n)
FROM (VALUES ('NULL, id(''a''), id(''apple''), 1, ''f''', 'campaign'), ('id(''campaign''), NULL, id(''apple''), 1, ''f''', 'order'),
             ('id(''campaign''), id(''a''), NULL, 1, ''f''', 'item'), ('id(''campaign''), id(''a''), id(''apple''), NULL, ''f''', 'units'),
             ('id(''campaign''), id(''a''), id(''apple''), 1, ''f'', reason => NULL', 'reason')) v(a, n);
SELECT throws_ok('SELECT refund_order(id(''campaign''), id(''a''), id(''apple''), 1, NULL)', '22004', NULL, 'no request key');

-- Good ones.
SELECT pg_temp.left() AS whole, pg_temp.refund('f1', 100) AS f1 \gset
SELECT is((SELECT shares FROM refunds WHERE id = :f1),
          ktt.reverse(line_shares((SELECT o FROM orders o WHERE o.id = id('a')), id('apple'), (SELECT o.steward_account_id FROM orders o WHERE o.id = id('a'))), 100), 'each share gives back its part of 100');
SELECT is((SELECT total(shares) FROM refunds WHERE id = :f1), 100::bigint, 'together 100');
SELECT is((SELECT refunded::text FROM orders WHERE id = id('a')), format('{%s:0@100}', id('apple')), 'the order knows of it');
SELECT answers('SELECT pg_temp.refund(''f1'', 100)', :'f1', 'the same request again is the same refund');
SELECT throws_ok(format('SELECT pg_temp.refund(''f1'', %s)', a), 'KT010', 'request key "f1" was already used with different arguments', 'with other arguments it is none')
FROM unnest('{"101","100, 1","100, 0, ''rice''","100, 0, ''apple'', ''a'', ''lost''"}'::text[]) a;
SELECT pg_temp.refund('f2', NULL, 2) AS f2 \gset
SELECT is((SELECT amount FROM refunds WHERE id = :f2), 1980::bigint, 'units without an amount go back at their price');
SELECT pg_temp.refund('f3', NULL, 1) AS f3 \gset
SELECT is((SELECT amount FROM refunds WHERE id = :f3), 890::bigint, 'or for what is left of it');
SELECT throws_ok('SELECT pg_temp.refund(''f4'', 1)', 'KT401', NULL, 'then there is nothing left');
SELECT is((SELECT sum(shares) FROM refunds), line_shares((SELECT o FROM orders o WHERE o.id = id('a')), id('apple'), (SELECT o.steward_account_id FROM orders o WHERE o.id = id('a'))), 'the line''s shares are all back, and no other''s');
SELECT is(state('a'), 'paid', 'there is another line');
SELECT pg_temp.refund('f5', NULL, 1, 'rice') \g /dev/null
SELECT is(state('a'), 'refunded', 'refunded whole, the order ends');
SELECT is_empty('SELECT * FROM balances WHERE balance <> 0', 'the money is back');
SELECT throws_ok('SELECT pg_temp.refund(''f6'', 1)', 'KT301', format('order %s is refunded', id('a')), 'and no more comes');

-- After completion and after settlement: a debt, netted from what comes next.
SELECT buy('c', 'buyer', '{rice}', '{2}', 'seller') \g /dev/null
SELECT pg_temp.refund('g0', 1000, 0, 'rice', 'c') \g /dev/null
SELECT deliver(), complete(), settle() \g /dev/null
SELECT is((SELECT array_agg(r.due_at = o.due_at) FROM refunds r JOIN orders o ON o.id = r.order_id WHERE o.id = id('c')), '{t}'::boolean[], 'an earlier refund is due with its order');
SELECT is(balance('seller', 'commission'), (SELECT amount(pg_temp.left('c'), account('seller', 'commission'))), 'the seller gets his part of what is left');
SELECT pg_temp.refund('g1', NULL, 2, 'rice', 'c') AS g1 \gset
SELECT is((SELECT amount FROM refunds WHERE id = :g1), 4998::bigint, 'the rest goes back');
SELECT is(state('c'), 'completed', 'a completed order stays completed');
SELECT ok((SELECT due_at > (SELECT max(upper(due)) FROM settlements) FROM refunds WHERE id = :g1), 'due behind the settlement that has been');
SELECT settle() \g /dev/null
SELECT is_empty('SELECT * FROM balances WHERE balance <> 0', 'settled and refunded whole, every balance is zero');
SELECT is_empty('SELECT violations()', 'all is well');

-- Many at once, each with its outcome.
CREATE FUNCTION pg_temp.object(of text, item text, units bigint, amount bigint DEFAULT NULL, more jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE sql STABLE AS $$ SELECT jsonb_build_object('campaign', id('next'), 'order', id(of), 'item', id(item), 'units', units, 'amount', amount) || more $$;
SELECT name('next wave', open_wave('next wave')) \g /dev/null
SELECT name('next', create_campaign(id('next wave'), id('leader'), 'next', clock_timestamp() + interval '1 hour', hold => '0')) \g /dev/null
SELECT name('pear', list_item(id('next'), id('apple sku'), 850, 991)), name('oats', list_item(id('next'), id('rice sku'), 2500, 3001)) \g /dev/null
SELECT publish_campaign(id('next')), join_campaign(id('next'), id('seller')) \g /dev/null
SELECT name('of ' || b, (place_order(id('next'), id(b), ARRAY[id('pear'), id('oats')], ARRAY[3, 2], b, id('seller'), id('gate'))).order_id)
FROM unnest('{neighbour,rival,cashier,chief}'::text[]) b \g /dev/null
SELECT count(pay_order(id('next'), id('of ' || b), 3 * 991 + 2 * 3001, 'pay ' || b)) FROM unnest('{neighbour,rival,cashier}'::text[]) b \g /dev/null
SELECT jsonb_build_array(pg_temp.object('of rival', 'pear', 1), pg_temp.object('of neighbour', 'pear', 0, 500, '{"cause": "late", "reason": "rain"}'), pg_temp.object('of rival', 'pear', 3),
                         pg_temp.object('of chief', 'pear', 1), pg_temp.object('of rival', 'apple', 1), pg_temp.object('of rival', 'pear', 0), pg_temp.object('of rival', 'pear', -1),
                         pg_temp.object('of rival', 'pear', NULL), '{"campaign": 1, "order": 999999, "item": 1, "units": 1}'::jsonb, pg_temp.object('of rival', 'pear', 2), '{}'::jsonb,
                         pg_temp.object('of rival', 'oats', 2, 6003), pg_temp.object('of rival', 'oats', 1, -1)) AS many \gset
SELECT results_eq(format('SELECT n, outcome, amount FROM refund_orders(%L, ''m1'')', :'many'),
    $$VALUES (1, 'refunded', 991::bigint), (2, 'refunded', 500), (3, 'too_much', NULL), (4, 'not_paid', NULL), (5, 'no_such_item', NULL), (6, 'nothing', NULL), (7, 'nothing', NULL),
             (8, 'nothing', NULL), (9, 'no_such_order', NULL), (10, 'refunded', 1982), (11, 'no_such_order', NULL), (12, 'too_much', NULL), (13, 'nothing', NULL)$$, 'each refund has its outcome');
SELECT results_eq('SELECT order_id, item_id, units, amount, cause, reason, batch FROM refunds WHERE campaign_id = id(''next'') ORDER BY order_id DESC, id',
    $$VALUES (id('of rival'), id('pear'), 1::bigint, 991::bigint, 'other', 'unspecified', 'refund_orders/m1'), (id('of rival'), id('pear'), 2, 1982, 'other', 'unspecified', 'refund_orders/m1'),
             (id('of neighbour'), id('pear'), 0, 500, 'late', 'rain', 'refund_orders/m1')$$, 'those that can be are made');
SELECT is((SELECT count(*) FROM journals WHERE kind = 'refunds'), 1::bigint, 'in one journal');
SELECT results_eq(format('SELECT order_id, amount FROM explain((SELECT id FROM journals WHERE kind = ''refunds''), %s)', account(NULL, 'channel')),
                  'VALUES (id(''of neighbour''), 500::bigint), (id(''of rival''), 991), (id(''of rival''), 1982)', 'that they explain');
SELECT answers(format('SELECT string_agg(x.refund_id::text, '','' ORDER BY x.refund_id) FROM refund_orders(%L, ''m1'') x', :'many'),
               (SELECT string_agg(r.id::text, ',' ORDER BY r.id) FROM refunds r WHERE r.campaign_id = id('next')), 'the same request again is the same');
SELECT throws_ok('SELECT refund_orders(''[]'', ''m1'')', 'KT010', NULL, 'with other refunds it is none');
SELECT is_empty('SELECT FROM refund_orders(''[]'', ''m2'')', 'none at all');
SELECT is_empty('SELECT FROM refund_orders(''[]'', ''m2'')', 'again');
SELECT throws_ok(format('SELECT refund_orders(%s)', a), c, m, d)
FROM (VALUES ('NULL, ''m''', '22004', 'refunds must not be null', 'no refunds'), ('''[]'', NULL', '22004', NULL, 'no request key'), ('''{}'', ''m''', '22023', 'refunds must be an array of objects', 'no array'),
             ('''[1]'', ''m''', '22023', NULL, 'no objects'), ('''[{"cause": "rain"}]'', ''m''', '22023', 'cause must be shortage, catch_weight, spoilage, late, lost or other', 'an unknown cause'),
             ('(SELECT jsonb_agg(1) FROM generate_series(1, 100001)), ''m''', '54000', 'at most 100000 refunds can be made at once', 'too many')) v(a, c, m, d);
SELECT is_empty('SELECT violations()', 'all is well');

-- All that is left of an order.
SELECT throws_ok(format('SELECT refund_rest(%s)', a), c, m, d)
FROM (VALUES ('NULL, id(''of rival''), ''x''', '22004', 'campaign must not be null', 'no campaign'), ('id(''next''), NULL, ''x''', '22004', 'order must not be null', 'no order'),
             ('id(''next''), id(''of rival''), NULL', '22004', NULL, 'no request key'), ('id(''next''), id(''of rival''), ''x'', NULL', '22004', 'reason must not be null', 'no reason'),
             ('id(''next''), id(''of rival''), ''x'', cause => NULL', '22004', 'cause must not be null', 'no cause'), ('id(''next''), id(''of rival''), ''x'', cause => ''rain''', '22023', NULL, 'an unknown cause'),
             ('id(''next''), 999999, ''x''', 'KT303', NULL, 'an unknown order'), ('id(''next''), id(''of chief''), ''x''', 'KT301', format('order %s is placed', id('of chief')), 'one that is not paid')) v(a, c, m, d);
SELECT is(refund_rest(id('next'), id('of neighbour'), 'x1'), 3 * 991 + 2 * 3001 - 500::bigint, 'all that is left goes back');
SELECT answers('SELECT refund_rest(id(''next''), id(''of neighbour''), ''x1'')', (3 * 991 + 2 * 3001 - 500)::text, 'the same request again is the same');
SELECT throws_ok('SELECT refund_rest(id(''next''), id(''of neighbour''), ''x1'', ''other'')', 'KT010', NULL, 'with other arguments it is none');
SELECT is((SELECT state::text FROM orders WHERE id = id('of neighbour')), 'refunded', 'and the order ends');
SELECT is(refund_rest(id('next'), id('of neighbour'), 'x2'), 0::bigint, 'nothing is left');
SELECT is_empty('SELECT violations()', 'all is well');

-- Whatever was bought: settled and then refunded, by and by or at once, in whatever order, everybody has nothing again.
SELECT setseed(0.6) \g /dev/null
SELECT name('fig', list_item(id('next'), id('apple sku'), 850, 1013)) \g /dev/null
CREATE TEMP TABLE placed AS
SELECT p.order_id AS id, p.amount
FROM generate_series(1, 60) n
CROSS JOIN LATERAL place_order(id('next'), id('buyer'), ARRAY[id('pear'), id('oats'), id('fig')], ARRAY[1 + n % 5, 1 + n % 3, 1 + n % 4], 'many ' || n,
                               CASE WHEN n % 3 > 0 THEN id('seller') END, CASE n % 4 WHEN 0 THEN id('barn') ELSE id('gate') END) p;
SELECT count(pay_order(id('next'), p.id, p.amount, 'pay ' || p.id)) FROM placed p \g /dev/null
SELECT set_liability(NULL, 'late', 'supplier 33.3333% of sale, sales_leader 33.3333% of sale, steward 8.5% of sale, platform rest'), set_liability(id('leader'), 'spoilage', 'supplier rest') \g /dev/null
SELECT deliver('next wave') \g /dev/null
CREATE FUNCTION pg_temp.refund_some(request text, portion float) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM refund_orders((
        SELECT jsonb_agg(jsonb_build_object('campaign', o.campaign_id, 'order', o.id, 'item', i.item, 'units', 0, 'amount', floor(i.amount * random() * portion)::bigint,
                                            'cause', (ARRAY['late', 'spoilage', 'other'])[1 + floor(random() * 3)::int]) ORDER BY random())
        FROM orders o CROSS JOIN LATERAL items(o.basket - o.refunded) i
        WHERE o.campaign_id = id('next') AND o.state IN ('arrived', 'picked_up', 'completed') AND i.amount > 0), request) x WHERE x.outcome = 'refunded'
$$;
SELECT cmp_ok(pg_temp.refund_some('some 1', 0.5), '>', 100::bigint, 'some before completion');
SELECT complete('next wave'), settle() \g /dev/null
SELECT cmp_ok((SELECT sum(balance) FROM accounts WHERE balance > 0), '>', 100000::numeric, 'much is earned');
SELECT cmp_ok(pg_temp.refund_some('some 2', 0.7), '>', 100::bigint, 'some after settlement');
SELECT cmp_ok((settle()).refunds, '>', 100::bigint, 'settled');
SELECT cmp_ok(pg_temp.refund_some('some 3', 1), '>', 100::bigint, 'some more');
SELECT refund_rest(o.campaign_id, o.id, 'rest ' || o.id, cause => 'late') FROM orders o WHERE o.campaign_id = id('next') AND o.state = 'completed' AND o.id % 2 = 0 \g /dev/null
SELECT settle() \g /dev/null
SELECT is_empty('SELECT violations()', 'all is well');
SELECT refund_rest(o.campaign_id, o.id, 'rest ' || o.id, cause => 'late') FROM orders o WHERE o.campaign_id = id('next') AND o.state = 'completed' ORDER BY o.id DESC \g /dev/null
SELECT settle() \g /dev/null
SELECT is_empty($$SELECT o.id FROM orders o WHERE o.campaign_id = id('next') AND o.state = 'completed'
                  AND o.shares <> (SELECT sum(r.shares) FROM refunds r WHERE r.order_id = o.id)$$, 'what everybody got of an order he has given back');
SELECT is((SELECT sum(a.balance) FROM accounts a WHERE a.of_member) + balance(NULL, 'revenue'), 0::numeric, 'together nobody has anything');
SELECT is((SELECT array_agg(balance(NULL, k)) FROM unnest('{channel,clearing}'::text[]) k), '{0,0}'::bigint[], 'nor the channel, and nothing waits');
-- Who bore more than his part owes it, who bore less keeps it: each by exactly that.
SELECT results_eq($$SELECT a.member_id, sum(a.balance)::bigint FROM accounts a WHERE a.of_member GROUP BY 1 HAVING sum(a.balance) <> 0 ORDER BY 1$$,
                  $$SELECT a.member_id, sum(e.amount)::bigint FROM refunds r CROSS JOIN LATERAL entries(r.shares - coalesce(r.borne, r.shares)) e JOIN accounts a ON a.id = e.account
                    WHERE r.due_at IS NOT NULL AND a.of_member GROUP BY 1 HAVING sum(e.amount) <> 0 ORDER BY 1$$, 'the liabilities alone stand against each other');
SELECT is_empty('SELECT violations()', 'all is well');

SELECT * FROM finish();
ROLLBACK;
