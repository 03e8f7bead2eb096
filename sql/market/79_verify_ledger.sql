/*
 * What verify() computes again of the ledger: journals, postings, balances, checkpoints, holds.
 */

-- The bodies of compare_...() take the place of the call when a statement is planned.
CREATE FUNCTION compare_postings()
RETURNS TABLE (journal_id bigint, happened tstzrange, here ktt.shares, there ktt.shares, in_time boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(j.id, p.journal_id), tstzrange(coalesce(j.happened_at, p.low), coalesce(j.happened_at, p.high), '[]'), j.entries, p.entries,
           p.low = j.written_at AND p.high = j.written_at
    FROM journals j
    FULL JOIN (SELECT q.journal_id, ktt.shares_agg(q.account_id, q.amount) AS entries, min(q.written_at) AS low, max(q.written_at) AS high
               FROM postings q GROUP BY 1) p ON p.journal_id = j.id;
END;
COMMENT ON FUNCTION compare_postings() IS 'Internal. The entries of every journal, and its postings; whether they were written when it was.';

CREATE FUNCTION compare_balances()
RETURNS TABLE (account_id bigint, here bigint, there bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT a.id, a.balance, coalesce(p.amount, 0)::bigint
    FROM accounts a LEFT JOIN (SELECT q.account_id, sum(q.amount) AS amount FROM postings q GROUP BY 1) p ON p.account_id = a.id
    WHERE a.balance IS NOT NULL;
END;
COMMENT ON FUNCTION compare_balances() IS 'Internal. The balance of every account that keeps one, and the sum of its postings.';

CREATE FUNCTION verify_ledger()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 7 SET search_path FROM CURRENT SET work_mem = '64MB'
AS $$
BEGIN
    RETURN QUERY
    SELECT 'the market has the id that its codes and digests have', count(*), count(*) FILTER (WHERE s.market <> market_id()),
           min(s.market::text) FILTER (WHERE s.market <> market_id())
    FROM settings s;

    RETURN QUERY
    SELECT 'journals sum to zero', count(*), count(*) FILTER (WHERE ktt.total(j.entries) <> 0),
           min(j.id) FILTER (WHERE ktt.total(j.entries) <> 0)::text
    FROM journals j;

    RETURN QUERY
    WITH c AS (SELECT p.journal_id AS id, p.here = p.there AND p.in_time AS ok FROM compare_postings() p)
    SELECT 'postings are the entries of their journals', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(c.id) FILTER (WHERE c.ok IS NOT TRUE)::text
    FROM c;

    RETURN QUERY
    WITH c AS (SELECT b.account_id AS id, b.here = b.there AS ok FROM compare_balances() b)
    SELECT 'balances are the sums of postings', count(*), count(*) FILTER (WHERE NOT c.ok), min(c.id) FILTER (WHERE NOT c.ok)::text FROM c;

    RETURN QUERY
    -- OFFSET 0, here and elsewhere: computed once, though it is asked for twice.
    SELECT 'journal digests match', count(*), count(*) FILTER (WHERE NOT d.ok), min(d.id) FILTER (WHERE NOT d.ok)::text
    FROM (SELECT j.id, j.digest = journal_digest(j.id, j.kind, j.reference, j.entries, j.happened_at) AS ok FROM journals j OFFSET 0) d;

    RETURN QUERY
    WITH c AS (
        SELECT c.account_id, c.until, c.balance = (SELECT coalesce(sum(p.amount), 0) FROM postings p
                                                   WHERE p.account_id = c.account_id AND p.written_at < c.until) AS ok
        FROM checkpoints c)
    SELECT 'checkpoints are the sums of the postings before them', count(*), count(*) FILTER (WHERE NOT c.ok),
           min(format('account %s, %s', c.account_id, c.until)) FILTER (WHERE NOT c.ok)
    FROM c;

    RETURN QUERY
    WITH c AS (
        SELECT h.id, h.state <> 'posted' OR (j.kind = 'hold' AND j.reference = h.id::text
                                             AND j.entries = ktt.shares(h.to_account, h.posted) - ktt.shares(h.account_id, h.posted)) AS ok
        FROM holds h LEFT JOIN journals j ON j.id = h.journal_id)
    SELECT 'holds are posted as they say', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.id) FILTER (WHERE c.ok IS NOT TRUE)::text
    FROM c;
END
$$;
COMMENT ON FUNCTION verify_ledger() IS 'The lines of verify() about the ledger.';
