/*
 * Arrival at the pickup point, the code that fetches the goods, completion.
 */

CREATE TABLE pickups (
    campaign_id bigint NOT NULL,
    order_id    bigint NOT NULL,
    wave_id     bigint NOT NULL REFERENCES waves,
    point_id    bigint NOT NULL REFERENCES pickup_points,
    code_mac    bytea,
    arrived_at  timestamptz NOT NULL,
    picked_at   timestamptz,
    picked_by   text CHECK (picked_by IN ('code', 'steward', 'operator')),
    PRIMARY KEY (campaign_id, order_id),
    FOREIGN KEY (campaign_id, order_id) REFERENCES orders,
    CHECK ((picked_at IS NULL) = (picked_by IS NULL))
);
CREATE INDEX pickups_point_id_code_mac_idx ON pickups (point_id, code_mac);
CREATE INDEX pickups_wave_id_idx ON pickups (wave_id);
COMMENT ON TABLE pickups IS 'Parcels at pickup points: when they came, when and how they were handed over.';
COMMENT ON COLUMN pickups.picked_by IS 'By the buyer''s code, or by the steward or an operator who vouches for it.';

CREATE TABLE code_failures (
    point_id    bigint NOT NULL REFERENCES pickup_points,
    day         date NOT NULL,
    failures    int NOT NULL,
    PRIMARY KEY (point_id, day)
);
COMMENT ON TABLE code_failures IS 'Wrong pickup codes per point and local day.';

CREATE FUNCTION arrive(wave bigint, point bigint)
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_count int;
BEGIN
    PERFORM read_committed();
    PERFORM require_wave(wave, '{dispatched}');
    WITH arrived AS (
        UPDATE orders o SET state = 'arrived'
        FROM campaigns c
        WHERE c.wave_id = wave AND o.campaign_id = c.id AND o.point_id = require(point, 'pickup point') AND o.state = 'paid'
        RETURNING o.campaign_id, o.id, o.code_mac)
    INSERT INTO pickups (campaign_id, order_id, wave_id, point_id, code_mac, arrived_at)
    SELECT a.campaign_id, a.id, wave, point, a.code_mac, clock_timestamp() FROM arrived a;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION arrive(bigint, bigint) IS
    'The goods of a wave have come to a pickup point: its paid orders can be fetched. Returns how many orders; again 0. '
    'Errors: 0A000 not READ COMMITTED, KT301 wave not dispatched, KT303 no such wave.';

CREATE FUNCTION steward_at(point bigint, steward bigint)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    IF steward_of(require(point, 'pickup point')) IS DISTINCT FROM require(steward, 'steward') THEN
        RAISE EXCEPTION 'member % is not the steward of pickup point %', steward, point USING ERRCODE = '42501';
    END IF;
END
$$;
COMMENT ON FUNCTION steward_at(bigint, bigint) IS 'Internal. Refuses a member who is not the steward of the point (42501).';

CREATE FUNCTION hand_parcel(campaign bigint, order_id bigint, how text)
RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    -- An order that was completed unfetched may still be fetched; one that was refunded whole may not, before or after.
    PERFORM FROM orders o WHERE o.campaign_id = campaign AND o.id = hand_parcel.order_id AND o.refunded <> o.basket FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'refunded';
    END IF;
    UPDATE orders o SET state = 'picked_up'
    WHERE o.campaign_id = campaign AND o.id = hand_parcel.order_id AND o.state = 'arrived';
    UPDATE pickups p SET picked_at = clock_timestamp(), picked_by = how
    WHERE p.campaign_id = campaign AND p.order_id = hand_parcel.order_id;
    RETURN 'picked_up';
END
$$;
COMMENT ON FUNCTION hand_parcel(bigint, bigint, text) IS
    'Internal. Hands over a parcel whose row the caller has locked; refunded when the whole order was paid back.';

CREATE FUNCTION pick_up(point bigint, code text, steward bigint, OUT outcome text, OUT campaign_id bigint, OUT order_id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_settings settings;
    v_day date;
    v_code text := ktt.normalise_pickup_code(require(code, 'code'));
    v_macs bytea[];
    v_open bigint;
BEGIN
    PERFORM read_committed();
    PERFORM steward_at(point, steward);
    SELECT * INTO STRICT v_settings FROM settings;
    v_day := local_day(clock_timestamp());
    IF NOT can_make_codes() THEN
        outcome := 'no_key';
        RETURN;
    ELSIF v_code IS NULL THEN
        outcome := 'mistyped';
        RETURN;
    ELSIF EXISTS (SELECT FROM code_failures f
                  WHERE f.point_id = point AND f.day = v_day AND f.failures >= v_settings.max_code_failures) THEN
        outcome := 'locked';
        RETURN;
    END IF;
    v_macs := ktt.pickup_macs(v_code, market_id());
    SELECT count(*) INTO v_open
    FROM pickups p WHERE p.point_id = point AND p.code_mac = ANY (v_macs) AND p.picked_at IS NULL;
    IF v_open > 1 THEN
        -- Two open parcels drew the same code: rare, and never guessed at.
        outcome := 'ambiguous';
        RETURN;
    END IF;
    SELECT p.campaign_id, p.order_id INTO campaign_id, order_id
    FROM pickups p WHERE p.point_id = point AND p.code_mac = ANY (v_macs) AND p.picked_at IS NULL FOR NO KEY UPDATE;
    IF FOUND THEN
        outcome := hand_parcel(campaign_id, order_id, 'code');
        RETURN;
    END IF;
    SELECT p.campaign_id, p.order_id INTO campaign_id, order_id
    FROM pickups p WHERE p.point_id = point AND p.code_mac = ANY (v_macs) ORDER BY p.picked_at DESC LIMIT 1;
    IF FOUND THEN
        outcome := 'already_picked_up';
        RETURN;
    END IF;
    INSERT INTO code_failures AS f (point_id, day, failures) VALUES (point, v_day, 1)
    ON CONFLICT ON CONSTRAINT code_failures_pkey DO UPDATE SET failures = f.failures + 1;
    outcome := 'invalid_code';
END
$$;
COMMENT ON FUNCTION pick_up(bigint, text, bigint) IS
    'Hands the goods over against a pickup code. Outcomes: picked_up (with the order), already_picked_up, refunded whole (both with the order), '
    'mistyped (the check symbol is wrong, not counted), invalid_code (counted; the same answer for unknown, other point, not arrived), '
    'locked (too many wrong codes at the point today), ambiguous (two parcels share the code: use hand_over), '
    'no_key (no key file, or the owner of the market may not use it: use hand_over). Commit also after a refusal, so that the count stays. Errors: 42501 not the steward of the point.';

CREATE FUNCTION vouch_for(campaign bigint, order_id bigint, steward bigint)
RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_point bigint;
    v_picked timestamptz;
BEGIN
    PERFORM read_committed();
    SELECT p.point_id, p.picked_at INTO v_point, v_picked FROM pickups p
    WHERE p.campaign_id = require(campaign, 'campaign') AND p.order_id = require(vouch_for.order_id, 'order') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order % of campaign % has not arrived', order_id, campaign USING ERRCODE = 'KT301';
    END IF;
    IF steward IS NOT NULL THEN
        PERFORM steward_at(v_point, steward);
    END IF;
    IF v_picked IS NOT NULL THEN
        RETURN 'already_picked_up';
    END IF;
    RETURN hand_parcel(campaign, order_id, CASE WHEN steward IS NULL THEN 'operator' ELSE 'steward' END);
END
$$;
COMMENT ON FUNCTION vouch_for(bigint, bigint, bigint) IS
    'Internal. Hands goods over without a code; a steward has to be the one of the point, NULL is an operator.';

CREATE FUNCTION hand_over(campaign bigint, order_id bigint, steward bigint)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN vouch_for(campaign, order_id, require(steward, 'steward'));
END
$$;
COMMENT ON FUNCTION hand_over(bigint, bigint, bigint) IS
    'Hands goods over without a code: the steward of the point vouches for it and stands recorded. '
    'Outcomes: picked_up, already_picked_up, refunded (the whole order was paid back). '
    'Errors: 0A000 not READ COMMITTED, 42501 not the steward of the point, KT301 not arrived.';

CREATE FUNCTION hand_over_as_operator(campaign bigint, order_id bigint)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN vouch_for(campaign, order_id, NULL);
END
$$;
COMMENT ON FUNCTION hand_over_as_operator(bigint, bigint) IS
    'Hands goods over without a code and without the steward: an operator vouches for it, which stands recorded. '
    'Outcomes and errors as hand_over().';

CREATE FUNCTION renew_code(campaign bigint, order_id bigint)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_state text;
    v_code text;
    v_mac bytea;
BEGIN
    PERFORM read_committed();
    -- The parcel before the order, as pick_up does.
    PERFORM FROM pickups p WHERE p.campaign_id = campaign AND p.order_id = renew_code.order_id FOR NO KEY UPDATE;
    SELECT o.state INTO v_state FROM orders o
    WHERE o.campaign_id = require(campaign, 'campaign') AND o.id = require(renew_code.order_id, 'order') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'order % does not exist in campaign %', order_id, campaign USING ERRCODE = 'KT303';
    ELSIF v_state NOT IN ('placed', 'paid', 'arrived') THEN
        RAISE EXCEPTION 'order % is %', order_id, v_state USING ERRCODE = 'KT301';
    END IF;
    v_code := ktt.new_pickup_code();
    v_mac := ktt.pickup_mac(v_code, market_id());
    UPDATE orders o SET code_mac = v_mac WHERE o.campaign_id = campaign AND o.id = renew_code.order_id;
    UPDATE pickups p SET code_mac = v_mac WHERE p.campaign_id = campaign AND p.order_id = renew_code.order_id;
    RETURN v_code;
END
$$;
COMMENT ON FUNCTION renew_code(bigint, bigint) IS
    'Draws a new pickup code for an order whose code was lost; the old one is void. '
    'Errors: KT301 already handed over, KT303 no such order, KT501 no key file.';

CREATE FUNCTION complete_wave(wave bigint, unfetched_after interval DEFAULT NULL)
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_campaign record;
    v_due timestamptz;
    v_count int;
    v_total int := 0;
BEGIN
    PERFORM read_committed();
    PERFORM require_wave(wave, '{dispatched}');
    FOR v_campaign IN
        SELECT c.id, c.hold FROM campaigns c WHERE c.wave_id = wave ORDER BY c.id
    LOOP
        v_due := stamp_due(v_campaign.hold);
        UPDATE orders o SET state = 'completed', due_at = v_due
        WHERE o.campaign_id = v_campaign.id
          AND (o.state = 'picked_up'
               OR (o.state = 'arrived'
                   AND EXISTS (SELECT FROM pickups p WHERE p.campaign_id = o.campaign_id AND p.order_id = o.id
                                                       AND p.arrived_at <= clock_timestamp() - unfetched_after)));
        GET DIAGNOSTICS v_count = ROW_COUNT;
        v_total := v_total + v_count;
        UPDATE refunds r SET due_at = o.due_at
        FROM orders o
        WHERE r.campaign_id = v_campaign.id AND r.due_at IS NULL
          AND o.campaign_id = r.campaign_id AND o.id = r.order_id AND o.state = 'completed';
    END LOOP;
    RETURN v_total;
END
$$;
COMMENT ON FUNCTION complete_wave(bigint, interval) IS
    'Completes the orders of a wave that were handed over, and those that lay unfetched for longer than an interval when one is given '
    '(automatic receipt); their shares become due after the campaign''s hold. Returns how many. '
    'Errors: 0A000 not READ COMMITTED, KT301 wave not dispatched, KT303 no such wave.';
