/*
 * Payouts: what members are owed, proposed by one person and approved by another. What is proposed is reserved at once, so that
 * the same balance is never given twice; every line of a payout is one transfer of a channel.
 */

CREATE TABLE payouts (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made_by     bigint NOT NULL REFERENCES members,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    own         boolean NOT NULL DEFAULT false,
    approved_by bigint REFERENCES members,
    approved_at timestamptz,
    journal_id  bigint REFERENCES journals,
    withdrawn_at timestamptz,
    CONSTRAINT payouts_two_people_check CHECK (approved_by <> made_by),
    CONSTRAINT payouts_approved_check CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CONSTRAINT payouts_withdrawn_check CHECK (approved_at IS NULL OR withdrawn_at IS NULL)
);
COMMENT ON TABLE payouts IS 'Batches of transfers to members, and what members asked for themselves.';
COMMENT ON COLUMN payouts.own IS 'Whether a member asked for his own money.';
COMMENT ON COLUMN payouts.journal_id IS 'NULL until it is approved, and when there was nothing to pay.';

CREATE TABLE transfer_requests (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel     text NOT NULL REFERENCES payout_channels,
    payment     text REFERENCES payments,
    key         text NOT NULL GENERATED ALWAYS AS (left(encode(uuid_send(market_id()), 'hex'), 12) || '-r' || id::text) STORED,
    sent_at     timestamptz NOT NULL,
    tries       int NOT NULL DEFAULT 1
);
CREATE INDEX transfer_requests_sent_at_idx ON transfer_requests (channel, sent_at);
CREATE INDEX transfer_requests_payment_idx ON transfer_requests (payment) WHERE payment IS NOT NULL;
COMMENT ON TABLE transfer_requests IS
    'The calls of a channel; one may hold several transfers. It is made again with the same key until every one of them has an answer.';
COMMENT ON COLUMN transfer_requests.payment IS 'The payment that it divides; NULL for a channel that does not.';
COMMENT ON COLUMN transfer_requests.sent_at IS 'When it was last given out to be sent.';

CREATE TABLE payout_lines (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payout_id   bigint NOT NULL REFERENCES payouts,
    member_id   bigint NOT NULL REFERENCES members,
    channel     text NOT NULL REFERENCES payout_channels,
    payment     text REFERENCES payments,
    entries     ktt.shares NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    fee         bigint NOT NULL CHECK (fee >= 0),
    state       text NOT NULL CHECK (state IN ('proposed', 'requested', 'sent', 'confirmed', 'failed', 'returned', 'dropped')),
    note        text CHECK (octet_length(note) BETWEEN 1 AND 256),
    key         text NOT NULL UNIQUE GENERATED ALWAYS AS (left(encode(uuid_send(market_id()), 'hex'), 12) || '-' || id::text) STORED,
    request_id  bigint REFERENCES transfer_requests,
    channel_reference text,
    return_reference text,
    confirmed_at timestamptz,
    ended_at    timestamptz,
    CONSTRAINT payout_lines_payee_key UNIQUE NULLS NOT DISTINCT (payout_id, member_id, payment),
    CONSTRAINT payout_lines_entries_check CHECK (ktt.total(entries) = amount + fee),
    CONSTRAINT payout_lines_sent_check CHECK (
        CASE state WHEN 'sent' THEN request_id IS NOT NULL WHEN 'failed' THEN true ELSE (request_id IS NOT NULL) = (state IN ('confirmed', 'returned')) END),
    CONSTRAINT payout_lines_confirmed_check CHECK (
        (state IN ('confirmed', 'returned')) = (confirmed_at IS NOT NULL) AND (confirmed_at IS NULL) = (channel_reference IS NULL)),
    CONSTRAINT payout_lines_ended_check CHECK (
        (state IN ('failed', 'returned', 'dropped')) = (ended_at IS NOT NULL) AND (state = 'returned') = (return_reference IS NOT NULL))
);
CREATE INDEX payout_lines_member_idx ON payout_lines (member_id);
CREATE INDEX payout_lines_payment_idx ON payout_lines (payment) WHERE payment IS NOT NULL;
CREATE INDEX payout_lines_requested_idx ON payout_lines (channel, payment, id) WHERE state = 'requested';
CREATE INDEX payout_lines_sent_idx ON payout_lines (request_id) WHERE state = 'sent';
COMMENT ON TABLE payout_lines IS
    'The transfers: one per member of a payout, or one per member and payment where the channel divides payments. Proposed, then requested when '
    'the payout is approved, sent, and confirmed or failed as the channel says; what was confirmed may be returned. Dropped: refused by a rule, or '
    'withdrawn.';
COMMENT ON COLUMN payout_lines.entries IS 'What it takes out of which accounts of the member: the amount of the transfer and the fee.';
COMMENT ON COLUMN payout_lines.note IS
    'Why it was dropped or has failed: the rule, or what the channel said; "late" when it was confirmed after that.';
COMMENT ON COLUMN payout_lines.key IS 'Its request key at the channel. It never changes, so that the channel pays it once, however often it is sent.';

CREATE FUNCTION payable_accounts(members bigint[])
RETURNS TABLE (member_id bigint, account_id bigint, starts bigint, ends bigint)
-- In one zone: a day of a hold is as long in every session.
LANGUAGE sql STABLE ROWS 100 SET search_path FROM CURRENT SET timezone = 'UTC'
AS $$
    WITH free AS (
        SELECT a.member_id, a.id, greatest(a.balance - a.held - coalesce(r.amount, 0), 0)::bigint AS amount
        FROM accounts a
        LEFT JOIN payout_terms t ON t.member_id = a.member_id
        CROSS JOIN LATERAL (SELECT clock_timestamp() - coalesce(t.hold, time_of(coalesce(t.channel, 'bank'), 'hold'), interval '0') AS since) h
        LEFT JOIN LATERAL (
            SELECT sum(p.amount) AS amount FROM postings p JOIN journals j ON j.id = p.journal_id
            WHERE p.account_id = a.id AND p.written_at > h.since AND p.amount > 0 AND j.kind = 'settlement') r ON true
        WHERE a.member_id = ANY (members) AND a.kind IN ('goods', 'commission', 'pickup') AND a.balance > a.held),
    placed AS (
        SELECT f.member_id, f.id, f.amount, (sum(f.amount) OVER (PARTITION BY f.member_id ORDER BY f.id) - f.amount)::bigint AS starts,
               (sum(f.amount) OVER (PARTITION BY f.member_id)
                + coalesce((SELECT d.balance FROM accounts d WHERE d.member_id = f.member_id AND d.kind = 'debt'), 0))::bigint AS whole
        FROM free f)
    SELECT p.member_id, p.id, p.starts, least(p.starts + p.amount, p.whole)
    FROM placed p WHERE p.amount > 0 AND p.starts < p.whole
$$;
COMMENT ON FUNCTION payable_accounts(bigint[]) IS
    'Internal. What may be paid out to members, account after account as pieces of one length: what is available and was not settled within the '
    'hold, without as much as the member owes. Deposits and debts are never paid out.';

CREATE FUNCTION payable(member bigint)
RETURNS TABLE (channel text, available bigint, waiting bigint, owed bigint, payable bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_member(member, 'member');
    SELECT coalesce((SELECT t.channel FROM payout_terms t WHERE t.member_id = member), 'bank'),
           coalesce(sum(a.balance - a.held) FILTER (WHERE a.kind IN ('goods', 'commission', 'pickup')), 0),
           coalesce(-sum(a.balance) FILTER (WHERE a.kind = 'debt'), 0)
      INTO payable.channel, payable.available, payable.owed FROM accounts a WHERE a.member_id = member;
    payable := coalesce((SELECT sum(p.ends - p.starts) FROM payable_accounts(ARRAY[member]) p), 0);
    waiting := greatest(available - owed - payable, 0);
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION payable(bigint) IS
    'What a member may be paid now (minor units), and by which channel: what is available of his goods, commission and pickup accounts, less what '
    'waits because it was settled within his hold, less what he owes. Errors: 22004 null, KT303 no such member.';

CREATE FUNCTION divide_payments(channel text, members bigint[])
RETURNS TABLE (member_id bigint, payment text, received_at timestamptz, amount bigint, reason text)
LANGUAGE plpgsql STABLE ROWS 100 SET search_path FROM CURRENT SET timezone = 'UTC'
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_cap bigint := rule_of(channel, 'share_cap');
    v_receivers bigint := coalesce(rule_of(channel, 'receivers_per_request'), 1000000);
    v_requests bigint := coalesce(rule_of(channel, 'requests_per_order'), 1000000);
    v_since timestamptz := v_now - coalesce(time_of(channel, 'freeze'), interval '100 years');
    v_until timestamptz := v_now - coalesce(time_of(channel, 'earliest'), interval '0');
BEGIN
    -- Payments come in through the main channel of their account; another one has none to divide.
    IF NOT EXISTS (SELECT FROM payout_channels c WHERE c.channel = divide_payments.channel AND c.main AND c.account = 'channel') THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH paid AS (
        SELECT p.campaign_id, p.order_id, p.reference, p.received_at, p.accepted, o.shares, ktt.amount(o.refunded) AS refunded
        FROM payments p JOIN orders o ON o.campaign_id = p.campaign_id AND o.id = p.order_id
        WHERE p.accepted > 0 AND p.received_at > v_since AND o.due_at <= v_now),
    -- What is left to divide of every payment, and in how many transfers.
    room AS (
        SELECT p.campaign_id, p.order_id, p.reference, p.received_at, p.received_at > v_until AS early,
               greatest(least(floor(p.accepted::numeric * v_cap / 1000000), p.accepted - p.refunded) - coalesce(u.amount, 0), 0) AS amount,
               greatest(v_requests - coalesce(u.requests, 0), 0) * v_receivers - coalesce(u.waiting, 0) AS transfers
        FROM paid p
        LEFT JOIN LATERAL (
            SELECT sum(l.amount + l.fee) AS amount, count(DISTINCT l.request_id) AS requests, count(*) FILTER (WHERE l.request_id IS NULL) AS waiting
            FROM payout_lines l WHERE l.payment = p.reference AND l.state NOT IN ('failed', 'dropped')) u ON true),
    earned AS (
        SELECT o.campaign_id, o.order_id, a.member_id, sum(e.amount) AS amount
        FROM (SELECT DISTINCT p.campaign_id, p.order_id, p.shares FROM paid p) o
        CROSS JOIN LATERAL ktt.entries(o.shares - coalesce((
            SELECT sum(coalesce(r.borne, r.shares)) FROM refunds r WHERE r.campaign_id = o.campaign_id AND r.order_id = o.order_id AND r.due_at <= v_now), '{}')) e
        JOIN accounts a ON a.id = e.account AND a.member_id = ANY (members) AND a.kind IN ('goods', 'commission', 'pickup')
        GROUP BY 1, 2, 3),
    wanted AS (
        SELECT e.campaign_id, e.order_id, e.member_id,
               e.amount - coalesce((
                   SELECT sum(l.amount + l.fee) FROM payments p JOIN payout_lines l ON l.payment = p.reference AND l.member_id = e.member_id
                   WHERE p.campaign_id = e.campaign_id AND p.order_id = e.order_id AND l.state NOT IN ('failed', 'returned', 'dropped')), 0) AS amount
        FROM earned e),
    -- An order's payments lie end to end, and so do its payees: a transfer is where the two overlap.
    payments_laid AS (
        SELECT r.*, sum(CASE WHEN r.early THEN 0 ELSE r.amount END) OVER w AS ends
        FROM room r WINDOW w AS (PARTITION BY r.campaign_id, r.order_id ORDER BY r.received_at, r.reference)),
    payees_laid AS (
        SELECT w.*, sum(w.amount) OVER (PARTITION BY w.campaign_id, w.order_id ORDER BY w.member_id) AS ends FROM wanted w WHERE w.amount > 0),
    overlap AS (
        SELECT y.member_id, p.reference, p.received_at, p.early, p.transfers,
               greatest(least(p.ends, y.ends) - greatest(p.ends - CASE WHEN p.early THEN 0 ELSE p.amount END, y.ends - y.amount), 0) AS amount
        FROM payments_laid p JOIN payees_laid y ON y.campaign_id = p.campaign_id AND y.order_id = p.order_id),
    counted AS (
        SELECT o.*, count(*) FILTER (WHERE o.amount > 0) OVER (PARTITION BY o.reference ORDER BY o.member_id) > o.transfers AS crowded FROM overlap o)
    SELECT c.member_id, c.reference, c.received_at, CASE WHEN c.crowded THEN 0 ELSE c.amount END::bigint,
           CASE WHEN c.early THEN 'earliest' WHEN c.crowded THEN 'requests_per_order' WHEN c.amount = 0 THEN 'share_cap' END
    FROM counted c;
END
$$;
COMMENT ON FUNCTION divide_payments(text, bigint[]) IS
    'Internal. What a channel lets members have of which payment, out of their shares of orders that are due: within its freeze and not before its '
    'earliest time, all transfers of a payment together within its share cap and within what was not refunded. Nothing, and which rule forbids it, '
    'where it lets them have none.';

CREATE FUNCTION propose_lines(payout bigint, members bigint[], minimum bigint, asked bigint DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_dividing boolean;
BEGIN
    v_dividing := EXISTS (SELECT FROM channel_rules r WHERE r.rule = 'share_cap');
    IF v_dividing THEN
        -- One proposal at a time for a payment, or two would take what is left of it.
        PERFORM FROM payout_channels c WHERE rule_of(c.channel, 'share_cap') IS NOT NULL
                 AND c.channel IN (SELECT t.channel FROM payout_terms t WHERE t.member_id = ANY (members)) ORDER BY c.channel FOR NO KEY UPDATE;
    END IF;
    PERFORM lock_accounts(ARRAY(SELECT a.id FROM accounts a WHERE a.member_id = ANY (members)));
    INSERT INTO payout_lines (payout_id, member_id, channel, payment, entries, amount, fee, state, note, ended_at)
    WITH owed AS MATERIALIZED (
        SELECT p.member_id, p.account_id, p.starts, p.ends FROM payable_accounts(members) p),
    wanted AS MATERIALIZED (
        SELECT w.member_id, w.channel, least(w.amount, asked) AS amount, rule_of(w.channel, 'share_cap') IS NOT NULL AS divides,
               coalesce(rule_of(w.channel, 'minimum'), 1) AS least, coalesce(rule_of(w.channel, 'maximum'), w.amount) AS most
        FROM (SELECT o.member_id, coalesce(t.channel, 'bank') AS channel, coalesce(t.minimum, 1) AS minimum, max(o.ends) AS amount
              FROM owed o LEFT JOIN payout_terms t ON t.member_id = o.member_id GROUP BY 1, 2, 3) w
        WHERE w.amount >= greatest(propose_lines.minimum, w.minimum)),
    divided AS (
        SELECT d.*, sum(d.amount) OVER (PARTITION BY d.member_id ORDER BY d.received_at, d.payment) AS ends
        FROM (SELECT w.channel, array_agg(w.member_id) AS members FROM wanted w WHERE w.divides GROUP BY 1) c
        CROSS JOIN LATERAL divide_payments(c.channel, c.members) d),
    piece AS (
        SELECT w.member_id, NULL::text AS payment, 0::bigint AS starts, least(w.amount, w.most) AS ends, NULL::text AS reason
        FROM wanted w WHERE NOT w.divides
        UNION ALL
        SELECT w.member_id, d.payment, (d.ends - d.amount)::bigint, least(d.ends, d.ends - d.amount + w.most, w.amount)::bigint, d.reason
        FROM wanted w JOIN divided d ON d.member_id = w.member_id WHERE w.divides AND d.ends - d.amount < w.amount),
    judged AS (
        SELECT w.member_id, w.channel, p.payment, p.starts, p.ends, f.fee,
               coalesce(p.reason, CASE WHEN p.ends - p.starts <= f.fee THEN 'fee' WHEN p.ends - p.starts - f.fee < w.least THEN 'minimum' END) AS reason
        FROM piece p JOIN wanted w ON w.member_id = p.member_id
        CROSS JOIN LATERAL (SELECT transfer_fee(w.channel, p.ends - p.starts) AS fee) f),
    verdict AS (
        SELECT j.member_id, bool_or(j.reason IS NULL) AS pays, string_agg(DISTINCT j.reason, ', ' ORDER BY j.reason) AS note FROM judged j GROUP BY 1),
    line AS (
        SELECT j.member_id, j.channel, j.payment, j.starts, j.ends, j.fee, NULL::text AS note FROM judged j WHERE j.reason IS NULL
        UNION ALL
        -- Who gets nothing has one line, which says why.
        SELECT w.member_id, w.channel, NULL, 0, w.amount, 0, coalesce(v.note, 'no_payment')
        FROM wanted w LEFT JOIN verdict v ON v.member_id = w.member_id WHERE v.pays IS NOT TRUE)
    -- A transfer takes from the accounts that it overlaps.
    SELECT payout, l.member_id, l.channel, l.payment, ktt.shares_agg(o.account_id, least(o.ends, l.ends) - greatest(o.starts, l.starts)),
           l.ends - l.starts - l.fee, l.fee, CASE WHEN l.note IS NULL THEN 'proposed' ELSE 'dropped' END, l.note, CASE WHEN l.note IS NOT NULL THEN clock_timestamp() END
    FROM line l JOIN owed o ON o.member_id = l.member_id AND o.starts < l.ends AND o.ends > l.starts
    GROUP BY l.member_id, l.channel, l.payment, l.starts, l.ends, l.fee, l.note ORDER BY l.member_id, l.payment;
    PERFORM move_reservations(payout, 1);
END
$$;
COMMENT ON FUNCTION propose_lines(bigint, bigint[], bigint, bigint) IS
    'Internal. The lines of a payout for members to whom at least a minimum may be paid, or for as much as one of them asked, within the rules of '
    'their channels; what they take is reserved.';

CREATE FUNCTION move_reservations(payout bigint, sign int)
RETURNS void
LANGUAGE sql SET search_path FROM CURRENT
AS $$
    UPDATE accounts a SET held = a.held + sign * e.amount
    FROM (SELECT x.account, sum(x.amount)::bigint AS amount FROM payout_lines l CROSS JOIN LATERAL ktt.entries(l.entries) x
          WHERE l.payout_id = payout AND l.state = 'proposed' GROUP BY x.account) e
    WHERE a.id = e.account
$$;
COMMENT ON FUNCTION move_reservations(bigint, int) IS
    'Internal. Reserves what the proposed lines of a payout take, or with -1 lets go of it; the accounts are locked.';

CREATE FUNCTION make_payout(maker bigint, request text, minimum bigint DEFAULT 1, channel text DEFAULT NULL, members bigint[] DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_first jsonb := claim_request('make_payout', request,
                                   jsonb_build_object('maker', maker, 'minimum', minimum, 'channel', channel, 'members', to_jsonb(members)));
    v_today date := local_day(clock_timestamp());
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
    IF channel IS NOT NULL THEN
        PERFORM require_channel(channel);
    END IF;
    PERFORM require_member(m.id, 'member') FROM unnest(members) m(id);
    INSERT INTO payouts AS p (made_by) VALUES (maker) RETURNING p.id INTO v_id;
    PERFORM propose_lines(v_id, ARRAY(
        SELECT DISTINCT a.member_id FROM accounts a LEFT JOIN payout_terms t ON t.member_id = a.member_id
        WHERE a.kind IN ('goods', 'commission', 'pickup') AND a.balance > a.held
          AND (make_payout.channel IS NULL OR coalesce(t.channel, 'bank') = make_payout.channel)
          AND CASE WHEN members IS NOT NULL THEN a.member_id = ANY (members)
                   ELSE t.schedule IS NULL OR NOT EXISTS (
                       SELECT FROM payout_lines l JOIN payouts p ON p.id = l.payout_id
                       WHERE l.member_id = a.member_id AND l.state <> 'dropped' AND NOT p.own
                         AND p.made_at >= local_time(scheduled_day(t.schedule, t.day, v_today), '00:00')) END), minimum);
    PERFORM finish_request('make_payout', request, to_jsonb(v_id));
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION make_payout(bigint, text, bigint, text, bigint[]) IS
    'Proposes to pay members what is payable to them, from a minimum (minor units) on, each by the channel of his terms: everybody whose schedule '
    'asks for it by today, or only those of a channel, or those who are named. The amounts are reserved until the payout is approved or withdrawn. '
    'Returns the payout; a line that a rule of its channel forbids is dropped, with the rule as its note. Errors: 22004 null, 22023 minimum not '
    'positive, KT010 same request key with other arguments, KT303 no such member or channel.';

CREATE FUNCTION request_payout(member bigint, amount bigint, request text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_first jsonb := claim_request('request_payout', request, jsonb_build_object('member', member, 'amount', amount));
    v_payable record;
    v_proposed bigint;
    v_notes text;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    IF v_first IS NOT NULL THEN
        RETURN v_first::bigint;
    END IF;
    PERFORM require_member(member, 'member'), require_between(require(amount, 'amount'), 1, 1000000000000000, 'amount');
    IF amount < (SELECT t.minimum FROM payout_terms t WHERE t.member_id = member) THEN
        RAISE EXCEPTION 'member % is paid only larger amounts', member
            USING ERRCODE = 'KT405', DETAIL = (SELECT format('The minimum is %s, asked for are %s.', t.minimum, amount) FROM payout_terms t WHERE t.member_id = member);
    END IF;
    INSERT INTO payouts AS p (made_by, own) VALUES (member, true) RETURNING p.id INTO v_id;
    PERFORM propose_lines(v_id, ARRAY[member], amount, amount);
    SELECT coalesce(sum(l.amount + l.fee) FILTER (WHERE l.state = 'proposed'), 0), min(l.note) INTO v_proposed, v_notes
    FROM payout_lines l WHERE l.payout_id = v_id;
    IF v_proposed < amount THEN
        -- Nothing was proposed of which it is not known why: then so much is not payable.
        SELECT p.channel, p.payable INTO v_payable FROM payable(member) p;
        IF v_proposed = 0 AND v_notes IS NULL THEN
            RAISE EXCEPTION 'insufficient balance of member %', member
                USING ERRCODE = 'KT402', DETAIL = format('Payable are %s, asked for are %s.', v_payable.payable, amount);
        END IF;
        RAISE EXCEPTION 'channel "%" does not let so much be paid out', v_payable.channel
            USING ERRCODE = 'KT405', DETAIL = format('Of %s it lets %s%s.', amount, v_proposed, coalesce(', by the rule ' || v_notes, ''));
    END IF;
    PERFORM finish_request('request_payout', request, to_jsonb(v_id));
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION request_payout(bigint, bigint, text) IS
    'A member asks for a part of what is payable to him (minor units, the fee is taken from it). It is reserved, and paid when another member '
    'approves the payout that is returned. Errors: 22004 null, 22023 out of bounds, KT010 same request key with other arguments, KT303 no such '
    'member, KT402 less is payable, KT405 less than his minimum, or a rule of his channel forbids it.';

CREATE FUNCTION require_payout(payout bigint)
RETURNS payouts
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_payout payouts;
BEGIN
    SELECT * INTO v_payout FROM payouts p WHERE p.id = require(payout, 'payout') FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'payout % does not exist', payout USING ERRCODE = 'KT303';
    END IF;
    RETURN v_payout;
END
$$;
COMMENT ON FUNCTION require_payout(bigint) IS 'Internal. Locks and returns a payout, or refuses one that does not exist (KT303).';

CREATE FUNCTION release_reservations(payout bigint)
RETURNS void
LANGUAGE sql SET search_path FROM CURRENT
AS $$
    SELECT lock_accounts(ARRAY(SELECT DISTINCT e.account FROM payout_lines l CROSS JOIN LATERAL ktt.entries(l.entries) e
                               WHERE l.payout_id = payout AND l.state = 'proposed'));
    SELECT move_reservations(payout, -1)
$$;
COMMENT ON FUNCTION release_reservations(bigint) IS 'Internal. Lets go of what the proposed lines of a payout take.';

CREATE FUNCTION approve_payout(payout bigint, approver bigint)
RETURNS TABLE (requested bigint, dropped bigint, amount bigint, fee bigint)
LANGUAGE plpgsql SECURITY DEFINER ROWS 1 SET search_path FROM CURRENT
AS $$
DECLARE
    v_payout payouts;
    v_total record;
    v_journal bigint;
BEGIN
    PERFORM read_committed();
    v_payout := require_payout(payout);
    PERFORM require_member(approver, 'approver');
    IF v_payout.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'payout % was withdrawn', payout USING ERRCODE = 'KT301';
    END IF;
    IF v_payout.made_by = approver THEN
        RAISE EXCEPTION 'payout % must be approved by another member than the one who made it', payout USING ERRCODE = 'KT404';
    END IF;
    IF v_payout.approved_at IS NULL THEN
        PERFORM release_reservations(payout);
        SELECT sum(l.entries) AS entries, sum(l.amount)::bigint AS amount, sum(l.fee)::bigint AS fee INTO v_total
        FROM payout_lines l WHERE l.payout_id = payout AND l.state = 'proposed';
        IF v_total.entries IS NOT NULL THEN
            v_journal := post('payout', payout::text, ktt.shares(market_account('transfers'), v_total.amount)
                                                      + ktt.shares(market_account('revenue'), v_total.fee) - v_total.entries);
        END IF;
        UPDATE payout_lines l SET state = 'requested' WHERE l.payout_id = payout AND l.state = 'proposed';
        UPDATE payouts p SET approved_by = approver, approved_at = clock_timestamp(), journal_id = v_journal WHERE p.id = payout;
    ELSIF v_payout.approved_by <> approver THEN
        RAISE EXCEPTION 'payout % is already approved', payout USING ERRCODE = 'KT301';
    END IF;
    RETURN QUERY
    SELECT count(*) FILTER (WHERE l.state <> 'dropped'), count(*) FILTER (WHERE l.state = 'dropped'),
           coalesce(sum(l.amount) FILTER (WHERE l.state <> 'dropped'), 0)::bigint, coalesce(sum(l.fee) FILTER (WHERE l.state <> 'dropped'), 0)::bigint
    FROM payout_lines l WHERE l.payout_id = payout;
END
$$;
COMMENT ON FUNCTION approve_payout(bigint, bigint) IS
    'Approves a payout: in one journal, what was reserved leaves the members'' accounts for transfers that the channel has not confirmed, and fees '
    'become revenue. Returns how many transfers are requested and how many lines were dropped, and the amounts of the former and their fees (minor '
    'units); again the same. Errors: 22004 null, KT301 approved by another or withdrawn, KT303 no such payout or member, KT404 the maker cannot '
    'approve.';

CREATE FUNCTION withdraw_payout(payout bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_payout payouts;
BEGIN
    PERFORM read_committed();
    v_payout := require_payout(payout);
    IF v_payout.approved_at IS NOT NULL THEN
        RAISE EXCEPTION 'payout % is already approved', payout USING ERRCODE = 'KT301';
    END IF;
    PERFORM release_reservations(payout);
    UPDATE payout_lines l SET state = 'dropped', note = 'withdrawn', ended_at = clock_timestamp()
    WHERE l.payout_id = payout AND l.state = 'proposed';
    UPDATE payouts p SET withdrawn_at = coalesce(p.withdrawn_at, clock_timestamp()) WHERE p.id = payout;
END
$$;
COMMENT ON FUNCTION withdraw_payout(bigint) IS
    'Gives a payout up that nobody has approved, and what it reserved; the next one takes its members up again. Errors: 22004 null, KT301 already '
    'approved, KT303 no such payout.';
