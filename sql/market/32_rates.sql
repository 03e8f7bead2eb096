/*
 * The split rules in force, and the tiers of sales leaders that rules may name.
 */

CREATE TABLE rates (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supply_leader_id bigint REFERENCES members,
    sales_leader_id bigint REFERENCES members,
    tier            text CHECK (octet_length(tier) BETWEEN 1 AND 256),
    sku_id          bigint REFERENCES skus,
    category        text CHECK (octet_length(category) BETWEEN 1 AND 256),
    rule            ktt.split NOT NULL,
    period          tstzrange NOT NULL CHECK (NOT isempty(period)),
    CONSTRAINT rates_who_check CHECK (num_nonnulls(sales_leader_id, tier) <= 1),
    CONSTRAINT rates_what_check CHECK (num_nonnulls(sku_id, category) <= 1),
    CONSTRAINT rates_period_excl
        EXCLUDE USING gist ((coalesce(supply_leader_id, 0)) WITH =, (coalesce(sales_leader_id, 0)) WITH =, (coalesce(tier, '')) WITH =,
                            (coalesce(sku_id, 0)) WITH =, (coalesce(category, '')) WITH =, period WITH &&)
);
CREATE INDEX rates_in_force_idx ON rates (supply_leader_id, sku_id) WHERE upper_inf(period);
COMMENT ON TABLE rates IS
    'Split rules: who gets what part of a sale. Of all that apply to a line the most specific counts: first by who sells (the sales leader, then his '
    'tier, then everybody), then by what (the sku, then its category, then everything), then by whose rule it is (the supply leader''s before the '
    'market''s). Items freeze them when they are listed; a change never touches an item already listed, nor an order.';
COMMENT ON COLUMN rates.supply_leader_id IS 'Whose rule it is; NULL is the market''s, for every supply leader.';
COMMENT ON COLUMN rates.sales_leader_id IS 'For the sales of this sales leader alone; NULL is for everybody, or a tier.';
COMMENT ON COLUMN rates.tier IS 'For the sales of the sales leaders of this tier; NULL is for everybody, or one of them.';
COMMENT ON COLUMN rates.sku_id IS 'For this sku alone; NULL is for everything, or a category.';
COMMENT ON COLUMN rates.category IS 'For the skus of this category; NULL is for everything, or one sku.';
COMMENT ON COLUMN rates.period IS 'When it was in force: until another took its place or it was ended.';

CREATE TABLE leader_tiers (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supply_leader_id bigint NOT NULL REFERENCES members,
    sales_leader_id bigint NOT NULL REFERENCES members,
    tier            text NOT NULL CHECK (octet_length(tier) BETWEEN 1 AND 256),
    period          tstzrange NOT NULL CHECK (NOT isempty(period)),
    CONSTRAINT leader_tiers_period_excl EXCLUDE USING gist (supply_leader_id WITH =, sales_leader_id WITH =, period WITH &&)
);
COMMENT ON TABLE leader_tiers IS 'In which tier a supply leader holds a sales leader, and when: one at a time.';

CREATE FUNCTION check_rule(rule ktt.split)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    v_stranger text;
BEGIN
    SELECT p.party INTO v_stranger FROM unnest(ktt.parties(rule)) p(party)
    WHERE p.party NOT IN ('supplier', 'supply_leader', 'sales_leader', 'steward', 'platform') LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'split names party "%", which the market does not know', v_stranger
            USING ERRCODE = 'KT202', HINT = 'Parties are supplier, supply_leader, sales_leader, steward and platform.';
    END IF;
    -- Not every order has a sales leader and a steward; what would be theirs needs somebody who is always there.
    IF ktt.parties(rule) && '{sales_leader,steward}'
       AND NOT EXISTS (SELECT FROM ktt.clauses(rule) c WHERE c.term = 'rest' AND c.party IN ('supplier', 'supply_leader', 'platform')) THEN
        RAISE EXCEPTION 'split has nobody to take the part of an absent party'
            USING ERRCODE = 'KT203', DETAIL = format('The rule is "%s"; an order may have no sales leader or no steward.', rule),
                  HINT = 'Give the rest to supplier, supply_leader or platform.';
    END IF;
    -- A ladder without its volume would stay on its first steps for ever, and pay too little without a word.
    IF ktt.needs_volume(rule) THEN
        RAISE EXCEPTION 'split has a ladder, but orders carry no volume'
            USING ERRCODE = 'KT204', DETAIL = format('The rule is "%s".', rule),
                  HINT = 'Use a plain percentage; ktt.allocate() takes the volume for ladders outside of a market.';
    END IF;
END
$$;
COMMENT ON FUNCTION check_rule(ktt.split) IS
    'Internal. Refuses a rule that names a party without an account in the market (KT202), that could leave the part of an absent party to nobody (KT203), '
    'or that depends on a volume (KT204).';

CREATE FUNCTION lock_rates(supply_leader bigint)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    IF supply_leader IS NULL THEN
        PERFORM FROM settings s FOR NO KEY UPDATE;
        RETURN;
    END IF;
    PERFORM FROM members m WHERE m.id = supply_leader FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'supply leader % does not exist', supply_leader USING ERRCODE = 'KT303';
    END IF;
END
$$;
COMMENT ON FUNCTION lock_rates(bigint) IS
    'Internal. Makes changes of a supply leader''s rates and tiers queue on his row, those of the market on its settings. Errors: KT303 no such leader.';

CREATE FUNCTION set_rate(
    supply_leader bigint, rule ktt.split, sku bigint DEFAULT NULL, category text DEFAULT NULL, tier text DEFAULT NULL, sales_leader bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_now timestamptz;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM check_rule(require(rule, 'rule'));
    PERFORM require_between(octet_length(category), 1, 256, 'bytes of the category'), require_between(octet_length(tier), 1, 256, 'bytes of the tier');
    IF num_nonnulls(sku, category) > 1 OR num_nonnulls(tier, sales_leader) > 1 THEN
        RAISE EXCEPTION 'rate must not name both %', CASE WHEN num_nonnulls(sku, category) > 1 THEN 'a sku and a category' ELSE 'a tier and a sales leader' END
            USING ERRCODE = '22023', HINT = 'The more specific one of two rates counts, so one of them is enough.';
    ELSIF sales_leader IS NOT NULL THEN
        PERFORM require_member(sales_leader, 'sales leader');
    END IF;
    PERFORM lock_rates(supply_leader);
    IF sku IS NOT NULL AND NOT EXISTS (SELECT FROM skus s WHERE s.id = sku) THEN
        RAISE EXCEPTION 'sku % does not exist', sku USING ERRCODE = 'KT303';
    END IF;
    -- After all that was, also when the clock stepped back.
    SELECT greatest(clock_timestamp(), max(lower(r.period)) + interval '1 us', max(upper(r.period))) INTO v_now
    FROM rates r
    WHERE (r.supply_leader_id, r.sku_id, r.category, r.tier, r.sales_leader_id)
          IS NOT DISTINCT FROM (supply_leader, sku, set_rate.category, set_rate.tier, sales_leader);
    UPDATE rates r SET period = tstzrange(lower(r.period), v_now)
    WHERE (r.supply_leader_id, r.sku_id, r.category, r.tier, r.sales_leader_id)
          IS NOT DISTINCT FROM (supply_leader, sku, set_rate.category, set_rate.tier, sales_leader) AND upper_inf(r.period);
    INSERT INTO rates AS r (supply_leader_id, sku_id, category, tier, sales_leader_id, rule, period)
    VALUES (supply_leader, sku, set_rate.category, set_rate.tier, sales_leader, set_rate.rule, tstzrange(v_now, NULL)) RETURNING r.id INTO v_id;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION set_rate(bigint, ktt.split, bigint, text, text, bigint) IS
    'Puts a split rule in force from now on, in place of the one before for the same, and returns its id. It is a supply leader''s, or with NULL the market''s; for a sku, '
    'a category, or everything; for the sales of a tier, of one sales leader, or everybody''s. Items already listed keep their rules. Of several that apply, '
    'who sells goes before what is sold, and that before whose rule it is. '
    'Errors: 22023 a sku and a category, or a tier and a sales leader, KT202 a party the market does not know, '
    'KT203 nobody takes the part of an absent sales leader or steward, KT204 a ladder, KT303 no such leader or sku.';

CREATE FUNCTION end_rate(rate bigint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_leader bigint;
BEGIN
    PERFORM read_committed();
    SELECT r.supply_leader_id INTO v_leader FROM rates r WHERE r.id = require(rate, 'rate');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'rate % does not exist', rate USING ERRCODE = 'KT303';
    END IF;
    PERFORM lock_rates(v_leader);
    UPDATE rates r SET period = tstzrange(lower(r.period), greatest(clock_timestamp(), lower(r.period) + interval '1 us'))
    WHERE r.id = rate AND upper_inf(r.period);
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION end_rate(bigint) IS
    'Ends a rate now without another in its place: the next less specific one counts. Items already listed keep it. '
    'Returns whether it was in force. Errors: KT303 no such rate.';

CREATE FUNCTION choose_rate(supply_leader bigint, sku bigint, sales_leader bigint DEFAULT NULL, tier text DEFAULT NULL)
RETURNS rates
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT r.* FROM rates r JOIN skus s ON s.id = sku
    WHERE upper_inf(r.period)
      AND (r.supply_leader_id IS NULL OR r.supply_leader_id = supply_leader)
      AND (r.sales_leader_id IS NULL OR r.sales_leader_id = sales_leader) AND (r.tier IS NULL OR r.tier = choose_rate.tier)
      AND (r.sku_id IS NULL OR r.sku_id = sku) AND (r.category IS NULL OR r.category = s.category)
    ORDER BY r.sales_leader_id IS NULL, r.tier IS NULL, r.sku_id IS NULL, r.category IS NULL, r.supply_leader_id IS NULL LIMIT 1
$$;
COMMENT ON FUNCTION choose_rate(bigint, bigint, bigint, text) IS
    'Internal. The rate in force for a sale of a supply leader''s sku by a sales leader of a tier, the most specific first; nulls when there is none.';

CREATE FUNCTION set_tier(supply_leader bigint, sales_leader bigint, tier text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_now timestamptz;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(sales_leader, 'sales leader'), require_between(octet_length(tier), 1, 256, 'bytes of the tier');
    PERFORM lock_rates(require(supply_leader, 'supply leader'));
    IF tier IS NOT NULL THEN
        PERFORM require_partner(supply_leader, sales_leader);
    END IF;
    SELECT t.id INTO v_id FROM leader_tiers t
    WHERE t.supply_leader_id = supply_leader AND t.sales_leader_id = sales_leader AND t.tier = set_tier.tier AND upper_inf(t.period);
    IF FOUND THEN
        RETURN v_id;
    END IF;
    SELECT greatest(clock_timestamp(), max(lower(t.period)) + interval '1 us', max(upper(t.period))) INTO v_now
    FROM leader_tiers t WHERE t.supply_leader_id = supply_leader AND t.sales_leader_id = sales_leader;
    UPDATE leader_tiers t SET period = tstzrange(lower(t.period), v_now)
    WHERE t.supply_leader_id = supply_leader AND t.sales_leader_id = sales_leader AND upper_inf(t.period);
    IF tier IS NOT NULL THEN
        INSERT INTO leader_tiers AS t (supply_leader_id, sales_leader_id, tier, period)
        VALUES (supply_leader, sales_leader, set_tier.tier, tstzrange(v_now, NULL)) RETURNING t.id INTO v_id;
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION set_tier(bigint, bigint, text) IS
    'Puts a sales leader into a tier of a supply leader from now on, in place of the one before, and returns the id of that period, the standing one '
    'when he is in that tier; NULL takes him out of it and returns NULL. A campaign keeps the tier in which he joined it. Errors: KT103 he is no partner, KT303 no such member.';

CREATE FUNCTION tier_of(supply_leader bigint, sales_leader bigint)
RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT t.tier FROM leader_tiers t
    WHERE t.supply_leader_id = supply_leader AND t.sales_leader_id = sales_leader AND upper_inf(t.period)
$$;
COMMENT ON FUNCTION tier_of(bigint, bigint) IS 'Internal. The tier of a sales leader with a supply leader now, or NULL.';
