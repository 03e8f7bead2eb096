/*
 * What is computed by period: posted once, and when the volume has changed since, corrected by the difference in a journal of its own.
 */

CREATE TABLE period_runs (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('bonus', 'traffic')),
    period      daterange NOT NULL CHECK (NOT isempty(period) AND isfinite(lower(period)) AND isfinite(upper(period))),
    journal_id  bigint REFERENCES journals,
    ran_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX period_runs_period_idx ON period_runs (kind, period);
COMMENT ON TABLE period_runs IS 'Every time that bonuses or traffic of a period were posted, the first time and whenever they had changed.';
COMMENT ON COLUMN period_runs.period IS 'Days of the market''s time zone.';
COMMENT ON COLUMN period_runs.journal_id IS 'NULL when its differences took from each account what they gave it.';

CREATE TABLE period_lines (
    run_id      bigint NOT NULL REFERENCES period_runs,
    rule_id     bigint NOT NULL,
    payer_id    bigint NOT NULL REFERENCES accounts,
    payee_id    bigint NOT NULL REFERENCES accounts,
    volume      bigint NOT NULL CHECK (volume >= 0),
    total       bigint NOT NULL CHECK (total >= 0),
    amount      bigint NOT NULL,
    PRIMARY KEY (run_id, rule_id, payer_id, payee_id)
);
CREATE INDEX period_lines_rule_id_idx ON period_lines (rule_id);
COMMENT ON TABLE period_lines IS 'What a run found and posted, by rule and account.';
COMMENT ON COLUMN period_lines.rule_id IS 'The bonus rule, or the tariff.';
COMMENT ON COLUMN period_lines.payer_id IS 'The account that pays.';
COMMENT ON COLUMN period_lines.volume IS 'What was counted, over the whole period.';
COMMENT ON COLUMN period_lines.total IS 'What the rule makes of it.';
COMMENT ON COLUMN period_lines.amount IS 'What this run has posted: the total less what runs before have posted.';

CREATE TYPE period_line AS (rule_id bigint, payer_id bigint, payee_id bigint, volume bigint, total bigint);
COMMENT ON TYPE period_line IS 'Internal. What a rule comes to for one payer and payee.';

CREATE FUNCTION begin_period_run(since date, until date)
RETURNS daterange
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_until date := coalesce(until, (since + interval '1 month')::date);
    v_behind record;
BEGIN
    IF NOT isfinite(require(since, 'first day')) OR NOT isfinite(v_until) OR v_until <= since THEN
        RAISE EXCEPTION 'period must end after it starts, on a finite day' USING ERRCODE = '22023', DETAIL = format('It is from %s to %s.', since, v_until);
    END IF;
    LOCK TABLE period_runs IN SHARE ROW EXCLUSIVE MODE;
    -- All that was due must be settled, so the slowest calendar that is in use decides.
    SELECT c.name, settled_until(c) AS settled INTO v_behind
    FROM calendars c
    WHERE settled_until(c) >= local_time(v_until, '00:00') IS NOT TRUE
          AND (c.id = 1 OR c.id IN (SELECT x.calendar_id FROM campaign_calendars x UNION ALL SELECT x.calendar_id FROM account_calendars x))
       OR EXISTS (SELECT FROM settlements s WHERE s.calendar_id = c.id AND s.posted_at IS NULL AND coalesce(lower(s.due), '-infinity') < local_time(v_until, '00:00'))
    ORDER BY settled_until(c) NULLS FIRST, c.id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'period is not settled yet' USING ERRCODE = 'KT301',
            DETAIL = format('Calendar "%s" has windows up to %s, all of which must be posted.', left(v_behind.name, 64), coalesce(v_behind.settled::text, 'no time')),
            HINT = 'Open and post settlements of every calendar up to the end of the period first.';
    END IF;
    RETURN daterange(since, v_until);
END
$$;
COMMENT ON FUNCTION begin_period_run(date, date) IS
    'Internal. A period, a month unless its end (exclusive) is given, of which all sales are settled, by every calendar that is '
    'in use; runs by period queue here. Errors: 22004 null, 22023 empty, KT301 not settled yet.';

CREATE FUNCTION period_sales(period daterange)
RETURNS TABLE (campaign_id bigint, order_id bigint, point_id bigint, seller_account_id bigint, basket ktt.basket)
LANGUAGE sql STABLE ROWS 1000 SET search_path FROM CURRENT
AS $$
    SELECT o.campaign_id, o.id, o.point_id, o.seller_account_id, o.basket - o.refunded
    FROM orders o WHERE o.due_at >= local_time(lower(period), '00:00') AND o.due_at < local_time(upper(period), '00:00')
$$;
COMMENT ON FUNCTION period_sales(daterange) IS 'Internal. The orders that were due in a period, and what refunds have left of them so far.';

CREATE FUNCTION post_period(kind text, period daterange, lines period_line[])
RETURNS TABLE (rule_id bigint, payer_id bigint, payee_id bigint, volume bigint, total bigint, amount bigint)
LANGUAGE plpgsql ROWS 100 SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    v_other record;
    v_lines period_lines[];
    v_entries ktt.shares;
    v_run bigint;
    v_journal bigint;
BEGIN
    SELECT l.rule_id, r.period INTO v_other
    FROM period_runs r JOIN period_lines l ON l.run_id = r.id
    WHERE r.kind = post_period.kind AND r.period && post_period.period AND r.period <> post_period.period
      AND l.rule_id IN (SELECT f.rule_id FROM unnest(lines) f) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'rule % was computed for another period with some of these days', v_other.rule_id
            USING ERRCODE = 'KT301', DETAIL = format('That was from %s to %s.', lower(v_other.period), upper(v_other.period));
    END IF;
    v_lines := ARRAY(
        SELECT row(0, coalesce(f.rule_id, w.rule_id), coalesce(f.payer_id, w.payer_id), coalesce(f.payee_id, w.payee_id),
                   coalesce(f.volume, 0), coalesce(f.total, 0), coalesce(f.total, 0) - coalesce(w.posted, 0))::period_lines
        FROM unnest(lines) f
        FULL JOIN (SELECT l.rule_id, l.payer_id, l.payee_id, sum(l.amount)::bigint AS posted
                   FROM period_runs r JOIN period_lines l ON l.run_id = r.id
                   WHERE r.kind = post_period.kind AND r.period = post_period.period GROUP BY 1, 2, 3) w
            ON w.rule_id = f.rule_id AND w.payer_id = f.payer_id AND w.payee_id = f.payee_id
        WHERE coalesce(f.total, 0) <> coalesce(w.posted, 0));
    IF cardinality(v_lines) = 0 THEN
        RETURN;
    END IF;
    INSERT INTO period_runs AS r (kind, period) VALUES (post_period.kind, post_period.period) RETURNING r.id INTO v_run;
    INSERT INTO period_lines SELECT v_run, l.rule_id, l.payer_id, l.payee_id, l.volume, l.total, l.amount FROM unnest(v_lines) l;
    SELECT ktt.shares_agg(l.payee_id, l.amount) - ktt.shares_agg(l.payer_id, l.amount) INTO v_entries FROM unnest(v_lines) l;
    IF ktt.cardinality(v_entries) > 0 THEN
        v_journal := post_owed(post_period.kind, v_run::text, v_entries);
        UPDATE period_runs r SET journal_id = v_journal WHERE r.id = v_run;
    END IF;
    RETURN QUERY SELECT l.rule_id, l.payer_id, l.payee_id, l.volume, l.total, l.amount FROM unnest(v_lines) l ORDER BY 1, 2, 3;
END
$$;
COMMENT ON FUNCTION post_period(text, daterange, period_line[]) IS
    'Internal. Posts, by one journal, what a period comes to now less what was posted of it before, and returns the lines that have changed; no row '
    'when none has. Errors: KT301 a rule was computed for another period that shares days with this one.';

CREATE FUNCTION verify_period_runs()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 2 SET search_path FROM CURRENT
AS $$
    WITH lines AS (
        SELECT r.kind, l.run_id, l.total = sum(l.amount) OVER (PARTITION BY r.kind, r.period, l.rule_id, l.payer_id, l.payee_id ORDER BY l.run_id) AS ok
        FROM period_lines l JOIN period_runs r ON r.id = l.run_id)
    SELECT 'what was posted of a period sums to its total', count(*), count(*) FILTER (WHERE NOT l.ok), min(l.run_id) FILTER (WHERE NOT l.ok)::text FROM lines l
    UNION ALL
    SELECT * FROM (
        WITH posted AS (
            SELECT l.run_id, ktt.shares_agg(l.payee_id, l.amount) - ktt.shares_agg(l.payer_id, l.amount) AS entries FROM period_lines l GROUP BY 1),
        c AS (
            SELECT coalesce(r.id::text, j.reference) AS id, r.journal_id IS NOT DISTINCT FROM j.id AND coalesce(j.entries, '{}') = p.entries AS ok
            FROM period_runs r LEFT JOIN posted p ON p.run_id = r.id
            FULL JOIN (SELECT * FROM journals y WHERE y.kind IN ('bonus', 'traffic')) j ON j.kind = r.kind AND j.reference = r.id::text)
        SELECT 'runs by period are posted once', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.id) FILTER (WHERE c.ok IS NOT TRUE) FROM c) posted
    UNION ALL
    SELECT * FROM (
        WITH r AS (SELECT DISTINCT r.kind, l.rule_id, r.period FROM period_runs r JOIN period_lines l ON l.run_id = r.id),
        c AS (
            SELECT r.rule_id, NOT EXISTS (SELECT FROM r o WHERE o.kind = r.kind AND o.rule_id = r.rule_id AND o.period && r.period
                                                            AND o.period <> r.period) AS ok
            FROM r)
        SELECT 'no day counts twice for a rule', count(*), count(*) FILTER (WHERE NOT c.ok), min(c.rule_id) FILTER (WHERE NOT c.ok)::text FROM c) apart
$$;
COMMENT ON FUNCTION verify_period_runs() IS 'The part of verify() about what is computed by period.';
