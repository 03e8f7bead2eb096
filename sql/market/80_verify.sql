/*
 * Every promise of the market, computed again from the rows.
 */

CREATE FUNCTION verify_statements()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN QUERY
    WITH c AS (
        SELECT s.id, s.digest = statement_digest(s.member_id, s.period, s.lines)
               AND s.opening = coalesce(lag(s.closing) OVER (PARTITION BY s.member_id ORDER BY s.period), 0)
               AND s.closing - s.opening = (
                   SELECT coalesce(sum(p.amount), 0)
                   FROM accounts a JOIN postings p ON p.account_id = a.id JOIN journals j ON j.id = p.journal_id
                   WHERE a.member_id = s.member_id AND j.written_at >= lower(s.period) AND j.written_at < upper(s.period)) AS ok
        FROM statements s)
    SELECT 'statements are as issued and move by their postings', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(c.id) FILTER (WHERE c.ok IS NOT TRUE)::text
    FROM c;
END
$$;
COMMENT ON FUNCTION verify_statements() IS 'The line of verify() about statements.';

CREATE FUNCTION verify()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 60 SET search_path FROM CURRENT
AS $$
    SELECT * FROM verify_ledger()
    UNION ALL SELECT * FROM verify_adjustments()
    UNION ALL SELECT * FROM verify_penalties()
    UNION ALL SELECT * FROM verify_orders()
    UNION ALL SELECT * FROM verify_payments()
    UNION ALL SELECT * FROM verify_subsidies()
    UNION ALL SELECT * FROM verify_stock()
    UNION ALL SELECT * FROM verify_templates()
    UNION ALL SELECT * FROM verify_skus()
    UNION ALL SELECT * FROM verify_offers()
    UNION ALL SELECT * FROM verify_item_rates()
    UNION ALL SELECT * FROM verify_points()
    UNION ALL SELECT * FROM verify_lists()
    UNION ALL SELECT * FROM verify_runs()
    UNION ALL SELECT * FROM verify_people()
    UNION ALL SELECT * FROM verify_refunds()
    UNION ALL SELECT * FROM verify_settlements()
    UNION ALL SELECT * FROM verify_payouts()
    UNION ALL SELECT * FROM verify_bills()
    UNION ALL SELECT * FROM verify_statements()
    UNION ALL SELECT * FROM verify_entry_fees()
    UNION ALL SELECT * FROM verify_period_runs()
    UNION ALL SELECT * FROM verify_bonuses()
    UNION ALL SELECT * FROM verify_traffic()
    UNION ALL SELECT * FROM verify_tax()
$$;
COMMENT ON FUNCTION verify() IS
    'Computes every invariant of the market again from the rows: how many cases it checked, how many break it, and the first of those. '
    'A sound market has 0 violations in every line. Its parts are functions of their own, named after what they are about, such as '
    'verify_orders(), verify_payments() or verify_settlements(): several sessions can compute a large market side by side. Large scans use the '
    'server''s parallel workers.';
