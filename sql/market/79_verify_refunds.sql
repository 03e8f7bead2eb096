/*
 * What holds of refunds and of who bears them.
 */

-- The bodies of compare_...() take the place of the call when a statement is planned.
CREATE FUNCTION compare_refunded()
RETURNS TABLE (campaign_id bigint, order_id bigint, happened tstzrange, bought ktt.basket, here ktt.basket, there ktt.basket)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT o.campaign_id, o.id, span(o.placed_at, coalesce(r.last_at, 'infinity')), o.basket, o.refunded, coalesce(r.basket, '{}')
    FROM orders o LEFT JOIN (SELECT f.campaign_id, f.order_id, ktt.basket_agg(f.item_id, f.units, f.amount) AS basket, max(f.refunded_at) AS last_at
                             FROM refunds f GROUP BY 1, 2) r
        ON r.campaign_id = o.campaign_id AND r.order_id = o.id;
END;
COMMENT ON FUNCTION compare_refunded() IS 'Internal. What every order counts as refunded, and its refunds.';

CREATE FUNCTION compare_refunds()
RETURNS TABLE (reference text, campaign_id bigint, order_id bigint, refund_id bigint, journal_id bigint, happened tstzrange, here ktt.shares, there ktt.shares)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    -- Which part of it went to a subsidy is that one's to know; to anybody else nothing may go.
    WITH j AS (
        SELECT x.id, x.kind, x.reference, x.happened_at,
               x.entries - ktt.slice(x.entries, ARRAY[(SELECT market_account('channel')), (SELECT market_account('subsidy'))]) AS entries
        FROM journals x WHERE x.kind IN ('refund', 'refunds', 'change'))
    SELECT coalesce(j.reference, f.reference), f.campaign_id, f.order_id, f.refund_id, j.id, span(f.happened_at, j.happened_at),
           -ktt.shares((SELECT market_account('clearing')), f.amount), j.entries
    FROM (SELECT 'refunds' AS kind, r.batch AS reference, NULL::bigint AS campaign_id, NULL::bigint AS order_id, NULL::bigint AS refund_id,
                 max(r.refunded_at) AS happened_at, sum(r.amount)::bigint AS amount
          FROM refunds r WHERE r.batch IS NOT NULL GROUP BY r.batch HAVING sum(r.amount) > 0
          UNION ALL
          SELECT 'refund' AS kind, format('%s/%s', r.campaign_id, r.id), r.campaign_id, r.order_id, r.id, r.refunded_at, r.amount
          FROM refunds r WHERE r.batch IS NULL AND r.amount > 0
          UNION ALL
          SELECT 'change' AS kind, format('%s/%s/%s', c.campaign_id, c.order_id, c.id), c.campaign_id, c.order_id, NULL AS refund_id, c.changed_at, c.returned
          FROM order_changes c WHERE c.returned > 0) f
    FULL JOIN j ON j.kind = f.kind AND j.reference = f.reference;
END;
COMMENT ON FUNCTION compare_refunds() IS
    'Internal. What every refund, batch of refunds and change of an order should have taken out of clearing, and what was posted.';

CREATE FUNCTION verify_refunds()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 5 SET search_path FROM CURRENT SET work_mem = '64MB'
AS $$
BEGIN
    RETURN QUERY
    WITH c AS (
        SELECT r.campaign_id, r.order_id AS id, r.here = r.there AND r.bought OPERATOR(ktt.@>) r.here AND r.here OPERATOR(ktt.@>) '{}' AS ok
        FROM compare_refunded() r)
    SELECT 'no line is refunded more than was paid', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('%s/%s', c.campaign_id, c.id)) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c;

    RETURN QUERY
    WITH c AS (
        SELECT f.campaign_id, f.order_id, f.item_id,
               NOT EXISTS (SELECT FROM ktt.entries(line_shares(o.*, f.item_id, o.steward_account_id) - f.shares) e WHERE e.amount < 0)
               AND NOT EXISTS (SELECT FROM ktt.entries(f.shares) e WHERE e.amount < 0) AS ok
        FROM (SELECT r.campaign_id, r.order_id, r.item_id, sum(r.shares) AS shares FROM refunds r GROUP BY 1, 2, 3) f
        JOIN orders o ON o.campaign_id = f.campaign_id AND o.id = f.order_id OFFSET 0)
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
        JOIN campaign_items i ON i.id = f.item_id JOIN campaigns p ON p.id = f.campaign_id OFFSET 0)
    SELECT 'refunds are borne by whom their liability names', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('%s/%s item %s', c.campaign_id, c.order_id, c.item_id)) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c;

    RETURN QUERY
    WITH c AS (SELECT r.reference, r.here = r.there AS ok FROM compare_refunds() r)
    SELECT 'every refund is posted once', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.reference) FILTER (WHERE c.ok IS NOT TRUE)
    FROM c;
END
$$;
COMMENT ON FUNCTION verify_refunds() IS 'The lines of verify() about refunds and who bears them.';
