/*
 * Debts: what a member's account cannot give is owed, in an account of its own, and paid back first from what he earns next.
 */

CREATE FUNCTION post_owed(kind text, reference text, entries ktt.shares, happened_at timestamptz DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_members bigint[];
    v_short ktt.shares;
    v_netted ktt.shares;
    v_cause text := format('%s/%s', post_owed.kind, post_owed.reference);
    v_id bigint;
BEGIN
    -- Whom it takes something from, and who owes something already.
    v_members := ARRAY(
        SELECT DISTINCT a.member_id FROM ktt.entries(entries) e JOIN accounts a ON a.id = e.account
        WHERE a.of_member
          AND (e.amount < 0 OR EXISTS (SELECT FROM accounts d WHERE d.member_id = a.member_id AND d.kind = 'debt' AND d.balance < 0)));
    IF cardinality(v_members) = 0 OR EXISTS (SELECT FROM journals j WHERE j.kind = post_owed.kind AND j.reference = post_owed.reference) THEN
        RETURN post(kind, reference, entries, happened_at);
    END IF;
    PERFORM lock_accounts(ARRAY(SELECT a.id FROM accounts a WHERE a.member_id = ANY (v_members) UNION SELECT e.account FROM ktt.entries(entries) e));

    WITH short AS (
        SELECT a.member_id, a.id, a.held - a.balance - coalesce(ktt.amount(entries, a.id), 0) AS amount
        FROM accounts a WHERE a.member_id = ANY (v_members) AND a.kind IN ('goods', 'commission', 'pickup') AND a.held - a.balance > coalesce(ktt.amount(entries, a.id), 0)),
    owed AS (
        SELECT open_account(s.member_id, 'debt') AS id, s.amount
        FROM (SELECT x.member_id, sum(x.amount) AS amount FROM short x GROUP BY x.member_id ORDER BY x.member_id) s)
    SELECT (SELECT ktt.shares_agg(s.id, s.amount) FROM short s) - ktt.shares_agg(o.id, o.amount::bigint) INTO v_short FROM owed o;
    IF v_short IS NOT NULL THEN
        PERFORM post('debt', v_cause, v_short);
    END IF;

    v_id := post(kind, reference, entries, happened_at);

    -- The oldest account first, as far as it goes.
    WITH owed AS (
        SELECT d.member_id, d.id, -d.balance AS amount FROM accounts d WHERE d.member_id = ANY (v_members) AND d.kind = 'debt' AND d.balance < 0),
    taken AS (
        SELECT o.id AS debt_id, a.id,
               least(a.balance - a.held, o.amount - coalesce(sum(a.balance - a.held) OVER (PARTITION BY o.id ORDER BY a.id
                                                             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))::bigint AS amount
        FROM owed o JOIN accounts a ON a.member_id = o.member_id AND a.kind IN ('goods', 'commission', 'pickup') AND a.balance > a.held)
    SELECT ktt.shares_agg(t.debt_id, t.amount) - ktt.shares_agg(t.id, t.amount) INTO v_netted FROM taken t WHERE t.amount > 0;
    IF v_netted IS NOT NULL THEN
        PERFORM post('netting', v_cause, v_netted);
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION post_owed(text, text, ktt.shares, timestamptz) IS
    'Internal. Posts one journal that may take more from members than is available of their goods, commission and pickup accounts. What is short becomes their '
    'debt before (a journal "debt"), and what is available after it pays debts back, account by account (a journal "netting"). Errors: as post_many().';

CREATE VIEW debts WITH (security_barrier) AS
SELECT d.member_id, d.journal_id, d.cause, d.since, d.amount, least(d.amount, d.owed - d.paid_back)::bigint AS open
FROM (SELECT a.member_id, p.journal_id, j.reference AS cause, p.written_at AS since, -p.amount AS amount, p.amount < 0 AS owing,
             coalesce(sum(-p.amount) FILTER (WHERE p.amount < 0) OVER (PARTITION BY a.id ORDER BY p.written_at, p.journal_id), 0) AS owed,
             coalesce(sum(p.amount) FILTER (WHERE p.amount > 0) OVER (PARTITION BY a.id), 0) AS paid_back
      FROM accounts a JOIN postings p ON p.account_id = a.id JOIN journals j ON j.id = p.journal_id
      WHERE a.kind = 'debt' AND a.balance < 0) d
WHERE d.owing AND d.owed > d.paid_back;
COMMENT ON VIEW debts IS
    'Debts that are open, each with its journal, the kind and reference of what caused it, its amount and what of it is still open (minor units); whatever is paid '
    'back goes to the oldest debt first.';

CREATE FUNCTION debt_ageing(at timestamptz DEFAULT NULL)
RETURNS TABLE (member_id bigint, open bigint, days_7 bigint, days_30 bigint, days_90 bigint, older bigint, oldest timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT
AS $$
    SELECT d.member_id, sum(d.open)::bigint,
           coalesce(sum(d.open) FILTER (WHERE d.since > t.at - interval '7 days'), 0)::bigint,
           coalesce(sum(d.open) FILTER (WHERE d.since <= t.at - interval '7 days' AND d.since > t.at - interval '30 days'), 0)::bigint,
           coalesce(sum(d.open) FILTER (WHERE d.since <= t.at - interval '30 days' AND d.since > t.at - interval '90 days'), 0)::bigint,
           coalesce(sum(d.open) FILTER (WHERE d.since <= t.at - interval '90 days'), 0)::bigint,
           min(d.since)
    FROM debts d CROSS JOIN (SELECT coalesce(debt_ageing.at, clock_timestamp()) AS at) t
    GROUP BY d.member_id ORDER BY d.member_id
$$;
COMMENT ON FUNCTION debt_ageing(timestamptz) IS
    'What every debtor owes (minor units), by how long ago, at a time (now unless given), it became owed: up to 7 days, 30, 90, and longer.';

CREATE FUNCTION post_bank(kind text, member bigint, account text, amount bigint, reference text, back boolean DEFAULT false)
RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_came ktt.shares;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(member, 'member'), require_between(require(amount, 'amount'), 1, 1000000000000000, 'amount'), require_reference(reference, 'reference');
    v_came := ktt.shares(open_account(member, account), amount) - ktt.shares(market_account('bank'), amount);
    RETURN post(kind, reference, CASE WHEN back THEN -v_came ELSE v_came END);
END
$$;
COMMENT ON FUNCTION post_bank(text, bigint, text, bigint, text, boolean) IS
    'Internal. Notes what a member has paid into the bank for an account of his, or got back out of it, once per reference of the bank; returns the journal. '
    'Errors: 22004 null, 22023 out of bounds, KT010 same reference with other arguments, KT303 no such member, KT402 less is left.';

CREATE FUNCTION repay_debt(member bigint, amount bigint, reference text)
RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ SELECT post_bank('repayment', member, 'debt', amount, reference) $$;
COMMENT ON FUNCTION repay_debt(bigint, bigint, text) IS
    'Notes that a member has paid a part of his debt (minor units) into the bank, under the bank''s reference, and returns the journal; once, however often it is called. '
    'Errors: 22004 null, 22023 out of bounds, KT010 same reference with other arguments, KT303 no such member, KT402 he owes less.';

CREATE TABLE write_offs (
    journal_id  bigint PRIMARY KEY REFERENCES journals,
    member_id   bigint NOT NULL REFERENCES members,
    amount      bigint NOT NULL CHECK (amount > 0),
    reason      text NOT NULL CHECK (octet_length(reason) BETWEEN 1 AND 256),
    decided_by  bigint NOT NULL REFERENCES members,
    CONSTRAINT write_offs_two_people_check CHECK (decided_by <> member_id)
);
COMMENT ON TABLE write_offs IS 'Debts that were given up, each by a journal "write_off" against revenue: whose, how much, why, and who decided it.';

CREATE FUNCTION write_off_debt(member bigint, amount bigint, request text, reason text, decided_by bigint)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_first jsonb := claim_request('write_off_debt', request,
        jsonb_build_object('member', member, 'amount', amount, 'reason', reason, 'decided_by', decided_by));
    v_id bigint;
BEGIN
    PERFORM read_committed();
    IF v_first IS NOT NULL THEN
        RETURN v_first::bigint;
    END IF;
    PERFORM require_member(member, 'member'), require_member(decided_by, 'who decides'),
            require_between(require(amount, 'amount'), 1, 1000000000000000, 'amount'), require_reference(reason, 'reason');
    IF member = decided_by THEN
        RAISE EXCEPTION 'a debt must be written off by another member than the debtor' USING ERRCODE = 'KT404';
    END IF;
    v_id := post('write_off', request, ktt.shares(open_account(member, 'debt'), amount) - ktt.shares(market_account('revenue'), amount));
    INSERT INTO write_offs (journal_id, member_id, amount, reason, decided_by) VALUES (v_id, member, write_off_debt.amount, write_off_debt.reason, write_off_debt.decided_by);
    PERFORM finish_request('write_off_debt', request, to_jsonb(v_id));
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION write_off_debt(bigint, bigint, text, text, bigint) IS
    'Gives up a part of what a member owes (minor units), or all of it, at the cost of revenue, and returns the journal; reason and who decided it are kept in write_offs. '
    'Errors: 22004 null, 22023 out of bounds, KT010 same request key with other arguments, KT303 no such member, KT402 he owes less, KT404 he cannot decide it himself.';
