/*
 * Stock: how much there is of an item, in a campaign, for a community, or in a pool that several campaigns draw from.
 */

CREATE TABLE quotas (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku_id          bigint REFERENCES skus,
    reference       text CHECK (octet_length(reference) BETWEEN 1 AND 256),
    campaign_id     bigint REFERENCES campaigns,
    item_id         bigint,
    community_id    bigint REFERENCES communities,
    units           bigint NOT NULL CHECK (units >= 0),
    slots           int NOT NULL,
    CONSTRAINT quotas_of_check CHECK (
        CASE WHEN sku_id IS NOT NULL THEN reference IS NOT NULL AND num_nonnulls(campaign_id, item_id, community_id) = 0
             ELSE campaign_id IS NOT NULL AND reference IS NULL AND (item_id IS NULL) = (community_id IS NULL) END),
    CONSTRAINT quotas_sku_id_reference_key UNIQUE (sku_id, reference)
);
CREATE UNIQUE INDEX quotas_campaign_idx ON quotas (campaign_id, item_id, community_id) NULLS NOT DISTINCT WHERE campaign_id IS NOT NULL;
COMMENT ON TABLE quotas IS
    'What is counted besides the stock of an item in its campaign: a supplier''s pool of an sku for several campaigns, a community''s part '
    'of an item, the capacity of a campaign.';
COMMENT ON COLUMN quotas.reference IS 'The supplier''s own name of a pool.';
COMMENT ON COLUMN quotas.units IS 'Units; orders where the capacity of a campaign is counted in orders.';

CREATE TABLE stock (
    campaign_id bigint NOT NULL,
    stock_id    bigint NOT NULL,
    slot        int NOT NULL,
    free        bigint NOT NULL CONSTRAINT stock_free_check CHECK (free >= 0),
    PRIMARY KEY (campaign_id, stock_id, slot)
) WITH (fillfactor = 40);
COMMENT ON TABLE stock IS 'What is left of stocks and quotas, spread over slots: buyers of a hot item do not queue on one row.';
COMMENT ON COLUMN stock.campaign_id IS '0 for a pool, which belongs to no campaign.';
COMMENT ON COLUMN stock.stock_id IS 'The item, or the quota with its sign turned.';

CREATE FUNCTION slots_for(units bigint)
RETURNS int
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    -- One for a hundred units: with fewer in each, buyers of several units would often have to gather them from all slots.
    SELECT CASE WHEN slots_for.units IS NOT NULL THEN greatest(1, least(s.stock_slots, slots_for.units / 100)) END FROM settings s
$$;
COMMENT ON FUNCTION slots_for(bigint) IS 'Internal. Over how many slots so many units are spread; NULL for NULL.';

CREATE FUNCTION fill_stock(campaign bigint, stock_id bigint, units bigint, slots int)
RETURNS void
LANGUAGE sql SET search_path FROM CURRENT
AS $$
    INSERT INTO stock (campaign_id, stock_id, slot, free)
    SELECT fill_stock.campaign, fill_stock.stock_id, n, fill_stock.units / fill_stock.slots + (n < fill_stock.units % fill_stock.slots)::int
    FROM generate_series(0, fill_stock.slots - 1) n
$$;
COMMENT ON FUNCTION fill_stock(bigint, bigint, bigint, int) IS 'Internal. Lays the units of a new stock into its slots.';

CREATE FUNCTION create_pool(sku bigint, reference text, units bigint)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_quota quotas;
BEGIN
    PERFORM read_committed();
    PERFORM require_reference(reference, 'reference'), require_between(require(units, 'units'), 0, 1000000000000, 'units');
    IF NOT EXISTS (SELECT FROM skus s WHERE s.id = require(sku, 'sku')) THEN
        RAISE EXCEPTION 'sku % does not exist', sku USING ERRCODE = 'KT303';
    END IF;
    INSERT INTO quotas AS q (sku_id, reference, units, slots) VALUES (sku, create_pool.reference, create_pool.units, slots_for(create_pool.units))
    ON CONFLICT ON CONSTRAINT quotas_sku_id_reference_key DO NOTHING RETURNING * INTO v_quota;
    IF FOUND THEN
        PERFORM fill_stock(0, -v_quota.id, v_quota.units, v_quota.slots);
    ELSE
        SELECT * INTO STRICT v_quota FROM quotas q WHERE q.sku_id = sku AND q.reference = create_pool.reference;
    END IF;
    RETURN v_quota.id;
END
$$;
COMMENT ON FUNCTION create_pool(bigint, text, bigint) IS
    'Puts units of an sku into a pool that any number of campaigns may sell from (list_item with pool), and returns its id; the same '
    'reference gives the same pool again, whatever is in it by now. Errors: 22004 null, 22023 units out of bounds, KT303 no such sku.';

CREATE FUNCTION set_capacity(campaign bigint, capacity bigint, capacity_of text DEFAULT 'orders')
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_campaign(campaign, '{draft}');
    PERFORM require_between(require(capacity, 'capacity'), 1, 1000000000000, 'capacity');
    IF require(capacity_of, 'capacity_of') NOT IN ('orders', 'units') THEN
        RAISE EXCEPTION 'a capacity is of orders or units' USING ERRCODE = '22023', DETAIL = format('It is of "%s".', left(capacity_of, 64));
    END IF;
    INSERT INTO quotas AS q (campaign_id, units, slots) VALUES (campaign, capacity, slots_for(capacity))
    ON CONFLICT (campaign_id, item_id, community_id) WHERE campaign_id IS NOT NULL
        DO UPDATE SET units = excluded.units, slots = excluded.slots
    RETURNING q.id INTO v_id;
    DELETE FROM stock s WHERE s.campaign_id = campaign AND s.stock_id = -v_id;
    PERFORM fill_stock(campaign, -v_id, capacity, slots_for(capacity));
    UPDATE campaigns c SET capacity_of = set_capacity.capacity_of, capacity_id = v_id, capacity_slots = slots_for(set_capacity.capacity)
    WHERE c.id = campaign;
END
$$;
COMMENT ON FUNCTION set_capacity(bigint, bigint, text) IS
    'How many orders or units a draft takes at most; when it is filled, orders are refused and close_due_campaigns() closes it. '
    'Errors: 22023 out of bounds, KT301 no draft, KT303 no such campaign.';

CREATE FUNCTION share_out(campaign bigint, item bigint, community bigint, units bigint)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_quota quotas;
BEGIN
    PERFORM read_committed();
    PERFORM require_campaign(campaign, '{draft}');
    PERFORM require_between(require(units, 'units'), 0, 1000000000000, 'units');
    IF NOT EXISTS (SELECT FROM campaign_items i WHERE i.campaign_id = campaign AND i.id = require(item, 'item')) THEN
        RAISE EXCEPTION 'item % does not belong to campaign %', item, campaign USING ERRCODE = 'KT303';
    ELSIF NOT EXISTS (SELECT FROM communities c WHERE c.id = require(community, 'community')) THEN
        RAISE EXCEPTION 'community % does not exist', community USING ERRCODE = 'KT303';
    END IF;
    INSERT INTO quotas AS q (campaign_id, item_id, community_id, units, slots)
    VALUES (campaign, item, community, share_out.units, slots_for(share_out.units))
    ON CONFLICT (campaign_id, item_id, community_id) WHERE campaign_id IS NOT NULL DO NOTHING
    RETURNING * INTO v_quota;
    IF FOUND THEN
        PERFORM fill_stock(campaign, -v_quota.id, v_quota.units, v_quota.slots);
        UPDATE campaign_items i SET shared_out = true WHERE i.id = item AND NOT i.shared_out;
    ELSE
        SELECT * INTO STRICT v_quota FROM quotas q
        WHERE q.campaign_id = campaign AND q.item_id = item AND q.community_id = community;
        IF v_quota.units <> share_out.units THEN
            RAISE EXCEPTION 'community % has another quota of item %', community, item
                USING ERRCODE = 'KT010', DETAIL = format('It is %s.', v_quota.units), HINT = 'Change it with restock().';
        END IF;
    END IF;
    RETURN v_quota.id;
END
$$;
COMMENT ON FUNCTION share_out(bigint, bigint, bigint, bigint) IS
    'Gives a community a quota of an item: it can order so many units and no more, also while the item''s own stock lasts; communities '
    'without a quota share what the stock has. Returns the quota. Errors: 22004 null, 22023 units out of bounds, KT010 another quota, '
    'KT301 no draft, KT303 no such thing.';

CREATE FUNCTION restock(units bigint, campaign bigint DEFAULT NULL, item bigint DEFAULT NULL, quota bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_campaign bigint := coalesce(campaign, 0);
    v_stock bigint := coalesce(item, -quota);
    v_total bigint;
    v_slots int;
    v_wanted int;
BEGIN
    PERFORM read_committed();
    PERFORM require_between(require(units, 'units'), -1000000000000, 1000000000000, 'units');
    IF num_nonnulls(item, quota) <> 1 THEN
        RAISE EXCEPTION 'restock needs an item or a quota' USING ERRCODE = '22004';
    ELSIF item IS NOT NULL THEN
        PERFORM require(campaign, 'campaign');
    END IF;
    IF units > 0 THEN
        -- A bulk intake holds all slots that there are; more come before it or after it.
        LOCK TABLE bulk_gate IN ROW EXCLUSIVE MODE;
    END IF;
    -- The row of the whole orders two changes of it; its slots are taken as orders take them.
    IF item IS NOT NULL THEN
        SELECT i.stock, i.slots INTO v_total, v_slots FROM campaign_items i
        WHERE i.campaign_id = v_campaign AND i.id = item AND i.stock IS NOT NULL FOR NO KEY UPDATE;
    ELSE
        SELECT q.units, q.slots INTO v_total, v_slots FROM quotas q
        WHERE coalesce(q.campaign_id, 0) = v_campaign AND q.id = quota FOR NO KEY UPDATE;
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION '% has no such stock', CASE v_campaign WHEN 0 THEN 'no pool' ELSE format('campaign %s', campaign) END
            USING ERRCODE = 'KT303', DETAIL = format('It is %s.', coalesce(format('item %s', item), format('quota %s', quota)));
    END IF;
    IF units < 0 THEN
        IF NOT draw_stock(v_campaign, v_stock, -units) THEN
            RAISE EXCEPTION 'fewer units are free than are to be taken away'
                USING ERRCODE = 'KT301', DETAIL = format('%s are to be taken away, %s are free.', -units,
                    (SELECT sum(s.free) FROM stock s WHERE s.campaign_id = v_campaign AND s.stock_id = v_stock));
        END IF;
    ELSE
        v_wanted := slots_for(v_total + units);
        IF v_wanted > v_slots THEN
            INSERT INTO stock (campaign_id, stock_id, slot, free) SELECT v_campaign, v_stock, n, 0 FROM generate_series(v_slots, v_wanted - 1) n;
            v_slots := v_wanted;
        END IF;
        UPDATE stock s SET free = s.free + units / v_slots + (s.slot < units % v_slots)::int
        FROM (SELECT k.slot FROM stock k WHERE k.campaign_id = v_campaign AND k.stock_id = v_stock ORDER BY k.slot FOR UPDATE) o
        WHERE s.campaign_id = v_campaign AND s.stock_id = v_stock AND s.slot = o.slot;
    END IF;
    IF item IS NOT NULL THEN
        UPDATE campaign_items i SET stock = i.stock + restock.units, slots = v_slots WHERE i.id = item;
    ELSE
        UPDATE quotas q SET units = q.units + restock.units, slots = v_slots WHERE q.id = quota;
        UPDATE campaigns c SET capacity_slots = v_slots WHERE c.id = v_campaign AND c.capacity_id = quota AND c.capacity_slots <> v_slots;
    END IF;
    RETURN v_total + units;
END
$$;
COMMENT ON FUNCTION restock(bigint, bigint, bigint, bigint) IS
    'Adds units to the stock of an item, to a community''s quota, to a capacity or, without a campaign, to a pool; below zero it takes free '
    'ones away. What grows large is spread over more slots. Returns the new whole, sold units included. Errors: 22004 null, 22023 out of bounds, KT301 fewer are free, KT303 no such stock.';

CREATE FUNCTION draw_stock(campaign bigint, stock_id bigint, units bigint)
RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_slot record;
    v_open bigint := units;
BEGIN
    -- What others have drawn but not committed still counts as free here: too little means sold out.
    IF (SELECT sum(s.free) FROM stock s WHERE s.campaign_id = campaign AND s.stock_id = draw_stock.stock_id) < units THEN
        RETURN false;
    END IF;
    -- All slots, in order: then nobody else holds a unit, and the sum is final.
    PERFORM FROM stock s WHERE s.campaign_id = campaign AND s.stock_id = draw_stock.stock_id ORDER BY s.slot FOR UPDATE;
    IF (SELECT sum(s.free) FROM stock s WHERE s.campaign_id = campaign AND s.stock_id = draw_stock.stock_id) < units THEN
        RETURN false;
    END IF;
    FOR v_slot IN
        SELECT s.slot, s.free FROM stock s
        WHERE s.campaign_id = campaign AND s.stock_id = draw_stock.stock_id AND s.free > 0 ORDER BY s.slot
    LOOP
        UPDATE stock s SET free = s.free - least(v_open, v_slot.free)
        WHERE s.campaign_id = campaign AND s.stock_id = draw_stock.stock_id AND s.slot = v_slot.slot;
        v_open := v_open - least(v_open, v_slot.free);
        EXIT WHEN v_open = 0;
    END LOOP;
    RETURN true;
END
$$;
COMMENT ON FUNCTION draw_stock(bigint, bigint, bigint) IS
    'Internal. Takes units from all slots of a stock when one slot alone has too few; false when it is sold out.';
