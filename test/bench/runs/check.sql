CREATE TABLE bench.results AS
SELECT z.stops, 'ours' AS who, r.run, r.place, r.stop, r.arrives FROM bench.sizes z, bench.ours(z.stops) r;
INSERT INTO bench.results SELECT z.stops, 'peer', r.run, r.place, r.stop FROM bench.sizes z, bench.peer(z.stops) r WHERE z.peer;

-- Every leg by its own distance, the way back as well.
CREATE TABLE bench.driven AS
SELECT r.*, ktt.distance(coalesce(b.location, bench.stop(0)), s.location) * 1.3 AS metres,
       CASE WHEN lead(r.stop) OVER w IS NULL THEN ktt.distance(s.location, bench.stop(0)) * 1.3 ELSE 0 END AS back,
       coalesce(lag(r.arrives) OVER w + interval '3 min', '0') AS leaves
FROM (SELECT r.*, lag(r.stop) OVER (PARTITION BY r.who, r.stops, r.run ORDER BY r.place) AS before FROM bench.results r WHERE r.run IS NOT NULL) r
JOIN bench.stops s ON s.id = r.stop LEFT JOIN bench.stops b ON b.id = r.before
WINDOW w AS (PARTITION BY r.who, r.stops, r.run ORDER BY r.place);

-- No vehicle takes more than 25, nor drives and serves for longer than six hours.
CREATE VIEW bench.summary AS
SELECT r.stops, r.who, count(*) FILTER (WHERE r.run IS NULL) AS unserved, count(DISTINCT r.run) AS vehicles, ceil(r.stops / 25.0)::int AS bound,
       (SELECT sum(d.metres + d.back) / 1000 FROM bench.driven d WHERE d.stops = r.stops AND d.who = r.who) AS km
FROM bench.results r GROUP BY r.stops, r.who;

SELECT bench.expect(count(*), 'runs: every stop is there once')
FROM bench.sizes z CROSS JOIN generate_series(1, z.stops) n LEFT JOIN bench.results r ON r.stops = z.stops AND r.stop = n AND r.who = 'ours' WHERE r.stop IS NULL;
SELECT bench.expect(count(*), 'runs: no vehicle has too many stops, and all are done in time')
FROM (SELECT FROM bench.driven d WHERE d.who = 'ours' GROUP BY d.stops, d.run
      HAVING count(*) > 25 OR max(d.place) <> count(*) OR max(d.arrives) + interval '3 min' > interval '6 h') x;
SELECT bench.expect(count(*), 'runs: every arrival is a leg later')
FROM bench.driven d WHERE d.who = 'ours' AND abs(extract(epoch FROM d.arrives - d.leaves) - d.metres * 3.6 / 25) > 0.001;
SELECT bench.expect(count(*), 'runs: up to 300 stops none is unserved, and vehicles are at most the lower bound and one')
FROM bench.summary s WHERE s.who = 'ours' AND s.stops <= 300 AND (s.unserved > 0 OR s.vehicles > s.bound + 1);
SELECT format('runs: %s stops, %s: %s vehicles (at least %s), %s km, %s unserved', s.stops, CASE s.who WHEN 'ours' THEN 'ktt' ELSE 'pgr_vrpOneDepot' END,
              s.vehicles, s.bound, round(s.km::numeric), s.unserved) FROM bench.summary s ORDER BY s.stops, s.who;
SELECT 'runs: pgRouting is not installed (postgresql-NN-pgrouting), so there is nothing to compare with' WHERE NOT EXISTS (SELECT FROM bench.sizes z WHERE z.peer);

\set bench runs_memory
\set who ours
\set statement 'SELECT count(*) FROM bench.ours(300)'
\i :memory
\set who ours_2000
\set statement 'SELECT count(*) FROM bench.ours(2000)'
\i :memory
