-- Every pair of calls on members, partnerships, offers and rates.
\ir lib/pairs.sql
SELECT plan(7);

SELECT appoint_steward(add_community('garden'), register_member('steward')) \g /dev/null

-- A supplier, a leader, a seller and somebody new, all of them for this case alone.
CREATE FUNCTION fixture.build(k bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    m bigint[] := ARRAY(SELECT register_member(format('m%s %s', n, k)) FROM generate_series(1, 4) n);
    v_sku bigint := add_sku(m[1], 'apple');
    v_wave bigint := open_wave('wave ' || k);
    v_rate bigint;
    v_draft bigint;
    v_pushed bigint;
    v_campaign bigint;
    v_invitation record;
    v_application bigint;
BEGIN
    PERFORM form_partnership(m[2], m[3]), offer_sku(v_sku, m[2], 700);
    v_rate := set_rate(m[2], 'supplier cost, platform 2% of sale, supply_leader rest');
    v_draft := draft_offer(v_sku, m[2], 710);
    v_pushed := draft_offer(v_sku, m[2], 730);
    PERFORM push_offer(v_pushed);
    v_campaign := create_campaign(v_wave, m[2], 'campaign ' || k, '2100-01-01');
    PERFORM list_item(v_campaign, v_sku, 850, 990);
    v_application := apply_for_partnership(m[2], m[4]);
    SELECT * INTO v_invitation FROM invite_sales_leader(m[2]);
    RETURN jsonb_build_object('k', k, 'u', m[1], 'l', m[2], 's', m[3], 'b', m[4], 'sku', v_sku, 'w', v_wave, 'rate', v_rate, 'draft', v_draft, 'pushed', v_pushed,
                              'd', v_campaign, 'app', v_application, 'inv', v_invitation.invitation, 'token', v_invitation.token);
END
$$;

-- So much was seen, less a little: how many pairs of a hundred wait, how many outcomes there are.
\set waits 13
\set outcomes 350
\set area terms
\ir lib/pairs_area.sql

CREATE FUNCTION fixture.outcome(v jsonb) RETURNS text LANGUAGE sql AS $$
    WITH m AS (SELECT x.key, x.value::bigint AS id FROM jsonb_each_text(v) x WHERE x.key IN ('u', 'l', 's', 'b'))
    SELECT concat_ws('; ', (SELECT string_agg(format('%s %s', m.key, y.verified_at IS NOT NULL), ' ' ORDER BY m.key) FROM m JOIN members y USING (id)),
        (SELECT count(*) FROM members y WHERE y.reference = 'new ' || (v ->> 'k')),
        (SELECT string_agg(concat_ws(' ', m.key, r.role, upper_inf(r.period)), ', ' ORDER BY m.key, r.role, r.id) FROM m JOIN roles r ON r.member_id = m.id),
        (SELECT string_agg(concat_ws(' ', h.kind, h.stage), ', ' ORDER BY h.id) FROM m JOIN leader_history h ON h.member_id = m.id),
        (SELECT string_agg(concat_ws(' ', m.key, upper_inf(p.period)), ', ' ORDER BY m.key, p.id) FROM m JOIN partnerships p ON p.sales_leader_id = m.id),
        (SELECT string_agg(a.state, ', ' ORDER BY a.id) FROM m JOIN applications a ON a.sales_leader_id = m.id),
        (SELECT string_agg(concat_ws(' ', i.revoked_at IS NOT NULL, i.accepted_at IS NOT NULL), ', ' ORDER BY i.id) FROM m JOIN invitations i ON i.supply_leader_id = m.id),
        (SELECT string_agg(concat_ws(' ', t.tier, upper_inf(t.period)), ', ' ORDER BY t.id) FROM m JOIN leader_tiers t ON t.sales_leader_id = m.id),
        (SELECT string_agg(concat_ws(' ', r.rule, r.sku_id IS NULL, upper_inf(r.period)), ', ' ORDER BY r.id) FROM m JOIN rates r ON r.supply_leader_id = m.id),
        (SELECT string_agg(concat_ws(' ', y.reference, y.category, y.bounded), ', ' ORDER BY y.id) FROM m JOIN skus y ON y.supplier_id = m.id),
        (SELECT string_agg(concat_ws(' ', o.supply_price, o.state, upper_inf(o.period)), ', ' ORDER BY o.supply_price) FROM offers o WHERE o.sku_id = (v ->> 'sku')::bigint),
        (SELECT string_agg(concat_ws(' ', c.state, c.owner_id IS NULL,
                (SELECT string_agg(concat_ws(' ', i.sale_price, i.supply_price, i.rule, i.bounded), ', ' ORDER BY i.sale_price) FROM campaign_items i WHERE i.campaign_id = c.id),
                (SELECT string_agg(concat_ws(' ', m.key, s.tier), ', ') FROM m JOIN campaign_sellers s ON s.member_id = m.id WHERE s.campaign_id = c.id)), ' | ' ORDER BY c.reference COLLATE "C")
         FROM campaigns c WHERE c.wave_id = (v ->> 'w')::bigint))
$$;
\ir lib/pairs_run.sql
