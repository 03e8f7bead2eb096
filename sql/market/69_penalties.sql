/*
 * Securities that members leave, and penalties that are taken from them.
 */

CREATE TABLE penalties (
    request     text PRIMARY KEY CHECK (octet_length(request) BETWEEN 1 AND 256),
    member_id   bigint NOT NULL REFERENCES members,
    amount      bigint NOT NULL CHECK (amount > 0),
    from_deposit bigint NOT NULL CHECK (from_deposit >= 0 AND from_deposit <= amount),
    reason      text NOT NULL,
    decided_by  bigint NOT NULL REFERENCES members,
    journal_id  bigint NOT NULL REFERENCES journals,
    imposed_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX penalties_member_id_idx ON penalties (member_id);
COMMENT ON TABLE penalties IS 'What members had to pay, why, and who decided it.';
COMMENT ON COLUMN penalties.from_deposit IS 'How much of it their security paid; the rest came from what they had earned, or is owed.';

CREATE FUNCTION receive_deposit(member bigint, amount bigint, reference text)
RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ SELECT post_bank('deposit', member, 'deposit', amount, reference) $$;
COMMENT ON FUNCTION receive_deposit(bigint, bigint, text) IS
    'Notes that a member has paid a security (minor units) into the bank, under the bank''s reference, and returns the journal; once, however often it is called. '
    'Errors: 22004 null, 22023 out of bounds, KT010 same reference with other arguments, KT303 no such member.';

CREATE FUNCTION return_deposit(member bigint, amount bigint, reference text)
RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT
AS $$ SELECT post_bank('returned_deposit', member, 'deposit', amount, reference, back => true) $$;
COMMENT ON FUNCTION return_deposit(bigint, bigint, text) IS
    'Notes that a security, or a part of it, was paid back from the bank, under the bank''s reference, and returns the journal; once, however often it is called. '
    'Errors: 22004 null, 22023 out of bounds, KT010 same reference with other arguments, KT303 no such member, KT402 less is left of it.';

CREATE FUNCTION impose_penalty(member bigint, amount bigint, reason text, request text, decided_by bigint)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_first jsonb := claim_request('impose_penalty', request,
        jsonb_build_object('member', member, 'amount', amount, 'reason', reason, 'decided_by', decided_by));
    v_deposit accounts;
    v_part bigint;
    v_journal bigint;
BEGIN
    PERFORM read_committed();
    IF v_first IS NOT NULL THEN
        RETURN v_first::bigint;
    END IF;
    PERFORM require_reference(request, 'request key'), require_reference(reason, 'reason'), require_member(member, 'member'), require_member(decided_by, 'decider'),
            require_between(require(amount, 'amount'), 1, 1000000000000000, 'amount');
    IF member = decided_by THEN
        RAISE EXCEPTION 'a penalty must be decided by another member than the one who pays it' USING ERRCODE = 'KT404';
    END IF;
    PERFORM lock_accounts(ARRAY(SELECT a.id FROM accounts a WHERE a.member_id = member) || open_account(member, 'commission'));
    SELECT * INTO v_deposit FROM accounts a WHERE a.member_id = member AND a.kind = 'deposit';
    v_part := least(amount, coalesce(v_deposit.balance - v_deposit.held, 0));
    v_journal := post_owed('penalty', request, ktt.shares(market_account('revenue'), amount)
                           - coalesce(ktt.shares(v_deposit.id, v_part), '{}') - ktt.shares(open_account(member, 'commission'), amount - v_part));
    INSERT INTO penalties (request, member_id, amount, from_deposit, reason, decided_by, journal_id)
    VALUES (impose_penalty.request, member, impose_penalty.amount, v_part, impose_penalty.reason, impose_penalty.decided_by, v_journal);
    PERFORM finish_request('impose_penalty', request, to_jsonb(v_journal));
    RETURN v_journal;
END
$$;
COMMENT ON FUNCTION impose_penalty(bigint, bigint, text, text, bigint) IS
    'Takes a penalty (minor units) from a member for the platform and returns the journal: from his security first, then from what he has earned; what is short becomes his '
    'debt. Errors: 22004 null, 22023 out of bounds, KT010 same request key with other arguments, KT303 no such member, KT404 nobody decides on himself.';

CREATE FUNCTION verify_penalties()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path FROM CURRENT
AS $$
    WITH c AS (
        SELECT coalesce(p.request, j.reference) AS request,
               p.journal_id = j.id AND ktt.amount(j.entries, market_account('revenue')) = p.amount
               AND coalesce((SELECT -sum(e.amount) FROM ktt.entries(j.entries) e JOIN accounts a ON a.id = e.account AND a.kind = 'deposit' AND a.member_id = p.member_id), 0)
                   = p.from_deposit AS ok
        FROM penalties p FULL JOIN (SELECT * FROM journals x WHERE x.kind = 'penalty') j ON j.reference = p.request)
    SELECT 'penalties are posted once, as decided', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.request) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c
$$;
COMMENT ON FUNCTION verify_penalties() IS 'The line of verify() about penalties.';
