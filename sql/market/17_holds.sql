/*
 * Holds: money of a member that is reserved now and moved, or let go, later.
 */

CREATE TABLE holds (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id  bigint NOT NULL REFERENCES accounts,
    amount      bigint NOT NULL CHECK (amount > 0),
    reason      text NOT NULL CHECK (octet_length(reason) BETWEEN 1 AND 256),
    state       text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'posted', 'voided', 'expired')),
    posted      bigint NOT NULL DEFAULT 0,
    to_account  bigint REFERENCES accounts,
    journal_id  bigint REFERENCES journals,
    held_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz CHECK (isfinite(expires_at)),
    ended_at    timestamptz,
    CONSTRAINT holds_posted_check CHECK (posted >= 0 AND posted <= amount AND (posted > 0) = (state = 'posted')
                                         AND num_nulls(to_account, journal_id) = CASE state WHEN 'posted' THEN 0 ELSE 2 END),
    CONSTRAINT holds_ended_at_check CHECK ((ended_at IS NULL) = (state = 'held'))
);
CREATE INDEX holds_account_id_idx ON holds (account_id) WHERE state = 'held';
CREATE INDEX holds_expires_at_idx ON holds (expires_at) WHERE state = 'held';
COMMENT ON TABLE holds IS 'Reserved parts of balances: held, then posted whole or in part, voided, or expired. accounts.held is the sum of those that are held, and of proposed payouts.';
COMMENT ON COLUMN holds.posted IS 'How much of it was moved; the rest became available again.';

CREATE FUNCTION reserve(account bigint, amount bigint)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_account accounts;
BEGIN
    UPDATE accounts a SET held = a.held + reserve.amount
    WHERE a.id = reserve.account AND a.kind <> 'debt' AND a.balance - a.held >= reserve.amount;
    IF NOT FOUND THEN
        SELECT * INTO v_account FROM accounts a WHERE a.id = account;
        IF v_account.id IS NULL THEN
            RAISE EXCEPTION 'account % does not exist', account USING ERRCODE = 'KT303';
        ELSIF v_account.balance IS NULL OR v_account.kind = 'debt' THEN
            RAISE EXCEPTION 'nothing can be held of account %', account
                USING ERRCODE = 'KT301', DETAIL = format('It is %s.', CASE WHEN v_account.kind = 'debt' THEN 'a debt' ELSE 'the market''s own' END);
        END IF;
        PERFORM refuse_posting(account, v_account.kind, v_account.balance - v_account.held, -amount);
    END IF;
END
$$;
COMMENT ON FUNCTION reserve(bigint, bigint) IS 'Internal. Takes an amount out of what is available of an account. Errors: KT301 no such account of a member, KT303 none at all, KT402 less is available.';

CREATE FUNCTION hold(account bigint, amount bigint, request text, reason text, expires_at timestamptz DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET timezone = 'UTC'
AS $$
DECLARE
    v_first jsonb := claim_request('hold', request, jsonb_build_object('account', account, 'amount', amount, 'reason', reason, 'expires_at', expires_at));
    v_id bigint;
BEGIN
    PERFORM read_committed();
    IF v_first IS NOT NULL THEN
        RETURN v_first::bigint;
    END IF;
    PERFORM require(account, 'account'), require_between(require(amount, 'amount'), 1, 1000000000000000, 'amount'), require_reference(reason, 'reason');
    IF NOT isfinite(expires_at) OR expires_at <= clock_timestamp() THEN
        RAISE EXCEPTION 'a hold must expire at a finite time to come' USING ERRCODE = '22023', DETAIL = format('It would expire at %s.', expires_at);
    END IF;
    PERFORM reserve(account, amount);
    INSERT INTO holds AS h (account_id, amount, reason, expires_at) VALUES (account, hold.amount, hold.reason, hold.expires_at) RETURNING h.id INTO v_id;
    PERFORM finish_request('hold', request, to_jsonb(v_id));
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION hold(bigint, bigint, text, text, timestamptz) IS
    'Reserves an amount (minor units) of what is available in a member''s account and returns the hold, which is later posted by post_hold(), or let go '
    'by void_hold() or when it expires. Errors: 22023 out of bounds, KT010 same request key with other arguments, KT301 not a member''s funds, KT303 no such '
    'account, KT402 less is available.';

CREATE FUNCTION release_hold(target holds, state text)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    UPDATE accounts a SET held = a.held - target.amount WHERE a.id = target.account_id;
    UPDATE holds h SET state = release_hold.state, ended_at = clock_timestamp() WHERE h.id = target.id;
END
$$;
COMMENT ON FUNCTION release_hold(holds, text) IS 'Internal. Ends a hold without a posting; the caller has locked it.';

CREATE FUNCTION require_hold(hold bigint)
RETURNS holds
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_hold holds;
BEGIN
    SELECT * INTO v_hold FROM holds h WHERE h.id = require(hold, 'hold') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'hold % does not exist', hold USING ERRCODE = 'KT303';
    END IF;
    RETURN v_hold;
END
$$;
COMMENT ON FUNCTION require_hold(bigint) IS 'Internal. Locks and returns a hold, or refuses one that does not exist (KT303).';

CREATE FUNCTION post_hold(hold bigint, to_account bigint, amount bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_hold holds;
    v_amount bigint;
    v_journal bigint;
BEGIN
    PERFORM read_committed();
    v_hold := require_hold(hold);
    v_amount := coalesce(amount, v_hold.amount);
    PERFORM require_between(v_amount, 1, v_hold.amount, 'amount');
    IF v_hold.state = 'posted' AND v_hold.posted = v_amount AND v_hold.to_account = to_account THEN
        RETURN v_hold.journal_id;
    ELSIF v_hold.state <> 'held' OR v_hold.expires_at <= clock_timestamp() THEN
        RAISE EXCEPTION 'hold % is %', hold, CASE v_hold.state WHEN 'held' THEN 'expired' ELSE v_hold.state END
            USING ERRCODE = 'KT301', DETAIL = CASE v_hold.state WHEN 'posted' THEN format('%s went to account %s.', v_hold.posted, v_hold.to_account) ELSE 'Nothing was moved.' END;
    ELSIF require(to_account, 'account') = v_hold.account_id THEN
        RAISE EXCEPTION 'a hold must be posted to another account' USING ERRCODE = '22023';
    END IF;
    PERFORM lock_accounts(ARRAY[v_hold.account_id, to_account]);
    UPDATE accounts a SET held = a.held - v_hold.amount WHERE a.id = v_hold.account_id;
    v_journal := post('hold', hold::text, ktt.shares(to_account, v_amount) - ktt.shares(v_hold.account_id, v_amount));
    UPDATE holds h SET state = 'posted', posted = v_amount, to_account = post_hold.to_account, journal_id = v_journal, ended_at = clock_timestamp()
    WHERE h.id = hold;
    RETURN v_journal;
END
$$;
COMMENT ON FUNCTION post_hold(bigint, bigint, bigint) IS
    'Moves what a hold has reserved, or a part of it, to another account and returns the journal; the rest becomes available again. The same call gives the '
    'same journal again. Errors: 22023 more than is held or the same account, KT301 voided, expired or posted otherwise, KT303 no such hold or account.';

CREATE FUNCTION void_hold(hold bigint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_hold holds;
BEGIN
    PERFORM read_committed();
    v_hold := require_hold(hold);
    IF v_hold.state = 'posted' THEN
        RAISE EXCEPTION 'hold % is posted', hold USING ERRCODE = 'KT301', HINT = 'Reverse its journal.';
    ELSIF v_hold.state <> 'held' THEN
        RETURN false;
    END IF;
    PERFORM release_hold(v_hold, 'voided');
    RETURN true;
END
$$;
COMMENT ON FUNCTION void_hold(bigint) IS 'Lets go of what a hold has reserved; returns whether it was held. Errors: KT301 posted already, KT303 no such hold.';

CREATE FUNCTION expire_holds(at_most int DEFAULT 1000)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_hold holds;
    v_expired bigint := 0;
BEGIN
    PERFORM read_committed(), require_between(require(at_most, 'at_most'), 0, 1000000, 'at_most');
    -- By account, as every call that takes several of them.
    FOR v_hold IN
        SELECT h.* FROM holds h WHERE h.state = 'held' AND h.expires_at <= clock_timestamp()
        ORDER BY h.account_id, h.id LIMIT at_most FOR NO KEY UPDATE SKIP LOCKED
    LOOP
        PERFORM release_hold(v_hold, 'expired');
        v_expired := v_expired + 1;
    END LOOP;
    RETURN v_expired;
END
$$;
COMMENT ON FUNCTION expire_holds(int) IS
    'Lets go of at most so many holds whose time has come, and returns how many. Fit for a scheduler; a hold whose time has come cannot be posted without it either. '
    'Errors: 22023 out of bounds.';
