-- A whole wave through SQL: real addresses and shops, with radii, areas and capacities, against going through all pairs; and what must not matter.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(12);
SET search_path = ktt, public;
\ir lib/taipei.sql

CREATE TEMP TABLE point AS
SELECT s.id, s.location, (s.id % 4)::int AS capacity, CASE WHEN s.id % 3 > 0 THEN 1500 + s.id * 3.0 END AS radius,
       CASE WHEN s.id % 5 = 0 THEN ST_Buffer(s.location::geography, 1200)::geography END AS area
FROM shop s WHERE s.id <= 120;
CREATE TEMP TABLE buyer AS SELECT id, location FROM street WHERE id BETWEEN 1 AND 160;
CREATE FUNCTION pg_temp.matched(method text) RETURNS TABLE (id bigint, point bigint, metres float8, reason text, price float8) LANGUAGE sql STABLE AS $$
    SELECT m.* FROM match_pickups((SELECT pickup_index(id, location, capacity, radius, area) FROM point),
        (SELECT array_agg(id ORDER BY id) FROM buyer), (SELECT array_agg(location ORDER BY id) FROM buyer), method) m
$$;
CREATE TEMP TABLE pair AS
SELECT b.id, p.id AS point, ST_Distance(b.location::geography, p.location::geography) AS metres
FROM buyer b JOIN point p ON (p.radius IS NULL OR ST_DWithin(b.location::geography, p.location::geography, p.radius))
                         AND (p.area IS NULL OR ST_Covers(p.area::geography, b.location::geography));

-- Greedy over all pairs by distance, buyer and point.
CREATE FUNCTION pg_temp.greedy() RETURNS TABLE (id bigint, point bigint, metres float8) LANGUAGE plpgsql AS $$
DECLARE
    v_pair record;
BEGIN
    CREATE TEMP TABLE taken (id bigint PRIMARY KEY, point bigint, metres float8);
    FOR v_pair IN SELECT * FROM pair q ORDER BY q.metres, q.id, q.point LOOP
        INSERT INTO taken SELECT v_pair.id, v_pair.point, v_pair.metres
        WHERE NOT EXISTS (SELECT FROM taken t WHERE t.id = v_pair.id)
          AND (SELECT count(*) FROM taken t WHERE t.point = v_pair.point) < (SELECT p.capacity FROM point p WHERE p.id = v_pair.point);
    END LOOP;
    RETURN QUERY SELECT * FROM taken;
END
$$;
CREATE TEMP TABLE stable AS SELECT * FROM pg_temp.matched('stable');
CREATE TEMP TABLE total AS SELECT * FROM pg_temp.matched('least_total');
SELECT results_eq('SELECT id, point, metres FROM stable WHERE point IS NOT NULL ORDER BY id', 'SELECT * FROM pg_temp.greedy() ORDER BY id', 'stable is greedy over all pairs, to the bit');
SELECT results_eq('SELECT id, point, metres FROM pg_temp.matched(''nearest'') WHERE point IS NOT NULL ORDER BY id',
                  'SELECT DISTINCT ON (q.id) q.id, q.point, q.metres FROM pair q JOIN point p ON p.id = q.point AND p.capacity > 0 ORDER BY q.id, q.metres, q.point', 'nearest is the first pair of each');
SELECT results_eq('SELECT id FROM stable WHERE reason = ''no_point'' ORDER BY id', 'SELECT id FROM buyer EXCEPT SELECT id FROM pair ORDER BY id', 'whom nothing serves has no point');
SELECT cmp_ok((SELECT count(*) FROM stable WHERE reason = 'full'), '>', 3::bigint, 'and some find all that do full');
SELECT is((SELECT array_agg(DISTINCT reason) FROM stable WHERE (reason IS NULL) <> (point IS NOT NULL) OR (point IS NULL) <> (metres IS NULL)), NULL, 'a point with its distance or a reason');
SELECT is_empty('SELECT point FROM total GROUP BY point HAVING count(*) > (SELECT capacity FROM point p WHERE p.id = total.point)', 'least_total keeps capacities');
SELECT is_empty('SELECT t.id FROM total t LEFT JOIN pair q USING (id, point) WHERE t.point IS NOT NULL AND q.metres IS DISTINCT FROM t.metres', 'and goes only where a buyer is served');

-- The certificate: nothing places as many on a shorter way.
SELECT ok((SELECT abs(sum(coalesce(t.metres, t.price)) - (sum(least(x.least, full_price)) - (SELECT sum(price * capacity) FROM (SELECT p.capacity, coalesce(max(t.price), 0) AS price
               FROM point p LEFT JOIN total t ON t.point = p.id GROUP BY p.id, p.capacity) c))) < 0.001
           FROM total t CROSS JOIN (SELECT max(price) AS full_price FROM total WHERE reason = 'full') f
           CROSS JOIN LATERAL (SELECT min(q.metres + coalesce((SELECT max(u.price) FROM total u WHERE u.point = q.point), 0)) AS least
                               FROM pair q JOIN point p ON p.id = q.point AND p.capacity > 0 WHERE q.id = t.id) x
           WHERE t.reason IS DISTINCT FROM 'no_point'), 'prices say that no other assignment is shorter');
SELECT cmp_ok((SELECT count(point) FROM total), '>=', (SELECT count(point) FROM stable), 'it places at least as many as stable does');

-- What must not matter: a point that is too far for everybody, one that nobody took, the meridian that longitudes are counted from.
INSERT INTO point VALUES (100001, location(0, 0), 5, 3000, NULL);
SELECT results_eq('SELECT * FROM pg_temp.matched(''stable'')', 'SELECT * FROM stable', 'a point farther away than its radius changes nothing');
DELETE FROM point p WHERE p.capacity > 0 AND NOT EXISTS (SELECT FROM stable s WHERE s.point = p.id)
                      AND NOT EXISTS (SELECT FROM pair q WHERE q.point = p.id AND q.id IN (SELECT id FROM stable WHERE reason = 'full'));
SELECT results_eq('SELECT id, point, metres FROM pg_temp.matched(''stable'')', 'SELECT id, point, metres FROM stable', 'nor do those that nobody took');
CREATE TEMP TABLE here AS SELECT m.id, m.point FROM match_pickups((SELECT pickup_index(id, location, capacity, radius, NULL) FROM point),
    (SELECT array_agg(id ORDER BY id) FROM buyer), (SELECT array_agg(location ORDER BY id) FROM buyer)) m;
SELECT is_empty($$
    SELECT m.id FROM match_pickups(
        (SELECT pickup_index(id, location(longitude(location) + 58.4 - CASE WHEN longitude(location) + 58.4 > 180 THEN 360 ELSE 0 END, latitude(location)), capacity, radius, NULL) FROM point),
        (SELECT array_agg(id ORDER BY id) FROM buyer),
        (SELECT array_agg(location(longitude(location) + 58.4 - CASE WHEN longitude(location) + 58.4 > 180 THEN 360 ELSE 0 END, latitude(location)) ORDER BY id) FROM buyer)) m
    JOIN here h USING (id) WHERE m.point IS DISTINCT FROM h.point$$, 'nor a turn of the earth that puts the antimeridian between them');

SELECT * FROM finish();
ROLLBACK;
