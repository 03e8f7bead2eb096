-- An open campaign of a leader, 4 and 9 his sales leaders.
-- One apple of three is left, two each; orders 1 unpaid, 2 paid, by too much, 3 paid in part.
CREATE FUNCTION fixture.opened(k bigint, leader bigint, skus bigint[], point bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_wave bigint := open_wave('open ' || k);
    c bigint := create_campaign(v_wave, leader, 'open ' || k, clock_timestamp() + interval '1 hour', hold => '0');
    a bigint := list_item(c, skus[1], 850, 990, 3, 2);
    r bigint := list_item(c, skus[2], 850, 1990);
    o bigint[];
BEGIN
    -- Nothing of the case before is left to expire.
    PERFORM cancel_campaign(x.id, 'over') FROM campaigns x WHERE x.id < c AND x.state IN ('open', 'closed') AND x.reference LIKE 'open %';
    PERFORM publish_campaign(c), join_campaign(c, 4);
    o := ARRAY[(place_order(c, 5, ARRAY[a, r], '{1,1}', 'o1', point => point)).order_id,
               (place_order(c, 6, ARRAY[a], '{1}', 'o2', point => point)).order_id,
               (place_order(c, 7, ARRAY[r], '{1}', 'o3', point => point)).order_id];
    PERFORM pay_order(c, o[2], 1000, format('%s q2', k)), pay_order(c, o[3], 990, format('%s q3', k));
    RETURN jsonb_build_object('g', point, 'pear', skus[3], 'w3', v_wave, 'c3', c, 'a3', a, 'r3', r, 'q1', o[1], 'q2', o[2], 'q3', o[3]);
END
$$;

CREATE FUNCTION fixture.outcome_opened(v jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws('; ', m.state, (SELECT w.state FROM waves w WHERE w.id = m.wave_id),
        (SELECT string_agg(concat_ws(' ', o.request, o.state, o.amount, received(o), ktt.units(o.basket), ktt.amount(o.refunded)), ', ' ORDER BY o.request COLLATE "C")
         FROM orders o WHERE o.campaign_id = m.id),
        (SELECT string_agg(format('%s of %s%s', (SELECT sum(s.free) FROM stock s WHERE s.stock_id = i.id AND s.campaign_id = m.id), i.stock,
                                  CASE WHEN i.retired THEN ' retired' END), ', ' ORDER BY i.id) FROM campaign_items i WHERE i.campaign_id = m.id),
        (SELECT 'used ' || string_agg(concat(u.subject, ':', u.units), ' ' ORDER BY u.subject) FROM limit_uses u WHERE u.campaign_id = m.id AND u.units > 0),
        (SELECT string_agg(concat_ws(' ', p.accepted, p.outcome, p.returned_at IS NOT NULL), ', ' ORDER BY p.reference COLLATE "C") FROM payments p WHERE p.campaign_id = m.id),
        (SELECT string_agg(concat_ws(' ', l.kind, ktt.units(l.basket)), ', ' ORDER BY l.kind) FROM wave_lists l WHERE l.wave_id = m.wave_id),
        (SELECT count(*) FROM order_numbers n WHERE n.campaign_id = m.id),
        (SELECT string_agg(s.member_id::text, ' ' ORDER BY s.member_id) FROM campaign_sellers s WHERE s.campaign_id = m.id))
    FROM campaigns m WHERE m.id = (v ->> 'c3')::bigint
$$;
