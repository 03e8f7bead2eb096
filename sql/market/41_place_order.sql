/*
 * Placing an order.
 */

CREATE FUNCTION odd_lines(
    campaign bigint, items bigint[], units bigint[], point bigint, seller bigint, tier text, seller_account bigint, steward_account bigint,
    OUT out_of_area bigint, OUT deposit bigint, OUT shares ktt.shares)
LANGUAGE sql STABLE SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET jit = off
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

CREATE FUNCTION check_order(
    campaign bigint, buyer bigint, items bigint[], units bigint[], request text, point bigint, location ktt.location, channel text, note text)
RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path FROM CURRENT
AS $$
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
END
$$;
COMMENT ON FUNCTION check_order(bigint, bigint, bigint[], bigint[], text, bigint, ktt.location, text, text) IS
    'Internal. Refuses arguments that no order can have. Errors: 22004 null, 22023 out of bounds, 54000 over 1000 lines.';

CREATE FUNCTION hold_view(campaign bigint, point bigint)
RETURNS void
LANGUAGE sql SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
    -- A snapshot that is older than the lock still shows the gate open: then its rows have changed, and this says so (40001).
    SELECT FROM campaigns c WHERE c.id = campaign FOR SHARE;
    SELECT FROM pickup_points p WHERE p.id = point FOR SHARE;
$$;
COMMENT ON FUNCTION hold_view(bigint, bigint) IS
    'Internal. Above READ COMMITTED: a campaign and a point are as the transaction sees them, until it ends (40001 where not).';

CREATE FUNCTION draw_lines(
    campaign bigint, items bigint[], units bigint[], point bigint, all_slots boolean, OUT outcome text, OUT item bigint)
-- Planned once, not for every array of items; and by key, because a plan made while a table was empty would read it whole for ever.
LANGUAGE plpgsql SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_bitmapscan = off SET enable_hashjoin = off SET jit = off
AS $$
DECLARE
    v_draw record;
BEGIN
    FOR v_draw IN SELECT * FROM draws_of(campaign, items, units, point) LOOP
        item := v_draw.item;
        IF v_draw.slots > 1 AND all_slots THEN
            IF NOT draw_stock(v_draw.campaign_id, v_draw.stock_id, v_draw.units) THEN
                outcome := CASE WHEN item IS NULL THEN 'filled' ELSE 'sold_out' END;
                RETURN;
            END IF;
        ELSE
            UPDATE stock s SET free = s.free - v_draw.units
            WHERE s.campaign_id = v_draw.campaign_id AND s.stock_id = v_draw.stock_id
              AND s.slot = pg_backend_pid() % v_draw.slots AND s.free >= v_draw.units;
            IF NOT FOUND THEN
                outcome := CASE WHEN v_draw.slots > 1 THEN 'spread' WHEN item IS NULL THEN 'filled' ELSE 'sold_out' END;
                RETURN;
            END IF;
        END IF;
    END LOOP;
    item := NULL;
END
$$;
COMMENT ON FUNCTION draw_lines(bigint, bigint[], bigint[], bigint, boolean) IS
    'Internal. Takes all that an order draws; where something is missing: sold_out and the item, filled, or spread: one slot of several has '
    'too little, so that it has to be made again with all of them.';

CREATE FUNCTION place_order(
    campaign bigint, buyer bigint, items bigint[], units bigint[], request text,
    seller bigint DEFAULT NULL, point bigint DEFAULT NULL, location ktt.location DEFAULT NULL,
    household bytea DEFAULT NULL, channel text DEFAULT NULL, note text DEFAULT NULL,
    OUT outcome text, OUT order_id bigint, OUT amount bigint, OUT pickup_point bigint, OUT code text, OUT item bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_campaign campaigns;
    v_copy campaign_sellers;
    v_point pickup_points;
    v_wave waves;
    v_first orders;
    v_refused jsonb;
    v_known text;
    v_attribution text;
    v_own boolean;
    v_household bigint;
    v_deposit bigint;
    v_placed_at timestamptz;
    v_lines ktt.line_sums;
    v_mac bytea;
    v_taken boolean;
    v_all_slots boolean;
BEGIN
    -- Few expressions: every one costs a hundredth of an order, whatever it does.
    IF (campaign IS NOT NULL AND buyer IS NOT NULL AND (point IS NOT NULL OR location IS NOT NULL) AND octet_length(request) BETWEEN 1 AND 128
        AND cardinality(items) BETWEEN 1 AND 1000 AND cardinality(items) = cardinality(units)
        AND household IS NULL AND channel IS NULL AND note IS NULL) IS NOT TRUE THEN
        v_household := household_id(household);
        PERFORM check_order(campaign, buyer, items, units, request, point, location, channel, note);
    END IF;

    -- Behind the gate, and not before: a new statement, hence a new view of state and clock.
    LOCK TABLE order_gate IN ROW EXCLUSIVE MODE;
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        PERFORM hold_view(campaign, point);
    END IF;

    -- By key and without a plan, which would cost more than all that is read.
    v_campaign := ktt.find_row('campaigns_pkey', campaign);
    v_first := ktt.find_row('orders_request_key', buyer, campaign, request);
    v_point := ktt.find_row('pickup_points_pkey', point);
    v_copy := ktt.find_row('campaign_sellers_pkey', campaign, coalesce(seller, v_campaign.owner_id));
    v_known := CASE
        WHEN v_campaign.id IS NULL THEN 'no campaign'
        WHEN v_first.id IS NOT NULL THEN 'placed'
        WHEN ktt.has_row('requests_pkey', 'place_order'::text, format('%s/%s/%s', campaign, buyer, request)) THEN 'refused'
        WHEN NOT ktt.has_row('members_pkey', buyer) THEN 'no buyer'
        WHEN point IS NOT NULL AND v_point.id IS NULL THEN 'no point'
        WHEN seller IS NOT NULL AND seller <> v_campaign.supply_leader_id AND v_copy.member_id IS NULL THEN 'no seller' END;
    IF v_known IS NOT NULL THEN
        CASE v_known
            WHEN 'placed' THEN
                SELECT r.outcome, r.order_id, r.amount, r.pickup_point INTO outcome, order_id, amount, pickup_point
                FROM repeat_order(v_first, items, units, seller, point, location, household, channel, note) r;
                RETURN;
            WHEN 'refused' THEN
                v_refused := claim_request('place_order', format('%s/%s/%s', campaign, buyer, request),
                                           refusal_arguments(items, units, seller, point, location, household, channel, note));
                outcome := v_refused ->> 'outcome';
                item := (v_refused ->> 'item')::bigint;
                RETURN;
            WHEN 'no campaign' THEN
                RAISE EXCEPTION 'campaign % does not exist', campaign USING ERRCODE = 'KT303';
            WHEN 'no buyer' THEN
                RAISE EXCEPTION 'buyer % does not exist', buyer USING ERRCODE = 'KT303', HINT = 'Register the member first.';
            WHEN 'no point' THEN
                RAISE EXCEPTION 'pickup point % does not exist', point USING ERRCODE = 'KT303';
            WHEN 'no seller' THEN
                RAISE EXCEPTION 'member % does not sell in campaign %', seller, campaign
                    USING ERRCODE = 'KT103', HINT = 'A sales leader joins with join_campaign().';
        END CASE;
    END IF;
    IF seller IS NULL OR seller = buyer THEN
        SELECT g.attribution, g.own_purchase INTO STRICT v_attribution, v_own FROM settings g WHERE g.singleton;
        IF v_attribution <> 'link' AND seller IS NULL AND v_campaign.owner_id IS NULL THEN
            v_copy := ktt.find_row('campaign_sellers_pkey', campaign, attributed_seller(campaign, v_campaign.supply_leader_id, buyer));
        END IF;
    END IF;
    IF v_copy.member_id IS NULL OR (v_copy.member_id = buyer AND NOT v_own) THEN
        v_copy.member_id := v_campaign.supply_leader_id;
        v_copy.chain := ktt.chain(ARRAY[v_campaign.supply_leader_id]);
        v_copy.account_id := NULL;
        v_copy.tier := NULL;
    END IF;

    -- Prices, rules and the clock are the market's, never the caller's. One look at it: an order that was in time is not stamped late.
    v_placed_at := clock_timestamp();
    outcome := CASE
        WHEN v_campaign.state NOT IN ('draft', 'open') OR v_placed_at >= v_campaign.closes_at + v_campaign.grace THEN 'closed'
        WHEN v_campaign.state = 'draft' OR v_placed_at < v_campaign.opens_at THEN 'not_open'
        WHEN v_point.state <> 'open' THEN 'point_closed'
        WHEN point IS NOT NULL AND location IS NOT NULL
             AND NOT ((v_point.radius IS NULL OR ktt.within(v_point.location, location, v_point.radius))
                      AND (v_point.area IS NULL OR ktt.covers(v_point.area, location))) THEN 'out_of_reach' END;

    IF v_point.open_days <> 127 THEN
        v_wave := ktt.find_row('waves_pkey', v_campaign.wave_id);
        IF outcome IS NULL AND NOT open_on(v_point.open_days, v_wave.delivery_on) THEN
            outcome := 'point_closed';
        END IF;
    END IF;

    -- Everything is taken or nothing: KT999 undoes the attempt and lets go of every row that it locked, also of those that were
    -- waited for and then had too little. Without an outcome it is made again, on what others have left by then.
    WHILE outcome IS NULL LOOP
        BEGIN
            IF point IS NULL THEN
                pickup_point := nearest_point(location, v_campaign.wave_id);
                IF pickup_point IS NULL THEN
                    outcome := why_no_pickup(location, v_campaign.wave_id);
                    RAISE EXCEPTION USING ERRCODE = 'KT999';
                END IF;
                IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
                    PERFORM hold_view(campaign, pickup_point);
                END IF;
                v_point := ktt.find_row('pickup_points_pkey', pickup_point);
            END IF;

            v_lines := ktt.sum_lines('campaign_items_pkey', campaign, items, units, v_copy.account_id, v_point.steward_account_id);
            IF (ktt.amount(v_lines.basket) <= 10000000000000) IS NOT TRUE THEN
                IF v_lines.items IS NULL THEN
                    PERFORM refuse_lines(campaign, items, units);
                END IF;
                -- Far above any order, and low enough that no total of a market overflows.
                RAISE EXCEPTION 'amount of the order is out of range'
                    USING ERRCODE = '22003', DETAIL = format('It is %s, maximum is 10000000000000.', ktt.amount(v_lines.basket));
            END IF;
            -- Limits, then stock, each by rising id, so that two orders queue and never deadlock.
            IF NOT v_lines.plain OR v_campaign.limited THEN
                SELECT x.out_of_area, x.deposit, coalesce(x.shares, v_lines.shares) INTO item, v_deposit, v_lines.shares
                FROM odd_lines(campaign, v_lines.items, v_lines.units, v_point.id, v_copy.member_id, v_copy.tier, v_copy.account_id,
                               v_point.steward_account_id) x;
                IF item IS NOT NULL THEN
                    outcome := 'out_of_area';
                    RAISE EXCEPTION USING ERRCODE = 'KT999';
                END IF;
                SELECT CASE WHEN x.refused THEN 'limit' END, x.item INTO outcome, item
                FROM take_limits(campaign, v_lines.items, v_lines.units, buyer, v_household, v_point.id, v_copy.member_id, v_placed_at) x;
                IF outcome IS NOT NULL THEN
                    RAISE EXCEPTION USING ERRCODE = 'KT999';
                END IF;
            END IF;
            -- Mostly one call takes it all; NULL where the owner gave the table what only a statement knows, a trigger or a rule.
            v_taken := CASE WHEN v_lines.plain AND v_campaign.capacity_id IS NULL AND v_all_slots IS NOT TRUE
                            THEN ktt.take_stock('stock_pkey', campaign, v_lines.items, v_lines.units, v_lines.slots) END;
            IF v_taken IS NOT TRUE THEN
                IF NOT v_taken THEN
                    v_all_slots := true;
                    RAISE EXCEPTION USING ERRCODE = 'KT999';
                END IF;
                SELECT d.outcome, d.item INTO outcome, item FROM draw_lines(campaign, v_lines.items, v_lines.units, v_point.id, v_all_slots) d;
                IF outcome IS NOT NULL THEN
                    v_all_slots := outcome = 'spread';
                    outcome := nullif(outcome, 'spread');
                    RAISE EXCEPTION USING ERRCODE = 'KT999';
                END IF;
            END IF;

            -- The place at the point, last: its row is the one that most orders share.
            IF v_point.capacity IS NOT NULL THEN
                INSERT INTO point_loads AS l (wave_id, point_id, parcels)
                SELECT v_campaign.wave_id, v_point.id, 1 WHERE v_point.capacity > 0
                ON CONFLICT (wave_id, point_id) DO UPDATE SET parcels = l.parcels + 1 WHERE l.parcels < v_point.capacity;
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
            VALUES (campaign, buyer, v_point.id, ktt.amount(v_lines.basket), v_copy.account_id, v_point.steward_account_id, v_placed_at,
                    v_copy.chain, v_lines.basket, v_lines.shares, place_order.request, place_order.location, v_mac, v_deposit, v_household,
                    place_order.channel::order_channel, place_order.note)
            ON CONFLICT ON CONSTRAINT orders_request_key DO NOTHING
            RETURNING 'placed', o.id, o.amount, o.point_id INTO outcome, order_id, amount, pickup_point;
            IF NOT FOUND THEN
                outcome := 'twin';
                RAISE EXCEPTION USING ERRCODE = 'KT999';
            END IF;
            RETURN;
        EXCEPTION WHEN SQLSTATE 'KT999' THEN
            code := NULL;
            item := CASE WHEN outcome IS NOT NULL THEN item END;
        END;
    END LOOP;

    -- A twin with the same key may have won meanwhile, and what is missing may be what it took: tell what it was told.
    pickup_point := NULL;
    v_first := ktt.find_row('orders_request_key', buyer, campaign, request);
    IF v_first.id IS NOT NULL THEN
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
