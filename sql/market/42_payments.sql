/*
 * Payments: what the channel says has come in, and what no order wanted.
 */

CREATE TABLE payments (
    reference   text PRIMARY KEY CHECK (octet_length(reference) BETWEEN 1 AND 256),
    campaign_id bigint NOT NULL,
    order_id    bigint NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    accepted    bigint NOT NULL CHECK (accepted BETWEEN 0 AND amount),
    outcome     text NOT NULL,
    received_at timestamptz NOT NULL,
    returned_at timestamptz
);
CREATE INDEX payments_order_idx ON payments (campaign_id, order_id);
CREATE INDEX payments_unmatched_idx ON payments (received_at) WHERE accepted < amount AND returned_at IS NULL;
COMMENT ON TABLE payments IS 'Every message of the payment channel that money came in, once each.';
COMMENT ON COLUMN payments.reference IS 'The channel''s own number of the payment.';
COMMENT ON COLUMN payments.accepted IS 'How much of it the order took; the rest is parked and to be sent back.';
COMMENT ON COLUMN payments.returned_at IS 'When the parked rest was sent back.';

CREATE FUNCTION received(target orders)
RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN target.paid_at IS NOT NULL THEN target.amount ELSE coalesce(target.part_paid, 0) END;
COMMENT ON FUNCTION received(orders) IS 'Internal. What has come in for an order, refunds not counted.';

CREATE FUNCTION pay_order(campaign bigint, order_id bigint, amount bigint, reference text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    v_first payments;
    v_order orders;
    v_accepted bigint := 0;
    v_outcome text;
BEGIN
    PERFORM read_committed();
    PERFORM require_reference(reference, 'reference'), require_between(require(amount, 'amount'), 1, 1000000000000000, 'amount');
    -- No gate: until the lists are frozen, which expires what is unpaid, a late payment is welcome.
    SELECT * INTO v_order FROM orders o
    WHERE o.campaign_id = require(campaign, 'campaign') AND o.id = require(order_id, 'order') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order % does not exist in campaign %', order_id, campaign USING ERRCODE = 'KT303';
    END IF;
    IF v_order.state = 'placed' THEN
        v_accepted := least(amount, v_order.amount - coalesce(v_order.part_paid, 0));
        v_outcome := CASE WHEN coalesce(v_order.part_paid, 0) + amount > v_order.amount THEN 'overpaid'
                          WHEN coalesce(v_order.part_paid, 0) + amount = v_order.amount THEN 'paid' ELSE 'part_paid' END;
    ELSE
        v_outcome := CASE WHEN v_order.state IN ('cancelled', 'expired') THEN v_order.state::text ELSE 'already_paid' END;
    END IF;
    INSERT INTO payments AS p (reference, campaign_id, order_id, amount, accepted, outcome, received_at)
    VALUES (pay_order.reference, campaign, pay_order.order_id, pay_order.amount, v_accepted, v_outcome, clock_timestamp())
    ON CONFLICT ON CONSTRAINT payments_pkey DO NOTHING;
    IF NOT FOUND THEN
        SELECT * INTO STRICT v_first FROM payments p WHERE p.reference = pay_order.reference;
        IF (v_first.campaign_id, v_first.order_id, v_first.amount) <> (campaign, pay_order.order_id, pay_order.amount) THEN
            RAISE EXCEPTION 'payment "%" was already taken in with different arguments', left(reference, 64)
                USING ERRCODE = 'KT010', DETAIL = format('It was %s for order %s of campaign %s.', v_first.amount, v_first.order_id, v_first.campaign_id);
        END IF;
        RETURN v_first.outcome;
    END IF;
    IF v_outcome = 'part_paid' THEN
        UPDATE orders o SET part_paid = coalesce(o.part_paid, 0) + v_accepted WHERE o.campaign_id = campaign AND o.id = pay_order.order_id;
    ELSIF v_accepted > 0 THEN
        UPDATE orders o SET state = 'paid', paid_at = clock_timestamp(), part_paid = NULL
        WHERE o.campaign_id = campaign AND o.id = pay_order.order_id;
    END IF;
    PERFORM post('payment', reference,
                 ktt.shares(market_account('clearing'), v_accepted) + ktt.shares(market_account('unmatched'), amount - v_accepted)
                 - ktt.shares(market_account('channel'), amount));
    RETURN v_outcome;
END
$$;
COMMENT ON FUNCTION pay_order(bigint, bigint, bigint, text) IS
    'Takes in the payment channel''s message that money came in for an order; reference is the channel''s own payment number and the request '
    'key, amount is in minor units. Outcomes: paid (in full), part_paid (the rest is awaited; a deposit is paid this way), overpaid (paid, the rest is '
    'parked), already_paid, cancelled, expired (all of it is parked). What is parked is listed in unmatched_payments until return_payment(). '
    'Errors: 0A000 not READ COMMITTED, 22023 amount not above 0, KT010 same reference with other arguments, KT303 no such order.';

CREATE FUNCTION return_payment(reference text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_payment payments;
BEGIN
    PERFORM read_committed();
    SELECT * INTO v_payment FROM payments p WHERE p.reference = require(return_payment.reference, 'reference') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'payment "%" does not exist', left(reference, 64) USING ERRCODE = 'KT303';
    END IF;
    IF v_payment.returned_at IS NULL AND v_payment.amount > v_payment.accepted THEN
        UPDATE payments p SET returned_at = clock_timestamp() WHERE p.reference = return_payment.reference;
        PERFORM post('returned_payment', reference,
                     ktt.shares(market_account('channel'), v_payment.amount - v_payment.accepted)
                     - ktt.shares(market_account('unmatched'), v_payment.amount - v_payment.accepted));
    END IF;
    RETURN v_payment.amount - v_payment.accepted;
END
$$;
COMMENT ON FUNCTION return_payment(text) IS
    'Notes that what no order took of a payment was sent back to the payer, and returns that amount in minor units; once, however often it is called. '
    'Errors: KT303 no such payment.';

CREATE VIEW unmatched_payments WITH (security_barrier) AS
SELECT p.reference, p.campaign_id, p.order_id, p.outcome, p.amount - p.accepted AS amount, p.received_at
FROM payments p WHERE p.accepted < p.amount AND p.returned_at IS NULL;
COMMENT ON VIEW unmatched_payments IS 'Money that came in and that no order took, to be sent back; order by received_at.';
