-- Households of the cities of the points; 800 m is a way on foot.

\i :here/places.sql

SELECT format('CREATE UNLOGGED TABLE bench.points_%s AS SELECT id, location FROM bench.points(%s)', name, points),
       format('CREATE INDEX ON bench.points_%s USING gist (location)', name),
       format('CREATE UNLOGGED TABLE bench.households_%s AS SELECT id, location FROM bench.buyers(%s, %s)', name, :places / 10, points),
       format('VACUUM (FREEZE, ANALYZE) bench.points_%s', name),
       format('VACUUM (FREEZE, ANALYZE) bench.households_%s', name),
       format('CREATE VIEW bench.ours_%1$s AS
               SELECT h.id FROM bench.households_%1$s h
               WHERE ktt.points_within((SELECT ktt.pickup_index(id, location) FROM bench.points_%1$s), h.location, 800) > 0', name),
       format('CREATE VIEW bench.exists_%1$s AS
               SELECT h.id FROM bench.households_%1$s h
               WHERE EXISTS (SELECT FROM bench.points_%1$s p WHERE ST_DWithin(p.location::geography, h.location::geography, 800))', name)
FROM bench.sizes ORDER BY points \gexec

-- Ten times the households, for ours alone.
CREATE UNLOGGED TABLE bench.households_more AS SELECT id, location FROM bench.buyers(:places, :small);
VACUUM (FREEZE, ANALYZE) bench.households_more;
CREATE VIEW bench.ours_more AS
SELECT h.id FROM bench.households_more h
WHERE ktt.points_within((SELECT ktt.pickup_index(id, location) FROM bench.points_small), h.location, 800) > 0;

SELECT pg_prewarm(format('bench.households_%s', name)), pg_prewarm(format('bench.points_%s', name)),
       pg_prewarm(format('bench.points_%s_location_idx', name)) FROM bench.sizes \g /dev/null
SELECT pg_prewarm('bench.households_more') \g /dev/null
