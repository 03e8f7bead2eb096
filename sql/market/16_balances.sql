/*
 * Balances: now, at a time, by period. Checkpoints keep them cheap, however long the ledger is.
 */

CREATE TABLE checkpoints (
    account_id  bigint NOT NULL REFERENCES accounts,
    until       timestamptz NOT NULL,
    balance     bigint NOT NULL,
    PRIMARY KEY (account_id, until)
);
COMMENT ON TABLE checkpoints IS 'What an account had come to at an end of the books; balances are counted from the last one on.';
COMMENT ON COLUMN checkpoints.until IS 'The postings that were written before this time are in it.';

CREATE FUNCTION close_books(until timestamptz DEFAULT NULL)
RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_until timestamptz;
BEGIN
    PERFORM read_committed();
    IF NOT isfinite(until) OR until > clock_timestamp() THEN
        RAISE EXCEPTION 'books can only be closed up to a time that has passed' USING ERRCODE = '22023';
    END IF;
    -- In this order: a journal that waits here reads the end of the books behind its lock.
    LOCK TABLE journals IN SHARE MODE;
    UPDATE settings g SET books_closed_at = greatest(g.books_closed_at, close_books.until, CASE WHEN close_books.until IS NULL THEN clock_timestamp() END)
    RETURNING g.books_closed_at INTO v_until;
    RETURN v_until;
END
$$;
COMMENT ON FUNCTION close_books(timestamptz) IS
    'Closes the books up to a time that has passed (now unless given) and returns their end: no journal is written before it any more, whatever '
    'becomes known later belongs to the next period. A statement closes them up to its end. Call it in a transaction of its own: '
    'until that commits, journals wait. Errors: 22023 time to come.';

CREATE FUNCTION take_checkpoint()
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_until timestamptz;
    v_taken bigint;
BEGIN
    PERFORM read_committed();
    SELECT g.books_closed_at INTO v_until FROM settings g;
    INSERT INTO checkpoints (account_id, until, balance)
    SELECT a.id, v_until, coalesce(l.balance, 0) + m.amount
    FROM accounts a
    LEFT JOIN LATERAL (SELECT c.until, c.balance FROM checkpoints c WHERE c.account_id = a.id ORDER BY c.until DESC LIMIT 1) l ON true
    CROSS JOIN LATERAL (SELECT sum(p.amount) AS amount FROM postings p
                        WHERE p.account_id = a.id AND p.written_at >= coalesce(l.until, '-infinity') AND p.written_at < v_until) m
    WHERE m.amount IS NOT NULL
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS v_taken = ROW_COUNT;
    RETURN v_taken;
END
$$;
COMMENT ON FUNCTION take_checkpoint() IS
    'Notes the balance, at the end of the books, of every account that has moved since its last checkpoint, and returns how many. '
    'Fit for a scheduler, after close_books(). Nothing waits for it.';

CREATE FUNCTION balance_at(account bigint, at timestamptz, as_of text DEFAULT 'written')
RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    v_balance bigint;
    v_since timestamptz;
BEGIN
    PERFORM require_one_of(require(as_of, 'as_of'), '{written,happened}', 'as_of'), require(at, 'time');
    SELECT c.until, c.balance INTO v_since, v_balance FROM checkpoints c
    WHERE c.account_id = require(account, 'account') AND c.until <= at ORDER BY c.until DESC LIMIT 1;
    IF NOT FOUND AND NOT EXISTS (SELECT FROM accounts a WHERE a.id = account) THEN
        RAISE EXCEPTION 'account % does not exist', account USING ERRCODE = 'KT303';
    END IF;
    v_balance := coalesce(v_balance, 0) + (SELECT coalesce(sum(p.amount), 0) FROM postings p
                                           WHERE p.account_id = account AND p.written_at >= coalesce(v_since, '-infinity') AND p.written_at < at);
    IF as_of = 'happened' THEN
        -- Nothing is written before it happens, so only what was written later can be missing.
        v_balance := v_balance + (SELECT coalesce(sum(p.amount), 0) FROM postings p JOIN journals j ON j.id = p.journal_id
                                  WHERE p.account_id = account AND p.written_at >= at AND j.happened_at < at);
    END IF;
    RETURN v_balance;
END
$$;
COMMENT ON FUNCTION balance_at(bigint, timestamptz, text) IS
    'What an account had come to just before a time, in minor units: of what was written by then, or, as of ''happened'', of what had happened '
    'by then as far as it is known today. It costs what has moved since the last checkpoint before that time. '
    'Errors: 22004 null, 22023 as of something else, KT303 no such account.';

CREATE VIEW balances WITH (security_barrier) AS
SELECT a.id AS account_id, a.member_id, a.kind, b.balance, b.balance - a.held AS available
FROM accounts a CROSS JOIN LATERAL (SELECT coalesce(a.balance, balance_at(a.id, 'infinity')) AS balance) b;
COMMENT ON VIEW balances IS
    'Every account with its balance; positive is owed to the holder, negative is owed by him. Available is what holds have not reserved.';

CREATE VIEW trial_balance WITH (security_barrier) AS
SELECT b.kind, count(*) AS accounts, sum(b.balance)::bigint AS balance FROM balances b GROUP BY b.kind;
COMMENT ON VIEW trial_balance IS 'Balances by kind of account; the whole column sums to zero.';

CREATE FUNCTION trial_balance_at(at timestamptz, as_of text DEFAULT 'written')
RETURNS TABLE (kind text, accounts bigint, balance bigint)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 14 SET search_path FROM CURRENT
AS $$
    SELECT a.kind, count(*), sum(balance_at(a.id, at, as_of))::bigint FROM accounts a GROUP BY a.kind
$$;
COMMENT ON FUNCTION trial_balance_at(timestamptz, text) IS
    'The trial balance just before a time; it sums to zero. As of what was written, or what had happened, see balance_at().';

CREATE FUNCTION turnover(account bigint, since timestamptz, until timestamptz, step text DEFAULT NULL)
RETURNS TABLE (starts_at timestamptz, ends_at timestamptz, opening bigint, credited bigint, debited bigint, closing bigint, postings bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT
AS $$
DECLARE
    v_zone text := (SELECT s.time_zone FROM settings s);
BEGIN
    IF NOT isfinite(require(since, 'since')) OR NOT isfinite(require(until, 'until')) OR since >= until THEN
        RAISE EXCEPTION 'period must end after it starts, at a finite time' USING ERRCODE = '22023';
    ELSIF until - since > 7200 * ('1 ' || require_one_of(step, '{day,week,month,year}', 'step'))::interval THEN
        RAISE EXCEPTION 'period is too long for %s', step USING ERRCODE = '54000', HINT = 'At most 7200 of them.';
    END IF;
    RETURN QUERY
    WITH period AS (
        SELECT greatest(b.at, since) AS starts_at, least(lead(b.at, 1, 'infinity') OVER (ORDER BY b.at), until) AS ends_at
        FROM (SELECT since AS at WHERE step IS NULL
              UNION ALL
              SELECT g.at AT TIME ZONE v_zone
              FROM generate_series(date_trunc(step, since AT TIME ZONE v_zone), until AT TIME ZONE v_zone, ('1 ' || step)::interval) g(at)
              WHERE step IS NOT NULL) b
        WHERE b.at < until),
    moved AS (
        SELECT p.starts_at, p.ends_at, coalesce(sum(x.amount) FILTER (WHERE x.amount > 0), 0)::bigint AS credited,
               coalesce(-sum(x.amount) FILTER (WHERE x.amount < 0), 0)::bigint AS debited, count(x.amount) AS postings
        FROM period p LEFT JOIN postings x ON x.account_id = turnover.account AND x.written_at >= p.starts_at AND x.written_at < p.ends_at
        GROUP BY p.starts_at, p.ends_at),
    opened AS (SELECT balance_at(turnover.account, since) AS amount)
    SELECT m.starts_at, m.ends_at, (o.amount + sum(m.credited - m.debited) OVER w - m.credited + m.debited)::bigint, m.credited, m.debited,
           (o.amount + sum(m.credited - m.debited) OVER w)::bigint, m.postings
    FROM moved m CROSS JOIN opened o WINDOW w AS (ORDER BY m.starts_at) ORDER BY m.starts_at;
END
$$;
COMMENT ON FUNCTION turnover(bigint, timestamptz, timestamptz, text) IS
    'An account from since (inclusive) to until (exclusive) as written, in one line or by day, week, month or year of the market''s time zone: opening '
    'balance, what came and went, closing balance, number of postings; minor units. Errors: 22004 null, 22023 empty period or another step, 54000 more '
    'than 7200 steps, KT303 no such account.';
