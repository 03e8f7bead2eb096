-- Opening hours, on the wall clock of the market.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(56);
\ir lib/market.sql
SET timezone = 'America/New_York';

CREATE FUNCTION pg_temp.open_at(at timestamptz) RETURNS boolean LANGUAGE sql AS $$ SELECT point_is_open(id('gate'), at) $$;

-- Without hours.
SELECT is(pg_temp.open_at(t), true, 'without hours a point is always open: ' || (t AT TIME ZONE 'UTC')) FROM unnest('{2026-01-01 00:00+00,2026-06-07 03:00+00}'::timestamptz[]) t;
SELECT is(point_is_open(id('gate')), true, 'also now');

-- A week: a break at noon on Mondays, Saturday nights past midnight, Sunday nights past the end of the week.
SELECT is(set_opening_hours(id('gate'), '{1,1,6,7,3}', '{09:00,14:00,20:00,22:30,00:00}', '{12:00,18:00,02:00,01:00,24:00}'), (1 + 4 + 32 + 64)::smallint, 'the days with hours');
SELECT is((SELECT open_days FROM pickup_points WHERE id = id('gate')), 101::smallint, 'stand at the point');
SELECT is(pg_temp.open_at((d || ' ' || t || ' Asia/Shanghai')::timestamptz), o, d || ' ' || t)
FROM (VALUES ('2026-11-30', '08:59:59.999999', false), ('2026-11-30', '09:00', true), ('2026-11-30', '11:59:59', true), ('2026-11-30', '12:00', false), ('2026-11-30', '14:00', true),
             ('2026-11-30', '18:00', false), ('2026-12-01', '10:00', false), ('2026-12-02', '00:00', true), ('2026-12-02', '23:59:59', true), ('2026-12-03', '00:00', false),
             ('2026-12-05', '19:59', false), ('2026-12-05', '20:00', true), ('2026-12-06', '01:59', true), ('2026-12-06', '02:00', false), ('2026-12-06', '22:30', true),
             ('2026-12-07', '00:59', true), ('2026-12-07', '01:00', false)) v(d, t, o);
SELECT is_empty($$
    SELECT m FROM generate_series(0, 10079) m, LATERAL (SELECT timestamp '2026-11-30' + m * interval '1 minute' AS local) l
    WHERE pg_temp.open_at(l.local AT TIME ZONE 'Asia/Shanghai') <> EXISTS (
        SELECT FROM (VALUES (1, time '09:00', time '12:00'), (1, '14:00', '18:00'), (6, '20:00', '24:00'), (7, '00:00', '02:00'), (7, '22:30', '24:00'), (1, '00:00', '01:00'), (3, '00:00', '24:00')) h(d, o, c)
        WHERE h.d = extract(isodow FROM l.local) AND l.local::time >= h.o AND l.local::time < h.c)$$, 'every minute of a week, told day by day');
SELECT answers($$SELECT set_opening_hours(id('gate'), '{3,7,6,1,1}', '{00:00,22:30,20:00,14:00,09:00}', '{24:00,01:00,02:00,18:00,12:00}')$$, '101', 'the same week in another order');

-- Paused and closed.
SELECT open_pickup_point(id('gate'), false) \g /dev/null
SELECT is(pg_temp.open_at('2026-12-02 12:00 Asia/Shanghai'), false, 'a paused point is not open at any time');
SELECT open_pickup_point(id('gate'), true) \g /dev/null

-- Daylight saving: Berlin skips 02:00 to 03:00 on 2026-03-29, a Sunday, and has that hour twice on 2026-10-25.
SELECT configure(time_zone => 'Europe/Berlin'), set_opening_hours(id('gate'), '{7}', '{02:00}', '{03:00}') \g /dev/null
SELECT is(pg_temp.open_at(t), o, 'Berlin, ' || (t AT TIME ZONE 'UTC') || ' UTC')
FROM (VALUES (timestamptz '2026-03-22 01:30+00', true), ('2026-03-29 00:59+00', false), ('2026-03-29 01:00+00', false), ('2026-10-25 00:30+00', true), ('2026-10-25 01:30+00', true),
             ('2026-10-25 02:00+00', false), ('2026-06-07 00:30+00', true), ('2026-06-07 01:30+00', false)) v(t, o);

-- Bad input: the week stays as it was.
SELECT throws_ok(format('SELECT set_opening_hours(id(''gate''), %L, %L, %L)', d, o, c), e, NULL, format('%s %s %s', coalesce(d, 'no days'), coalesce(o, 'no times'), coalesce(c, 'no ends')))
FROM (VALUES (NULL, '{}', '{}', '22004'), ('{}', NULL, '{}', '22004'), ('{}', '{}', NULL, '22004'), ('{1,2}', '{09:00}', '{10:00,10:00}', '22023'), ('{NULL}', '{09:00}', '{10:00}', '22004'),
             ('{0}', '{09:00}', '{10:00}', '22023'), ('{8}', '{09:00}', '{10:00}', '22023'), ('{1}', '{09:00}', '{09:00}', '22023'), ('{1}', '{24:00}', '{10:00}', '22023'),
             ('{1}', '{09:00:30}', '{10:00}', '22023'), ('{1,1}', '{09:00,09:59}', '{10:00,11:00}', '22023'), ('{1,2}', '{23:00,00:00}', '{01:00,02:00}', '22023'),
             ('{7,1}', '{23:00,00:30}', '{01:00,02:00}', '22023')) v(d, o, c, e);
SELECT throws_ok($$INSERT INTO opening_hours (point_id, weekday, opens, closes) VALUES (id('gate'), 7, '02:30', '04:00')$$, '23P01', NULL, 'spans cannot overlap, whatever writes them');
SELECT throws_ok(format('SELECT set_opening_hours(id(''gate''), array_fill(1, ARRAY[101]), array_fill(''09:00''::time, ARRAY[101]), array_fill(''10:00''::time, ARRAY[101]))'), '22023', NULL, 'more spans than any week');
SELECT throws_ok('SELECT set_opening_hours(999999, ''{}'', ''{}'', ''{}'')', 'KT303', 'pickup point 999999 does not exist', 'an unknown point');
SELECT throws_ok('SELECT set_opening_hours(NULL, ''{}'', ''{}'', ''{}'')', '22004', 'pickup point must not be null', 'no point');
SELECT throws_ok('SELECT point_is_open(999999)', 'KT303', 'pickup point 999999 does not exist', 'an unknown point is not open');
SELECT throws_ok('SELECT point_is_open(NULL)', '22004', 'pickup point must not be null', 'no point is neither');
SELECT throws_ok('SELECT point_is_open(id(''gate''), NULL)', '22004', 'time must not be null', 'at no time');
SELECT throws_ok('SELECT point_is_open(id(''gate''), ''infinity'')', '22023', 'time must be finite', 'nor at the end of time');
SELECT results_eq('SELECT weekday, opens, closes FROM opening_hours', 'VALUES (7, time ''02:00'', time ''03:00'')', 'what was refused changed nothing');
SELECT is_empty('SELECT violations()', 'all is well');

SELECT * FROM finish();
ROLLBACK;
