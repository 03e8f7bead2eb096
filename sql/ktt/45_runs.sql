-- Driver runs: the stops of a wave, shared out over vehicles that leave the warehouse together.

CREATE FUNCTION ktt.driver_runs(
    warehouse ktt.location, ids bigint[], locations ktt.location[], parcels integer[], capacity integer, service interval, within interval,
    speed float8, detour float8 DEFAULT 1.3, vehicles integer DEFAULT NULL, service_parcel interval DEFAULT '0')
    RETURNS TABLE (run integer, place integer, stop bigint, arrives interval, metres float8, parcels integer, reason text, late interval)
    IMMUTABLE PARALLEL SAFE COST 1000000 ROWS 300 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_run_plan';
COMMENT ON FUNCTION ktt.driver_runs(ktt.location, bigint[], ktt.location[], integer[], integer, interval, interval, float8, float8, integer, interval) IS
    'Plans the runs of drivers from a warehouse to at most 2000 stops (ids, with their locations and parcels): as many stops as can be are served, with as '
    'few vehicles as are found, then in as little driving time as is found. capacity: parcels that a vehicle takes; service: time at each stop, with '
    'service_parcel for each of its parcels; within: from the departure to the end of the last service, at most 7 days; speed: km/h; detour: the road is so '
    'many times the distance on the ellipsoid; vehicles: at most so many, NULL for any number. Gives a row for each stop, ordered by run and place. arrives: '
    'after the departure; metres: of the leg that leads there, the way back from the last stop not being a row; late: 0. Stops that are not served come '
    'last, by id, with run NULL and the reason: too_large (for any vehicle), too_far (not in time even straight from the warehouse; arrives, metres and late '
    'say what that would come to) or no_vehicle (all are under way). The same stops give the same runs in whatever order they are given. '
    'Errors: 2202E an array with more than one dimension, 22004 NULL, 22023 ids given twice, arrays of unlike length, a value out of bounds, 54000 too many stops.';

CREATE FUNCTION ktt.driver_runs(
    warehouse bigint, ids bigint[], places bigint[], parcels integer[], capacity integer, service interval, within interval,
    from_places bigint[], to_places bigint[], seconds float8[], metres float8[] DEFAULT NULL, vehicles integer DEFAULT NULL,
    service_parcel interval DEFAULT '0')
    RETURNS TABLE (run integer, place integer, stop bigint, arrives interval, metres float8, parcels integer, reason text, late interval)
    IMMUTABLE PARALLEL SAFE COST 1000000 ROWS 300 LANGUAGE C AS 'MODULE_PATHNAME', 'ktt_run_plan_legs';
COMMENT ON FUNCTION ktt.driver_runs(bigint, bigint[], bigint[], integer[], integer, interval, interval, bigint[], bigint[], float8[], float8[], integer, interval) IS
    'The same on real roads: warehouse and places are nodes of a road network (several stops may be at one), and each leg is an element of from_places, '
    'to_places, seconds and, if known, metres, just as pgr_dijkstraCostMatrix() and road services give them. Ways need not be as long as the ways back, nor '
    'the shortest by way of others. A leg that is missing, NULL or infinite is no way; legs from a place to itself or of places where no stop is are passed over. '
    'A stop without a way from the warehouse is served behind others where that fits, else its reason is no_way; one without a way back ends a run only '
    'where it cannot be helped. Errors as above, and 22023 for a leg given twice, negative or NaN.';
