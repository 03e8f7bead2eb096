-- Distances and nearest points: to the last bit what PostGIS says pair by pair, and what a third program found for real addresses.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(13);
SET search_path = ktt, public;
SET LOCAL statement_timeout = '10min';
\ir lib/taipei.sql

-- A million pairs: anywhere, near each other, over the antimeridian, around the poles, on the other side of the earth, at (nearly) one place.
SELECT setseed(0.271828);
CREATE TEMP TABLE pair AS
SELECT n % 10 AS kind, location(p.a, p.b) AS one,
       CASE n % 10
           WHEN 5 THEN location(greatest(least(p.a + (p.u - 0.5) / 10, 180), -180), greatest(least(p.b + (p.v - 0.5) / 10, 90), -90))
           WHEN 8 THEN location(CASE WHEN p.a > 0 THEN p.a - 180 ELSE p.a + 180 END, greatest(least(-p.b + (p.u - 0.5) * (n / 10 % 2), 90), -90))
           WHEN 9 THEN location(greatest(least(p.a + (p.u - 0.5) * 10 ^ -(3 + n / 10 % 12), 180), -180), p.b)
           ELSE location(p.c, p.d) END AS other
FROM (SELECT n,
             CASE n % 10 WHEN 6 THEN sign(random() - 0.5) * (180 - random() * random()) ELSE random() * 360 - 180 END AS a,
             CASE n % 10 WHEN 7 THEN sign(random() - 0.5) * (90 - random() / 10) ELSE degrees(asin(random() * 2 - 1)) END AS b,
             CASE n % 10 WHEN 6 THEN sign(random() - 0.5) * (180 - random() * random()) ELSE random() * 360 - 180 END AS c,
             CASE n % 10 WHEN 7 THEN sign(random() - 0.5) * (90 - random() / 10) ELSE degrees(asin(random() * 2 - 1)) END AS d, random() AS u, random() AS v
      FROM generate_series(1, 1000000) n OFFSET 0) p
UNION ALL
SELECT 10, location(a[1], a[2]), location(b[1], b[2])
FROM (SELECT ARRAY[x, y] FROM unnest('{-180,-179.9999999,0,1e-15,90,179.9999999,180}'::float8[]) x, unnest('{-90,-89.9999999,-1e-12,0,45,90}'::float8[]) y) s(a),
     (SELECT ARRAY[x, y] FROM unnest('{-180,-90,0,1e-15,180}'::float8[]) x, unnest('{-90,0,1e-12,45,89.9999999,90}'::float8[]) y) t(b);
SELECT is_empty('SELECT kind, one, other, distance(one, other), ST_Distance(one::geography, other::geography) FROM pair
                 WHERE distance(one, other) IS DISTINCT FROM ST_Distance(one::geography, other::geography) LIMIT 5', 'a million distances are those of ST_Distance to the bit');
SELECT is((SELECT count(DISTINCT kind) FROM pair), 11::bigint, 'of every kind');
SELECT is_empty('SELECT kind, one, other FROM pair WHERE distance(one, other) <> distance(other, one) LIMIT 5', 'and the same from the other side');

-- A radius is compared unrounded: at the very distance, and a bit below and above it.
SELECT is_empty($$
    SELECT p.kind, p.one, p.other, r.metres FROM (SELECT * FROM pair LIMIT 60000) p,
    LATERAL (SELECT distance(p.one, p.other) AS d) d, LATERAL (VALUES (d.d), (d.d - 1e-9), (d.d + 1e-9), (d.d * 0.99999), (d.d * 1.00001)) r(metres)
    WHERE r.metres >= 0
      AND (points_within(pickup_index_in(format('{1:%s %s}', longitude(p.one), latitude(p.one))::cstring), p.other, r.metres) = 1)
          <> ST_DWithin(p.one::geography, p.other::geography, r.metres) LIMIT 5$$, 'what is within a distance is within it to the bit');

-- Nearest points of places all over the earth, by measuring them all.
CREATE TEMP TABLE anywhere AS
SELECT n AS id, location(CASE WHEN n % 5 = 0 THEN sign(random() - 0.5) * (180 - random()) ELSE random() * 360 - 180 END,
                         CASE WHEN n % 7 = 0 THEN sign(random() - 0.5) * (90 - random()) ELSE degrees(asin(random() * 2 - 1)) END) AS location
FROM generate_series(1, 1000) n;
CREATE FUNCTION pg_temp.by_measuring(points regclass, place location, k int) RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_ids bigint[];
BEGIN
    EXECUTE format('SELECT array_agg(id ORDER BY d, id) FROM (SELECT id, ST_Distance(location::geography, $1::geography) AS d FROM %s ORDER BY d, id LIMIT $2) x', points)
    INTO v_ids USING place, k;
    RETURN v_ids;
END
$$;
SELECT is_empty($$
    SELECT a.id FROM anywhere a, (SELECT pickup_index(id, location) AS points FROM anywhere) p
    WHERE a.id <= 300 AND ARRAY(SELECT point FROM nearest_points(p.points, a.location, 7)) <> pg_temp.by_measuring('anywhere', a.location, 7)$$, 'of places on all the earth');
SELECT is_empty($$
    SELECT s.id FROM (SELECT * FROM street ORDER BY id LIMIT 300) s, (SELECT pickup_index(id, location) AS points FROM shop) p
    WHERE ARRAY(SELECT point FROM nearest_points(p.points, s.location, 12)) <> pg_temp.by_measuring('shop', s.location, 12)$$, 'of addresses in a city, where shops share their places');
SELECT is_empty($$
    SELECT s.id FROM street s, (SELECT pickup_index(id, location) AS points FROM shop) p
    WHERE nearest(p.points, s.location) <> (SELECT point FROM nearest_points(p.points, s.location, 1))$$, 'nearest() is the first of them');

-- What another program, with another library of geodesics, says of every address.
CREATE TEMP TABLE oracle (
    buyer_id text, pickup_1 text, metres_1 numeric, pickup_2 text, metres_2 numeric, pickup_3 text, metres_3 numeric,
    within_300m int, within_500m int, within_1000m int);
\copy oracle FROM PROGRAM 'gzip -dc test/data/geo_oracle_taipei_nearest.csv.gz' (FORMAT csv, HEADER match)
CREATE TEMP TABLE found AS
SELECT s.id, n.points, n.metres, points_within(p.points, s.location, 300) AS w300, points_within(p.points, s.location, 500) AS w500, points_within(p.points, s.location, 1000) AS w1000
FROM street s, (SELECT pickup_index(id, location) AS points FROM shop) p,
     LATERAL (SELECT array_agg(n.point ORDER BY n.metres, n.point) AS points, array_agg(round(n.metres::numeric, 3) ORDER BY n.metres, n.point) AS metres
              FROM nearest_points(p.points, s.location, 3) n) n;
SELECT is((SELECT count(*) FROM oracle o JOIN found f ON f.id = substr(o.buyer_id, 4)::bigint), 1162::bigint, 'every row of the oracle has an address');
SELECT is((SELECT count(*) FROM found), 1162::bigint, 'and every address that is a place has a row');
SELECT is_empty($$
    SELECT o.buyer_id, f.points FROM oracle o JOIN found f ON f.id = substr(o.buyer_id, 4)::bigint
    WHERE f.points <> ARRAY[substr(o.pickup_1, 4)::bigint, substr(o.pickup_2, 4)::bigint, substr(o.pickup_3, 4)::bigint]$$, 'the three nearest shops, in order, ties by id');
SELECT is_empty($$
    SELECT o.buyer_id, f.metres FROM oracle o JOIN found f ON f.id = substr(o.buyer_id, 4)::bigint
    WHERE f.metres <> ARRAY[o.metres_1, o.metres_2, o.metres_3]$$, 'how far they are, to the millimetre');
SELECT is_empty($$
    SELECT o.buyer_id, f.w300, f.w500, f.w1000 FROM oracle o JOIN found f ON f.id = substr(o.buyer_id, 4)::bigint
    WHERE (f.w300, f.w500, f.w1000) <> (o.within_300m, o.within_500m, o.within_1000m)$$, 'and how many are within 300, 500 and 1000 metres');
SELECT is((SELECT sum(w500) FROM found), 9444::bigint, 'which are 9444 within 500 metres together');

SELECT * FROM finish();
ROLLBACK;
