/*
 * Transfers: given out to be sent, and what the channel says of them. Every message has an outcome; money moves at most once for it.
 */

CREATE TABLE transfer_disputes (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message     text NOT NULL CHECK (message IN ('confirm', 'fail', 'return')),
    key         text NOT NULL,
    reference   text,
    amount      bigint,
    outcome     text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    resolved_at timestamptz,
    resolution  text,
    CONSTRAINT transfer_disputes_message_key UNIQUE NULLS NOT DISTINCT (key, message, reference, amount, outcome),
    CONSTRAINT transfer_disputes_resolved_check CHECK ((resolved_at IS NULL) = (resolution IS NULL))
);
CREATE INDEX transfer_disputes_open_idx ON transfer_disputes (received_at) WHERE resolved_at IS NULL;
COMMENT ON TABLE transfer_disputes IS
    'What a channel said of a transfer that does not fit what is known of it: for a person to clear up, see open_disputes.';
COMMENT ON COLUMN transfer_disputes.reference IS 'The channel''s number of the transfer or of its return; of a failure, its reason.';

CREATE VIEW open_disputes WITH (security_barrier) AS
SELECT d.id, d.message, d.key, d.reference, d.amount, d.outcome, d.received_at,
       l.payout_id, l.member_id, l.channel, l.state, l.amount AS expected, l.channel_reference
FROM transfer_disputes d LEFT JOIN payout_lines l ON l.key = d.key WHERE d.resolved_at IS NULL;
COMMENT ON VIEW open_disputes IS
    'What channels said that does not fit, with the transfer as it is known here; work it off with resolve_dispute(), order by received_at. '
    'Outcomes: unknown (no such transfer), not_sent, amount_differs, reference_differs, confirmed_late (after it had failed: taken from the member '
    'again), already_confirmed, already_failed, already_returned, not_confirmed (returned before it was confirmed: applied when it is), too_late '
    '(returned after the window).';

CREATE FUNCTION dispute(message text, key text, reference text, amount bigint, outcome text)
RETURNS text
LANGUAGE sql SET search_path FROM CURRENT
AS $$
    INSERT INTO transfer_disputes (message, key, reference, amount, outcome)
    VALUES (dispute.message, dispute.key, dispute.reference, dispute.amount, dispute.outcome) ON CONFLICT DO NOTHING;
    SELECT dispute.outcome
$$;
COMMENT ON FUNCTION dispute(text, text, text, bigint, text) IS 'Internal. Notes a message that does not fit, once, and returns its outcome.';

CREATE FUNCTION resolve_dispute(dispute bigint, resolution text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM read_committed();
    PERFORM require(dispute, 'dispute'), require_reference(resolution, 'resolution');
    UPDATE transfer_disputes d SET resolved_at = clock_timestamp(), resolution = resolve_dispute.resolution
    WHERE d.id = dispute AND d.resolved_at IS NULL;
    IF FOUND THEN
        RETURN true;
    ELSIF NOT EXISTS (SELECT FROM transfer_disputes d WHERE d.id = dispute) THEN
        RAISE EXCEPTION 'dispute % does not exist', dispute USING ERRCODE = 'KT303';
    END IF;
    RETURN false;
END
$$;
COMMENT ON FUNCTION resolve_dispute(bigint, text) IS
    'Notes how a dispute with a channel was cleared up; returns whether it was open. No money moves by it. Errors: 22004 null, 22023 resolution '
    'empty or longer than 256 bytes, KT303 no such dispute.';

CREATE FUNCTION take_line(key text)
RETURNS payout_lines
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_line payout_lines;
BEGIN
    SELECT * INTO v_line FROM payout_lines l WHERE l.key = require_reference(take_line.key, 'key') FOR NO KEY UPDATE;
    RETURN v_line;
END
$$;
COMMENT ON FUNCTION take_line(text) IS 'Internal. Locks and returns the transfer of a key; all NULL when there is none.';

CREATE FUNCTION channel_account(channel text)
RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$ SELECT market_account(c.account) FROM payout_channels c WHERE c.channel = channel_account.channel $$;
COMMENT ON FUNCTION channel_account(text) IS 'Internal. The market''s account that a channel pays from.';

CREATE FUNCTION fail_line(target payout_lines, reason text)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM post_owed('failed_transfer', target.key, target.entries - ktt.shares(market_account('transfers'), target.amount)
                                                     - ktt.shares(market_account('revenue'), target.fee));
    UPDATE payout_lines l SET state = 'failed', note = reason, ended_at = clock_timestamp() WHERE l.id = target.id;
END
$$;
COMMENT ON FUNCTION fail_line(payout_lines, text) IS
    'Internal. Gives a member back what a transfer and its fee took; the caller has locked the line.';

CREATE FUNCTION return_line(target payout_lines, reference text)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM post_owed('returned_transfer', target.key, ktt.reverse(target.entries, target.amount) - ktt.shares(channel_account(target.channel), target.amount));
    UPDATE payout_lines l SET state = 'returned', return_reference = return_line.reference, ended_at = clock_timestamp() WHERE l.id = target.id;
END
$$;
COMMENT ON FUNCTION return_line(payout_lines, text) IS
    'Internal. Gives a member back what a transfer brought, by largest remainder over the accounts that it took it from; its fee is spent. The '
    'caller has locked the line.';

CREATE FUNCTION refusal(target payout_lines, requests bigint)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET timezone = 'UTC'
AS $$
BEGIN
    RETURN CASE
        WHEN target.amount < rule_of(target.channel, 'minimum') THEN 'minimum'
        WHEN target.amount > rule_of(target.channel, 'maximum') THEN 'maximum'
        WHEN target.payment IS NULL THEN NULL
        WHEN requests > rule_of(target.channel, 'requests_per_order') THEN 'requests_per_order'
        WHEN (SELECT p.received_at FROM payments p WHERE p.reference = target.payment) <= clock_timestamp() - time_of(target.channel, 'freeze') THEN 'freeze'
        WHEN target.amount > (SELECT p.accepted - ktt.amount(o.refunded) FROM payments p JOIN orders o ON o.campaign_id = p.campaign_id AND o.id = p.order_id
                              WHERE p.reference = target.payment) THEN 'refunded' END;
END
$$;
COMMENT ON FUNCTION refusal(payout_lines, bigint) IS
    'Internal. The rule by which a transfer cannot be sent any more, in the so-manieth request for its payment; NULL when it can.';

CREATE FUNCTION send_transfers(at_most int DEFAULT 100, retry_after interval DEFAULT '10 minutes')
RETURNS TABLE (request text, channel text, payment text, key text, member_id bigint, reference text, amount bigint, tries int)
LANGUAGE plpgsql SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT SET timezone = 'UTC'
AS $$
DECLARE
    v_channel text;
    v_request record;
    v_line record;
    v_room bigint;
    v_left bigint := at_most::bigint;
    v_given bigint[] := ARRAY[]::bigint[];
    v_new bigint[];
    v_id bigint;
    v_now timestamptz;
BEGIN
    PERFORM read_committed();
    PERFORM require_between(require(at_most, 'at_most'), 0, 1000000, 'at_most'), require_interval(require(retry_after, 'retry_after'), '1 year', 'retry_after');
    FOR v_channel IN
        SELECT c.channel FROM payout_channels c
        WHERE EXISTS (SELECT FROM payout_lines l WHERE l.channel = c.channel AND l.state IN ('requested', 'sent')) ORDER BY c.channel
    LOOP
        EXIT WHEN v_left <= 0;
        -- One worker at a time counts the requests of a channel that allows only so many; another finds nothing to do there.
        v_room := rule_of(v_channel, 'requests_per_second');
        IF v_room IS NOT NULL THEN
            PERFORM FROM payout_channels c WHERE c.channel = v_channel FOR NO KEY UPDATE SKIP LOCKED;
            CONTINUE WHEN NOT FOUND;
            v_room := v_room - (SELECT count(*) FROM transfer_requests r WHERE r.channel = v_channel AND r.sent_at > clock_timestamp() - interval '1 second');
        END IF;
        v_now := clock_timestamp();

        -- What was sent long ago and has no answer: the same requests with the same keys.
        FOR v_request IN
            SELECT r.id FROM transfer_requests r
            WHERE r.channel = v_channel AND r.sent_at <= v_now - retry_after
              AND r.id IN (SELECT l.request_id FROM payout_lines l WHERE l.state = 'sent' AND l.channel = v_channel)
            ORDER BY r.sent_at, r.id FOR NO KEY UPDATE SKIP LOCKED
        LOOP
            EXIT WHEN v_left <= 0 OR v_room <= 0;
            UPDATE transfer_requests r SET sent_at = v_now, tries = r.tries + 1 WHERE r.id = v_request.id;
            v_given := v_given || v_request.id;
            v_left := v_left - (SELECT count(*) FROM payout_lines l WHERE l.request_id = v_request.id AND l.state = 'sent');
            v_room := v_room - 1;
        END LOOP;
        CONTINUE WHEN v_left <= 0 OR v_room <= 0;

        v_new := ARRAY(SELECT l.id FROM payout_lines l WHERE l.state = 'requested' AND l.channel = v_channel
                       ORDER BY l.channel, l.payment, l.id LIMIT v_left FOR NO KEY UPDATE SKIP LOCKED);
        PERFORM lock_accounts(ARRAY(
            SELECT a.id FROM accounts a JOIN payout_lines l ON l.member_id = a.member_id WHERE l.id = ANY (v_new) AND refusal(l, (
                SELECT count(*) + 1 FROM transfer_requests r WHERE r.payment = l.payment)) IS NOT NULL));
        FOR v_line IN
            SELECT l AS line, refusal(l, (SELECT count(*) + 1 FROM transfer_requests r WHERE r.payment = l.payment)) AS reason
            FROM payout_lines l WHERE l.id = ANY (v_new) ORDER BY l.id
        LOOP
            IF v_line.reason IS NOT NULL THEN
                PERFORM fail_line(v_line.line, v_line.reason);
            END IF;
        END LOOP;
        -- As many to a request as the channel takes, of one payment where it divides them.
        FOR v_request IN
            SELECT g.payment, array_agg(g.id ORDER BY g.id) AS lines
            FROM (SELECT l.payment, l.id, (row_number() OVER (PARTITION BY l.payment ORDER BY l.id) - 1)
                                          / coalesce(rule_of(v_channel, 'receivers_per_request'), 1000000) AS place
                  FROM payout_lines l WHERE l.id = ANY (v_new) AND l.state = 'requested') g
            GROUP BY g.payment, g.place ORDER BY min(g.id)
        LOOP
            EXIT WHEN v_room <= 0;
            -- One request too many for a payment: the next call refuses its lines.
            CONTINUE WHEN v_request.payment IS NOT NULL
                      AND (SELECT count(*) FROM transfer_requests r WHERE r.payment = v_request.payment) >= rule_of(v_channel, 'requests_per_order');
            INSERT INTO transfer_requests AS r (channel, payment, sent_at) VALUES (v_channel, v_request.payment, v_now) RETURNING r.id INTO v_id;
            UPDATE payout_lines l SET state = 'sent', request_id = v_id WHERE l.id = ANY (v_request.lines);
            v_given := v_given || v_id;
            v_left := v_left - cardinality(v_request.lines);
            v_room := v_room - 1;
        END LOOP;
    END LOOP;
    RETURN QUERY
    SELECT r.key, r.channel, r.payment, l.key, l.member_id, m.reference, l.amount, r.tries
    FROM transfer_requests r JOIN payout_lines l ON l.request_id = r.id AND l.state = 'sent' JOIN members m ON m.id = l.member_id
    WHERE r.id = ANY (v_given) ORDER BY r.channel, r.id, l.id;
END
$$;
COMMENT ON FUNCTION send_transfers(int, interval) IS
    'Gives out transfers that are to be sent now, about so many, request by request, and marks them as sent: commit, then call the channel with '
    'the keys. What has no answer long after it was sent is given out again with the same keys. Requests keep to the channel''s receivers per '
    'request, requests per payment and requests per second; a transfer that a rule forbids by now fails instead, and the member has the money '
    'back. Fit for several workers. Errors: 22004 null, 22023 out of bounds.';

CREATE FUNCTION confirm_transfer(key text, channel_reference text, amount bigint)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_line payout_lines;
    v_outcome text;
    v_return transfer_disputes;
BEGIN
    PERFORM read_committed();
    PERFORM require_reference(channel_reference, 'channel reference'), require_between(require(amount, 'amount'), 1, 1000000000000000, 'amount');
    v_line := take_line(key);
    v_outcome := CASE
        WHEN v_line.id IS NULL THEN 'unknown'
        WHEN v_line.request_id IS NULL THEN 'not_sent'
        WHEN v_line.amount <> confirm_transfer.amount THEN 'amount_differs'
        WHEN v_line.channel_reference <> confirm_transfer.channel_reference THEN 'reference_differs'
        WHEN v_line.note IS NOT NULL THEN 'confirmed_late'
        ELSE 'confirmed' END;
    IF v_line.state = 'sent' AND v_outcome = 'confirmed' THEN
        PERFORM post('transfer', key, ktt.shares(channel_account(v_line.channel), v_line.amount) - ktt.shares(market_account('transfers'), v_line.amount));
    ELSIF v_line.state = 'failed' AND v_outcome = 'confirmed_late' THEN
        -- The member has the money twice: what he was given back is taken again, or he owes it.
        PERFORM post_owed('late_transfer', key, ktt.shares(channel_account(v_line.channel), v_line.amount) + ktt.shares(market_account('revenue'), v_line.fee)
                                                - v_line.entries);
    ELSIF v_outcome IN ('confirmed', 'confirmed_late') THEN
        RETURN v_outcome;
    END IF;
    IF v_outcome NOT IN ('confirmed', 'confirmed_late') THEN
        RETURN dispute('confirm', key, channel_reference, amount, v_outcome);
    END IF;
    UPDATE payout_lines l SET state = 'confirmed', channel_reference = confirm_transfer.channel_reference, confirmed_at = clock_timestamp(), ended_at = NULL,
           note = CASE WHEN v_outcome = 'confirmed_late' THEN 'late' END
    WHERE l.id = v_line.id RETURNING l.* INTO v_line;
    IF v_outcome = 'confirmed_late' THEN
        PERFORM dispute('confirm', key, channel_reference, amount, v_outcome);
    END IF;
    -- Its return came first.
    SELECT * INTO v_return FROM transfer_disputes d
    WHERE d.key = confirm_transfer.key AND d.outcome = 'not_confirmed' AND d.resolved_at IS NULL ORDER BY d.id LIMIT 1;
    IF FOUND THEN
        PERFORM return_line(v_line, v_return.reference), resolve_dispute(v_return.id, 'confirmed');
    END IF;
    RETURN v_outcome;
END
$$;
COMMENT ON FUNCTION confirm_transfer(text, text, bigint) IS
    'Takes in the channel''s message that a transfer was paid, with the channel''s own number and the amount (minor units). Outcomes: confirmed; '
    'confirmed_late (it had failed: what the member was given back is taken again, or he owes it); and without any effect unknown, not_sent, '
    'amount_differs, reference_differs. All but the first stand in open_disputes. The same message has the same outcome again. Errors: 22004 null, '
    '22023 out of bounds.';

CREATE FUNCTION fail_transfer(key text, reason text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_line payout_lines;
BEGIN
    PERFORM read_committed();
    PERFORM require_reference(reason, 'reason');
    v_line := take_line(key);
    IF v_line.state IN ('requested', 'sent') THEN
        PERFORM fail_line(v_line, reason);
        RETURN 'failed';
    ELSIF v_line.state = 'failed' THEN
        RETURN 'failed';
    END IF;
    RETURN dispute('fail', key, reason, NULL, CASE v_line.state WHEN 'confirmed' THEN 'already_confirmed' WHEN 'returned' THEN 'already_returned'
                                                                WHEN 'proposed' THEN 'not_sent' WHEN 'dropped' THEN 'not_sent' ELSE 'unknown' END);
END
$$;
COMMENT ON FUNCTION fail_transfer(text, text) IS
    'Takes in the channel''s message that a transfer was not paid and never will be, with its reason; or calls one off that was not sent yet. The '
    'member has the amount and the fee back. Outcomes: failed; and without any effect already_confirmed, already_returned, not_sent, unknown, '
    'which stand in open_disputes. The same message has the same outcome again. Errors: 22004 null, 22023 key or reason empty or longer than 256 '
    'bytes.';

CREATE FUNCTION return_transfer(key text, reference text, late boolean DEFAULT false)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET timezone = 'UTC'
AS $$
DECLARE
    v_line payout_lines;
    v_outcome text;
BEGIN
    PERFORM read_committed();
    PERFORM require_reference(reference, 'reference'), require(late, 'late');
    v_line := take_line(key);
    v_outcome := CASE
        WHEN v_line.id IS NULL THEN 'unknown'
        WHEN v_line.state = 'returned' THEN CASE WHEN v_line.return_reference = return_transfer.reference THEN 'returned' ELSE 'reference_differs' END
        WHEN v_line.state = 'failed' THEN 'already_failed'
        WHEN v_line.state = 'sent' THEN 'not_confirmed'
        WHEN v_line.state <> 'confirmed' THEN 'not_sent'
        WHEN NOT late AND clock_timestamp() > v_line.confirmed_at + time_of(v_line.channel, 'return_window') THEN 'too_late'
        ELSE 'returned' END;
    IF v_outcome <> 'returned' THEN
        RETURN dispute('return', key, reference, NULL, v_outcome);
    ELSIF v_line.state = 'confirmed' THEN
        PERFORM return_line(v_line, reference);
    END IF;
    RETURN v_outcome;
END
$$;
COMMENT ON FUNCTION return_transfer(text, text, boolean) IS
    'Takes in the channel''s message that the money of a confirmed transfer came back whole, with the channel''s own number of that. The member '
    'has it back, less what he owes; the fee is spent. Outcomes: returned; and without effect not_confirmed (applied when the transfer is '
    'confirmed), too_late (after the channel''s return window; call it again with late when the money is there all the same), reference_differs, '
    'already_failed, not_sent, unknown: these stand in open_disputes. The same message has the same outcome again. Errors: 22004 null, 22023 key '
    'or reference empty or longer than 256 bytes.';

-- The bodies of compare_...() take the place of the call when a statement is planned.
CREATE FUNCTION compare_payouts()
RETURNS TABLE (reference text, journal_id bigint, happened tstzrange, here ktt.shares, there ktt.shares, in_state boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(p.id::text, j.reference), j.id, span(p.approved_at, j.happened_at),
           coalesce(ktt.shares((SELECT market_account('transfers')), l.amount) + ktt.shares((SELECT market_account('revenue')), l.fee)
                    - l.entries, '{}'),
           coalesce(j.entries, '{}'),
           p.journal_id IS NOT DISTINCT FROM j.id AND (l.entries IS NULL OR p.approved_at IS NOT NULL)
           AND (l.waiting IS NULL OR p.approved_at IS NULL AND p.withdrawn_at IS NULL)
    FROM payouts p FULL JOIN (SELECT x.* FROM journals x WHERE x.kind = 'payout') j ON j.reference = p.id::text
    LEFT JOIN (SELECT x.payout_id, sum(x.entries) FILTER (WHERE x.state NOT IN ('proposed', 'dropped')) AS entries,
                      nullif(count(*) FILTER (WHERE x.state = 'proposed'), 0) AS waiting,
                      (sum(x.amount) FILTER (WHERE x.state NOT IN ('proposed', 'dropped')))::bigint AS amount,
                      (sum(x.fee) FILTER (WHERE x.state NOT IN ('proposed', 'dropped')))::bigint AS fee
               FROM payout_lines x GROUP BY 1) l ON l.payout_id = p.id;
END;
COMMENT ON FUNCTION compare_payouts() IS 'Internal. What the lines of every payout come to, and what was posted; whether its state fits.';

CREATE FUNCTION compare_transfers()
RETURNS TABLE (key text, journal_id bigint, happened tstzrange, here ktt.shares, there ktt.shares, in_state boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH moved AS (
        SELECT j.reference, max(j.id) AS journal_id, max(j.happened_at) AS last_at, count(*) FILTER (WHERE j.kind IN ('transfer', 'late_transfer')) AS paid,
               count(*) FILTER (WHERE j.kind = 'failed_transfer') AS failed, count(*) FILTER (WHERE j.kind = 'late_transfer') AS late,
               count(*) FILTER (WHERE j.kind = 'returned_transfer') AS returned, sum(j.entries) AS entries
        FROM journals j WHERE j.kind IN ('transfer', 'late_transfer', 'failed_transfer', 'returned_transfer') GROUP BY 1)
    -- All that was posted of it leaves what its state says.
    SELECT coalesce(l.key, m.reference), m.journal_id, span(coalesce(l.confirmed_at, l.ended_at, m.last_at), coalesce(l.ended_at, m.last_at)),
           CASE l.state
               WHEN 'confirmed' THEN ktt.shares(a.id, l.amount) - ktt.shares((SELECT market_account('transfers')), l.amount)
               WHEN 'returned' THEN ktt.reverse(l.entries, l.amount) - ktt.shares((SELECT market_account('transfers')), l.amount)
               WHEN 'failed' THEN l.entries - ktt.shares((SELECT market_account('transfers')), l.amount)
                                  - ktt.shares((SELECT market_account('revenue')), l.fee)
               ELSE '{}' END,
           coalesce(m.entries, '{}'),
           coalesce(m.paid, 0) = (l.state IN ('confirmed', 'returned'))::int
           AND coalesce(m.failed, 0) = (l.state = 'failed' OR l.state IN ('confirmed', 'returned') AND l.note IS NOT NULL)::int
           AND coalesce(m.late, 0) = (l.state IN ('confirmed', 'returned') AND l.note IS NOT NULL)::int
           AND coalesce(m.returned, 0) = (l.state = 'returned')::int
    FROM payout_lines l FULL JOIN moved m ON m.reference = l.key
    LEFT JOIN payout_channels c ON c.channel = l.channel LEFT JOIN accounts a ON a.member_id IS NULL AND a.kind = c.account;
END;
COMMENT ON FUNCTION compare_transfers() IS
    'Internal. What the state of every transfer says of the money, and what was posted of it; whether its journals are as many as the state says.';

CREATE FUNCTION verify_payouts()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 5 SET search_path FROM CURRENT
AS $$
    WITH held AS (
        SELECT x.account, sum(x.amount) AS amount
        FROM (SELECT e.account, e.amount FROM payout_lines l CROSS JOIN LATERAL ktt.entries(l.entries) e WHERE l.state = 'proposed'
              UNION ALL SELECT h.account_id, h.amount FROM holds h WHERE h.state = 'held') x GROUP BY 1),
    c AS (SELECT a.id, a.held = coalesce(h.amount, 0) AS ok FROM accounts a FULL JOIN held h ON h.account = a.id)
    SELECT 'what is held are holds and proposed payouts', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(c.id) FILTER (WHERE c.ok IS NOT TRUE)::text FROM c
    UNION ALL
    SELECT * FROM (
        WITH c AS (SELECT p.reference AS id, p.here = p.there AND p.in_state AS ok FROM compare_payouts() p)
        SELECT 'payouts are posted once, as approved', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
               min(c.id) FILTER (WHERE c.ok IS NOT TRUE) FROM c) posted
    UNION ALL
    SELECT * FROM (
        WITH c AS (SELECT t.key, t.here = t.there AND t.in_state AS ok FROM compare_transfers() t)
        SELECT 'transfers are paid, failed and returned once, as their states say', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
               min(c.key) FILTER (WHERE c.ok IS NOT TRUE) FROM c) moves
    UNION ALL
    SELECT 'transfers on their way are what the account says', count(l.key), (p.amount <> coalesce(sum(l.amount), 0))::int::bigint,
           CASE WHEN p.amount <> coalesce(sum(l.amount), 0) THEN format('account %s: %s, not %s', market_account('transfers'), p.amount, coalesce(sum(l.amount), 0)) END
    FROM (SELECT coalesce(sum(x.amount), 0) AS amount FROM postings x WHERE x.account_id = (SELECT market_account('transfers'))) p
    LEFT JOIN payout_lines l ON l.state IN ('requested', 'sent') GROUP BY p.amount
    UNION ALL
    SELECT * FROM (
        WITH c AS (
            SELECT l.payment, sum(l.amount + l.fee) <= min(p.accepted) AS ok FROM payout_lines l LEFT JOIN payments p ON p.reference = l.payment
            WHERE l.payment IS NOT NULL AND l.state NOT IN ('failed', 'returned', 'dropped') GROUP BY 1)
        SELECT 'no payment is divided into more than it was', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
               min(c.payment) FILTER (WHERE c.ok IS NOT TRUE) FROM c) divided
$$;
COMMENT ON FUNCTION verify_payouts() IS 'The lines of verify() about payouts and transfers.';
