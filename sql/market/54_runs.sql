/*
 * Driver runs: which vehicle brings a wave to which points, in what order, and when it should be there.
 */

CREATE TABLE run_settings (
    singleton       boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    warehouse       ktt.location,
    capacity        int NOT NULL DEFAULT 200 CHECK (capacity BETWEEN 1 AND 1000000000),
    vehicles        int CHECK (vehicles BETWEEN 1 AND 2000),
    service         interval NOT NULL DEFAULT '3 minutes' CHECK (service BETWEEN interval '0' AND interval '1 day'),
    service_parcel  interval NOT NULL DEFAULT '0' CHECK (service_parcel BETWEEN interval '0' AND interval '1 day'),
    departs         time NOT NULL DEFAULT '11:00',
    deadline        time NOT NULL DEFAULT '17:00',
    speed           double precision NOT NULL DEFAULT 25 CHECK (speed BETWEEN 0.1 AND 1000),
    detour          double precision NOT NULL DEFAULT 1.3 CHECK (detour BETWEEN 1 AND 100),
    CONSTRAINT run_settings_time_check CHECK (departs < deadline)
);
COMMENT ON TABLE run_settings IS 'What driver runs are planned by, in one row; change it with configure_runs().';
COMMENT ON COLUMN run_settings.warehouse IS 'Where the vehicles leave; NULL until it is told.';
COMMENT ON COLUMN run_settings.capacity IS 'Parcels (orders) that a vehicle takes.';
COMMENT ON COLUMN run_settings.vehicles IS 'At most so many runs; NULL is no limit.';
COMMENT ON COLUMN run_settings.service IS 'Time at each point ...';
COMMENT ON COLUMN run_settings.service_parcel IS '... and for each parcel that is left there.';
COMMENT ON COLUMN run_settings.departs IS 'When the vehicles leave, in the market''s time zone.';
COMMENT ON COLUMN run_settings.deadline IS 'When the last parcel has to be at its point, in the market''s time zone.';
COMMENT ON COLUMN run_settings.speed IS 'On the road, in km/h.';
COMMENT ON COLUMN run_settings.detour IS 'A road is so many times as long as the straight line.';
INSERT INTO run_settings DEFAULT VALUES;

CREATE TABLE run_plans (
    wave_id         bigint PRIMARY KEY REFERENCES waves,
    departs_at      timestamptz NOT NULL,
    deadline_at     timestamptz NOT NULL,
    capacity        int NOT NULL,
    service         interval NOT NULL,
    service_parcel  interval NOT NULL,
    on_roads        boolean NOT NULL,
    planned_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE run_plans IS 'The plan of a wave''s runs, and the settings that it was made by.';
COMMENT ON COLUMN run_plans.on_roads IS 'Whether the legs were given, not measured as the crow flies.';

CREATE TABLE run_stops (
    wave_id     bigint NOT NULL REFERENCES run_plans ON DELETE CASCADE,
    point_id    bigint NOT NULL REFERENCES pickup_points,
    run         int,
    place       int,
    parcels     int NOT NULL,
    arrives_at  timestamptz,
    metres      double precision,
    reason      text CHECK (reason IN ('too_large', 'too_far', 'no_way', 'no_vehicle')),
    late        interval,
    PRIMARY KEY (wave_id, point_id),
    UNIQUE (wave_id, run, place),
    CONSTRAINT run_stops_served_check CHECK ((run IS NULL) = (reason IS NOT NULL) AND (run IS NULL) = (place IS NULL)
                                             AND (run IS NULL OR arrives_at IS NOT NULL))
);
COMMENT ON TABLE run_stops IS 'Every point of a planned wave: its run and place in it, or why no run brings its parcels.';
COMMENT ON COLUMN run_stops.metres IS 'Length of the leg that leads there; NULL when it is not known.';
COMMENT ON COLUMN run_stops.late IS 'How far behind the deadline it would be done, straight from the warehouse, when it is too far.';

CREATE FUNCTION require_factor(value double precision, low numeric, high numeric, name text)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT (value <= high::double precision AND value >= low::double precision) THEN
        RAISE EXCEPTION '% must be between % and %', name, low, high USING ERRCODE = '22023', DETAIL = format('It is %s.', value);
    END IF;
END
$$;
COMMENT ON FUNCTION require_factor(double precision, numeric, numeric, text) IS
    'Internal. Refuses a factor out of bounds (22023), naming the argument; NULL passes.';

CREATE FUNCTION configure_runs(
    warehouse ktt.location DEFAULT NULL, capacity int DEFAULT NULL, vehicles int DEFAULT NULL, service interval DEFAULT NULL,
    service_parcel interval DEFAULT NULL, departs time DEFAULT NULL, deadline time DEFAULT NULL, speed double precision DEFAULT NULL,
    detour double precision DEFAULT NULL)
RETURNS run_settings
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_settings run_settings;
BEGIN
    PERFORM read_committed();
    PERFORM require_between(configure_runs.capacity, 1, 1000000000, 'capacity'), require_between(configure_runs.vehicles, 0, 2000, 'vehicles'),
            require_between(extract(epoch FROM configure_runs.service), 0, 86400, 'seconds of service'),
            require_between(extract(epoch FROM configure_runs.service_parcel), 0, 86400, 'seconds of service per parcel'),
            require_factor(configure_runs.speed, 0.1, 1000, 'speed'), require_factor(configure_runs.detour, 1, 100, 'detour');
    SELECT * INTO STRICT v_settings FROM run_settings FOR UPDATE;
    IF coalesce(configure_runs.departs, v_settings.departs) >= coalesce(configure_runs.deadline, v_settings.deadline) THEN
        RAISE EXCEPTION 'the deadline must be later than the departure'
            USING ERRCODE = '22023', DETAIL = format('Departure is at %s, the deadline at %s.',
                coalesce(configure_runs.departs, v_settings.departs), coalesce(configure_runs.deadline, v_settings.deadline));
    END IF;
    UPDATE run_settings s
       SET warehouse = coalesce(configure_runs.warehouse, s.warehouse),
           capacity = coalesce(configure_runs.capacity, s.capacity),
           vehicles = nullif(coalesce(configure_runs.vehicles, s.vehicles), 0),
           -- In seconds alone: what was given may hold months and days that cancel out.
           service = coalesce(make_interval(secs => extract(epoch FROM configure_runs.service)), s.service),
           service_parcel = coalesce(make_interval(secs => extract(epoch FROM configure_runs.service_parcel)), s.service_parcel),
           departs = coalesce(configure_runs.departs, s.departs),
           deadline = coalesce(configure_runs.deadline, s.deadline),
           speed = coalesce(configure_runs.speed, s.speed),
           detour = coalesce(configure_runs.detour, s.detour)
    RETURNING s.* INTO v_settings;
    RETURN v_settings;
END
$$;
COMMENT ON FUNCTION configure_runs(ktt.location, int, int, interval, interval, time, time, double precision, double precision) IS
    'Changes the settings of driver runs that are given and returns all of them; NULL leaves a setting as it is. capacity: parcels of a vehicle; '
    'vehicles: at most so many runs, 0 for any number; service, service_parcel: time at each point and for each of its parcels, at most a day; departs, '
    'deadline: in the market''s time zone; speed: km/h; detour: length of a road by that of the straight line. Plans that are made stay as they are. '
    'Errors: 0A000 not READ COMMITTED, 22023 value out of bounds.';

CREATE FUNCTION plan_runs(
    wave bigint, from_points bigint[] DEFAULT NULL, to_points bigint[] DEFAULT NULL, seconds double precision[] DEFAULT NULL,
    metres double precision[] DEFAULT NULL)
RETURNS TABLE (runs int, served int, unserved int, ends_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER ROWS 1 SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    v_settings run_settings;
    v_plan run_plans;
    v_day date;
    v_points bigint[];
    v_locations ktt.location[];
    v_parcels int[];
BEGIN
    PERFORM read_committed();
    -- Whoever dispatches it, or plans it as well, waits.
    SELECT coalesce(w.delivery_on, local_day(w.closed_at) + 1) INTO v_day
    FROM waves w WHERE w.id = require(wave, 'wave') FOR NO KEY UPDATE;
    PERFORM require_wave(wave, '{frozen}');
    SELECT * INTO STRICT v_settings FROM run_settings;
    IF plan_runs.from_points IS NOT NULL OR plan_runs.to_points IS NOT NULL OR plan_runs.seconds IS NOT NULL OR plan_runs.metres IS NOT NULL THEN
        PERFORM require(plan_runs.from_points, 'from_points'), require(plan_runs.to_points, 'to_points'), require(plan_runs.seconds, 'seconds');
    ELSIF v_settings.warehouse IS NULL THEN
        RAISE EXCEPTION 'the warehouse is not known' USING ERRCODE = 'KT301', HINT = 'Tell it by configure_runs(warehouse => ...).';
    END IF;
    INSERT INTO run_plans AS p (wave_id, departs_at, deadline_at, capacity, service, service_parcel, on_roads)
    VALUES (wave, local_time(v_day, v_settings.departs), local_time(v_day, v_settings.deadline),
            v_settings.capacity, v_settings.service, v_settings.service_parcel, plan_runs.seconds IS NOT NULL)
    ON CONFLICT ON CONSTRAINT run_plans_pkey DO UPDATE
        SET departs_at = excluded.departs_at, deadline_at = excluded.deadline_at, capacity = excluded.capacity, service = excluded.service,
            service_parcel = excluded.service_parcel, on_roads = excluded.on_roads, planned_at = excluded.planned_at
    RETURNING * INTO v_plan;
    DELETE FROM run_stops s WHERE s.wave_id = wave;
    SELECT coalesce(array_agg(l.party_id ORDER BY l.party_id), '{}'), coalesce(array_agg(p.location ORDER BY l.party_id), '{}'),
           coalesce(array_agg(l.orders::int ORDER BY l.party_id), '{}')
      INTO v_points, v_locations, v_parcels
    FROM wave_lists l JOIN pickup_points p ON p.id = l.party_id WHERE l.wave_id = wave AND l.kind = 'delivery';
    IF v_plan.on_roads THEN
        INSERT INTO run_stops (wave_id, point_id, run, place, parcels, arrives_at, metres, reason, late)
        SELECT wave, r.stop, r.run, r.place, r.parcels, v_plan.departs_at + r.arrives, r.metres, r.reason, nullif(r.late, interval '0')
        FROM ktt.driver_runs(0::bigint, v_points, v_points, v_parcels, v_settings.capacity, v_settings.service, v_plan.deadline_at - v_plan.departs_at,
                             plan_runs.from_points, plan_runs.to_points, plan_runs.seconds, plan_runs.metres, v_settings.vehicles,
                             v_settings.service_parcel) r;
    ELSE
        INSERT INTO run_stops (wave_id, point_id, run, place, parcels, arrives_at, metres, reason, late)
        SELECT wave, r.stop, r.run, r.place, r.parcels, v_plan.departs_at + r.arrives, r.metres, r.reason, nullif(r.late, interval '0')
        FROM ktt.driver_runs(v_settings.warehouse, v_points, v_locations, v_parcels, v_settings.capacity, v_settings.service,
                             v_plan.deadline_at - v_plan.departs_at, v_settings.speed, v_settings.detour, v_settings.vehicles,
                             v_settings.service_parcel) r;
    END IF;
    RETURN QUERY
    SELECT coalesce(max(s.run), 0), count(s.run)::int, (count(*) - count(s.run))::int,
           max(s.arrives_at + v_plan.service + s.parcels * v_plan.service_parcel) FILTER (WHERE s.run IS NOT NULL)
    FROM run_stops s WHERE s.wave_id = wave;
END
$$;
COMMENT ON FUNCTION plan_runs(bigint, bigint[], bigint[], double precision[], double precision[]) IS
    'Plans the runs that bring the delivery lists of a frozen wave to their points (at most 2000), by the settings of configure_runs(), on the wave''s day of '
    'delivery or, when that is not known, the day after its cut-off. Straight distances are used unless legs are given: from_points, to_points, seconds and, '
    'if known, metres, an element for each leg, as pgr_dijkstraCostMatrix and road services give them, with point 0 for the warehouse. Planning again replaces the plan, until the wave is '
    'dispatched; the same lists and settings give the same plan. Returns how many runs there are, how many points they serve and leave out, and when the last '
    'parcel is at its point; see runs, run_sheet and ktt.driver_runs(). '
    'Errors: 0A000 not READ COMMITTED, 22004 null, 22023 legs that cannot be, 54000 too many points, KT301 wave not frozen or dispatched already, or no warehouse, KT303 no such wave.';

CREATE VIEW runs WITH (security_barrier) AS
SELECT s.wave_id, s.run, count(*) AS stops, sum(s.parcels) AS parcels, sum(s.metres) AS metres, p.departs_at,
       max(s.arrives_at + p.service + s.parcels * p.service_parcel) AS ends_at
FROM run_stops s JOIN run_plans p ON p.wave_id = s.wave_id WHERE s.run IS NOT NULL
GROUP BY s.wave_id, s.run, p.wave_id;
COMMENT ON VIEW runs IS
    'The runs of planned waves: stops, parcels, metres to the last stop (NULL when no leg''s length is known), departure, and when the last parcel is at its point.';

CREATE VIEW run_sheet WITH (security_barrier) AS
SELECT s.wave_id, s.run, s.place, s.point_id, p.reference AS point, s.parcels, s.metres, s.arrives_at, a.arrived_at,
       a.arrived_at - s.arrives_at AS behind_plan,
       CASE WHEN a.arrived_at IS NOT NULL THEN greatest(a.arrived_at - r.deadline_at, interval '0') ELSE s.late END AS late, s.reason
FROM run_stops s JOIN run_plans r ON r.wave_id = s.wave_id JOIN pickup_points p ON p.id = s.point_id
LEFT JOIN (SELECT x.wave_id, x.point_id, min(x.arrived_at) AS arrived_at FROM pickups x GROUP BY x.wave_id, x.point_id) a
    ON a.wave_id = s.wave_id AND a.point_id = s.point_id;
COMMENT ON VIEW run_sheet IS
    'What each driver has in hand, order by wave_id, run, place: point, parcels, planned arrival, and, once arrive() was called, the true one; behind_plan is negative when '
    'it was early. late: behind the deadline, after arrival in truth, before it by plan (points too far only). Points in no run have run NULL and a reason: '
    'too_large, too_far, no_way or no_vehicle.';

CREATE FUNCTION verify_runs()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 2 SET search_path FROM CURRENT
AS $$
    SELECT 'planned waves have every point of their delivery lists', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('wave %s, point %s', c.wave, c.point)) FILTER (WHERE c.ok IS NOT TRUE)
    FROM (SELECT coalesce(s.wave_id, l.wave_id) AS wave, coalesce(s.point_id, l.party_id) AS point,
                 s.parcels = l.orders AND CASE s.reason WHEN 'too_large' THEN s.parcels > p.capacity WHEN 'too_far' THEN s.late > interval '0'
                                                        ELSE s.late IS NULL AND s.parcels <= p.capacity END AS ok
          FROM (SELECT x.* FROM wave_lists x JOIN run_plans y ON y.wave_id = x.wave_id WHERE x.kind = 'delivery') l
          FULL JOIN run_stops s ON s.wave_id = l.wave_id AND s.point_id = l.party_id
          LEFT JOIN run_plans p ON p.wave_id = s.wave_id) c
    UNION ALL
    SELECT 'runs keep capacity, order and deadline', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE),
           min(format('wave %s, run %s', c.wave_id, c.run)) FILTER (WHERE c.ok IS NOT TRUE)
    FROM (SELECT s.wave_id, s.run, sum(s.parcels) <= min(s.capacity) AND max(s.done_at) <= min(s.deadline_at)
                 AND min(s.place) = 1 AND max(s.place) = count(*) AND bool_and(s.arrives_at >= coalesce(s.free_at, s.departs_at)) AS ok
          FROM (SELECT x.*, lag(x.done_at) OVER (PARTITION BY x.wave_id, x.run ORDER BY x.place) AS free_at
                FROM (SELECT t.*, p.capacity, p.departs_at, p.deadline_at, t.arrives_at + p.service + t.parcels * p.service_parcel AS done_at
                      FROM run_stops t JOIN run_plans p ON p.wave_id = t.wave_id WHERE t.run IS NOT NULL) x) s
          GROUP BY s.wave_id, s.run) c
$$;
COMMENT ON FUNCTION verify_runs() IS 'The invariants of planned runs, for verify().';
