-- ktt.pickup_index: pickup points as one value, to be asked which are near.
--
-- COST by counted instructions as in 21_shares.sql, for an index of some hundred points whose tree stands; the first
-- call of a statement unpacks it.

CREATE TYPE ktt.pickup_index;

CREATE FUNCTION ktt.pickup_index_in(cstring) RETURNS ktt.pickup_index
    IMMUTABLE STRICT PARALLEL SAFE COST 500 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_pickup_index_in';
COMMENT ON FUNCTION ktt.pickup_index_in(cstring) IS 'Text input.';

CREATE FUNCTION ktt.pickup_index_out(ktt.pickup_index) RETURNS cstring
    IMMUTABLE STRICT PARALLEL SAFE COST 500 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_pickup_index_out';
COMMENT ON FUNCTION ktt.pickup_index_out(ktt.pickup_index) IS 'Text output.';

CREATE FUNCTION ktt.pickup_index_recv(internal) RETURNS ktt.pickup_index
    IMMUTABLE STRICT PARALLEL SAFE COST 100 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_pickup_index_recv';
COMMENT ON FUNCTION ktt.pickup_index_recv(internal) IS 'Binary input, checked as strictly as text.';

CREATE FUNCTION ktt.pickup_index_send(ktt.pickup_index) RETURNS bytea
    IMMUTABLE STRICT PARALLEL SAFE COST 2 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_send';
COMMENT ON FUNCTION ktt.pickup_index_send(ktt.pickup_index) IS 'Binary output: the packed bytes as stored.';

CREATE TYPE ktt.pickup_index (
    INPUT = ktt.pickup_index_in, OUTPUT = ktt.pickup_index_out,
    RECEIVE = ktt.pickup_index_recv, SEND = ktt.pickup_index_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended
);
COMMENT ON TYPE ktt.pickup_index IS
    'Pickup points, ready to be searched, as {17:121.517 25.0478 capacity 40 radius 3000,22:121.5645 25.034}: id, longitude and latitude '
    '(WGS84 degrees), parcels it takes, metres it serves, area it serves (WKB in hexadecimal). Made by the aggregate ktt.pickup_index(); '
    'at most 16777216 points.';

-- Comparison: equal values have equal bytes; the order is the order of the bytes.

CREATE FUNCTION ktt.pickup_index_eq(ktt.pickup_index, ktt.pickup_index) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_eq';
COMMENT ON FUNCTION ktt.pickup_index_eq(ktt.pickup_index, ktt.pickup_index) IS 'Implementation of operator =.';

CREATE OPERATOR ktt.= (
    LEFTARG = ktt.pickup_index, RIGHTARG = ktt.pickup_index, FUNCTION = ktt.pickup_index_eq,
    COMMUTATOR = OPERATOR(ktt.=), NEGATOR = OPERATOR(ktt.<>),
    RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR ktt.= (ktt.pickup_index, ktt.pickup_index) IS 'Same points.';

CREATE FUNCTION ktt.pickup_index_ne(ktt.pickup_index, ktt.pickup_index) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_ne';
COMMENT ON FUNCTION ktt.pickup_index_ne(ktt.pickup_index, ktt.pickup_index) IS 'Implementation of operator <>.';

CREATE OPERATOR ktt.<> (
    LEFTARG = ktt.pickup_index, RIGHTARG = ktt.pickup_index, FUNCTION = ktt.pickup_index_ne,
    COMMUTATOR = OPERATOR(ktt.<>), NEGATOR = OPERATOR(ktt.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR ktt.<> (ktt.pickup_index, ktt.pickup_index) IS 'Other points.';

CREATE FUNCTION ktt.pickup_index_lt(ktt.pickup_index, ktt.pickup_index) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_lt';
COMMENT ON FUNCTION ktt.pickup_index_lt(ktt.pickup_index, ktt.pickup_index) IS 'Implementation of operator <.';

CREATE OPERATOR ktt.< (
    LEFTARG = ktt.pickup_index, RIGHTARG = ktt.pickup_index, FUNCTION = ktt.pickup_index_lt,
    COMMUTATOR = OPERATOR(ktt.>), NEGATOR = OPERATOR(ktt.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR ktt.< (ktt.pickup_index, ktt.pickup_index) IS 'Sorts before.';

CREATE FUNCTION ktt.pickup_index_le(ktt.pickup_index, ktt.pickup_index) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_le';
COMMENT ON FUNCTION ktt.pickup_index_le(ktt.pickup_index, ktt.pickup_index) IS 'Implementation of operator <=.';

CREATE OPERATOR ktt.<= (
    LEFTARG = ktt.pickup_index, RIGHTARG = ktt.pickup_index, FUNCTION = ktt.pickup_index_le,
    COMMUTATOR = OPERATOR(ktt.>=), NEGATOR = OPERATOR(ktt.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR ktt.<= (ktt.pickup_index, ktt.pickup_index) IS 'Sorts before or equal.';

CREATE FUNCTION ktt.pickup_index_gt(ktt.pickup_index, ktt.pickup_index) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_gt';
COMMENT ON FUNCTION ktt.pickup_index_gt(ktt.pickup_index, ktt.pickup_index) IS 'Implementation of operator >.';

CREATE OPERATOR ktt.> (
    LEFTARG = ktt.pickup_index, RIGHTARG = ktt.pickup_index, FUNCTION = ktt.pickup_index_gt,
    COMMUTATOR = OPERATOR(ktt.<), NEGATOR = OPERATOR(ktt.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR ktt.> (ktt.pickup_index, ktt.pickup_index) IS 'Sorts after.';

CREATE FUNCTION ktt.pickup_index_ge(ktt.pickup_index, ktt.pickup_index) RETURNS boolean
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_ge';
COMMENT ON FUNCTION ktt.pickup_index_ge(ktt.pickup_index, ktt.pickup_index) IS 'Implementation of operator >=.';

CREATE OPERATOR ktt.>= (
    LEFTARG = ktt.pickup_index, RIGHTARG = ktt.pickup_index, FUNCTION = ktt.pickup_index_ge,
    COMMUTATOR = OPERATOR(ktt.<=), NEGATOR = OPERATOR(ktt.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR ktt.>= (ktt.pickup_index, ktt.pickup_index) IS 'Sorts after or equal.';

CREATE FUNCTION ktt.pickup_index_cmp(ktt.pickup_index, ktt.pickup_index) RETURNS integer
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_cmp';
COMMENT ON FUNCTION ktt.pickup_index_cmp(ktt.pickup_index, ktt.pickup_index) IS 'Less, equal or greater, for btree.';

CREATE FUNCTION ktt.pickup_index_hash(ktt.pickup_index) RETURNS integer
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_hash';
COMMENT ON FUNCTION ktt.pickup_index_hash(ktt.pickup_index) IS 'Hash.';

CREATE FUNCTION ktt.pickup_index_hash_extended(ktt.pickup_index, bigint) RETURNS bigint
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_vector_hash_extended';
COMMENT ON FUNCTION ktt.pickup_index_hash_extended(ktt.pickup_index, bigint) IS 'Hash with a seed.';

CREATE OPERATOR CLASS ktt.pickup_index_ops DEFAULT FOR TYPE ktt.pickup_index USING btree AS
    OPERATOR 1 ktt.<, OPERATOR 2 ktt.<=, OPERATOR 3 ktt.=, OPERATOR 4 ktt.>=, OPERATOR 5 ktt.>,
    FUNCTION 1 ktt.pickup_index_cmp(ktt.pickup_index, ktt.pickup_index),
    FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS ktt.pickup_index_ops USING btree IS 'Order of the packed bytes, for sorting, DISTINCT and merge joins.';
COMMENT ON OPERATOR FAMILY ktt.pickup_index_ops USING btree IS 'Order of the packed bytes of ktt.pickup_index.';

CREATE OPERATOR CLASS ktt.pickup_index_ops DEFAULT FOR TYPE ktt.pickup_index USING hash AS
    OPERATOR 1 ktt.=,
    FUNCTION 1 ktt.pickup_index_hash(ktt.pickup_index),
    FUNCTION 2 ktt.pickup_index_hash_extended(ktt.pickup_index, bigint);
COMMENT ON OPERATOR CLASS ktt.pickup_index_ops USING hash IS 'Hash of the packed bytes.';
COMMENT ON OPERATOR FAMILY ktt.pickup_index_ops USING hash IS 'Hash of the packed bytes of ktt.pickup_index.';

-- Collecting points.

CREATE FUNCTION ktt.pickup_index_collect(ktt.pickup_index, bigint, ktt.location) RETURNS ktt.pickup_index
    IMMUTABLE PARALLEL SAFE COST 2 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_pickup_index_collect';
COMMENT ON FUNCTION ktt.pickup_index_collect(ktt.pickup_index, bigint, ktt.location) IS 'Step of the aggregate pickup_index().';

CREATE FUNCTION ktt.pickup_index_collect(ktt.pickup_index, bigint, ktt.location, integer, float8, ktt.area) RETURNS ktt.pickup_index
    IMMUTABLE PARALLEL SAFE COST 2 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_pickup_index_collect';
COMMENT ON FUNCTION ktt.pickup_index_collect(ktt.pickup_index, bigint, ktt.location, integer, float8, ktt.area) IS
    'Step of the aggregate pickup_index().';

CREATE FUNCTION ktt.pickup_index_merge(ktt.pickup_index, ktt.pickup_index) RETURNS ktt.pickup_index
    IMMUTABLE PARALLEL SAFE COST 100 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_pickup_index_merge';
COMMENT ON FUNCTION ktt.pickup_index_merge(ktt.pickup_index, ktt.pickup_index) IS
    'For the aggregate pickup_index(): what two workers collected, together.';

CREATE AGGREGATE ktt.pickup_index(id bigint, location ktt.location) (
    SFUNC = ktt.pickup_index_collect, STYPE = ktt.pickup_index, COMBINEFUNC = ktt.pickup_index_merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE ktt.pickup_index(bigint, ktt.location) IS
    'The points of a group as one value; each takes any number of parcels and serves everywhere. A row of NULLs is no point. NULL for no points. '
    'Errors: 22004 one of the two is NULL, 22023 an id below 1 or given twice.';

CREATE AGGREGATE ktt.pickup_index(id bigint, location ktt.location, capacity integer, radius float8, area ktt.area) (
    SFUNC = ktt.pickup_index_collect, STYPE = ktt.pickup_index, COMBINEFUNC = ktt.pickup_index_merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE ktt.pickup_index(bigint, ktt.location, integer, float8, ktt.area) IS
    'The points of a group as one value. capacity: parcels it takes, NULL for any number; radius: metres on the ellipsoid within which it '
    'serves, NULL for everywhere; area: where it serves, within the radius, NULL for the radius alone. A row of NULLs is no point. NULL for '
    'no points. Errors: 22004 id or location is NULL, 22023 an id below 1 or given twice, a negative capacity, a radius out of bounds.';

CREATE FUNCTION ktt.cardinality(ktt.pickup_index) RETURNS integer
    IMMUTABLE STRICT PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_pickup_index_cardinality';
COMMENT ON FUNCTION ktt.cardinality(ktt.pickup_index) IS 'Number of points.';

CREATE FUNCTION ktt.pickup_index_rows(
    ktt.pickup_index, OUT id bigint, OUT longitude float8, OUT latitude float8, OUT capacity integer, OUT radius float8, OUT area bytea)
    RETURNS SETOF record
    IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 300 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_pickup_index_rows';
COMMENT ON FUNCTION ktt.pickup_index_rows(ktt.pickup_index) IS 'For points(): coordinates as numbers and areas as WKB.';

CREATE FUNCTION ktt.points(ktt.pickup_index)
    RETURNS TABLE (id bigint, location ktt.location, capacity integer, radius float8, area ktt.area)
    LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE ROWS 300
    BEGIN ATOMIC
        SELECT r.id, ktt.location(r.longitude, r.latitude), r.capacity, r.radius,
               ST_GeomFromWKB(r.area, 4326)::geography::ktt.area
        FROM ktt.pickup_index_rows($1) r;
    END;
COMMENT ON FUNCTION ktt.points(ktt.pickup_index) IS 'The points as rows by rising id; what they were made of.';

-- Asking about one location. All measure on the ellipsoid as ktt.distance() does, and break ties by the lower id.

CREATE FUNCTION ktt.nearest(points ktt.pickup_index, location ktt.location) RETURNS bigint
    IMMUTABLE STRICT PARALLEL SAFE COST 60 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_pickup_nearest';
COMMENT ON FUNCTION ktt.nearest(ktt.pickup_index, ktt.location) IS
    'The id of the nearest point that serves a location and whose capacity is not 0, by the distance that ktt.distance() gives, ties to the lower id; '
    'NULL when none does.';

CREATE FUNCTION ktt.nearest_points(points ktt.pickup_index, location ktt.location, k integer)
    RETURNS TABLE (point bigint, metres float8)
    IMMUTABLE STRICT PARALLEL SAFE COST 200 ROWS 10 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_pickup_nearest_points';
COMMENT ON FUNCTION ktt.nearest_points(ktt.pickup_index, ktt.location, integer) IS
    'The k (1 to 1000) nearest points that serve a location and whose capacity is not 0, nearest first, ties by id, with the distance in '
    'metres. Errors: 22023 k out of bounds.';

CREATE FUNCTION ktt.points_within(points ktt.pickup_index, location ktt.location, metres float8) RETURNS integer
    IMMUTABLE STRICT PARALLEL SAFE COST 60 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_pickup_points_within';
COMMENT ON FUNCTION ktt.points_within(ktt.pickup_index, ktt.location, float8) IS
    'How many points are at most so many metres away, as ktt.within() says, whether they serve the location or not. 0: not covered; 2 and '
    'more: covered by several. Errors: 22023 metres out of bounds.';

-- Asking about all locations of a wave.

CREATE FUNCTION ktt.match_pickups(points ktt.pickup_index, ids bigint[], locations ktt.location[], method text DEFAULT 'stable')
    RETURNS TABLE (id bigint, point bigint, metres float8, reason text, price float8)
    IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 10000 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_pickup_match';
COMMENT ON FUNCTION ktt.match_pickups(ktt.pickup_index, bigint[], ktt.location[], text) IS
    'Which point serves each location; a row per location in the order given: its id, the point and the distance in metres, or a reason: '
    'no_point when no point serves it, full when those that do are taken. Methods: nearest (capacities do not count, but 0 takes nobody); '
    'stable (under capacities: nobody prefers another point that has room or took somebody who is farther; exactly one such answer, ties '
    'by id); least_total (as many as possible, then the least sum of distances in whole micrometres). least_total has a certificate of that '
    'in price: 0 for points with room, and for every location metres + price is the least among the points that serve it and at most the '
    'price of those left out; so no other assignment is shorter than the sum of these less price times capacity of every point. '
    'Errors: 22004 a null in an array, 22023 unlike lengths, an id given twice, an unknown method, 54000 more than 16777216 locations.';

CREATE FUNCTION ktt.white_spots(
    points ktt.pickup_index, ids bigint[], locations ktt.location[], households bigint[], metres float8, n integer)
    RETURNS TABLE (rank integer, id bigint, households bigint, gained bigint)
    IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 10 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_pickup_white_spots';
COMMENT ON FUNCTION ktt.white_spots(ktt.pickup_index, bigint[], ktt.location[], bigint[], float8, integer) IS
    'Where up to n (1 to 10000) new points would win most households, best first: each at one of the locations, where it covers most of '
    'what neither an existing point nor one before it covers (greedy: at least 63 % of what any n could win). id is the location''s, ties to the '
    'lower one; households live within so many metres of it (as ktt.within() says), gained are those not covered before. Ends when '
    'nothing more is gained. Errors: 22004 a null in an array, 22023 unlike lengths, an id below 1 or given twice, households not '
    'between 0 and 1000000000, metres or n out of bounds, 54000 more than 16777216 locations.';

-- The live index.

CREATE FUNCTION ktt.live_pickups(points regclass, loads regclass, waves regclass, location ktt.location, wave bigint, k integer)
    RETURNS TABLE (point_id bigint, metres float8)
    STABLE PARALLEL UNSAFE COST 500 ROWS 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_pickup_live_rows';
COMMENT ON FUNCTION ktt.live_pickups(regclass, regclass, regclass, ktt.location, bigint, integer) IS
    'The k (1 to 1000) nearest points of a table that serve a location, are open and have room, nearest first, ties by id, with the distance in '
    'metres. points is a table like a market''s pickup_points: id, location, radius and area are held in a tree that the session '
    'builds at its first call and anew when the trigger pickup_points_changed() says so; state (''open''), open_days (bit 0 is Monday) '
    'and capacity are read from the row. With a wave, a point must be open on its day of waves (id, delivery_on), and the parcels of loads '
    '(wave_id, point_id, parcels) count against its capacity; without one (NULL) neither is asked. The caller needs SELECT on the '
    'tables. Errors: 0A000 row security, 22004 null, 22023 k out of bounds, 42501 no SELECT, 42703 a column is missing, 42809 no plain '
    'table, 55000 no unique index over the ids, KT303 no such wave.';

CREATE FUNCTION ktt.live_pickup(points regclass, loads regclass, waves regclass, location ktt.location, wave bigint)
    RETURNS bigint
    STABLE PARALLEL UNSAFE COST 200 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_pickup_live';
COMMENT ON FUNCTION ktt.live_pickup(regclass, regclass, regclass, ktt.location, bigint) IS
    'The id of the first point that live_pickups() finds, NULL when there is none: the shortest way to one answer. Errors as there.';

CREATE FUNCTION ktt.pickup_points_changed() RETURNS trigger
    VOLATILE PARALLEL SAFE COST 1 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_pickup_points_changed';
COMMENT ON FUNCTION ktt.pickup_points_changed() IS
    'Statement trigger on a table of pickup points: tells the trees of live_pickups() in all sessions that they are out of date, when '
    'the transaction commits. Goes with INSERT, DELETE, TRUNCATE and UPDATE OF id, location, radius, area. Errors: 39P01 called otherwise.';
