-- Driver runs of a wave: planned from its delivery lists, planned again, driven, and late or not.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(65);
\ir lib/market.sql

SELECT buy('a', 'buyer', '{apple,rice}', '{2,1}', 'seller'), buy('b', 'neighbour', '{apple}', '{2}', NULL, 'shed'), buy('c', 'rival', '{rice}', '{3}'),
       buy('d', 'chief', '{rice}', '{1}', NULL, 'barn') \g /dev/null
SELECT name('far', add_pickup_point(id('meadow'), 'far', location(123.5, 25))) \g /dev/null
SELECT buy('e', 'cashier', '{rice}', '{1}', NULL, 'far') \g /dev/null
UPDATE waves SET delivery_on = '2026-03-05' WHERE id = id('wave');
CREATE FUNCTION pg_temp.wave() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT id(''wave'')';

-- Settings.
SELECT is((configure_runs()).warehouse IS NULL, true, 'the warehouse is not known at first');
SELECT is(s.capacity = 200 AND s.vehicles IS NULL AND s.service = '3 min' AND s.departs = '11:00' AND s.deadline = '17:00' AND s.speed = 25 AND s.detour = 1.3, true,
          'the others have a value') FROM configure_runs() s;
SELECT is((configure_runs(vehicles => 3)).vehicles, 3, 'a number of vehicles');
SELECT is((configure_runs(capacity => 10)).vehicles, 3, 'what is not given stays');
SELECT is((configure_runs(vehicles => 0)).vehicles, NULL, '0 is no limit');
SELECT is((configure_runs(service => '1 mon -30 days 4 min')).service::text, '00:04:00', 'time of service is a length');
SELECT throws_ok('SELECT configure_runs(' || c || ')', '22023', NULL, c)
FROM unnest(ARRAY['capacity => 0', 'capacity => 1000000001', 'vehicles => -1', 'vehicles => 2001', 'service => ''-1 s''', 'service => ''1 day 1 s''', 'service_parcel => ''-1 s''',
                  'service_parcel => ''2 days''', 'departs => ''17:00''', 'deadline => ''10:59''', 'speed => 0', 'speed => ''NaN''', 'speed => ''Infinity''', 'detour => 0.9',
                  'detour => ''-Infinity''']) c;

-- Out of turn.
SELECT throws_ok('SELECT plan_runs(pg_temp.wave())', 'KT301', format('wave %s is open', id('wave')), 'an open wave has no lists');
SELECT close_wave(id('wave')) \g /dev/null
SELECT throws_ok('SELECT plan_runs(pg_temp.wave())', 'KT301', format('wave %s is closed', id('wave')), 'nor has a closed one');
SELECT freeze_wave(id('wave')) \g /dev/null
SELECT throws_ok('SELECT plan_runs(pg_temp.wave())', 'KT301', 'the warehouse is not known', 'nor can vehicles leave from nowhere');
SELECT throws_ok('SELECT plan_runs(999999)', 'KT303', 'wave 999999 does not exist', 'an unknown wave');
SELECT throws_ok('SELECT plan_runs(NULL)', '22004', 'wave must not be null', 'no wave');
SELECT is_empty('SELECT * FROM run_sheet', 'nothing is planned by a call that fails');

-- Planned.
SELECT configure_runs(warehouse => location(121.45, 25.05), service_parcel => '30 s') \g /dev/null
SELECT results_eq('SELECT runs, served, unserved FROM plan_runs(pg_temp.wave())', 'VALUES (1, 3, 1)', 'one vehicle serves three points');
SELECT results_eq('SELECT run, place, point, parcels, reason FROM run_sheet ORDER BY run, place',
                  $$VALUES (1, 1, 'gate', 2, NULL), (1, 2, 'shed', 1, NULL), (1, 3, 'barn', 1, NULL), (NULL::int, NULL::int, 'far', 1, 'too_far')$$, 'in a row, and one is too far');
SELECT results_eq('SELECT departs_at, deadline_at, capacity, on_roads FROM run_plans',
                  $$VALUES ('2026-03-05 11:00+08'::timestamptz, '2026-03-05 17:00+08'::timestamptz, 10, false)$$, 'on the day of delivery, in the market''s own time');
-- The first leg by hand: 1.3 x the distance at 25 km/h, in whole milliseconds.
SELECT is(s.arrives_at, '2026-03-05 11:00+08'::timestamptz + make_interval(secs => round((x.metres * 3.6 / 25)::numeric, 3)::float8), 'the first arrival is a leg after the departure')
FROM run_sheet s, (SELECT 1.3 * ktt.distance(ktt.location(121.45, 25.05), ktt.location(121.5, 25.05)) AS metres) x WHERE s.point = 'gate';
SELECT is(s.arrives_at - f.arrives_at, interval '5 min' + make_interval(secs => round((s.metres * 3.6 / 25)::numeric, 3)::float8), 'the next one a service of two parcels and a leg later')
FROM run_sheet s, run_sheet f WHERE s.point = 'shed' AND f.point = 'gate';
SELECT is(s.metres, 1.3 * ktt.distance(ktt.location(121.5, 25.05), ktt.location(121.51, 25.05)), 'and the leg is the distance with the detour') FROM run_sheet s WHERE s.point = 'shed';
SELECT is(s.late, s.arrives_at + interval '4 min 30 s' - '2026-03-05 17:00+08'::timestamptz, 'how late it would be there is told') FROM run_sheet s WHERE s.point = 'far';
SELECT ok(s.late > interval '0', 'late it would be') FROM run_sheet s WHERE s.point = 'far';
SELECT results_eq('SELECT run, stops, parcels, departs_at, ends_at - (SELECT max(arrives_at) FROM run_stops WHERE run = 1) FROM runs',
                  $$VALUES (1, 3::bigint, 4::bigint, '2026-03-05 11:00+08'::timestamptz, interval '4 min 30 s')$$, 'the run in one row');
SELECT is((SELECT ends_at FROM plan_runs(id('wave'))), (SELECT ends_at FROM runs), 'and when it ends');

-- Planned again.
CREATE TEMP TABLE before AS SELECT * FROM run_stops;
SELECT plan_runs(id('wave')) \g /dev/null
SELECT set_eq('SELECT * FROM run_stops', 'SELECT * FROM before', 'the same again is the same plan');
SELECT configure_runs(capacity => 2) \g /dev/null
SELECT is((SELECT runs FROM plan_runs(id('wave'))), 2, 'smaller vehicles are more');
SELECT is((SELECT max(parcels) FROM runs), 2::bigint, 'and none has too many');
SELECT configure_runs(capacity => 1, vehicles => 1) \g /dev/null
SELECT results_eq('SELECT runs, served, unserved FROM plan_runs(pg_temp.wave())', 'VALUES (1, 1, 3)', 'one small vehicle');
SELECT set_eq('SELECT point, reason FROM run_sheet WHERE run IS NULL AND point <> ''barn'' AND point <> ''shed''', $$VALUES ('gate', 'too_large'), ('far', 'too_far')$$, 'two parcels are too many for it');
SELECT is((SELECT count(*) FROM run_sheet WHERE reason = 'no_vehicle'), 1::bigint, 'and for one point there is none');
SELECT is_empty('SELECT violations()', 'all of that is sound');
UPDATE waves SET delivery_on = NULL, closed_at = '2026-03-04 23:30+08' WHERE id = id('wave');
SELECT plan_runs(id('wave')) \g /dev/null
SELECT is((SELECT departs_at FROM run_plans), '2026-03-05 11:00+08'::timestamptz, 'without a day of delivery it is the day after the cut-off');
UPDATE waves SET closed_at = clock_timestamp(), delivery_on = '2026-03-05' WHERE id = id('wave');

-- On roads: the bridge makes the barn the nearest, and nothing leads to the shed.
SELECT configure_runs(capacity => 10, vehicles => 0, service => '0', service_parcel => '0') \g /dev/null
CREATE TEMP TABLE legs AS
SELECT a AS from_point, b AS to_point, CASE WHEN id('barn') IN (a, b) THEN 60 WHEN 0 IN (a, b) THEN 600 ELSE 1200 END::float8 AS seconds
FROM unnest(ARRAY[0, id('gate'), id('barn'), id('far')]) a, unnest(ARRAY[0, id('gate'), id('barn'), id('far')]) b WHERE a <> b;
SELECT results_eq('SELECT p.runs, p.served, p.unserved, p.ends_at - (SELECT departs_at FROM run_plans) FROM (SELECT array_agg(from_point) AS f, array_agg(to_point) AS t, array_agg(seconds) AS s FROM legs) l, plan_runs(pg_temp.wave(), l.f, l.t, l.s) p',
                  $$VALUES (1, 3, 1, interval '12 min')$$, 'by given legs');
SELECT results_eq('SELECT point, reason, metres FROM run_sheet WHERE run IS NULL', $$VALUES ('shed', 'no_way', NULL::float8)$$, 'no road leads to the shed');
SELECT is((SELECT place FROM run_sheet WHERE point = 'barn'), 2, 'the barn lies on the way from one to the other');
SELECT ok((SELECT on_roads FROM run_plans), 'that is noted');
SELECT throws_ok('SELECT plan_runs(pg_temp.wave(), ''{0}'', NULL, ''{1}'')', '22004', 'to_points must not be null', 'half of the legs');
SELECT throws_ok('SELECT plan_runs(pg_temp.wave(), metres => ''{1}'')', '22004', 'from_points must not be null', 'metres alone');
SELECT throws_ok('SELECT plan_runs(pg_temp.wave(), ''{0}'', ''{1}'', ''{-1}'')', '22023', NULL, 'a leg that cannot be');
SELECT is((SELECT count(*) FROM run_sheet), 4::bigint, 'a call that fails leaves the plan');

-- On the way.
SELECT configure_runs(service => '3 min') \g /dev/null
SELECT plan_runs(id('wave')) \g /dev/null
SELECT dispatch_wave(id('wave')) \g /dev/null
SELECT throws_ok('SELECT plan_runs(pg_temp.wave())', 'KT301', format('wave %s is dispatched', id('wave')), 'who has left is not planned again');
SELECT is((SELECT count(arrived_at) FROM run_sheet), 0::bigint, 'nobody has arrived');
SELECT arrive(id('wave'), id('gate')), arrive(id('wave'), id('shed')) \g /dev/null
UPDATE pickups SET arrived_at = '2026-03-05 11:00+08' WHERE point_id = id('gate');
UPDATE pickups SET arrived_at = '2026-03-05 18:30+08' WHERE point_id = id('shed');
SELECT results_eq('SELECT point, arrived_at, behind_plan < interval ''0'', late FROM run_sheet WHERE arrived_at IS NOT NULL ORDER BY point',
                  $$VALUES ('gate', '2026-03-05 11:00+08'::timestamptz, true, interval '0'), ('shed', '2026-03-05 18:30+08', false, interval '1 hour 30 min')$$, 'one came early, the other late');
SELECT is((SELECT late FROM run_sheet WHERE point = 'barn'), NULL, 'who has not arrived is not late yet');

-- No stops at all.
SELECT name('empty', open_wave('empty')) \g /dev/null
SELECT close_wave(id('empty')), freeze_wave(id('empty')) \g /dev/null
SELECT results_eq('SELECT * FROM plan_runs(id(''empty''))', 'VALUES (0, 0, 0, NULL::timestamptz)', 'an empty wave needs no vehicle');
SELECT is_empty('SELECT violations()', 'all is well at the end');

-- What verify() would find.
CREATE FUNCTION pg_temp.finds(damage text, invariant text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_found text[];
BEGIN
    BEGIN
        EXECUTE damage;
        SELECT array_agg(v.invariant) INTO v_found FROM verify() v WHERE v.violations > 0;
        RAISE EXCEPTION USING ERRCODE = 'ZZ999';
    EXCEPTION WHEN SQLSTATE 'ZZ999' THEN
        RETURN ok(coalesce(finds.invariant = ANY (v_found), false), damage);
    END;
END
$$;
SELECT pg_temp.finds(d, 'planned waves have every point of their delivery lists')
FROM unnest(ARRAY['DELETE FROM run_stops WHERE point_id = id(''far'')', 'UPDATE run_stops SET parcels = parcels + 1 WHERE point_id = id(''far'')']) d;
SELECT pg_temp.finds(d, 'runs keep capacity, order and deadline')
FROM unnest(ARRAY['UPDATE run_plans SET capacity = 3', 'UPDATE run_plans SET deadline_at = departs_at + interval ''10 min''', 'UPDATE run_stops SET place = 5 WHERE place = 3',
                  'UPDATE run_stops SET arrives_at = arrives_at + interval ''1 hour'' WHERE place = 1']) d;

SELECT * FROM finish();
ROLLBACK;
