-- Random bills: the differences are those of a slow reference, which reads orders, payments, refunds and transfers and no journal, and they sum to that of the balance.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(31);
\ir lib/market.sql
SELECT setseed(0.42);
SELECT local_day(clock_timestamp()) AS today \gset

-- A trade in which money moves in every way.
SELECT name('second', create_campaign(open_wave('second'), id('leader'), 'second', clock_timestamp() + interval '1 hour', hold => '0')),
       name('off', create_campaign(open_wave('off'), id('leader'), 'off', clock_timestamp() + interval '1 hour')) \g /dev/null
SELECT name('rice of second', list_item(id('second'), id('rice sku'), 2500, 2999)), name('rice of off', list_item(id('off'), id('rice sku'), 2500, 2999)) \g /dev/null
SELECT publish_campaign(id('second')), publish_campaign(id('off')) \g /dev/null
SELECT name('wave of second', (SELECT c.wave_id FROM campaigns c WHERE c.id = id('second'))) \g /dev/null
CREATE TEMP TABLE bought AS
SELECT c.name, n, o.order_id, o.amount
FROM (VALUES ('second', 60), ('off', 8)) c(name, orders) CROSS JOIN LATERAL generate_series(1, c.orders) n
CROSS JOIN LATERAL place_order(id(c.name), id('buyer'), ARRAY[id('rice of ' || c.name)], ARRAY[1 + n % 3]::bigint[], 'random ' || n, point => id('gate')) o;
SELECT pay_order(id(name), order_id, amount + CASE WHEN n % 7 = 0 THEN 10 ELSE 0 END, format('%s %s', name, n)) FROM bought \g /dev/null
SELECT return_payment(reference) FROM payments WHERE outcome = 'overpaid' \g /dev/null
SELECT refund_order(id('second'), order_id, id('rice of second'), 0, 'refund ' || n, amount => n) FROM bought WHERE name = 'second' AND n % 4 = 0 \g /dev/null
SELECT cancel_order(id('second'), order_id) FROM bought WHERE name = 'second' AND n % 9 = 0 \g /dev/null
SELECT cancel_campaign(id('off'), 'off') \g /dev/null
SELECT deliver('wave of second'), complete('wave of second'), settle() \g /dev/null
SELECT set_payout_terms(id('mill'), 'wechat'), sweep_channel(9000, 'S1') \g /dev/null
UPDATE payments SET received_at = received_at - interval '2 minutes';
SELECT approve_payout(make_payout(id('cashier'), 'random'), id('chief')) \g /dev/null
SELECT confirm_transfer(t.key, 'C' || t.key, t.amount) FROM send_transfers(1000) t WHERE t.key NOT LIKE '%5' \g /dev/null
SELECT return_transfer(l.key, 'back') FROM payout_lines l WHERE l.state = 'confirmed' AND l.key LIKE '%3' \g /dev/null
SELECT is_empty('SELECT violations()', 'all is well before time is turned back');
SELECT is_empty('SELECT * FROM reconcile()', 'and each side agrees with the others');

-- What has moved, as the tables of trade tell it, each on some day of the last ten.
CREATE TEMP TABLE truth AS
SELECT t.*, :'today'::date - floor(random() * 10)::int AS day
FROM (SELECT 'wechat' AS channel, 'payment' AS kind, p.reference AS key, p.amount, 'payment' AS journal, p.reference FROM payments p
      UNION ALL SELECT 'wechat', 'refund', 'returned_payment/' || p.reference, p.accepted - p.amount, 'returned_payment', p.reference FROM payments p WHERE p.returned_at IS NOT NULL
      UNION ALL SELECT 'wechat', 'refund', format('refund/%s/%s', r.campaign_id, r.id), -r.amount, 'refund', format('%s/%s', r.campaign_id, r.id) FROM refunds r
      UNION ALL SELECT 'wechat', 'refund', format('cancellation/%s/%s', o.campaign_id, o.id), amount(o.refunded) - o.amount, 'cancellation', format('%s/%s', o.campaign_id, o.id)
                FROM orders o WHERE o.state = 'cancelled' AND o.campaign_id = id('second')
      UNION ALL SELECT l.channel, 'transfer', l.key, -l.amount, 'transfer', l.key FROM payout_lines l WHERE l.state IN ('confirmed', 'returned')
      UNION ALL SELECT l.channel, 'return', l.key, l.amount, 'returned_transfer', l.key FROM payout_lines l WHERE l.state = 'returned') t;
INSERT INTO truth
SELECT 'wechat', 'refund', format('campaign_cancellation/%s/%s', o.campaign_id, o.id), -o.amount, 'campaign_cancellation', o.campaign_id::text, :'today'::date - 3 FROM orders o WHERE o.campaign_id = id('off')
UNION ALL SELECT c, 'sweep', 'S1', CASE c WHEN 'bank' THEN 9000 ELSE -9000 END, 'sweep', 'S1', :'today'::date - 4 FROM unnest('{bank,wechat}'::text[]) c;
ALTER TABLE journals DISABLE TRIGGER journals_append_only;
UPDATE journals j SET happened_at = local_time(t.day, '12:00') FROM truth t WHERE j.kind = t.journal AND j.reference = t.reference AND t.day < :'today'::date;
SELECT cmp_ok((SELECT count(DISTINCT (channel, kind)) FROM truth), '=', 7::bigint, 'payments, refunds, transfers, returns and sweeps, at two channels');

-- Bills: most of it as it was, some with another amount or on another day, or both, some not at all; and what nobody here knows of. Of two days there are none.
CREATE TEMP TABLE billed AS
SELECT t.channel, t.kind, t.key, t.amount + CASE WHEN r.dice BETWEEN 0.70 AND 0.82 THEN 1 + floor(random() * 5)::int ELSE 0 END AS amount,
       CASE WHEN r.dice BETWEEN 0.78 AND 0.88 THEN t.day - 1 ELSE t.day END AS day
FROM truth t CROSS JOIN LATERAL (SELECT random() AS dice WHERE t.key IS NOT NULL) r WHERE r.dice < 0.92
UNION ALL
SELECT c, k, format('strange %s %s', k, n), -n, :'today'::date - n % 10
FROM unnest('{bank,wechat}'::text[]) c, unnest('{payment,refund,transfer,fee,other}'::text[]) k, generate_series(1, 8) n;
DELETE FROM billed WHERE day IN (:'today'::date - 6, :'today'::date - 2);
SELECT load_bill(b.channel, b.day, jsonb_agg(to_jsonb(b))) FROM billed b GROUP BY b.channel, b.day \g /dev/null

-- One move at a time, without a join.
CREATE FUNCTION pg_temp.reference(channel text, since date, until date)
RETURNS TABLE (kind text, key text, here bigint, there bigint, difference bigint, outcome text)
LANGUAGE plpgsql AS $$
DECLARE
    v_move record;
    v_other record;
BEGIN
    FOR v_move IN SELECT * FROM truth t WHERE t.channel = reference.channel LOOP
        SELECT * INTO v_other FROM billed b WHERE b.channel = reference.channel AND b.kind = v_move.kind AND b.key = v_move.key;
        kind := v_move.kind; key := v_move.key;
        here := CASE WHEN v_move.day >= since AND v_move.day < until THEN v_move.amount ELSE 0 END;
        there := CASE WHEN v_other.day >= since AND v_other.day < until THEN v_other.amount ELSE 0 END;
        difference := here - there;
        outcome := CASE WHEN v_other.key IS NULL THEN 'missing_there' WHEN here <> 0 AND there <> 0 THEN 'amount_differs' ELSE 'other_day' END;
        IF difference <> 0 THEN
            RETURN NEXT;
        END IF;
    END LOOP;
    -- Fees are posted as they are billed.
    FOR v_other IN SELECT * FROM billed b WHERE b.channel = reference.channel AND b.day >= since AND b.day < until AND b.kind <> 'fee' LOOP
        IF NOT EXISTS (SELECT FROM truth t WHERE t.channel = reference.channel AND t.kind = v_other.kind AND t.key = v_other.key) THEN
            kind := v_other.kind; key := v_other.key; here := 0; there := v_other.amount; difference := -there; outcome := 'missing_here';
            RETURN NEXT;
        END IF;
    END LOOP;
END
$$;
SELECT set_eq(format('SELECT * FROM reconcile_channel(%L, %L, %L)', c, :'today'::date - b, :'today'::date - e), format('SELECT * FROM pg_temp.reference(%L, %L, %L)', c, :'today'::date - b, :'today'::date - e),
              format('%s: the differences from %s days ago up to before %s days ago', c, b, e))
FROM unnest('{wechat,bank}'::text[]) c, (VALUES (20, -1), (9, 5), (5, -1), (3, 2), (0, -1)) p(b, e);
SELECT results_eq(format('SELECT t.difference - coalesce((SELECT sum(r.difference) FROM reconcile_channel(%L, %L, %L) r), 0) FROM reconcile_totals(%1$L, %2$L, %3$L) t WHERE t.outcome = ''account''', c, :'today'::date - b, :'today'::date - e),
                  'VALUES (0::numeric)', format('%s: they sum to that of the balance from %s days ago up to before %s days ago', c, b, e))
FROM unnest('{wechat,bank}'::text[]) c, (VALUES (20, -1), (9, 5), (5, -1), (3, 2), (0, -1)) p(b, e);
SELECT is((SELECT count(DISTINCT outcome) FROM reconcile_channel('wechat', :'today'::date - 9, :'today'::date + 1)), 4::bigint, 'there are differences of every kind');
SELECT cmp_ok((SELECT sum(lines) FROM reconcile_totals('wechat', :'today'::date - 20, :'today'::date + 1) WHERE outcome = 'matched'), '>', 60::numeric, 'and most of it agrees');
SELECT is((SELECT sum(here) FROM reconcile_totals('wechat', :'today'::date - 20, :'today'::date + 1) WHERE kind <> 'all'), -balance(NULL, 'channel')::numeric, 'here is all that the ledger has at the channel');
SELECT is((SELECT there FROM reconcile_totals('wechat', :'today'::date - 20, :'today'::date + 1) WHERE outcome = 'account'), (SELECT sum(amount)::bigint FROM billed WHERE channel = 'wechat'), 'there is all that was billed');
SELECT set_eq('SELECT r.account_id, r.reference, r.one, r.other FROM reconcile() r WHERE r.relation = ''ledger, bill''',
              'SELECT channel_account(channel), key, coalesce(t.amount, 0) AS here, coalesce(b.amount, 0) AS there FROM truth t FULL JOIN billed b USING (channel, kind, key)
               WHERE t.amount IS DISTINCT FROM b.amount AND kind <> ''fee'' AND (b.key IS NOT NULL OR (channel, t.day) IN (SELECT x.channel, x.day FROM billed x))',
              'reconcile() has them all, but what is only of another day, or of one that is not billed');
SELECT cmp_ok((SELECT count(*) FROM truth t JOIN billed b USING (channel, kind, key) WHERE t.amount <> b.amount AND t.day NOT IN (SELECT x.day FROM billed x)), '>', 0::bigint,
              'there is one that was billed on another day than its own, which has no bill, with another amount');
SELECT cmp_ok((SELECT count(*) FROM truth t WHERE t.day NOT IN (SELECT x.day FROM billed x)), '>', 5::bigint, 'and some are not billed yet');
SELECT is_empty($$SELECT * FROM verify_bills() WHERE violations <> 0$$, 'fees are posted as billed');

SELECT * FROM finish();
ROLLBACK;
