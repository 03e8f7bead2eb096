/*
 * Payouts: batches that one person makes and another approves. A member is paid over all his accounts, debts netted.
 */

CREATE TABLE payouts (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made_by     bigint NOT NULL REFERENCES members,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    approved_by bigint REFERENCES members,
    approved_at timestamptz,
    journal_id  bigint REFERENCES journals,
    withdrawn_at timestamptz,
    CONSTRAINT payouts_two_people_check CHECK (approved_by <> made_by),
    CONSTRAINT payouts_approved_check CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CONSTRAINT payouts_withdrawn_check CHECK (approved_at IS NULL OR withdrawn_at IS NULL)
);
COMMENT ON TABLE payouts IS 'Batches of transfers to members.';

CREATE TABLE payout_lines (
    payout_id   bigint NOT NULL REFERENCES payouts,
    member_id   bigint NOT NULL REFERENCES members,
    entries     ktt.shares NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    state       text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'paid', 'dropped')),
    PRIMARY KEY (payout_id, member_id),
    CHECK (ktt.total(entries) = amount)
);
COMMENT ON TABLE payout_lines IS 'One transfer per member; its request key at the channel is the payout and the member.';
COMMENT ON COLUMN payout_lines.entries IS 'The balances it clears: debts are negative and lessen the transfer.';
COMMENT ON COLUMN payout_lines.state IS 'Dropped when the balances had changed by the time of approval; the next batch takes the member up again.';

CREATE FUNCTION make_payout(maker bigint, request text, minimum bigint DEFAULT 1)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_first jsonb := claim_request('make_payout', request, jsonb_build_object('maker', maker, 'minimum', minimum));
    v_id bigint;
BEGIN
    PERFORM read_committed();
    IF v_first IS NOT NULL THEN
        RETURN v_first::bigint;
    END IF;
    PERFORM require_member(maker, 'maker');
    IF require(minimum, 'minimum') < 1 THEN
        RAISE EXCEPTION 'minimum of a payout must be positive' USING ERRCODE = '22023', DETAIL = format('Minimum is %s.', minimum);
    END IF;
    INSERT INTO payouts AS p (made_by) VALUES (maker) RETURNING p.id INTO v_id;
    INSERT INTO payout_lines (payout_id, member_id, entries, amount)
    SELECT v_id, a.member_id, ktt.shares_agg(a.id, a.balance), sum(a.balance)
    FROM accounts a
    WHERE a.balance <> 0
      AND NOT EXISTS (SELECT FROM payout_lines l WHERE l.member_id = a.member_id AND l.state = 'proposed')
    GROUP BY a.member_id HAVING sum(a.balance) >= minimum;
    PERFORM finish_request('make_payout', request, to_jsonb(v_id));
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION make_payout(bigint, text, bigint) IS
    'Proposes to pay every member who is owed at least a minimum (minor units) over all his accounts, and is not in a batch that awaits '
    'approval; returns the batch. Errors: 22023 minimum not positive, KT010 same request key with other arguments, KT303 no such member.';

CREATE FUNCTION approve_payout(payout bigint, approver bigint)
RETURNS TABLE (paid bigint, dropped bigint, amount bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_payout payouts;
    v_total ktt.shares;
    v_journal bigint;
BEGIN
    PERFORM read_committed();
    SELECT * INTO v_payout FROM payouts p WHERE p.id = require(payout, 'payout') FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'payout % does not exist', payout USING ERRCODE = 'KT303';
    END IF;
    PERFORM require_member(approver, 'approver');
    IF v_payout.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'payout % was withdrawn', payout USING ERRCODE = 'KT301';
    END IF;
    IF v_payout.made_by = approver THEN
        RAISE EXCEPTION 'payout % must be approved by another member than the one who made it', payout USING ERRCODE = 'KT404';
    END IF;
    IF v_payout.approved_at IS NULL THEN
        PERFORM lock_accounts(ARRAY(SELECT a.id FROM accounts a JOIN payout_lines l ON l.member_id = a.member_id WHERE l.payout_id = payout));
        UPDATE payout_lines l
           SET state = CASE WHEN l.entries = (SELECT ktt.shares_agg(a.id, a.balance) FROM accounts a WHERE a.member_id = l.member_id)
                            THEN 'paid' ELSE 'dropped' END
         WHERE l.payout_id = payout;
        SELECT sum(l.entries) INTO v_total FROM payout_lines l WHERE l.payout_id = payout AND l.state = 'paid';
        IF v_total IS NOT NULL THEN
            v_journal := post('payout', payout::text, ktt.shares(market_account('channel'), ktt.total(v_total)) - v_total);
        END IF;
        UPDATE payouts p SET approved_by = approver, approved_at = clock_timestamp(), journal_id = v_journal WHERE p.id = payout;
    ELSIF v_payout.approved_by <> approver THEN
        RAISE EXCEPTION 'payout % is already approved', payout USING ERRCODE = 'KT301';
    END IF;
    RETURN QUERY
    SELECT count(*) FILTER (WHERE l.state = 'paid'), count(*) FILTER (WHERE l.state = 'dropped'),
           coalesce(sum(l.amount) FILTER (WHERE l.state = 'paid'), 0)::bigint
    FROM payout_lines l WHERE l.payout_id = payout;
END
$$;
COMMENT ON FUNCTION approve_payout(bigint, bigint) IS
    'Approves a batch: every line whose balances are still as proposed is paid out of the channel in one journal, the others are dropped. '
    'Returns lines paid and dropped and the amount paid (minor units); again the same. '
    'Errors: KT301 approved by another or withdrawn, KT303 no such batch or member, KT404 the maker cannot approve.';

CREATE FUNCTION withdraw_payout(payout bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_payout payouts;
BEGIN
    PERFORM read_committed();
    SELECT * INTO v_payout FROM payouts p WHERE p.id = require(payout, 'payout') FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'payout % does not exist', payout USING ERRCODE = 'KT303';
    ELSIF v_payout.approved_at IS NOT NULL THEN
        RAISE EXCEPTION 'payout % is already approved', payout USING ERRCODE = 'KT301';
    END IF;
    UPDATE payout_lines l SET state = 'dropped' WHERE l.payout_id = payout;
    UPDATE payouts p SET withdrawn_at = coalesce(p.withdrawn_at, clock_timestamp()) WHERE p.id = payout;
END
$$;
COMMENT ON FUNCTION withdraw_payout(bigint) IS
    'Gives a batch up that nobody has approved; the next one takes its members up again. Errors: KT301 already approved, KT303 no such batch.';
