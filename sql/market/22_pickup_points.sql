/*
 * Pickup points, and the nearest one that serves a location.
 */

CREATE TABLE pickup_points (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    community_id    bigint NOT NULL REFERENCES communities,
    reference       text NOT NULL UNIQUE CHECK (octet_length(reference) BETWEEN 1 AND 256),
    location        ktt.location NOT NULL,
    radius          double precision CHECK (radius > 0 AND radius <= 20000000),
    area            ktt.area,
    capacity        int CHECK (capacity >= 0),
    state           text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paused', 'closed')),
    open_days       smallint NOT NULL DEFAULT 127 CHECK (open_days BETWEEN 1 AND 127),
    steward_account_id bigint REFERENCES accounts,
    CONSTRAINT pickup_points_reach_check CHECK (radius IS NOT NULL OR area IS NOT NULL)
);
CREATE INDEX pickup_points_location_idx ON pickup_points USING gist (location);
COMMENT ON TABLE pickup_points IS 'Where buyers fetch their goods. A point serves a buyer within its radius and inside its area, where it has both.';
COMMENT ON COLUMN pickup_points.radius IS 'How far away a buyer may be, in metres; NULL: anywhere in the area.';
COMMENT ON COLUMN pickup_points.area IS 'Where a buyer has to be; NULL: anywhere within the radius.';
COMMENT ON COLUMN pickup_points.capacity IS 'Parcels (orders) that fit in one wave; NULL is no limit.';
COMMENT ON COLUMN pickup_points.state IS 'Paused takes no new orders and keeps those it has; closed was given up, and its orders went elsewhere.';
COMMENT ON COLUMN pickup_points.steward_account_id IS
    'The account of its community''s steward, NULL without one; kept here by appoint_steward() and end_stewardship(), so that an order finds it with the point.';
COMMENT ON COLUMN pickup_points.open_days IS 'Weekdays with opening hours, one bit each, 1 for Monday to 64 for Sunday; all of them without hours.';

CREATE TABLE point_loads (
    wave_id     bigint NOT NULL,
    point_id    bigint NOT NULL,
    parcels     int NOT NULL CHECK (parcels >= 0),
    PRIMARY KEY (wave_id, point_id)
) WITH (fillfactor = 50);
COMMENT ON TABLE point_loads IS 'Parcels taken so far at points with a capacity, a row per wave and point.';

CREATE FUNCTION require_reach(radius double precision, area ktt.area)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    IF radius IS NULL AND area IS NULL THEN
        RAISE EXCEPTION 'radius and area must not both be null'
            USING ERRCODE = '22004', HINT = 'A point serves buyers within a radius, or inside an area, or both.';
    ELSIF radius <= 0 OR radius > 20000000 THEN
        RAISE EXCEPTION 'radius must be above 0 and at most 20000000 metres' USING ERRCODE = '22023', DETAIL = format('It is %s.', radius);
    END IF;
END
$$;
COMMENT ON FUNCTION require_reach(double precision, ktt.area) IS
    'Internal. Refuses a point with neither radius nor area (22004) or with a radius out of bounds (22023).';

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
    PERFORM require(location, 'location'), require_reach(radius, area), require_between(capacity, 0, 1000000000, 'capacity');
    -- A steward who is being appointed gets this point too, or has it already.
    PERFORM FROM communities c WHERE c.id = community FOR SHARE;
    INSERT INTO pickup_points AS p (community_id, reference, location, radius, area, capacity, steward_account_id)
    VALUES (community, require_reference(add_pickup_point.reference, 'reference'), add_pickup_point.location,
            add_pickup_point.radius, add_pickup_point.area, add_pickup_point.capacity,
            (SELECT s.account_id FROM stewardships s WHERE s.community_id = community AND upper_inf(s.period)))
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
    'Adds a pickup point under the application''s own key; the same arguments give the same id again. Radius in metres, or an area, or both: '
    'then a buyer has to be within both; a radius of NULL is everywhere in the area. Capacity in parcels per wave, 0 takes none, NULL is no limit. '
    'An area that crosses itself is taken as it is. Errors: 22004 null, or neither radius nor area, 22023 radius or capacity out of bounds, '
    '23514 an empty location or area, KT010 same key with other properties, KT303 no such community.';

CREATE FUNCTION require_point(point bigint)
RETURNS pickup_points
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_point pickup_points;
BEGIN
    SELECT p.* INTO v_point FROM pickup_points p WHERE p.id = require(point, 'pickup point') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'pickup point % does not exist', point USING ERRCODE = 'KT303';
    END IF;
    RETURN v_point;
END
$$;
COMMENT ON FUNCTION require_point(bigint) IS 'Internal. Locks and returns a pickup point, or refuses one that does not exist (KT303).';

CREATE FUNCTION open_on(open_days smallint, day date)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN day IS NULL OR (open_days >> extract(isodow FROM day)::int - 1) & 1 = 1;
COMMENT ON FUNCTION open_on(smallint, date) IS 'Internal. Whether a point with these open_days is open on a day; true when the day is not known.';

CREATE TRIGGER pickup_points_changed
    AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF id, location, radius, area ON pickup_points
    FOR EACH STATEMENT EXECUTE FUNCTION ktt.pickup_points_changed();

CREATE FUNCTION steward_of(point bigint)
RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT s.member_id FROM pickup_points p JOIN stewardships s ON s.community_id = p.community_id AND upper_inf(s.period)
    WHERE p.id = point
$$;
COMMENT ON FUNCTION steward_of(bigint) IS 'Internal. The member who is steward of a pickup point now, or NULL.';
