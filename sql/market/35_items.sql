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
    pool_id             bigint REFERENCES quotas,
    shared_out          boolean NOT NULL DEFAULT false,
    limited             boolean NOT NULL DEFAULT false,
    bounded             boolean NOT NULL DEFAULT false,
    rated               boolean NOT NULL DEFAULT false,
    deposit             bigint CHECK (deposit > 0 AND deposit <= sale_price),
    plain               boolean GENERATED ALWAYS AS
                        (pool_id IS NULL AND deposit IS NULL AND NOT (shared_out OR limited OR bounded OR rated)) STORED,
    retired             boolean NOT NULL DEFAULT false,
    CONSTRAINT campaign_items_slots_check CHECK ((slots IS NULL) = (stock IS NULL)),
    CONSTRAINT campaign_items_price_check
        CHECK (0 <= supply_price AND supply_price <= distribution_price AND distribution_price <= sale_price AND sale_price > 0
               AND sale_price <= 1000000000000),
    CONSTRAINT campaign_items_bounds_check CHECK (floor_price <= sale_price AND sale_price <= ceiling_price)
);
CREATE UNIQUE INDEX campaign_items_on_sale_idx ON campaign_items (campaign_id, sku_id, sale_price) WHERE NOT retired;
CREATE INDEX campaign_items_supplier_id_idx ON campaign_items (supplier_id, id);
COMMENT ON TABLE campaign_items IS
    'What a campaign sells. Prices and rule of a row never change: an order that names the item has them frozen; another price is another item.';
COMMENT ON COLUMN campaign_items.floor_price IS 'The supplier''s lowest sale price at the time, as the ceiling is his highest.';
COMMENT ON COLUMN campaign_items.rule IS 'For everybody whose tier or self has none in item_rates. Without ladders: orders carry no volume.';
COMMENT ON COLUMN campaign_items.rate_id IS 'The rate that the rule was.';
COMMENT ON COLUMN campaign_items.payees IS
    'Account per party of the rule, in its order; -1 stands for the sales leader''s and -2 for the steward''s, known when an order comes.';
COMMENT ON COLUMN campaign_items.stock IS 'Units that may be sold; NULL is no limit.';
COMMENT ON COLUMN campaign_items.slots IS 'Rows of stock over which the units are spread.';
COMMENT ON COLUMN campaign_items.pool_id IS 'The supplier''s pool that the units come from besides, with those of other campaigns; NULL is none.';
COMMENT ON COLUMN campaign_items.shared_out IS 'Whether communities have quotas of it.';
COMMENT ON COLUMN campaign_items.limited IS 'Whether limits hold for it.';
COMMENT ON COLUMN campaign_items.bounded IS 'Whether its sku has a sales area; set_sales_area() keeps it so.';
COMMENT ON COLUMN campaign_items.rated IS 'Whether single sales leaders or tiers have rules of their own for it.';
COMMENT ON COLUMN campaign_items.plain IS 'Nothing has to be looked at but its price, rule and stock.';
COMMENT ON COLUMN campaign_items.deposit IS 'What is to be paid at once per unit in a presale, in minor units; NULL is everything.';

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

CREATE FUNCTION list_item(
    campaign bigint, sku bigint, distribution_price bigint, sale_price bigint,
    stock bigint DEFAULT NULL, buyer_limit bigint DEFAULT NULL, pool bigint DEFAULT NULL, deposit bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_campaign campaigns;
    v_offer offers;
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
            require_between(stock, 0, 1000000000000, 'stock'), require_between(buyer_limit, 1, 1000000000000, 'limit per buyer'),
            require_between(deposit, 1, sale_price, 'deposit');
    -- A draft is asked when it is published.
    IF v_campaign.kind = 'flash' AND v_campaign.state = 'open' AND stock IS NULL THEN
        RAISE EXCEPTION 'every item of a flash sale needs a stock' USING ERRCODE = 'KT301', DETAIL = format('Sku %s would have none in campaign %s.', sku, campaign);
    ELSIF deposit IS NOT NULL AND v_campaign.kind <> 'presale' THEN
        RAISE EXCEPTION 'only items of a presale have a deposit' USING ERRCODE = '22023', DETAIL = format('Campaign %s is of kind %s.', campaign, v_campaign.kind);
    ELSIF pool IS NOT NULL AND NOT EXISTS (SELECT FROM quotas q WHERE q.id = pool AND q.sku_id = sku) THEN
        RAISE EXCEPTION 'pool % of sku % does not exist', pool, sku USING ERRCODE = 'KT303', HINT = 'Make one with create_pool().';
    END IF;
    -- Behind an offer or a sales area that is being set, or before it: then that finds this item.
    PERFORM FROM skus s WHERE s.id = require(sku, 'sku') FOR SHARE;
    SELECT o.* INTO v_offer FROM offers o
    WHERE o.sku_id = sku AND o.supply_leader_id = v_campaign.supply_leader_id AND upper_inf(o.period);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'sku % is not offered to supply leader %', sku, v_campaign.supply_leader_id
            USING ERRCODE = 'KT303', HINT = 'The supplier offers it with offer_sku().';
    END IF;
    IF EXISTS (SELECT FROM campaign_sellers c JOIN skus s ON s.id = sku AND s.supplier_id = c.member_id WHERE c.campaign_id = campaign) THEN
        RAISE EXCEPTION 'supplier of sku % sells in campaign %', sku, campaign
            USING ERRCODE = 'KT102', HINT = 'Nobody stands twice in a chain: not as its supplier and as a sales leader.';
    END IF;
    -- Who chooses his own sale price gets the goods at the price that the supply leader has set.
    IF v_campaign.owner_id IS NOT NULL AND distribution_price IS DISTINCT FROM v_offer.distribution_price THEN
        RAISE EXCEPTION 'distribution price of sku % is not what the supply leader gives it on for', sku
            USING ERRCODE = 'KT302', DETAIL = format('It would be %s; the offer says %s.', distribution_price, coalesce(v_offer.distribution_price::text, 'nothing'));
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
    INSERT INTO campaign_items AS i (campaign_id, sku_id, supplier_id, supply_price, distribution_price, sale_price,
                                     floor_price, ceiling_price, rate_id, rule, payees, stock, slots, pool_id, bounded, deposit)
    SELECT campaign, sku, s.supplier_id, v_offer.supply_price, list_item.distribution_price, list_item.sale_price,
           v_offer.floor_price, v_offer.ceiling_price, v_rate.id, v_rate.rule, rule_payees(v_rate.rule, s.supplier_id, v_campaign.account_id),
           list_item.stock, slots_for(list_item.stock), list_item.pool, s.bounded, list_item.deposit
    FROM skus s WHERE s.id = sku
    ON CONFLICT DO NOTHING
    RETURNING i.id, i.slots INTO v_id, v_slots;
    IF NOT FOUND THEN
        SELECT i.id INTO v_id FROM campaign_items i
        LEFT JOIN limits l ON l.campaign_id = campaign AND l.item_id = i.id AND l.scope = 'buyer' AND NOT l.per_day
        WHERE i.campaign_id = campaign AND i.sku_id = sku AND i.sale_price = list_item.sale_price AND NOT i.retired
          AND (i.distribution_price, i.stock, l.units, i.pool_id, i.deposit)
              IS NOT DISTINCT FROM (list_item.distribution_price, list_item.stock, list_item.buyer_limit, list_item.pool, list_item.deposit);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'sku % is already listed at % in campaign % on other terms', sku, sale_price, campaign
                USING ERRCODE = 'KT010';
        END IF;
        RETURN v_id;
    END IF;
    PERFORM freeze_item_rates(v_id);
    UPDATE campaign_items i SET rated = true WHERE i.id = v_id AND EXISTS (SELECT FROM item_rates r WHERE r.item_id = v_id);
    IF v_campaign.state = 'open' THEN
        PERFORM check_item_rates(v_id);
    END IF;
    IF stock IS NOT NULL THEN
        PERFORM fill_stock(campaign, v_id, list_item.stock, v_slots);
    END IF;
    IF buyer_limit IS NOT NULL THEN
        PERFORM put_limit(campaign, v_id, 'buyer', false, buyer_limit);
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION list_item(bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint) IS
    'Puts an offered sku into a campaign at a price and returns the item id; the supply price comes from the offer, the split from the '
    'rates in force, all frozen here. Prices in minor units per unit; stock and limit per buyer in units, NULL is no limit; '
    'the pool is shared with other campaigns and gives its units besides; the deposit of a presale is per unit. '
    'Errors: KT102 the supplier is a sales leader of the campaign, KT201 the campaign is open and a rule does not hold for the price, KT301 campaign closed, or an open flash sale and no stock, KT302 price out of bounds, KT303 no offer or rule, KT010 listed on other terms.';

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
    v_campaign := require_campaign(campaign, '{draft,open}');
    IF v_campaign.state = 'open' THEN
        RETURN;
    ELSIF v_campaign.kind = 'interest' THEN
        RAISE EXCEPTION 'campaign % waits for the interest of buyers', campaign
            USING ERRCODE = 'KT301', HINT = 'decide_interest() opens it, or lets it fail.';
    ELSIF v_campaign.kind = 'flash' AND EXISTS (SELECT FROM campaign_items i WHERE i.campaign_id = campaign AND NOT i.retired AND i.stock IS NULL) THEN
        RAISE EXCEPTION 'every item of a flash sale needs a stock'
            USING ERRCODE = 'KT301', DETAIL = format('Item %s of campaign %s has none.', (SELECT min(i.id) FROM campaign_items i
                WHERE i.campaign_id = campaign AND NOT i.retired AND i.stock IS NULL), campaign);
    ELSIF NOT EXISTS (SELECT FROM campaign_items i WHERE i.campaign_id = campaign AND NOT i.retired) THEN
        RAISE EXCEPTION 'campaign % has no items', campaign USING ERRCODE = 'KT301';
    END IF;
    PERFORM check_item_rates(i.id) FROM campaign_items i WHERE i.campaign_id = campaign AND NOT i.retired ORDER BY i.id;
    PERFORM move_campaign(campaign, 'open', 'published');
END
$$;
COMMENT ON FUNCTION publish_campaign(bigint) IS
    'Opens a draft for orders, when every rule of its items holds for their prices. '
    'Errors: KT201 one does not, DETAIL says of which item and what is missing, KT301 it is closed, has no items, or a flash sale has one without stock, KT303 no such campaign.';
