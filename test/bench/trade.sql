-- A campaign of 700 items with stock, 1000 sales leaders, 300 points and :buyers buyers, and the same in a plain schema. All
-- that the benchmarks of orders know of the market's set-up stands here; ids count from 1, as the scripts of pgbench rely on.

SELECT ktt.create_market() \g /dev/null
SET search_path = market, ktt, public;

SELECT register_member('supplier') AS supplier, register_member('supply leader') AS leader \gset
CREATE TEMP TABLE sellers AS SELECT register_member('sales leader ' || n) AS id FROM generate_series(1, 1000) n;
CREATE TEMP TABLE buyers AS SELECT register_member('buyer ' || n) AS id FROM generate_series(1, :buyers) n;
CREATE TEMP TABLE communities AS SELECT n, add_community('community ' || n) AS id, register_member('steward ' || n) AS steward FROM generate_series(1, 300) n;
CREATE TEMP TABLE points AS
SELECT add_pickup_point(c.id, 'point ' || c.n, ktt.location(121.4 + 0.01 * (c.n % 20), 24.9 + 0.01 * (c.n / 20))) AS id
FROM communities c ORDER BY c.n;
SELECT count(appoint_steward(c.id, c.steward)) FROM communities c \g /dev/null
SELECT set_rate(:leader, 'supplier cost, platform 2% of sale, steward 10% of margin, sales_leader 15% of sale, supply_leader rest') \g /dev/null
SELECT open_wave('wave') AS wave \gset
SELECT create_campaign(:wave, :leader, 'campaign', clock_timestamp() + interval '1 day') AS campaign \gset
CREATE TEMP TABLE listed AS SELECT i.*, add_sku(:supplier, format('item %s', i.id)) AS sku FROM (SELECT * FROM bench.items ORDER BY id) i;
SELECT count(offer_sku(l.sku, :leader, l.supply_price)) FROM listed l \g /dev/null
SELECT bench.expect(count(*) FILTER (WHERE l.id <> l.item) + (SELECT count(*) FROM points p WHERE p.id NOT BETWEEN 1 AND 300), 'ids count from 1')
FROM (SELECT i.id, list_item(:campaign, i.sku, i.distribution_price, i.sale_price, stock => 1000000000) AS item
      FROM (SELECT * FROM listed ORDER BY id) i OFFSET 0) l \g /dev/null
SELECT publish_campaign(:campaign) \g /dev/null
SELECT count(form_partnership(:leader, s.id)) FROM sellers s \g /dev/null
SELECT count(join_campaign(:campaign, s.id)) FROM sellers s \g /dev/null

-- What the scripts are told. Members of one statement have ids in a row.
CREATE TABLE bench.trade AS
SELECT :campaign::bigint AS campaign, :wave::bigint AS wave, :leader::bigint AS leader, :supplier::bigint AS supplier,
       s.low AS first_seller, s.high AS last_seller, b.low AS first_buyer, b.high AS last_buyer
FROM (SELECT min(id) AS low, max(id) AS high FROM sellers) s, (SELECT min(id) AS low, max(id) AS high FROM buyers) b;

CREATE FUNCTION bench.placed() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM market.orders';

CREATE SCHEMA plain;
CREATE TABLE plain.members (id bigint PRIMARY KEY);
INSERT INTO plain.members SELECT id FROM sellers UNION ALL SELECT id FROM buyers;
CREATE TABLE plain.campaigns (id bigint PRIMARY KEY, state text NOT NULL, opens_at timestamptz NOT NULL, closes_at timestamptz NOT NULL);
INSERT INTO plain.campaigns SELECT :campaign, 'open', clock_timestamp(), clock_timestamp() + interval '1 day';
CREATE TABLE plain.sellers (campaign_id bigint, member_id bigint, PRIMARY KEY (campaign_id, member_id));
INSERT INTO plain.sellers SELECT :campaign, id FROM sellers;
CREATE TABLE plain.points (id bigint PRIMARY KEY, open boolean NOT NULL);
INSERT INTO plain.points SELECT id, true FROM points;
CREATE TABLE plain.items (id bigint PRIMARY KEY, campaign_id bigint NOT NULL, price bigint NOT NULL);
INSERT INTO plain.items SELECT id, :campaign, sale_price FROM listed;
CREATE TABLE plain.stock (item_id bigint PRIMARY KEY, free bigint NOT NULL CHECK (free >= 0)) WITH (fillfactor = 40);
INSERT INTO plain.stock SELECT id, 1000000000 FROM listed;
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
SELECT count(o.order_id), count(p.order_id)
FROM bench.trade t CROSS JOIN generate_series(1, 10000) n
CROSS JOIN LATERAL (SELECT ARRAY[1 + n % 233, 234 + n % 239, 480 + n % 211]::bigint[] AS items, ARRAY[1, 1, 2]::bigint[] AS units,
                           t.first_buyer + n % :buyers AS buyer) l
CROSS JOIN LATERAL market.place_order(campaign => t.campaign, buyer => l.buyer, items => l.items, units => l.units,
                                      request => format('first %s', n), point => 1 + n % 300) o
CROSS JOIN LATERAL plain.place_order(campaign => t.campaign, buyer => l.buyer, items => l.items, units => l.units,
                                     request => format('first %s', n), seller => NULL, point => 1 + n % 300) p \g /dev/null
VACUUM (FREEZE, ANALYZE);
