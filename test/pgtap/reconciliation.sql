-- Reconciliation: bills of channels against the ledger, line by line and in sum.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(51);
\ir lib/market.sql

SELECT local_day(clock_timestamp()) AS today, local_day(clock_timestamp()) - 1 AS yesterday, local_day(clock_timestamp()) + 1 AS tomorrow \gset
CREATE FUNCTION pg_temp.bill(VARIADIC lines text[]) RETURNS jsonb
LANGUAGE sql AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('kind', split_part(l, ' ', 1), 'amount', split_part(l, ' ', 2)::bigint, 'key', substr(l, length(split_part(l, ' ', 1) || split_part(l, ' ', 2)) + 3))), '[]')
    FROM unnest(lines) l
$$;

-- Money in and out at the payment channel, and at the bank.
SELECT buy('a', 'buyer', '{apple,rice}', '{3,1}', 'seller'), buy('b', 'neighbour', '{rice}', '{2}'), place('c', 'buyer', '{rice}', '{1}') \g /dev/null
SELECT pay_order(id('campaign'), id('c'), 3000, 'too much'), return_payment('too much'), refund_order(id('campaign'), id('a'), id('apple'), 1, 'r') AS refund \gset
SELECT cancel_order(id('campaign'), id('c')) \g /dev/null
SELECT deliver(), complete(), settle() \g /dev/null
SELECT sweep_channel(9000, 'S1') AS sweep \gset
SELECT answers('SELECT sweep_channel(9000, ''S1'')', :'sweep', 'the same sweep again');
SELECT throws_ok('SELECT sweep_channel(9001, ''S1'')', 'KT010', NULL, 'with another amount');
SELECT throws_ok(format('SELECT sweep_channel(%s)', a), code, NULL, 'sweep_channel: ' || a) FROM (VALUES ('0, ''S''', '22023'), ('NULL, ''S''', '22004'), ('1, NULL', '22004'), ('1, ''''', '22023')) x(a, code);
SELECT approve_payout(make_payout(id('cashier'), 'p'), id('chief')) \g /dev/null
SELECT confirm_transfer(t.key, 'C' || t.key, t.amount) FROM send_transfers() t \g /dev/null
SELECT l.key AS mill, l.amount AS mill_amount FROM payout_lines l WHERE l.member_id = id('mill') \gset
SELECT l.key AS seller, l.amount AS seller_amount FROM payout_lines l WHERE l.member_id = id('seller') \gset
SELECT return_transfer(:'seller', 'back') \g /dev/null

-- Without a bill everything is missing there.
SELECT results_eq(format('SELECT kind, here, there, outcome FROM reconcile_channel(''wechat'', %L, %L)', :'today', :'tomorrow'),
                  $$VALUES ('payment', 5969::bigint, 0::bigint, 'missing_there'), ('payment', 5998, 0, 'missing_there'), ('payment', 3000, 0, 'missing_there'),
                           ('refund', -2999, 0, 'missing_there'), ('refund', -990, 0, 'missing_there'), ('refund', -1, 0, 'missing_there'), ('sweep', -9000, 0, 'missing_there')$$, 'all that moved at the channel');
SELECT is((SELECT sum(here) FROM reconcile_channel('bank', :'today', :'tomorrow')), 9000 - (SELECT sum(amount) FROM payout_lines WHERE state = 'confirmed'), 'and at the bank');
SELECT is_empty(format('SELECT * FROM reconcile_channel(''alipay'', %L, %L)', :'today', :'tomorrow'), 'nothing at a channel that was not used');

-- Loading a bill.
SELECT results_eq(format('SELECT * FROM load_bill(''wechat'', %L, %L)', :'today',
                  pg_temp.bill('payment 5969 payment of a', 'payment 5998 payment of b', 'payment 3000 too much', 'refund -990 refund/' || id('campaign') || '/' || :refund,
                               'refund -2999 cancellation/' || id('campaign') || '/' || id('c'), 'refund -1 returned_payment/too much', 'sweep -9000 S1', 'fee -36 f1', 'fee -36 f2', 'fee 6 f1 back')),
                  'VALUES (10::bigint, 0::bigint, -66::bigint)', 'ten lines, three of them fees');
SELECT is(balance(NULL, 'channel_fees'), -66::bigint, 'fees are an expense');
SELECT is_empty(format('SELECT * FROM reconcile_channel(''wechat'', %L, %L)', :'today', :'tomorrow'), 'no difference is left');
SELECT results_eq(format('SELECT kind, outcome, lines, here, there, difference FROM reconcile_totals(''wechat'', %L, %L)', :'today', :'tomorrow'),
                  $$VALUES ('fee', 'matched', 3::bigint, -66::bigint, -66::bigint, 0::bigint), ('payment', 'matched', 3, 14967, 14967, 0), ('refund', 'matched', 3, -3990, -3990, 0), ('sweep', 'matched', 1, -9000, -9000, 0),
                           ('all', 'account', 10, 1911, 1911, 0)$$, 'down to the balance');
SELECT is(balance(NULL, 'channel'), -1911::bigint, 'which it is');
SELECT answers(format('SELECT load_bill(''wechat'', %L, %L)', :'today', pg_temp.bill('fee -36 f1', 'payment 5969 payment of a')), '(0,2,0)', 'known lines count for nothing');
SELECT results_eq(format('SELECT * FROM load_bill(''wechat'', %L, %L)', :'today', pg_temp.bill('fee -36 f1', 'fee -4 f3', 'fee -4 f3')), 'VALUES (1::bigint, 2::bigint, -4::bigint)', 'new ones do, once');
SELECT answers(format('SELECT load_bill(''wechat'', %L, ''[]'')', :'today'), '(0,0,0)', 'an empty bill');
SELECT is((SELECT count(*) FROM journals WHERE kind = 'channel_fee'), 2::bigint, 'a journal for each bill with new fees');
SELECT throws_ok(format('SELECT load_bill(''wechat'', %L, %L)', :'today', pg_temp.bill('fee -37 f1')), 'KT010', 'line "f1" of a bill is already known with different contents', 'a line with another amount');
SELECT throws_ok(format('SELECT load_bill(''wechat'', %L, %L)', :'yesterday', pg_temp.bill('fee -36 f1')), 'KT010', NULL, 'on another day');
SELECT throws_ok(format('SELECT load_bill(''wechat'', %L, %L)', :'today', pg_temp.bill('fee -1 f9', 'fee -2 f9')), 'KT010', NULL, 'twice in one bill');
SELECT throws_ok(format('SELECT load_bill(%s)', a), code, NULL, 'load_bill: ' || a)
FROM (VALUES ('''cash'', ''2026-01-01'', ''[]''', 'KT303'), ('NULL, ''2026-01-01'', ''[]''', '22004'), ('''wechat'', NULL, ''[]''', '22004'), ('''wechat'', ''2026-01-01'', NULL', '22004'),
             ('''wechat'', ''2026-01-01'', ''{}''', '22023'), ('''wechat'', ''9999-01-01'', ''[]''', '22023'), ('''wechat'', ''infinity'', ''[]''', '22023'),
             ('''wechat'', ''2026-01-01'', ''[{"kind": "fee", "key": "k"}]''', '22004'), ('''wechat'', ''2026-01-01'', ''[{"kind": "fee", "amount": 1}]''', '22004'),
             ('''wechat'', ''2026-01-01'', ''[{"key": "k", "amount": 1}]''', '22004'), ('''wechat'', ''2026-01-01'', ''[{"kind": "tip", "key": "k", "amount": 1}]''', '22023'),
             ('''wechat'', ''2026-01-01'', ''[{"kind": "fee", "key": "k", "amount": 0}]''', '22023'), ('''wechat'', ''2026-01-01'', ''[{"kind": "fee", "key": "", "amount": 1}]''', '22023'),
             ('''wechat'', ''2026-01-01'', ''[{"kind": "fee", "key": "k", "amount": 1.5}]''', '22P02')) x(a, code);
SELECT throws_ok(format('SELECT * FROM %s(%s)', f, a), code, NULL, f || ': ' || a)
FROM unnest('{reconcile_channel,reconcile_totals}'::text[]) f,
     (VALUES ('''cash'', ''2026-01-01'', ''2026-01-02''', 'KT303'), ('NULL, ''2026-01-01'', ''2026-01-02''', '22004'), ('''bank'', NULL, ''2026-01-02''', '22004'), ('''bank'', ''2026-01-01'', NULL', '22004'),
             ('''bank'', ''2026-01-01'', ''2026-01-01''', '22023'), ('''bank'', ''-infinity'', ''2026-01-01''', '22023')) x(a, code);

-- Differences at the bank: a transfer that it has not paid, one with another amount, one that is not known here, one of another day.
SELECT load_bill('bank', :'today', (
    SELECT jsonb_agg(jsonb_build_object('kind', 'transfer', 'key', l.key, 'amount', -l.amount - (l.key = :'seller')::int)) FROM payout_lines l WHERE l.key <> :'mill')
    || pg_temp.bill('transfer -5 unknown', 'sweep 9000 S1')) \g /dev/null
SELECT load_bill('bank', :'yesterday', pg_temp.bill('return ' || :seller_amount || ' ' || :'seller', 'fee -12 month')) \g /dev/null
SELECT results_eq(format('SELECT outcome, kind, key, here, there, difference FROM reconcile_channel(''bank'', %L, %L)', :'today', :'tomorrow'),
                  format($$VALUES ('amount_differs', 'transfer', %1$L, %2$s::bigint, %3$s::bigint, 1::bigint), ('missing_here', 'transfer', 'unknown', 0, -5, 5), ('missing_there', 'transfer', %4$L, %5$s, 0, %5$s),
                           ('other_day', 'return', %1$L, %6$s, 0, %6$s)$$, :'seller', -:seller_amount, -:seller_amount - 1, :'mill', -:mill_amount, :seller_amount), 'the differences');
SELECT results_eq(format('SELECT outcome, here, there FROM reconcile_channel(''bank'', %L, %L)', :'yesterday', :'today'), format('VALUES (''other_day'', 0::bigint, %s::bigint)', :seller_amount), 'and on the day before');
SELECT is_empty(format('SELECT * FROM reconcile_channel(''bank'', %L, %L) WHERE kind = ''return''', :'yesterday', :'tomorrow'), 'both days together agree on it');
SELECT is_empty('SELECT violations()', 'all is well');

SELECT * FROM finish();
ROLLBACK;
