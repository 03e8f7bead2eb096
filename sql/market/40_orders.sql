/*
 * Orders: one row each. Its chain, prices, rule and shares are frozen in it.
 */

CREATE TABLE order_gate ();
COMMENT ON TABLE order_gate IS
    'Always empty. Who writes orders of an open campaign holds ROW EXCLUSIVE on it, who closes takes SHARE: '
    'so everything before the cut-off is finished and nothing after it slips in.';

CREATE TABLE orders (
    campaign_id         bigint NOT NULL,
    id                  bigint GENERATED ALWAYS AS IDENTITY,
    buyer_id            bigint NOT NULL,
    point_id            bigint NOT NULL,
    amount              bigint NOT NULL CHECK (amount > 0),
    seller_account_id   bigint,
    steward_account_id  bigint,
    placed_at           timestamptz NOT NULL,
    paid_at             timestamptz,
    due_at              timestamptz,
    state               text NOT NULL DEFAULT 'placed'
                        CHECK (state IN ('placed', 'paid', 'arrived', 'picked_up', 'completed', 'cancelled', 'expired', 'refunded')),
    chain               ktt.chain NOT NULL,
    basket              ktt.basket NOT NULL,
    shares              ktt.shares NOT NULL,
    refunded            ktt.basket NOT NULL DEFAULT '{}',
    request             text NOT NULL,
    location            ktt.location,
    code_mac            bytea,
    PRIMARY KEY (campaign_id, id),
    CONSTRAINT orders_request_key UNIQUE (campaign_id, buyer_id, request),
    CONSTRAINT orders_basket_check CHECK (ktt.amount(basket) = amount),
    CONSTRAINT orders_shares_check CHECK (ktt.total(shares) = amount),
    CONSTRAINT orders_refunded_check CHECK (basket OPERATOR(ktt.@>) refunded AND refunded OPERATOR(ktt.@>) '{}'),
    CONSTRAINT orders_due_at_check CHECK ((due_at IS NOT NULL) = (state = 'completed'))
) WITH (fillfactor = 80);
CREATE INDEX orders_due_at_idx ON orders (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE orders IS
    'One row per order. No foreign keys: they would lock the campaign''s row once per order; place_order() checks, verify() proves.';
COMMENT ON COLUMN orders.basket IS 'Item to units and amount, prices as listed.';
COMMENT ON COLUMN orders.shares IS 'Account to amount: every line divided by the rule of its item; sums to the amount.';
COMMENT ON COLUMN orders.refunded IS 'What refunds have taken back so far; never more than the basket, by constraint.';
COMMENT ON COLUMN orders.seller_account_id IS 'The sales leader''s account, NULL when the supply leader sells himself.';
COMMENT ON COLUMN orders.steward_account_id IS 'The account of the steward of the day, NULL when the community had none.';
COMMENT ON COLUMN orders.due_at IS 'When the shares become payable; set once, on completion, behind the last settlement.';
COMMENT ON COLUMN orders.request IS 'The buyer''s request key.';
COMMENT ON COLUMN orders.code_mac IS 'Keyed MAC of the pickup code; the code itself is shown once and kept nowhere.';

CREATE TABLE buyer_limits (
    campaign_id bigint NOT NULL,
    item_id     bigint NOT NULL,
    buyer_id    bigint NOT NULL,
    units       bigint NOT NULL CHECK (units >= 0),
    PRIMARY KEY (campaign_id, item_id, buyer_id)
);
COMMENT ON TABLE buyer_limits IS 'Units that a buyer has ordered of limited items: unpaid orders count, cancelled ones give back.';

-- Its body takes the place of the call when a statement is planned.
CREATE FUNCTION divide_line(
    rule ktt.split, payees bigint[], sale bigint, cost bigint, units bigint, seller_account bigint, steward_account bigint)
RETURNS ktt.shares
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ktt.allocate(rule, sale, cost, units, array_replace(array_replace(payees, -1, seller_account), -2, steward_account));
COMMENT ON FUNCTION divide_line(ktt.split, bigint[], bigint, bigint, bigint, bigint, bigint) IS
    'Internal. The shares of one line of an order: the item''s rule and payees, the order''s sales leader and steward in their places.';

CREATE FUNCTION draw_stock(campaign bigint, item bigint, units bigint)
RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_slot record;
    v_open bigint := units;
BEGIN
    -- What others have drawn but not committed still counts as free here: too little means sold out.
    IF (SELECT sum(s.free) FROM stock s WHERE s.campaign_id = campaign AND s.item_id = item) < units THEN
        RETURN false;
    END IF;
    -- All slots, in order: then nobody else holds a unit, and the sum is final.
    PERFORM FROM stock s WHERE s.campaign_id = campaign AND s.item_id = item ORDER BY s.slot FOR UPDATE;
    IF (SELECT sum(s.free) FROM stock s WHERE s.campaign_id = campaign AND s.item_id = item) < units THEN
        RETURN false;
    END IF;
    FOR v_slot IN
        SELECT s.slot, s.free FROM stock s
        WHERE s.campaign_id = campaign AND s.item_id = item AND s.free > 0 ORDER BY s.slot
    LOOP
        UPDATE stock s SET free = s.free - least(v_open, v_slot.free)
        WHERE s.campaign_id = campaign AND s.item_id = item AND s.slot = v_slot.slot;
        v_open := v_open - least(v_open, v_slot.free);
        EXIT WHEN v_open = 0;
    END LOOP;
    RETURN true;
END
$$;
COMMENT ON FUNCTION draw_stock(bigint, bigint, bigint) IS
    'Internal. Takes units from all slots of an item when one slot alone has too few; false when the item is sold out.';

CREATE FUNCTION repeat_order(
    first orders, items bigint[], units bigint[], seller bigint, point bigint, location ktt.location,
    OUT outcome text, OUT order_id bigint, OUT amount bigint, OUT pickup_point bigint)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    v_leader bigint := (ktt.members(first.chain))[1];
    v_seller bigint := (ktt.members(first.chain))[ktt.depth(first.chain)];
    -- It may have been sent elsewhere since.
    v_point bigint := coalesce((SELECT r.from_point FROM reassignments r
                                WHERE r.campaign_id = first.campaign_id AND r.order_id = first.id ORDER BY r.id LIMIT 1), first.point_id);
BEGIN
    IF (SELECT jsonb_object_agg(b.item, b.units) FROM ktt.items(first.basket) b)
           IS DISTINCT FROM (SELECT jsonb_object_agg(l.item, l.units) FROM unnest(items, units) l(item, units))
       OR coalesce(seller, v_leader) <> v_seller
       OR (point IS NOT NULL AND point <> v_point)
       OR (location IS NULL) <> (first.location IS NULL)
       OR ktt.distance(location, first.location) > 0 THEN
        RAISE EXCEPTION 'request key "%" was already used with different arguments', first.request
            USING ERRCODE = 'KT010', HINT = 'Use a new key for a new order.';
    END IF;
    outcome := 'placed';
    order_id := first.id;
    amount := first.amount;
    pickup_point := first.point_id;
END
$$;
COMMENT ON FUNCTION repeat_order(orders, bigint[], bigint[], bigint, bigint, ktt.location) IS
    'Internal. The first outcome of an order that is placed again under its key, and the point where it is by now. Errors: KT010 other arguments.';

CREATE FUNCTION refusal_arguments(items bigint[], units bigint[], seller bigint, point bigint, location ktt.location)
RETURNS jsonb
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT jsonb_build_object('items', items, 'units', units, 'seller', seller, 'point', point,
                              'longitude', ktt.longitude(location), 'latitude', ktt.latitude(location))
$$;
COMMENT ON FUNCTION refusal_arguments(bigint[], bigint[], bigint, bigint, ktt.location) IS
    'Internal. The arguments of an order as they are kept with a refusal.';

CREATE FUNCTION refuse_lines(campaign bigint, items bigint[], units bigint[])
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    v_line record;
BEGIN
    FOR v_line IN
        SELECT l.item, l.units, count(*) OVER (PARTITION BY l.item) AS times, i.id, i.retired
        FROM unnest(items, units) WITH ORDINALITY l(item, units, ordinal)
        LEFT JOIN campaign_items i ON i.id = l.item AND i.campaign_id = campaign ORDER BY l.ordinal
    LOOP
        IF v_line.item IS NULL OR v_line.units IS NULL THEN
            RAISE EXCEPTION 'items and units must not contain nulls' USING ERRCODE = '22004';
        ELSIF v_line.units NOT BETWEEN 1 AND 1000000 THEN
            RAISE EXCEPTION 'units must be between 1 and 1000000'
                USING ERRCODE = '22023', DETAIL = format('Item %s has %s units.', v_line.item, v_line.units);
        ELSIF v_line.times > 1 THEN
            RAISE EXCEPTION 'item % appears more than once', v_line.item USING ERRCODE = '22023';
        ELSIF v_line.id IS NULL THEN
            RAISE EXCEPTION 'item % does not belong to campaign %', v_line.item, campaign USING ERRCODE = 'KT303';
        ELSIF v_line.retired THEN
            RAISE EXCEPTION 'item % is no longer on sale', v_line.item USING ERRCODE = 'KT303';
        END IF;
    END LOOP;
    -- Whatever it was, it was put right meanwhile.
    RAISE EXCEPTION 'items of campaign % changed while the order was placed', campaign
        USING ERRCODE = '40001', HINT = 'Place the order again.';
END
$$;
COMMENT ON FUNCTION refuse_lines(bigint, bigint[], bigint[]) IS 'Internal. Says what is wrong with the lines of an order.';

CREATE FUNCTION place_order(
    campaign bigint, buyer bigint, items bigint[], units bigint[], request text,
    seller bigint DEFAULT NULL, point bigint DEFAULT NULL, location ktt.location DEFAULT NULL,
    OUT outcome text, OUT order_id bigint, OUT amount bigint, OUT pickup_point bigint, OUT code text, OUT item bigint)
-- Planned once, not for every array of items; and by key, because a plan made while a table was empty would read it whole for ever.
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_bitmapscan = off SET enable_hashjoin = off SET jit = off
AS $$
DECLARE
    v_known record;
    v_first orders;
    v_refused jsonb;
    v_chain ktt.chain;
    v_seller_account bigint;
    v_steward_account bigint;
    v_capacity int;
    v_ids bigint[];
    v_units bigint[];
    v_limits bigint[];
    v_slots int[];
    v_basket ktt.basket;
    v_shares ktt.shares;
    v_mac bytea;
    v_taken int;
    v_one_by_one boolean;
    v_all_slots boolean := false;
BEGIN
    IF campaign IS NULL OR buyer IS NULL OR items IS NULL OR units IS NULL OR request IS NULL THEN
        RAISE EXCEPTION 'campaign, buyer, items, units and request must not be null' USING ERRCODE = '22004';
    ELSIF point IS NULL AND location IS NULL THEN
        RAISE EXCEPTION 'order needs a pickup point or a location' USING ERRCODE = '22004';
    ELSIF octet_length(request) NOT BETWEEN 1 AND 128 THEN
        RAISE EXCEPTION 'request key must be between 1 and 128 bytes' USING ERRCODE = '22023';
    ELSIF cardinality(items) NOT BETWEEN 1 AND 1000 OR cardinality(items) <> cardinality(units) THEN
        RAISE EXCEPTION 'order must have between 1 and 1000 lines, each with its units'
            USING ERRCODE = CASE WHEN cardinality(items) > 1000 THEN '54000' ELSE '22023' END,
                  DETAIL = format('It has %s items and %s units.', cardinality(items), cardinality(units));
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM read_committed();
    END IF;

    -- Behind the gate, and not before: a new statement, hence a new view of state and clock.
    LOCK TABLE order_gate IN ROW EXCLUSIVE MODE;

    -- In one statement, because every one costs as much as a line: what became of the key, the campaign, who sells, where to.
    SELECT c.wave_id, c.state, c.opens_at, c.closes_at + c.grace AS ends_at, c.supply_leader_id, s.chain, s.account_id, m.id AS member, g.market,
           o AS first, r.key AS refused, p.id AS point, p.capacity, w.account_id AS steward_account,
           CASE WHEN p.state <> 'open'
                     OR (p.open_days <> 127 AND NOT open_on(p.open_days, (SELECT v.delivery_on FROM waves v WHERE v.id = c.wave_id)))
                THEN 'point_closed'
                WHEN place_order.location IS NOT NULL
                     AND NOT ((p.radius IS NULL OR ktt.within(p.location, place_order.location, p.radius))
                              AND (p.area IS NULL OR ktt.covers(p.area, place_order.location))) THEN 'out_of_reach' END AS objection
      INTO v_known
    FROM campaigns c JOIN settings g ON g.singleton
    LEFT JOIN campaign_sellers s ON s.campaign_id = c.id AND s.member_id = seller
    LEFT JOIN members m ON m.id = buyer
    LEFT JOIN orders o ON o.campaign_id = campaign AND o.buyer_id = buyer AND o.request = place_order.request
    LEFT JOIN requests r ON r.kind = 'place_order' AND r.key = format('%s/%s/%s', campaign, buyer, place_order.request)
    LEFT JOIN pickup_points p ON p.id = place_order.point
    -- ANY keeps to the plain index of current stewards: the constraint's one costs three times as much to open.
    LEFT JOIN stewardships w ON w.community_id = ANY (ARRAY[p.community_id]) AND upper_inf(w.period)
    WHERE c.id = campaign;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'campaign % does not exist', campaign USING ERRCODE = 'KT303';
    END IF;
    v_first := v_known.first;
    IF v_first.id IS NOT NULL THEN
        SELECT r.outcome, r.order_id, r.amount, r.pickup_point INTO outcome, order_id, amount, pickup_point
        FROM repeat_order(v_first, items, units, seller, point, location) r;
        RETURN;
    ELSIF v_known.refused IS NOT NULL THEN
        v_refused := claim_request('place_order', v_known.refused, refusal_arguments(items, units, seller, point, location));
        outcome := v_refused ->> 'outcome';
        item := (v_refused ->> 'item')::bigint;
        RETURN;
    ELSIF v_known.member IS NULL THEN
        RAISE EXCEPTION 'buyer % does not exist', buyer USING ERRCODE = 'KT303', HINT = 'Register the member first.';
    ELSIF point IS NOT NULL AND v_known.point IS NULL THEN
        RAISE EXCEPTION 'pickup point % does not exist', point USING ERRCODE = 'KT303';
    ELSIF seller IS NULL OR seller = v_known.supply_leader_id THEN
        v_chain := ktt.chain(ARRAY[v_known.supply_leader_id]);
    ELSIF v_known.chain IS NULL THEN
        RAISE EXCEPTION 'member % does not sell in campaign %', seller, campaign
            USING ERRCODE = 'KT103', HINT = 'A sales leader joins with join_campaign().';
    ELSE
        v_chain := v_known.chain;
        v_seller_account := v_known.account_id;
    END IF;

    -- Prices, rules and the clock are the market's, never the caller's.
    outcome := CASE
        WHEN v_known.state = 'closed' OR clock_timestamp() >= v_known.ends_at THEN 'closed'
        WHEN v_known.state <> 'open' OR clock_timestamp() < v_known.opens_at THEN 'not_open'
        ELSE v_known.objection END;

    -- Everything is taken or nothing: KT999 undoes the attempt and lets go of every row that it locked, also of those that were
    -- waited for and then had too little. Without an outcome it is made again, on what others have left by then.
    WHILE outcome IS NULL LOOP
        BEGIN
            item := NULL;
            pickup_point := point;
            v_capacity := v_known.capacity;
            v_steward_account := v_known.steward_account;
            IF point IS NULL THEN
                pickup_point := nearest_point(location, v_known.wave_id);
                IF pickup_point IS NULL THEN
                    outcome := why_no_pickup(location, v_known.wave_id);
                    RAISE EXCEPTION USING ERRCODE = 'KT999';
                END IF;
                SELECT p.capacity, w.account_id INTO v_capacity, v_steward_account
                FROM pickup_points p LEFT JOIN stewardships w ON w.community_id = p.community_id AND upper_inf(w.period)
                WHERE p.id = pickup_point;
            END IF;

            -- Sorted once, not by every aggregate.
            SELECT array_agg(o.id), array_agg(o.units), array_agg(o.buyer_limit), array_agg(o.slots),
                   ktt.basket_agg(o.id, o.units, o.units * o.sale_price),
                   sum(divide_line(o.rule, o.payees, o.units * o.sale_price, o.units * o.supply_price, o.units, v_seller_account, v_steward_account))
              INTO v_ids, v_units, v_limits, v_slots, v_basket, v_shares
            FROM (SELECT i.id, i.buyer_limit, i.slots, i.rule, i.payees, i.sale_price, i.supply_price, l.units
                  FROM unnest(items, units) l(item, units)
                  JOIN campaign_items i ON i.id = l.item AND i.campaign_id = campaign AND NOT i.retired
                  WHERE l.units BETWEEN 1 AND 1000000 ORDER BY i.id) o;
            IF cardinality(v_ids) IS DISTINCT FROM cardinality(items) OR ktt.cardinality(v_basket) <> cardinality(items) THEN
                PERFORM refuse_lines(campaign, items, units);
            ELSIF ktt.amount(v_basket) > 10000000000000 THEN
                -- Far above any order, and low enough that no total of a market overflows.
                RAISE EXCEPTION 'amount of the order is out of range'
                    USING ERRCODE = '22003', DETAIL = format('It is %s, maximum is 10000000000000.', ktt.amount(v_basket));
            END IF;

            -- Limits and stock, by rising item id so that two orders queue and never deadlock. Mostly there is only stock, and
            -- one statement takes it all: both sides of the join come by rising item, whichever of them drives it.
            v_one_by_one := v_all_slots OR num_nonnulls(VARIADIC v_limits) > 0;
            IF NOT v_one_by_one THEN
                UPDATE stock s SET free = s.free - l.units
                FROM unnest(v_ids, v_units, v_slots) l(item, units, slots)
                WHERE s.campaign_id = campaign AND s.item_id = l.item
                  AND s.slot = pg_backend_pid() % l.slots AND s.free >= l.units;
                GET DIAGNOSTICS v_taken = ROW_COUNT;
                IF v_taken < num_nonnulls(VARIADIC v_slots) THEN
                    v_all_slots := true;
                    RAISE EXCEPTION USING ERRCODE = 'KT999';
                END IF;
            END IF;
            FOR n IN 1 .. CASE WHEN v_one_by_one THEN cardinality(v_ids) ELSE 0 END LOOP
                item := v_ids[n];
                IF v_limits[n] IS NOT NULL THEN
                    INSERT INTO buyer_limits AS b (campaign_id, item_id, buyer_id, units)
                    SELECT campaign, item, buyer, v_units[n] WHERE v_units[n] <= v_limits[n]
                    ON CONFLICT (campaign_id, item_id, buyer_id)
                        DO UPDATE SET units = b.units + excluded.units WHERE b.units + excluded.units <= v_limits[n];
                    IF NOT FOUND THEN
                        outcome := 'limit';
                        RAISE EXCEPTION USING ERRCODE = 'KT999';
                    END IF;
                END IF;
                IF v_slots[n] > 1 AND v_all_slots THEN
                    IF NOT draw_stock(campaign, item, v_units[n]) THEN
                        outcome := 'sold_out';
                        RAISE EXCEPTION USING ERRCODE = 'KT999';
                    END IF;
                ELSIF v_slots[n] IS NOT NULL THEN
                    UPDATE stock s SET free = s.free - v_units[n]
                    WHERE s.campaign_id = campaign AND s.item_id = place_order.item
                      AND s.slot = pg_backend_pid() % v_slots[n] AND s.free >= v_units[n];
                    IF NOT FOUND THEN
                        v_all_slots := v_slots[n] > 1;
                        outcome := CASE WHEN NOT v_all_slots THEN 'sold_out' END;
                        RAISE EXCEPTION USING ERRCODE = 'KT999';
                    END IF;
                END IF;
            END LOOP;
            item := NULL;

            -- The place at the point, last: its row is the one that most orders share.
            IF v_capacity IS NOT NULL THEN
                INSERT INTO point_loads AS l (wave_id, point_id, parcels)
                SELECT v_known.wave_id, pickup_point, 1 WHERE v_capacity > 0
                ON CONFLICT (wave_id, point_id) DO UPDATE SET parcels = l.parcels + 1 WHERE l.parcels < v_capacity;
                IF NOT FOUND THEN
                    -- Somebody took the last place meanwhile: the next nearest point with room, where none was named.
                    outcome := CASE WHEN point IS NOT NULL THEN 'full' END;
                    RAISE EXCEPTION USING ERRCODE = 'KT999';
                END IF;
            END IF;

            IF can_make_codes() THEN
                code := ktt.new_pickup_code();
                v_mac := ktt.pickup_mac(code, v_known.market);
            END IF;
            INSERT INTO orders AS o (campaign_id, buyer_id, point_id, amount, seller_account_id, steward_account_id, placed_at,
                                     chain, basket, shares, request, location, code_mac)
            VALUES (campaign, buyer, pickup_point, ktt.amount(v_basket), v_seller_account, v_steward_account, clock_timestamp(),
                    v_chain, v_basket, v_shares, place_order.request, place_order.location, v_mac)
            ON CONFLICT ON CONSTRAINT orders_request_key DO NOTHING
            RETURNING o.id, o.amount INTO order_id, amount;
            outcome := CASE WHEN FOUND THEN 'placed' ELSE 'twin' END;
            IF outcome = 'twin' THEN
                RAISE EXCEPTION USING ERRCODE = 'KT999';
            END IF;
            RETURN;
        EXCEPTION WHEN SQLSTATE 'KT999' THEN
            code := NULL;
        END;
    END LOOP;

    -- A twin with the same key may have won meanwhile, and what is missing may be what it took: tell what it was told.
    pickup_point := NULL;
    SELECT * INTO v_first FROM orders o
    WHERE o.campaign_id = campaign AND o.buyer_id = buyer AND o.request = place_order.request;
    IF FOUND THEN
        item := NULL;
        SELECT r.outcome, r.order_id, r.amount, r.pickup_point INTO outcome, order_id, amount, pickup_point
        FROM repeat_order(v_first, items, units, seller, point, location) r;
        RETURN;
    END IF;
    v_refused := claim_request('place_order', format('%s/%s/%s', campaign, buyer, request),
                               refusal_arguments(items, units, seller, point, location));
    IF v_refused IS NULL THEN
        PERFORM finish_request('place_order', format('%s/%s/%s', campaign, buyer, request),
                               jsonb_build_object('outcome', outcome, 'item', item));
    ELSE
        outcome := v_refused ->> 'outcome';
        item := (v_refused ->> 'item')::bigint;
    END IF;
END
$$;
COMMENT ON FUNCTION place_order(bigint, bigint, bigint[], bigint[], text, bigint, bigint, ktt.location) IS
    'Places an order: items and units in parallel arrays, at the prices of the campaign; seller is the sales leader whose copy was used '
    '(NULL: the supply leader himself); the pickup point is given, or the nearest one that serves the location. '
    'Outcomes: placed (order_id, amount in minor units, pickup_point, and the pickup code, which is shown once); '
    'sold_out, limit (item says which), closed, not_open, no_point, out_of_reach, full, point_closed: nothing was taken. '
    'The same buyer and request key give the first outcome again, without the code, with the pickup point where the order is by now. '
    'Errors: 0A000 not READ COMMITTED, 22004 null, 22023 bad lines, KT010 same key with other arguments, KT103 not a seller, '
    'KT201 the rule does not hold for so many units, KT303 no such campaign, buyer, item or point, KT502 and others a broken key file, '
    '54000 over 1000 lines.';
