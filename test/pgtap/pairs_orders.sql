-- Every pair of calls on the orders of one campaign.
\ir lib/pairs.sql
SELECT plan(8);

SELECT register_member(format('m%s', n)) FROM generate_series(1, 9) n \g /dev/null
SELECT appoint_steward(add_community('garden'), 3), add_pickup_point(1, 'gate', location(121.5, 25.05)) \g /dev/null
SELECT offer_sku(add_sku(1, n), 2, 700) FROM unnest('{apple,rice,pear}'::text[]) n \g /dev/null
SELECT set_rate(2, 'supplier cost, platform 2% of sale, steward 10% of margin, sales_leader 15% of sale, supply_leader rest'),
       form_partnership(2, 4), form_partnership(2, 9) \g /dev/null

-- One apple of three is left, two each; orders 1 unpaid, 2 paid, by too much, 3 paid in part.
CREATE FUNCTION fixture.build(k bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_wave bigint := open_wave('wave ' || k);
    c bigint := create_campaign(v_wave, 2, 'campaign ' || k, clock_timestamp() + interval '1 hour', hold => '0');
    a bigint := list_item(c, 1, 850, 990, 3, 2);
    r bigint := list_item(c, 2, 850, 1990);
    o bigint[];
BEGIN
    -- Nothing of the case before is left to expire.
    PERFORM cancel_campaign(x.id, 'over') FROM campaigns x WHERE x.id < c AND x.state IN ('open', 'closed');
    PERFORM publish_campaign(c), join_campaign(c, 4);
    o := ARRAY[(place_order(c, 5, ARRAY[a, r], '{1,1}', 'o1', point => 1)).order_id,
               (place_order(c, 6, ARRAY[a], '{1}', 'o2', point => 1)).order_id,
               (place_order(c, 7, ARRAY[r], '{1}', 'o3', point => 1)).order_id];
    PERFORM pay_order(c, o[2], 1000, format('%s p2', k)), pay_order(c, o[3], 990, format('%s p3', k));
    RETURN jsonb_build_object('w', v_wave, 'c', c, 'a', a, 'r', r, 'o1', o[1], 'o2', o[2], 'o3', o[3]);
END
$$;

-- So much was seen, less a little: how many pairs of a hundred wait, how many outcomes there are.
\set waits 33
\set outcomes 200
\set area orders
\ir lib/pair_calls.sql

CREATE FUNCTION fixture.outcome(v jsonb) RETURNS text LANGUAGE sql AS $$
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
    FROM campaigns m WHERE m.id = (v ->> 'c')::bigint
$$;
-- Over all areas.
CREATE TABLE fixture.left_out (call text PRIMARY KEY, reason text NOT NULL);
INSERT INTO fixture.left_out VALUES
    ('configure', 'settings are changed by hand'),
    ('grant_access', 'rights are granted by hand'),
    ('close_due_campaigns', 'is close_campaign() for each that is due'),
    ('open_due_campaigns', 'is open_next_campaign() for each that is due');
INSERT INTO fixture.left_out SELECT unnest('{hold,post_hold,void_hold,expire_holds,close_books,take_checkpoint}'::text[]), 'spec holds pairs it with what moves money';
INSERT INTO fixture.left_out SELECT unnest('{receive_deposit,return_deposit,impose_penalty,repay_debt,write_off_debt,propose_adjustment,propose_reversal,approve_adjustment,withdraw_adjustment}'::text[]), 'posts once under a key and takes its accounts as specs ledger and holds do';
INSERT INTO fixture.left_out SELECT unnest('{create_calendar,set_campaign_calendar,set_supplier_calendar}'::text[]), 'takes the tables that settlements take, one at a time';
INSERT INTO fixture.left_out SELECT unnest('{part_settlement,sum_part,settle_calendar}'::text[]), 'spec settlement_parts pairs it with what settles';
INSERT INTO fixture.left_out SELECT unnest('{refund_rest,refund_orders,refund_shortage,refund_weight}'::text[]), 'spec refund_money pairs refunds with what moves money; all go through one function';
INSERT INTO fixture.left_out SELECT unnest('{set_liability,end_liability}'::text[]), 'is a rate of its own kind: pairs of set_rate';
INSERT INTO fixture.left_out SELECT unnest('{request_payout,send_transfers,confirm_transfer,fail_transfer,return_transfer,resolve_dispute,load_bill,sweep_channel}'::text[]), 'specs payout and divided_payment pair it with what moves money';
INSERT INTO fixture.left_out SELECT unnest('{set_payout_terms,add_channel,configure_channel}'::text[]), 'is set by hand';
SELECT is_empty($$SELECT DISTINCT p.proname FROM pg_proc p
                  WHERE p.pronamespace = 'market'::regnamespace AND p.provolatile = 'v' AND p.prorettype <> 'trigger'::regtype
                    AND obj_description(p.oid) NOT LIKE 'Internal%' AND p.proname NOT IN (SELECT call FROM left_out)
                    AND NOT EXISTS (SELECT FROM all_calls l WHERE l.call ~ format('\m%s\(', p.proname))
                  UNION ALL SELECT call FROM left_out WHERE to_regproc(call) IS NULL$$, 'every call that writes is in an area, or is left out for a reason');
\ir lib/pairs_run.sql
