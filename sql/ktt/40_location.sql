-- Places on earth: WGS84 longitude and latitude, held as PostGIS geography.
-- The bodies are SQL-standard expressions: PostGIS is bound here once, wherever
-- it lives, and the planner inlines them, so an index on a column is used.

CREATE FUNCTION ktt.point_wkb(longitude float8, latitude float8) RETURNS bytea
    AS 'MODULE_PATHNAME', 'ktt_location_wkb'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION ktt.point_wkb(float8, float8) IS
    'The point in PostGIS''s binary form (EWKB, SRID 4326), after both coordinates were checked.';

CREATE FUNCTION ktt.checked_radius(metres float8) RETURNS float8
    AS 'MODULE_PATHNAME', 'ktt_location_radius'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1;
COMMENT ON FUNCTION ktt.checked_radius(float8) IS
    'The radius itself when it is between 0 and 21000000 metres, an error otherwise.';

-- geography accepts EMPTY and NaN; neither is a place.
CREATE DOMAIN ktt.location AS geography(Point, 4326)
    CONSTRAINT location_is_a_place CHECK (VALUE IS NULL OR
        (ST_X(VALUE::geometry) BETWEEN -180 AND 180
         AND ST_Y(VALUE::geometry) BETWEEN -90 AND 90) IS TRUE);
COMMENT ON DOMAIN ktt.location IS
    'A place on earth, WGS84. Make it with ktt.location(longitude, latitude): text read as geography lets PostGIS bend coordinates that are out of range.';

CREATE DOMAIN ktt.area AS geography(Geometry, 4326)
    CONSTRAINT area_is_a_polygon CHECK (VALUE IS NULL OR
        GeometryType(VALUE::geometry) IN ('POLYGON', 'MULTIPOLYGON'))
    CONSTRAINT area_is_not_empty CHECK (VALUE IS NULL OR
        NOT ST_IsEmpty(VALUE::geometry))
    -- NaN is above Infinity, and one such coordinate makes all of the sum so.
    CONSTRAINT area_is_finite CHECK (VALUE IS NULL OR
        ST_Area(VALUE::geometry) < 'Infinity')
    CONSTRAINT area_has_at_most_10000_vertices CHECK (VALUE IS NULL OR
        ST_NPoints(VALUE::geometry) <= 10000);
COMMENT ON DOMAIN ktt.area IS
    'A service area: polygon or multipolygon, WGS84, at most 10000 vertices, edges along great circles. One that touches or crosses itself is '
    'taken as it is, not repaired: what a ring goes around an even number of times is outside of it, see area_problem(). Of a ring around half '
    'the earth or more the smaller side is inside; where PostGIS cannot tell, the side on the left of its first edge.';

CREATE FUNCTION ktt.postgis_location(longitude float8, latitude float8) RETURNS ktt.location
    LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
    RETURN ST_GeogFromWKB(ktt.point_wkb(longitude, latitude));
COMMENT ON FUNCTION ktt.postgis_location(float8, float8) IS
    'For location(): the place as PostGIS makes it.';

CREATE FUNCTION ktt.location(longitude float8, latitude float8) RETURNS ktt.location
    AS 'MODULE_PATHNAME', 'ktt_location_make'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION ktt.location(float8, float8) IS
    'The place at this WGS84 longitude and latitude in degrees. Errors: 22023 not finite or out of range, with a hint when the two look swapped.';

CREATE FUNCTION ktt.longitude(place ktt.location) RETURNS float8
    LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
    RETURN ST_X(place::geometry);
COMMENT ON FUNCTION ktt.longitude(ktt.location) IS 'Longitude in degrees, east positive.';

CREATE FUNCTION ktt.latitude(place ktt.location) RETURNS float8
    LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
    RETURN ST_Y(place::geometry);
COMMENT ON FUNCTION ktt.latitude(ktt.location) IS 'Latitude in degrees, north positive.';

CREATE FUNCTION ktt.distance(one ktt.location, other ktt.location) RETURNS float8
    AS 'MODULE_PATHNAME', 'ktt_location_distance'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION ktt.distance(ktt.location, ktt.location) IS
    'Shortest way between two places in metres on the WGS84 ellipsoid; equals ST_Distance to the last bit.';

CREATE FUNCTION ktt.within(one ktt.location, other ktt.location, metres float8) RETURNS boolean
    LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
    RETURN ST_DWithin(one::geography, other::geography, ktt.checked_radius(metres), true);
COMMENT ON FUNCTION ktt.within(ktt.location, ktt.location, float8) IS
    'Whether two places are at most so many metres apart on the ellipsoid; uses a GiST index on either.';

CREATE FUNCTION ktt.covers(whole ktt.area, place ktt.location) RETURNS boolean
    LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
    RETURN ST_Covers(whole::geography, place::geography);
COMMENT ON FUNCTION ktt.covers(ktt.area, ktt.location) IS
    'Whether the place lies in the area or on its border, but not in a hole or on the border of one, as ST_Covers(geography) says; uses a GiST '
    'index on the area.';

CREATE FUNCTION ktt.knn(one ktt.location, other ktt.location) RETURNS float8
    LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
    RETURN one::geography <-> other::geography;
COMMENT ON FUNCTION ktt.knn(ktt.location, ktt.location) IS
    'Sort key for ORDER BY ktt.knn(column, place) LIMIT n by a GiST index. It measures on a sphere: take candidates by it, then rank them by ktt.distance.';

CREATE FUNCTION ktt.area_wkb(area ktt.area) RETURNS bytea
    LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
    RETURN ST_AsBinary(ST_Force2D(area::geometry), 'NDR');
COMMENT ON FUNCTION ktt.area_wkb(ktt.area) IS
    'The area as little-endian WKB of two dimensions, as ktt.pickup_index holds it.';

CREATE FUNCTION ktt.vertices(area ktt.area) RETURNS TABLE (ring integer, vertex integer, location ktt.location)
    LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE ROWS 100
BEGIN ATOMIC
    SELECT dense_rank() OVER (ORDER BY d.path[:cardinality(d.path) - 1])::integer, d.path[cardinality(d.path)], d.geom::geography::ktt.location
    FROM ST_DumpPoints(ST_Force2D(area::geometry)) d;
END;
COMMENT ON FUNCTION ktt.vertices(ktt.area) IS
    'The corners of an area, ring by ring, for drawing it: the last of a ring is its first again. Rings are numbered from 1 in the order of the area, holes after the ring around them.';

CREATE FUNCTION ktt.area_problem(area ktt.area) RETURNS text
    LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
    RETURN nullif(ST_IsValidReason(area::geometry), 'Valid Geometry');
COMMENT ON FUNCTION ktt.area_problem(ktt.area) IS
    'What whoever drew the area may not have meant, with the coordinates of one such place: Self-intersection[121.5 25.01] and the like; NULL '
    'when nothing. Looked at with straight edges on a flat map, so an area over the antimeridian or a pole may be blamed for nothing. It says '
    'nothing about what the area covers: every area is used as it is.';

CREATE FUNCTION ktt.hull_area(locations ktt.location[]) RETURNS float8
    LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
    RETURN (SELECT ST_Area(ST_ConvexHull(ST_Collect(l::geometry))::geography) FROM unnest(locations) l);
COMMENT ON FUNCTION ktt.hull_area(ktt.location[]) IS
    'Square metres of the smallest convex area around places that lie in one city: the hull is taken on a flat map, its size on the ellipsoid. 0 for places in one line.';
