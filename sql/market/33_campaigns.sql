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
    kind            text NOT NULL DEFAULT 'ordinary' CHECK (kind IN ('ordinary', 'flash', 'presale', 'interest')),
    owner_id        bigint REFERENCES members,
    state           text NOT NULL DEFAULT 'draft'
                    CHECK (state IN ('draft', 'open', 'closed', 'succeeded', 'failed', 'cancelled')),
    opens_at        timestamptz NOT NULL,
    closes_at       timestamptz NOT NULL,
    grace           interval NOT NULL CHECK (grace BETWEEN interval '0' AND interval '1 day') CHECK (extract(day FROM grace) = 0),
    hold            interval NOT NULL CHECK (hold BETWEEN interval '0' AND interval '1 year'),
    minimum         bigint CHECK (minimum > 0),
    minimum_of      text CHECK (minimum_of IN ('units', 'amount', 'buyers')),
    capacity_of     text CHECK (capacity_of IN ('units', 'orders')),
    capacity_id     bigint,
    capacity_slots  int,
    balance_due_at  timestamptz,
    interested      bigint CHECK (interested > 0),
    limited         boolean NOT NULL DEFAULT false,
    CONSTRAINT campaigns_time_check CHECK (opens_at < closes_at AND isfinite(opens_at) AND isfinite(closes_at)),
    CONSTRAINT campaigns_minimum_pair_check CHECK ((minimum IS NULL) = (minimum_of IS NULL)),
    CONSTRAINT campaigns_capacity_id_check CHECK (num_nulls(capacity_of, capacity_id, capacity_slots) IN (0, 3)),
    CONSTRAINT campaigns_balance_check CHECK ((balance_due_at IS NOT NULL) = (kind = 'presale') AND balance_due_at > opens_at AND isfinite(balance_due_at)),
    CONSTRAINT campaigns_interest_check CHECK ((interested IS NOT NULL) = (kind = 'interest'))
);
CREATE INDEX campaigns_wave_id_idx ON campaigns (wave_id);
COMMENT ON TABLE campaigns IS 'A group sale. Copies are rows of campaign_sellers: items, limits and stock stay here.';
COMMENT ON COLUMN campaigns.kind IS
    'flash: a short time and a quota for every item; presale: a deposit first, the balance later; interest: buyers say what they would '
    'buy while it is a draft, and only what enough of them want goes on sale.';
COMMENT ON COLUMN campaigns.owner_id IS
    'The group owner who chooses items and prices himself within the supplier''s bounds (community-led); NULL: the supply leader does (supply-led).';
COMMENT ON COLUMN campaigns.minimum IS 'What paid orders must come to at the cut-off, or all of them are cancelled; NULL is nothing.';
COMMENT ON COLUMN campaigns.capacity_of IS 'Whether units or orders are counted against the capacity; NULL is no capacity.';
COMMENT ON COLUMN campaigns.capacity_id IS 'The quota that holds what is left of the capacity.';
COMMENT ON COLUMN campaigns.balance_due_at IS 'Until when an order with its deposit paid may stay unpaid; presale only.';
COMMENT ON COLUMN campaigns.interested IS 'How many buyers must want an item for it to go on sale; interest only.';
COMMENT ON COLUMN campaigns.limited IS 'Whether limits hold in it.';
COMMENT ON COLUMN campaigns.state IS 'Closed is stored, never only a comparison of times: a clock that steps back reopens nothing.';
COMMENT ON COLUMN campaigns.closes_at IS 'The announced end; orders are taken until the grace after it has passed.';
COMMENT ON COLUMN campaigns.grace IS 'For orders that were sent in time and came late.';
COMMENT ON COLUMN campaigns.hold IS 'Time between completion of an order and its settlement.';

CREATE TABLE campaign_log (
    campaign_id bigint NOT NULL REFERENCES campaigns,
    id          bigint GENERATED ALWAYS AS IDENTITY,
    state       text NOT NULL,
    reason      text NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (campaign_id, id)
);
COMMENT ON TABLE campaign_log IS 'Every state that a campaign came to, with the reason.';

CREATE FUNCTION move_campaign(campaign bigint, state text, reason text)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    UPDATE campaigns c SET state = move_campaign.state WHERE c.id = campaign;
    INSERT INTO campaign_log (campaign_id, state, reason, at)
    VALUES (campaign, move_campaign.state, require(reason, 'reason'), clock_timestamp());
END
$$;
COMMENT ON FUNCTION move_campaign(bigint, text, text) IS 'Internal. Brings a campaign to a state and logs it. Errors: KT301 no way leads there.';

CREATE FUNCTION guard_campaign_state()
RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    IF (OLD.state, NEW.state) NOT IN (
           ('draft', 'open'), ('draft', 'failed'), ('draft', 'cancelled'), ('open', 'closed'), ('open', 'cancelled'),
           ('closed', 'succeeded'), ('closed', 'failed'), ('closed', 'cancelled')) THEN
        RAISE EXCEPTION 'campaign % is %', OLD.id, OLD.state
            USING ERRCODE = 'KT301', DETAIL = format('It cannot become %s.', NEW.state);
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION guard_campaign_state() IS 'Internal. Allows only the ways of a campaign: draft, open, closed, then succeeded or failed; cancelled before that (KT301).';
CREATE TRIGGER campaigns_state BEFORE UPDATE OF state ON campaigns
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION guard_campaign_state();

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
    opens_at timestamptz DEFAULT NULL, hold interval DEFAULT NULL, grace interval DEFAULT NULL,
    kind text DEFAULT 'ordinary', owner bigint DEFAULT NULL, balance_due_at timestamptz DEFAULT NULL, interested bigint DEFAULT NULL)
RETURNS bigint
-- The arguments are kept as text: one zone and style, so that a retry from another session is the same request.
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET timezone = 'UTC' SET intervalstyle = 'postgres'
AS $$
DECLARE
    v_arguments jsonb := jsonb_build_object('wave', wave, 'supply_leader', supply_leader, 'closes_at', closes_at,
                                            'opens_at', opens_at, 'hold', hold, 'grace', grace, 'kind', kind, 'owner', owner,
                                            'balance_due_at', balance_due_at, 'interested', interested);
    v_first jsonb := claim_request('create_campaign', require_reference(reference, 'reference'), v_arguments);
    v_id bigint;
BEGIN
    PERFORM read_committed();
    IF v_first IS NOT NULL THEN
        RETURN v_first::bigint;
    END IF;
    PERFORM require_member(supply_leader, 'supply leader'), require_interval(hold, '1 year', 'hold'), require_interval(grace, '1 day', 'grace');
    PERFORM require_date(closes_at, 'closing time'), require_date(opens_at, 'opening time'), require_date(balance_due_at, 'time of the balance');
    IF require(closes_at, 'closing time') <= coalesce(opens_at, clock_timestamp()) THEN
        RAISE EXCEPTION 'campaign must close after it opens'
            USING ERRCODE = '22023', DETAIL = format('It would open at %s and close at %s.', coalesce(opens_at, clock_timestamp()), closes_at);
    END IF;
    PERFORM require_one_of(require(kind, 'kind'), '{ordinary,flash,presale,interest}', 'kind');
    IF (balance_due_at IS NOT NULL) <> (kind = 'presale') OR (interested IS NOT NULL) <> (kind = 'interest') THEN
        RAISE EXCEPTION 'a presale has a time for its balance, an interest campaign a number of buyers, and no other kind has either'
            USING ERRCODE = '22023', DETAIL = format('The kind is %s.', kind);
    ELSIF balance_due_at <= coalesce(opens_at, clock_timestamp()) THEN
        RAISE EXCEPTION 'balance must be due after the campaign opens' USING ERRCODE = '22023';
    ELSIF kind = 'flash' AND closes_at > coalesce(opens_at, clock_timestamp()) + interval '1 day' THEN
        RAISE EXCEPTION 'a flash sale must close within a day of its opening' USING ERRCODE = '22023';
    END IF;
    PERFORM require_between(interested, 1, 1000000000, 'number of buyers');
    IF owner IS NOT NULL THEN
        PERFORM require_partner(supply_leader, owner), require_levels(ktt.chain(ARRAY[supply_leader, owner]));
    END IF;
    -- A wave that is being closed waits for this campaign, or this campaign finds it closed.
    PERFORM FROM waves w WHERE w.id = wave FOR SHARE;
    PERFORM require_wave(wave, '{open}');
    INSERT INTO campaigns AS c (wave_id, supply_leader_id, account_id, reference, kind, owner_id, opens_at, closes_at, grace, hold,
                                balance_due_at, interested)
    SELECT wave, supply_leader, open_account(supply_leader, 'commission'), create_campaign.reference, create_campaign.kind, create_campaign.owner,
           coalesce(create_campaign.opens_at, clock_timestamp()), create_campaign.closes_at,
           -- In hours: a day has 23 or 25 of them where the zone of who places an order changes its clocks.
           make_interval(secs => extract(epoch FROM coalesce(create_campaign.grace, s.grace))::double precision), coalesce(create_campaign.hold, s.hold),
           create_campaign.balance_due_at, create_campaign.interested
    FROM settings s
    RETURNING c.id INTO v_id;
    PERFORM assume_role(supply_leader, 'supply_leader');
    INSERT INTO campaign_log (campaign_id, state, reason, at) VALUES (v_id, 'draft', 'created', clock_timestamp());
    IF owner IS NOT NULL THEN
        INSERT INTO campaign_sellers (campaign_id, member_id, chain, account_id, tier)
        VALUES (v_id, owner, ktt.chain(ARRAY[supply_leader, owner]), open_account(owner, 'commission'), tier_of(supply_leader, owner));
    END IF;
    PERFORM finish_request('create_campaign', reference, to_jsonb(v_id));
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION create_campaign(bigint, bigint, text, timestamptz, timestamptz, interval, interval, text, bigint, timestamptz, bigint) IS
    'Drafts a campaign of a supply leader in a wave and returns its id. It opens now unless told otherwise and takes orders until '
    'closes_at and the grace after it; hold is the time from completion to settlement. The kind is ordinary; flash (closes within a day, every item '
    'has a stock); presale (items may ask for a deposit, the balance is due at balance_due_at); interest (a draft that waits until '
    'enough buyers, as many as interested says, want an item). With an owner, a partner of the supply leader, it is led by the community: he '
    'chooses items and prices, and orders without a seller are his. The reference is the request key. '
    'Errors: 22023 times, hold or kind out of bounds, KT010 same reference with other arguments, KT101 the market has one level, KT103 the owner is no partner, KT301 wave not open, KT303 no such member.';

CREATE FUNCTION require_campaign(campaign bigint, states text[])
RETURNS campaigns
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_campaign campaigns;
BEGIN
    SELECT * INTO v_campaign FROM campaigns c WHERE c.id = require(campaign, 'campaign') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'campaign % does not exist', campaign USING ERRCODE = 'KT303';
    ELSIF v_campaign.state <> ALL (states) THEN
        RAISE EXCEPTION 'campaign % is %', campaign, v_campaign.state
            USING ERRCODE = 'KT301', DETAIL = format('It has to be %s.', array_to_string(states, ' or '));
    END IF;
    RETURN v_campaign;
END
$$;
COMMENT ON FUNCTION require_campaign(bigint, text[]) IS
    'Internal. Locks and returns a campaign, or refuses one that does not exist (KT303) or is in another state (KT301).';

CREATE FUNCTION set_minimum(campaign bigint, minimum bigint, minimum_of text DEFAULT 'units')
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM read_committed();
    PERFORM require_campaign(campaign, '{draft}');
    PERFORM require_between(minimum, 1, 1000000000000000, 'minimum');
    IF minimum_of NOT IN ('units', 'amount', 'buyers') THEN
        RAISE EXCEPTION 'a minimum is of units, amount or buyers' USING ERRCODE = '22023', DETAIL = format('It is of "%s".', left(minimum_of, 64));
    END IF;
    UPDATE campaigns c SET minimum = set_minimum.minimum,
           minimum_of = CASE WHEN set_minimum.minimum IS NOT NULL THEN require(set_minimum.minimum_of, 'minimum_of') END
    WHERE c.id = campaign;
END
$$;
COMMENT ON FUNCTION set_minimum(bigint, bigint, text) IS
    'What the paid orders of a draft must come to at its cut-off: units, amount (minor units) or buyers; NULL is nothing. Below it the '
    'campaign fails and every order is cancelled. Errors: 22023 out of bounds, KT301 no draft, KT303 no such campaign.';
