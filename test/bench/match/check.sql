SELECT format('match: %s: %s buyers, %s points, room for %s at each', name, buyers, points, capacity) FROM bench.instances ORDER BY buyers, points;

SELECT bench.expect((SELECT count(*) FROM bench.all_pairs(s.buyers, capacity) x FULL JOIN bench.stable_of_some(s.buyers, capacity) m USING (id)
                     WHERE (x.point, x.metres, CASE WHEN x.point IS NULL THEN 'full' END) IS DISTINCT FROM (m.point, m.metres, m.reason)),
                    format('stable: %s buyers, %s points, room for %s of them: what going through all pairs gives, to the bit',
                           s.buyers, s.buyers / 10, capacity * s.buyers / 10))
FROM (SELECT least(2000, :places / 10)::bigint AS buyers) s CROSS JOIN (VALUES (11), (9)) c(capacity);

SELECT format('CREATE UNLOGGED TABLE bench.result_%2$s_%1$s AS SELECT * FROM bench.%2$s_%1$s', name, method),
       format('ANALYZE bench.result_%2$s_%1$s', name, method)
FROM (VALUES ('city', 'stable'), ('city', 'least_total'), ('country', 'stable')) v(name, method) \gexec
CREATE UNLOGGED TABLE bench.result_greedy_city AS SELECT * FROM bench.greedy('bench.buyers_city', 'bench.points_city', 20);
ANALYZE bench.result_greedy_city;

-- Everybody has a point, no point has too many, and distances are those of PostGIS.
SELECT format('SELECT bench.expect(
                   (SELECT abs(count(DISTINCT b.id) FILTER (WHERE m.point IS NOT NULL) - %3$s)
                           + count(*) FILTER (WHERE (b.id %% %5$s = 0 AND ST_Distance(b.location::geography, p.location::geography) <> m.metres) IS NOT FALSE)
                    FROM bench.result_%2$s_%1$s m JOIN bench.buyers_%1$s b USING (id) LEFT JOIN bench.points_%1$s p ON p.id = m.point)
                   + (SELECT count(*) FROM (SELECT point FROM bench.result_%2$s_%1$s GROUP BY point HAVING count(*) > %4$s) f),
                   ''%2$s, %1$s: everybody has a point, no point has more than %4$s, distances are those of ST_Distance to the bit'')',
              i.name, v.method, i.buyers, i.capacity, v.every)
FROM bench.instances i
JOIN (VALUES ('city', 'stable', 1), ('city', 'least_total', 1), ('city', 'greedy', 1), ('country', 'stable', 10)) v(name, method, every) USING (name) \gexec

-- Of a sample of buyers, all points that are nearer: none has room, or somebody who comes after him.
SELECT format('WITH taken AS (SELECT point, count(*) AS parcels, max(metres) AS farthest FROM bench.result_stable_%1$s GROUP BY point),
                    last AS (SELECT m.point, max(m.id) AS buyer FROM bench.result_stable_%1$s m JOIN taken t ON t.point = m.point AND t.farthest = m.metres GROUP BY 1)
               SELECT bench.expect(count(*), ''stable, %1$s: of one buyer in %2$s no nearer point has room or serves a buyer who comes after him'')
               FROM bench.result_stable_%1$s m JOIN bench.buyers_%1$s b USING (id)
               JOIN bench.points_%1$s p ON ST_DWithin(p.location::geography, b.location::geography, m.metres + 0.001)
               CROSS JOIN LATERAL (SELECT ST_Distance(p.location::geography, b.location::geography) AS metres) d
               LEFT JOIN taken t ON t.point = p.id LEFT JOIN last l ON l.point = p.id
               WHERE b.id %% %2$s = 0 AND (d.metres, p.id) < (m.metres, m.point)
                 AND (coalesce(t.parcels, 0) < %3$s OR (d.metres, b.id) < (t.farthest, l.buyer))', name, greatest(1, buyers / 2000), capacity)
FROM bench.instances WHERE name IN ('city', 'country') \gexec

-- The certificate: at the prices of the points nobody could do better, so nothing is shorter than what the prices add up to. Distances
-- count in whole micrometres, and their sums are rounded.
CREATE TABLE bench.certificate AS
WITH prices AS (
    SELECT p.id, p.location, p.capacity, coalesce(max(m.price), 0) AS price
    FROM bench.points_city p LEFT JOIN bench.result_least_total_city m ON m.point = p.id GROUP BY 1, 2, 3)
SELECT (SELECT sum(metres) FROM bench.result_least_total_city) AS total,
       (SELECT sum(least)
        FROM (SELECT min(ktt.distance(p.location, b.location) + p.price) AS least
              FROM bench.buyers_city b CROSS JOIN prices p GROUP BY b.id) x) - (SELECT sum(price * capacity) FROM prices) AS bound,
       (SELECT count(*) FROM prices WHERE price > 0) AS priced, (SELECT max(price) FROM prices) AS highest;
SELECT bench.expect((abs(total - bound) > 0.000002 * :places / 10)::int,
                    format('least_total: %s km are what the prices of the points say is the least possible, but for %s m of rounding',
                           round(total::numeric / 1000, 3), round(abs(total - bound)::numeric, 6)))
FROM bench.certificate;
SELECT format('least_total: %s of %s points have a price, up to %s m', priced, :small, round(highest)) FROM bench.certificate;

SELECT format('match: nearest to all %s km, stable %s km (farthest %s km), least total %s km (farthest %s km), greedy %s km (farthest %s km)', nearest.km, s.km, s.farthest, l.km, l.farthest, g.km, g.farthest)
       || format('; greedy gives %s of %s buyers another point than the stable one, %s found all 20 candidates full', g.differ, :places / 10, g.left_over)
FROM (SELECT round(sum(metres)::numeric / 1000) AS km, round(max(metres)::numeric / 1000, 1) AS farthest FROM bench.result_stable_city) s,
     (SELECT round(sum(metres)::numeric / 1000) AS km, round(max(metres)::numeric / 1000, 1) AS farthest FROM bench.result_least_total_city) l,
     (SELECT round(sum(g.metres)::numeric / 1000) AS km, round(max(g.metres)::numeric / 1000, 1) AS farthest, count(*) FILTER (WHERE g.point <> s.point) AS differ,
             count(*) FILTER (WHERE left_over) AS left_over FROM bench.result_greedy_city g JOIN bench.result_stable_city s USING (id)) g,
     (SELECT round(sum(m.metres)::numeric / 1000) AS km FROM (SELECT array_agg(id) AS ids, array_agg(location) AS locations FROM bench.buyers_city) b
      CROSS JOIN LATERAL ktt.match_pickups((SELECT ktt.pickup_index(id, location) FROM bench.points_city), b.ids, b.locations, 'nearest') m) nearest;

INSERT INTO bench.samples (bench, who, km)
SELECT 'least_total_km', 'ours', sum(metres) / 1000 FROM bench.result_least_total_city UNION ALL
SELECT 'least_total_km', 'greedy', sum(metres) / 1000 FROM bench.result_greedy_city UNION ALL
SELECT 'least_total_km', 'stable', sum(metres) / 1000 FROM bench.result_stable_city;

\set bench match_memory
\set who stable_city
\set statement 'SELECT count(point), sum(metres) FROM bench.stable_city'
\i :memory
\set who stable_country
\set statement 'SELECT count(point), sum(metres) FROM bench.stable_country'
\i :memory
\set who least_total_city
\set statement 'SELECT count(point), sum(metres) FROM bench.least_total_city'
\i :memory
\set who greedy_city
\set statement 'SELECT count(point), sum(metres) FROM bench.greedy(''bench.buyers_city'', ''bench.points_city'', 20)'
\i :memory
\set who greedy_country
\set statement 'SELECT count(point), sum(metres) FROM bench.greedy(''bench.buyers_first_city'', ''bench.points_country'', 20)'
\i :memory
