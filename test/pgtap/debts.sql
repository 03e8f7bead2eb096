-- A refund after settlement and after payout: an explicit debt, netted from later earnings, aged, paid back or given up.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(45);
\ir lib/market.sql

CREATE FUNCTION pg_temp.sale(request text, units bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM name('w' || request, open_wave('w' || request));
    PERFORM name('c' || request, create_campaign(id('w' || request), id('leader'), 'c' || request, clock_timestamp() + interval '1 hour', hold => '0'));
    PERFORM name('i' || request, list_item(id('c' || request), id('rice sku'), 2500, 2999));
    PERFORM publish_campaign(id('c' || request)), join_campaign(id('c' || request), id('seller'));
    PERFORM name(request, (place_order(id('c' || request), id('buyer'), ARRAY[id('i' || request)], ARRAY[units], request, id('seller'), id('gate'))).order_id);
    PERFORM pay_order(id('c' || request), id(request), 2999 * units, 'pay ' || request);
    PERFORM deliver('w' || request), complete('w' || request), settle();
END
$$;
CREATE FUNCTION pg_temp.refund(of text, amount bigint, request text, cause text DEFAULT 'spoilage') RETURNS bigint
LANGUAGE sql AS $$ SELECT refund_order(id('c' || of), id(of), id('i' || of), 0, request, amount, cause => refund.cause) $$;
CREATE FUNCTION pg_temp.pay_out(request text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM approve_payout(make_payout(id('cashier'), request), id('chief'));
END
$$;
-- Of each member: what he is owed, and what he owes.
CREATE FUNCTION pg_temp.stand(member text) RETURNS bigint[] LANGUAGE sql STABLE AS $$
    SELECT ARRAY[coalesce(sum(a.balance) FILTER (WHERE a.kind <> 'debt'), 0), coalesce(-sum(a.balance) FILTER (WHERE a.kind = 'debt'), 0)]::bigint[]
    FROM accounts a WHERE a.member_id = id(member)
$$;

-- The whole story of one supplier. Pain 5: refund after payout.
SELECT set_liability(NULL, 'spoilage', 'supplier rest') AS rule \gset
SELECT pg_temp.sale('one', 3), pg_temp.pay_out('first') \g /dev/null
SELECT is(pg_temp.stand('mill'), '{0,0}', 'paid out');
SELECT pg_temp.refund('one', 2999, 'r1') \g /dev/null
SELECT is(pg_temp.stand('mill'), '{0,0}', 'a refund is due at the next settlement');
SELECT is((settle()).refunds, 1::bigint, 'which takes it');
SELECT is(pg_temp.stand('mill'), '{0,2999}', 'what was paid out already is a debt');
SELECT is(pg_temp.stand('seller'), '{0,0}', 'of who bears it alone');
SELECT results_eq('SELECT member_id, amount, open FROM debts', $$VALUES (id('mill'), 2999::bigint, 2999::bigint)$$, 'it is listed');
SELECT pg_temp.refund('one', 1000, 'r2'), settle() \g /dev/null
SELECT results_eq('SELECT amount, open FROM debts ORDER BY journal_id', 'VALUES (2999::bigint, 2999::bigint), (1000, 1000)', 'so is another');
SELECT results_eq('SELECT member_id, open, days_7, older FROM debt_ageing()', $$VALUES (id('mill'), 3999::bigint, 3999::bigint, 0::bigint)$$, 'together they are new');
SELECT results_eq('SELECT open, days_7, days_30, days_90, older FROM debt_ageing(clock_timestamp() + interval ''10 days'')', 'VALUES (3999::bigint, 0::bigint, 3999::bigint, 0::bigint, 0::bigint)', 'and will be older');
SELECT results_eq('SELECT open, days_7, days_30, days_90, older FROM debt_ageing(clock_timestamp() + interval ''100 days'')', 'VALUES (3999::bigint, 0::bigint, 0::bigint, 0::bigint, 3999::bigint)', 'and older');
SELECT is_empty('SELECT violations()', 'all is well');
SELECT pg_temp.sale('two', 1) \g /dev/null
SELECT is(pg_temp.stand('mill'), '{0,1999}', 'what he earns next pays it back');
SELECT results_eq('SELECT amount, open FROM debts ORDER BY journal_id', 'VALUES (2999::bigint, 999::bigint), (1000, 1000)', 'the oldest first');
SELECT is((SELECT count(*) FROM journals WHERE kind = 'netting'), 1::bigint, 'by a journal that says so');
SELECT is((SELECT count(*) FROM make_payout(id('cashier'), 'second') m JOIN payout_lines l ON l.payout_id = m WHERE l.member_id = id('mill')), 0::bigint, 'and nothing is paid to who owes');
SELECT withdraw_payout(p.id) FROM payouts p WHERE p.approved_at IS NULL \g /dev/null

-- Given up.
SELECT throws_ok(format('SELECT write_off_debt(%s)', a), c, m, d)
FROM (VALUES ('NULL, 1, ''w'', ''lost'', id(''chief'')', '22004', 'member must not be null', 'no member'),
             ('id(''mill''), NULL, ''w'', ''lost'', id(''chief'')', '22004', 'amount must not be null', 'no amount'),
             ('id(''mill''), 1, NULL, ''lost'', id(''chief'')', '22004', NULL, 'no request key'),
             ('id(''mill''), 1, ''w'', NULL, id(''chief'')', '22004', 'reason must not be null', 'no reason'),
             ('id(''mill''), 1, ''w'', '''', id(''chief'')', '22023', NULL, 'an empty reason'),
             ('id(''mill''), 1, ''w'', ''lost'', NULL', '22004', 'who decides must not be null', 'nobody decides'),
             ('id(''mill''), 0, ''w'', ''lost'', id(''chief'')', '22023', NULL, 'nothing'),
             ('id(''mill''), -1, ''w'', ''lost'', id(''chief'')', '22023', NULL, 'less than nothing'),
             ('999999, 1, ''w'', ''lost'', id(''chief'')', 'KT303', 'member 999999 does not exist', 'an unknown member'),
             ('id(''mill''), 1, ''w'', ''lost'', 999999', 'KT303', 'who decides 999999 does not exist', 'an unknown decider'),
             ('id(''mill''), 1, ''w'', ''lost'', id(''mill'')', 'KT404', 'a debt must be written off by another member than the debtor', 'himself'),
             ('id(''mill''), 2000, ''w'', ''lost'', id(''chief'')', 'KT402', NULL, 'more than he owes'),
             ('id(''seller''), 1, ''w'', ''lost'', id(''chief'')', 'KT402', NULL, 'of who owes nothing')) v(a, c, m, d);
SELECT balance(NULL, 'revenue') AS revenue \gset
SELECT write_off_debt(id('mill'), 1500, 'w1', 'insolvent', id('chief')) AS journal \gset
SELECT is(pg_temp.stand('mill'), '{0,499}', 'a part is given up');
SELECT is(balance(NULL, 'revenue'), :revenue - 1500::bigint, 'at the cost of the platform');
SELECT results_eq('SELECT journal_id, member_id, amount, reason, decided_by FROM write_offs', format('VALUES (%s::bigint, id(''mill''), 1500::bigint, ''insolvent'', id(''chief''))', :journal), 'it stands recorded');
SELECT is((SELECT kind FROM journals WHERE id = :journal), 'write_off', 'in a journal of its own');
SELECT results_eq(format('SELECT amount FROM explain(%s, account(''mill'', ''debt''))', :journal), 'VALUES (1500::bigint)', 'which stands for itself');
SELECT answers('SELECT write_off_debt(id(''mill''), 1500, ''w1'', ''insolvent'', id(''chief''))', :'journal', 'the same request again is the same');
SELECT throws_ok('SELECT write_off_debt(id(''mill''), 100, ''w1'', ''insolvent'', id(''chief''))', 'KT010', NULL, 'with other arguments it is none');
SELECT results_eq('SELECT amount, open FROM debts', 'VALUES (1000::bigint, 499::bigint)', 'the oldest was given up first');
SELECT pg_temp.sale('three', 1) \g /dev/null
SELECT is(pg_temp.stand('mill'), '{1501,0}', 'the rest is netted, and he earns again');
SELECT is_empty('SELECT FROM debts', 'nothing is open');
SELECT ok((SELECT holds FROM conservation), 'no cent is lost');
SELECT is_empty('SELECT violations()', 'all is well');

-- Pains 4 and 6: the commission comes back, the right part of it, at the rate of the sale and not of today.
SELECT set_rate(id('leader'), 'supplier cost, platform 2% of sale, steward 10% of margin, sales_leader 1% of sale, supply_leader rest') \g /dev/null
SELECT balance('seller', 'commission') AS before \gset
SELECT pg_temp.refund('three', 1000, 'r3', 'other'), settle() \g /dev/null
SELECT is(balance('seller', 'commission'), :before - 150::bigint, '15 % of what went back, though the rate is 1 % now');
SELECT refund_rest(id('cthree'), id('three'), 'r4') AS rest \gset
SELECT is(:rest, 1999, 'the rest goes back');
SELECT settle() \g /dev/null
SELECT is(balance('seller', 'commission'), :before - 450::bigint, 'and all of that commission');
SELECT is(refund_rest(id('cthree'), id('three'), 'r5'), 0::bigint, 'then there is nothing left');
SELECT is_empty('SELECT violations()', 'all is well');

SELECT * FROM finish();
ROLLBACK;
