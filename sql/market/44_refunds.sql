/*
 * Refunds: a part of one line goes back to the buyer, and the shares of that line give back exactly that part.
 */

CREATE TABLE due_gate ();
COMMENT ON TABLE due_gate IS
    'Always empty. Who stamps a due time holds ROW EXCLUSIVE on it, who fixes a settlement window takes SHARE: '
    'so no due time ever appears behind a window.';

CREATE TABLE settlements (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    due         tstzrange NOT NULL CHECK (NOT isempty(due) AND NOT lower_inc(due) AND upper_inc(due) AND NOT upper_inf(due)),
    opened_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    posted_at   timestamptz,
    journal_id  bigint REFERENCES journals,
    orders      bigint,
    refunds     bigint,
    amount      bigint,
    CONSTRAINT settlements_window_excl EXCLUDE USING gist (due WITH &&),
    CONSTRAINT settlements_posted_check CHECK (num_nulls(posted_at, orders, refunds, amount) IN (0, 4))
);
COMMENT ON TABLE settlements IS 'Windows of due times, each settled by one journal; they cannot overlap and have no gaps.';
COMMENT ON COLUMN settlements.journal_id IS 'NULL while the window is open, and when nothing in it had to be paid.';

CREATE FUNCTION stamp_due(hold interval)
RETURNS timestamptz
-- In one zone: a day of a hold is as long in every session.
LANGUAGE plpgsql SET search_path FROM CURRENT SET timezone = 'UTC'
AS $$
BEGIN
    LOCK TABLE due_gate IN ROW EXCLUSIVE MODE;
    -- Never behind the last window, also when the clock stepped back.
    RETURN greatest(clock_timestamp() + hold,
                    (SELECT max(upper(s.due)) + interval '1 us' FROM settlements s));
END
$$;
COMMENT ON FUNCTION stamp_due(interval) IS 'Internal. A due time that no settlement window has passed, inside the gate.';

CREATE TABLE refunds (
    campaign_id bigint NOT NULL,
    id          bigint GENERATED ALWAYS AS IDENTITY,
    order_id    bigint NOT NULL,
    item_id     bigint NOT NULL,
    units       bigint NOT NULL CHECK (units >= 0),
    amount      bigint NOT NULL CHECK (amount >= 0),
    shares      ktt.shares NOT NULL,
    reason      text NOT NULL,
    refunded_at timestamptz NOT NULL,
    due_at      timestamptz,
    PRIMARY KEY (campaign_id, id),
    CONSTRAINT refunds_order_fkey FOREIGN KEY (campaign_id, order_id) REFERENCES orders,
    CONSTRAINT refunds_something_check CHECK (units > 0 OR amount > 0),
    CONSTRAINT refunds_shares_check CHECK (ktt.total(shares) = amount)
);
CREATE INDEX refunds_order_idx ON refunds (campaign_id, order_id);
CREATE INDEX refunds_due_at_idx ON refunds (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE refunds IS 'One row per refunded line: what went back to the buyer, and the part of the shares that it took back.';
COMMENT ON COLUMN refunds.due_at IS 'When the shares are taken back; never before the order''s own, NULL until the order is completed.';

CREATE FUNCTION line_shares(target orders, item bigint, steward_account bigint)
RETURNS ktt.shares
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT CASE WHEN i.rated
                THEN (SELECT divide_line(r.rule, r.payees, b.amount, b.units * i.supply_price, b.units, target.seller_account_id, steward_account)
                      FROM line_rule_of(target, b.item) r)
                ELSE divide_line(i.rule, i.payees, b.amount, b.units * i.supply_price, b.units, target.seller_account_id, steward_account) END
    FROM ktt.items(target.basket) b JOIN campaign_items i ON i.id = b.item
    WHERE b.item = line_shares.item
$$;
COMMENT ON FUNCTION line_shares(orders, bigint, bigint) IS 'Internal. How one line of an order was divided: the item''s rule, the order''s payees with this steward.';

CREATE FUNCTION refund_order(
    campaign bigint, order_id bigint, item bigint, units bigint, request text,
    amount bigint DEFAULT NULL, reason text DEFAULT 'unspecified')
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_first jsonb := claim_request('refund_order', request,
        jsonb_build_object('campaign', campaign, 'order', order_id, 'item', item, 'units', units, 'amount', amount, 'reason', reason));
    v_order orders;
    v_line record;
    v_amount bigint := amount;
    v_left ktt.shares;
    v_due timestamptz;
    v_id bigint;
BEGIN
    IF v_first IS NOT NULL THEN
        RETURN v_first::bigint;
    END IF;
    PERFORM read_committed();
    -- Either the lists know of this refund, or it comes after them: it does not run beside who freezes them or ends the campaign. The
    -- wave comes before the order, as it does there; an order that has left for its point is on the lists already.
    PERFORM FROM waves w JOIN campaigns c ON c.wave_id = w.id JOIN orders o ON o.campaign_id = c.id AND o.id = order_id
    WHERE c.id = campaign AND o.state IN ('placed', 'paid') FOR SHARE OF w;
    SELECT * INTO v_order FROM orders o
    WHERE o.campaign_id = require(campaign, 'campaign') AND o.id = require(order_id, 'order') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order % does not exist in campaign %', order_id, campaign USING ERRCODE = 'KT303';
    ELSIF v_order.state NOT IN ('paid', 'arrived', 'picked_up', 'completed') THEN
        RAISE EXCEPTION 'order % is %', order_id, v_order.state
            USING ERRCODE = 'KT301', HINT = 'Only an order that is paid can be refunded.';
    END IF;
    SELECT b.units, b.amount, coalesce(ktt.units(v_order.refunded, b.item), 0) AS units_back,
           coalesce(ktt.amount(v_order.refunded, b.item), 0) AS amount_back
      INTO v_line FROM ktt.items(v_order.basket) b WHERE b.item = require(refund_order.item, 'item');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order % has no item %', order_id, item USING ERRCODE = 'KT303';
    ELSIF require(units, 'units') < 0 OR v_amount < 0 OR (units = 0 AND coalesce(v_amount, 0) = 0) THEN
        RAISE EXCEPTION 'refund must take back units or an amount, and neither may be negative'
            USING ERRCODE = '22023', DETAIL = format('Units are %s, amount is %s.', units, coalesce(v_amount, 0));
    END IF;
    -- Without an amount: the price of the units, or what is left when lesser amounts went back before.
    v_amount := coalesce(v_amount, least(least(units, v_line.units) * (v_line.amount / v_line.units), v_line.amount - v_line.amount_back));
    IF units > v_line.units - v_line.units_back OR v_amount > v_line.amount - v_line.amount_back THEN
        RAISE EXCEPTION 'refund exceeds what was paid'
            USING ERRCODE = 'KT401',
                  DETAIL = format('Of item %s, %s units for %s are left; the refund asks for %s units and %s.', item,
                                  v_line.units - v_line.units_back, v_line.amount - v_line.amount_back, units, v_amount);
    END IF;
    SELECT line_shares(v_order, refund_order.item, v_order.steward_account_id) - coalesce(sum(r.shares), '{}') INTO v_left
    FROM refunds r WHERE r.campaign_id = campaign AND r.order_id = refund_order.order_id AND r.item_id = refund_order.item;
    IF v_order.state = 'completed' THEN
        v_due := greatest(stamp_due(interval '0'), v_order.due_at);
    END IF;
    INSERT INTO refunds AS r (campaign_id, order_id, item_id, units, amount, shares, reason, refunded_at, due_at)
    VALUES (campaign, refund_order.order_id, refund_order.item, refund_order.units, v_amount, ktt.reverse(v_left, v_amount),
            require(refund_order.reason, 'reason'), clock_timestamp(), v_due)
    RETURNING r.id INTO v_id;
    UPDATE orders o
       SET refunded = o.refunded + ktt.basket(refund_order.item, refund_order.units, v_amount),
           state = CASE WHEN o.state <> 'completed'
                         AND o.refunded + ktt.basket(refund_order.item, refund_order.units, v_amount) = o.basket
                        THEN 'refunded' ELSE o.state END
     WHERE o.campaign_id = campaign AND o.id = refund_order.order_id;
    IF v_amount > 0 THEN
        PERFORM post('refund', format('%s/%s', campaign, v_id),
                     money_back(campaign, order_id, v_order.amount - ktt.amount(v_order.refunded), v_amount) - ktt.shares(market_account('clearing'), v_amount));
    END IF;
    PERFORM finish_request('refund_order', request, to_jsonb(v_id));
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION refund_order(bigint, bigint, bigint, bigint, text, bigint, text) IS
    'Refunds a part of one line of a paid order and returns the refund id. Units may be 0 for a lower price; without an amount (minor units) '
    'the price of the units goes back. The shares give back by largest remainder over what is left of each, so any sequence of refunds ends at '
    'zero. After settlement it becomes a debt of the payees, netted from what they earn next. '
    'Errors: KT010 same request key with other arguments, KT301 not paid, KT303 no such order or item, KT401 more than was paid.';
