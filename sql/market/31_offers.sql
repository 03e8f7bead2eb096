/*
 * What a supplier offers to which supply leader, at which prices: he drafts and pushes, the supply leader passes or rejects.
 */

CREATE TABLE offers (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku_id          bigint NOT NULL REFERENCES skus,
    supply_leader_id bigint NOT NULL REFERENCES members,
    supply_price    bigint NOT NULL CHECK (supply_price >= 0),
    floor_price     bigint NOT NULL,
    ceiling_price   bigint NOT NULL,
    distribution_price bigint,
    state           text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'pushed', 'passed', 'rejected', 'withdrawn')),
    period          tstzrange CHECK (NOT isempty(period)),
    CONSTRAINT offers_price_check
        CHECK (supply_price <= floor_price AND floor_price <= ceiling_price
               AND coalesce(distribution_price, supply_price) BETWEEN supply_price AND ceiling_price),
    CONSTRAINT offers_in_force_check
        CHECK (CASE state WHEN 'passed' THEN period IS NOT NULL WHEN 'withdrawn' THEN upper_inf(period) IS NOT TRUE ELSE period IS NULL END),
    CONSTRAINT offers_period_excl EXCLUDE USING gist (sku_id WITH =, supply_leader_id WITH =, period WITH &&)
);
COMMENT ON TABLE offers IS 'At which supply price a supplier gives an article to a supply leader, and between which sale prices it may be sold.';
COMMENT ON COLUMN offers.distribution_price IS
    'The distribution price of its items in community-led campaigns, whose owners choose the sale price above it; NULL where it is not for them. '
    'A bound and a note: what a sale is divided into says its rule.';
COMMENT ON COLUMN offers.state IS 'A draft is pushed, then passed or rejected. The supplier withdraws it from any state but rejected.';
COMMENT ON COLUMN offers.period IS 'When it was in force: since it was passed, until another was or it was withdrawn. NULL for one that never was.';

CREATE TABLE offer_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    offer_id    bigint NOT NULL REFERENCES offers,
    state       text NOT NULL CHECK (state IN ('draft', 'pushed', 'passed', 'rejected', 'withdrawn')),
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    member_id   bigint REFERENCES members,
    note        text CHECK (octet_length(note) <= 4096)
);
CREATE INDEX offer_log_offer_id_idx ON offer_log (offer_id);
COMMENT ON TABLE offer_log IS 'Every state that an offer came to, in order of id.';
COMMENT ON COLUMN offer_log.member_id IS 'Who decided; NULL where nobody was named.';

CREATE FUNCTION move_offer(offer bigint, state text, member bigint DEFAULT NULL, note text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_offer offers;
    v_now timestamptz;
BEGIN
    SELECT * INTO STRICT v_offer FROM offers o WHERE o.id = offer;
    -- After all that was, also when the clock stepped back.
    SELECT greatest(clock_timestamp(), max(lower(o.period)) + interval '1 us', max(upper(o.period))) INTO v_now
    FROM offers o WHERE o.sku_id = v_offer.sku_id AND o.supply_leader_id = v_offer.supply_leader_id;
    UPDATE offers o SET period = tstzrange(lower(o.period), v_now)
    WHERE o.sku_id = v_offer.sku_id AND o.supply_leader_id = v_offer.supply_leader_id AND upper_inf(o.period)
      AND move_offer.state = 'passed';
    UPDATE offers o
       SET state = move_offer.state,
           period = CASE WHEN move_offer.state = 'passed' THEN tstzrange(v_now, NULL)
                         WHEN upper_inf(o.period) THEN tstzrange(lower(o.period), v_now) END
     WHERE o.id = offer;
    INSERT INTO offer_log (offer_id, state, member_id, note) VALUES (offer, move_offer.state, move_offer.member, move_offer.note);
END
$$;
COMMENT ON FUNCTION move_offer(bigint, text, bigint, text) IS
    'Internal. Brings an offer to a state that it can come to, with its period and its entry in the log. The sku is locked by now.';

CREATE FUNCTION require_offer(offer bigint)
RETURNS offers
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_offer offers;
BEGIN
    SELECT * INTO v_offer FROM offers o WHERE o.id = require(offer, 'offer');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'offer % does not exist', offer USING ERRCODE = 'KT303';
    END IF;
    -- The sku's row orders all that happens to its offers; the state is read again behind it.
    PERFORM require_sku(v_offer.sku_id);
    SELECT * INTO STRICT v_offer FROM offers o WHERE o.id = offer;
    RETURN v_offer;
END
$$;
COMMENT ON FUNCTION require_offer(bigint) IS 'Internal. Locks the sku of an offer and returns the offer, or refuses one that does not exist (KT303).';

CREATE FUNCTION refuse_offer(offer offers, wanted text)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    RAISE EXCEPTION 'offer % is % and cannot be %', offer.id,
        CASE WHEN offer.state = 'passed' AND NOT upper_inf(offer.period) THEN 'replaced' ELSE offer.state END, wanted
        USING ERRCODE = 'KT301', HINT = 'A draft is pushed, a pushed offer passed or rejected. For other terms, draft another.';
END
$$;
COMMENT ON FUNCTION refuse_offer(offers, text) IS 'Internal. Refuses a step that an offer in its state cannot take (KT301).';

CREATE FUNCTION require_offer_terms(
    sku bigint, supply_leader bigint, supply_price bigint, floor_price bigint, ceiling_price bigint, distribution_price bigint)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require(supply_price, 'supply price');
    PERFORM require_member(supply_leader, 'supply leader');
    PERFORM require_sku(sku);
    IF supply_price < 0 OR floor_price < supply_price OR ceiling_price < floor_price
       OR distribution_price NOT BETWEEN supply_price AND ceiling_price THEN
        RAISE EXCEPTION 'prices of an offer must rise from supply price to floor to ceiling'
            USING ERRCODE = 'KT302',
                  DETAIL = format('Supply price is %s, floor is %s, ceiling is %s, distribution price is %s.',
                                  supply_price, floor_price, ceiling_price, coalesce(distribution_price::text, 'not given')),
                  HINT = 'A distribution price is at least the supply price and at most the ceiling.';
    END IF;
END
$$;
COMMENT ON FUNCTION require_offer_terms(bigint, bigint, bigint, bigint, bigint, bigint) IS
    'Internal. Refuses an offer whose prices do not rise (KT302), or of what or to whom does not exist (KT303), and locks the sku.';

CREATE FUNCTION draft_offer(
    sku bigint, supply_leader bigint, supply_price bigint,
    floor_price bigint DEFAULT NULL, ceiling_price bigint DEFAULT NULL, distribution_price bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_floor bigint := coalesce(floor_price, supply_price);
    v_ceiling bigint := coalesce(ceiling_price, 9223372036854775807);
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_offer_terms(sku, supply_leader, supply_price, v_floor, v_ceiling, distribution_price);
    SELECT o.id INTO v_id FROM offers o
    WHERE o.sku_id = sku AND o.supply_leader_id = supply_leader AND o.state = 'draft'
      AND (o.supply_price, o.floor_price, o.ceiling_price, o.distribution_price)
          IS NOT DISTINCT FROM (draft_offer.supply_price, v_floor, v_ceiling, draft_offer.distribution_price);
    IF NOT FOUND THEN
        INSERT INTO offers AS o (sku_id, supply_leader_id, supply_price, floor_price, ceiling_price, distribution_price)
        VALUES (sku, supply_leader, draft_offer.supply_price, v_floor, v_ceiling, draft_offer.distribution_price)
        RETURNING o.id INTO v_id;
        INSERT INTO offer_log (offer_id, state) VALUES (v_id, 'draft');
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION draft_offer(bigint, bigint, bigint, bigint, bigint, bigint) IS
    'Drafts an offer of an article to a supply leader and returns its id, that of a draft on the same terms if there is one. Prices in minor '
    'units per unit: the floor and ceiling of the sale price are the supply price and none unless given; the distribution price, up to the ceiling, is '
    'that of its items in community-led campaigns. Errors: KT302 prices that do not rise, KT303 no such sku or member.';

CREATE FUNCTION push_offer(offer bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_offer offers;
BEGIN
    PERFORM read_committed();
    v_offer := require_offer(offer);
    IF v_offer.state = 'draft' THEN
        PERFORM move_offer(offer, 'pushed');
    ELSIF v_offer.state <> 'pushed' THEN
        PERFORM refuse_offer(v_offer, 'pushed');
    END IF;
END
$$;
COMMENT ON FUNCTION push_offer(bigint) IS
    'Puts a draft before the supply leader; pushed again it stays as it is. Errors: KT301 decided or withdrawn, KT303 no such offer.';

CREATE FUNCTION decide_offer(offer bigint, pass boolean, decided_by bigint, note text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_wanted text := CASE WHEN require(pass, 'decision') THEN 'passed' ELSE 'rejected' END;
    v_offer offers;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(decided_by, 'member'), require_between(octet_length(note), 0, 4096, 'bytes of the note');
    v_offer := require_offer(offer);
    PERFORM require_acting(decided_by, v_offer.supply_leader_id);
    IF v_offer.state = 'pushed' THEN
        PERFORM move_offer(offer, v_wanted, decided_by, note);
    ELSIF v_offer.state <> v_wanted THEN
        PERFORM refuse_offer(v_offer, v_wanted);
    END IF;
END
$$;
COMMENT ON FUNCTION decide_offer(bigint, boolean, bigint, text) IS
    'Passes a pushed offer, which is in force from now on in place of the one before, or rejects it; the log keeps who decided and his note. '
    'Who decides is the supply leader, or staff of his or of the platform. Items already listed keep their price. The same decision again changes nothing. '
    'Errors: 22023 a note of over 4096 bytes, 42501 somebody else decides, KT301 not pushed or decided otherwise, KT303 no such offer or member.';

CREATE FUNCTION withdraw_offer(offer bigint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_offer offers;
BEGIN
    PERFORM read_committed();
    v_offer := require_offer(offer);
    IF v_offer.state = 'withdrawn' THEN
        RETURN false;
    ELSIF v_offer.state = 'rejected' OR NOT upper_inf(v_offer.period) THEN
        PERFORM refuse_offer(v_offer, 'withdrawn');
    END IF;
    PERFORM move_offer(offer, 'withdrawn');
    RETURN true;
END
$$;
COMMENT ON FUNCTION withdraw_offer(bigint) IS
    'Takes an offer back, at any time; one in force ends now, and items already listed keep their price. Returns false when it was withdrawn before. '
    'Errors: KT301 rejected, or replaced by another, KT303 no such offer.';

CREATE FUNCTION offer_sku(
    sku bigint, supply_leader bigint, supply_price bigint,
    floor_price bigint DEFAULT NULL, ceiling_price bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_floor bigint := coalesce(floor_price, supply_price);
    v_ceiling bigint := coalesce(ceiling_price, 9223372036854775807);
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_offer_terms(sku, supply_leader, supply_price, v_floor, v_ceiling, NULL);
    SELECT o.id INTO v_id FROM offers o
    WHERE o.sku_id = sku AND o.supply_leader_id = supply_leader AND upper_inf(o.period) AND o.distribution_price IS NULL
      AND (o.supply_price, o.floor_price, o.ceiling_price) = (offer_sku.supply_price, v_floor, v_ceiling);
    IF NOT FOUND THEN
        -- Never a draft that stands already: what that one becomes, its own steps say.
        INSERT INTO offers AS o (sku_id, supply_leader_id, supply_price, floor_price, ceiling_price)
        VALUES (sku, supply_leader, offer_sku.supply_price, v_floor, v_ceiling) RETURNING o.id INTO v_id;
        INSERT INTO offer_log (offer_id, state) VALUES (v_id, 'draft');
        PERFORM move_offer(v_id, 'pushed');
        PERFORM move_offer(v_id, 'passed');
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION offer_sku(bigint, bigint, bigint, bigint, bigint) IS
    'Offers an article to a supply leader from now on, in place of the offer before: drafted, pushed and passed in one, by whoever runs the market and knows that '
    'both agree; the log names nobody. A draft on the same terms stays a draft. A supplier may offer to himself, who then leads the sale of his goods. Prices in minor units; the floor is the supply '
    'price unless given, the ceiling none. Items already listed keep their price. Errors: KT302 prices that do not rise, KT303 no such sku or member.';

CREATE FUNCTION verify_offers()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path FROM CURRENT
AS $$
    SELECT 'offers stand as their log says', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.id) FILTER (WHERE c.ok IS NOT TRUE)::text
    FROM (SELECT o.id, (o.state, o.period IS NOT NULL, l.states) IN (
                     ('draft', false, 'draft'), ('pushed', false, 'draft pushed'), ('passed', true, 'draft pushed passed'),
                     ('rejected', false, 'draft pushed rejected'), ('withdrawn', false, 'draft withdrawn'),
                     ('withdrawn', false, 'draft pushed withdrawn'), ('withdrawn', true, 'draft pushed passed withdrawn')) AS ok
          FROM offers o
          LEFT JOIN (SELECT x.offer_id, string_agg(x.state, ' ' ORDER BY x.id) AS states FROM offer_log x GROUP BY 1) l ON l.offer_id = o.id) c
$$;
COMMENT ON FUNCTION verify_offers() IS 'The invariants of offers, for verify().';
