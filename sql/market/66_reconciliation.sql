/*
 * Reconciliation: the bill of a channel against the ledger, line by line, and down to the balance of the account.
 */

CREATE TABLE bills (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel     text NOT NULL REFERENCES payout_channels,
    day         date NOT NULL,
    loaded_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    journal_id  bigint REFERENCES journals
);
COMMENT ON TABLE bills IS 'Bills of channels, or parts of them, as they were loaded.';
COMMENT ON COLUMN bills.journal_id IS 'The journal of the fees that were new in it; NULL when there were none.';

CREATE TABLE bill_lines (
    channel     text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('payment', 'refund', 'transfer', 'return', 'fee', 'sweep', 'other')),
    key         text NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 512),
    amount      bigint NOT NULL CHECK (amount <> 0),
    day         date NOT NULL,
    bill_id     bigint NOT NULL REFERENCES bills,
    PRIMARY KEY (channel, kind, key)
);
CREATE INDEX bill_lines_day_idx ON bill_lines (channel, day);
COMMENT ON TABLE bill_lines IS 'What channels say that has moved, once each.';
COMMENT ON COLUMN bill_lines.amount IS
    'By how much it changed the money that lies there: payments and returns above 0; refunds, transfers and fees below.';

CREATE FUNCTION load_bill(channel text, day date, lines jsonb)
RETURNS TABLE (loaded bigint, known bigint, fees bigint)
LANGUAGE plpgsql SECURITY DEFINER ROWS 1 SET search_path FROM CURRENT
AS $$
DECLARE
    v_bill bigint;
    v_wrong record;
    v_ends_at timestamptz;
BEGIN
    PERFORM read_committed();
    PERFORM require_channel(channel);
    IF jsonb_typeof(require(lines, 'lines')) <> 'array' THEN
        RAISE EXCEPTION 'lines of a bill must be an array' USING ERRCODE = '22023';
    ELSIF local_time(day, '00:00') > clock_timestamp() THEN
        RAISE EXCEPTION 'a bill must be of a day that has begun' USING ERRCODE = '22023', DETAIL = format('It is of %s.', day);
    END IF;
    v_ends_at := local_time(day, '24:00') - interval '1 us';
    INSERT INTO bills AS b (channel, day) VALUES (load_bill.channel, load_bill.day) RETURNING b.id INTO v_bill;
    WITH given AS MATERIALIZED (
        SELECT l.kind, l.key, l.amount FROM jsonb_to_recordset(lines) l(kind text, key text, amount bigint))
    SELECT g.kind, g.key, g.amount INTO v_wrong
    FROM given g
    WHERE num_nulls(g.kind, g.key, g.amount) > 0 OR g.amount = 0 OR octet_length(g.key) NOT BETWEEN 1 AND 512
       OR g.kind NOT IN ('payment', 'refund', 'transfer', 'return', 'fee', 'sweep', 'other') LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'line of a bill must have a kind, a key and an amount other than 0'
            USING ERRCODE = CASE WHEN num_nulls(v_wrong.kind, v_wrong.key, v_wrong.amount) > 0 THEN '22004' ELSE '22023' END,
                  DETAIL = format('Kind is "%s", key is "%s", amount is %s.', left(v_wrong.kind, 64), left(v_wrong.key, 64), coalesce(v_wrong.amount::text, 'null')),
                  HINT = 'Kinds are payment, refund, transfer, return, fee, sweep and other.';
    END IF;
    -- In the order of keys, so that two loads of the same lines queue and never deadlock.
    INSERT INTO bill_lines AS b (channel, kind, key, amount, day, bill_id)
    SELECT load_bill.channel, l.kind, l.key, l.amount, load_bill.day, v_bill
    FROM jsonb_to_recordset(lines) l(kind text, key text, amount bigint) ORDER BY l.kind COLLATE "C", l.key COLLATE "C"
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS loaded = ROW_COUNT;
    SELECT b.kind, b.key, b.amount, b.day INTO v_wrong
    FROM jsonb_to_recordset(lines) l(kind text, key text, amount bigint)
    JOIN bill_lines b ON b.channel = load_bill.channel AND b.kind = l.kind AND b.key = l.key
    WHERE b.amount <> l.amount OR b.day <> load_bill.day LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'line "%" of a bill is already known with different contents', left(v_wrong.key, 64)
            USING ERRCODE = 'KT010', DETAIL = format('The %s was %s on %s.', v_wrong.kind, v_wrong.amount, v_wrong.day);
    END IF;
    known := jsonb_array_length(lines) - loaded;
    fees := coalesce((SELECT sum(b.amount) FROM bill_lines b WHERE b.bill_id = v_bill AND b.channel = load_bill.channel AND b.kind = 'fee'
                                                             AND b.day = load_bill.day), 0);
    IF fees <> 0 THEN
        UPDATE bills b SET journal_id = post('channel_fee', format('%s/%s', load_bill.channel, v_bill),
            ktt.shares(market_account('channel_fees'), fees) - ktt.shares(channel_account(load_bill.channel), fees), least(v_ends_at, clock_timestamp()))
        WHERE b.id = v_bill;
    ELSIF loaded = 0 THEN
        DELETE FROM bills b WHERE b.id = v_bill;
    END IF;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION load_bill(text, date, jsonb) IS
    'Takes in the bill of a channel for a local day, or a part of it: an array of objects with kind (payment, refund, transfer, return, fee, '
    'sweep, other), key and amount (minor units, by how much the money there changed: refunds, transfers and fees below 0). Lines that are known '
    'already count for nothing. Fees that are new are posted as an expense of that day. Returns how many lines were new and how many known, and '
    'the sum of new fees. Keys are the channel''s number of a payment, the key of a transfer and of its return, of a sweep its reference, and for '
    'everything else the kind and reference of its journal, as in refund/3/17. Errors: 22004 null, 22023 not such an array or a day to come, KT010 '
    'a line is known with another amount or day, KT303 no such channel.';

CREATE FUNCTION sweep_channel(amount bigint, reference text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM read_committed();
    PERFORM require_between(require(amount, 'amount'), 1, 1000000000000000, 'amount'), require_reference(reference, 'reference');
    RETURN post('sweep', reference, ktt.shares(market_account('channel'), amount) - ktt.shares(market_account('bank'), amount));
END
$$;
COMMENT ON FUNCTION sweep_channel(bigint, text) IS
    'Notes that the payment channel has moved money of the market (minor units) to its bank account, under the channel''s reference, and returns '
    'the journal; once, however often it is called. Errors: 22004 null, 22023 out of bounds, KT010 same reference with another amount.';

CREATE FUNCTION channel_moves(channel text, since timestamptz, until timestamptz)
RETURNS TABLE (kind text, key text, amount bigint, happened_at timestamptz)
LANGUAGE plpgsql STABLE ROWS 100000 SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
    v_account bigint := channel_account(channel);
    v_main boolean := (SELECT c.main FROM payout_channels c WHERE c.channel = channel_moves.channel);
BEGIN
    RETURN QUERY
    WITH moved AS (
        SELECT j.id, j.kind, j.reference, j.happened_at, -p.amount AS amount
        FROM postings p JOIN journals j ON j.id = p.journal_id
        WHERE p.account_id = v_account AND p.written_at >= since AND j.happened_at >= since AND j.happened_at < until AND j.kind <> 'channel_fee'
          AND CASE WHEN j.kind IN ('transfer', 'late_transfer', 'returned_transfer')
                   THEN (SELECT l.channel = channel_moves.channel FROM payout_lines l WHERE l.key = j.reference) ELSE v_main END)
    SELECT CASE WHEN m.kind IN ('payment', 'transfer', 'sweep') THEN m.kind
                WHEN m.kind = 'late_transfer' THEN 'transfer'
                WHEN m.kind = 'returned_transfer' THEN 'return'
                WHEN m.kind IN ('refund', 'cancellation', 'change', 'returned_payment') THEN 'refund' ELSE 'other' END,
           CASE WHEN m.kind IN ('payment', 'transfer', 'late_transfer', 'returned_transfer', 'sweep') THEN m.reference ELSE m.kind || '/' || m.reference END,
           m.amount, m.happened_at
    FROM moved m WHERE m.kind <> 'campaign_cancellation'
    UNION ALL
    -- One journal, but a refund of its own for every order.
    SELECT 'refund', format('campaign_cancellation/%s/%s', e.campaign_id, e.order_id), -e.amount, m.happened_at
    FROM moved m CROSS JOIN LATERAL explain(m.id, v_account) e WHERE m.kind = 'campaign_cancellation'
    UNION ALL
    SELECT 'fee', b.key, b.amount, j.happened_at
    FROM journals j JOIN bills x ON x.journal_id = j.id JOIN bill_lines b ON b.channel = x.channel AND b.day = x.day AND b.bill_id = x.id AND b.kind = 'fee'
    WHERE j.kind = 'channel_fee' AND x.channel = channel_moves.channel AND j.happened_at >= since AND j.happened_at < until;
END
$$;
COMMENT ON FUNCTION channel_moves(text, timestamptz, timestamptz) IS
    'Internal. What the ledger says that moved at a channel in a time, as it happened: kind and key as a bill has them, amount as the money there '
    'changed, and when.';

CREATE FUNCTION moved_here(kind text, key text)
RETURNS timestamptz
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT min(j.happened_at)
    FROM (SELECT CASE WHEN moved_here.kind IN ('payment', 'sweep') THEN ARRAY[moved_here.kind]
                      WHEN moved_here.kind = 'transfer' THEN '{transfer,late_transfer}'
                      WHEN moved_here.kind = 'return' THEN '{returned_transfer}'
                      ELSE ARRAY[split_part(moved_here.key, '/', 1)] END AS kinds,
                 CASE WHEN moved_here.kind IN ('payment', 'sweep', 'transfer', 'return') THEN moved_here.key
                      WHEN moved_here.key LIKE 'campaign\_cancellation/%' THEN split_part(moved_here.key, '/', 2)
                      ELSE substr(moved_here.key, strpos(moved_here.key, '/') + 1) END AS reference) l
    JOIN journals j ON j.kind = ANY (l.kinds) AND j.reference = l.reference
$$;
COMMENT ON FUNCTION moved_here(text, text) IS 'Internal. When the ledger has what a line of a bill says, whenever that is and with whatever amount; NULL is never.';

CREATE FUNCTION compare_channel(channel text, since date, until date)
RETURNS TABLE (kind text, key text, happened_at timestamptz, here bigint, there bigint, outcome text)
LANGUAGE sql STABLE ROWS 100000 SET search_path FROM CURRENT SET jit = off
AS $$
    WITH h AS (SELECT m.* FROM channel_moves(compare_channel.channel, local_time(since, '00:00'), local_time(until, '00:00')) m),
    t AS (SELECT b.kind, b.key, b.amount FROM bill_lines b WHERE b.channel = compare_channel.channel AND b.day >= since AND b.day < until)
    SELECT coalesce(h.kind, t.kind), coalesce(h.key, t.key), h.happened_at, coalesce(h.amount, 0), coalesce(t.amount, 0),
           CASE WHEN h.amount = t.amount THEN 'matched'
                WHEN h.amount <> t.amount THEN 'amount_differs'
                WHEN t.amount IS NULL THEN CASE WHEN EXISTS (SELECT FROM bill_lines b WHERE b.channel = compare_channel.channel AND b.kind = h.kind AND b.key = h.key)
                                                THEN 'other_day' ELSE 'missing_there' END
                WHEN moved_here(t.kind, t.key) IS NOT NULL THEN 'other_day' ELSE 'missing_here' END
    FROM h FULL JOIN t ON t.kind = h.kind AND t.key = h.key
$$;
COMMENT ON FUNCTION compare_channel(text, date, date) IS 'Internal. Every move of a channel in a period as the ledger and as its bills have it, and when it happened.';

CREATE FUNCTION require_period(since date, until date)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT isfinite(require(since, 'since')) OR NOT isfinite(require(until, 'until')) OR since >= until THEN
        RAISE EXCEPTION 'period must end after it starts, at a finite time' USING ERRCODE = '22023';
    END IF;
END
$$;
COMMENT ON FUNCTION require_period(date, date) IS 'Internal. Refuses days that are no period (22004, 22023).';

CREATE FUNCTION reconcile_channel(channel text, since date, until date)
RETURNS TABLE (kind text, key text, here bigint, there bigint, difference bigint, outcome text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_channel(channel), require_period(since, until);
    RETURN QUERY
    SELECT c.kind, c.key, c.here, c.there, c.here - c.there, c.outcome
    FROM compare_channel(reconcile_channel.channel, since, until) c WHERE c.outcome <> 'matched' ORDER BY c.outcome, c.kind, c.key;
END
$$;
COMMENT ON FUNCTION reconcile_channel(text, date, date) IS
    'The differences between the ledger and the bills of a channel, from one local day up to before another: what is here and not on a bill '
    '(missing_there), on a bill and not here (missing_here), on both with other amounts (amount_differs), or on both and only one of them within '
    'the days (other_day). Amounts (minor units) are what changed the money there; the difference is here less there. Errors: 22004 null, 22023 '
    'empty period, KT303 no such channel.';

CREATE FUNCTION reconcile_totals(channel text, since date, until date)
RETURNS TABLE (kind text, outcome text, lines bigint, here bigint, there bigint, difference bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20 SET search_path FROM CURRENT
AS $$
DECLARE
    v_account bigint := channel_account(require_channel(channel));
    v_moved bigint;
BEGIN
    PERFORM require_period(since, until);
    v_moved := balance_at(v_account, local_time(since, '00:00'), 'happened') - balance_at(v_account, local_time(until, '00:00'), 'happened');
    RETURN QUERY
    WITH c AS MATERIALIZED (
        SELECT x.kind, x.outcome, count(*) AS lines, sum(x.here)::bigint AS here, sum(x.there)::bigint AS there
        FROM compare_channel(reconcile_totals.channel, since, until) x GROUP BY 1, 2),
    a AS (SELECT coalesce(sum(c.lines), 0)::bigint AS lines, coalesce(sum(c.here), 0)::bigint AS here, coalesce(sum(c.there), 0)::bigint AS there FROM c)
    SELECT x.kind, x.outcome, x.lines, x.here, x.there, x.here - x.there
    FROM (SELECT 1 AS place, c.* FROM c
          UNION ALL SELECT 2, 'all', 'other_channels', NULL, v_moved - a.here, 0 FROM a WHERE v_moved <> a.here
          UNION ALL SELECT 3, 'all', 'account', a.lines, v_moved, a.there FROM a) x
    ORDER BY x.place, x.kind, x.outcome;
END
$$;
COMMENT ON FUNCTION reconcile_totals(text, date, date) IS
    'What reconcile_channel() compares, summed by kind and outcome, what matched too. The last line is by how much the account itself moved in '
    'these days, as it happened, against the bills: the lines before it sum to it, with one for other channels that share the account. Errors: '
    '22004 null, 22023 empty period, KT303 no such channel.';

-- Its body takes the place of the call when a statement is planned.
CREATE FUNCTION compare_fees()
RETURNS TABLE (reference text, journal_id bigint, happened tstzrange, here ktt.shares, there ktt.shares, linked boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(b.id::text, j.reference), j.id, span(b.loaded_at, j.happened_at),
           ktt.shares((SELECT market_account('channel_fees')), coalesce(l.fees, 0)) - ktt.shares(a.id, coalesce(l.fees, 0)), coalesce(j.entries, '{}'),
           b.journal_id IS NOT DISTINCT FROM j.id
    FROM bills b JOIN payout_channels c ON c.channel = b.channel JOIN accounts a ON a.member_id IS NULL AND a.kind = c.account
    LEFT JOIN (SELECT x.bill_id, sum(x.amount)::bigint AS fees FROM bill_lines x WHERE x.kind = 'fee' GROUP BY 1) l ON l.bill_id = b.id
    FULL JOIN (SELECT x.* FROM journals x WHERE x.kind = 'channel_fee') j ON j.reference = format('%s/%s', b.channel, b.id);
END;
COMMENT ON FUNCTION compare_fees() IS 'Internal. The fees of every bill, and what was posted of them.';

CREATE FUNCTION verify_bills()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path FROM CURRENT
AS $$
    WITH c AS (SELECT f.reference AS id, f.here = f.there AND f.linked AS ok FROM compare_fees() f)
    SELECT 'fees of channels are posted as billed', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(c.id) FILTER (WHERE c.ok IS NOT TRUE) FROM c
$$;
COMMENT ON FUNCTION verify_bills() IS 'The line of verify() about bills of channels.';
