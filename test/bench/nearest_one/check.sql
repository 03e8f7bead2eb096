SELECT format('nearest_one: of %s points %s are open and have room', :small, count(*)) FROM plain_small.points WHERE open AND parcels < capacity;

-- The exact answer the slow way: everything that serves the buyer, by ST_Distance and then the id.
SELECT format('CREATE VIEW bench.exact_%1$s AS
               SELECT a.id, a.location, e.point, e.metres
               FROM bench.asked_%1$s a
               LEFT JOIN LATERAL (
                   SELECT p.id AS point, ST_Distance(p.location, a.location::geography) AS metres FROM plain_%1$s.points p
                   WHERE p.open AND p.parcels < p.capacity AND ST_DWithin(p.location, a.location::geography, p.radius)
                   ORDER BY metres, p.id LIMIT 1) e ON true', name)
FROM bench.sizes \gexec

SELECT format('SELECT bench.expect(count(*), ''nearest_one: %2$s points: nearest_pickup() and nearest_point() say what ST_Distance says, to the bit'')
               FROM bench.exact_%1$s e CROSS JOIN market_%1$s.waves w
               LEFT JOIN LATERAL market_%1$s.nearest_pickup(e.location, w.id, 1) o ON true
               WHERE (o.point_id, o.metres) IS DISTINCT FROM (e.point, e.metres) OR market_%1$s.nearest_point(e.location, w.id) IS DISTINCT FROM e.point', name, points),
       format('SELECT format(''nearest_one: %2$s points: %%s of %%s buyers have a point, the peer names another for %%s'', count(e.point), count(*), count(*) FILTER (WHERE e.point IS DISTINCT FROM c.id))
               FROM bench.exact_%1$s e
               LEFT JOIN LATERAL (
                   SELECT k.id FROM (
                       SELECT p.id, p.radius, ST_Distance(p.location, e.location::geography) AS metres FROM plain_%1$s.points p
                       WHERE p.open AND p.parcels < p.capacity ORDER BY p.location <-> e.location::geography LIMIT 8) k
                   WHERE k.metres <= k.radius ORDER BY k.metres, k.id LIMIT 1) c ON true', name, points)
FROM bench.sizes ORDER BY points \gexec

-- What a connection keeps after its first call.
\set bench memory.small
\set who ours
\set statement 'SELECT point_id, metres FROM market_small.nearest_pickup(ktt.location(108.366, 22.817), (SELECT id FROM market_small.waves), 1)'
\i :memory
\set who peer
\set statement 'SELECT c.id FROM (SELECT ST_SetSRID(ST_MakePoint(108.366, 22.817), 4326)::geography AS location OFFSET 0) b CROSS JOIN LATERAL (SELECT p.id FROM plain_small.points p WHERE p.open AND p.parcels < p.capacity ORDER BY p.location <-> b.location LIMIT 8) c'
\i :memory
\set bench memory.middle
\set who ours
\set statement 'SELECT point_id, metres FROM market_middle.nearest_pickup(ktt.location(108.366, 22.817), (SELECT id FROM market_middle.waves), 1)'
\i :memory
\set who peer
\set statement 'SELECT c.id FROM (SELECT ST_SetSRID(ST_MakePoint(108.366, 22.817), 4326)::geography AS location OFFSET 0) b CROSS JOIN LATERAL (SELECT p.id FROM plain_middle.points p WHERE p.open AND p.parcels < p.capacity ORDER BY p.location <-> b.location LIMIT 8) c'
\i :memory
\set bench memory.large
\set who ours
\set statement 'SELECT point_id, metres FROM market_large.nearest_pickup(ktt.location(108.366, 22.817), (SELECT id FROM market_large.waves), 1)'
\i :memory
\set who peer
\set statement 'SELECT c.id FROM (SELECT ST_SetSRID(ST_MakePoint(108.366, 22.817), 4326)::geography AS location OFFSET 0) b CROSS JOIN LATERAL (SELECT p.id FROM plain_large.points p WHERE p.open AND p.parcels < p.capacity ORDER BY p.location <-> b.location LIMIT 8) c'
\i :memory
