/*
 * The nearest pickup point that serves a location, in a wave or at all.
 */

-- Neither with their owner's rights nor with a path of their own: so the two become a part of the query that calls them, which is
-- most of what a lookup costs. Names are bound here and now, and who calls them may read the three tables.
CREATE FUNCTION nearest_point(location ktt.location, wave bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE sql STABLE
RETURN ktt.live_pickup('pickup_points'::regclass, 'point_loads'::regclass, 'waves'::regclass, location, wave);
COMMENT ON FUNCTION nearest_point(ktt.location, bigint) IS
    'The first point that nearest_pickup() finds, NULL when there is none; the shortest way to an answer. Errors: 22004 null, KT303 no such wave.';

CREATE FUNCTION nearest_pickup(location ktt.location, wave bigint DEFAULT NULL, k int DEFAULT 1)
RETURNS TABLE (point_id bigint, metres double precision)
LANGUAGE sql STABLE ROWS 1
BEGIN ATOMIC
    SELECT l.point_id, l.metres
    FROM ktt.live_pickups('pickup_points'::regclass, 'point_loads'::regclass, 'waves'::regclass,
                          nearest_pickup.location, nearest_pickup.wave, nearest_pickup.k) l;
END;
COMMENT ON FUNCTION nearest_pickup(ktt.location, bigint, int) IS
    'The k nearest open points that serve a location and, when a wave is given, have room in it and are open on its day of delivery; '
    'distance in metres on the WGS84 ellipsoid, ties by id. No row when none serves it. '
    'Errors: 22004 null, 22023 k out of bounds, KT303 no such wave.';

CREATE FUNCTION why_no_pickup(location ktt.location, wave bigint)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    v_day date := (SELECT w.delivery_on FROM waves w WHERE w.id = wave);
BEGIN
    IF nearest_point(location) IS NULL THEN
        RETURN 'no_point';
    ELSIF EXISTS (SELECT FROM pickup_points p
                  WHERE p.state = 'open' AND open_on(p.open_days, v_day)
                    AND (p.radius IS NULL OR ktt.within(p.location, why_no_pickup.location, p.radius))
                    AND (p.area IS NULL OR ktt.covers(p.area, why_no_pickup.location))) THEN
        RETURN 'full';
    END IF;
    RETURN 'point_closed';
END
$$;
COMMENT ON FUNCTION why_no_pickup(ktt.location, bigint) IS
    'Internal. Why nearest_pickup() has no point for a location in a wave: no_point serves it, or all that do are full, or point_closed on '
    'the day of delivery.';
