-- Buyers of one city, and of a country, with places for 110 % of them.

\i :here/places.sql

CREATE TABLE bench.instances AS
SELECT *, ceil(1.1 * buyers / points)::int AS capacity
FROM (VALUES ('city', :places / 10, :small),
             ('fewer_buyers', :places / 100, :small),
             ('more_points', :places / 10, 10 * :small),
             ('country', :places, :middle),
             ('country_fewer_buyers', :places / 10, :middle),
             ('country_more_points', :places, :large)) i(name, buyers, points);

SELECT format('CREATE UNLOGGED TABLE bench.points_%s AS SELECT id, location, %s AS capacity FROM bench.points(%s)', name, capacity, points),
       format('CREATE INDEX ON bench.points_%s USING gist (location)', name),
       format('CREATE UNLOGGED TABLE bench.buyers_%s AS SELECT * FROM bench.buyers(%s, %s)', name, buyers, points),
       format('VACUUM (FREEZE, ANALYZE) bench.points_%s', name),
       format('VACUUM (FREEZE, ANALYZE) bench.buyers_%s', name)
FROM bench.instances ORDER BY name \gexec

SELECT format('CREATE VIEW bench.%2$s_%1$s AS
               SELECT m.id, m.point, m.metres, m.reason, m.price
               FROM (SELECT array_agg(id) AS ids, array_agg(location) AS locations FROM bench.buyers_%1$s) b
               CROSS JOIN LATERAL ktt.match_pickups((SELECT ktt.pickup_index(id, location, capacity, NULL, NULL) FROM bench.points_%1$s),
                                                    b.ids, b.locations, %2$L) m', name, method)
FROM bench.instances CROSS JOIN (VALUES ('stable'), ('least_total')) v(method) WHERE method = 'stable' OR name NOT LIKE 'country%'
ORDER BY name, method \gexec

-- Cities are too far apart to help each other out, so the peer need not do a whole country: its first city is told for all.
CREATE UNLOGGED TABLE bench.buyers_first_city AS
SELECT row_number() OVER (ORDER BY id) AS id, location FROM bench.buyers_country WHERE city = 0;
VACUUM (FREEZE, ANALYZE) bench.buyers_first_city;

-- Greedy: the pairs of every buyer and the points nearest to him by rising distance, each taken when both are free; whoever finds all
-- of his candidates full goes to the nearest point that has room.
CREATE FUNCTION bench.greedy(buyers regclass, points regclass, candidates int)
RETURNS TABLE (id bigint, point bigint, metres double precision, left_over boolean) LANGUAGE plpgsql AS $$
DECLARE
    v_room int[];
    v_point bigint[];
    v_metres double precision[];
    v_left_over boolean[];
    v_pair record;
    v_buyer record;
BEGIN
    EXECUTE format('SELECT array_agg(capacity ORDER BY id) FROM %s', points) INTO v_room;
    EXECUTE format('SELECT array_fill(0::bigint, s.size), array_fill(0::double precision, s.size), array_fill(false, s.size)
                    FROM (SELECT ARRAY[count(*)::int] AS size FROM %s) s', buyers) INTO v_point, v_metres, v_left_over;
    FOR v_pair IN EXECUTE format(
        'SELECT b.id, c.point, c.metres
         FROM %s b CROSS JOIN LATERAL (
             SELECT p.id AS point, ST_Distance(p.location::geography, b.location::geography) AS metres FROM %s p
             ORDER BY p.location::geography <-> b.location::geography LIMIT %s) c
         ORDER BY c.metres, b.id, c.point', buyers, points, candidates)
    LOOP
        IF v_point[v_pair.id] = 0 AND v_room[v_pair.point] > 0 THEN
            v_point[v_pair.id] := v_pair.point;
            v_metres[v_pair.id] := v_pair.metres;
            v_room[v_pair.point] := v_room[v_pair.point] - 1;
        END IF;
    END LOOP;
    FOR v_buyer IN EXECUTE format('SELECT b.id, b.location::geography FROM %s b WHERE ($1)[b.id] = 0 ORDER BY b.id', buyers) USING v_point LOOP
        EXECUTE format('SELECT p.id AS point, ST_Distance(p.location::geography, $2) AS metres FROM %s p WHERE ($1)[p.id] > 0
                        ORDER BY p.location::geography <-> $2 LIMIT 1', points)
        INTO STRICT v_pair USING v_room, v_buyer.location;
        v_point[v_buyer.id] := v_pair.point;
        v_metres[v_buyer.id] := v_pair.metres;
        v_left_over[v_buyer.id] := true;
        v_room[v_pair.point] := v_room[v_pair.point] - 1;
    END LOOP;
    RETURN QUERY SELECT r.ordinality, r.point, r.metres, r.left_over
                 FROM unnest(v_point, v_metres, v_left_over) WITH ORDINALITY r(point, metres, left_over, ordinality);
END
$$;

-- The slow and obvious way, for some of the buyers and a tenth as many points: all pairs by rising distance. Both sides rank by it, so
-- that this is the stable matching.
CREATE FUNCTION bench.all_pairs(buyers bigint, capacity int)
RETURNS TABLE (id bigint, point bigint, metres double precision) LANGUAGE plpgsql AS $$
DECLARE
    v_room int[] := array_fill(capacity, ARRAY[buyers::int / 10]);
    v_point bigint[] := array_fill(0::bigint, ARRAY[buyers::int]);
    v_metres double precision[] := array_fill(0::double precision, ARRAY[buyers::int]);
    v_pair record;
BEGIN
    FOR v_pair IN SELECT b.id, p.id AS point, ST_Distance(p.location::geography, b.location::geography) AS metres
                  FROM bench.buyers_city b CROSS JOIN bench.points_city p WHERE b.id <= buyers AND p.id <= buyers / 10 ORDER BY 3, 1, 2 LOOP
        IF v_point[v_pair.id] = 0 AND v_room[v_pair.point] > 0 THEN
            v_point[v_pair.id] := v_pair.point;
            v_metres[v_pair.id] := v_pair.metres;
            v_room[v_pair.point] := v_room[v_pair.point] - 1;
        END IF;
    END LOOP;
    RETURN QUERY SELECT r.ordinality, nullif(r.point, 0), CASE WHEN r.point > 0 THEN r.metres END
                 FROM unnest(v_point, v_metres) WITH ORDINALITY r(point, metres, ordinality);
END
$$;
CREATE FUNCTION bench.stable_of_some(buyers bigint, capacity int)
RETURNS TABLE (id bigint, point bigint, metres double precision, reason text) LANGUAGE sql AS $$
    SELECT m.id, m.point, m.metres, m.reason
    FROM (SELECT array_agg(id) AS ids, array_agg(location) AS locations FROM bench.buyers_city WHERE id <= buyers) b
    CROSS JOIN LATERAL ktt.match_pickups((SELECT ktt.pickup_index(id, location, stable_of_some.capacity, NULL, NULL) FROM bench.points_city WHERE id <= buyers / 10),
                                         b.ids, b.locations, 'stable') m
$$;

SELECT pg_prewarm(format('bench.buyers_%s', name)), pg_prewarm(format('bench.points_%s', name)),
       pg_prewarm(format('bench.points_%s_location_idx', name)) FROM bench.instances \g /dev/null
SELECT pg_prewarm('bench.buyers_first_city') \g /dev/null
