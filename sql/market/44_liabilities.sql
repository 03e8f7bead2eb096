/*
 * Who bears a refund: by its cause, as rules that divide what goes back.
 */

CREATE TABLE liabilities (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supply_leader_id bigint REFERENCES members,
    cause           text NOT NULL CHECK (cause IN ('shortage', 'catch_weight', 'spoilage', 'late', 'lost', 'other')),
    rule            ktt.split NOT NULL,
    period          tstzrange NOT NULL CHECK (NOT isempty(period)),
    CONSTRAINT liabilities_period_excl EXCLUDE USING gist ((coalesce(supply_leader_id, 0)) WITH =, cause WITH =, period WITH &&)
);
COMMENT ON TABLE liabilities IS
    'Who bears refunds of a cause, and when that was so. A supply leader''s own rule goes before the market''s; where there is none, everybody gives back his '
    'part of the sale. A refund keeps the rule that was in force when it was made.';
COMMENT ON COLUMN liabilities.supply_leader_id IS 'Whose rule it is; NULL is the market''s, for every supply leader.';
COMMENT ON COLUMN liabilities.cause IS
    'shortage: less came than was ordered; catch_weight: it weighs less; spoilage; late; lost: gone at the pickup point; other.';
COMMENT ON COLUMN liabilities.rule IS 'Percentages of what is refunded, and a rest: no amount, so that refunds in parts come to the same as one.';

CREATE FUNCTION require_cause(cause text)
RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$ SELECT require_one_of(require(cause, 'cause'), '{shortage,catch_weight,spoilage,late,lost,other}', 'cause') $$;
COMMENT ON FUNCTION require_cause(text) IS 'Internal. Returns the cause of a refund, or refuses what is none (22004, 22023).';

CREATE FUNCTION set_liability(supply_leader bigint, cause text, rule ktt.split)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_now timestamptz;
    v_term text;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_cause(cause), check_rule(require(rule, 'rule'));
    SELECT c.term INTO v_term FROM ktt.clauses(rule) c WHERE c.term !~ '^([0-9.]+% of sale|rest)$' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'liability must divide by percentages of the sale and a rest'
            USING ERRCODE = '22023', DETAIL = format('The rule says "%s".', v_term),
                  HINT = 'The sale is what is refunded; a refund in parts then comes to the same as one.';
    END IF;
    PERFORM lock_rates(supply_leader);
    -- After all that was, also when the clock stepped back.
    SELECT greatest(clock_timestamp(), max(lower(l.period)) + interval '1 us', max(upper(l.period))) INTO v_now
    FROM liabilities l WHERE l.supply_leader_id IS NOT DISTINCT FROM supply_leader AND l.cause = set_liability.cause;
    UPDATE liabilities l SET period = tstzrange(lower(l.period), v_now)
    WHERE l.supply_leader_id IS NOT DISTINCT FROM supply_leader AND l.cause = set_liability.cause AND upper_inf(l.period);
    INSERT INTO liabilities AS l (supply_leader_id, cause, rule, period)
    VALUES (supply_leader, set_liability.cause, set_liability.rule, tstzrange(v_now, NULL)) RETURNING l.id INTO v_id;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION set_liability(bigint, text, ktt.split) IS
    'Says who bears refunds of a cause from now on, in place of what was said before, and returns the rule''s id. It is a supply leader''s, or with NULL the '
    'market''s. Causes: shortage, catch_weight, spoilage, late, lost, other. The rule divides the refunded amount over supplier, supply_leader, sales_leader, steward and '
    'platform by percentages of the sale and a rest; the rest takes the part of a sales leader or steward that an order does not have. Refunds that were made keep theirs. '
    'Errors: 22004 null, 22023 unknown cause or another kind of clause, KT202 a party the market does not know, KT203 nobody takes the part of an absent party, '
    'KT303 no such leader.';

CREATE FUNCTION end_liability(liability bigint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_leader bigint;
BEGIN
    PERFORM read_committed();
    SELECT l.supply_leader_id INTO v_leader FROM liabilities l WHERE l.id = require(liability, 'liability');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'liability % does not exist', liability USING ERRCODE = 'KT303';
    END IF;
    PERFORM lock_rates(v_leader);
    UPDATE liabilities l SET period = tstzrange(lower(l.period), greatest(clock_timestamp(), lower(l.period) + interval '1 us'))
    WHERE l.id = liability AND upper_inf(l.period);
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION end_liability(bigint) IS
    'Ends a rule of who bears refunds: the market''s own counts again, or everybody gives back his part. Returns whether it was in force. Errors: KT303 no such rule.';

CREATE FUNCTION liability_of(cause text, supply_leader bigint)
RETURNS liabilities
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT l.* FROM liabilities l
    WHERE upper_inf(l.period) AND l.cause = liability_of.cause AND (l.supply_leader_id IS NULL OR l.supply_leader_id = supply_leader)
    ORDER BY l.supply_leader_id IS NULL LIMIT 1
$$;
COMMENT ON FUNCTION liability_of(text, bigint) IS 'Internal. The rule in force for refunds of a cause, the supply leader''s before the market''s; nulls when there is none.';
