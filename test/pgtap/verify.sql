-- verify() finds every kind of damage: for each invariant a case that breaks it, and none of them is vacuous.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(215);
\ir lib/market.sql

SELECT is_empty('SELECT * FROM verify() WHERE violations <> 0', 'a new market is sound');
SELECT buy('a', 'buyer', '{apple,rice}', '{3,1}', 'seller'), buy('b', 'neighbour', '{apple}', '{2}', NULL, 'shed'), buy('c', 'rival', '{rice}', '{2}'),
       place('d', 'chief', '{rice}', '{1}'), buy('e', 'cashier', '{rice}', '{1}') \g /dev/null
SELECT cancel_order(id('campaign'), id('c')), refund_order(id('campaign'), id('b'), id('apple'), 1, 'f1') \g /dev/null
SELECT is_empty('SELECT violations()', 'a market with open orders is sound');
SELECT configure_runs(warehouse => location(121.45, 25.05), capacity => 1), close_wave(id('wave')), freeze_wave(id('wave')), plan_runs(id('wave')), deliver(), complete() \g /dev/null
SELECT part_settlement(open_settlement(), 2) \g /dev/null
SELECT settle() \g /dev/null
SELECT refund_order(id('campaign'), id('a'), id('rice'), 0, 'f2', 300) AS refund \gset
SELECT settle() \g /dev/null
UPDATE payments SET received_at = received_at - interval '2 minutes';
SELECT set_payout_terms(id('steward'), 'wechat') \g /dev/null
SELECT approve_payout(make_payout(id('cashier'), 'p'), id('chief')) \g /dev/null
SELECT confirm_transfer(t.key, 'number', t.amount) FROM send_transfers() t WHERE t.member_id IN (id('mill'), id('leader')) \g /dev/null
SELECT return_transfer(l.key, 'back') FROM payout_lines l WHERE l.member_id = id('leader') \g /dev/null
SELECT fail_transfer(l.key, 'closed') FROM payout_lines l WHERE l.member_id = id('orchard') \g /dev/null
SELECT make_payout(id('cashier'), 'proposed', members => ARRAY[id('orchard')]), load_bill('bank', local_day(clock_timestamp()), '[{"kind": "fee", "key": "f", "amount": -3}]') \g /dev/null
SELECT clock_timestamp() AS now \gset
SELECT issue_statement(id('mill'), :'now') AS statement \gset
SELECT set_liability(NULL, 'late', 'supplier rest'), refund_order(id('campaign'), id('e'), id('rice'), 0, 'f3', 200, cause => 'late'),
       refund_orders(jsonb_build_array(jsonb_build_object('campaign', id('campaign'), 'order', id('e'), 'item', id('rice'), 'units', 0, 'amount', 1)), 'f4') \g /dev/null
SELECT close_books(), take_checkpoint() \g /dev/null
SELECT post('test', 'fund', shares(account('mill', 'goods'), 100) - shares(market_account('revenue'), 100)) \g /dev/null
SELECT approve_adjustment(propose_adjustment('adjusted', shares(account('mill', 'goods'), 9) - shares(market_account('revenue'), 9), 'x', id('cashier')), id('chief')),
       receive_deposit(id('mill'), 5, 'bank'), impose_penalty(id('mill'), 7, 'x', 'fine', id('chief')) \g /dev/null
SELECT post_hold(hold(account('mill', 'goods'), 40, 'h1', 'x'), market_account('revenue')), hold(account('mill', 'goods'), 5, 'h2', 'x') \g /dev/null
-- A second wave, whose lists are not frozen: one order was sent on to the next point, one could not be placed anywhere.
SELECT name('later', create_campaign(open_wave('later'), id('leader'), 'later', clock_timestamp() + interval '1 hour', hold => '0')),
       name('kiosk', add_pickup_point(id('garden'), 'kiosk', location(121.5, 25.05))), name('hut', add_pickup_point(id('meadow'), 'hut', location(0, 0))) \g /dev/null
SELECT name('late rice', list_item(id('later'), id('rice sku'), 2500, 2999)), publish_campaign(id('later')) \g /dev/null
SELECT place_order(id('later'), id('chief'), ARRAY[id('late rice')], '{1}', 'at ' || p, point => id(p)) FROM unnest('{shed,kiosk,hut}'::text[]) p \g /dev/null
SELECT close_pickup_point(id('kiosk'), 'no kiosk'), close_pickup_point(id('hut'), 'no hut') \g /dev/null
SELECT number_orders(id('campaign')),
       name('weekly', create_template(id('leader'), 'weekly', 7, '2999-03-01', '08:00', '20:00')) \g /dev/null
SELECT add_template_item(id('weekly'), id('rice sku'), 2500, 2999) \g /dev/null
SELECT open_next_campaign(id('weekly')) \g /dev/null
SELECT note_leader(id('seller')), note_leader(id('seller'), 'parent', 'active'), touch(id('campaign'), id('buyer'), id('seller')) \g /dev/null
-- Fees and extras: meanwhile the order "a" is one that was due in May.
SELECT due_at AS due FROM orders WHERE id = id('a') \gset
UPDATE orders SET due_at = local_time('2024-05-15', '12:00') WHERE id = id('a');
SELECT set_entry_fee(id('mill'), 3660, '2024-01-01'), set_bonus(NULL, 'sales_leader 5% of sale, platform rest', '2024-05-01'),
       set_tariff(id('mill'), 'supplier', 'units', '{0}', '{5}', '2024-05-01', per => 1), set_tax_rule('person', '2024-01-01', 'year', 'tax 10% of sale, payee rest', 'a law') \g /dev/null
SELECT accrue_fees('2024-01-11'), compute_bonuses('2024-05-01'), charge_traffic('2024-05-01'), withhold_tax() \g /dev/null
UPDATE orders SET due_at = :'due' WHERE id = id('a');
SELECT create_subsidy('coupon', 500) AS coupon \gset
SELECT create_subsidy('own', 500, id('orchard')) AS own \gset
SELECT grant_subsidy(CASE o.request WHEN 'at shed' THEN :coupon ELSE :own END, o.campaign_id, o.id, 100, o.request) FROM orders o WHERE o.request IN ('at shed', 'at kiosk') \g /dev/null
SELECT charge_subsidies() \g /dev/null
SELECT is_empty('SELECT violations()', 'a market with everything in it is sound');
SELECT is_empty('SELECT invariant FROM verify() WHERE checked = 0', 'and has a case of every invariant');
CREATE TEMP TABLE broken (invariant text);

-- Do what nobody can do by the market's functions, look, and undo it.
CREATE FUNCTION pg_temp.finds(damage text, invariant text, first text DEFAULT NULL) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    v_broken text[];
    v_first text;
    v_kept text;
BEGIN
    BEGIN
        SET LOCAL session_replication_role = replica;
        EXECUTE damage;
        SET LOCAL session_replication_role = origin;
        SELECT array_agg(v.invariant), min(v.first) FILTER (WHERE v.invariant = finds.invariant) INTO v_broken, v_first FROM verify() v WHERE v.violations > 0;
        RAISE EXCEPTION USING ERRCODE = 'ZZ999';
    EXCEPTION WHEN SQLSTATE 'ZZ999' THEN
        NULL;
    END;
    INSERT INTO broken VALUES (invariant);
    RETURN NEXT ok(coalesce(invariant = ANY (v_broken) AND (finds.first IS NULL OR finds.first = v_first), false), invariant || ': ' || damage);
    IF NOT coalesce(invariant = ANY (v_broken), false) OR finds.first <> v_first THEN
        RETURN NEXT diag(format('found: %s; first: %s', v_broken, v_first));
    END IF;
END
$$;
CREATE FUNCTION pg_temp.unguarded(alter_table text, damage text, invariant text, first text DEFAULT NULL) RETURNS SETOF text
LANGUAGE sql AS $$ SELECT pg_temp.finds(format('DO $do$ BEGIN %s; %s; END $do$', alter_table, damage), invariant, first) $$;

-- Ledger
SELECT pg_temp.unguarded('ALTER TABLE journals DROP CONSTRAINT journals_balanced_check', 'UPDATE journals SET entries = entries + shares(market_account(''revenue''), 1) WHERE id = 1', 'journals sum to zero', '1');
SELECT pg_temp.finds(d, 'postings are the entries of their journals', '2')
FROM unnest(ARRAY['UPDATE postings SET amount = amount + 1 WHERE journal_id = 2 AND account_id = market_account(''clearing'')', 'DELETE FROM postings WHERE journal_id = 2',
                  'UPDATE postings SET account_id = market_account(''revenue'') WHERE journal_id = 2 AND account_id = market_account(''clearing'')',
                  'INSERT INTO postings SELECT 2, account(''mill'', ''goods''), 1, written_at FROM journals WHERE id = 2', 'UPDATE postings SET written_at = written_at + interval ''1 us'' WHERE journal_id = 2 AND amount > 0', 'DELETE FROM journals WHERE id = 2']) d;
SELECT pg_temp.finds(d, 'balances are the sums of postings')
FROM unnest(ARRAY['UPDATE accounts SET balance = balance + 1 WHERE id = account(''mill'', ''goods'')', 'UPDATE postings SET amount = amount + 1 WHERE account_id = account(''mill'', ''goods'')']) d;
SELECT pg_temp.finds(d, 'journal digests match', '1')
FROM unnest(ARRAY['UPDATE journals SET digest = set_byte(digest, 31, get_byte(digest, 31) # 1) WHERE id = 1', 'UPDATE journals SET reference = reference || ''0'' WHERE id = 1',
                  'UPDATE journals SET kind = ''present'' WHERE id = 1', 'UPDATE journals SET happened_at = happened_at - interval ''1 us'' WHERE id = 1',
                  'UPDATE journals SET entries = -entries WHERE id = 1']) d;
SELECT pg_temp.finds('UPDATE settings SET market = gen_random_uuid()', 'the market has the id that its codes and digests have');
SELECT pg_temp.finds(d, 'checkpoints are the sums of the postings before them')
FROM unnest(ARRAY['UPDATE checkpoints SET balance = balance + 1', 'UPDATE checkpoints SET until = ''-infinity''']) d;
SELECT pg_temp.finds(d, 'holds are posted as they say', '1')
FROM unnest(ARRAY['UPDATE holds SET posted = posted - 1 WHERE id = 1', 'UPDATE holds SET to_account = market_account(''subsidy'') WHERE id = 1', 'UPDATE holds SET journal_id = 1 WHERE id = 1']) d;
SELECT pg_temp.finds(d, 'adjustments and reversals are posted once, as approved')
FROM unnest(ARRAY['UPDATE adjustments SET entries = -entries', 'UPDATE adjustments SET journal_id = NULL, approved_by = NULL, approved_at = NULL', 'UPDATE adjustments SET reverses = journal_id']) d;
SELECT pg_temp.finds(d, 'penalties are posted once, as decided', 'fine')
FROM unnest(ARRAY['UPDATE penalties SET amount = amount + 1', 'UPDATE penalties SET from_deposit = 0', 'DELETE FROM penalties']) d;

-- Orders
SELECT pg_temp.finds(d, 'orders have the listed prices and the shares of their rules', format('%s/%s', id('campaign'), id('a')))
FROM unnest(ARRAY['UPDATE orders SET shares = shares + shares(account(''mill'', ''goods''), 1) - shares(account(''leader'', ''commission''), 1) WHERE id = id(''a'')',
                  'UPDATE orders SET basket = basket + basket(id(''rice''), 0, 1), amount = amount + 1, shares = shares + shares(account(''mill'', ''goods''), 1) WHERE id = id(''a'')',
                  'UPDATE orders SET steward_account_id = seller_account_id WHERE id = id(''a'')',
                  'UPDATE orders SET basket = basket + basket(999999, 1, 1), amount = amount + 1, shares = shares + shares(account(''mill'', ''goods''), 1) WHERE id = id(''a'')']) d;
SELECT pg_temp.finds('UPDATE campaign_items SET supply_price = 1 WHERE id = id(''apple'')', 'orders have the listed prices and the shares of their rules');
SELECT pg_temp.finds('UPDATE campaign_items SET rule = ''supplier cost, platform 3% of sale, supply_leader rest'', payees = payees[1:3] WHERE id = id(''apple'')', 'orders have the listed prices and the shares of their rules');
SELECT pg_temp.finds(d, 'orders have a campaign, a buyer, a point and their seller''s chain')
FROM unnest(ARRAY['UPDATE orders SET buyer_id = 999999 WHERE id = id(''a'')', 'UPDATE orders SET point_id = 999999 WHERE id = id(''a'')', 'UPDATE orders SET chain = chain || 999999 WHERE id = id(''a'')',
                  'UPDATE orders SET chain = ''999999'' WHERE id = id(''a'')', 'DELETE FROM campaigns WHERE id = id(''campaign'')']) d;
SELECT pg_temp.finds(d, 'no order after the cut-off')
FROM unnest(ARRAY['UPDATE orders SET placed_at = (SELECT closed_at FROM waves WHERE id = id(''wave'')) WHERE id = id(''a'')', 'UPDATE campaigns SET closes_at = opens_at + interval ''1 us''']) d;
SELECT pg_temp.finds(d, 'orders hold what was paid for them')
FROM unnest(ARRAY['UPDATE orders SET paid_at = now() WHERE id = id(''d'')', 'UPDATE orders SET paid_at = NULL WHERE id = id(''a'')',
                  'UPDATE orders SET part_paid = 1 WHERE id = id(''d'')', 'DELETE FROM payments WHERE order_id = id(''a'')']) d;
SELECT pg_temp.finds(d, 'every payment is posted once')
FROM unnest(ARRAY['UPDATE payments SET returned_at = now() WHERE order_id = id(''a'')', 'UPDATE journals SET kind = ''returned_payment'' WHERE kind = ''cancellation''',
                  'DELETE FROM journals WHERE kind = ''payment'' AND id = 1', 'UPDATE payments SET accepted = accepted - 1 WHERE order_id = id(''a'')']) d;
SELECT pg_temp.finds(d, 'orders that ended got their money back once')
FROM unnest(ARRAY['DELETE FROM journals WHERE kind = ''cancellation''', 'UPDATE orders SET state = ''paid'' WHERE id = id(''c'')',
                  'SELECT post(''cancellation'', ''1/999'', shares(market_account(''channel''), 500) - shares(market_account(''clearing''), 500))',
                  'SELECT post(''cancellation'', ''1/999'', shares(market_account(''revenue''), 5) - shares(market_account(''channel''), 5))',
                  'UPDATE journals SET entries = entries - shares(market_account(''channel''), 5998) + shares(market_account(''revenue''), 5998) WHERE kind = ''cancellation''',
                  'SELECT post(''campaign_cancellation'', ''999'', shares(market_account(''channel''), 500) - shares(market_account(''clearing''), 500))',
                  'SELECT post(''campaign_cancellation'', id(''campaign'')::text, shares(market_account(''revenue''), 5) - shares(market_account(''channel''), 5))']) d;
SELECT pg_temp.finds(d, 'campaigns and their orders are as the log says')
FROM unnest(ARRAY['DELETE FROM campaign_log', 'UPDATE campaign_log SET state = ''failed''']) d;
SELECT pg_temp.finds(d, 'campaigns of templates are their leader''s, published, on the template''s days')
FROM unnest(ARRAY['UPDATE campaign_templates SET supply_leader_id = id(''rival'')', 'UPDATE template_campaigns SET day = day + 1', 'UPDATE campaign_templates SET next_on = next_on + 1']) d;
SELECT pg_temp.finds('UPDATE skus SET bounded = NOT bounded WHERE id = id(''rice sku'')', 'skus know whether they have a sales area');
SELECT pg_temp.finds('UPDATE campaign_items SET bounded = NOT bounded WHERE id = id(''rice'')', 'items know whether their sku has a sales area');
SELECT pg_temp.finds(d, 'offers stand as their log says')
FROM unnest(ARRAY['DELETE FROM offer_log', 'UPDATE offer_log SET state = ''draft''']) d;
SELECT pg_temp.finds('UPDATE rates SET rule = ''supplier cost, supply_leader rest''', 'items keep the rules of the rates they were listed by');
SELECT pg_temp.finds('UPDATE campaign_items SET sale_price = 700, distribution_price = 700, floor_price = 700 WHERE id = id(''apple'')', 'the rules of items on sale leave no line short');
SELECT pg_temp.finds(d, 'solitaire numbers have no gaps', id('campaign')::text)
FROM unnest(ARRAY['DELETE FROM order_numbers WHERE number = 1', 'UPDATE order_numbers SET number = number + 1 WHERE order_id = (SELECT max(order_id) FROM order_numbers)', 'UPDATE order_numbers SET order_id = 999999 WHERE number = 1']) d;

-- Stock, limits, places
SELECT pg_temp.finds(d, 'sold and free units are the stock', format('item %s', id('apple')))
FROM unnest(ARRAY['UPDATE stock SET free = free - 1 WHERE stock_id = id(''apple'') AND slot = 0', 'UPDATE campaign_items SET stock = stock + 1 WHERE id = id(''apple'')', 'DELETE FROM stock WHERE stock_id = id(''apple'')']) d;
SELECT pg_temp.finds(d, 'limits hold')
FROM unnest(ARRAY['UPDATE limit_uses SET units = units + 1 WHERE subject = id(''buyer'')', 'DELETE FROM limit_uses', 'UPDATE limits SET units = 1 WHERE item_id = id(''apple'')']) d;
SELECT pg_temp.finds(d, 'no point holds more than its capacity but orders that could not be placed')
FROM unnest(ARRAY['UPDATE point_loads SET parcels = 2', 'DELETE FROM point_loads', 'UPDATE pickup_points SET capacity = 0 WHERE id = id(''shed'')', 'UPDATE point_loads SET wave_id = wave_id + 999999']) d;
SELECT pg_temp.finds(d, 'reassigned orders are where they were sent last')
FROM unnest(ARRAY['UPDATE orders SET point_id = id(''barn'') WHERE request = ''at kiosk''', 'UPDATE reassignments SET steward_account_id = NULL WHERE to_point IS NOT NULL']) d;
SELECT pg_temp.finds(d, 'a closed point holds only orders that could not be placed')
FROM unnest(ARRAY['DELETE FROM reassignments WHERE to_point IS NULL', 'UPDATE pickup_points SET state = ''closed'' WHERE id = id(''shed'')']) d;

SELECT pg_temp.finds(d, 'points are open on the days of their hours', id('gate')::text)
FROM unnest(ARRAY['UPDATE pickup_points SET open_days = 64 WHERE id = id(''gate'')', 'INSERT INTO opening_hours (point_id, weekday, opens, closes) VALUES (id(''gate''), 1, ''09:00'', ''10:00'')']) d;
SELECT pg_temp.finds(d, 'points name the steward of their community', id('gate')::text)
FROM unnest(ARRAY['UPDATE pickup_points SET steward_account_id = NULL WHERE id = id(''gate'')', 'UPDATE pickup_points SET steward_account_id = account(''mill'', ''goods'') WHERE id = id(''gate'')']) d;
SELECT set_opening_hours(id('shed'), '{1,2}', '{09:00,09:00}', '{10:00,10:00}') \g /dev/null
SELECT pg_temp.finds(d, 'points are open on the days of their hours', id('shed')::text)
FROM unnest(ARRAY['DELETE FROM opening_hours', 'UPDATE opening_hours SET weekday = 3 WHERE weekday = 1']) d;

-- Lists
SELECT pg_temp.finds(d, 'delivery lists are the recount of the orders')
FROM unnest(ARRAY['UPDATE wave_lists SET basket = basket + basket(id(''rice''), 1, 2999) WHERE kind = ''delivery'' AND party_id = id(''gate'')', 'DELETE FROM wave_lists WHERE kind = ''delivery''',
                  'UPDATE wave_lists SET digest = blake2b(digest) WHERE kind = ''delivery'' AND party_id = id(''gate'')', 'UPDATE orders SET point_id = id(''barn'') WHERE id = id(''a'')']) d;
SELECT pg_temp.finds(d, 'demand is what is delivered, at supply prices')
FROM unnest(ARRAY['UPDATE wave_lists SET party_id = id(''leader'') WHERE kind = ''demand'' AND party_id = id(''mill'')', 'UPDATE wave_lists SET basket = basket + basket(id(''rice''), 0, 1) WHERE party_id = id(''mill'') AND kind = ''demand''',
                  'UPDATE wave_lists SET digest = blake2b(digest) WHERE kind = ''demand''', 'DELETE FROM wave_lists WHERE kind = ''demand''']) d;

SELECT pg_temp.finds(d, 'parcels are where their orders say')
FROM unnest(ARRAY['UPDATE pickups SET point_id = point_id + 1 WHERE order_id = id(''a'')', 'DELETE FROM pickups WHERE order_id = id(''a'')',
                  'UPDATE pickups SET code_mac = ''x'' WHERE order_id = id(''a'')', 'UPDATE orders SET state = ''paid'', due_at = NULL WHERE id = id(''a'')',
                  'UPDATE orders SET state = ''arrived'', due_at = NULL WHERE id = id(''a'')']) d;

-- Runs
SELECT pg_temp.finds(d, 'planned waves have every point of their delivery lists')
FROM unnest(ARRAY['DELETE FROM run_stops WHERE point_id = id(''shed'')', 'UPDATE run_stops SET parcels = parcels + 1 WHERE run = 1', 'UPDATE run_stops SET reason = ''too_far'' WHERE reason = ''too_large''']) d;
SELECT pg_temp.finds(d, 'runs keep capacity, order and deadline')
FROM unnest(ARRAY['UPDATE run_plans SET capacity = 0', 'UPDATE run_stops SET place = place + 1']) d;

-- Refunds, settlement, payouts, statements
SELECT pg_temp.finds(d, 'no line is refunded more than was paid')
FROM unnest(ARRAY['UPDATE refunds SET amount = amount - 1, shares = shares - ktt.reverse(shares, 1) WHERE id = ' || :'refund', 'DELETE FROM refunds', 'UPDATE orders SET refunded = ''{}'' WHERE id = id(''a'')']) d;
SELECT pg_temp.finds('UPDATE refunds SET shares = shares(account(''mill'', ''goods''), amount * 10) - shares(account(''leader'', ''commission''), amount * 9) WHERE id = ' || :'refund', 'refunds take back no more of a share than it was');
SELECT pg_temp.finds(d, 'refunds are due with or after their order')
FROM unnest(ARRAY['UPDATE refunds SET due_at = NULL WHERE id = ' || :'refund', 'UPDATE refunds SET due_at = due_at - interval ''1 day'' WHERE id = ' || :'refund']) d;
SELECT pg_temp.finds(d, 'refunds are borne by whom their liability names')
FROM unnest(ARRAY['UPDATE refunds SET borne = shares(market_account(''revenue''), amount) WHERE borne IS NOT NULL', 'UPDATE refunds SET cause = ''spoilage'' WHERE borne IS NOT NULL']) d;
SELECT pg_temp.finds(d, 'every refund is posted once')
FROM unnest(ARRAY['UPDATE refunds SET batch = ''x'' WHERE id = ' || :'refund', 'UPDATE refunds SET batch = NULL', 'DELETE FROM journals WHERE kind = ''refund''', 'DELETE FROM journals WHERE kind = ''refunds''',
                  'INSERT INTO order_changes (campaign_id, order_id, was, became, returned, changed_at) VALUES (id(''campaign''), id(''a''), ''{}'', ''{}'', 1, now())']) d;
SELECT pg_temp.finds(d, 'settlements have no gaps and pay every due share once')
FROM unnest(ARRAY['UPDATE settlements SET amount = amount + 1 WHERE id = 1', 'UPDATE settlements SET journal_id = NULL WHERE id = 1', 'DELETE FROM settlements WHERE id = 1', 'UPDATE journals SET kind = ''settlement'' WHERE kind = ''deposit''',
                  'UPDATE settlements SET due = tstzrange(lower(due) + interval ''1 us'', upper(due), ''(]'') WHERE id = 2', 'UPDATE orders SET due_at = now() + interval ''1 day'' WHERE id = id(''a'')']) d;
SELECT pg_temp.finds(d, 'the parts of a settlement are the whole of it', '1')
FROM unnest(ARRAY['DELETE FROM settlement_parts WHERE part = 1', 'UPDATE settlement_parts SET due = tstzrange(lower(due), upper(due) - interval ''1 us'', ''(]'')', 'UPDATE settlement_parts SET refunds = refunds + 1',
                  'UPDATE settlement_parts SET shares = shares + shares(account(''mill'', ''goods''), 1)']) d;
SELECT pg_temp.finds(d, 'what is due is settled by one calendar')
FROM unnest(ARRAY['UPDATE settlements SET due = tstzrange(upper(due) - interval ''1 us'', upper(due), ''(]'') WHERE id = 1', format('UPDATE settlements SET accounts = ARRAY[%s]', account('mill', 'goods')),
                  'UPDATE settlements SET due = tstzrange(lower(due) + interval ''1 us'', upper(due), ''(]'') WHERE id = 2; UPDATE refunds SET due_at = (SELECT lower(due) FROM settlements WHERE id = 2) WHERE due_at IS NOT NULL AND id = ' || :'refund']) d;
SELECT pg_temp.finds(d, 'clearing holds what is paid and not yet settled', format('account %s: %s', market_account('clearing'), f))
FROM (VALUES ('UPDATE postings SET amount = amount + 1 WHERE journal_id = 1 AND account_id = market_account(''clearing'')', '0, not -1'),
             ('DELETE FROM refunds WHERE order_id = id(''e'')', '-1, not 200'), ('DELETE FROM orders WHERE id = id(''e'')', '-1, not -2799')) b(d, f);
SELECT pg_temp.finds(d, 'payouts are posted once, as approved')
FROM unnest(ARRAY['UPDATE payout_lines SET state = ''dropped'', request_id = NULL, channel_reference = NULL, confirmed_at = NULL, ended_at = now() WHERE member_id = id(''mill'')', 'UPDATE payouts SET journal_id = NULL',
                  'UPDATE payout_lines SET entries = entries + shares(1, 1) - shares(2, 1) WHERE member_id = id(''mill'')', 'DELETE FROM journals WHERE kind = ''payout''',
                  'UPDATE payouts SET approved_by = NULL, approved_at = NULL WHERE journal_id IS NOT NULL', 'UPDATE payouts SET approved_by = id(''chief''), approved_at = now() WHERE journal_id IS NULL']) d;
SELECT pg_temp.finds(d, 'what is held are holds and proposed payouts', account('orchard', 'goods')::text)
FROM unnest(ARRAY['UPDATE accounts SET held = held - 1 WHERE id = account(''orchard'', ''goods'')', 'UPDATE payout_lines SET entries = entries * 2, amount = amount * 2 WHERE state = ''proposed''',
                  'INSERT INTO holds (account_id, amount, reason) VALUES (account(''orchard'', ''goods''), 1, ''x'')']) d;
SELECT pg_temp.finds(d, 'transfers are paid, failed and returned once, as their states say')
FROM unnest(ARRAY['DELETE FROM journals WHERE kind = ''transfer''', 'DELETE FROM journals WHERE kind = ''failed_transfer''', 'DELETE FROM journals WHERE kind = ''returned_transfer''',
                  'UPDATE journals SET kind = ''late_transfer'' WHERE kind = ''transfer''', 'UPDATE payout_lines SET state = ''sent'', channel_reference = NULL, confirmed_at = NULL WHERE state = ''confirmed''',
                  'UPDATE payout_lines SET amount = amount - 1, fee = fee + 1 WHERE state = ''confirmed''', 'UPDATE payout_lines SET note = ''late'' WHERE state = ''confirmed''']) d;
SELECT pg_temp.finds(d, 'transfers on their way are what the account says', format('account %s: %s', market_account('transfers'), f))
FROM (VALUES ('UPDATE payout_lines SET amount = amount - 1, fee = fee + 1 WHERE state = ''sent''', '1157, not 1153'),
             ('DELETE FROM postings WHERE account_id = market_account(''transfers'')', '0, not 1157')) b(d, f);
SELECT pg_temp.finds('UPDATE payout_lines SET entries = entries * 1000, amount = amount * 1000 WHERE payment = ''payment of a''', 'no payment is divided into more than it was', 'payment of a');
SELECT pg_temp.finds(d, 'fees of channels are posted as billed')
FROM unnest(ARRAY['UPDATE bill_lines SET amount = amount - 1', 'UPDATE bills SET journal_id = NULL', 'DELETE FROM bill_lines', 'DELETE FROM journals WHERE kind = ''channel_fee''']) d;
SELECT pg_temp.finds(d, 'statements are as issued and move by their postings', :'statement')
FROM unnest(ARRAY['UPDATE statements SET lines = lines || lines', 'UPDATE statements SET digest = blake2b(digest)', 'UPDATE statements SET closing = closing + 1', 'UPDATE statements SET period = tstzrange(lower(period), now() + interval ''1 day'')',
                  'UPDATE postings SET amount = amount + 1 WHERE account_id = account(''mill'', ''goods'')']) d;

-- People
SELECT pg_temp.finds(format('DELETE FROM roles WHERE member_id = id(%L)', n), 'who supplies or leads a sale has had the role', format('member %s, %s', id(n), r)) FROM (VALUES ('mill', 'supplier'), ('leader', 'supply_leader')) v(n, r);
SELECT pg_temp.finds(d, 'histories of leaders have no gaps and go on', id('seller')::text)
FROM unnest(ARRAY['DELETE FROM leader_history WHERE upper_inf(period)', 'UPDATE leader_history SET period = tstzrange(lower(period) + interval ''1 us'', NULL) WHERE upper_inf(period)']) d;
SELECT pg_temp.finds(d, 'touches are of sales leaders of the supply leader')
FROM unnest(ARRAY['UPDATE touches SET first_seller_id = id(''rival'')', 'UPDATE touches SET last_seller_id = id(''rival'')', 'UPDATE touches SET buyer_id = 999999', 'UPDATE touches SET supply_leader_id = id(''other leader'')']) d;

-- Fees and extras
SELECT pg_temp.finds(d, 'every day of an entry fee is charged once')
FROM unnest(ARRAY['UPDATE fee_lines SET amount = amount + 1', 'DELETE FROM fee_lines', 'UPDATE entry_fees SET accrued_until = accrued_until + 1', 'UPDATE entry_fees SET yearly = yearly * 2']) d;
SELECT pg_temp.finds(d, 'runs of entry fees are posted once')
FROM unnest(ARRAY['DELETE FROM journals WHERE kind = ''entry_fee''', 'UPDATE fee_runs SET journal_id = 1', 'UPDATE entry_fees SET account_id = account(''orchard'', ''goods'')']) d;
SELECT pg_temp.finds(d, 'what was posted of a period sums to its total')
FROM unnest(ARRAY['UPDATE period_lines SET total = total + 1', 'UPDATE period_lines SET amount = amount - 1']) d;
SELECT pg_temp.finds(d, 'runs by period are posted once')
FROM unnest(ARRAY['DELETE FROM journals WHERE kind = ''bonus''', 'DELETE FROM journals WHERE kind = ''traffic''', 'UPDATE period_runs SET journal_id = NULL', 'UPDATE period_lines SET payer_id = account(''orchard'', ''goods'')']) d;
SELECT pg_temp.finds('WITH r AS (INSERT INTO period_runs (kind, period) VALUES (''bonus'', ''[2024-05-31,2024-06-02)'') RETURNING id)
                      INSERT INTO period_lines SELECT r.id, b.id, l.payer_id, l.payee_id, l.volume, l.total, l.amount FROM r, bonus_rules b, period_lines l WHERE l.payer_id = b.payer_id', 'no day counts twice for a rule');
SELECT pg_temp.finds(d, 'bonuses are what their rules make of the volume')
FROM unnest(ARRAY['UPDATE period_lines SET volume = volume * 2', 'UPDATE bonus_rules SET days = ''[2030-01-01,)''', 'UPDATE bonus_rules SET rule = ''sales_leader 6% of sale, platform rest''', 'DELETE FROM bonus_rules']) d;
SELECT pg_temp.finds(d, 'traffic costs what its tariffs say')
FROM unnest(ARRAY['UPDATE tariffs SET prices = ''{7}''', 'UPDATE tariffs SET days = ''[2030-01-01,)''', 'DELETE FROM tariffs']) d;
SELECT pg_temp.finds(d, 'tax is what its rule makes of what was earned')
FROM unnest(ARRAY['UPDATE tax_lines SET base = base + 1000', 'UPDATE tax_lines SET amount = amount + 1', 'UPDATE tax_rules SET rule = ''tax 50% of sale, payee rest''',
                  'UPDATE postings SET amount = amount * 2 WHERE account_id = account(''leader'', ''commission'')']) d;
SELECT pg_temp.finds(d, 'runs of tax are posted once')
FROM unnest(ARRAY['DELETE FROM journals WHERE kind = ''tax''', 'UPDATE tax_runs SET journal_id = NULL']) d;
SELECT pg_temp.finds(d, 'subsidies count what they have granted', :'coupon')
FROM unnest(ARRAY['UPDATE subsidies SET granted = granted + 1', 'UPDATE subsidies SET returned = 1']) d;
SELECT pg_temp.finds(d, 'members were charged their subsidies once', :'own')
FROM unnest(ARRAY['UPDATE subsidies SET charges = charges + 1 WHERE charges > 0', 'UPDATE subsidies SET charged = 0', 'DELETE FROM journals WHERE kind = ''subsidy_charge''']) d;
SELECT pg_temp.finds(d, 'subsidies of orders are posted once, and end with them')
FROM unnest(ARRAY['DELETE FROM journals WHERE kind = ''subsidy''', 'DELETE FROM order_subsidies', 'UPDATE order_subsidies SET amount = amount - 1', 'UPDATE orders SET state = ''cancelled'' WHERE request = ''at shed''']) d;
SELECT pg_temp.finds('SELECT post(''subsidy'', ''1/999'', shares(market_account(''clearing''), 4) - shares(market_account(''subsidy''), 4))',
                     'subsidies of orders are posted once, and end with them', '1/999');
SELECT pg_temp.finds('UPDATE order_subsidies SET returned = 1', 'subsidies got back what orders gave back', format('account %s: 0, not 2', market_account('subsidy')));

SELECT is_empty('SELECT invariant FROM verify() EXCEPT SELECT invariant FROM broken', 'every invariant was broken');
SELECT is_empty('SELECT violations()', 'and everything was undone');

SELECT * FROM finish();
ROLLBACK;
