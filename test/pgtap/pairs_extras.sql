-- Every pair of calls on fees, subsidies, bonuses, traffic and tax, and on the orders behind them.
\ir lib/pairs.sql
SELECT plan(7);

SELECT register_member(format('m%s', n)) FROM generate_series(1, 9) n \g /dev/null
SELECT set_tax_rule('person', '2024-01-01', 'year', 'tax 10% of sale, payee rest', 'a law') \g /dev/null

-- A supplier, a leader and a seller for this case alone. Campaign 1 is open: order 1 unpaid, 2 paid with 500 of the coupon, 3 with 100 of the
-- supplier's. Campaign 2 is over: its order was due on a day of its own and is settled, nothing of it is charged or taxed yet.
CREATE FUNCTION fixture.build(k bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    m bigint[] := ARRAY(SELECT register_member(format('m%s %s', n, k)) FROM generate_series(1, 3) n);
    v_community bigint := add_community('garden ' || k);
    v_point bigint := add_pickup_point(v_community, 'gate ' || k, location(60 + 0.1 * k, 25.05));
    v_sku bigint := add_sku(m[1], 'apple');
    v_waves bigint[] := ARRAY[open_wave('wave 1 ' || k), open_wave('wave 2 ' || k)];
    c bigint[];
    a bigint[];
    o bigint[];
    v_coupon bigint := create_subsidy('coupon ' || k, 700);
    v_own bigint := create_subsidy('own ' || k, 1000, m[1]);
    v_bonus bigint;
    v_tariff bigint;
    v_day date := '2020-01-01'::date + 2 * k::int;
BEGIN
    -- The case before leaves nothing to be settled, charged or taxed.
    PERFORM cancel_campaign(x.id, 'over') FROM campaigns x WHERE x.state IN ('open', 'closed');
    PERFORM accrue_fees('2024-02-01'), charge_subsidies(), close_books();
    PERFORM withhold_tax();

    PERFORM offer_sku(v_sku, m[2], 700), form_partnership(m[2], m[3]),
            set_rate(m[2], 'supplier cost, platform 2% of sale, sales_leader 15% of sale, supply_leader rest');
    FOR n IN 1 .. 2 LOOP
        c[n] := create_campaign(v_waves[n], m[2], format('campaign %s %s', n, k), clock_timestamp() + interval '1 hour', hold => '0');
        a[n] := list_item(c[n], v_sku, 850, 990);
        PERFORM publish_campaign(c[n]), join_campaign(c[n], m[3]);
    END LOOP;
    FOR n IN 1 .. 4 LOOP
        o[n] := (place_order(c[1 + n / 4], 4 + n, ARRAY[a[1 + n / 4]], '{2}', 'o', m[3], v_point)).order_id;
    END LOOP;
    PERFORM grant_subsidy(v_coupon, c[1], o[2], 500, format('%s 2', k)), grant_subsidy(v_own, c[1], o[3], 100, format('%s 3', k));
    PERFORM pay_order(c[1], o[2], 1480, format('%s 2', k)), pay_order(c[1], o[3], 1880, format('%s 3', k)), pay_order(c[2], o[4], 1980, format('%s 4', k));
    PERFORM close_wave(v_waves[2]), freeze_wave(v_waves[2]), dispatch_wave(v_waves[2]), arrive(v_waves[2], v_point), hand_over_as_operator(c[2], o[4]), complete_wave(v_waves[2]);
    UPDATE orders x SET due_at = local_time(v_day, '12:00') WHERE x.campaign_id = c[2];
    PERFORM post_settlement(open_settlement(local_time(v_day + 2, '00:00')));
    PERFORM set_entry_fee(m[1], 3660, '2024-01-01');
    v_bonus := set_bonus(m[2], 'sales_leader ladder(0: 1%, 1000: 5%) of sale, supply_leader rest', v_day);
    v_tariff := set_tariff(m[1], 'supplier', 'units', '{0,1}', '{30,20}', v_day, per => 1);
    PERFORM close_books();
    RETURN jsonb_build_object('u', m[1], 'l', m[2], 's', m[3], 'w', v_waves[1], 'c1', c[1], 'c2', c[2], 'a1', a[1], 'a2', a[2], 'o1', o[1], 'o2', o[2], 'o3', o[3], 'o4', o[4],
                              'coupon', v_coupon, 'own', v_own, 'bonus', v_bonus, 'tariff', v_tariff, 'd0', format('''%s''', v_day), 'd1', format('''%s''', v_day + 1), 'd2', format('''%s''', v_day + 2));
END
$$;

-- So much was seen, less a little: how many pairs of a hundred wait, how many outcomes there are.
\set waits 19
\set outcomes 200
\set area extras
\ir lib/pairs_area.sql

CREATE FUNCTION fixture.outcome(v jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws('; ',
        (SELECT string_agg(concat_ws(' ', o.state, o.amount, received(o), ktt.amount(o.refunded), s.subsidy_id = (v ->> 'own')::bigint, s.amount, s.returned), ', ' ORDER BY o.campaign_id, o.id)
         FROM orders o LEFT JOIN order_subsidies s ON s.campaign_id = o.campaign_id AND s.order_id = o.id WHERE o.campaign_id IN ((v ->> 'c1')::bigint, (v ->> 'c2')::bigint)),
        (SELECT string_agg(concat_ws(' ', s.budget, s.granted, s.charged), ', ' ORDER BY s.id) FROM subsidies s WHERE s.id IN ((v ->> 'coupon')::bigint, (v ->> 'own')::bigint)),
        (SELECT string_agg(concat_ws(' ', f.yearly, f.days, (SELECT sum(l.amount) FROM fee_lines l WHERE l.fee_id = f.id)), ', ' ORDER BY f.days) FROM entry_fees f WHERE f.member_id = (v ->> 'u')::bigint),
        (SELECT string_agg(concat_ws(' ', upper(b.days) - lower(b.days), (SELECT sum(l.amount) FROM period_lines l JOIN period_runs r ON r.id = l.run_id AND r.kind = 'bonus' WHERE l.rule_id = b.id)), ', ' ORDER BY b.days)
         FROM bonus_rules b WHERE b.supply_leader_id = (v ->> 'l')::bigint),
        (SELECT string_agg(concat_ws(' ', upper(t.days) - lower(t.days), (SELECT sum(l.amount) FROM period_lines l JOIN period_runs r ON r.id = l.run_id AND r.kind = 'traffic' WHERE l.rule_id = t.id)), ', ' ORDER BY t.days)
         FROM tariffs t WHERE t.member_id = (v ->> 'u')::bigint),
        (SELECT sum(l.amount) FROM tax_lines l JOIN accounts a ON a.id = l.account_id WHERE a.member_id IN ((v ->> 'l')::bigint, (v ->> 's')::bigint)),
        (SELECT string_agg(concat_ws(' ', a.kind, a.balance), ', ' ORDER BY a.member_id, a.kind) FROM accounts a
         WHERE a.member_id IN ((v ->> 'u')::bigint, (v ->> 'l')::bigint, (v ->> 's')::bigint) AND a.balance <> 0))
$$;
-- One before all: so there is tax to be paid.
SELECT fixture.build(0) \g /dev/null
\ir lib/pairs_run.sql
