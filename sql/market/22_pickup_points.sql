/*
 * Pickup points, and the nearest one that serves a location.
 */

CREATE TABLE pickup_points (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    community_id    bigint NOT NULL REFERENCES communities,
    reference       text NOT NULL UNIQUE CHECK (octet_length(reference) BETWEEN 1 AND 256),
    location        ktt.location NOT NULL,
    radius          double precision NOT NULL CHECK (radius > 0 AND radius <= 20000000),
    area            ktt.area,
    capacity        int CHECK (capacity >= 0),
    open            boolean NOT NULL DEFAULT true
);
CREATE INDEX pickup_points_location_idx ON pickup_points USING gist (location);
COMMENT ON TABLE pickup_points IS 'Where buyers fetch their goods.';
COMMENT ON COLUMN pickup_points.radius IS 'How far away a buyer may be, in metres.';
COMMENT ON COLUMN pickup_points.area IS 'Where a buyer has to be, as well, when it is given.';
COMMENT ON COLUMN pickup_points.capacity IS 'Parcels (orders) that fit in one wave; NULL is no limit.';

CREATE TABLE point_loads (
    wave_id     bigint NOT NULL,
    point_id    bigint NOT NULL,
    parcels     int NOT NULL CHECK (parcels >= 0),
    PRIMARY KEY (wave_id, point_id)
) WITH (fillfactor = 50);
COMMENT ON TABLE point_loads IS 'Parcels taken so far at points with a capacity, a row per wave and point.';

CREATE FUNCTION add_pickup_point(
    community bigint, reference text, location ktt.location, radius double precision DEFAULT 3000,
    area ktt.area DEFAULT NULL, capacity int DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_id bigint;
BEGIN
    PERFORM read_committed();
    IF NOT EXISTS (SELECT FROM communities c WHERE c.id = require(community, 'community')) THEN
        RAISE EXCEPTION 'community % does not exist', community USING ERRCODE = 'KT303';
    END IF;
    PERFORM require(location, 'location'), require(radius, 'radius'),
            require_between(radius::numeric, 0.001, 20000000, 'radius'), require_between(capacity, 0, 1000000000, 'capacity');
    INSERT INTO pickup_points AS p (community_id, reference, location, radius, area, capacity)
    VALUES (community, require_reference(add_pickup_point.reference, 'reference'), add_pickup_point.location,
            require(add_pickup_point.radius, 'radius'), add_pickup_point.area, add_pickup_point.capacity)
    ON CONFLICT ON CONSTRAINT pickup_points_reference_key DO NOTHING
    RETURNING p.id INTO v_id;
    IF NOT FOUND THEN
        SELECT p.id INTO v_id FROM pickup_points p
        WHERE p.reference = add_pickup_point.reference AND p.community_id = community
          AND ktt.distance(p.location, add_pickup_point.location) = 0
          AND (p.radius, p.area::text, p.capacity)
              IS NOT DISTINCT FROM (add_pickup_point.radius, add_pickup_point.area::text, add_pickup_point.capacity);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'pickup point "%" already exists with other properties', left(add_pickup_point.reference, 64)
                USING ERRCODE = 'KT010';
        END IF;
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION add_pickup_point(bigint, text, ktt.location, double precision, ktt.area, int) IS
    'Adds a pickup point under the application''s own key; the same arguments give the same id again. Radius in metres, capacity in '
    'parcels per wave. Errors: 22004 null, 23514 radius or capacity out of bounds, KT010 same key with other properties, '
    'KT303 no such community.';

CREATE FUNCTION open_pickup_point(point bigint, open boolean)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM read_committed();
    UPDATE pickup_points p SET open = require(open_pickup_point.open, 'open') WHERE p.id = require(point, 'pickup point');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'pickup point % does not exist', point USING ERRCODE = 'KT303';
    END IF;
END
$$;
COMMENT ON FUNCTION open_pickup_point(bigint, boolean) IS
    'Opens or closes a pickup point for new orders; placed orders stay where they are. Errors: KT303 no such point.';

CREATE FUNCTION has_room(point pickup_points, wave bigint)
RETURNS boolean
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT point.capacity IS NULL
        OR point.capacity > coalesce((SELECT l.parcels FROM point_loads l WHERE l.wave_id = wave AND l.point_id = point.id), 0)
$$;
COMMENT ON FUNCTION has_room(pickup_points, bigint) IS 'Internal. Whether one more parcel fits; advice, the row decides.';

CREATE FUNCTION nearest_pickup(location ktt.location, wave bigint DEFAULT NULL, k int DEFAULT 1)
RETURNS TABLE (point_id bigint, metres double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 SET search_path FROM CURRENT
AS $$
DECLARE
    v_reach double precision;
BEGIN
    PERFORM require(location, 'location');
    IF require(k, 'k') NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'k must be between 1 and 1000' USING ERRCODE = '22023', DETAIL = format('k is %s.', k);
    END IF;
    -- The index orders by a sphere. The k-th candidate gives a distance that the true k nearest cannot exceed ...
    SELECT max(c.metres) INTO v_reach
    FROM (SELECT ktt.distance(p.location, nearest_pickup.location) AS metres
          FROM pickup_points p
          WHERE p.open AND ktt.within(p.location, nearest_pickup.location, p.radius)
            AND (p.area IS NULL OR ktt.covers(p.area, nearest_pickup.location)) AND has_room(p, wave)
          ORDER BY ktt.knn(p.location, nearest_pickup.location) LIMIT k) c;
    -- ... and among all within that distance the ellipsoid decides, ties by id. The margin keeps the index's own filter, which works on the
    -- sphere, on the safe side.
    RETURN QUERY
    SELECT c.id, c.metres
    FROM (SELECT p.id, ktt.distance(p.location, nearest_pickup.location) AS metres
          FROM pickup_points p
          WHERE p.open AND ktt.within(p.location, nearest_pickup.location, v_reach * 1.0102 + 0.001)
            AND ktt.within(p.location, nearest_pickup.location, p.radius)
            AND (p.area IS NULL OR ktt.covers(p.area, nearest_pickup.location)) AND has_room(p, wave)) c
    ORDER BY c.metres, c.id LIMIT k;
END
$$;
COMMENT ON FUNCTION nearest_pickup(ktt.location, bigint, int) IS
    'The k nearest open points that serve a location and, when a wave is given, have room in it; distance in metres on the WGS84 '
    'ellipsoid, ties by id. No row when none serves it. Errors: 22004 null, 22023 k out of bounds.';

CREATE FUNCTION steward_of(point bigint)
RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT s.member_id FROM pickup_points p JOIN stewardships s ON s.community_id = p.community_id AND upper_inf(s.period)
    WHERE p.id = point
$$;
COMMENT ON FUNCTION steward_of(bigint) IS 'Internal. The member who is steward of a pickup point now, or NULL.';
