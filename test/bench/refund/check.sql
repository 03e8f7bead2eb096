-- The first tenth of the orders, of which the rounds ask a part once more.
CREATE TEMP TABLE ours AS SELECT r.* FROM market.refund_orders(bench.asked(), 'check') r;
CREATE TEMP TABLE theirs AS SELECT r.* FROM plain.refund_orders(bench.asked(), 'check') r;
-- And some that cannot be: more than is left, no such item, nothing.
CREATE TEMP TABLE odd AS
SELECT jsonb_agg(e || CASE n % 3 WHEN 0 THEN '{"units": 100}' WHEN 1 THEN '{"item": 999999}' ELSE '{"units": 0, "amount": 0}' END::jsonb ORDER BY n) AS refunds
FROM jsonb_array_elements(bench.asked()) WITH ORDINALITY x(e, n) WHERE n <= 300;
SELECT bench.expect(count(*), 'refund: both ways give the same outcomes and amounts')
FROM (SELECT n, outcome, amount FROM ours UNION ALL SELECT -n, outcome, amount FROM market.refund_orders((SELECT refunds FROM odd), 'odd')) o
FULL JOIN (SELECT n, outcome, amount FROM theirs UNION ALL SELECT -n, outcome, amount FROM plain.refund_orders((SELECT refunds FROM odd), 'odd')) t USING (n)
WHERE (o.outcome, o.amount) IS DISTINCT FROM (t.outcome, t.amount);
SELECT bench.expect(count(*), 'refund: and leave the same of every line')
FROM market.orders o CROSS JOIN LATERAL ktt.items(o.refunded) r LEFT JOIN plain.lines l ON l.order_id = o.id AND l.item_id = r.item
WHERE (r.units, r.amount) IS DISTINCT FROM (l.refunded_units, l.refunded_amount);
SELECT bench.expect(count(*), 'refund: parts sum to the refunds, and differ by one at the most, as they are rounded differently')
FROM (SELECT m.order_id, m.item_id, m.amount, e.account, e.amount AS part FROM market.refunds m CROSS JOIN LATERAL ktt.entries(m.shares) e) m
FULL JOIN (SELECT r.order_id, r.item_id, s.account_id AS account, s.amount AS part, sum(s.amount) OVER (PARTITION BY r.id) = r.amount AS whole
           FROM plain.refunds r JOIN plain.refund_splits s ON s.refund_id = r.id) p USING (order_id, item_id, account)
WHERE abs(coalesce(m.part, 0) - coalesce(p.part, 0)) > 1 OR NOT p.whole;
SELECT bench.expect(count(*) FILTER (WHERE o.amount IS DISTINCT FROM t.amount) + abs(count(*) - 2), 'refund: one journal of the same amounts')
FROM (SELECT CASE account_id WHEN market.market_account('channel') THEN 1 ELSE 2 END AS account_id, amount FROM market.postings) o
FULL JOIN plain.postings t USING (account_id);
SELECT format('refund: %s refunds in one call, of %s orders with %s lines and %s parts of payees; a tenth of the lines had one before',
              jsonb_array_length(bench.asked()), (SELECT count(*) FROM market.orders), (SELECT count(*) FROM plain.lines), (SELECT count(*) FROM plain.splits));
INSERT INTO bench.rounds VALUES (0);
VACUUM ANALYZE;
