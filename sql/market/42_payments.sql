/*
 * From placed to paid, or cancelled, or expired.
 */

CREATE FUNCTION pay_order(campaign bigint, order_id bigint, amount bigint, reference text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    v_first jsonb := claim_request('pay_order', reference,
                                   jsonb_build_object('campaign', campaign, 'order', order_id, 'amount', amount));
    v_order orders;
    v_outcome text;
BEGIN
    IF v_first IS NOT NULL THEN
        RETURN v_first #>> '{}';
    END IF;
    PERFORM read_committed();
    -- No gate: until the lists are frozen, which expires what is unpaid, a late payment is welcome.
    SELECT * INTO v_order FROM orders o
    WHERE o.campaign_id = require(campaign, 'campaign') AND o.id = require(order_id, 'order') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order % does not exist in campaign %', order_id, campaign USING ERRCODE = 'KT303';
    END IF;
    v_outcome := CASE
        WHEN v_order.state IN ('cancelled', 'expired') THEN v_order.state
        WHEN v_order.state <> 'placed' THEN 'already_paid'
        WHEN require(amount, 'amount') <> v_order.amount THEN 'wrong_amount'
        ELSE 'paid' END;
    IF v_outcome = 'paid' THEN
        UPDATE orders o SET state = 'paid', paid_at = clock_timestamp() WHERE o.campaign_id = campaign AND o.id = order_id;
        PERFORM post('payment', format('%s/%s', campaign, order_id),
                     ktt.shares(market_account('clearing'), v_order.amount) - ktt.shares(market_account('channel'), v_order.amount));
    END IF;
    PERFORM finish_request('pay_order', reference, to_jsonb(v_outcome));
    RETURN v_outcome;
END
$$;
COMMENT ON FUNCTION pay_order(bigint, bigint, bigint, text) IS
    'Takes in the payment channel''s message that an order was paid; reference is the channel''s own payment number and the request key, '
    'amount is in minor units. Outcomes: paid; already_paid, wrong_amount, cancelled, expired: the money is not the market''s, send it back. '
    'Errors: 0A000 not READ COMMITTED, KT010 same reference with other arguments, KT303 no such order.';

CREATE FUNCTION give_back(targets orders[])
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_item record;
    v_buyer record;
    v_load record;
BEGIN
    -- Whatever the number of orders: by rising item, limits before stock, places last, as place_order takes them.
    FOR v_item IN
        SELECT i.id, i.campaign_id, i.slots, i.buyer_limit IS NOT NULL AS limited, sum(g.units) AS units
        FROM unnest(targets) t CROSS JOIN LATERAL ktt.items(t.basket) g JOIN campaign_items i ON i.id = g.item
        GROUP BY i.id ORDER BY i.id
    LOOP
        IF v_item.limited THEN
            FOR v_buyer IN
                SELECT t.buyer_id, sum(ktt.units(t.basket, v_item.id)) AS units
                FROM unnest(targets) t WHERE t.basket OPERATOR(ktt.?) v_item.id GROUP BY t.buyer_id ORDER BY t.buyer_id
            LOOP
                UPDATE buyer_limits l SET units = l.units - v_buyer.units
                WHERE l.campaign_id = v_item.campaign_id AND l.item_id = v_item.id AND l.buyer_id = v_buyer.buyer_id;
            END LOOP;
        END IF;
        IF v_item.slots IS NOT NULL THEN
            UPDATE stock s SET free = s.free + v_item.units
            WHERE s.campaign_id = v_item.campaign_id AND s.item_id = v_item.id AND s.slot = pg_backend_pid() % v_item.slots;
        END IF;
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
    'Internal. Returns the stock, limits and places of orders that end before the lists are frozen, '
    'in the order in which place_order takes them.';

CREATE FUNCTION cancel_order(campaign bigint, order_id bigint)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_order orders;
    v_left bigint;
BEGIN
    PERFORM read_committed();
    LOCK TABLE order_gate IN ROW EXCLUSIVE MODE;
    SELECT * INTO v_order FROM orders o
    WHERE o.campaign_id = require(campaign, 'campaign') AND o.id = require(order_id, 'order') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order % does not exist in campaign %', order_id, campaign USING ERRCODE = 'KT303';
    ELSIF v_order.state = 'cancelled' THEN
        RETURN 'cancelled';
    ELSIF v_order.state NOT IN ('placed', 'paid') THEN
        RETURN v_order.state;
    ELSIF NOT EXISTS (SELECT FROM campaigns c
                      WHERE c.id = campaign AND c.state = 'open' AND clock_timestamp() < c.closes_at + c.grace) THEN
        RETURN 'closed';
    END IF;
    UPDATE orders o SET state = 'cancelled' WHERE o.campaign_id = campaign AND o.id = order_id;
    PERFORM give_back(ARRAY[v_order]);
    v_left := v_order.amount - ktt.amount(v_order.refunded);
    IF v_order.state = 'paid' AND v_left > 0 THEN
        PERFORM post('cancellation', format('%s/%s', campaign, order_id),
                     ktt.shares(market_account('channel'), v_left) - ktt.shares(market_account('clearing'), v_left));
    END IF;
    RETURN 'cancelled';
END
$$;
COMMENT ON FUNCTION cancel_order(bigint, bigint) IS
    'Cancels an order before the cut-off: stock, limits and the place at the point return, the money goes back. '
    'Outcomes: cancelled (also when it was before), closed (past the cut-off: refund it), or the state it is in. Errors: 0A000 not READ COMMITTED, KT303 no such order.';

CREATE FUNCTION expire_orders(older_than interval DEFAULT '30 minutes', at_most int DEFAULT 1000)
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_order orders;
    v_expired orders[];
BEGIN
    PERFORM read_committed();
    IF require(older_than, 'age') < interval '0' THEN
        RAISE EXCEPTION 'age must not be negative' USING ERRCODE = '22023', DETAIL = format('It is %s.', older_than);
    END IF;
    PERFORM require_between(require(at_most, 'number of orders'), 0, 1000000, 'number of orders');
    -- Not beside freeze_wave(), which expires all that is left and may hold what this wants.
    FOR v_order IN
        SELECT o.* FROM orders o JOIN campaigns c ON c.id = o.campaign_id JOIN waves w ON w.id = c.wave_id
        WHERE o.state = 'placed' AND o.placed_at <= clock_timestamp() - require(older_than, 'age')
        ORDER BY o.campaign_id, o.id LIMIT at_most
        FOR NO KEY UPDATE OF o SKIP LOCKED FOR SHARE OF w SKIP LOCKED
    LOOP
        UPDATE orders o SET state = 'expired' WHERE o.campaign_id = v_order.campaign_id AND o.id = v_order.id;
        v_expired := v_expired || v_order;
    END LOOP;
    PERFORM give_back(v_expired);
    RETURN coalesce(cardinality(v_expired), 0);
END
$$;
COMMENT ON FUNCTION expire_orders(interval, int) IS
    'Ends orders that stayed unpaid for longer than an age and gives back what they held; returns how many, at most as many as asked. '
    'Fit for a scheduler: call it until it returns 0. Errors: 0A000 not READ COMMITTED, 22023 negative age or number.';
CREATE INDEX orders_unpaid_idx ON orders (placed_at) WHERE state = 'placed';
COMMENT ON INDEX orders_unpaid_idx IS 'For expire_orders().';
