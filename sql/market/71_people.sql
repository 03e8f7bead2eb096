/*
 * All the roles that members play, wherever they are kept, and what the rows about people promise.
 */

CREATE VIEW member_roles WITH (security_barrier) AS
SELECT r.member_id, r.role, r.employer_id AS of_id, lower(r.period) AS since, upper(r.period) AS until FROM roles r
UNION ALL
SELECT p.sales_leader_id, 'sales_leader', p.supply_leader_id, lower(p.period), upper(p.period) FROM partnerships p
UNION ALL
SELECT s.member_id, 'steward', s.community_id, lower(s.period), upper(s.period) FROM stewardships s
UNION ALL
SELECT o.buyer_id, 'buyer', c.supply_leader_id, min(o.placed_at), NULL
FROM campaigns c JOIN orders o ON o.campaign_id = c.id
WHERE o.state NOT IN ('cancelled', 'expired') GROUP BY o.buyer_id, c.supply_leader_id;
COMMENT ON VIEW member_roles IS
    'Who is what, and since when. of_id: the employer of a driver or staff (NULL: the platform), the supply leader of a sales leader or '
    'buyer, the community of a steward, NULL for supplier and supply_leader; until: when it ended, NULL while it stands. Who has an '
    'order that was not called off is a buyer of its supply leader, since the first of them.';

CREATE FUNCTION verify_people()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 3 SET search_path FROM CURRENT
AS $$
    SELECT 'who supplies or leads a sale has had the role', count(*), count(*) FILTER (WHERE NOT c.ok),
           min(format('member %s, %s', c.member_id, c.role)) FILTER (WHERE NOT c.ok)
    FROM (SELECT a.member_id, a.role, EXISTS (SELECT FROM roles r WHERE r.member_id = a.member_id AND r.role = a.role) AS ok
          FROM (SELECT s.supplier_id AS member_id, 'supplier' AS role FROM skus s
                UNION SELECT c.supply_leader_id, 'supply_leader' FROM campaigns c) a) c
    UNION ALL
    SELECT 'histories of leaders have no gaps and go on', count(*), count(*) FILTER (WHERE NOT c.ok), min(c.member_id) FILTER (WHERE NOT c.ok)::text
    FROM (SELECT h.member_id, bool_and(h.follows) AND count(*) FILTER (WHERE upper_inf(h.period)) = 1 AS ok
          FROM (SELECT x.member_id, x.period,
                       lower(x.period) = lag(upper(x.period), 1, lower(x.period)) OVER (PARTITION BY x.member_id ORDER BY lower(x.period)) AS follows
                FROM leader_history x) h
          GROUP BY h.member_id) c
    UNION ALL
    SELECT 'touches are of sales leaders of the supply leader', count(*), count(*) FILTER (WHERE NOT c.ok),
           min(format('supply leader %s, buyer %s', c.supply_leader_id, c.buyer_id)) FILTER (WHERE NOT c.ok)
    FROM (SELECT t.supply_leader_id, t.buyer_id, EXISTS (SELECT FROM members m WHERE m.id = t.buyer_id)
                 AND (t.supply_leader_id, t.first_seller_id) IN (SELECT c.supply_leader_id, s.member_id FROM campaign_sellers s JOIN campaigns c ON c.id = s.campaign_id)
                 AND (t.supply_leader_id, t.last_seller_id) IN (SELECT c.supply_leader_id, s.member_id FROM campaign_sellers s JOIN campaigns c ON c.id = s.campaign_id) AS ok
          FROM touches t) c
$$;
COMMENT ON FUNCTION verify_people() IS 'The invariants of roles, leaders and touches, for verify().';
