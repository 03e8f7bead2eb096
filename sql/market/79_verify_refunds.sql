/*
 * What holds of refunds and of who bears them.
 */

CREATE FUNCTION verify_refunds()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE plpgsql STABLE ROWS 6 SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN QUERY
    WITH c AS (
        SELECT o.campaign_id, o.id, o.refunded = coalesce(r.basket, '{}') AND o.basket OPERATOR(ktt.@>) o.refunded AND o.refunded OPERATOR(ktt.@>) '{}' AS ok
        FROM orders o LEFT JOIN (SELECT f.campaign_id, f.order_id, ktt.basket_agg(f.item_id, f.units, f.amount) AS basket FROM refunds f GROUP BY 1, 2) r
            ON r.campaign_id = o.campaign_id AND r.order_id = o.id)
    SELECT 'no line is refunded more than was paid', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('%s/%s', c.campaign_id, c.id)) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c;

    RETURN QUERY
    WITH c AS (
        SELECT f.campaign_id, f.order_id, f.item_id,
               NOT EXISTS (SELECT FROM ktt.entries(line_shares(o.*, f.item_id, o.steward_account_id) - f.shares) e WHERE e.amount < 0)
               AND NOT EXISTS (SELECT FROM ktt.entries(f.shares) e WHERE e.amount < 0) AS ok
        FROM (SELECT r.campaign_id, r.order_id, r.item_id, sum(r.shares) AS shares FROM refunds r GROUP BY 1, 2, 3) f
        JOIN orders o ON o.campaign_id = f.campaign_id AND o.id = f.order_id)
    SELECT 'refunds take back no more of a share than it was', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('%s/%s item %s', c.campaign_id, c.order_id, c.item_id)) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c;

    RETURN QUERY
    WITH c AS (
        SELECT r.campaign_id, r.id, o.id IS NOT NULL AND (r.due_at IS NULL) = (o.due_at IS NULL) AND coalesce(r.due_at >= o.due_at, true) AS ok
        FROM refunds r LEFT JOIN orders o ON o.campaign_id = r.campaign_id AND o.id = r.order_id)
    SELECT 'refunds are due with or after their order', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('%s/%s', c.campaign_id, c.id)) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c;

    RETURN QUERY
    WITH f AS (
        SELECT r.campaign_id, r.order_id, r.item_id, r.liability_id, sum(r.borne) AS borne, bool_and(r.cause = l.cause) AS ok
        FROM refunds r JOIN liabilities l ON l.id = r.liability_id GROUP BY 1, 2, 3, 4),
    c AS (
        SELECT f.campaign_id, f.order_id, f.item_id,
               f.ok AND NOT EXISTS (SELECT FROM ktt.entries(f.borne) e WHERE e.amount < 0)
               AND NOT EXISTS (
                   SELECT FROM ktt.entries(divide_line(l.rule, rule_payees(l.rule, i.supplier_id, p.account_id), ktt.amount(o.basket, f.item_id), 0, 1,
                                                       o.seller_account_id, o.steward_account_id) - f.borne) e WHERE e.amount < 0) AS ok
        FROM f JOIN liabilities l ON l.id = f.liability_id JOIN orders o ON o.campaign_id = f.campaign_id AND o.id = f.order_id
        JOIN campaign_items i ON i.id = f.item_id JOIN campaigns p ON p.id = f.campaign_id)
    SELECT 'refunds are borne by whom their liability names', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('%s/%s item %s', c.campaign_id, c.order_id, c.item_id)) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c;

    RETURN QUERY
    WITH b AS (SELECT r.batch, sum(r.amount) AS amount FROM refunds r WHERE r.batch IS NOT NULL GROUP BY 1 HAVING sum(r.amount) > 0),
    c AS (
        SELECT coalesce(j.reference, b.batch) AS reference,
               ktt.amount(j.entries, market_account('clearing')) = -b.amount
               AND ktt.slice(j.entries, ARRAY[market_account('clearing'), market_account('channel'), market_account('subsidy')]) = j.entries AS ok
        FROM b FULL JOIN (SELECT * FROM journals x WHERE x.kind = 'refunds') j ON j.reference = b.batch
        UNION ALL
        SELECT coalesce(j.reference, format('%s/%s', r.campaign_id, r.id)),
               ktt.amount(j.entries, market_account('clearing')) = -r.amount
               AND ktt.slice(j.entries, ARRAY[market_account('clearing'), market_account('channel'), market_account('subsidy')]) = j.entries
        FROM (SELECT * FROM refunds x WHERE x.batch IS NULL AND x.amount > 0) r
        FULL JOIN (SELECT * FROM journals x WHERE x.kind = 'refund') j ON j.reference = format('%s/%s', r.campaign_id, r.id))
    SELECT 'every refund is posted once', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.reference) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c;
END
$$;
COMMENT ON FUNCTION verify_refunds() IS 'Internal. The invariants of refunds, for verify().';
