/*
 * Settlement: one aggregate over a window of due times, one journal, exactly once.
 */

CREATE FUNCTION open_settlement(until timestamptz DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_id bigint;
    v_from timestamptz;
    v_until timestamptz;
BEGIN
    PERFORM read_committed();
    IF NOT isfinite(until) THEN
        RAISE EXCEPTION 'time must be finite' USING ERRCODE = '22023';
    END IF;
    -- Waits for every due time that is being stamped; those after it lie behind the window's end: commit at once.
    LOCK TABLE due_gate IN SHARE MODE;
    LOCK TABLE settlements IN SHARE ROW EXCLUSIVE MODE;
    SELECT s.id INTO v_id FROM settlements s WHERE s.posted_at IS NULL ORDER BY s.id LIMIT 1;
    IF FOUND THEN
        RETURN v_id;
    END IF;
    SELECT max(upper(s.due)) INTO v_from FROM settlements s;
    v_until := least(until, clock_timestamp());
    IF v_until <= v_from THEN
        RETURN NULL;
    END IF;
    INSERT INTO settlements AS s (due) VALUES (tstzrange(v_from, v_until, '(]')) RETURNING s.id INTO v_id;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION open_settlement(timestamptz) IS
    'Fixes the next settlement window, from where the last one ended to a time that has passed (now unless given), and returns its id; '
    'a window that is still open is returned again; NULL when nothing lies between. Call it in a transaction of its own, then post_settlement(). '
    'Errors: 0A000 not READ COMMITTED, 22023 infinite time.';

CREATE TYPE due_sum AS (shares ktt.shares, number bigint);
COMMENT ON TYPE due_sum IS 'Internal. What the orders or refunds of a window come to, and how many they are.';

CREATE FUNCTION post_settlement(settlement bigint)
RETURNS settlements
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_settlement settlements;
    v_from timestamptz;
    v_until timestamptz;
    v_earned due_sum;
    v_refunded due_sum;
    v_entries ktt.shares;
    v_journal bigint;
BEGIN
    PERFORM read_committed();
    SELECT * INTO v_settlement FROM settlements s WHERE s.id = require(settlement, 'settlement') FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'settlement % does not exist', settlement USING ERRCODE = 'KT303';
    ELSIF v_settlement.posted_at IS NOT NULL THEN
        RETURN v_settlement;
    END IF;
    v_from := coalesce(lower(v_settlement.due), '-infinity');
    v_until := upper(v_settlement.due);
    -- Expressions, not SELECT INTO, so that the server may use parallel workers; the window is fixed, so both see what is due in it.
    v_earned := (SELECT row(coalesce(sum(o.shares), '{}'), count(*))::due_sum FROM orders o WHERE o.due_at > v_from AND o.due_at <= v_until);
    v_refunded := (SELECT row(coalesce(sum(r.shares), '{}'), count(*))::due_sum FROM refunds r WHERE r.due_at > v_from AND r.due_at <= v_until);
    v_entries := v_earned.shares - v_refunded.shares;
    IF ktt.cardinality(v_entries) > 0 THEN
        v_journal := post_owed('settlement', settlement::text,
                               v_entries - ktt.shares(market_account('clearing'), ktt.total(v_entries)), v_until);
    END IF;
    UPDATE settlements s
       SET posted_at = clock_timestamp(), journal_id = v_journal, orders = v_earned.number, refunds = v_refunded.number, amount = ktt.total(v_entries)
     WHERE s.id = settlement RETURNING s.* INTO v_settlement;
    RETURN v_settlement;
END
$$;
COMMENT ON FUNCTION post_settlement(bigint) IS
    'Settles a window: the shares of every order due in it, less those of every refund due in it, in one journal out of clearing. '
    'Called again, or after a crash, it changes nothing more. Returns the settlement: orders, refunds and amount (minor units). '
    'Errors: 0A000 not READ COMMITTED, KT303 no such settlement.';

CREATE FUNCTION explain(journal bigint, account bigint)
RETURNS TABLE (campaign_id bigint, order_id bigint, refund_id bigint, amount bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000 SET search_path FROM CURRENT
AS $$
DECLARE
    v_settlement settlements;
    v_journal journals;
BEGIN
    SELECT * INTO v_journal FROM journals j WHERE j.id = require(journal, 'journal');
    IF NOT FOUND OR ktt.amount(v_journal.entries, require(account, 'account')) IS NULL THEN
        RAISE EXCEPTION 'journal % has no posting on account %', journal, account USING ERRCODE = 'KT303';
    END IF;
    SELECT * INTO v_settlement FROM settlements s WHERE s.journal_id = journal;
    IF NOT FOUND AND v_journal.kind = 'campaign_cancellation' THEN
        -- What was left of every order that ended with its campaign and not by itself.
        RETURN QUERY
        SELECT o.campaign_id, o.id, NULL::bigint,
               CASE account WHEN market_account('clearing') THEN ktt.amount(o.refunded) - received(o)
                            WHEN market_account('subsidy') THEN s.last
                            ELSE received(o) - ktt.amount(o.refunded) - coalesce(s.last, 0) END
        FROM orders o LEFT JOIN order_subsidies s ON s.campaign_id = o.campaign_id AND s.order_id = o.id
        WHERE o.campaign_id = v_journal.reference::bigint AND o.state = 'cancelled' AND received(o) > ktt.amount(o.refunded)
          AND (account <> market_account('subsidy') OR s.last > 0)
          AND NOT EXISTS (SELECT FROM journals j WHERE j.kind = 'cancellation' AND j.reference = format('%s/%s', o.campaign_id, o.id))
        ORDER BY o.id;
        RETURN;
    ELSIF NOT FOUND THEN
        -- Every other journal is about one order, refund or payout; its reference names it.
        IF v_journal.kind IN ('payment', 'returned_payment') THEN
            SELECT p.campaign_id, p.order_id INTO campaign_id, order_id FROM payments p WHERE p.reference = v_journal.reference;
        ELSIF v_journal.kind IN ('refund', 'cancellation', 'change', 'subsidy') THEN
            campaign_id := split_part(v_journal.reference, '/', 1)::bigint;
            order_id := split_part(v_journal.reference, '/', 2)::bigint;
            IF v_journal.kind = 'refund' THEN
                refund_id := order_id;
                SELECT r.order_id INTO order_id FROM refunds r WHERE r.campaign_id = explain.campaign_id AND r.id = explain.refund_id;
            END IF;
        END IF;
        amount := ktt.amount(v_journal.entries, account);
        RETURN NEXT;
        RETURN;
    END IF;
    -- Clearing is the other side of all of it.
    RETURN QUERY
    SELECT o.campaign_id, o.id, NULL::bigint,
           CASE WHEN account = market_account('clearing') THEN -o.amount ELSE ktt.amount(o.shares, account) END
    FROM orders o
    WHERE o.due_at > coalesce(lower(v_settlement.due), '-infinity') AND o.due_at <= upper(v_settlement.due)
      AND (account = market_account('clearing') OR o.shares OPERATOR(ktt.?) account)
    UNION ALL
    SELECT r.campaign_id, r.order_id, r.id,
           CASE WHEN account = market_account('clearing') THEN r.amount ELSE -ktt.amount(r.shares, account) END
    FROM refunds r
    WHERE r.due_at > coalesce(lower(v_settlement.due), '-infinity') AND r.due_at <= upper(v_settlement.due)
      AND (account = market_account('clearing') OR r.shares OPERATOR(ktt.?) account)
    ORDER BY 1, 2, 3 NULLS FIRST;
END
$$;
COMMENT ON FUNCTION explain(bigint, bigint) IS
    'What is behind a posting: the orders and refunds whose amounts (minor units) sum to it. Errors: KT303 no such posting.';
