-- A campaign of 700 items with stock, and the same in a plain schema.

SELECT ktt.create_market() \g /dev/null
SET search_path = market, ktt, public;

SELECT register_member('supplier') AS supplier, register_member('supply leader') AS leader \gset
SELECT count(register_member('sales leader ' || n)) FROM generate_series(1, 1000) n \g /dev/null
SELECT count(register_member('steward ' || n)) FROM generate_series(1, 300) n \g /dev/null
INSERT INTO members (reference) SELECT 'buyer ' || n FROM generate_series(1, :buyers) n;
SELECT count(add_pickup_point(add_community('community ' || n), 'point ' || n, ktt.location(121.4 + 0.01 * (n % 20), 24.9 + 0.01 * (n / 20)))),
       count(appoint_steward(add_community('community ' || n), register_member('steward ' || n)))
FROM generate_series(1, 300) n \g /dev/null
SELECT set_rate(:leader, 'supplier cost, platform 2% of sale, steward 10% of margin, sales_leader 15% of sale, supply_leader rest') \g /dev/null
SELECT create_campaign(open_wave('wave'), :leader, 'campaign', clock_timestamp() + interval '1 day') AS campaign \gset
SELECT count(offer_sku(add_sku(:supplier, format('item %s', i.id)), :leader, i.supply_price)) FROM bench.items i \g /dev/null
SELECT count(list_item(:campaign, k.id, i.distribution_price, i.sale_price, stock => 1000000000))
FROM (SELECT * FROM bench.items ORDER BY id) i JOIN skus k ON k.reference = format('item %s', i.id) \g /dev/null
SELECT publish_campaign(:campaign) \g /dev/null
SELECT count(form_partnership(:leader, register_member('sales leader ' || n))), count(join_campaign(:campaign, register_member('sales leader ' || n)))
FROM generate_series(1, 1000) n \g /dev/null

CREATE SCHEMA plain;
CREATE TABLE plain.members AS SELECT id FROM members;
ALTER TABLE plain.members ADD PRIMARY KEY (id);
CREATE TABLE plain.campaigns AS SELECT id, state, opens_at, closes_at FROM campaigns;
ALTER TABLE plain.campaigns ADD PRIMARY KEY (id);
CREATE TABLE plain.sellers AS SELECT campaign_id, member_id FROM campaign_sellers;
ALTER TABLE plain.sellers ADD PRIMARY KEY (campaign_id, member_id);
CREATE TABLE plain.points AS SELECT id, state = 'open' AS open FROM pickup_points;
ALTER TABLE plain.points ADD PRIMARY KEY (id);
CREATE TABLE plain.items AS SELECT id, campaign_id, sale_price AS price FROM campaign_items;
ALTER TABLE plain.items ADD PRIMARY KEY (id);
CREATE TABLE plain.stock (item_id bigint PRIMARY KEY, free bigint NOT NULL CHECK (free >= 0)) WITH (fillfactor = 40);
INSERT INTO plain.stock SELECT id, stock FROM campaign_items;
CREATE TABLE plain.orders (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id bigint NOT NULL,
    buyer_id    bigint NOT NULL,
    seller_id   bigint,
    point_id    bigint NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    placed_at   timestamptz NOT NULL,
    state       text NOT NULL DEFAULT 'placed' CHECK (state IN ('placed', 'paid', 'completed', 'cancelled')),
    request     text NOT NULL,
    UNIQUE (campaign_id, buyer_id, request)
);
CREATE TABLE plain.lines (
    order_id    bigint,
    item_id     bigint,
    units       bigint NOT NULL CHECK (units > 0),
    amount      bigint NOT NULL,
    PRIMARY KEY (order_id, item_id)
);

-- The same outcomes, but no split, no chain, no pickup code and no cut-off gate. No foreign keys either, as in ktt.
CREATE FUNCTION plain.place_order(campaign bigint, buyer bigint, items bigint[], units bigint[], request text, seller bigint, point bigint,
                                  OUT outcome text, OUT order_id bigint, OUT amount bigint)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_campaign record;
    v_ids bigint[];
    v_units bigint[];
    v_amounts bigint[];
    v_taken int := 0;
BEGIN
    SELECT 'placed', o.id, o.amount INTO outcome, order_id, amount
    FROM plain.orders o WHERE o.campaign_id = campaign AND o.buyer_id = buyer AND o.request = place_order.request;
    IF FOUND THEN
        RETURN;
    END IF;
    SELECT c.state, c.opens_at, c.closes_at, m.id AS member, s.member_id AS seller, p.open INTO v_campaign
    FROM plain.campaigns c
    LEFT JOIN plain.members m ON m.id = buyer
    LEFT JOIN plain.sellers s ON s.campaign_id = c.id AND s.member_id = place_order.seller
    LEFT JOIN plain.points p ON p.id = point
    WHERE c.id = campaign;
    IF NOT FOUND OR v_campaign.member IS NULL OR v_campaign.open IS NULL OR (seller IS NOT NULL AND v_campaign.seller IS NULL) THEN
        RAISE EXCEPTION 'no such campaign, buyer, seller or point';
    ELSIF v_campaign.state <> 'open' OR clock_timestamp() NOT BETWEEN v_campaign.opens_at AND v_campaign.closes_at THEN
        outcome := 'closed';
        RETURN;
    ELSIF NOT v_campaign.open THEN
        outcome := 'point_closed';
        RETURN;
    END IF;
    SELECT array_agg(o.id), array_agg(o.units), array_agg(o.amount), sum(o.amount) INTO v_ids, v_units, v_amounts, amount
    FROM (SELECT i.id, l.units, l.units * i.price AS amount
          FROM unnest(items, units) l(item, units) JOIN plain.items i ON i.id = l.item AND i.campaign_id = campaign
          WHERE l.units > 0 ORDER BY i.id) o;
    IF cardinality(v_ids) IS DISTINCT FROM cardinality(items) THEN
        RAISE EXCEPTION 'no such item';
    END IF;
    -- By rising id, so that two orders never deadlock.
    FOR n IN 1 .. cardinality(v_ids) LOOP
        UPDATE plain.stock s SET free = s.free - v_units[n] WHERE s.item_id = v_ids[n] AND s.free >= v_units[n];
        IF NOT FOUND THEN
            outcome := 'sold_out';
            EXIT;
        END IF;
        v_taken := n;
    END LOOP;
    IF outcome IS NULL THEN
        INSERT INTO plain.orders AS o (campaign_id, buyer_id, seller_id, point_id, amount, placed_at, request)
        VALUES (campaign, buyer, seller, point, place_order.amount, clock_timestamp(), place_order.request)
        ON CONFLICT DO NOTHING RETURNING o.id INTO order_id;
        IF FOUND THEN
            FOR n IN 1 .. cardinality(v_ids) LOOP
                INSERT INTO plain.lines (order_id, item_id, units, amount)
                VALUES (place_order.order_id, v_ids[n], v_units[n], v_amounts[n]);
            END LOOP;
            outcome := 'placed';
            RETURN;
        END IF;
    END IF;
    FOR n IN 1 .. v_taken LOOP
        UPDATE plain.stock s SET free = s.free + v_units[n] WHERE s.item_id = v_ids[n];
    END LOOP;
    IF outcome IS NULL THEN
        SELECT 'placed', o.id, o.amount INTO outcome, order_id, amount
        FROM plain.orders o WHERE o.campaign_id = campaign AND o.buyer_id = buyer AND o.request = place_order.request;
    ELSE
        amount := NULL;
    END IF;
END
$$;

-- Both sides have orders already: a plan made for an empty table would scan it for as long as its session lasts.
SELECT min(id) AS buyer FROM members WHERE reference LIKE 'buyer %' \gset
SELECT count(o.order_id), count(p.order_id)
FROM generate_series(1, 10000) n
CROSS JOIN LATERAL (SELECT ARRAY[1 + n % 233, 234 + n % 239, 480 + n % 211]::bigint[] AS items, ARRAY[1, 1, 2]::bigint[] AS units) l
CROSS JOIN LATERAL market.place_order(:campaign, :buyer + n % :buyers, l.items, l.units, format('first %s', n), point => 1 + n % 300) o
CROSS JOIN LATERAL plain.place_order(:campaign, :buyer + n % :buyers, l.items, l.units, format('first %s', n), NULL, 1 + n % 300) p \g /dev/null
VACUUM (FREEZE, ANALYZE);
