/*
 * Bonuses: what sales leaders get for the volume of a period, by a ladder over all of it.
 */

CREATE TABLE bonus_rules (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supply_leader_id bigint REFERENCES members,
    payer_id        bigint NOT NULL REFERENCES accounts,
    rule            ktt.split NOT NULL,
    days            daterange NOT NULL CHECK (NOT isempty(days) AND isfinite(lower(days)) AND isfinite(upper(days))),
    CONSTRAINT bonus_rules_days_excl EXCLUDE USING gist ((coalesce(supply_leader_id, 0)) WITH =, days WITH &&)
);
COMMENT ON TABLE bonus_rules IS
    'Who pays sales leaders what for their volume, and for sales of which days: one rule of a supply leader at a time, and one of the market.';
COMMENT ON COLUMN bonus_rules.supply_leader_id IS 'He pays for what they sell in his campaigns; NULL: the platform pays, for all that they sell.';
COMMENT ON COLUMN bonus_rules.payer_id IS 'His commission, or the market''s revenue.';
COMMENT ON COLUMN bonus_rules.rule IS 'The volume divided: the part of sales_leader is the bonus.';

CREATE FUNCTION bonus_of(rule ktt.split, volume bigint)
RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT
AS $$ SELECT a.amount FROM ktt.allocate(rule, volume, 0) a WHERE a.party = 'sales_leader' $$;
COMMENT ON FUNCTION bonus_of(ktt.split, bigint) IS 'Internal. The bonus for a volume.';

CREATE FUNCTION set_bonus(supply_leader bigint, rule ktt.split, since date, until date DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_first bonus_rules;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    IF supply_leader IS NOT NULL THEN
        PERFORM require_member(supply_leader, 'supply leader');
    END IF;
    IF NOT isfinite(require(since, 'first day')) OR NOT isfinite(until) OR until <= since THEN
        RAISE EXCEPTION 'a rule must end after it starts, on a finite day' USING ERRCODE = '22023', DETAIL = format('It would be from %s to %s.', since, until);
    ELSIF ktt.parties(require(rule, 'rule')) <> ARRAY['sales_leader', CASE WHEN supply_leader IS NULL THEN 'platform' ELSE 'supply_leader' END] THEN
        RAISE EXCEPTION 'a bonus is divided between sales_leader and who pays it'
            USING ERRCODE = 'KT202', DETAIL = format('The rule is "%s".', rule),
                  HINT = 'Such as "sales_leader ladder(0: 0%, 1000000: 2%) of sale, supply_leader rest"; the platform for a rule of the market.';
    ELSIF NOT (ktt.split_bounds(rule, 0, 1000000000000000, 0)).holds THEN
        -- No amounts per order or unit, and no minimum: a volume may be anything.
        RAISE EXCEPTION 'rule does not hold for every volume'
            USING ERRCODE = 'KT201', DETAIL = format('The rule is "%s".', rule), HINT = 'A bonus is a percentage or a ladder, with a maximum or without.';
    END IF;
    -- Not beside a run, which would use the rule that this one ends.
    LOCK TABLE period_runs IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO v_first FROM bonus_rules b WHERE b.supply_leader_id IS NOT DISTINCT FROM supply_leader AND lower(b.days) = since;
    IF FOUND THEN
        IF v_first.rule <> set_bonus.rule OR upper(v_first.days) IS DISTINCT FROM until THEN
            RAISE EXCEPTION 'there is another bonus from this day on already' USING ERRCODE = 'KT010', DETAIL = format('Its rule is "%s".', v_first.rule);
        END IF;
        RETURN v_first.id;
    END IF;
    PERFORM end_bonus(b.id, since) FROM bonus_rules b
    WHERE b.supply_leader_id IS NOT DISTINCT FROM supply_leader AND upper_inf(b.days) AND lower(b.days) < since;
    IF EXISTS (SELECT FROM bonus_rules b WHERE b.supply_leader_id IS NOT DISTINCT FROM supply_leader AND b.days && daterange(since, until)) THEN
        RAISE EXCEPTION 'there is a bonus for some of these days already' USING ERRCODE = 'KT301', HINT = 'Let it end before them: end_bonus().';
    END IF;
    INSERT INTO bonus_rules AS b (supply_leader_id, payer_id, rule, days)
    VALUES (supply_leader, CASE WHEN supply_leader IS NULL THEN market_account('revenue') ELSE open_account(supply_leader, 'commission') END,
            set_bonus.rule, daterange(since, until)) RETURNING b.id INTO v_id;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION set_bonus(bigint, ktt.split, date, date) IS
    'Lets a supply leader (NULL: the platform) pay sales leaders a bonus for their volume, for sales due from a day up to another (exclusive; until '
    'it is ended unless given), in place of an open one from before, and returns the rule; the same again gives the same. The rule divides the '
    'volume of a period (minor units): ladder() pays each slice at its own percentage, whole ladder() all of it at that of the step reached. '
    'Errors: 22004 null, 22023 no days, KT010 another rule from that day, KT201 not for every volume, KT202 other parties than sales_leader and who '
    'pays, KT301 days that have a rule or are computed already, KT303 no such member.';

CREATE FUNCTION end_bonus(bonus bigint, until date)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_rule bonus_rules;
BEGIN
    PERFORM read_committed();
    LOCK TABLE period_runs IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO v_rule FROM bonus_rules b WHERE b.id = require(bonus, 'bonus');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'bonus % does not exist', bonus USING ERRCODE = 'KT303';
    ELSIF NOT isfinite(require(until, 'day')) OR until <= lower(v_rule.days) THEN
        RAISE EXCEPTION 'a rule must end after it starts, on a finite day' USING ERRCODE = '22023';
    ELSIF until >= upper(v_rule.days) THEN
        RETURN false;
    ELSIF EXISTS (SELECT FROM period_runs r JOIN period_lines l ON l.run_id = r.id WHERE r.kind = 'bonus' AND l.rule_id = bonus AND upper(r.period) > until) THEN
        RAISE EXCEPTION 'bonus % is computed beyond %', bonus, until USING ERRCODE = 'KT301';
    END IF;
    UPDATE bonus_rules b SET days = daterange(lower(b.days), until) WHERE b.id = bonus;
    RETURN true;
END
$$;
COMMENT ON FUNCTION end_bonus(bigint, date) IS
    'Lets a bonus end: the day given is the first whose sales do not count. Returns whether it went on until then. '
    'Errors: 22004 null, 22023 before its first day, KT301 computed beyond that day, KT303 no such bonus.';

CREATE FUNCTION compute_bonuses(since date, until date DEFAULT NULL)
RETURNS TABLE (bonus_id bigint, sales_leader_id bigint, volume bigint, total bigint, amount bigint)
LANGUAGE plpgsql SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    v_period daterange;
    v_found period_line[];
BEGIN
    PERFORM read_committed();
    v_period := begin_period_run(since, until);
    v_found := ARRAY(
        -- Once over the sales, whatever the number of rules; 0 stands for all supply leaders together.
        WITH sold AS MATERIALIZED (
            SELECT c.supply_leader_id, o.seller_account_id, sum(ktt.amount(o.basket))::bigint AS volume
            FROM period_sales(v_period) o JOIN campaigns c ON c.id = o.campaign_id WHERE o.seller_account_id IS NOT NULL GROUP BY 1, 2)
        SELECT row(b.id, b.payer_id, s.seller_account_id, s.volume, bonus_of(b.rule, s.volume))::period_line
        FROM bonus_rules b
        JOIN (SELECT d.supply_leader_id, d.seller_account_id, d.volume FROM sold d
              UNION ALL
              SELECT 0, d.seller_account_id, sum(d.volume)::bigint FROM sold d GROUP BY 2) s ON s.supply_leader_id = coalesce(b.supply_leader_id, 0)
        WHERE b.days @> v_period);
    RETURN QUERY
    SELECT l.rule_id, a.member_id, l.volume, l.total, l.amount FROM post_period('bonus', v_period, v_found) l JOIN accounts a ON a.id = l.payee_id ORDER BY 1, 2;
END
$$;
COMMENT ON FUNCTION compute_bonuses(date, date) IS
    'Posts the bonuses of a period of days of the market''s time zone, a month unless its end (exclusive) is given, by one journal, by every rule '
    'that stands for all of it. The volume is what a sales leader''s orders that were due in it came to, less what refunds have taken back of them '
    'until now. Called again it posts the differences that refunds have made since. Returns what it has posted: rule, sales leader, volume, the '
    'whole bonus, and the difference (minor units); no row when nothing has changed. What a payer cannot pay, or a sales leader not give back, '
    'becomes his debt. Errors: 22004 null, 22023 empty period, KT301 not settled yet, or a rule was computed for another period with some of these '
    'days.';

CREATE FUNCTION verify_bonuses()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path FROM CURRENT
AS $$
    WITH c AS (
        SELECT l.run_id, l.total = bonus_of(b.rule, l.volume) AND l.payer_id = b.payer_id AND b.days @> r.period AS ok
        FROM period_runs r JOIN period_lines l ON l.run_id = r.id LEFT JOIN bonus_rules b ON b.id = l.rule_id WHERE r.kind = 'bonus')
    SELECT 'bonuses are what their rules make of the volume', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(c.run_id) FILTER (WHERE c.ok IS NOT TRUE)::text
    FROM c
$$;
COMMENT ON FUNCTION verify_bonuses() IS 'The line of verify() about bonuses.';
