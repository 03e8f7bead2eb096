/*
 * Placing an order.
 */

CREATE FUNCTION odd_lines(
    campaign bigint, items bigint[], units bigint[], point bigint, seller bigint, tier text, seller_account bigint, steward_account bigint,
    OUT out_of_area bigint, OUT deposit bigint, OUT shares ktt.shares)
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT min(i.id) FILTER (WHERE i.bounded AND NOT in_sales_area(i.sku_id, point)),
           CASE WHEN bool_or(i.deposit IS NOT NULL) THEN sum(o.units * coalesce(i.deposit, i.sale_price)) END::bigint,
           CASE WHEN bool_or(i.rated)
                THEN sum(divide_line(r.rule, r.payees, o.units * i.sale_price, o.units * i.supply_price, o.units, seller_account, steward_account)) END
    FROM unnest(odd_lines.items, odd_lines.units) o(item, units) JOIN campaign_items i ON i.id = o.item
    CROSS JOIN LATERAL line_rule(i.id, seller, tier) r
$$;
COMMENT ON FUNCTION odd_lines(bigint, bigint[], bigint[], bigint, bigint, text, bigint, bigint) IS
    'Internal. What lines that are not plain come to: an item that is not sold at the point, the deposit (NULL: none), and the shares where '
    'tiers or single sales leaders have rules of their own (NULL: those of the items).';

CREATE FUNCTION place_order(
    campaign bigint, buyer bigint, items bigint[], units bigint[], request text,
    seller bigint DEFAULT NULL, point bigint DEFAULT NULL, location ktt.location DEFAULT NULL,
    household bytea DEFAULT NULL, channel text DEFAULT NULL, note text DEFAULT NULL,
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
    v_seller bigint;
    v_attribution text;
    v_own boolean;
    v_household bigint := household_id(household);
    v_deposit bigint;
    v_placed_at timestamptz;
    v_ids bigint[];
    v_units bigint[];
    v_slots int[];
    v_draw record;
    v_plain boolean;
    v_basket ktt.basket;
    v_shares ktt.shares;
    v_mac bytea;
    v_taken int;
    v_all_slots boolean := false;
    v_old_view boolean := current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted');
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
    IF channel IS NOT NULL AND channel <> ALL (enum_range(NULL::order_channel)::text[]) THEN
        RAISE EXCEPTION 'channel must be one of %', array_to_string(enum_range(NULL::order_channel), ', ')
            USING ERRCODE = '22023', DETAIL = format('It is "%s".', left(channel, 64));
    ELSIF octet_length(note) > 2000 THEN
        RAISE EXCEPTION 'note must have at most 2000 bytes' USING ERRCODE = '22023', DETAIL = format('It has %s bytes.', octet_length(note));
    END IF;

    -- Behind the gate, and not before: a new statement, hence a new view of state and clock.
    LOCK TABLE order_gate IN ROW EXCLUSIVE MODE;
    IF v_old_view THEN
        -- A snapshot that is older than the lock still shows the gate open: then its rows have changed, and this says so (40001).
        PERFORM FROM campaigns c WHERE c.id = campaign FOR SHARE;
        PERFORM FROM pickup_points p WHERE p.id = point FOR SHARE;
    END IF;

    -- In one statement, because every one costs as much as a line: what became of the key, the campaign, who sells, where to.
    SELECT c.wave_id, c.state, c.opens_at, c.closes_at + c.grace AS ends_at, c.supply_leader_id, c.owner_id,
           c.limited, c.capacity_id, s.member_id AS seller_id, s.chain, s.account_id, s.tier, m.id AS member,
           o AS first, r.key AS refused, p.id AS point, p.capacity, p.open_days, p.steward_account_id AS steward_account,
           CASE WHEN p.state <> 'open' THEN 'point_closed'
                WHEN place_order.location IS NOT NULL
                     AND NOT ((p.radius IS NULL OR ktt.within(p.location, place_order.location, p.radius))
                              AND (p.area IS NULL OR ktt.covers(p.area, place_order.location))) THEN 'out_of_reach' END AS objection
      INTO v_known
    FROM campaigns c
    LEFT JOIN campaign_sellers s ON s.campaign_id = c.id AND s.member_id = coalesce(seller, c.owner_id)
    LEFT JOIN members m ON m.id = buyer
    LEFT JOIN orders o ON o.campaign_id = campaign AND o.buyer_id = buyer AND o.request = place_order.request
    LEFT JOIN requests r ON r.kind = 'place_order' AND r.key = format('%s/%s/%s', campaign, buyer, place_order.request)
    LEFT JOIN pickup_points p ON p.id = place_order.point
    WHERE c.id = campaign;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'campaign % does not exist', campaign USING ERRCODE = 'KT303';
    END IF;
    v_first := v_known.first;
    IF v_first.id IS NOT NULL THEN
        SELECT r.outcome, r.order_id, r.amount, r.pickup_point INTO outcome, order_id, amount, pickup_point
        FROM repeat_order(v_first, items, units, seller, point, location, household, channel, note) r;
        RETURN;
    ELSIF v_known.refused IS NOT NULL THEN
        v_refused := claim_request('place_order', v_known.refused, refusal_arguments(items, units, seller, point, location, household, channel, note));
        outcome := v_refused ->> 'outcome';
        item := (v_refused ->> 'item')::bigint;
        RETURN;
    ELSIF v_known.member IS NULL THEN
        RAISE EXCEPTION 'buyer % does not exist', buyer USING ERRCODE = 'KT303', HINT = 'Register the member first.';
    ELSIF point IS NOT NULL AND v_known.point IS NULL THEN
        RAISE EXCEPTION 'pickup point % does not exist', point USING ERRCODE = 'KT303';
    ELSIF seller IS NOT NULL AND seller <> v_known.supply_leader_id AND v_known.chain IS NULL THEN
        RAISE EXCEPTION 'member % does not sell in campaign %', seller, campaign
            USING ERRCODE = 'KT103', HINT = 'A sales leader joins with join_campaign().';
    END IF;
    IF seller IS NULL OR seller = buyer THEN
        SELECT g.attribution, g.own_purchase INTO STRICT v_attribution, v_own FROM settings g WHERE g.singleton;
    END IF;
    IF v_attribution <> 'link' AND seller IS NULL AND v_known.owner_id IS NULL THEN
        SELECT s.member_id, s.chain, s.account_id, s.tier INTO v_known.seller_id, v_known.chain, v_known.account_id, v_known.tier
        FROM campaign_sellers s
        WHERE s.campaign_id = campaign AND s.member_id = attributed_seller(campaign, v_known.supply_leader_id, buyer);
    END IF;
    IF v_known.seller_id IS NULL OR (v_known.seller_id = buyer AND NOT v_own) THEN
        v_seller := v_known.supply_leader_id;
        v_chain := ktt.chain(ARRAY[v_known.supply_leader_id]);
        v_known.tier := NULL;
    ELSE
        v_seller := v_known.seller_id;
        v_chain := v_known.chain;
        v_seller_account := v_known.account_id;
    END IF;

    -- Prices, rules and the clock are the market's, never the caller's. One look at it: an order that was in time is not stamped late.
    v_placed_at := clock_timestamp();
    outcome := CASE
        WHEN v_known.state NOT IN ('draft', 'open') OR v_placed_at >= v_known.ends_at THEN 'closed'
        WHEN v_known.state = 'draft' OR v_placed_at < v_known.opens_at THEN 'not_open'
        ELSE v_known.objection END;

    IF outcome IS NULL AND v_known.open_days <> 127
       AND NOT open_on(v_known.open_days, (SELECT w.delivery_on FROM waves w WHERE w.id = v_known.wave_id)) THEN
        outcome := 'point_closed';
    END IF;

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
                IF v_old_view THEN
                    PERFORM FROM pickup_points p WHERE p.id = pickup_point FOR SHARE;
                END IF;
                SELECT p.capacity, p.steward_account_id INTO v_capacity, v_steward_account FROM pickup_points p WHERE p.id = pickup_point;
            END IF;

            -- Sorted once, not by every aggregate.
            SELECT array_agg(o.id), array_agg(o.units), array_agg(o.slots), bool_and(o.plain),
                   ktt.basket_agg(o.id, o.units, o.units * o.sale_price),
                   sum(divide_line(o.rule, o.payees, o.units * o.sale_price, o.units * o.supply_price, o.units, v_seller_account, v_steward_account))
              INTO v_ids, v_units, v_slots, v_plain, v_basket, v_shares
            FROM (SELECT i.id, i.slots, i.plain, i.rule, i.payees, i.sale_price, i.supply_price, l.units
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
            -- Limits, then stock, each by rising id, so that two orders queue and never deadlock.
            IF NOT v_plain OR v_known.limited THEN
                SELECT x.out_of_area, x.deposit, coalesce(x.shares, v_shares) INTO item, v_deposit, v_shares
                FROM odd_lines(campaign, v_ids, v_units, pickup_point, v_seller, v_known.tier, v_seller_account, v_steward_account) x;
                IF item IS NOT NULL THEN
                    outcome := 'out_of_area';
                    RAISE EXCEPTION USING ERRCODE = 'KT999';
                END IF;
                SELECT CASE WHEN x.refused THEN 'limit' END, x.item INTO outcome, item
                FROM take_limits(campaign, v_ids, v_units, buyer, v_household, pickup_point, v_seller, v_placed_at) x;
                IF outcome IS NOT NULL THEN
                    RAISE EXCEPTION USING ERRCODE = 'KT999';
                END IF;
            END IF;
            -- Mostly one statement takes it all: both sides of the join come by rising item, whichever of them drives it.
            IF v_plain AND v_known.capacity_id IS NULL AND NOT v_all_slots THEN
                UPDATE stock s SET free = s.free - l.units
                FROM unnest(v_ids, v_units, v_slots) l(item, units, slots)
                WHERE s.campaign_id = campaign AND s.stock_id = l.item
                  AND s.slot = pg_backend_pid() % l.slots AND s.free >= l.units;
                GET DIAGNOSTICS v_taken = ROW_COUNT;
                IF v_taken < num_nonnulls(VARIADIC v_slots) THEN
                    v_all_slots := true;
                    RAISE EXCEPTION USING ERRCODE = 'KT999';
                END IF;
            ELSE
                FOR v_draw IN SELECT * FROM draws_of(campaign, v_ids, v_units, pickup_point) LOOP
                    item := v_draw.item;
                    IF v_draw.slots > 1 AND v_all_slots THEN
                        IF NOT draw_stock(v_draw.campaign_id, v_draw.stock_id, v_draw.units) THEN
                            outcome := CASE WHEN item IS NULL THEN 'filled' ELSE 'sold_out' END;
                            RAISE EXCEPTION USING ERRCODE = 'KT999';
                        END IF;
                    ELSE
                        UPDATE stock s SET free = s.free - v_draw.units
                        WHERE s.campaign_id = v_draw.campaign_id AND s.stock_id = v_draw.stock_id
                          AND s.slot = pg_backend_pid() % v_draw.slots AND s.free >= v_draw.units;
                        IF NOT FOUND THEN
                            v_all_slots := v_draw.slots > 1;
                            outcome := CASE WHEN v_all_slots THEN NULL WHEN item IS NULL THEN 'filled' ELSE 'sold_out' END;
                            RAISE EXCEPTION USING ERRCODE = 'KT999';
                        END IF;
                    END IF;
                END LOOP;
                item := NULL;
            END IF;

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
                v_mac := ktt.pickup_mac(code, market_id());
            END IF;
            INSERT INTO orders AS o (campaign_id, buyer_id, point_id, amount, seller_account_id, steward_account_id, placed_at,
                                     chain, basket, shares, request, location, code_mac, deposit, household, channel, note)
            VALUES (campaign, buyer, pickup_point, ktt.amount(v_basket), v_seller_account, v_steward_account, v_placed_at,
                    v_chain, v_basket, v_shares, place_order.request, place_order.location, v_mac, v_deposit, v_household,
                    place_order.channel::order_channel, place_order.note)
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
        FROM repeat_order(v_first, items, units, seller, point, location, household, channel, note) r;
        RETURN;
    END IF;
    v_refused := claim_request('place_order', format('%s/%s/%s', campaign, buyer, request),
                               refusal_arguments(items, units, seller, point, location, household, channel, note));
    IF v_refused IS NULL THEN
        PERFORM finish_request('place_order', format('%s/%s/%s', campaign, buyer, request),
                               jsonb_build_object('outcome', outcome, 'item', item));
    ELSE
        outcome := v_refused ->> 'outcome';
        item := (v_refused ->> 'item')::bigint;
    END IF;
END
$$;
COMMENT ON FUNCTION place_order(bigint, bigint, bigint[], bigint[], text, bigint, bigint, ktt.location, bytea, text, text) IS
    'Places an order: items and units in parallel arrays, at the prices of the campaign, of any number of suppliers. Seller is the sales leader '
    'whose link was used; without a link it is the owner of a community-led campaign, else whom the buyer is attributed to, else the supply '
    'leader himself. The pickup point is given, or the nearest one that serves the location. Household is the application''s hash of the address, for '
    'limits per household; channel is group, moments, account, mini_programme or other; the note is for the steward. '
    'Outcomes: placed (order_id, amount in minor units, pickup_point, and the pickup code, which is shown once); '
    'sold_out, limit, out_of_area (item says which), filled (the campaign''s capacity), closed, not_open, no_point, out_of_reach, full, '
    'point_closed: nothing was taken. '
    'The same buyer and request key give the first outcome again, without the code, with the pickup point where the order is by now. '
    'It works at every isolation level; above READ COMMITTED it may have to be repeated (40001). '
    'Errors: 22004 null, 22023 bad lines, household, channel or note, KT010 same key with other arguments, KT103 not a seller, '
    'KT303 no such campaign, buyer, item or point, KT502 and others a broken key file, '
    '54000 over 1000 lines.';
