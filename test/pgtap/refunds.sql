-- Refunds: a part of a line goes back, and the shares give back exactly that part.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(43);
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

SELECT * FROM finish();
ROLLBACK;
