-- The whole result once more, from the raw lines, by slow and obvious SQL that uses none of ktt's types and functions: split, lists,
-- settlement. From the market it takes ids only: of two equal remainders the one of the lower account comes first.
\set ON_ERROR_STOP on

-- The nearest point of every address, by the distance to each of them; ties by the number of the point.
CREATE TEMP TABLE nearest AS
SELECT a.address_no, (SELECT p.steward_ref FROM demo.points p ORDER BY ST_Distance(p.location, a.location), p.point_no LIMIT 1) AS steward_ref
FROM demo.addresses a WHERE a.address_no IN (SELECT b.address_no FROM demo.buyers b);

-- Every line of every order that was not cancelled, with its prices.
CREATE TEMP TABLE line AS
SELECT o.order_no, o.wave_no, l.item_no, l.units, l.amount AS sale, l.units * i.supply_price AS cost, s.supplier_ref, b.sales_leader_ref, p.steward_ref
FROM demo.orders o JOIN demo.order_lines l USING (order_no) JOIN demo.items i USING (item_no) JOIN demo.skus s USING (stock_code)
JOIN demo.buyers b USING (buyer_ref)
JOIN nearest p USING (address_no)
WHERE o.cancelled_at IS NULL;

-- The rule by hand.  Percentages of one base share it with the unnamed remainder: whole pennies down, the pennies left over go
-- one each to the largest fractions, the earlier clause first.
CREATE TEMP TABLE part AS
WITH exact AS (
    SELECT l.order_no, l.item_no, c.base, c.clause, c.party,
           CASE c.base WHEN 'sale' THEN l.sale ELSE l.sale - l.cost END AS total,
           CASE c.base WHEN 'sale' THEN l.sale ELSE l.sale - l.cost END * c.percent / 100.0 AS exact
    FROM line l CROSS JOIN (VALUES ('sale', 1, 'platform', 2), ('sale', 2, 'sales_leader', 10), ('sale', 3, NULL, 88),
                                   ('margin', 1, 'steward', 10), ('margin', 2, NULL, 90)) c(base, clause, party, percent)),
ranked AS (
    SELECT e.*, floor(e.exact) AS whole,
           e.total - sum(floor(e.exact)) OVER (PARTITION BY order_no, item_no, base) AS left_over,
           row_number() OVER (PARTITION BY order_no, item_no, base ORDER BY e.exact - floor(e.exact) DESC, clause) AS place
    FROM exact e)
SELECT r.order_no, r.item_no, r.party, (r.whole + (r.place <= r.left_over)::int)::bigint AS amount FROM ranked r WHERE r.party IS NOT NULL;

-- Who that is.  Without a sales leader his part stays with the supply leader, who gets what is left.
CREATE TEMP TABLE share AS
WITH named AS (
    SELECT l.order_no, l.item_no, p.party, l.supplier_ref,
           CASE p.party WHEN 'platform' THEN 'platform' WHEN 'steward' THEN l.steward_ref WHEN 'sales_leader' THEN l.sales_leader_ref END AS ref,
           p.amount
    FROM part p JOIN line l USING (order_no, item_no)
    WHERE p.party <> 'sales_leader' OR l.sales_leader_ref IS NOT NULL
    UNION ALL
    SELECT order_no, item_no, 'supplier', supplier_ref, supplier_ref, cost FROM line)
SELECT order_no, item_no, party, ref, amount FROM named
UNION ALL
SELECT l.order_no, l.item_no, 'supply_leader', 'supply leader', l.sale - sum(n.amount)
FROM named n JOIN line l USING (order_no, item_no) GROUP BY l.order_no, l.item_no, l.sale;

-- Refunds, one after the other: each shared out over what is left of the line's shares.
CREATE TEMP TABLE remaining AS SELECT order_no, item_no, party, ref, amount AS remainder, rank() OVER (PARTITION BY order_no, item_no ORDER BY k) AS place
FROM (SELECT s.*, a.id AS k FROM share s
      LEFT JOIN demo.members m ON m.ref = s.ref
      LEFT JOIN market.accounts a ON a.member_id IS NOT DISTINCT FROM m.id
           AND a.kind = CASE s.party WHEN 'supplier' THEN 'goods' WHEN 'steward' THEN 'pickup' WHEN 'platform' THEN 'revenue' ELSE 'commission' END) x;
CREATE INDEX ON remaining (order_no, item_no);
DO $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT o.order_no, l.item_no, l.amount FROM demo.refunds f JOIN demo.refund_lines l USING (refund_no)
             JOIN demo.orders o USING (order_no) ORDER BY f.refund_no, l.item_no
    LOOP
        UPDATE remaining t SET remainder = t.remainder - x.amount
        FROM (SELECT place, (whole + (row_number() OVER (ORDER BY exact - whole DESC, place) <= r.amount - sum(whole) OVER ())::int)::bigint AS amount
              FROM (SELECT place, r.amount * remainder::numeric / total AS exact, floor(r.amount * remainder::numeric / total) AS whole
                    FROM (SELECT place, remainder, sum(remainder) OVER () AS total FROM remaining
                          WHERE order_no = r.order_no AND item_no = r.item_no) q WHERE total > 0) w) x
        WHERE t.order_no = r.order_no AND t.item_no = r.item_no AND t.place = x.place;
    END LOOP;
END
$$;

-- Settlement: what everybody was credited must be what is left of his shares.
CREATE TEMP TABLE settled AS
SELECT coalesce(m.ref, 'platform') AS ref, a.kind, sum(p.amount)::bigint AS amount
FROM market.postings p JOIN market.journals j ON j.id = p.journal_id AND j.kind = 'settlement'
JOIN market.accounts a ON a.id = p.account_id AND a.kind <> 'clearing' LEFT JOIN demo.members m ON m.id = a.member_id
GROUP BY 1, 2;
CREATE TEMP TABLE expected AS
SELECT ref, CASE party WHEN 'supplier' THEN 'goods' WHEN 'steward' THEN 'pickup' WHEN 'platform' THEN 'revenue' ELSE 'commission' END AS kind,
       sum(remainder)::bigint AS amount
FROM remaining GROUP BY 1, 2;

-- Lists: goods per wave and point, less what was cancelled or sent back before the cut-off.
CREATE TEMP TABLE recounted AS
SELECT l.wave_no, l.steward_ref, l.item_no, (sum(l.units) - coalesce(sum(b.units), 0))::bigint AS units
FROM line l LEFT JOIN (SELECT f.order_no, x.item_no, sum(x.units) AS units FROM demo.refunds f JOIN demo.refund_lines x USING (refund_no)
                       JOIN demo.orders o USING (order_no) WHERE f.wave_no = o.wave_no GROUP BY 1, 2) b USING (order_no, item_no)
GROUP BY 1, 2, 3;
CREATE TEMP TABLE listed AS
SELECT w.wave_no, p.steward_ref, i.item_no, sum(d.units)::bigint AS units
FROM market.sort_list d JOIN demo.waves w USING (wave_id) JOIN demo.points p USING (point_id) JOIN demo.items i USING (item_id) GROUP BY 1, 2, 3;

CREATE TEMP TABLE recount AS
SELECT 'settlement per member and account' AS what, (SELECT count(*) FROM expected WHERE amount <> 0) AS recounted,
       (SELECT count(*) FROM settled WHERE amount <> 0) AS in_market,
       (SELECT count(*) FROM (TABLE expected EXCEPT TABLE settled) x WHERE x.amount <> 0)
       + (SELECT count(*) FROM (TABLE settled EXCEPT TABLE expected) x WHERE x.amount <> 0) AS differences
UNION ALL
SELECT 'sort list per wave, item and steward', (SELECT count(*) FROM recounted WHERE units > 0), (SELECT count(*) FROM listed),
       (SELECT count(*) FROM (SELECT * FROM recounted WHERE units > 0 EXCEPT TABLE listed) x)
       + (SELECT count(*) FROM (TABLE listed EXCEPT TABLE recounted) x)
UNION ALL
SELECT 'demand per wave and item', (SELECT count(*) FROM (SELECT wave_no, item_no FROM recounted GROUP BY 1, 2 HAVING sum(units) > 0) x),
       (SELECT count(*) FROM market.demand),
       (SELECT count(*) FROM (SELECT wave_no, item_no, sum(units)::bigint FROM recounted GROUP BY 1, 2 HAVING sum(units) > 0
                              EXCEPT SELECT w.wave_no, i.item_no, d.units FROM market.demand d
                              JOIN demo.waves w USING (wave_id) JOIN demo.items i USING (item_id)) x)
       + (SELECT count(*) FROM (SELECT w.wave_no, i.item_no, d.units FROM market.demand d
                                JOIN demo.waves w USING (wave_id) JOIN demo.items i USING (item_id)
                                EXCEPT SELECT wave_no, item_no, sum(units)::bigint FROM recounted GROUP BY 1, 2 HAVING sum(units) > 0) x);
\echo Recounted from the raw lines by plain SQL
TABLE recount;

DO $$
BEGIN
    ASSERT (SELECT bool_and(differences = 0 AND recounted = in_market AND recounted > 0) FROM recount), 'the market is not the recount';
END
$$;
