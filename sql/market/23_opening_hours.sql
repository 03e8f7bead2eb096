/*
 * Opening hours of pickup points by weekday, on the wall clock of the market.
 */

CREATE FUNCTION minute_of_day(at time)
RETURNS int
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (extract(hour FROM at) * 60 + extract(minute FROM at))::int;
COMMENT ON FUNCTION minute_of_day(time) IS 'Internal. Whole minutes since midnight, 1440 for 24:00.';

CREATE FUNCTION week_minutes(weekday int, opens time, closes time)
RETURNS int4multirange
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN closes > opens THEN
        int4multirange(int4range((weekday - 1) * 1440 + minute_of_day(opens), (weekday - 1) * 1440 + minute_of_day(closes)))
    ELSE
        int4multirange(int4range((weekday - 1) * 1440 + minute_of_day(opens), weekday * 1440),
                       int4range(weekday % 7 * 1440, weekday % 7 * 1440 + minute_of_day(closes))) END;
COMMENT ON FUNCTION week_minutes(int, time, time) IS
    'Internal. The minutes of the week, from Monday 00:00, in which a span of opening hours lies. A span that closes no later than it opens '
    'runs past midnight, that of a Sunday into Monday.';

CREATE TABLE opening_hours (
    point_id    bigint NOT NULL REFERENCES pickup_points,
    weekday     int NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    opens       time NOT NULL CHECK (opens < '24:00' AND extract(second FROM opens) = 0),
    closes      time NOT NULL CHECK (extract(second FROM closes) = 0),
    span        int4multirange NOT NULL GENERATED ALWAYS AS (week_minutes(weekday, opens, closes)) STORED,
    PRIMARY KEY (point_id, weekday, opens),
    CONSTRAINT opening_hours_length_check CHECK (opens <> closes),
    CONSTRAINT opening_hours_overlap_excl EXCLUDE USING gist (point_id WITH =, span WITH &&)
);
COMMENT ON TABLE opening_hours IS 'When a point is open, in the market''s time zone; a point without a row is always open. Spans cannot overlap.';
COMMENT ON COLUMN opening_hours.weekday IS '1 is Monday, 7 is Sunday: the day on which the span begins.';
COMMENT ON COLUMN opening_hours.closes IS 'Up to 24:00; no later than opens means past midnight, on the next day.';
COMMENT ON COLUMN opening_hours.span IS 'Minutes of the week, from Monday 00:00.';

CREATE FUNCTION set_opening_hours(point bigint, weekdays int[], opens time[], closes time[])
RETURNS smallint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_days smallint;
BEGIN
    PERFORM read_committed();
    PERFORM require_point(point);
    IF cardinality(require(weekdays, 'weekdays')) <> cardinality(require(opens, 'opens'))
       OR cardinality(opens) <> cardinality(require(closes, 'closes')) OR cardinality(weekdays) > 100 THEN
        RAISE EXCEPTION 'weekdays, opens and closes must be of the same length, at most 100'
            USING ERRCODE = '22023',
                  DETAIL = format('They have %s, %s and %s elements.', cardinality(weekdays), cardinality(opens), cardinality(closes));
    ELSIF EXISTS (SELECT FROM unnest(weekdays, opens, closes) h(day, start, finish) WHERE num_nulls(h.day, h.start, h.finish) > 0) THEN
        RAISE EXCEPTION 'weekdays, opens and closes must not contain nulls' USING ERRCODE = '22004';
    ELSIF EXISTS (SELECT FROM unnest(weekdays, opens, closes) h(day, start, finish)
                  WHERE h.day NOT BETWEEN 1 AND 7 OR h.start = '24:00' OR h.start = h.finish
                     OR extract(second FROM h.start) + extract(second FROM h.finish) > 0) THEN
        RAISE EXCEPTION 'opening hours must be on weekdays 1 to 7, in whole minutes, and not empty'
            USING ERRCODE = '22023', HINT = 'A whole day is from 00:00 to 24:00; a span that closes earlier than it opens runs past midnight.';
    ELSIF EXISTS (SELECT FROM unnest(weekdays, opens, closes) WITH ORDINALITY a(day, start, finish, n)
                  JOIN unnest(weekdays, opens, closes) WITH ORDINALITY b(day, start, finish, n) ON a.n < b.n
                  WHERE week_minutes(a.day, a.start, a.finish) && week_minutes(b.day, b.start, b.finish)) THEN
        RAISE EXCEPTION 'opening hours overlap' USING ERRCODE = '22023';
    END IF;
    DELETE FROM opening_hours h WHERE h.point_id = point;
    INSERT INTO opening_hours (point_id, weekday, opens, closes)
    SELECT point, h.day, h.start, h.finish FROM unnest(weekdays, opens, closes) h(day, start, finish);
    SELECT coalesce(bit_or((1 << h.weekday - 1)::smallint), 127) INTO v_days FROM opening_hours h WHERE h.point_id = point;
    UPDATE pickup_points p SET open_days = v_days WHERE p.id = point AND p.open_days <> v_days;
    RETURN v_days;
END
$$;
COMMENT ON FUNCTION set_opening_hours(bigint, int[], time[], time[]) IS
    'Sets the whole week of a point: from one time to another on a weekday (1 Monday to 7 Sunday), in parallel arrays; what was set before is '
    'replaced, and empty arrays mean always open. Times are the wall clock in the market''s time zone, in whole minutes; a closing time no later '
    'than the opening time is on the next day. Returns the point''s open_days: only waves that are delivered on such a day, or on a day not '
    'known, take new orders for it; placed orders stay where they are. '
    'Errors: 22004 null, 22023 arrays of unlike length, weekday or times out of bounds, or spans that overlap, KT303 no such point.';

CREATE FUNCTION point_is_open(point bigint, at timestamptz DEFAULT now())
RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_point pickup_points;
    v_local timestamp := require(at, 'time') AT TIME ZONE (SELECT s.time_zone FROM settings s);
BEGIN
    SELECT p.* INTO v_point FROM pickup_points p WHERE p.id = require(point, 'pickup point');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'pickup point % does not exist', point USING ERRCODE = 'KT303';
    ELSIF NOT isfinite(at) THEN
        RAISE EXCEPTION 'time must be finite' USING ERRCODE = '22023';
    END IF;
    RETURN v_point.state = 'open'
       AND (NOT EXISTS (SELECT FROM opening_hours h WHERE h.point_id = point)
            OR EXISTS (SELECT FROM opening_hours h
                       WHERE h.point_id = point
                         AND h.span @> (extract(isodow FROM v_local)::int - 1) * 1440 + minute_of_day(v_local::time)));
END
$$;
COMMENT ON FUNCTION point_is_open(bigint, timestamptz) IS
    'Whether a point is open at a time: its state, and its hours on the wall clock of the market, daylight saving included (an hour that the '
    'clock skips is never open, one that it repeats is open twice). Closing time itself is closed. '
    'Errors: 22004 null, 22023 time not finite, KT303 no such point.';
