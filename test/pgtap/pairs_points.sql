-- Every pair of calls on a community, its points and the orders that go there.
\ir lib/pairs.sql
SELECT plan(7);

SELECT register_member(format('m%s', n)) FROM generate_series(1, 9) n \g /dev/null
SELECT offer_sku(add_sku(1, 'apple'), 2, 700), set_rate(2, 'supplier cost, platform 2% of sale, steward 10% of margin, supply_leader rest') \g /dev/null

-- A community far from all others, with a gate and a shed that can take two parcels; an order that is not paid, and one that is.
CREATE FUNCTION fixture.build(k bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    x float8 := 60 + 0.1 * k;
    v_wave bigint := open_wave('wave ' || k, '2026-12-05');
    c bigint := create_campaign(v_wave, 2, 'campaign ' || k, clock_timestamp() + interval '1 hour', hold => '0');
    a bigint := list_item(c, 1, 850, 990);
    g bigint := add_community('garden ' || k);
    v_gate bigint := add_pickup_point(g, 'gate ' || k, location(x, 25.05));
    o bigint[];
BEGIN
    -- Nothing of the case before is left to expire, or is open.
    PERFORM cancel_campaign(z.id, 'over') FROM campaigns z WHERE z.id < c AND z.state IN ('open', 'closed');
    PERFORM open_pickup_point(p.id, false) FROM pickup_points p WHERE p.state = 'open' AND p.community_id < g;
    PERFORM appoint_steward(g, 3), add_pickup_point(g, 'hut ' || k, location(x, 25.06), capacity => 2), publish_campaign(c);
    o := ARRAY[(place_order(c, 5, ARRAY[a], '{1}', 'o1', point => v_gate, location => location(x, 25.051))).order_id,
               (place_order(c, 6, ARRAY[a], '{1}', 'o2', point => v_gate, location => location(x, 25.052))).order_id];
    PERFORM pay_order(c, o[2], 990, format('%s p2', k));
    RETURN jsonb_build_object('k', k, 'x', x, 'w', v_wave, 'c', c, 'a', a, 'g', g, 'gate', v_gate, 'o1', o[1], 'o2', o[2]);
END
$$;

-- So much was seen, less a little: how many pairs of a hundred wait, how many outcomes there are.
\set waits 38
\set outcomes 270
\set area points
\ir lib/pairs_area.sql

CREATE FUNCTION fixture.outcome(v jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws('; ', m.state, (SELECT w.state FROM waves w WHERE w.id = m.wave_id),
        (SELECT string_agg(concat_ws(' ', o.request, o.state, o.amount, received(o), ktt.amount(o.refunded), split_part(p.reference, ' ', 1),
                                     (SELECT a.member_id FROM accounts a WHERE a.id = o.steward_account_id)), ', ' ORDER BY o.request COLLATE "C")
         FROM orders o JOIN pickup_points p ON p.id = o.point_id WHERE o.campaign_id = m.id),
        (SELECT string_agg(concat_ws(' ', split_part(p.reference, ' ', 1), p.state, p.capacity, round(ktt.latitude(p.location)::numeric, 4), p.open_days,
                                     (SELECT a.member_id FROM accounts a WHERE a.id = p.steward_account_id),
                                     (SELECT l.parcels FROM point_loads l WHERE l.point_id = p.id AND l.wave_id = m.wave_id)), ', ' ORDER BY p.reference)
         FROM pickup_points p WHERE p.community_id = g.id),
        g.households, (SELECT count(*) FROM communities n WHERE n.reference = 'new ' || (v ->> 'k')),
        (SELECT string_agg(concat_ws(' ', s.member_id, upper_inf(s.period)), ', ' ORDER BY s.id) FROM stewardships s WHERE s.community_id = g.id),
        (SELECT string_agg(concat_ws(' ', split_part(d.reference, ' ', 1), d.households), ', ' ORDER BY d.reference) FROM dwellings d WHERE d.community_id = g.id),
        (SELECT string_agg(concat_ws(' ', r.cause, r.reason, r.to_point IS NULL), ', ' ORDER BY r.cause, r.reason, r.to_point) FROM reassignments r WHERE r.campaign_id = m.id),
        (SELECT string_agg(concat_ws(' ', l.kind, ktt.units(l.basket)), ', ' ORDER BY l.kind, ktt.units(l.basket)) FROM wave_lists l WHERE l.wave_id = m.wave_id))
    FROM campaigns m CROSS JOIN communities g WHERE m.id = (v ->> 'c')::bigint AND g.id = (v ->> 'g')::bigint
$$;
\ir lib/pairs_run.sql
