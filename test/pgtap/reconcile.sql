-- reconcile(): every relation between orders, payments, refunds, ledger and channel is broken on purpose, and found with its amounts.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(57);
\ir lib/market.sql

SELECT is_empty('SELECT * FROM reconcile()', 'a new market agrees with itself');

-- Money moves in every way: in parts, too much, changed, cancelled, subsidised, refunded, settled, paid out, failed, returned, billed.
SELECT buy('a', 'buyer', '{apple,rice}', '{3,1}', 'seller'), buy('b', 'neighbour', '{apple}', '{2}', NULL, 'shed'), buy('c', 'rival', '{rice}', '{2}'),
       place('d', 'chief', '{rice}', '{1}'), place('e', 'cashier', '{rice}', '{1}'), buy('f', 'steward', '{rice}', '{2}') \g /dev/null
SELECT name('off', create_campaign(open_wave('off'), id('leader'), 'off', clock_timestamp() + interval '1 hour')) \g /dev/null
SELECT name('rice of off', list_item(id('off'), id('rice sku'), 2500, 2999)), publish_campaign(id('off')) \g /dev/null
SELECT name('g', o.order_id) FROM place_order(id('off'), id('buyer'), ARRAY[id('rice of off')], '{1}', 'g', point => id('gate')) o \g /dev/null
SELECT pay_order(id('off'), id('g'), 2999, 'payment of g'), pay_order(id('campaign'), id('d'), 3009, 'payment of d'), return_payment('payment of d') \g /dev/null
SELECT create_subsidy('coupon', 500) AS coupon \gset
SELECT grant_subsidy(:coupon, id('campaign'), id('e'), 100, 'coupon'), pay_order(id('campaign'), id('e'), 2899, 'payment of e') \g /dev/null
SELECT cancel_order(id('campaign'), id('c')), cancel_campaign(id('off'), 'off'), change_order(id('campaign'), id('f'), ARRAY[id('rice')], '{1}', 'less') \g /dev/null
SELECT name('refund', refund_order(id('campaign'), id('b'), id('apple'), 1, 'r1')) \g /dev/null
SELECT deliver(), complete(), settle() \g /dev/null
SELECT set_liability(NULL, 'late', 'supplier rest'),
       refund_orders(jsonb_build_array(jsonb_build_object('campaign', id('campaign'), 'order', id('a'), 'item', id('rice'), 'units', 0, 'amount', 300, 'cause', 'late'),
                                       jsonb_build_object('campaign', id('campaign'), 'order', id('e'), 'item', id('rice'), 'units', 0, 'amount', 1000)), 'r2') \g /dev/null
SELECT settle() \g /dev/null
SELECT approve_payout(make_payout(id('cashier'), 'p'), id('chief')) \g /dev/null
SELECT confirm_transfer(t.key, 'number', t.amount) FROM send_transfers() t WHERE t.member_id IN (id('mill'), id('leader')) \g /dev/null
SELECT return_transfer(l.key, 'back') FROM payout_lines l WHERE l.member_id = id('leader') \g /dev/null
SELECT fail_transfer(l.key, 'closed') FROM payout_lines l WHERE l.member_id = id('orchard') \g /dev/null
SELECT is_empty('SELECT violations()', 'a market with everything in it is sound, refunds of many orders with a subsidy too');
SELECT is_empty('SELECT * FROM reconcile()', 'and agrees with itself');

-- The channels bill what moved, and the bank a fee.
SELECT local_day(clock_timestamp()) AS today \gset
SELECT load_bill(c, :'today', (SELECT jsonb_agg(jsonb_build_object('kind', r.kind, 'key', r.key, 'amount', r.here)) FROM reconcile_channel(c, :'today', :'today'::date + 1) r))
FROM (SELECT DISTINCT channel AS c FROM payout_lines UNION SELECT 'wechat') x \g /dev/null
SELECT load_bill('bank', :'today', '[{"kind": "fee", "key": "fee", "amount": -3}]') \g /dev/null
SELECT is_empty('SELECT * FROM reconcile()', 'and with the bills of the channels');
SELECT cmp_ok((SELECT count(*) FROM bill_lines), '>', 10::bigint, 'which have lines');

-- Do what nobody can do by the market's functions, nor past its constraints, look, and undo it.
ALTER TABLE refunds DROP CONSTRAINT refunds_shares_check, DROP CONSTRAINT refunds_borne_check;
ALTER TABLE orders DROP CONSTRAINT orders_adds_up_check;
CREATE FUNCTION pg_temp.differs(damage text, what text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    v_found text;
BEGIN
    BEGIN
        SET LOCAL session_replication_role = replica;
        EXECUTE damage;
        SET LOCAL session_replication_role = origin;
        SELECT string_agg(concat_ws(' ', r.relation || ':', CASE WHEN r.order_id IS NOT NULL THEN 'order ' || (SELECT n.name FROM fixture.names n WHERE n.id = r.order_id AND length(n.name) = 1) END,
                                    regexp_replace(r.reference, '^[0-9a-f]{12}-', 'transfer '), coalesce(m.reference, 'market') || '''s ' || a.kind, format('%s - %s = %s', r.one, r.other, r.difference)), '; ' ORDER BY r.relation, a.id, r.reference)
          INTO v_found FROM reconcile() r LEFT JOIN accounts a ON a.id = r.account_id LEFT JOIN members m ON m.id = a.member_id WHERE r.hint <> '';
        RAISE EXCEPTION USING ERRCODE = 'ZZ999';
    EXCEPTION WHEN SQLSTATE 'ZZ999' THEN
        NULL;
    END;
    RETURN NEXT is(v_found, what, damage);
END
$$;
SELECT pg_temp.differs($$UPDATE orders SET part_paid = 5, paid_at = NULL WHERE id = id('d')$$,
    'order, payments: order d market''s clearing 5 - 2999 = -2994');
SELECT pg_temp.differs($$DELETE FROM payments WHERE reference = 'payment of a'$$,
    'order, payments: order a market''s clearing 5969 - 0 = 5969; payment, ledger: payment of a market''s channel 0 - -5969 = 5969; '
    'payment, ledger: payment of a market''s clearing 0 - 5969 = -5969');
SELECT pg_temp.differs($$UPDATE payments SET accepted = accepted - 7 WHERE reference = 'payment of d'$$,
    'order, payments: order d market''s clearing 2999 - 2992 = 7; payment, ledger: order d payment of d market''s channel 17 - 10 = 7; '
    'payment, ledger: order d payment of d market''s clearing 2992 - 2999 = -7; '
    'payment, ledger: order d payment of d market''s unmatched -17 - -10 = -7; '
    'payment, ledger: order d payment of d market''s unmatched 17 - 10 = 7');
SELECT pg_temp.differs($$UPDATE payments SET returned_at = NULL WHERE reference = 'payment of d'$$,
    'payment, ledger: payment of d market''s channel 0 - 10 = -10; payment, ledger: payment of d market''s unmatched 0 - -10 = 10');
SELECT pg_temp.differs($$DELETE FROM journals WHERE kind = 'returned_payment'$$,
    'journal, postings: market''s channel 0 - 10 = -10; journal, postings: market''s unmatched 0 - -10 = 10; '
    'ledger, bill: returned_payment/payment of d market''s channel 0 - -10 = 10; '
    'payment, ledger: order d payment of d market''s channel 10 - 0 = 10; '
    'payment, ledger: order d payment of d market''s unmatched -10 - 0 = -10');
SELECT pg_temp.differs($$UPDATE order_changes SET returned = returned + 1$$,
    'order, payments: order f market''s clearing 2999 - 2998 = 1; refund, ledger: order f 1/6/1 market''s clearing -3000 - -2999 = -1');
SELECT pg_temp.differs($$UPDATE orders SET refunded = refunded + basket(id('rice'), 0, 4) WHERE id = id('a')$$,
    'order, refunds: order a item 2 market''s clearing 304 - 300 = 4');
SELECT pg_temp.differs($$UPDATE refunds SET amount = amount - 10 WHERE id = id('refund')$$,
    'order, refunds: order b item 1 market''s clearing 990 - 980 = 10; refund, ledger: order b 1/1 market''s clearing -980 - -990 = 10');
SELECT pg_temp.differs($$DELETE FROM journals WHERE kind = 'refund'$$,
    'journal, postings: market''s channel 0 - 990 = -990; journal, postings: market''s clearing 0 - -990 = 990; '
    'ledger, bill: refund/1/1 market''s channel 0 - -990 = 990; refund, ledger: order b 1/1 market''s clearing -990 - 0 = -990');
SELECT pg_temp.differs($$UPDATE refunds SET batch = 'other' WHERE batch IS NOT NULL AND order_id = id('a')$$,
    'refund, ledger: other market''s clearing -300 - 0 = -300; refund, ledger: refund_orders/r2 market''s clearing -1000 - -1300 = 300');
SELECT pg_temp.differs($$DELETE FROM journals WHERE kind = 'cancellation'$$,
    'ended order, ledger: 1 market''s clearing -5998 - 0 = -5998; journal, postings: market''s channel 0 - 5998 = -5998; '
    'journal, postings: market''s clearing 0 - -5998 = 5998; ledger, bill: cancellation/1/3 market''s channel 0 - -5998 = 5998');
SELECT pg_temp.differs($$UPDATE journals SET reference = reference || '9' WHERE kind = 'campaign_cancellation'$$,
    'ended order, ledger: 2 market''s clearing -2999 - 0 = -2999; ended order, ledger: 29 market''s clearing 0 - -2999 = 2999; '
    'ledger, bill: campaign_cancellation/2/7 market''s channel 0 - -2999 = 2999');
SELECT pg_temp.differs($$UPDATE orders SET state = 'paid' WHERE id = id('c')$$,
    'ended order, ledger: order c 1/3 market''s clearing 0 - -5998 = 5998');
SELECT pg_temp.differs($$UPDATE journals SET reference = '1/999' WHERE kind = 'cancellation'$$,
    'ended order, ledger: 1 market''s clearing -5998 - 0 = -5998; ended order, ledger: 1/999 market''s clearing 0 - -5998 = 5998; '
    'ledger, bill: cancellation/1/3 market''s channel 0 - -5998 = 5998; ledger, bill: cancellation/1/999 market''s channel -5998 - 0 = -5998');
SELECT pg_temp.differs($$SELECT post('cancellation', '1/999', shares(market_account('revenue'), 5) - shares(market_account('channel'), 5))$$,
    'ended order, ledger: 1/999 market''s revenue 0 - 5 = -5; ledger, bill: cancellation/1/999 market''s channel 5 - 0 = 5');
-- Money that went elsewhere, by a journal that is sound in itself.
CREATE FUNCTION pg_temp.stray(kind text) RETURNS void LANGUAGE sql AS $$
    UPDATE journals j SET entries = j.entries - shares(market_account('channel'), 8) + shares(market_account('revenue'), 8) WHERE j.kind = stray.kind;
    UPDATE postings p SET amount = p.amount - 8 FROM journals j WHERE j.id = p.journal_id AND j.kind = stray.kind AND p.account_id = market_account('channel');
    INSERT INTO postings SELECT j.id, market_account('revenue'), 8, j.written_at FROM journals j WHERE j.kind = stray.kind;
    UPDATE accounts a SET balance = a.balance + CASE a.kind WHEN 'channel' THEN -8 ELSE 8 END WHERE a.id IN (market_account('channel'), market_account('revenue'));
$$;
SELECT pg_temp.differs($$SELECT pg_temp.stray('cancellation')$$,
    'ended order, ledger: order c 1/3 market''s revenue 0 - 8 = -8; ledger, bill: cancellation/1/3 market''s channel -5990 - -5998 = 8');
SELECT pg_temp.differs($$SELECT pg_temp.stray('campaign_cancellation')$$, 'ended order, ledger: 2 market''s revenue 0 - 8 = -8');
SELECT pg_temp.differs($$UPDATE order_subsidies SET amount = amount + 3$$,
    'order, payments: order e market''s clearing 2999 - 3002 = -3; subsidy, ledger: order e 1/5 market''s clearing 103 - 100 = 3; '
    'subsidy, ledger: order e 1/5 market''s subsidy -103 - -100 = -3');
SELECT pg_temp.differs($$SELECT post('subsidy', '1/999', shares(market_account('clearing'), 4) - shares(market_account('subsidy'), 4))$$,
    'subsidy, ledger: 1/999 market''s clearing 0 - 4 = -4; subsidy, ledger: 1/999 market''s subsidy 0 - -4 = 4');
SELECT pg_temp.differs($$UPDATE order_subsidies SET returned = returned - 2, last = 0$$,
    'returned subsidies, ledger: market''s subsidy 31 - 33 = -2');
SELECT pg_temp.differs($$UPDATE orders SET shares = shares + shares(account('mill', 'goods'), 9) - shares(account('leader', 'commission'), 9) WHERE id = id('d')$$,
    'settlement, ledger: 1 mill''s goods 8009 - 8000 = 9; settlement, ledger: 1 leader''s commission 3416 - 3425 = -9');
SELECT pg_temp.differs($$UPDATE refunds SET borne = NULL, liability_id = NULL WHERE order_id = id('a')$$,
    'settlement, ledger: 2 market''s revenue -26 - -20 = -6; settlement, ledger: 2 steward''s pickup -43 - -33 = -10; '
    'settlement, ledger: 2 mill''s goods -867 - -967 = 100; settlement, ledger: 2 leader''s commission -319 - -280 = -39; '
    'settlement, ledger: 2 seller''s commission -45 - 0 = -45');
SELECT pg_temp.differs($$UPDATE settlements SET due = tstzrange(lower(due) + interval '1 us', upper(due), '(]') WHERE id = 2;
                         UPDATE refunds SET due_at = (SELECT lower(due) FROM settlements WHERE id = 2) WHERE order_id = id('e')$$,
    'due, settlements: order e market''s revenue -20 - 0 = -20; due, settlements: order e steward''s pickup -33 - 0 = -33; '
    'due, settlements: order e mill''s goods -667 - 0 = -667; due, settlements: order e leader''s commission -280 - 0 = -280; '
    'settlement, ledger: 2 market''s clearing 300 - 1300 = -1000; settlement, ledger: 2 market''s revenue 0 - -20 = 20; '
    'settlement, ledger: 2 steward''s pickup 0 - -33 = 33; settlement, ledger: 2 mill''s goods -300 - -967 = 667; '
    'settlement, ledger: 2 leader''s commission 0 - -280 = 280');
SELECT pg_temp.differs($$UPDATE journals SET kind = 'settlement' WHERE kind = 'returned_payment'$$,
    'ledger, bill: returned_payment/payment of d market''s channel 0 - -10 = 10; '
    'ledger, bill: settlement/payment of d market''s channel -10 - 0 = -10; payment, ledger: order d payment of d market''s channel 10 - 0 = 10; '
    'payment, ledger: order d payment of d market''s unmatched -10 - 0 = -10; settlement, ledger: market''s channel 0 - 10 = -10; '
    'settlement, ledger: market''s unmatched 0 - -10 = 10');
SELECT pg_temp.differs($$UPDATE payout_lines SET amount = amount + 1, entries = entries + shares(account('steward', 'pickup'), 1) WHERE member_id = id('steward')$$,
    'payout, ledger: 1 market''s transfers 14358 - 14357 = 1; payout, ledger: 1 steward''s pickup -484 - -483 = -1');
SELECT pg_temp.differs($$UPDATE payout_lines SET state = 'confirmed', confirmed_at = now(), channel_reference = 'z' WHERE member_id = id('steward')$$,
    'transfer, ledger: transfer 5 market''s bank 483 - 0 = 483; transfer, ledger: transfer 5 market''s transfers -483 - 0 = -483');
SELECT pg_temp.differs($$DELETE FROM journals WHERE kind = 'returned_transfer'$$,
    'journal, postings: market''s bank 0 - -3145 = 3145; journal, postings: leader''s commission 0 - 3145 = -3145; '
    'ledger, bill: transfer 3 market''s bank 0 - 3145 = -3145; transfer, ledger: transfer 3 market''s bank 0 - 3145 = -3145; '
    'transfer, ledger: transfer 3 leader''s commission 3145 - 0 = 3145');
SELECT pg_temp.differs($$UPDATE postings SET amount = amount + 2 WHERE account_id = account('mill', 'goods') AND journal_id = (SELECT journal_id FROM settlements WHERE id = 1)$$,
    'balance, postings: mill''s goods 0 - 2 = -2; journal, postings: mill''s goods 8000 - 8002 = -2');
SELECT pg_temp.differs($$UPDATE accounts SET balance = balance + 11 WHERE id = account('mill', 'goods')$$,
    'balance, postings: mill''s goods 11 - 0 = 11');
SELECT pg_temp.differs($$SELECT post('odd', 'odd', shares(market_account('clearing'), 8) - shares(market_account('revenue'), 8))$$,
    'trade, ledger: odd market''s clearing 0 - 8 = -8');
SELECT pg_temp.differs($$UPDATE bill_lines SET amount = amount + 6 WHERE key = 'payment of a'$$,
    'ledger, bill: payment of a market''s channel 5969 - 5975 = -6');
SELECT pg_temp.differs($$DELETE FROM bill_lines WHERE key = 'payment of a'$$,
    'ledger, bill: payment of a market''s channel 5969 - 0 = 5969');
SELECT pg_temp.differs($$INSERT INTO bill_lines SELECT channel, 'refund', 'strange', -5, day, bill_id FROM bill_lines WHERE key = 'payment of a'$$,
    'ledger, bill: strange market''s channel 0 - -5 = 5');
SELECT pg_temp.differs($$UPDATE bill_lines SET amount = amount - 1 WHERE kind = 'fee'$$,
    'fees, ledger: 3 market''s bank 4 - 3 = 1; fees, ledger: 3 market''s channel_fees -4 - -3 = -1');
SELECT pg_temp.differs($$UPDATE bill_lines SET day = day + 1, amount = amount + 1 WHERE key = 'payment of a'$$,
    'ledger, bill: payment of a market''s channel 5969 - 5970 = -1');
SELECT pg_temp.differs($$UPDATE bill_lines SET day = day + 1 WHERE key = 'payment of a'$$, NULL);
-- By days: what happened on one without a bill is compared once it is billed; what is billed on another day once, though both are billed.
CREATE FUNCTION pg_temp.moved(days int, kind text, reference text) RETURNS void LANGUAGE sql AS $$
    UPDATE journals j SET happened_at = local_time(local_day(clock_timestamp()) - days, '12:00') WHERE j.kind = moved.kind AND j.reference = moved.reference
$$;
CREATE FUNCTION pg_temp.billed(days int) RETURNS void LANGUAGE sql AS $$ INSERT INTO bills (channel, day) VALUES ('wechat', local_day(clock_timestamp()) - days) $$;
SELECT pg_temp.differs($$SELECT pg_temp.moved(1, 'payment', 'payment of a')$$, NULL);
SELECT pg_temp.differs($$SELECT pg_temp.moved(1, 'payment', 'payment of a'); UPDATE bill_lines SET amount = amount + 1 WHERE key = 'payment of a'$$,
    'ledger, bill: payment of a market''s channel 5969 - 5970 = -1');
SELECT pg_temp.differs($$SELECT pg_temp.moved(1, 'campaign_cancellation', '2'); UPDATE bill_lines SET amount = amount + 1 WHERE key LIKE 'campaign%'$$,
    'ledger, bill: campaign_cancellation/2/7 market''s channel -2999 - -2998 = -1');
SELECT pg_temp.differs($$SELECT pg_temp.billed(2), pg_temp.moved(2, 'payment', 'payment of a'); UPDATE bill_lines SET amount = amount + 1 WHERE key = 'payment of a'$$,
    'ledger, bill: payment of a market''s channel 5969 - 5970 = -1');
SELECT pg_temp.differs($$SELECT pg_temp.billed(2), pg_temp.moved(1, 'payment', 'payment of a'); DELETE FROM bill_lines WHERE key = 'payment of a'$$, NULL);
SELECT pg_temp.differs($$SELECT pg_temp.billed(1), pg_temp.moved(1, 'payment', 'payment of a'); DELETE FROM bill_lines WHERE key = 'payment of a'$$,
    'ledger, bill: payment of a market''s channel 5969 - 0 = 5969');
SELECT pg_temp.differs($$INSERT INTO bill_lines SELECT 'bank', l.kind, l.key, l.amount, l.day, b.id FROM bill_lines l, bills b
                         WHERE l.key = 'payment of a' AND b.channel = 'bank' AND b.journal_id IS NOT NULL$$,
    'ledger, bill: payment of a market''s bank 0 - 5969 = -5969');

-- Of a period: when it happened, by either side; what the account has now in any case.
CREATE FUNCTION pg_temp.found(since timestamptz, until timestamptz) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(r.relation, ';' ORDER BY r.relation) FROM reconcile(since, until) r $$;
SET LOCAL session_replication_role = replica;
UPDATE payments SET received_at = received_at - interval '3 days', amount = amount + 1 WHERE reference = 'payment of a';
UPDATE refunds SET amount = amount - 1 WHERE id = id('refund');
SET LOCAL session_replication_role = origin;
SELECT clock_timestamp() AS now \gset
SELECT is(pg_temp.found(:'now'::timestamptz - interval '4 days', :'now'::timestamptz - interval '1 day'), 'payment, ledger;payment, ledger', 'a payment happened days ago');
SELECT is(pg_temp.found(:'now'::timestamptz - interval '1 day', NULL), 'order, refunds;payment, ledger;payment, ledger;refund, ledger', 'or now, when it was posted; so did the refund');
SELECT is(pg_temp.found(:'now'::timestamptz - interval '6 days', :'now'::timestamptz - interval '5 days'), NULL, 'nothing happened before');
SELECT is(pg_temp.found(:'now', NULL), NULL, 'or after');
-- The second settlement is of all days from 30 days ago on, and pays once more what the first has paid; then it is not posted, and then nobody knows of it.
CREATE FUNCTION pg_temp.settlements(since timestamptz, until timestamptz) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(DISTINCT coalesce(r.reference, 'journal'), ';') FROM reconcile(since, until) r WHERE r.relation = 'settlement, ledger'
$$;
SET LOCAL session_replication_role = replica;
UPDATE settlements SET due = tstzrange(lower(due), upper(due) - interval '30 days', '(]') WHERE id = 1;
UPDATE journals j SET happened_at = j.happened_at - interval '30 days' FROM settlements s WHERE s.id = 1 AND j.id = s.journal_id;
UPDATE settlements SET due = tstzrange(lower(due) - interval '30 days', upper(due), '(]') WHERE id = 2;
SELECT is(pg_temp.settlements(:'now'::timestamptz - interval '20 days', :'now'::timestamptz - interval '10 days'), '2', 'a settlement is of all days of its window');
SELECT is(pg_temp.settlements(:'now', NULL), NULL, 'and of none after it was posted');
UPDATE settlements SET journal_id = NULL WHERE id = 2;
SELECT is(pg_temp.settlements(:'now'::timestamptz - interval '20 days', :'now'::timestamptz - interval '10 days'), '2', 'one that was not posted too');
SELECT is(pg_temp.settlements(:'now'::timestamptz - interval '1 day', NULL), '2;journal', 'and a journal without a settlement is of its own time');
SET LOCAL session_replication_role = origin;
SELECT throws_ok('SELECT reconcile(now(), now())', '22023', 'period must end after it starts', 'a period must end after it starts');

SELECT * FROM finish();
ROLLBACK;
