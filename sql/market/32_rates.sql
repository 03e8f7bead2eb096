/*
 * The split rules in force.
 */

CREATE TABLE rates (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supply_leader_id bigint NOT NULL REFERENCES members,
    sku_id          bigint REFERENCES skus,
    rule            ktt.split NOT NULL,
    period          tstzrange NOT NULL CHECK (NOT isempty(period)),
    CONSTRAINT rates_period_excl
        EXCLUDE USING gist (supply_leader_id WITH =, (coalesce(sku_id, 0)) WITH =, period WITH &&)
);
COMMENT ON TABLE rates IS
    'The split rule of a supply leader, for one sku or for all others; a change never touches an item already listed.';

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

CREATE FUNCTION set_rate(supply_leader bigint, rule ktt.split, sku bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_now timestamptz;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM check_rule(require(rule, 'rule'));
    PERFORM FROM members m WHERE m.id = require(supply_leader, 'supply leader') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'supply leader % does not exist', supply_leader USING ERRCODE = 'KT303';
    END IF;
    IF sku IS NOT NULL AND NOT EXISTS (SELECT FROM skus s WHERE s.id = sku) THEN
        RAISE EXCEPTION 'sku % does not exist', sku USING ERRCODE = 'KT303';
    END IF;
    SELECT greatest(clock_timestamp(), max(lower(r.period)) + interval '1 us') INTO v_now
    FROM rates r WHERE r.supply_leader_id = supply_leader AND r.sku_id IS NOT DISTINCT FROM sku;
    UPDATE rates r SET period = tstzrange(lower(r.period), v_now)
    WHERE r.supply_leader_id = supply_leader AND r.sku_id IS NOT DISTINCT FROM sku AND upper_inf(r.period);
    INSERT INTO rates AS r (supply_leader_id, sku_id, rule, period)
    VALUES (supply_leader, sku, set_rate.rule, tstzrange(v_now, NULL)) RETURNING r.id INTO v_id;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION set_rate(bigint, ktt.split, bigint) IS
    'Puts a split rule in force from now on for a supply leader''s items: of one sku, or of every sku without a rule of its own. '
    'Errors: KT202 a party the market does not know, KT203 nobody takes the part of an absent sales leader or steward, KT204 a ladder, KT303 no such leader or sku.';
