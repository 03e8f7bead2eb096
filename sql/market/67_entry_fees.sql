/*
 * Entry fees: what a member pays by the year for being here, taken day by day.
 */

CREATE TABLE entry_fees (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id       bigint NOT NULL REFERENCES members,
    account_id      bigint NOT NULL REFERENCES accounts,
    yearly          bigint NOT NULL CHECK (yearly BETWEEN 1 AND 10000000000000),
    days            daterange NOT NULL CHECK (NOT isempty(days) AND NOT lower_inf(days) AND isfinite(lower(days)) AND isfinite(upper(days))),
    accrued_until   date NOT NULL,
    CONSTRAINT entry_fees_days_excl EXCLUDE USING gist (member_id WITH =, days WITH &&),
    CONSTRAINT entry_fees_accrued_check CHECK (accrued_until >= lower(days) AND (upper_inf(days) OR accrued_until <= upper(days)))
);
CREATE INDEX entry_fees_accrued_until_idx ON entry_fees (accrued_until) WHERE accrued_until < coalesce(upper(days), 'infinity');
COMMENT ON TABLE entry_fees IS 'Who pays what by the year, from which day to which: one fee at a time.';
COMMENT ON COLUMN entry_fees.account_id IS
    'What it is taken from first; what is short there is a debt, which his other accounts pay as far as they can.';
COMMENT ON COLUMN entry_fees.days IS 'The days of membership; without an end until it is said. Its years begin on the day of its start.';
COMMENT ON COLUMN entry_fees.accrued_until IS 'The days before this one are charged.';

CREATE TABLE fee_runs (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    until       date NOT NULL,
    journal_id  bigint REFERENCES journals,
    ran_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE fee_runs IS 'Every time that days of entry fees were charged: one journal for all members.';
COMMENT ON COLUMN fee_runs.journal_id IS 'NULL when its days came to less than a minor unit.';

CREATE TABLE fee_lines (
    run_id      bigint NOT NULL REFERENCES fee_runs,
    fee_id      bigint NOT NULL REFERENCES entry_fees,
    days        daterange NOT NULL CHECK (NOT isempty(days)),
    amount      bigint NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (run_id, fee_id),
    CONSTRAINT fee_lines_once_excl EXCLUDE USING gist (fee_id WITH =, days WITH &&)
);
COMMENT ON TABLE fee_lines IS 'Which days of which fee a run has charged, and what they came to; a day is never charged twice, by constraint.';

CREATE FUNCTION fee_accrued(yearly bigint, since date, day date)
RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT
AS $$
    -- Rounded once over all days of the year that have passed, not day by day: so the parts of a year sum to its fee.
    SELECT yearly * y.full_years + (2 * yearly * (day - y.began) + (y.ends - y.began)) / (2 * (y.ends - y.began))
    FROM (SELECT n.full_years, (since + make_interval(years => n.full_years))::date AS began, (since + make_interval(years => n.full_years + 1))::date AS ends
          FROM (SELECT extract(year FROM age(day::timestamp, since::timestamp))::int AS full_years) n) y
$$;
COMMENT ON FUNCTION fee_accrued(bigint, date, date) IS
    'Internal. What a yearly fee has come to from its first day up to a day (exclusive), half a unit rounded up. A year is from one anniversary to '
    'the next, 365 or 366 days.';

CREATE FUNCTION set_entry_fee(member bigint, yearly bigint, since date, until date DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_first entry_fees;
    v_account bigint;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(member, 'member'), require_between(require(yearly, 'fee'), 1, 10000000000000, 'fee');
    IF NOT isfinite(require(since, 'first day')) OR NOT isfinite(until) OR until <= since THEN
        RAISE EXCEPTION 'a fee must end after it starts, on a finite day' USING ERRCODE = '22023', DETAIL = format('It would be from %s to %s.', since, until);
    END IF;
    -- Not beside a run, which would charge days of the fee that this one ends.
    LOCK TABLE fee_runs IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO v_first FROM entry_fees f WHERE f.member_id = member AND lower(f.days) = since;
    IF FOUND THEN
        IF v_first.yearly <> set_entry_fee.yearly OR upper(v_first.days) IS DISTINCT FROM until THEN
            RAISE EXCEPTION 'member % already has another fee from this day on', member
                USING ERRCODE = 'KT010', DETAIL = format('It is %s a year.', v_first.yearly);
        END IF;
        RETURN v_first.id;
    END IF;
    PERFORM end_entry_fee(member, since) FROM entry_fees f WHERE f.member_id = member AND lower(f.days) < since AND upper_inf(f.days);
    IF EXISTS (SELECT FROM entry_fees f WHERE f.member_id = member AND f.days && daterange(since, until)) THEN
        RAISE EXCEPTION 'member % already has a fee for some of these days', member USING ERRCODE = 'KT301', HINT = 'Let it end before them.';
    END IF;
    v_account := (SELECT a.id FROM accounts a WHERE a.member_id = member AND a.kind IN ('goods', 'commission', 'pickup') ORDER BY a.id LIMIT 1);
    INSERT INTO entry_fees AS f (member_id, account_id, yearly, days, accrued_until)
    VALUES (member, coalesce(v_account, open_account(member, 'commission')), set_entry_fee.yearly, daterange(since, until), since) RETURNING f.id INTO v_id;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION set_entry_fee(bigint, bigint, date, date) IS
    'Lets a member pay a fee by the year (minor units) from a day up to another (exclusive; until it is ended unless given), in place of an open '
    'one from before, and returns its id; the same again gives the same. Days that have passed are charged by the next run. Errors: 22004 null, '
    '22023 out of bounds, KT010 another fee from that day, KT301 days that have a fee or are charged already, KT303 no such member.';

CREATE FUNCTION end_entry_fee(member bigint, until date)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_fee entry_fees;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(member, 'member');
    IF NOT isfinite(require(until, 'day')) THEN
        RAISE EXCEPTION 'day must be finite' USING ERRCODE = '22023';
    END IF;
    LOCK TABLE fee_runs IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO v_fee FROM entry_fees f WHERE f.member_id = member AND lower(f.days) < until AND (upper_inf(f.days) OR upper(f.days) > until);
    IF NOT FOUND THEN
        RETURN false;
    ELSIF v_fee.accrued_until > until THEN
        RAISE EXCEPTION 'the fee of member % is charged up to %', member, v_fee.accrued_until
            USING ERRCODE = 'KT301', HINT = 'Let it end there, and give back what is too much by an adjustment.';
    END IF;
    UPDATE entry_fees f SET days = daterange(lower(f.days), until) WHERE f.id = v_fee.id;
    RETURN true;
END
$$;
COMMENT ON FUNCTION end_entry_fee(bigint, date) IS
    'Lets the fee of a member end with his membership: the day given is the first that costs nothing. Returns whether there was one. '
    'Errors: 22004 null, 22023 day not finite, KT301 charged beyond that day, KT303 no such member.';

CREATE FUNCTION accrue_fees(until date DEFAULT NULL, OUT members bigint, OUT amount bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_today date := local_day(clock_timestamp());
    v_until date := coalesce(until, v_today);
    v_run bigint;
    v_taken ktt.shares;
    v_journal bigint;
BEGIN
    PERFORM read_committed();
    IF NOT isfinite(v_until) OR v_until > v_today THEN
        RAISE EXCEPTION 'fees can only be charged for days that have passed' USING ERRCODE = '22023', DETAIL = format('Today is %s.', v_today);
    END IF;
    LOCK TABLE fee_runs IN SHARE ROW EXCLUSIVE MODE;
    members := 0;
    amount := 0;
    IF NOT EXISTS (SELECT FROM entry_fees f WHERE f.accrued_until < least(v_until, upper(f.days))) THEN
        RETURN;
    END IF;
    INSERT INTO fee_runs AS r (until) VALUES (v_until) RETURNING r.id INTO v_run;
    INSERT INTO fee_lines (run_id, fee_id, days, amount)
    SELECT v_run, f.id, daterange(f.accrued_until, d.until),
           fee_accrued(f.yearly, lower(f.days), d.until) - fee_accrued(f.yearly, lower(f.days), f.accrued_until)
    FROM entry_fees f CROSS JOIN LATERAL (SELECT least(v_until, upper(f.days)) AS until) d WHERE f.accrued_until < d.until;
    UPDATE entry_fees f SET accrued_until = upper(l.days) FROM fee_lines l WHERE l.run_id = v_run AND f.id = l.fee_id;
    SELECT count(DISTINCT f.member_id), sum(l.amount), ktt.shares_agg(f.account_id, l.amount) INTO members, amount, v_taken
    FROM fee_lines l JOIN entry_fees f ON f.id = l.fee_id WHERE l.run_id = v_run;
    IF amount > 0 THEN
        v_journal := post_owed('entry_fee', v_run::text, ktt.shares(market_account('revenue'), amount) - v_taken);
        UPDATE fee_runs r SET journal_id = v_journal WHERE r.id = v_run;
    END IF;
END
$$;
COMMENT ON FUNCTION accrue_fees(date) IS
    'Charges every day of every entry fee before a day (today, in the market''s time zone, unless given) that is not charged yet, by one journal, '
    'and returns how many members and how much (minor units). What a member cannot pay becomes his debt. Days that no run charged are made up for '
    'by the next one; called again, it charges nothing. Fit for a scheduler. Errors: 22023 a day to come.';

CREATE FUNCTION verify_entry_fees()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 2 SET search_path FROM CURRENT
AS $$
    WITH c AS (
        SELECT f.id, coalesce(sum(l.amount), 0) = fee_accrued(f.yearly, lower(f.days), f.accrued_until)
                     AND coalesce(sum(upper(l.days) - lower(l.days)), 0) = f.accrued_until - lower(f.days) AS ok
        FROM entry_fees f LEFT JOIN fee_lines l ON l.fee_id = f.id GROUP BY f.id)
    SELECT 'every day of an entry fee is charged once', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.id) FILTER (WHERE c.ok IS NOT TRUE)::text FROM c
    UNION ALL
    SELECT * FROM (
        WITH charged AS (
            SELECT l.run_id, sum(l.amount)::bigint AS amount, ktt.shares_agg(f.account_id, l.amount) AS taken
            FROM fee_lines l JOIN entry_fees f ON f.id = l.fee_id GROUP BY 1),
        c AS (
            SELECT coalesce(r.id::text, j.reference) AS id, r.journal_id IS NOT DISTINCT FROM j.id
                   AND coalesce(j.entries, '{}') = coalesce(ktt.shares(market_account('revenue'), x.amount) - x.taken, '{}') AS ok
            FROM fee_runs r LEFT JOIN charged x ON x.run_id = r.id
            FULL JOIN (SELECT * FROM journals y WHERE y.kind = 'entry_fee') j ON j.reference = r.id::text)
        SELECT 'runs of entry fees are posted once', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.id) FILTER (WHERE c.ok IS NOT TRUE) FROM c) posted
$$;
COMMENT ON FUNCTION verify_entry_fees() IS 'The part of verify() about entry fees.';
