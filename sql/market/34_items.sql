/*
 * What a campaign sells, and how much of it there is.
 */

CREATE TABLE campaign_items (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id         bigint NOT NULL REFERENCES campaigns,
    sku_id              bigint NOT NULL REFERENCES skus,
    supplier_id         bigint NOT NULL,
    supply_price        bigint NOT NULL,
    distribution_price  bigint NOT NULL,
    sale_price          bigint NOT NULL,
    floor_price         bigint NOT NULL,
    ceiling_price       bigint NOT NULL,
    rate_id             bigint NOT NULL REFERENCES rates,
    rule                ktt.split NOT NULL CHECK (NOT ktt.needs_volume(rule)),
    payees              bigint[] NOT NULL,
    stock               bigint CHECK (stock >= 0),
    slots               int,
    buyer_limit         bigint CHECK (buyer_limit > 0),
    retired             boolean NOT NULL DEFAULT false,
    CONSTRAINT campaign_items_slots_check CHECK ((slots IS NULL) = (stock IS NULL)),
    CONSTRAINT campaign_items_price_check
        CHECK (0 <= supply_price AND supply_price <= distribution_price AND distribution_price <= sale_price AND sale_price > 0
               AND sale_price <= 1000000000000),
    CONSTRAINT campaign_items_bounds_check CHECK (floor_price <= sale_price AND sale_price <= ceiling_price)
);
CREATE UNIQUE INDEX campaign_items_on_sale_idx ON campaign_items (campaign_id, sku_id, sale_price) WHERE NOT retired;
COMMENT ON TABLE campaign_items IS
    'What a campaign sells. Prices and rule of a row never change: an order that names the item has them frozen; another price is another item.';
COMMENT ON COLUMN campaign_items.floor_price IS 'The supplier''s lowest sale price at the time, as the ceiling is his highest.';
COMMENT ON COLUMN campaign_items.rule IS 'For everybody whose tier or self has none in item_rates. Without ladders: orders carry no volume.';
COMMENT ON COLUMN campaign_items.rate_id IS 'The rate that the rule was.';
COMMENT ON COLUMN campaign_items.payees IS
    'Account per party of the rule, in its order; -1 stands for the sales leader''s and -2 for the steward''s, known when an order comes.';
COMMENT ON COLUMN campaign_items.stock IS 'Units that may be sold; NULL is no limit.';
COMMENT ON COLUMN campaign_items.slots IS 'Rows of stock over which the units are spread.';
COMMENT ON COLUMN campaign_items.buyer_limit IS 'Units that one buyer may have in the campaign; NULL is no limit.';

CREATE FUNCTION refuse_item_change()
RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    RAISE EXCEPTION 'prices and rule of a listed item cannot be changed'
        USING ERRCODE = 'KT301', HINT = 'Retire the item and list it again.';
END
$$;
COMMENT ON FUNCTION refuse_item_change() IS 'Internal. Keeps what placed orders rely on (KT301).';
CREATE TRIGGER campaign_items_frozen
    BEFORE UPDATE OF id, campaign_id, sku_id, supplier_id, supply_price, distribution_price, sale_price,
                     floor_price, ceiling_price, rate_id, rule, payees ON campaign_items
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_item_change();

CREATE TABLE stock (
    campaign_id bigint NOT NULL,
    item_id     bigint NOT NULL,
    slot        int NOT NULL,
    free        bigint NOT NULL CONSTRAINT stock_free_check CHECK (free >= 0),
    PRIMARY KEY (campaign_id, item_id, slot)
) WITH (fillfactor = 40);
COMMENT ON TABLE stock IS 'Free units of an item, spread over slots: buyers of a hot item do not queue on one row.';

CREATE FUNCTION list_item(
    campaign bigint, sku bigint, distribution_price bigint, sale_price bigint,
    stock bigint DEFAULT NULL, buyer_limit bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_campaign campaigns;
    v_offer offers;
    v_supplier bigint;
    v_rate rates;
    v_slots int;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    SELECT * INTO v_campaign FROM campaigns c WHERE c.id = require(campaign, 'campaign') FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'campaign % does not exist', campaign USING ERRCODE = 'KT303';
    ELSIF v_campaign.state NOT IN ('draft', 'open') THEN
        RAISE EXCEPTION 'campaign % is %', campaign, v_campaign.state USING ERRCODE = 'KT301';
    END IF;
    PERFORM require(distribution_price, 'distribution price'), require(sale_price, 'sale price'),
            require_between(stock, 0, 1000000000000, 'stock'), require_between(buyer_limit, 1, 1000000000000, 'limit per buyer');
    SELECT o.* INTO v_offer FROM offers o
    WHERE o.sku_id = require(sku, 'sku') AND o.supply_leader_id = v_campaign.supply_leader_id AND upper_inf(o.period);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'sku % is not offered to supply leader %', sku, v_campaign.supply_leader_id
            USING ERRCODE = 'KT303', HINT = 'The supplier offers it with offer_sku().';
    END IF;
    IF NOT (v_offer.supply_price <= distribution_price AND distribution_price <= sale_price AND sale_price > 0
            AND sale_price BETWEEN v_offer.floor_price AND v_offer.ceiling_price AND sale_price <= 1000000000000) THEN
        RAISE EXCEPTION 'price of sku % is out of bounds', sku
            USING ERRCODE = 'KT302',
                  DETAIL = format('Supply price is %s, distribution price %s, sale price %s; the supplier allows sale prices from %s to %s.',
                                  v_offer.supply_price, distribution_price, sale_price, v_offer.floor_price, v_offer.ceiling_price),
                  HINT = 'Prices rise from supply to distribution to sale, which is at most 1000000000000.';
    END IF;
    SELECT * INTO v_rate FROM choose_rate(v_campaign.supply_leader_id, sku);
    IF v_rate.id IS NULL THEN
        RAISE EXCEPTION 'supply leader % has no split rule for sku %', v_campaign.supply_leader_id, sku
            USING ERRCODE = 'KT303', HINT = 'Put one in force with set_rate().';
    END IF;
    SELECT s.supplier_id INTO STRICT v_supplier FROM skus s WHERE s.id = sku;
    -- A slot per hundred units: with fewer in each, buyers of several units would often have to gather them from all slots.
    INSERT INTO campaign_items AS i (campaign_id, sku_id, supplier_id, supply_price, distribution_price, sale_price,
                                     floor_price, ceiling_price, rate_id, rule, payees, stock, slots, buyer_limit)
    SELECT campaign, sku, v_supplier, v_offer.supply_price, list_item.distribution_price, list_item.sale_price,
           v_offer.floor_price, v_offer.ceiling_price, v_rate.id, v_rate.rule, rule_payees(v_rate.rule, v_supplier, v_campaign.account_id),
           list_item.stock, CASE WHEN list_item.stock IS NOT NULL THEN greatest(1, least(g.stock_slots, list_item.stock / 100)) END, list_item.buyer_limit
    FROM settings g
    ON CONFLICT DO NOTHING
    RETURNING i.id, i.slots INTO v_id, v_slots;
    IF NOT FOUND THEN
        SELECT i.id INTO v_id FROM campaign_items i
        WHERE i.campaign_id = campaign AND i.sku_id = sku AND i.sale_price = list_item.sale_price AND NOT i.retired
          AND (i.distribution_price, i.stock, i.buyer_limit)
              IS NOT DISTINCT FROM (list_item.distribution_price, list_item.stock, list_item.buyer_limit);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'sku % is already listed at % in campaign % on other terms', sku, sale_price, campaign
                USING ERRCODE = 'KT010';
        END IF;
        RETURN v_id;
    END IF;
    PERFORM freeze_item_rates(v_id);
    IF v_campaign.state = 'open' THEN
        PERFORM check_item_rates(v_id);
    END IF;
    IF stock IS NOT NULL THEN
        INSERT INTO stock (campaign_id, item_id, slot, free)
        SELECT campaign, v_id, n, list_item.stock / v_slots + (n < list_item.stock % v_slots)::int
        FROM generate_series(0, v_slots - 1) n;
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION list_item(bigint, bigint, bigint, bigint, bigint, bigint) IS
    'Puts an offered sku into a campaign at a price and returns the item id; the supply price comes from the offer, the split from the '
    'rates in force, all frozen here. Prices in minor units per unit; stock and limit per buyer in units, NULL is no limit. '
    'Errors: KT201 the campaign is open and a rule does not hold for the price, KT301 campaign closed, KT302 price out of bounds, KT303 no offer or rule, KT010 listed on other terms.';

CREATE FUNCTION retire_item(campaign bigint, item bigint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM read_committed();
    UPDATE campaign_items i SET retired = true
    WHERE i.campaign_id = require(campaign, 'campaign') AND i.id = require(item, 'item') AND NOT i.retired;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION retire_item(bigint, bigint) IS 'Takes an item off sale; placed orders keep it. Returns whether it was on sale.';

CREATE FUNCTION publish_campaign(campaign bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_campaign campaigns;
BEGIN
    PERFORM read_committed();
    SELECT * INTO v_campaign FROM campaigns c WHERE c.id = require(campaign, 'campaign') FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'campaign % does not exist', campaign USING ERRCODE = 'KT303';
    ELSIF v_campaign.state = 'open' THEN
        RETURN;
    ELSIF v_campaign.state <> 'draft' THEN
        RAISE EXCEPTION 'campaign % is %', campaign, v_campaign.state USING ERRCODE = 'KT301';
    ELSIF NOT EXISTS (SELECT FROM campaign_items i WHERE i.campaign_id = campaign AND NOT i.retired) THEN
        RAISE EXCEPTION 'campaign % has no items', campaign USING ERRCODE = 'KT301';
    END IF;
    PERFORM check_item_rates(i.id) FROM campaign_items i WHERE i.campaign_id = campaign AND NOT i.retired ORDER BY i.id;
    UPDATE campaigns c SET state = 'open' WHERE c.id = campaign;
END
$$;
COMMENT ON FUNCTION publish_campaign(bigint) IS
    'Opens a draft for orders, when every rule of its items holds for their prices. '
    'Errors: KT201 one does not, DETAIL says of which item and what is missing, KT301 it is closed or has no items, KT303 no such campaign.';
