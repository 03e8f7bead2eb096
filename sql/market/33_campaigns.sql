/*
 * Waves, and the campaigns in them: a supply leader's group sale.
 */

CREATE TABLE waves (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference   text NOT NULL UNIQUE CHECK (octet_length(reference) BETWEEN 1 AND 256),
    state       text NOT NULL DEFAULT 'open'
                CHECK (state IN ('open', 'closed', 'frozen', 'dispatched')),
    delivery_on date CHECK (isfinite(delivery_on)),
    closed_at   timestamptz,
    frozen_at   timestamptz,
    dispatched_at timestamptz
);
COMMENT ON TABLE waves IS 'One delivery round: campaigns that close, ship and arrive together.';
COMMENT ON COLUMN waves.delivery_on IS 'The day on which it reaches the points, in the market''s time zone; NULL when that is not known.';

CREATE TABLE campaigns (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    wave_id         bigint NOT NULL REFERENCES waves,
    supply_leader_id bigint NOT NULL REFERENCES members,
    account_id      bigint NOT NULL REFERENCES accounts,
    reference       text NOT NULL UNIQUE CHECK (octet_length(reference) BETWEEN 1 AND 256),
    state           text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'open', 'closed')),
    opens_at        timestamptz NOT NULL,
    closes_at       timestamptz NOT NULL,
    grace           interval NOT NULL CHECK (grace BETWEEN interval '0' AND interval '1 day') CHECK (extract(day FROM grace) = 0),
    hold            interval NOT NULL CHECK (hold BETWEEN interval '0' AND interval '1 year'),
    CONSTRAINT campaigns_time_check CHECK (opens_at < closes_at AND isfinite(opens_at) AND isfinite(closes_at))
);
CREATE INDEX campaigns_wave_id_idx ON campaigns (wave_id);
COMMENT ON TABLE campaigns IS 'A group sale. Copies are rows of campaign_sellers: items, limits and stock stay here.';
COMMENT ON COLUMN campaigns.state IS 'Closed is stored, never only a comparison of times: a clock that steps back reopens nothing.';
COMMENT ON COLUMN campaigns.closes_at IS 'The announced end; orders are taken until the grace after it has passed.';
COMMENT ON COLUMN campaigns.grace IS 'For orders that were sent in time and came late.';
COMMENT ON COLUMN campaigns.hold IS 'Time between completion of an order and its settlement.';

CREATE FUNCTION open_wave(reference text, delivery_on date DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_id bigint;
    v_day date;
BEGIN
    PERFORM read_committed();
    IF NOT isfinite(delivery_on) THEN
        RAISE EXCEPTION 'day of delivery must be finite' USING ERRCODE = '22023';
    END IF;
    INSERT INTO waves AS w (reference, delivery_on) VALUES (require_reference(open_wave.reference, 'reference'), open_wave.delivery_on)
    ON CONFLICT DO NOTHING RETURNING w.id INTO v_id;
    IF NOT FOUND THEN
        SELECT w.id, w.delivery_on INTO STRICT v_id, v_day FROM waves w WHERE w.reference = open_wave.reference;
        IF v_day IS DISTINCT FROM open_wave.delivery_on THEN
            RAISE EXCEPTION 'wave "%" already exists with another day of delivery', left(reference, 64)
                USING ERRCODE = 'KT010', DETAIL = format('It is delivered on %s.', coalesce(v_day::text, 'a day not known'));
        END IF;
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION open_wave(text, date) IS
    'Opens a delivery round under the application''s own key; the same arguments give the same wave again. Only points that are open on '
    'the weekday of its delivery serve it; without a day all of them do. '
    'Errors: 22023 day not finite, KT010 same key with another day.';

CREATE FUNCTION require_wave(wave bigint, states text[])
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    v_state text := (SELECT w.state FROM waves w WHERE w.id = require(wave, 'wave'));
BEGIN
    IF v_state IS NULL THEN
        RAISE EXCEPTION 'wave % does not exist', wave USING ERRCODE = 'KT303';
    ELSIF v_state <> ALL (states) THEN
        RAISE EXCEPTION 'wave % is %', wave, v_state
            USING ERRCODE = 'KT301', DETAIL = format('It has to be %s.', array_to_string(states, ' or ')),
                  HINT = 'A wave is closed by close_wave(), frozen by freeze_wave() and dispatched by dispatch_wave(), in this order.';
    END IF;
END
$$;
COMMENT ON FUNCTION require_wave(bigint, text[]) IS 'Internal. Refuses a wave that does not exist (KT303) or is in another state (KT301).';

CREATE FUNCTION create_campaign(
    wave bigint, supply_leader bigint, reference text, closes_at timestamptz,
    opens_at timestamptz DEFAULT NULL, hold interval DEFAULT NULL, grace interval DEFAULT NULL)
RETURNS bigint
-- The arguments are kept as text: one zone and style, so that a retry from another session is the same request.
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET timezone = 'UTC' SET intervalstyle = 'postgres'
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('wave', wave, 'supply_leader', supply_leader, 'closes_at', closes_at,
                                            'opens_at', opens_at, 'hold', hold, 'grace', grace);
    v_first jsonb := claim_request('create_campaign', require_reference(reference, 'reference'), v_arguments);
    v_id bigint;
BEGIN
    PERFORM read_committed();
    IF v_first IS NOT NULL THEN
        RETURN v_first::bigint;
    END IF;
    PERFORM require_member(supply_leader, 'supply leader'), require_interval(hold, '1 year', 'hold'), require_interval(grace, '1 day', 'grace');
    IF NOT isfinite(require(closes_at, 'closing time')) OR closes_at <= coalesce(opens_at, clock_timestamp()) THEN
        RAISE EXCEPTION 'campaign must close after it opens, at a finite time'
            USING ERRCODE = '22023', DETAIL = format('It would open at %s and close at %s.', coalesce(opens_at, clock_timestamp()), closes_at);
    END IF;
    -- A wave that is being closed waits for this campaign, or this campaign finds it closed.
    PERFORM FROM waves w WHERE w.id = wave FOR SHARE;
    PERFORM require_wave(wave, '{open}');
    INSERT INTO campaigns AS c (wave_id, supply_leader_id, account_id, reference, opens_at, closes_at, grace, hold)
    SELECT wave, supply_leader, open_account(supply_leader, 'commission'), create_campaign.reference,
           coalesce(create_campaign.opens_at, clock_timestamp()), create_campaign.closes_at,
           -- In hours: a day has 23 or 25 of them where the zone of who places an order changes its clocks.
           make_interval(secs => extract(epoch FROM coalesce(create_campaign.grace, s.grace))::double precision), coalesce(create_campaign.hold, s.hold)
    FROM settings s
    RETURNING c.id INTO v_id;
    PERFORM finish_request('create_campaign', reference, to_jsonb(v_id));
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION create_campaign(bigint, bigint, text, timestamptz, timestamptz, interval, interval) IS
    'Drafts a campaign of a supply leader in a wave and returns its id. It opens now unless told otherwise and takes orders until '
    'closes_at and the grace after it; hold is the time from completion to settlement. The reference is the request key. '
    'Errors: 22023 times or hold out of bounds, KT010 same reference with other arguments, KT301 wave not open, KT303 no such member.';
