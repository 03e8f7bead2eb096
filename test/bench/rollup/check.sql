SELECT format('rollup: %s orders, %s lines, %s items, %s points; baskets %s, lines %s, lines in four-byte columns %s; first item has %s %% of the lines',
              (SELECT count(*) FROM bench.orders), count(*), count(DISTINCT item_id), count(DISTINCT point_id),
              pg_size_pretty(pg_table_size('bench.orders')), pg_size_pretty(pg_table_size('bench.lines')),
              pg_size_pretty(pg_table_size('bench.narrow_lines')),
              (SELECT round(100.0 * max(n) / sum(n), 1) FROM (SELECT count(*) AS n FROM bench.lines GROUP BY item_id) x))
FROM bench.lines;

SELECT bench.expect(count(*), 'rollup_item: sum(basket) and GROUP BY give the same rows')
FROM bench.item_ours a FULL JOIN bench.item_group_by b USING (item) FULL JOIN bench.item_group_by_int4 c USING (item)
WHERE ((a.units, a.amount) = (b.units, b.amount) AND (a.units, a.amount) = (c.units, c.amount)) IS NOT TRUE;

SELECT bench.expect(count(*), 'rollup_point_item: sum(basket) and GROUP BY give the same rows')
FROM bench.point_item_ours a FULL JOIN bench.point_item_group_by b USING (point, item)
FULL JOIN bench.point_item_group_by_int4 c USING (point, item) FULL JOIN bench.point_item_join d USING (point, item)
WHERE ((a.units, a.amount) = (b.units, b.amount) AND (a.units, a.amount) = (c.units, c.amount)
       AND (a.units, a.amount) = (d.units, d.amount)) IS NOT TRUE;
