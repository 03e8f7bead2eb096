-- What pairs_delivered.sql makes, and more: the supplier has two holds, one of them expired, a security, a transfer of 200 that waits
-- and a journal that may be reversed; the steward a debt; the leader a transfer that was sent.
CREATE FUNCTION fixture.banked(k bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v jsonb := delivered(k);
    u bigint := v ->> 'u';
    l bigint := v ->> 'l';
    t bigint := v ->> 't';
    v_goods bigint := (SELECT a.id FROM accounts a WHERE a.member_id = u AND a.kind = 'goods');
    v_journal bigint;
    v_key text;
BEGIN
    PERFORM withdraw_payout((v ->> 'payout')::bigint);
    -- What the case before left to expire, to be paid out and to be sent.
    PERFORM expire_holds();
    PERFORM approve_payout(make_payout(9, k || ' left', members => ARRAY[u - 3, u - 2, u - 1]), 8);
    PERFORM send_transfers(1000);
    PERFORM receive_deposit(u, 500, k || ' paid in'), impose_penalty(t, 100, 'late', k || ' imposed', 7),
            approve_payout(make_payout(6, k || ' sent', members => ARRAY[l]), 8), send_transfers(1000);
    PERFORM approve_payout(request_payout(u, 200, k || ' asked'), 8);
    v_journal := approve_adjustment(propose_adjustment(k || ' done', ktt.shares(v_goods, 30) - ktt.shares(market_account('revenue'), 30), 'goodwill', 7), 8);
    SELECT y.key INTO STRICT v_key FROM payout_lines y WHERE y.member_id = l AND y.state = 'sent';
    v := v || jsonb_build_object('goods', v_goods, 'revenue', market_account('revenue'), 'journal', v_journal, 'reversal', propose_reversal(v_journal, 'wrong', 7),
        'adjustment', propose_adjustment(k || ' proposed', ktt.shares(v_goods, 50) - ktt.shares(market_account('revenue'), 50), 'goodwill', 7),
        'calendar', create_calendar('own ' || k), 'key', v_key, 'paid', (SELECT y.amount FROM payout_lines y WHERE y.key = v_key), 'liability', set_liability(l, 'spoilage', 'supplier rest'),
        'h', hold(v_goods, 300, k || ' held', 'audit'), 'expired', hold(v_goods, 100, k || ' expires', 'audit', clock_timestamp() + interval '1 hour'));
    UPDATE holds SET expires_at = held_at WHERE id = (v ->> 'expired')::bigint;
    RETURN v;
END
$$;

CREATE FUNCTION fixture.outcome_banked(v jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws('; ', outcome_delivered(v),
        (SELECT string_agg(concat_ws(' ', a.member_id - (v ->> 'u')::bigint, a.kind, a.balance, a.held), ', ' ORDER BY a.member_id, a.kind)
         FROM accounts a WHERE a.member_id BETWEEN (v ->> 'u')::bigint AND (v ->> 't')::bigint AND (a.balance <> 0 OR a.held <> 0)),
        (SELECT string_agg(concat_ws(' ', h.state, h.amount), ', ' ORDER BY h.id) FROM holds h WHERE h.account_id = (v ->> 'goods')::bigint),
        (SELECT string_agg(concat_ws(' ', j.approved_by IS NOT NULL, j.withdrawn_at IS NOT NULL, j.reverses IS NOT NULL), ', ' ORDER BY j.reverses IS NOT NULL, j.id)
         FROM adjustments j WHERE j.id >= (v ->> 'reversal')::bigint),
        (SELECT string_agg(concat_ws(' ', y.state, y.amount), ', ' ORDER BY y.amount, y.payout_id) FROM payout_lines y WHERE y.member_id IN ((v ->> 'u')::bigint, (v ->> 'l')::bigint)),
        (SELECT string_agg(concat_ws(' ', p.rule, upper(p.period) IS NULL), ', ' ORDER BY p.id) FROM liabilities p WHERE p.supply_leader_id = (v ->> 'l')::bigint),
        (SELECT count(*) FROM campaign_calendars c WHERE c.calendar_id = (v ->> 'calendar')::bigint),
        (SELECT count(*) FROM account_calendars c WHERE c.calendar_id = (v ->> 'calendar')::bigint),
        (SELECT concat_ws(' of ', count(p.summed_at), count(*)) FROM settlement_parts p WHERE p.settlement_id = (v ->> 'settlement')::bigint))
$$;
