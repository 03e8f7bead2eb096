SELECT format('rollup_many: %s orders, %s lines, %s buyers; baskets %s, lines %s', (SELECT count(*) FROM bench.buyer_orders), count(*), count(DISTINCT buyer_id),
              pg_size_pretty(pg_table_size('bench.buyer_orders')), pg_size_pretty(pg_table_size('bench.buyer_lines')))
FROM bench.buyer_lines;

SELECT bench.expect(count(*), 'rollup_many: sum(basket) and GROUP BY give the same rows')
FROM (SELECT buyer, i.item, i.units, i.amount FROM bench.many_ours, ktt.items(basket) i) a
FULL JOIN bench.many_group_by b USING (buyer, item) FULL JOIN bench.many_group_by_int4 c USING (buyer, item)
WHERE ((a.units, a.amount) = (b.units, b.amount) AND (a.units, a.amount) = (c.units, c.amount)) IS NOT TRUE;
