/*
 * Views to look through: lines of orders, where the money went, who sells most.
 */

CREATE VIEW order_lines WITH (security_barrier) AS
SELECT o.campaign_id, o.id AS order_id, o.buyer_id, o.point_id, o.state,
       CASE WHEN o.chain OPERATOR(ktt.?) i.supplier_id THEN o.chain ELSE i.supplier_id || o.chain END AS chain,
       i.sku_id, b.item AS item_id, b.units, b.amount,
       coalesce(ktt.units(o.refunded, b.item), 0) AS refunded_units, coalesce(ktt.amount(o.refunded, b.item), 0) AS refunded_amount
FROM orders o CROSS JOIN LATERAL ktt.items(o.basket) b JOIN campaign_items i ON i.id = b.item;
COMMENT ON VIEW order_lines IS
    'Orders line by line; chain runs from the supplier of the line to the last seller (a supplier who leads the sale himself stands in it once).';

CREATE VIEW conservation WITH (security_barrier) AS
SELECT m.paid_by_buyers, m.refunded_to_buyers,
       m.paid_by_buyers - m.refunded_to_buyers AS kept,
       a.suppliers, a.leaders, a.stewards, a.platform, a.not_yet_settled, a.unmatched,
       m.paid_by_buyers + s.subsidised = a.suppliers + a.leaders + a.stewards + a.platform + a.not_yet_settled + a.unmatched + m.refunded_to_buyers AS holds,
       s.subsidised
FROM (SELECT coalesce(sum(-p.amount) FILTER (WHERE j.kind IN ('payment', 'returned_payment')), 0)::bigint AS paid_by_buyers,
             coalesce(sum(p.amount) FILTER (WHERE j.kind IN ('refund', 'refunds', 'cancellation', 'campaign_cancellation', 'change')), 0)::bigint AS refunded_to_buyers
      FROM postings p JOIN journals j ON j.id = p.journal_id JOIN accounts a ON a.id = p.account_id
      WHERE a.member_id IS NULL AND a.kind = 'channel') m,
     (SELECT coalesce(sum(p.amount) FILTER (WHERE a.kind = 'goods' AND j.kind = 'settlement'), 0)::bigint AS suppliers,
             coalesce(sum(p.amount) FILTER (WHERE a.kind = 'commission' AND j.kind = 'settlement'), 0)::bigint AS leaders,
             coalesce(sum(p.amount) FILTER (WHERE a.kind = 'pickup' AND j.kind = 'settlement'), 0)::bigint AS stewards,
             coalesce(sum(p.amount) FILTER (WHERE a.kind = 'revenue' AND j.kind = 'settlement'), 0)::bigint AS platform,
             coalesce(sum(p.amount) FILTER (WHERE a.kind = 'clearing'), 0)::bigint AS not_yet_settled,
             coalesce(sum(p.amount) FILTER (WHERE a.kind = 'unmatched'), 0)::bigint AS unmatched
      FROM postings p JOIN journals j ON j.id = p.journal_id JOIN accounts a ON a.id = p.account_id) a,
     (SELECT coalesce(sum(o.amount - o.returned), 0)::bigint AS subsidised FROM order_subsidies o) s;
COMMENT ON VIEW conservation IS
    'Where every cent went, one row: paid by buyers + subsidised = suppliers + leaders + stewards + platform + not yet settled + unmatched + refunded to buyers.';

CREATE VIEW leaderboard WITH (security_barrier) AS
SELECT o.campaign_id, (ktt.members(o.chain))[ktt.depth(o.chain)] AS seller_id, count(*) AS orders,
       count(DISTINCT o.buyer_id) AS buyers, (sum(o.amount) - sum(ktt.amount(o.refunded)))::bigint AS amount
FROM orders o WHERE o.state NOT IN ('placed', 'cancelled', 'expired')
GROUP BY o.campaign_id, (ktt.members(o.chain))[ktt.depth(o.chain)];
COMMENT ON VIEW leaderboard IS 'Paid orders, buyers and amount less refunds per campaign and last seller.';

CREATE VIEW repurchase WITH (security_barrier) AS
SELECT count(*) AS buyers, count(*) FILTER (WHERE b.waves > 1) AS returning,
       round(100.0 * count(*) FILTER (WHERE b.waves > 1) / nullif(count(*), 0), 1) AS percent
FROM (SELECT o.buyer_id, count(DISTINCT c.wave_id) AS waves
      FROM orders o JOIN campaigns c ON c.id = o.campaign_id
      WHERE o.state NOT IN ('placed', 'cancelled', 'expired') GROUP BY o.buyer_id) b;
COMMENT ON VIEW repurchase IS 'How many buyers came back in another wave.';
