-- Transfers: sent, confirmed, failed, returned; every message has an outcome, and money moves once.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(109);
\ir lib/market.sql

CREATE FUNCTION pg_temp.owe(member text, amount bigint, kind text DEFAULT 'commission') RETURNS bigint
LANGUAGE sql AS $$ SELECT post('correction', gen_random_uuid()::text, shares(open_account(id(member), kind), amount) - shares(market_account('revenue'), amount)) $$;
-- An approved payout of what a member is owed; the key of its transfer.
CREATE FUNCTION pg_temp.pay_out(member text, amount bigint) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint;
BEGIN
    PERFORM pg_temp.owe(member, amount);
    v_id := request_payout(id(member), amount, gen_random_uuid()::text);
    PERFORM approve_payout(v_id, id('chief'));
    RETURN (SELECT l.key FROM payout_lines l WHERE l.payout_id = v_id);
END
$$;
CREATE FUNCTION pg_temp.line(key text) RETURNS text
LANGUAGE sql AS $$ SELECT l.state || coalesce(': ' || l.note, '') FROM payout_lines l WHERE l.key = line.key $$;
CREATE FUNCTION pg_temp.disputes() RETURNS text
LANGUAGE sql AS $$ SELECT string_agg(format('%s %s', d.message, d.outcome), ', ' ORDER BY d.id) FROM transfer_disputes d $$;

-- Sent.
SELECT pg_temp.pay_out('mill', 100) AS mill, pg_temp.pay_out('seller', 200) AS seller, pg_temp.pay_out('rival', 300) AS rival \gset
SELECT matches(:'mill'::text, '^[0-9a-f]{12}-[0-9]+$', 'a key that a channel takes');
SELECT is((SELECT count(DISTINCT l.key) FROM payout_lines l), 3::bigint, 'each its own');
SELECT throws_ok('UPDATE payout_lines SET key = ''x''', '428C9', NULL, 'which never changes');
SELECT is(confirm_transfer(:'mill', 'C1', 100), 'not_sent', 'what was not sent cannot be confirmed');
SELECT is(return_transfer(:'mill', 'R1'), 'not_sent', 'nor come back');
SELECT results_eq('SELECT key, channel, payment, member_id, reference, amount, tries FROM send_transfers(2)',
                  format('VALUES (%L, ''bank'', NULL::text, id(''mill''), ''mill'', 100::bigint, 1), (%L, ''bank'', NULL, id(''seller''), ''seller'', 200, 1)', :'mill', :'seller'), 'as many as the worker takes');
SELECT results_eq('SELECT key FROM send_transfers()', format('VALUES (%L)', :'rival'), 'then the others');
SELECT is_empty('SELECT * FROM send_transfers()', 'once');
SELECT is((SELECT count(DISTINCT l.request_id) FROM payout_lines l), 2::bigint, 'one call of the channel each time');
SELECT is(pg_temp.line(:'mill'), 'sent', 'it is sent');
SELECT results_eq('SELECT key, tries FROM send_transfers(retry_after => ''0'') ORDER BY 1', 'SELECT key, 2 FROM payout_lines ORDER BY 1', 'without an answer: again, with the same keys');
SELECT is((SELECT count(*) FROM transfer_requests), 2::bigint, 'and the same requests');
SELECT is_empty('SELECT * FROM send_transfers(0, ''0'')', 'none');
SELECT throws_ok(format('SELECT * FROM send_transfers(%s)', a), code, NULL, 'send_transfers: ' || a)
FROM (VALUES ('-1', '22023'), ('NULL', '22004'), ('1, NULL', '22004'), ('1, ''-1 s''', '22023')) x(a, code);
SELECT is_empty('SELECT violations()', 'nothing is lost on the way');

-- Confirmed.
SELECT is(confirm_transfer(:'mill', 'C1', 99), 'amount_differs', 'not another amount');
SELECT is(balance(NULL, 'bank'), 0::bigint, 'then nothing is posted');
SELECT is(confirm_transfer(:'mill', 'C1', 100), 'confirmed', 'confirmed');
SELECT is(balance(NULL, 'bank'), 100::bigint, 'the bank has paid it');
SELECT answers(format('SELECT confirm_transfer(%L, ''C1'', 100)', :'mill'), 'confirmed', 'the same message again');
SELECT is(confirm_transfer(:'mill', 'C2', 100), 'reference_differs', 'under another number');
SELECT is(confirm_transfer(:'mill', 'C1', 101), 'amount_differs', 'with another amount');
SELECT is(fail_transfer(:'mill', 'account closed'), 'already_confirmed', 'or failed after all');
SELECT is(confirm_transfer('nobody''s', 'C1', 100), 'unknown', 'of a transfer that is not known');
SELECT is(fail_transfer('nobody''s', 'x'), 'unknown', 'failed');
SELECT is(return_transfer('nobody''s', 'x'), 'unknown', 'returned');
SELECT is(balance(NULL, 'bank'), 100::bigint, 'it was paid once');
SELECT results_eq('SELECT key FROM send_transfers(retry_after => ''0'') ORDER BY 1', format('VALUES (%L), (%L) ORDER BY 1', :'seller', :'rival'), 'what is confirmed is not sent again');
SELECT throws_ok(format('SELECT confirm_transfer(%s)', a), code, NULL, 'confirm_transfer: ' || a)
FROM (VALUES ('NULL, ''C'', 1', '22004'), ('''k'', NULL, 1', '22004'), ('''k'', ''C'', NULL', '22004'), ('''k'', ''C'', 0', '22023'), ('''k'', '''', 1', '22023'), ('repeat(''k'', 257), ''C'', 1', '22023')) x(a, code);

-- Failed: the member has the money and the fee back.
SELECT configure_channel('bank', 'fee_fixed', 7, 'contract') \g /dev/null
SELECT pg_temp.pay_out('leader', 500) AS leader \gset
SELECT is((SELECT amount FROM payout_lines WHERE key = :'leader'), 493::bigint, 'a transfer with a fee');
SELECT send_transfers() \g /dev/null
SELECT is(fail_transfer(:'leader', 'account closed'), 'failed', 'failed');
SELECT is(pg_temp.line(:'leader'), 'failed: account closed', 'with its reason');
SELECT is(balance('leader', 'commission'), 500::bigint, 'all of it is back');
SELECT is((SELECT p.payable FROM payable(id('leader')) p), 500::bigint, 'to be paid out again');
SELECT answers(format('SELECT fail_transfer(%L, ''account closed'')', :'leader'), 'failed', 'the same message again');
SELECT is(return_transfer(:'leader', 'R'), 'already_failed', 'it cannot come back as well');
SELECT throws_ok(format('SELECT fail_transfer(%s)', a), code, NULL, 'fail_transfer: ' || a) FROM (VALUES ('NULL, ''x''', '22004'), ('''k'', NULL', '22004'), ('''k'', ''''', '22023')) x(a, code);
SELECT is_empty('SELECT violations()', 'all is well');

-- Confirmed after it had failed: taken again, and owed where it is gone.
SELECT make_payout(id('cashier'), 'again', members => ARRAY[id('leader')]) AS again \gset
SELECT is(confirm_transfer(:'leader', 'C9', 492), 'amount_differs', 'late, and another amount');
SELECT is(confirm_transfer(:'leader', 'C9', 493), 'confirmed_late', 'confirmed after it had failed');
SELECT is(pg_temp.line(:'leader'), 'confirmed: late', 'it was paid');
SELECT is(balance('leader', 'debt'), -500::bigint, 'what he was given back is reserved for another transfer: he owes it');
SELECT answers(format('SELECT confirm_transfer(%L, ''C9'', 493)', :'leader'), 'confirmed_late', 'the same message again');
SELECT is(fail_transfer(:'leader', 'account closed'), 'already_confirmed', 'it stays confirmed');
SELECT withdraw_payout(:again) \g /dev/null
SELECT is((SELECT p.payable FROM payable(id('leader')) p), 0::bigint, 'nothing is payable to him while he owes as much');
SELECT is_empty('SELECT violations()', 'all is well');

-- Called off before it was sent.
SELECT pg_temp.pay_out('orchard', 60) AS orchard \gset
SELECT is(fail_transfer(:'orchard', 'called off'), 'failed', 'called off');
SELECT is(confirm_transfer(:'orchard', 'C', 53), 'not_sent', 'it was never sent');
SELECT is(balance('orchard', 'commission'), 60::bigint, 'he has it back');
SELECT make_payout(id('cashier'), 'wait', members => ARRAY[id('orchard')]) AS wait \gset
SELECT is(fail_transfer(l.key, 'x'), 'not_sent', 'what is only proposed is withdrawn, not called off') FROM payout_lines l WHERE l.payout_id = :wait;
SELECT withdraw_payout(:wait) \g /dev/null
SELECT is(confirm_transfer(l.key, 'x', 53), 'not_sent', 'what was dropped is dropped') FROM payout_lines l WHERE l.payout_id = :wait;

-- Returned: the member has it back, less what he owes; the fee is spent.
SELECT pg_temp.owe('steward', 300, 'pickup'), pg_temp.owe('steward', 707) \g /dev/null
SELECT request_payout(id('steward'), 1007, 'w') AS w \gset
SELECT approve_payout(:w, id('chief')), send_transfers() \g /dev/null
SELECT key AS steward FROM payout_lines WHERE payout_id = :w \gset
SELECT is(confirm_transfer(:'steward', 'C3', 1000), 'confirmed', 'paid');
SELECT is(return_transfer(:'steward', 'R3'), 'returned', 'and come back');
SELECT results_eq('SELECT kind, balance FROM balances WHERE member_id = id(''steward'') ORDER BY kind', $$VALUES ('commission', 702::bigint), ('pickup', 298)$$, 'over the accounts that it came from');
SELECT answers(format('SELECT return_transfer(%L, ''R3'')', :'steward'), 'returned', 'the same message again');
SELECT answers(format('SELECT confirm_transfer(%L, ''C3'', 1000)', :'steward'), 'confirmed', 'it was confirmed before');
SELECT is(return_transfer(:'steward', 'R4'), 'reference_differs', 'it cannot come back twice');
SELECT is(fail_transfer(:'steward', 'x'), 'already_returned', 'nor fail');
SELECT throws_ok(format('SELECT return_transfer(%s)', a), code, NULL, 'return_transfer: ' || a)
FROM (VALUES ('NULL, ''x''', '22004'), ('''k'', NULL', '22004'), ('''k'', ''''', '22023'), ('''k'', ''x'', NULL', '22004')) x(a, code);
SELECT post_owed('correction', 'owed', shares(account('mill', 'commission'), -40) + shares(market_account('revenue'), 40)) \g /dev/null
SELECT is(return_transfer(:'mill', 'R5'), 'returned', 'of a debtor');
SELECT results_eq('SELECT kind, balance FROM balances WHERE member_id = id(''mill'') AND kind <> ''goods'' ORDER BY kind', $$VALUES ('commission', 60::bigint), ('debt', 0)$$, 'pays his debt first');

-- The return before the confirmation, and too late.
SELECT is(return_transfer(:'seller', 'R6'), 'not_confirmed', 'returned before it was confirmed');
SELECT is(pg_temp.line(:'seller'), 'sent', 'it waits');
SELECT is(confirm_transfer(:'seller', 'C6', 200), 'confirmed', 'until it is');
SELECT is(pg_temp.line(:'seller'), 'returned', 'and is applied then');
SELECT is(return_transfer(:'seller', 'R6'), 'returned', 'the same message again');
SELECT is((SELECT resolution FROM transfer_disputes WHERE outcome = 'not_confirmed'), 'confirmed', 'that is cleared up');
SELECT is(balance('seller', 'commission'), 200::bigint, 'he has it back');
SELECT configure_channel('bank', 'return_window', 86400, 'contract') \g /dev/null
SELECT is(confirm_transfer(:'rival', 'C7', 300), 'confirmed', 'confirmed long ago');
UPDATE payout_lines SET confirmed_at = confirmed_at - interval '1 day' WHERE key = :'rival';
SELECT is(return_transfer(:'rival', 'R7'), 'too_late', 'returned after the window');
SELECT is(balance('rival', 'commission'), 0::bigint, 'somebody has to look');
SELECT is(return_transfer(:'rival', 'R7', late => true), 'returned', 'and says that the money is there');
SELECT is(balance('rival', 'commission'), 300::bigint, 'then he has it back');
SELECT is_empty('SELECT violations()', 'all is well');

-- What does not fit is listed once, until somebody clears it up.
SELECT is(pg_temp.disputes(), 'confirm not_sent, return not_sent, confirm amount_differs, confirm reference_differs, confirm amount_differs, fail already_confirmed, confirm unknown, fail unknown, return unknown, '
          'return already_failed, confirm amount_differs, confirm confirmed_late, fail already_confirmed, confirm not_sent, fail not_sent, confirm not_sent, return reference_differs, fail already_returned, '
          'return not_confirmed, return too_late', 'every message that did not fit');
SELECT answers(format('SELECT confirm_transfer(%L, ''C2'', 100)', :'mill'), 'reference_differs', 'once');
SELECT id AS dispute FROM open_disputes WHERE outcome = 'too_late' \gset
SELECT results_eq('SELECT key, member_id, state, expected, channel_reference FROM open_disputes WHERE id = ' || :dispute, format('VALUES (%L, id(''rival''), ''returned'', 300::bigint, ''C7'')', :'rival'), 'beside what is known');
SELECT ok(resolve_dispute(:dispute, 'the money is there'), 'cleared up');
SELECT ok(NOT resolve_dispute(:dispute, 'the money is there'), 'once');
SELECT is_empty('SELECT * FROM open_disputes WHERE id = ' || :dispute, 'and off the list');
SELECT throws_ok(format('SELECT resolve_dispute(%s)', a), code, NULL, 'resolve_dispute: ' || a) FROM (VALUES ('999999, ''x''', 'KT303'), ('NULL, ''x''', '22004'), ('1, NULL', '22004'), ('1, ''''', '22023')) x(a, code);

-- Receivers and requests.
SELECT fail_transfer(key, 'end') FROM payout_lines WHERE state IN ('requested', 'sent') \g /dev/null
SELECT add_channel('purse'), configure_channel('purse', 'receivers_per_request', 2, 'x'), configure_channel('purse', 'requests_per_second', 3, 'x') \g /dev/null
SELECT name('payee ' || n, register_member('payee ' || n)) FROM generate_series(1, 9) n \g /dev/null
SELECT set_payout_terms(id('payee ' || n), 'purse'), pg_temp.owe('payee ' || n, 100 + n) FROM generate_series(1, 9) n \g /dev/null
SELECT approve_payout(make_payout(id('cashier'), 'purse', channel => 'purse'), id('chief')) \g /dev/null
SELECT results_eq('SELECT count(*), count(DISTINCT request), array_agg(amount ORDER BY amount) FROM send_transfers(5)', 'VALUES (5::bigint, 3::bigint, ''{101,102,103,104,105}''::bigint[])', 'two receivers to a request');
SELECT is_empty('SELECT * FROM send_transfers(5)', 'three requests a second, and no more');
UPDATE transfer_requests SET sent_at = sent_at - interval '2 seconds' WHERE channel = 'purse';
SELECT results_eq('SELECT count(*), count(DISTINCT request) FROM send_transfers(retry_after => ''1 s'')', 'VALUES (5::bigint, 3::bigint)', 'a second later; what waits for an answer goes first');
UPDATE transfer_requests SET sent_at = sent_at - interval '2 seconds' WHERE channel = 'purse';
SELECT results_eq('SELECT count(*), count(DISTINCT request) FROM send_transfers()', 'VALUES (4::bigint, 2::bigint)', 'then the others');
SELECT configure_channel('purse', 'maximum', 50, 'x') \g /dev/null
SELECT pg_temp.owe('payee 1', 50), pg_temp.owe('payee 2', 40) \g /dev/null
SELECT approve_payout(make_payout(id('cashier'), 'purse 2', channel => 'purse'), id('chief')), configure_channel('purse', 'maximum', 45, 'x') \g /dev/null
UPDATE transfer_requests SET sent_at = sent_at - interval '2 seconds' WHERE channel = 'purse';
SELECT results_eq('SELECT amount FROM send_transfers()', 'VALUES (40::bigint)', 'a rule that has changed holds for what is sent');
SELECT is(balance('payee 1', 'commission'), 50::bigint, 'who it forbids has the money back');

-- A channel that divides payments: by payment, so many requests, while they are frozen.
SELECT set_payout_terms(id(m), 'wechat') FROM unnest('{orchard,mill,leader,seller,steward}'::text[]) m \g /dev/null
SELECT configure_channel('wechat', 'share_cap', 1000000, 'agreed'), configure_channel('wechat', 'receivers_per_request', 2, 'x'), configure_channel('wechat', 'requests_per_order', 2, 'x') \g /dev/null
SELECT configure_channel('bank', 'fee_fixed', NULL) \g /dev/null
SELECT buy('a', 'buyer', '{apple}', '{3}', 'seller'), buy('b', 'neighbour', '{rice}', '{1}', 'seller') \g /dev/null
SELECT deliver(), complete(), settle() \g /dev/null
UPDATE payments SET received_at = received_at - interval '2 minutes';
SELECT make_payout(id('cashier'), 'w1', members => ARRAY[id('orchard'), id('mill')]) AS w1, make_payout(id('cashier'), 'w2', members => ARRAY[id('seller'), id('steward')]) AS w2 \gset
SELECT approve_payout(:w1, id('chief')) \g /dev/null
SELECT results_eq('SELECT payment, count(*), count(DISTINCT request) FROM send_transfers() WHERE channel = ''wechat'' GROUP BY 1 ORDER BY 1',
                  $$VALUES ('payment of a', 1::bigint, 1::bigint), ('payment of b', 1, 1)$$, 'every payment is a request of its own');
SELECT approve_payout(:w2, id('chief')) \g /dev/null
SELECT results_eq('SELECT payment, count(*), count(DISTINCT request) FROM send_transfers() WHERE channel = ''wechat'' GROUP BY 1 ORDER BY 1',
                  $$VALUES ('payment of a', 2::bigint, 1::bigint), ('payment of b', 2, 1)$$, 'the second of two');
SELECT make_payout(id('cashier'), 'w3', members => ARRAY[id('leader')]) AS w3 \gset
SELECT results_eq('SELECT state, note FROM payout_lines WHERE payout_id = ' || :w3, $$VALUES ('dropped', 'requests_per_order')$$, 'a third is not proposed');
SELECT configure_channel('wechat', 'requests_per_order', 3, 'x') \g /dev/null
SELECT make_payout(id('cashier'), 'w4', members => ARRAY[id('leader')]) AS w4 \gset
SELECT approve_payout(:w4, id('chief')), refund_order(id('campaign'), id('b'), id('rice'), 1, 'back') \g /dev/null
UPDATE payments SET received_at = received_at - interval '30 days' WHERE reference = 'payment of a';
SELECT is_empty('SELECT * FROM send_transfers() WHERE channel = ''wechat''', 'nothing of what is released or refunded by now');
SELECT results_eq('SELECT payment, note FROM payout_lines WHERE payout_id = ' || :w4 || ' ORDER BY 1', $$VALUES ('payment of a', 'freeze'), ('payment of b', 'refunded')$$, 'they say why');
SELECT is_empty('SELECT violations()', 'all is well');

SELECT * FROM finish();
ROLLBACK;
