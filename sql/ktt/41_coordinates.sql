-- Coordinates of Chinese maps. GCJ-02: Amap, Tencent, WeChat, Google in China,
-- and phones sold there. BD-09: Baidu. Both move WGS84 by hundreds of metres, so
-- they are converted where they come in and go out, and never stored.
--
-- The rules are the ones that public converters agree on: GCJ-02 adds a
-- polynomial and waves to longitude and latitude, counted in metres from
-- 105 E 35 N on Krasovsky's ellipsoid; BD-09 adds waves to distance and angle of
-- that in degrees, and a shift of 0.0065 and 0.006 degrees. The way back is found
-- by iteration. Inside the box of 72.004 to 137.8347 E and 0.8293 to 55.8271 N
-- there and back again is off by less than 3e-12 degrees (0.3 micrometres), on a
-- grid of 2.6 million places and 2 million near 105 E, where the rule has a kink;
-- 186 published vectors agree within 8e-6 degrees (0.9 m), of which GCJ-02 to
-- BD-09 within 1e-7. Nobody outside knows how exact the rule itself is; phones
-- and maps differ by a metre or so. Outside of the box, which also takes in
-- China's neighbours, all three systems are the same here. On its edges the move
-- ends at once: up to 2 km beyond them, coordinates that the rule moves out of the
-- box are taken as moved.

CREATE FUNCTION ktt.from_gcj02(longitude float8, latitude float8) RETURNS ktt.location
    AS 'MODULE_PATHNAME', 'ktt_location_from_gcj02'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 15;
COMMENT ON FUNCTION ktt.from_gcj02(float8, float8) IS
    'The place at these GCJ-02 coordinates (Amap, Tencent, WeChat), degrees; within 1e-11 degrees of the inverse of to_gcj02(). Outside of '
    '72.004 to 137.8347 E and 0.8293 to 55.8271 N they are WGS84. Errors: 22023 not finite or out of range, or not in that box but when '
    'swapped, with a hint.';

CREATE FUNCTION ktt.from_bd09(longitude float8, latitude float8) RETURNS ktt.location
    AS 'MODULE_PATHNAME', 'ktt_location_from_bd09'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 30;
COMMENT ON FUNCTION ktt.from_bd09(float8, float8) IS
    'The place at these BD-09 coordinates (Baidu), degrees; within 1e-11 degrees of the inverse of to_bd09(). Outside of 72.004 to 137.8347 E '
    'and 0.8293 to 55.8271 N they are WGS84. Errors: 22023 not finite or out of range, or not in that box but when swapped, with a hint.';

CREATE FUNCTION ktt.to_gcj02(location ktt.location, OUT longitude float8, OUT latitude float8)
    AS 'MODULE_PATHNAME', 'ktt_location_to_gcj02'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION ktt.to_gcj02(ktt.location) IS
    'The place in GCJ-02, degrees, for Amap, Tencent and WeChat; as it is outside of 72.004 to 137.8347 E and 0.8293 to 55.8271 N.';

CREATE FUNCTION ktt.to_bd09(location ktt.location, OUT longitude float8, OUT latitude float8)
    AS 'MODULE_PATHNAME', 'ktt_location_to_bd09'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 7;
COMMENT ON FUNCTION ktt.to_bd09(ktt.location) IS
    'The place in BD-09, degrees, for Baidu; as it is outside of 72.004 to 137.8347 E and 0.8293 to 55.8271 N.';
