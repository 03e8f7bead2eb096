/*
 * Tax withheld on commission. It is taken when the books are closed, after settlement and before payouts: only then is what a member has earned
 * in a month or year a fixed set of postings. A settlement window knows nothing of the year, and its entries are the sum of its orders and
 * nothing else; a payout mixes goods with commission and is lessened by debts.
 */

CREATE TABLE tax_rules (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_kind text NOT NULL CHECK (member_kind IN ('person', 'company')),
    since       date NOT NULL CHECK (isfinite(since)),
    every       text NOT NULL CHECK (every IN ('month', 'year')),
    rule        ktt.split NOT NULL,
    source      text NOT NULL CHECK (octet_length(source) BETWEEN 1 AND 1024),
    CONSTRAINT tax_rules_since_key UNIQUE (member_kind, since)
);
COMMENT ON TABLE tax_rules IS 'What is withheld of the commission of persons and companies: each rule holds until the next one of the same kind.';
COMMENT ON COLUMN tax_rules.every IS 'The bands begin anew every month or every year.';
COMMENT ON COLUMN tax_rules.rule IS 'What was earned in the month or year so far, divided: the part of "tax" is withheld.';
COMMENT ON COLUMN tax_rules.source IS 'The law or notice that says so, as the user gives it; ktt knows no rates.';

CREATE TABLE tax_runs (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    until       timestamptz NOT NULL UNIQUE,
    journal_id  bigint REFERENCES journals,
    ran_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE tax_runs IS 'Every time that tax was withheld: of all that was written before an end of the books.';
COMMENT ON COLUMN tax_runs.journal_id IS 'NULL when there was nothing to withhold.';

CREATE TABLE tax_lines (
    run_id      bigint NOT NULL REFERENCES tax_runs,
    account_id  bigint NOT NULL REFERENCES accounts,
    period      daterange NOT NULL,
    rule_id     bigint NOT NULL REFERENCES tax_rules,
    base        bigint NOT NULL,
    total       bigint NOT NULL CHECK (total >= 0),
    amount      bigint NOT NULL,
    PRIMARY KEY (account_id, period, run_id)
);
CREATE INDEX tax_lines_run_id_idx ON tax_lines (run_id);
COMMENT ON TABLE tax_lines IS 'What a run has found and withheld, by commission account and month or year.';
COMMENT ON COLUMN tax_lines.base IS 'What was earned in the month or year up to then; below zero when refunds took back more.';
COMMENT ON COLUMN tax_lines.total IS 'The tax on it.';
COMMENT ON COLUMN tax_lines.amount IS 'What this run has withheld: the total less what runs before have; below zero when some was given back.';

CREATE FUNCTION tax_of(rule ktt.split, base bigint)
RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT
AS $$ SELECT a.amount FROM ktt.allocate(rule, greatest(base, 0), 0) a WHERE a.party = 'tax' $$;
COMMENT ON FUNCTION tax_of(ktt.split, bigint) IS 'Internal. The tax on what was earned; nothing when that is below zero.';

CREATE FUNCTION set_tax_rule(member_kind text, since date, every text, rule ktt.split, source text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_first tax_rules;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_one_of(require(member_kind, 'kind of member'), '{person,company}', 'kind of member'),
            require_one_of(require(every, 'every'), '{month,year}', 'every'),
            require_between(octet_length(require(source, 'source')), 1, 1024, 'bytes of the source');
    IF NOT isfinite(require(since, 'first day')) OR since <> date_trunc(every, since::timestamp)::date THEN
        RAISE EXCEPTION 'a tax rule must begin with a %', every USING ERRCODE = '22023', DETAIL = format('It would begin on %s.', since);
    ELSIF ktt.parties(require(rule, 'rule')) <> '{tax,payee}' THEN
        RAISE EXCEPTION 'a tax rule divides between tax and payee'
            USING ERRCODE = 'KT202', DETAIL = format('The rule is "%s".', rule), HINT = 'Such as "tax ladder(0: 0%, 100000: 20%) of sale, payee rest".';
    ELSIF NOT (ktt.split_bounds(rule, 0, 1000000000000000, 0)).holds THEN
        RAISE EXCEPTION 'rule does not hold for every amount'
            USING ERRCODE = 'KT201', DETAIL = format('The rule is "%s".', rule), HINT = 'A tax is a percentage or a ladder, with a maximum or without.';
    END IF;
    LOCK TABLE tax_runs IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO v_first FROM tax_rules t WHERE t.member_kind = set_tax_rule.member_kind AND t.since = set_tax_rule.since;
    IF FOUND THEN
        IF (v_first.every, v_first.rule, v_first.source) <> (set_tax_rule.every, set_tax_rule.rule, set_tax_rule.source) THEN
            RAISE EXCEPTION 'there is another tax rule from this day on already' USING ERRCODE = 'KT010', DETAIL = format('Its rule is "%s".', v_first.rule);
        END IF;
        RETURN v_first.id;
    ELSIF EXISTS (SELECT FROM tax_runs r WHERE r.until > local_time(since, '00:00')) THEN
        RAISE EXCEPTION 'tax is withheld beyond % already', since USING ERRCODE = 'KT301', HINT = 'Let the rule begin later.';
    END IF;
    INSERT INTO tax_rules AS t (member_kind, since, every, rule, source)
    VALUES (set_tax_rule.member_kind, set_tax_rule.since, set_tax_rule.every, set_tax_rule.rule, set_tax_rule.source) RETURNING t.id INTO v_id;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION set_tax_rule(text, date, text, ktt.split, text) IS
    'Says what is withheld of the commission of persons or companies from a day on (the first of a month or year, as its bands begin anew), in '
    'place of the rule before, with the source that says so, and returns the rule; the same again gives the same. The rule divides what was earned '
    'in the month or year (minor units): a percentage is flat, ladder() progressive, with 0% up to a threshold if there is one, whole ladder() '
    'takes all of it once a step is reached. Errors: 22004 null, 22023 out of bounds or a day between, KT010 another rule from that day, KT201 not '
    'for every amount, KT202 other parties than tax and payee, KT301 withheld beyond that day already.';

CREATE FUNCTION tax_periods(member_kind text)
RETURNS TABLE (rule_id bigint, rule ktt.split, every text, days daterange)
LANGUAGE sql STABLE ROWS 10 SET search_path FROM CURRENT
AS $$
    SELECT t.id, t.rule, t.every, daterange(t.since, lead(t.since) OVER (ORDER BY t.since)) FROM tax_rules t WHERE t.member_kind = tax_periods.member_kind
$$;
COMMENT ON FUNCTION tax_periods(text) IS 'Internal. The rules of a kind of members and the days for which they hold.';

CREATE FUNCTION withhold_tax(OUT members bigint, OUT amount bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_zone text := (SELECT s.time_zone FROM settings s);
    v_from timestamptz;
    v_until timestamptz;
    v_run bigint;
    v_withheld ktt.shares;
    v_journal bigint;
BEGIN
    PERFORM read_committed();
    LOCK TABLE tax_runs IN SHARE ROW EXCLUSIVE MODE;
    members := 0;
    amount := 0;
    SELECT s.books_closed_at, coalesce((SELECT max(r.until) FROM tax_runs r), '-infinity') INTO v_until, v_from FROM settings s;
    IF v_until > v_from IS NOT TRUE THEN
        RETURN;
    END IF;
    INSERT INTO tax_runs AS r (until) VALUES (v_until) RETURNING r.id INTO v_run;
    -- Of whom something was written since, and in which months or years: those are reckoned anew from their beginning.
    INSERT INTO tax_lines (run_id, account_id, period, rule_id, base, total, amount)
    SELECT v_run, t.account_id, t.period, t.rule_id, e.base, tax_of(t.rule, e.base), tax_of(t.rule, e.base) - e.before
    FROM (SELECT DISTINCT d.account_id, p.rule_id, p.rule,
                 daterange(date_trunc(p.every, d.day::timestamp)::date,
                           least((date_trunc(p.every, d.day::timestamp) + ('1 ' || p.every)::interval)::date, upper(p.days))) AS period
          FROM (SELECT DISTINCT i.account_id, m.kind, (i.written_at AT TIME ZONE v_zone)::date AS day
                FROM earned(v_from, v_until) i JOIN accounts a ON a.id = i.account_id JOIN members m ON m.id = a.member_id) d
          JOIN LATERAL tax_periods(d.kind) p ON p.days @> d.day) t
    CROSS JOIN LATERAL (
        SELECT (SELECT coalesce(sum(i.amount), 0)::bigint
                FROM earned(local_time(lower(t.period), '00:00'), least(local_time(upper(t.period), '00:00'), v_until), t.account_id) i) AS base,
               (SELECT coalesce(sum(l.amount), 0)::bigint FROM tax_lines l WHERE l.account_id = t.account_id AND l.period = t.period) AS before) e;
    SELECT count(DISTINCT l.account_id), coalesce(sum(l.amount), 0), ktt.shares_agg(l.account_id, l.amount) INTO members, amount, v_withheld
    FROM tax_lines l WHERE l.run_id = v_run AND l.amount <> 0;
    v_withheld := ktt.shares(market_account('tax'), amount) - v_withheld;
    IF ktt.cardinality(v_withheld) > 0 THEN
        v_journal := post_owed('tax', v_run::text, v_withheld);
        UPDATE tax_runs r SET journal_id = v_journal WHERE r.id = v_run;
    END IF;
END
$$;
COMMENT ON FUNCTION withhold_tax() IS
    'Withholds tax on all commission and bonuses that were written before the end of the books and not taxed yet, by one journal, and returns of '
    'how many members and how much (minor units). What a month or year comes to is reckoned anew and the difference posted, so a refund gives tax '
    'back. A later fact belongs to the month in which it is written. What a member no longer has becomes his debt. Call close_books() before, and '
    'pay out after it. Fit for a scheduler; called again it changes nothing.';

CREATE FUNCTION earned(since timestamptz, until timestamptz, account bigint DEFAULT NULL)
RETURNS TABLE (account_id bigint, written_at timestamptz, amount bigint)
LANGUAGE sql STABLE ROWS 1000 SET search_path FROM CURRENT
AS $$
    SELECT p.account_id, p.written_at, p.amount
    FROM accounts a JOIN postings p ON p.account_id = a.id JOIN journals j ON j.id = p.journal_id
    WHERE a.kind = 'commission' AND (account IS NULL OR a.id = account) AND p.written_at >= since AND p.written_at < until AND j.kind IN ('settlement', 'bonus')
$$;
COMMENT ON FUNCTION earned(timestamptz, timestamptz, bigint) IS
    'Internal. What was written of commission and bonuses in a time, and of refunds of them: what tax is reckoned on.';

CREATE FUNCTION tax_certificate(member bigint, year int)
RETURNS TABLE (since date, until date, earned bigint, withheld bigint, rule text, source text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 12 SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_member(member, 'member'), require_between(require(year, 'year'), 1, 9999, 'year');
    RETURN QUERY
    SELECT lower(l.period), upper(l.period), l.base, l.total, r.rule::text, r.source
    FROM (SELECT DISTINCT ON (x.account_id, x.period) x.* FROM tax_lines x JOIN accounts a ON a.id = x.account_id
          WHERE a.member_id = tax_certificate.member AND extract(year FROM lower(x.period)) = tax_certificate.year
          ORDER BY x.account_id, x.period, x.run_id DESC) l
    JOIN tax_rules r ON r.id = l.rule_id ORDER BY 1;
END
$$;
COMMENT ON FUNCTION tax_certificate(bigint, int) IS
    'What a member has earned and what was withheld of it in a year (minor units), by month or for all of it, with the rule and its source, as of '
    'the last run. Errors: 22004 null, 22023 no year, KT303 no such member.';

CREATE FUNCTION pay_tax(amount bigint, reference text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_owed bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_between(require(amount, 'amount'), 1, 1000000000000000, 'amount'), require_reference(reference, 'reference');
    -- The market's own accounts have no guard: runs and payments queue here.
    LOCK TABLE tax_runs IN SHARE ROW EXCLUSIVE MODE;
    v_owed := balance_at(market_account('tax'), 'infinity');
    IF amount > v_owed AND NOT EXISTS (SELECT FROM journals j WHERE j.kind = 'tax_payment' AND j.reference = pay_tax.reference) THEN
        PERFORM refuse_posting(market_account('tax'), 'tax', v_owed, -amount);
    END IF;
    RETURN post('tax_payment', reference, ktt.shares(market_account('bank'), amount) - ktt.shares(market_account('tax'), amount));
END
$$;
COMMENT ON FUNCTION pay_tax(bigint, text) IS
    'Notes that withheld tax (minor units) was paid to the tax office from the bank, under the bank''s reference, and returns the journal; once, '
    'however often it is called. Errors: 22004 null, 22023 out of bounds, KT010 same reference with other arguments, KT402 less is withheld.';

CREATE FUNCTION verify_tax()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 2 SET search_path FROM CURRENT
AS $$
    WITH c AS (
        SELECT l.run_id, l.total = tax_of(t.rule, l.base) AND l.total = sum(l.amount) OVER (PARTITION BY l.account_id, l.period ORDER BY l.run_id)
               AND l.base = (SELECT coalesce(sum(e.amount), 0)
                             FROM earned(local_time(lower(l.period), '00:00'), least(local_time(upper(l.period), '00:00'), r.until), l.account_id) e) AS ok
        FROM tax_lines l JOIN tax_runs r ON r.id = l.run_id JOIN tax_rules t ON t.id = l.rule_id)
    SELECT 'tax is what its rule makes of what was earned', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(c.run_id) FILTER (WHERE c.ok IS NOT TRUE)::text
    FROM c
    UNION ALL
    SELECT * FROM (
        WITH withheld AS (
            SELECT l.run_id, ktt.shares(market_account('tax'), sum(l.amount)::bigint) - ktt.shares_agg(l.account_id, l.amount) AS entries
            FROM tax_lines l GROUP BY 1),
        c AS (
            SELECT coalesce(r.id::text, j.reference) AS id, r.journal_id IS NOT DISTINCT FROM j.id AND coalesce(j.entries, '{}') = coalesce(w.entries, '{}') AS ok
            FROM tax_runs r LEFT JOIN withheld w ON w.run_id = r.id
            FULL JOIN (SELECT * FROM journals y WHERE y.kind = 'tax') j ON j.reference = r.id::text)
        SELECT 'runs of tax are posted once', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.id) FILTER (WHERE c.ok IS NOT TRUE) FROM c) posted
$$;
COMMENT ON FUNCTION verify_tax() IS 'The part of verify() about tax.';
