-- Every pair of calls on the goods of drafts and templates: what is sold, how much of it, on which terms.
\ir lib/pairs.sql
SELECT plan(7);

SELECT register_member(format('m%s', n)) FROM generate_series(1, 9) n \g /dev/null
SELECT appoint_steward(add_community('garden'), 3), add_pickup_point(1, 'gate', location(121.5, 25.05)) \g /dev/null
SELECT offer_sku(add_sku(1, n), 2, 700) FROM unnest('{apple,rice}'::text[]) n \g /dev/null
SELECT set_rate(2, 'supplier cost, platform 2% of sale, steward 10% of margin, sales_leader 15% of sale, supply_leader rest'),
       form_partnership(2, 4), form_partnership(2, 9) \g /dev/null

-- A draft with apples; a campaign that waits for wishes; one that sells from a pool; a template; all of an sku of their own.
CREATE FUNCTION fixture.build(k bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_wave bigint := open_wave('wave ' || k);
    v_sku bigint := add_sku(1, 'apple ' || k);
    v_pool bigint := create_pool(v_sku, 'pool', 8);
    c bigint[];
    i bigint[];
    v_template bigint;
BEGIN
    PERFORM offer_sku(v_sku, 2, 700);
    c := ARRAY[create_campaign(v_wave, 2, 'draft ' || k, '2100-01-01'),
               create_campaign(v_wave, 2, 'wishes ' || k, '2100-01-01', kind => 'interest', interested => 1),
               create_campaign(v_wave, 2, 'pooled ' || k, '2100-01-01')];
    i := ARRAY[list_item(c[1], v_sku, 850, 980, 10), list_item(c[2], v_sku, 850, 980), list_item(c[3], v_sku, 850, 980, pool => v_pool)];
    PERFORM publish_campaign(c[3]);
    v_template := create_template(2, 'template ' || k, 7, '2100-01-01', '8:00', '20:00');
    RETURN jsonb_build_object('w', v_wave, 'sku', v_sku, 'pool', v_pool, 'd', c[1], 'i', c[2], 'p', c[3], 'a', i[1], 'ia', i[2], 'pa', i[3],
                              't', v_template, 'ti', add_template_item(v_template, v_sku, 850, 980, 20, 2));
END
$$;

-- So much was seen, less a little: how many pairs of a hundred wait, how many outcomes there are.
\set waits 23
\set outcomes 290
\set area goods
\ir lib/pairs_area.sql

CREATE FUNCTION fixture.outcome(v jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws('; ', (SELECT w.state FROM waves w WHERE w.id = (v ->> 'w')::bigint),
        (SELECT string_agg(concat_ws(' ', c.kind, c.state, c.minimum, c.capacity_of, c.limited,
                (SELECT string_agg(concat_ws(' ', i.sku_id = (v ->> 'sku')::bigint, i.sale_price, i.retired, i.stock, i.limited, i.shared_out), ', ' ORDER BY i.sale_price, i.sku_id)
                 FROM campaign_items i WHERE i.campaign_id = c.id),
                (SELECT string_agg(concat_ws(' ', l.scope, l.units, l.item_id IS NULL), ', ' ORDER BY l.scope, l.units) FROM limits l WHERE l.campaign_id = c.id),
                (SELECT string_agg(q.units::text, ' ' ORDER BY q.units) FROM quotas q WHERE q.campaign_id = c.id),
                (SELECT string_agg(s.free::text, ' ' ORDER BY s.free) FROM stock s WHERE s.campaign_id = c.id),
                (SELECT string_agg(s.member_id::text, ' ') FROM campaign_sellers s WHERE s.campaign_id = c.id),
                (SELECT count(*) FROM interests x WHERE x.campaign_id = c.id), (SELECT sum(x.views) FROM item_views x WHERE x.campaign_id = c.id),
                (SELECT count(*) FROM orders o WHERE o.campaign_id = c.id)), ' | ' ORDER BY c.reference COLLATE "C")
         FROM campaigns c WHERE c.wave_id = (v ->> 'w')::bigint),
        (SELECT string_agg(concat_ws(' ', q.reference, q.units, (SELECT sum(s.free) FROM stock s WHERE s.stock_id = -q.id)), ', ' ORDER BY q.reference) FROM quotas q
         WHERE q.sku_id = (v ->> 'sku')::bigint),
        (SELECT concat_ws(' ', t.next_on, t.ended, (SELECT count(*) FROM template_items i WHERE i.template_id = t.id),
                          (SELECT string_agg(concat_ws(' ', c.state, (SELECT count(*) FROM campaign_items i WHERE i.campaign_id = c.id)), ', ')
                           FROM template_campaigns x JOIN campaigns c ON c.id = x.campaign_id WHERE x.template_id = t.id))
         FROM campaign_templates t WHERE t.id = (v ->> 't')::bigint))
$$;
\ir lib/pairs_run.sql
