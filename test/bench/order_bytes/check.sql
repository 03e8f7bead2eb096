-- The normalised tables hold what the market holds.
SELECT id AS first FROM bench.first \gset
CALL bench.place_ours(100);
CALL bench.place_in_rows(:first);
CALL bench.place_in_columns(:first);
SELECT bench.expect(count(*) FILTER (WHERE l.n IS DISTINCT FROM 3 OR l.amount <> p.amount OR s.amount <> p.amount OR s.n <> cardinality(p.accounts)) + abs(count(*) - 100),
                    'order_bytes: lines and shares of the normalised orders add up to the market''s')
FROM bench.placed_orders p
JOIN shares_in_columns.orders c USING (campaign_id, id, buyer_id, request)
LEFT JOIN (SELECT order_id, count(*) AS n, sum(amount) AS amount FROM shares_in_rows.lines GROUP BY 1) l ON l.order_id = p.id
LEFT JOIN (SELECT order_id, count(*) AS n, sum(amount) AS amount FROM shares_in_rows.shares GROUP BY 1) s ON s.order_id = p.id
WHERE p.id > :first;
SELECT format('order_bytes: %s lines and %s shares an order, request keys of 36 bytes, a MAC of %s bytes; WAL with stock and commit, one transaction an order',
              3, round(avg(cardinality(accounts)), 1), max(length(code_mac))) FROM bench.placed_orders WHERE id > :first;
