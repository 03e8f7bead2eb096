/*
 * Settlement: one aggregate over a window of due times, one journal, exactly once.
 */

CREATE FUNCTION local_start(every text, at timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$ SELECT date_trunc(every, at AT TIME ZONE s.time_zone) AT TIME ZONE s.time_zone FROM settings s $$;
COMMENT ON FUNCTION local_start(text, timestamptz) IS 'Internal. When the day, week or month of a time began in the market''s time zone.';

CREATE FUNCTION next_settlement(calendar bigint, until timestamptz)
RETURNS settlements
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    v_calendar calendars := require_calendar(calendar);
    v_settlement settlements;
    v_from timestamptz := settled_until(v_calendar);
    v_until timestamptz := least(until, clock_timestamp());
BEGIN
    IF NOT isfinite(until) THEN
        RAISE EXCEPTION 'time must be finite' USING ERRCODE = '22023';
    END IF;
    SELECT * INTO v_settlement FROM settlements s WHERE s.calendar_id = calendar AND s.posted_at IS NULL;
    IF NOT FOUND THEN
        IF v_calendar.every IS NOT NULL THEN
            v_until := local_start(v_calendar.every, v_until);
        END IF;
        IF v_until <= v_from THEN
            RETURN NULL;
        END IF;
        SELECT calendar, tstzrange(v_from, v_until, '(]'), x.campaigns, x.elsewhere, x.accounts
          INTO v_settlement.calendar_id, v_settlement.due, v_settlement.campaigns, v_settlement.elsewhere, v_settlement.accounts
        FROM settled_by(calendar) x;
    END IF;
    RETURN v_settlement;
END
$$;
COMMENT ON FUNCTION next_settlement(bigint, timestamptz) IS
    'Internal. The window of a calendar that is open, or the next one as it would be opened (its id is NULL); NULL when nothing lies between.';

CREATE FUNCTION open_settlement(until timestamptz DEFAULT NULL, calendar bigint DEFAULT 1)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_settlement settlements;
BEGIN
    PERFORM read_committed();
    -- Waits for every due time that is being stamped; those after it lie behind the window's end: commit at once.
    LOCK TABLE due_gate IN SHARE MODE;
    LOCK TABLE settlements IN SHARE ROW EXCLUSIVE MODE;
    v_settlement := next_settlement(calendar, until);
    IF v_settlement.id IS NULL AND v_settlement.due IS NOT NULL THEN
        INSERT INTO settlements AS s (calendar_id, due, campaigns, elsewhere, accounts)
        VALUES (calendar, v_settlement.due, v_settlement.campaigns, v_settlement.elsewhere, v_settlement.accounts) RETURNING s.id INTO v_settlement.id;
    END IF;
    RETURN v_settlement.id;
END
$$;
COMMENT ON FUNCTION open_settlement(timestamptz, bigint) IS
    'Fixes the next settlement window of a calendar (the market''s unless given), from where its last one ended to a time that has passed (now unless given; for a calendar by day, week or '
    'month the latest start of one before that), and returns its id; a window that is still open is returned again; NULL when nothing lies between. '
    'Call it in a transaction of its own, then post_settlement(). Errors: 0A000 not READ COMMITTED, 22023 infinite time, KT303 no such calendar.';

CREATE TYPE due_sum AS (shares ktt.shares, orders bigint, refunds bigint);
COMMENT ON TYPE due_sum IS 'Internal. What the orders and refunds of a window come to, and how many they are.';

CREATE FUNCTION sum_due(target settlements, due tstzrange)
RETURNS due_sum
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    v_from timestamptz := coalesce(lower(sum_due.due), '-infinity');
    v_until timestamptz := upper(sum_due.due);
    v_earned due_sum;
    v_refunded due_sum;
    v_whole due_sum;
    v_sum due_sum;
BEGIN
    -- Expressions, not SELECT INTO, so that the server may use parallel workers; the window is fixed, so all see what is due in it.
    v_earned := (SELECT row(coalesce(sum(o.shares), '{}'), count(*), 0)::due_sum FROM orders o
                 WHERE o.due_at > v_from AND o.due_at <= v_until AND o.campaign_id <> ALL (target.elsewhere));
    v_refunded := (SELECT row(coalesce(sum(coalesce(r.borne, r.shares)), '{}'), 0, count(*))::due_sum FROM refunds r
                   WHERE r.due_at > v_from AND r.due_at <= v_until AND r.campaign_id <> ALL (target.elsewhere));
    v_sum := row(v_earned.shares - v_refunded.shares, v_earned.orders, v_refunded.refunds)::due_sum;
    IF target.accounts <> '{}' OR target.calendar_id <> 1 THEN
        v_sum.shares := CASE target.calendar_id WHEN 1 THEN v_sum.shares - ktt.slice(v_sum.shares, target.accounts) ELSE ktt.slice(v_sum.shares, target.accounts) END;
    END IF;
    IF target.campaigns <> '{}' THEN
        v_whole := (SELECT row(coalesce(sum(o.shares), '{}'), count(*), 0)::due_sum FROM orders o
                    WHERE o.due_at > v_from AND o.due_at <= v_until AND o.campaign_id = ANY (target.campaigns));
        v_refunded := (SELECT row(coalesce(sum(coalesce(r.borne, r.shares)), '{}'), 0, count(*))::due_sum FROM refunds r
                       WHERE r.due_at > v_from AND r.due_at <= v_until AND r.campaign_id = ANY (target.campaigns));
        v_sum := row(v_sum.shares + v_whole.shares - v_refunded.shares, v_sum.orders + v_whole.orders, v_sum.refunds + v_refunded.refunds)::due_sum;
    END IF;
    RETURN v_sum;
END
$$;
COMMENT ON FUNCTION sum_due(settlements, tstzrange) IS
    'Internal. What a settlement has to post of a window of due times: the shares of the orders less those of the refunds.';

CREATE FUNCTION post_settlement(settlement bigint)
RETURNS settlements
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_settlement settlements;
    v_sum due_sum;
    v_journal bigint;
BEGIN
    PERFORM read_committed();
    SELECT * INTO v_settlement FROM settlements s WHERE s.id = require(settlement, 'settlement') FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'settlement % does not exist', settlement USING ERRCODE = 'KT303';
    ELSIF v_settlement.posted_at IS NOT NULL THEN
        RETURN v_settlement;
    END IF;
    IF NOT EXISTS (SELECT FROM settlement_parts p WHERE p.settlement_id = settlement) THEN
        v_sum := sum_due(v_settlement, v_settlement.due);
    ELSE
        -- What others are at, or left.
        WHILE sum_part(settlement) LOOP
        END LOOP;
        SELECT sum(p.shares), sum(p.orders), sum(p.refunds) INTO v_sum FROM settlement_parts p WHERE p.settlement_id = settlement;
    END IF;
    IF ktt.cardinality(v_sum.shares) > 0 THEN
        v_journal := post_owed('settlement', settlement::text,
                               v_sum.shares - ktt.shares(market_account('clearing'), ktt.total(v_sum.shares)), upper(v_settlement.due));
    END IF;
    UPDATE settlements s
       SET posted_at = clock_timestamp(), journal_id = v_journal, orders = v_sum.orders, refunds = v_sum.refunds, amount = ktt.total(v_sum.shares)
     WHERE s.id = settlement RETURNING s.* INTO v_settlement;
    RETURN v_settlement;
END
$$;
COMMENT ON FUNCTION post_settlement(bigint) IS
    'Settles a window: the shares of every order due in it, less those of every refund due in it, in one journal out of clearing. What a refund takes that a '
    'member no longer has becomes his debt. Called again, or after a crash, it changes nothing more. Returns the settlement: orders, refunds and amount (minor units). '
    'Errors: 0A000 not READ COMMITTED, KT303 no such settlement.';

CREATE FUNCTION preview_settlement(until timestamptz DEFAULT NULL, calendar bigint DEFAULT 1)
RETURNS TABLE (account_id bigint, member_id bigint, kind text, amount bigint, balance bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000 SET search_path FROM CURRENT
AS $$
DECLARE
    v_settlement settlements := next_settlement(calendar, until);
BEGIN
    IF v_settlement.due IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT a.id, a.member_id, a.kind, e.amount, a.balance + e.amount
    FROM ktt.entries((sum_due(v_settlement, v_settlement.due)).shares) e JOIN accounts a ON a.id = e.account ORDER BY a.id;
END
$$;
COMMENT ON FUNCTION preview_settlement(timestamptz, bigint) IS
    'What settling a calendar''s open window, or the next one up to a time (now unless given), would post now: account, amount, and the balance it would come to '
    '(NULL for the market''s own; below zero is what would become debt), in minor units. It changes nothing. Errors: 22023 infinite time, KT303 no such calendar.';

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
    ELSIF NOT FOUND AND v_journal.kind = 'refunds' THEN
        RETURN QUERY
        SELECT x.campaign_id, x.order_id, x.refund_id, x.amount
        FROM (SELECT r.campaign_id, r.order_id, r.id AS refund_id,
                     CASE account WHEN market_account('clearing') THEN -r.amount WHEN market_account('channel') THEN r.amount END AS amount
              FROM refunds r WHERE r.batch = v_journal.reference AND r.amount > 0
              UNION ALL
              SELECT s.campaign_id, s.order_id, NULL, CASE account WHEN market_account('subsidy') THEN s.amount WHEN market_account('channel') THEN -s.amount END
              FROM refunded_subsidies s WHERE s.batch = v_journal.reference) x
        WHERE x.amount IS NOT NULL ORDER BY 1, 2, 3 NULLS FIRST;
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
    WITH behind AS (
        SELECT o.campaign_id, o.id AS order_id, NULL::bigint AS refund_id, settled_shares(v_settlement, o.campaign_id, o.shares) AS shares
        FROM orders o WHERE o.due_at > coalesce(lower(v_settlement.due), '-infinity') AND o.due_at <= upper(v_settlement.due)
        UNION ALL
        SELECT r.campaign_id, r.order_id, r.id, -settled_shares(v_settlement, r.campaign_id, coalesce(r.borne, r.shares))
        FROM refunds r WHERE r.due_at > coalesce(lower(v_settlement.due), '-infinity') AND r.due_at <= upper(v_settlement.due))
    SELECT b.campaign_id, b.order_id, b.refund_id,
           CASE WHEN account = market_account('clearing') THEN -ktt.total(b.shares) ELSE ktt.amount(b.shares, account) END
    FROM behind b WHERE account = market_account('clearing') AND ktt.cardinality(b.shares) > 0 OR b.shares OPERATOR(ktt.?) account
    ORDER BY 1, 2, 3 NULLS FIRST;
END
$$;
COMMENT ON FUNCTION explain(bigint, bigint) IS
    'What is behind a posting: the orders and refunds whose amounts (minor units) sum to it. Errors: KT303 no such posting.';
