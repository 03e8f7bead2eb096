-- Nine more orders for each that completed.sql made, for the same accounts, each :step due after the one before it.
INSERT INTO orders (campaign_id, id, buyer_id, point_id, amount, seller_account_id, steward_account_id, placed_at, paid_at, due_at,
                    state, chain, basket, shares, request)
OVERRIDING SYSTEM VALUE
SELECT o.campaign_id, o.id + n * :orders, o.buyer_id, o.point_id, o.amount, o.seller_account_id, o.steward_account_id, o.placed_at, o.paid_at,
       o.due_at + n * interval :'step', o.state, o.chain, o.basket, o.shares, o.request || '/' || n
FROM generate_series(1, 9) n CROSS JOIN LATERAL (SELECT * FROM orders ORDER BY id OFFSET 0 * n) o;
VACUUM (FREEZE, ANALYZE) orders;
