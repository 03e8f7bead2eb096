/*
 * Less came than was ordered, or it weighs less: what is missing goes back to the right orders.
 */

CREATE FUNCTION refund_shortage(
    wave bigint, item bigint, received bigint, request text, point bigint DEFAULT NULL, reason text DEFAULT 'not delivered')
RETURNS TABLE (order_id bigint, units bigint, refund_id bigint, amount bigint)
LANGUAGE plpgsql SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT
AS $$
DECLARE
    v_first jsonb := claim_request('refund_shortage', request,
        jsonb_build_object('wave', wave, 'item', item, 'received', received, 'point', point, 'reason', reason));
    v_batch text := 'refund_shortage/' || request;
    v_item record;
    v_received bigint := received;
    v_lines refund_line[];
    v_done refund_outcome[];
BEGIN
    PERFORM read_committed();
    IF v_first IS NULL THEN
        PERFORM require(reason, 'reason');
        LOCK TABLE due_gate IN ROW EXCLUSIVE MODE;
        PERFORM FROM waves w WHERE w.id = wave FOR SHARE;
        PERFORM require_wave(wave, '{frozen,dispatched}');
        SELECT i.campaign_id, i.supplier_id INTO v_item
        FROM campaign_items i JOIN campaigns c ON c.id = i.campaign_id WHERE i.id = require(item, 'item') AND c.wave_id = wave;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'wave % has no item %', wave, item USING ERRCODE = 'KT303';
        ELSIF point IS NOT NULL AND NOT EXISTS (SELECT FROM pickup_points p WHERE p.id = point) THEN
            RAISE EXCEPTION 'pickup point % does not exist', point USING ERRCODE = 'KT303';
        ELSIF v_received IS NULL AND point IS NULL THEN
            SELECT coalesce(ktt.units(r.units, item), 0) INTO v_received FROM receipts r WHERE r.wave_id = wave AND r.supplier_id = v_item.supplier_id;
        END IF;
        PERFORM require_between(require(v_received, 'units received'), 0, 1000000000000, 'units received');
        PERFORM FROM orders o
        WHERE o.campaign_id = v_item.campaign_id AND o.basket OPERATOR(ktt.?) item AND (point IS NULL OR o.point_id = point)
        ORDER BY o.id FOR NO KEY UPDATE;
        -- Served in the order of their numbers: the last ones go without.
        WITH wanting AS (
            SELECT o.id, ktt.units(o.basket - o.refunded, item) AS units,
                   sum(ktt.units(o.basket - o.refunded, item)) OVER (ORDER BY o.id) AS so_far
            FROM orders o
            WHERE o.campaign_id = v_item.campaign_id AND (point IS NULL OR o.point_id = point)
              AND o.state IN ('paid', 'arrived', 'picked_up', 'completed') AND ktt.units(o.basket - o.refunded, item) > 0)
        SELECT array_agg(row(row_number, v_item.campaign_id, s.id, item, s.short, NULL, 'shortage', refund_shortage.reason)::refund_line ORDER BY row_number)
          INTO v_lines
        FROM (SELECT w.id, least(w.units, w.so_far - v_received)::bigint AS short, row_number() OVER (ORDER BY w.id DESC)
              FROM wanting w WHERE w.so_far > v_received) s;
        v_done := ARRAY(SELECT t FROM take_back(v_lines, v_batch) t ORDER BY t.n);
        PERFORM post_refunds(v_batch, (SELECT sum(d.amount) FROM unnest(v_done) d));
        v_first := finish_request('refund_shortage', request,
            (SELECT coalesce(jsonb_agg(jsonb_build_array(l.order_id, l.units, d.refund_id, d.amount) ORDER BY l.n), '[]')
             FROM unnest(v_lines) l JOIN unnest(v_done) d ON d.n = l.n));
    END IF;
    RETURN QUERY
    SELECT (e.done->>0)::bigint, (e.done->>1)::bigint, (e.done->>2)::bigint, (e.done->>3)::bigint
    FROM jsonb_array_elements(v_first) WITH ORDINALITY e(done, n) ORDER BY e.n;
END
$$;
COMMENT ON FUNCTION refund_shortage(bigint, bigint, bigint, text, bigint, text) IS
    'Refunds what is short of an item of a wave whose lists are frozen: its orders are served by rising order number with the units received, and who is left out, the '
    'latest first, gets his units back at their price, with cause shortage. With a point it is about the units that came there and the orders there; without one, '
    'units received of NULL are what receive_goods() noted. What was refunded before is not wanted any more, so that the same units again, under another key, refund nothing. '
    'Returns the refunds: order, units, refund, amount (minor units). Errors: 22004 nothing noted as received, 22023 out of bounds, KT010 same request key with other '
    'arguments, KT301 lists not frozen, KT303 no such wave, item or point.';

CREATE FUNCTION refund_weight(campaign bigint, order_id bigint, item bigint, weighed bigint, request text, reason text DEFAULT 'as weighed')
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_first jsonb := claim_request('refund_weight', request,
        jsonb_build_object('campaign', campaign, 'order', order_id, 'item', item, 'weighed', weighed, 'reason', reason));
    v_batch text := 'refund_weight/' || request;
    v_weight bigint;
    v_line record;
    v_amount bigint := 0;
BEGIN
    IF v_first IS NOT NULL THEN
        RETURN v_first::bigint;
    END IF;
    PERFORM read_committed();
    PERFORM require(campaign, 'campaign'), require(order_id, 'order'), require(reason, 'reason'),
            require_between(require(weighed, 'weight'), 0, 1000000000000000, 'weight');
    SELECT s.weight INTO v_weight FROM campaign_items i JOIN skus s ON s.id = i.sku_id
    WHERE i.id = require(item, 'item') AND i.campaign_id = campaign AND s.catch_weight;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'item % of campaign % is not billed as weighed', item, campaign USING ERRCODE = 'KT303', HINT = 'describe_sku() says what is.';
    END IF;
    LOCK TABLE due_gate IN ROW EXCLUSIVE MODE;
    PERFORM FROM waves w JOIN campaigns c ON c.wave_id = w.id JOIN orders o ON o.campaign_id = c.id AND o.id = order_id
    WHERE c.id = campaign AND o.state IN ('placed', 'paid') FOR SHARE OF w;
    SELECT o.state, ktt.units(o.basket - o.refunded, item) AS units, ktt.amount(o.basket - o.refunded, item) AS amount,
           ktt.amount(o.basket, item) / ktt.units(o.basket, item) AS price INTO v_line
    FROM orders o WHERE o.campaign_id = campaign AND o.id = order_id FOR NO KEY UPDATE;
    IF NOT FOUND OR v_line.price IS NULL THEN
        RAISE EXCEPTION 'order % of campaign % has no item %', order_id, campaign, item USING ERRCODE = 'KT303';
    ELSIF v_line.state NOT IN ('paid', 'arrived', 'picked_up', 'completed') THEN
        RAISE EXCEPTION 'order % is %', order_id, v_line.state USING ERRCODE = 'KT301', HINT = 'Only an order that is paid can be refunded.';
    END IF;
    -- What the units that are left cost, less what they cost as weighed, less what went back for their weight before.
    v_line.amount := greatest(least(coalesce(v_line.amount, 0),
        coalesce(v_line.units, 0) * v_line.price - floor(v_line.price::numeric * weighed / v_weight)
        - (SELECT coalesce(sum(r.amount), 0) FROM refunds r
           WHERE r.campaign_id = campaign AND r.order_id = refund_weight.order_id AND r.item_id = item AND r.cause = 'catch_weight')), 0);
    IF v_line.amount > 0 THEN
        SELECT t.amount INTO v_amount
        FROM take_back(ARRAY[row(1, campaign, order_id, item, 0, v_line.amount, 'catch_weight', reason)::refund_line], v_batch) t;
        PERFORM post_refunds(v_batch, v_amount);
    END IF;
    PERFORM finish_request('refund_weight', request, to_jsonb(v_amount));
    RETURN v_amount;
END
$$;
COMMENT ON FUNCTION refund_weight(bigint, bigint, bigint, bigint, text, text) IS
    'Bills a line of a paid order as weighed, in grams for the units that are left of it: the difference to what they should weigh goes back, with cause catch_weight, '
    'what the buyer pays rounded down; more than that is never charged. Returns what went back (minor units), 0 when it weighs enough or was weighed before. '
    'Errors: 22023 out of bounds, KT010 same request key with other arguments, KT301 not paid, KT303 no such order, or the item is not billed as weighed.';
