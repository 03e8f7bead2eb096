-- A supplier, a leader and a steward for this case alone. Wave 1 is frozen. Wave 2 has come: order 2 waits to be fetched, 3 too, 4 is
-- done and due, 5 is settled. The settlement of 4 is open, a payout is proposed, and a payment was too much.
CREATE FUNCTION fixture.delivered(k bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    m bigint[] := ARRAY(SELECT register_member(format('m%s %s', n, k)) FROM generate_series(1, 3) n);
    x float8 := 0.05 * (k % 7000) - 179;
    v_community bigint := add_community('garden ' || k);
    v_point bigint := add_pickup_point(v_community, 'gate ' || k, location(x, 25.05));
    v_sku bigint := add_sku(m[1], 'apple');
    v_waves bigint[] := ARRAY[open_wave('wave 1 ' || k), open_wave('wave 2 ' || k)];
    c bigint[];
    a bigint[];
    o bigint[];
    v_code text;
    v_order record;
BEGIN
    -- The case before leaves nothing to be settled or paid.
    PERFORM post_settlement(s.id) FROM settlements s WHERE s.posted_at IS NULL;
    PERFORM post_settlement(open_settlement());
    PERFORM withdraw_payout(p.id) FROM payouts p WHERE p.approved_at IS NULL AND p.withdrawn_at IS NULL;
    PERFORM open_pickup_point(p.id, false) FROM pickup_points p WHERE p.state = 'open' AND p.community_id < v_community;
    PERFORM approve_payout(make_payout(9, 'before ' || k), 8);

    PERFORM configure_runs(warehouse => location(x, 25), vehicles => 4), appoint_steward(v_community, m[3]),
            add_pickup_point(v_community, 'shed ' || k, location(x, 25.051)), offer_sku(v_sku, m[2], 700),
            set_rate(m[2], 'supplier cost, platform 2% of sale, steward 10% of margin, supply_leader rest');
    FOR n IN 1 .. 2 LOOP
        c[n] := create_campaign(v_waves[n], m[2], format('campaign %s %s', n, k), clock_timestamp() + interval '1 hour', hold => '0');
        a[n] := list_item(c[n], v_sku, 850, 990);
        PERFORM publish_campaign(c[n]);
    END LOOP;
    FOR n IN 1 .. 5 LOOP
        SELECT * INTO v_order FROM place_order(c[least(n, 2)], 4 + n, ARRAY[a[least(n, 2)]], '{2}', 'o', point => v_point);
        o[n] := v_order.order_id;
        v_code := CASE n WHEN 2 THEN v_order.code ELSE v_code END;
        PERFORM pay_order(c[least(n, 2)], o[n], 1980 + (n = 3)::int, format('%s %s', k, CASE n WHEN 3 THEN 'over' ELSE n::text END));
    END LOOP;
    PERFORM close_wave(w), freeze_wave(w) FROM unnest(v_waves) w;
    PERFORM dispatch_wave(v_waves[2]), arrive(v_waves[2], v_point), hand_over(c[2], o[5], m[3]), complete_wave(v_waves[2]);
    PERFORM post_settlement(open_settlement());
    PERFORM hand_over(c[2], o[4], m[3]), complete_wave(v_waves[2]);
    RETURN jsonb_build_object('k', k, 'u', m[1], 'l', m[2], 't', m[3], 'y', v_community, 'g', v_point, 'w1', v_waves[1], 'w2', v_waves[2],
                              'c1', c[1], 'c2', c[2], 'a1', a[1], 'a2', a[2], 'o1', o[1], 'o2', o[2], 'o3', o[3], 'o4', o[4], 'code', v_code,
                              'settlement', open_settlement(), 'payout', make_payout(6, k || ' proposed'),
                              'until', format('''%s''', clock_timestamp()), 'journals', (SELECT max(id) FROM journals));
END
$$;

CREATE FUNCTION fixture.outcome_delivered(v jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws('; ', (SELECT string_agg(concat_ws(' ', w.state, (SELECT string_agg(ktt.units(r.units)::text, ', ') FROM receipts r WHERE r.wave_id = w.id),
                (SELECT count(*) FROM run_stops r WHERE r.wave_id = w.id)), ', ' ORDER BY w.id) FROM waves w WHERE w.id IN ((v ->> 'w1')::bigint, (v ->> 'w2')::bigint)),
        (SELECT string_agg(concat_ws(' ', o.state, o.due_at IS NOT NULL, ktt.amount(o.refunded), o.point_id = (v ->> 'g')::bigint, p.picked_by,
                                     (SELECT a.member_id = (v ->> 't')::bigint FROM accounts a WHERE a.id = o.steward_account_id),
                                     (SELECT string_agg(concat_ws(' ', r.amount, r.due_at IS NOT NULL), ', ' ORDER BY r.amount) FROM refunds r WHERE r.campaign_id = o.campaign_id AND r.order_id = o.id)),
                           ', ' ORDER BY o.campaign_id, o.id)
         FROM orders o LEFT JOIN pickups p ON p.campaign_id = o.campaign_id AND p.order_id = o.id WHERE o.campaign_id IN ((v ->> 'c1')::bigint, (v ->> 'c2')::bigint)),
        (SELECT count(*) || ' ' || sum(y.amount - y.accepted) FILTER (WHERE y.returned_at IS NULL) FROM payments y WHERE y.campaign_id IN ((v ->> 'c1')::bigint, (v ->> 'c2')::bigint)),
        (SELECT string_agg(concat_ws(' ', s.posted_at IS NOT NULL, s.orders, s.refunds, s.amount), ', ' ORDER BY s.id) FROM settlements s WHERE s.id >= (v ->> 'settlement')::bigint),
        (SELECT string_agg(concat_ws(' ', p.approved_at IS NOT NULL, p.withdrawn_at IS NOT NULL, (SELECT string_agg(concat_ws(' ', l.amount, l.state), ' ' ORDER BY l.member_id)
                FROM payout_lines l WHERE l.payout_id = p.id)), ', ' ORDER BY p.id) FROM payouts p WHERE p.id >= (v ->> 'payout')::bigint),
        (SELECT string_agg(concat_ws(' ', j.kind, ktt.total(j.entries), x.moved), ', ' ORDER BY j.kind, x.moved)
         FROM journals j CROSS JOIN LATERAL (SELECT sum(abs(e.amount)) AS moved FROM ktt.entries(j.entries) e) x WHERE j.id > (v ->> 'journals')::bigint))
$$;
