SELECT format('window: %s orders, %s entries in the largest sum', count(*), max(cardinality(basket))) FROM bench.week_ours;
SELECT bench.expect(count(*), 'window: sums with and without the inverse are the same')
FROM bench.week_ours a FULL JOIN bench.week_anew b USING (id) WHERE a.basket IS DISTINCT FROM b.basket;
SELECT bench.expect(count(*), 'window: sums of days with and without the inverse are the same')
FROM bench.daily_ours a FULL JOIN bench.daily_anew b USING (point_id, day) WHERE a.basket IS DISTINCT FROM b.basket;
-- The last frame of a point is what it says: its last seven days.
SELECT bench.expect(count(*), 'window: the sum of a frame is the sum of its orders')
FROM (SELECT DISTINCT ON (point_id) point_id, id, placed_at FROM bench.days ORDER BY point_id, placed_at DESC) l
JOIN bench.week_ours w USING (id)
WHERE w.basket IS DISTINCT FROM (SELECT sum(d.basket) FROM bench.days d WHERE d.point_id = l.point_id AND d.placed_at >= l.placed_at - interval '7 days');
