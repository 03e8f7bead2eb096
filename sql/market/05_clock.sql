/*
 * The wall clock of the market: what its days and hours are as moments, and back.
 */

CREATE FUNCTION local_time(day date, at time)
RETURNS timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_zone text := (SELECT s.time_zone FROM settings s);
    v_wanted timestamp;
    v_utc timestamptz;
    v_before timestamptz;
    v_after timestamptz;
BEGIN
    IF NOT isfinite(require(day, 'day')) THEN
        RAISE EXCEPTION 'day must be finite' USING ERRCODE = '22023';
    END IF;
    v_wanted := day + require(at, 'time of day');
    v_utc := v_wanted AT TIME ZONE 'UTC';
    -- A moment has one wall clock time in every zone; only the way back is in doubt. So it is tried with what the clocks show a
    -- day before and a day after: further apart than any zone is from UTC, and no zone has set its clocks twice within that.
    v_before := v_utc - (((v_utc - interval '24 hours') AT TIME ZONE v_zone) - ((v_utc - interval '24 hours') AT TIME ZONE 'UTC'));
    v_after := v_utc - (((v_utc + interval '24 hours') AT TIME ZONE v_zone) - ((v_utc + interval '24 hours') AT TIME ZONE 'UTC'));
    RETURN CASE
        WHEN v_before AT TIME ZONE v_zone = v_wanted AND v_after AT TIME ZONE v_zone = v_wanted THEN greatest(v_before, v_after)
        WHEN v_after AT TIME ZONE v_zone = v_wanted THEN v_after
        ELSE v_before END;
END
$$;
COMMENT ON FUNCTION local_time(date, time) IS
    'The moment at which the clocks of the market, in its time zone and whatever the session''s, show a time on a day. A time that they show '
    'twice (set back in autumn) is the later one. A time that they skip (set forward in spring) is read as if they had not been set yet: '
    'where 02:00 becomes 03:00, 02:30 is the moment that they show as 03:30. 24:00 is the midnight that ends the day. '
    'Errors: 22004 null, 22008 beyond what a timestamp holds, 22023 day not finite.';

CREATE FUNCTION local_day(moment timestamptz)
RETURNS date
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT isfinite(require(moment, 'moment')) THEN
        RAISE EXCEPTION 'moment must be finite' USING ERRCODE = '22023';
    END IF;
    RETURN (moment AT TIME ZONE (SELECT s.time_zone FROM settings s))::date;
END
$$;
COMMENT ON FUNCTION local_day(timestamptz) IS
    'The date that the calendars of the market show at a moment, in its time zone and whatever the session''s. '
    'Errors: 22004 null, 22008 beyond what a timestamp holds, 22023 moment not finite.';

-- Its body takes the place of the call when a statement is planned.
CREATE FUNCTION span(one timestamptz, other timestamptz)
RETURNS tstzrange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN tstzrange(least(one, other), greatest(one, other), '[]');
COMMENT ON FUNCTION span(timestamptz, timestamptz) IS 'Internal. From the earlier to the later of two times, both included; of one when the other is NULL, and unbounded when both are.';
