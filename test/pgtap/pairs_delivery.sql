-- Every pair of calls on what is delivered, and on the money that comes of it.
\ir lib/pairs.sql
SELECT plan(6);

SELECT register_member(format('m%s', n)) FROM generate_series(1, 9) n \g /dev/null
SELECT appoint_steward(add_community('garden'), 3), add_pickup_point(1, 'gate', location(121.5, 25.05)), add_pickup_point(1, 'shed', location(121.5, 25.051)) \g /dev/null
SELECT offer_sku(add_sku(1, 'apple'), 2, 700), set_rate(2, 'supplier cost, platform 2% of sale, steward 10% of margin, supply_leader rest') \g /dev/null
SELECT configure_runs(warehouse => location(121.4, 25)) \g /dev/null

-- Wave 1 is frozen. Wave 2 has come: order 2 waits to be fetched, 3 too, 4 is done and due, 5 was settled long ago. A settlement is open,
-- a payout is proposed, and a payment was too much.
CREATE FUNCTION fixture.build(k bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_waves bigint[] := ARRAY[open_wave('wave 1 ' || k), open_wave('wave 2 ' || k)];
    c bigint[];
    a bigint[];
    o bigint[];
    v_code text;
    v_order record;
    v_settlement bigint;
BEGIN
    -- What the case before has left open.
    PERFORM post_settlement(s.id) FROM settlements s WHERE s.posted_at IS NULL;
    PERFORM withdraw_payout(p.id) FROM payouts p WHERE p.approved_at IS NULL AND p.withdrawn_at IS NULL;
    PERFORM open_pickup_point(1, true), appoint_steward(1, 3), configure_runs(vehicles => 4);
    FOR n IN 1 .. 2 LOOP
        c[n] := create_campaign(v_waves[n], 2, format('campaign %s %s', n, k), clock_timestamp() + interval '1 hour', hold => '0');
        a[n] := list_item(c[n], 1, 850, 990);
        PERFORM publish_campaign(c[n]);
    END LOOP;
    FOR n IN 1 .. 5 LOOP
        SELECT * INTO v_order FROM place_order(c[least(n, 2)], 4 + n, ARRAY[a[least(n, 2)]], '{2}', 'o', point => 1);
        o[n] := v_order.order_id;
        v_code := CASE n WHEN 2 THEN v_order.code ELSE v_code END;
        PERFORM pay_order(c[least(n, 2)], o[n], 1980 + (n = 3)::int, format('%s %s', k, CASE n WHEN 3 THEN 'over' ELSE n::text END));
    END LOOP;
    PERFORM close_wave(w), freeze_wave(w) FROM unnest(v_waves) w;
    PERFORM dispatch_wave(v_waves[2]), arrive(v_waves[2], 1), hand_over(c[2], o[5], 3), complete_wave(v_waves[2]);
    PERFORM post_settlement(open_settlement());
    PERFORM hand_over(c[2], o[4], 3), complete_wave(v_waves[2]);
    v_settlement := open_settlement();
    RETURN jsonb_build_object('k', k, 'w1', v_waves[1], 'w2', v_waves[2], 'c1', c[1], 'c2', c[2], 'a1', a[1], 'a2', a[2], 'o1', o[1], 'o2', o[2], 'o3', o[3], 'o4', o[4],
                              'code', v_code, 'settlement', v_settlement, 'payout', make_payout(6, k || ' proposed'), 'until', format('''%s''', clock_timestamp()),
                              'journals', (SELECT max(id) FROM journals));
END
$$;

\set area delivery
\ir lib/pair_calls.sql

CREATE FUNCTION fixture.outcome(v jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws('; ', (SELECT string_agg(concat_ws(' ', w.state, (SELECT string_agg(concat_ws(' ', r.supplier_id, ktt.units(r.units)), ', ') FROM receipts r WHERE r.wave_id = w.id),
                (SELECT count(*) FROM run_stops r WHERE r.wave_id = w.id)), ', ' ORDER BY w.id) FROM waves w WHERE w.id IN ((v ->> 'w1')::bigint, (v ->> 'w2')::bigint)),
        (SELECT string_agg(concat_ws(' ', o.state, o.due_at IS NOT NULL, ktt.amount(o.refunded), o.point_id, p.picked_by,
                                     (SELECT a.member_id FROM accounts a WHERE a.id = o.steward_account_id),
                                     (SELECT string_agg(concat_ws(' ', r.amount, r.due_at IS NOT NULL), ', ' ORDER BY r.amount) FROM refunds r WHERE r.campaign_id = o.campaign_id AND r.order_id = o.id)),
                           ', ' ORDER BY o.campaign_id, o.id)
         FROM orders o LEFT JOIN pickups p ON p.campaign_id = o.campaign_id AND p.order_id = o.id WHERE o.campaign_id IN ((v ->> 'c1')::bigint, (v ->> 'c2')::bigint)),
        (SELECT count(*) || ' ' || sum(y.amount - y.accepted) FILTER (WHERE y.returned_at IS NULL) FROM payments y WHERE y.campaign_id IN ((v ->> 'c1')::bigint, (v ->> 'c2')::bigint)),
        (SELECT string_agg(concat_ws(' ', s.posted_at IS NOT NULL, s.orders, s.refunds, s.amount), ', ' ORDER BY s.id) FROM settlements s WHERE s.id >= (v ->> 'settlement')::bigint),
        (SELECT string_agg(concat_ws(' ', p.approved_at IS NOT NULL, p.withdrawn_at IS NOT NULL, (SELECT string_agg(concat_ws(' ', l.member_id, l.amount, l.state), ' ' ORDER BY l.member_id)
                FROM payout_lines l WHERE l.payout_id = p.id)), ', ' ORDER BY p.id) FROM payouts p WHERE p.id >= (v ->> 'payout')::bigint),
        (SELECT string_agg(concat_ws(' ', j.kind, ktt.total(j.entries), (SELECT sum(abs(x.amount)) FROM ktt.entries(j.entries) x)), ', ' ORDER BY j.kind) FROM journals j WHERE j.id > (v ->> 'journals')::bigint))
$$;
\ir lib/pairs_run.sql
