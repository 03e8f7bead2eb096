/*
 * Before the cut-off: orders are changed, cancelled, or expire unpaid, and give back what they held.
 */

CREATE FUNCTION give_back(targets orders[])
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_use record;
    v_draw record;
    v_load record;
BEGIN
    -- Whatever the number of orders: limits, stock, places, each by rising key, as place_order takes them.
    FOR v_use IN
        SELECT t.campaign_id, l.limit_id, l.subject, l.day, sum(l.units) AS units
        FROM unnest(targets) t
        CROSS JOIN LATERAL (SELECT array_agg(b.item) AS items, array_agg(b.units) AS units FROM ktt.items(t.basket) b) g
        CROSS JOIN LATERAL limits_of(t.campaign_id, g.items, g.units, t.buyer_id, t.household, placed_point(t), order_seller(t), t.placed_at) l
        WHERE EXISTS (SELECT FROM limits x WHERE x.campaign_id = t.campaign_id)
        GROUP BY t.campaign_id, l.limit_id, l.subject, l.day ORDER BY l.limit_id, l.subject, l.day
    LOOP
        UPDATE limit_uses u SET units = u.units - v_use.units
        WHERE u.campaign_id = v_use.campaign_id AND u.limit_id = v_use.limit_id AND u.subject = v_use.subject AND u.day = v_use.day;
    END LOOP;
    FOR v_draw IN
        SELECT d.campaign_id, d.stock_id, d.slots, sum(d.units) AS units
        FROM (SELECT t.campaign_id, placed_point(t) AS point, sum(t.basket) AS basket, count(*) AS orders FROM unnest(targets) t GROUP BY 1, 2) t
        CROSS JOIN LATERAL (SELECT array_agg(b.item) AS items, array_agg(b.units) AS units FROM ktt.items(t.basket) b) g
        CROSS JOIN LATERAL draws_of(t.campaign_id, g.items, g.units, t.point, t.orders) d
        GROUP BY d.campaign_id, d.stock_id, d.slots ORDER BY d.stock_id
    LOOP
        UPDATE stock s SET free = s.free + v_draw.units
        WHERE s.campaign_id = v_draw.campaign_id AND s.stock_id = v_draw.stock_id AND s.slot = pg_backend_pid() % v_draw.slots;
    END LOOP;
    FOR v_load IN
        SELECT c.wave_id, t.point_id, count(*) AS parcels
        FROM unnest(targets) t JOIN campaigns c ON c.id = t.campaign_id
        JOIN pickup_points p ON p.id = t.point_id AND p.capacity IS NOT NULL
        GROUP BY c.wave_id, t.point_id ORDER BY c.wave_id, t.point_id
    LOOP
        UPDATE point_loads l SET parcels = greatest(l.parcels - v_load.parcels, 0)
        WHERE l.wave_id = v_load.wave_id AND l.point_id = v_load.point_id;
    END LOOP;
END
$$;
COMMENT ON FUNCTION give_back(orders[]) IS
    'Internal. Returns the limits, stock and places of orders that end before the lists are frozen, '
    'in the order in which place_order takes them.';

CREATE FUNCTION limits_of_any(
    campaigns bigint[], items bigint[], buyers bigint[], households bigint[], points bigint[], sellers bigint[])
RETURNS TABLE (campaign_id bigint, limit_id bigint, subject bigint, per_day boolean)
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    WITH u AS (
        SELECT DISTINCT l.campaign_id, l.id AS limit_id, l.scope, limit_subject(l.scope, t.buyer, t.household, t.point, t.seller) AS subject, l.per_day
        FROM unnest(campaigns, items, buyers, households, points, sellers) t(campaign, item, buyer, household, point, seller)
        JOIN limits l ON l.campaign_id = t.campaign AND (l.item_id IS NULL OR l.item_id = t.item))
    SELECT u.campaign_id, u.limit_id, u.subject, u.per_day FROM u WHERE u.subject IS NOT NULL
    UNION
    SELECT u.campaign_id, u.limit_id, p.id, u.per_day FROM u JOIN pickup_points p ON p.state = 'open' WHERE u.scope = 'point' AND u.subject IS NULL
    UNION
    SELECT u.campaign_id, u.limit_id, s.member_id, u.per_day
    FROM u JOIN campaign_sellers s ON s.campaign_id = u.campaign_id WHERE u.scope = 'seller' AND u.subject IS NULL
    UNION
    -- Whoever is named: what a sales leader buys himself may be the supply leader's sale.
    SELECT u.campaign_id, u.limit_id, c.supply_leader_id, u.per_day FROM u JOIN campaigns c ON c.id = u.campaign_id WHERE u.scope = 'seller'
$$;
COMMENT ON FUNCTION limits_of_any(bigint[], bigint[], bigint[], bigint[], bigint[], bigint[]) IS
    'Internal. The limits that lines of orders may count against, and for whom: every seller of the campaign and every open point where NULL is given, '
    'because who sells and where to is decided when an order is placed.';

CREATE FUNCTION hold_rows(
    campaigns bigint[], items bigint[], buyers bigint[], households bigint[], points bigint[], sellers bigint[])
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO limit_uses (campaign_id, limit_id, subject, day, units)
    SELECT l.campaign_id, l.limit_id, l.subject, CASE WHEN l.per_day THEN local_day(clock_timestamp()) ELSE '-infinity' END AS day, 0
    FROM limits_of_any(campaigns, items, buyers, households, points, sellers) l
    ORDER BY l.limit_id, l.subject, day
    ON CONFLICT DO NOTHING;
    PERFORM FROM limit_uses u
    WHERE (u.campaign_id, u.limit_id, u.subject) IN (
        SELECT l.campaign_id, l.limit_id, l.subject FROM limits_of_any(campaigns, items, buyers, households, points, sellers) l)
    ORDER BY u.limit_id, u.subject, u.day FOR UPDATE;
    PERFORM FROM stock s
    WHERE (s.campaign_id, s.stock_id) IN (
        -- What draws_of() gives for all of them together, in one go.
        SELECT d.campaign, d.stock
        FROM unnest(campaigns, items, points) t(campaign, item, point) JOIN campaign_items i ON i.id = t.item AND i.campaign_id = t.campaign
        JOIN campaigns c ON c.id = t.campaign
        CROSS JOIN LATERAL (VALUES (t.campaign, i.id), (0, -i.pool_id), (t.campaign, -c.capacity_id)) d(campaign, stock)
        UNION
        SELECT t.campaign, -q.id
        FROM unnest(campaigns, items, points) t(campaign, item, point) JOIN campaign_items i ON i.id = t.item AND i.campaign_id = t.campaign AND i.shared_out
        LEFT JOIN pickup_points p ON p.id = t.point
        JOIN quotas q ON q.campaign_id = t.campaign AND q.item_id = i.id AND (t.point IS NULL OR q.community_id = p.community_id))
    ORDER BY s.stock_id, s.slot FOR UPDATE;
    INSERT INTO point_loads (wave_id, point_id, parcels)
    SELECT DISTINCT c.wave_id, p.id, 0
    FROM (SELECT DISTINCT t.campaign, t.point FROM unnest(campaigns, points) t(campaign, point)) t JOIN campaigns c ON c.id = t.campaign
    JOIN pickup_points p ON (p.id = t.point OR t.point IS NULL) AND p.capacity > 0 AND p.state = 'open'
    ORDER BY c.wave_id, p.id
    ON CONFLICT DO NOTHING;
    PERFORM FROM point_loads l
    WHERE (l.wave_id, l.point_id) IN (
        SELECT c.wave_id, p.id
        FROM (SELECT DISTINCT t.campaign, t.point FROM unnest(campaigns, points) t(campaign, point)) t JOIN campaigns c ON c.id = t.campaign
        JOIN pickup_points p ON (p.id = t.point OR t.point IS NULL) AND p.capacity IS NOT NULL)
    ORDER BY l.wave_id, l.point_id FOR UPDATE;
END
$$;
COMMENT ON FUNCTION hold_rows(bigint[], bigint[], bigint[], bigint[], bigint[], bigint[]) IS
    'Internal. Locks every row of limits, stock and places that lines of several orders may touch, in the order in which one order takes '
    'them, so that what follows waits for nobody. One element per line; a point of NULL is any that is open, a seller of NULL any of the campaign.';

CREATE FUNCTION open_order(campaign bigint, order_id bigint)
RETURNS orders
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_order orders;
BEGIN
    LOCK TABLE order_gate IN ROW EXCLUSIVE MODE;
    SELECT * INTO v_order FROM orders o
    WHERE o.campaign_id = require(campaign, 'campaign') AND o.id = require(order_id, 'order') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order % does not exist in campaign %', order_id, campaign USING ERRCODE = 'KT303';
    END IF;
    RETURN v_order;
END
$$;
COMMENT ON FUNCTION open_order(bigint, bigint) IS 'Internal. Locks and returns an order, behind the gate. Errors: KT303 no such order.';

CREATE FUNCTION objection(target orders)
RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT CASE WHEN target.state NOT IN ('placed', 'paid') THEN target.state::text
                WHEN NOT EXISTS (SELECT FROM campaigns c
                                 WHERE c.id = target.campaign_id AND c.state = 'open' AND clock_timestamp() < c.closes_at + c.grace) THEN 'closed' END
$$;
COMMENT ON FUNCTION objection(orders) IS
    'Internal. Why an order can no longer be changed or cancelled by its buyer: its state, or closed; NULL when it can.';

CREATE FUNCTION cancel_order(campaign bigint, order_id bigint)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_order orders;
    v_objection text;
BEGIN
    PERFORM read_committed();
    v_order := open_order(campaign, order_id);
    v_objection := objection(v_order);
    IF v_objection IS NOT NULL THEN
        RETURN v_objection;
    END IF;
    PERFORM end_orders(ARRAY[v_order], 'cancelled');
    RETURN 'cancelled';
END
$$;
COMMENT ON FUNCTION cancel_order(bigint, bigint) IS
    'Cancels an order before the cut-off: stock, limits and the place at the point return, the money goes back. '
    'Outcomes: cancelled (also when it was before), closed (past the cut-off: refund it), or the state it is in. Errors: 0A000 not READ COMMITTED, KT303 no such order.';

CREATE FUNCTION change_order(campaign bigint, order_id bigint, items bigint[], units bigint[], request text)
RETURNS TABLE (outcome text, amount bigint, returned bigint, item bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_first jsonb := claim_request('change_order', request,
        jsonb_build_object('campaign', campaign, 'order', order_id, 'items', items, 'units', units));
    v_order orders;
    v_new orders;
    v_lines bigint[];
    v_id bigint;
BEGIN
    PERFORM read_committed();
    IF v_first IS NULL THEN
        v_order := open_order(campaign, order_id);
        outcome := CASE WHEN objection(v_order) IS NOT NULL THEN objection(v_order)
                        WHEN v_order.refunded <> '{}' THEN 'refunded'
                        WHEN placed_point(v_order) <> v_order.point_id THEN 'reassigned' END;
        IF outcome IS NULL THEN
            v_lines := ARRAY(SELECT b.item FROM ktt.items(v_order.basket) b UNION SELECT unnest(require(items, 'items')));
            PERFORM hold_rows(array_fill(campaign, n), v_lines, array_fill(v_order.buyer_id, n), array_fill(v_order.household, n),
                              array_fill(v_order.point_id, n), array_fill(order_seller(v_order), n))
            FROM (SELECT ARRAY[cardinality(v_lines)]) x(n);
            BEGIN
                -- It is given back and placed anew, by the same code; then the new row hands what it holds to the old one.
                PERFORM give_back(ARRAY[v_order]);
                SELECT p.outcome, p.order_id, p.item INTO outcome, v_id, item
                FROM place_order(campaign, v_order.buyer_id, items, units, format('change %s', gen_random_uuid()), seller => order_seller(v_order),
                                 point => v_order.point_id, household => int8send(v_order.household)) p;
                IF outcome <> 'placed' THEN
                    RAISE EXCEPTION USING ERRCODE = 'KT999';
                END IF;
                DELETE FROM orders o WHERE o.campaign_id = campaign AND o.id = v_id RETURNING * INTO v_new;
                outcome := 'changed';
                amount := v_new.amount;
                returned := greatest(received(v_order) - v_new.amount, 0);
                UPDATE orders o
                   SET amount = v_new.amount, basket = v_new.basket, shares = v_new.shares, deposit = v_new.deposit,
                       placed_at = v_new.placed_at, chain = v_new.chain, seller_account_id = v_new.seller_account_id,
                       steward_account_id = v_new.steward_account_id,
                       state = CASE WHEN received(v_order) >= v_new.amount THEN 'paid' ELSE 'placed' END::order_state,
                       paid_at = CASE WHEN received(v_order) >= v_new.amount THEN coalesce(o.paid_at, clock_timestamp()) END,
                       part_paid = CASE WHEN received(v_order) < v_new.amount THEN nullif(received(v_order), 0) END,
                       unpaid_since = CASE v_order.state WHEN 'paid' THEN clock_timestamp() ELSE coalesce(v_order.unpaid_since, v_order.placed_at) END
                 WHERE o.campaign_id = campaign AND o.id = v_order.id;
                INSERT INTO order_changes AS c (campaign_id, order_id, was, became, returned, changed_at)
                VALUES (campaign, v_order.id, v_order.basket, v_new.basket, change_order.returned, clock_timestamp()) RETURNING c.id INTO v_id;
                IF returned > 0 THEN
                    PERFORM post('change', format('%s/%s/%s', campaign, v_order.id, v_id),
                                 money_back(campaign, v_order.id, received(v_order), returned) - ktt.shares(market_account('clearing'), returned));
                END IF;
            EXCEPTION WHEN SQLSTATE 'KT999' THEN
                NULL;
            END;
        END IF;
        v_first := finish_request('change_order', request, jsonb_build_object('outcome', outcome, 'amount', amount, 'returned', returned, 'item', item));
    END IF;
    RETURN QUERY SELECT x.outcome, x.amount, x.returned, x.item
                 FROM jsonb_to_record(v_first) x(outcome text, amount bigint, returned bigint, item bigint);
END
$$;
COMMENT ON FUNCTION change_order(bigint, bigint, bigint[], bigint[], text) IS
    'Gives an order other lines before the cut-off; it keeps its number, buyer, seller, point and code. All or nothing, by the code that places '
    'orders and by what holds now: it counts for limits by day as one that is placed now, and goes to the steward of today (to no seller, '
    'if it is his own purchase and that no longer counts). One that was paid has as long for the rest as a new one; one that was not, no longer than before. Outcomes: changed (with the new amount, and what goes back of a payment; if more is due it waits for the rest), a refusal of '
    'place_order (nothing changed), closed, refunded (something went back already), reassigned (its point closed: cancel it and order anew), or the state it is in. Errors: as place_order(), KT303 also for a line that it has of an item no longer on sale, KT010 same request with other arguments.';

-- Its body takes the place of the call when a statement is planned.
CREATE FUNCTION awaits_balance(deposit bigint, part_paid bigint, balance_due_at timestamptz)
RETURNS boolean
LANGUAGE sql VOLATILE
RETURN coalesce(part_paid >= deposit AND clock_timestamp() < balance_due_at, false);
COMMENT ON FUNCTION awaits_balance(bigint, bigint, timestamptz) IS
    'Internal. Whether an unpaid order has its deposit paid, and its balance is not due yet.';

CREATE FUNCTION expire_orders(older_than interval DEFAULT '30 minutes', at_most int DEFAULT 1000)
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_targets orders[];
BEGIN
    PERFORM read_committed();
    PERFORM require_interval(require(older_than, 'age'), '100 years', 'age');
    PERFORM require_between(require(at_most, 'number of orders'), 0, 1000000, 'number of orders');
    -- Not beside freeze_wave(), which expires all that is left and may hold what this wants.
    v_targets := ARRAY(
        SELECT o FROM orders o JOIN campaigns c ON c.id = o.campaign_id JOIN waves w ON w.id = c.wave_id
        WHERE o.state = 'placed' AND coalesce(o.unpaid_since, o.placed_at) <= clock_timestamp() - older_than
          AND NOT awaits_balance(o.deposit, o.part_paid, c.balance_due_at)
        ORDER BY o.campaign_id, o.id LIMIT at_most
        FOR NO KEY UPDATE OF o SKIP LOCKED FOR SHARE OF w SKIP LOCKED);
    PERFORM end_orders(v_targets, 'expired');
    RETURN cardinality(v_targets);
END
$$;
COMMENT ON FUNCTION expire_orders(interval, int) IS
    'Ends orders that stayed unpaid for longer than an age and gives back what they held, also what was paid in part; returns how many, at most as many '
    'as asked. An order whose deposit is paid stays until the balance is due. '
    'Fit for a scheduler: call it until it returns 0. Errors: 0A000 not READ COMMITTED, 22023 age or number out of bounds.';
CREATE INDEX orders_unpaid_idx ON orders (coalesce(unpaid_since, placed_at)) WHERE state = 'placed';
COMMENT ON INDEX orders_unpaid_idx IS 'For expire_orders().';

CREATE FUNCTION end_orders(targets orders[], state order_state, campaign bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_paid record;
    v_left bigint := 0;
    v_back ktt.shares := '{}'::ktt.shares;
BEGIN
    UPDATE orders o SET state = end_orders.state FROM unnest(targets) t WHERE o.campaign_id = t.campaign_id AND o.id = t.id;
    PERFORM give_back(targets);
    FOR v_paid IN
        SELECT t.campaign_id, t.id, received(t) - ktt.amount(t.refunded) AS amount
        FROM unnest(targets) t WHERE received(t) > ktt.amount(t.refunded) ORDER BY t.campaign_id, t.id
    LOOP
        v_left := v_left + v_paid.amount;
        IF campaign IS NULL THEN
            PERFORM post('cancellation', format('%s/%s', v_paid.campaign_id, v_paid.id),
                         money_back(v_paid.campaign_id, v_paid.id, v_paid.amount, v_paid.amount) - ktt.shares(market_account('clearing'), v_paid.amount));
        ELSE
            v_back := v_back + money_back(v_paid.campaign_id, v_paid.id, v_paid.amount, v_paid.amount);
        END IF;
    END LOOP;
    IF campaign IS NOT NULL AND v_left > 0 THEN
        PERFORM post('campaign_cancellation', campaign::text,
                     v_back - ktt.shares(market_account('clearing'), v_left));
    END IF;
    RETURN v_left;
END
$$;
COMMENT ON FUNCTION end_orders(orders[], order_state, bigint) IS
    'Internal. Ends orders that are locked before the lists are frozen: gives back what they hold and what was paid, by one journal for each or, '
    'with a campaign, by one for all. Returns what was paid back, in minor units.';
