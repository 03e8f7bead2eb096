-- Local days and times, in the market's zone whatever the session's.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(142);
\ir lib/market.sql
\ir lib/clock.sql

SELECT is((SELECT count(*) FROM oracle), 540::bigint, 'the oracle has 13 times around each of 36 changes, and 72 without any');

-- Every zone in every session.
CREATE FUNCTION pg_temp.differences(zone text) RETURNS TABLE (day date, at time, want timestamptz, got timestamptz) LANGUAGE sql AS $$
    SELECT o.day, o.at, o.moment, local_time(o.day, o.at) FROM oracle o
    WHERE o.zone = differences.zone AND (o.moment <> local_time(o.day, o.at) OR o.shows <> local_day(o.moment))
$$;
CREATE FUNCTION pg_temp.ask(zone text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    v_habit bigint;
BEGIN
    PERFORM configure(time_zone => ask.zone);
    FOR v_habit IN SELECT h.id FROM habit h ORDER BY h.id LOOP
        RETURN NEXT is_empty(format('SELECT * FROM pg_temp.differences(%L)', ask.zone), format('%s, asked from %s', ask.zone, pg_temp.take_on(v_habit)));
    END LOOP;
END
$$;
SELECT pg_temp.ask(z.zone) FROM (SELECT DISTINCT o.zone FROM oracle o) z ORDER BY z.zone;
RESET timezone;
RESET datestyle;

-- Changes as the authorities announced them, so that not everything hangs on one set of files.
CREATE FUNCTION pg_temp.at(zone text, day date, at time) RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    PERFORM configure(time_zone => at.zone);
    RETURN local_time(at.day, at.at);
END
$$;
SELECT is(pg_temp.at(z, d, a), m, n)
FROM (VALUES ('America/New_York', date '2026-03-08', time '02:30', timestamptz '2026-03-08 07:30Z', 'New York skips 02:00 to 03:00: it shows 03:30'),
             ('America/New_York', '2026-11-01', '01:30', '2026-11-01 06:30Z', 'New York has 01:30 twice: the later'),
             ('Europe/Dublin', '2026-10-25', '01:30', '2026-10-25 01:30Z', 'Dublin too, whose winter is what it saves'),
             ('Europe/Dublin', '2026-03-29', '01:30', '2026-03-29 01:30Z', 'and whose summer is standard time'),
             ('Australia/Lord_Howe', '2026-10-04', '02:10', '2026-10-03 15:40Z', 'Lord Howe skips half an hour: 02:10 is 02:40'),
             ('Australia/Lord_Howe', '2026-04-05', '01:45', '2026-04-04 15:15Z', 'and has half an hour twice'),
             ('America/Santiago', '2026-09-06', '00:00', '2026-09-06 04:00Z', 'Santiago has a day without a midnight: it begins at 01:00'),
             ('America/Santiago', '2026-04-04', '24:00', '2026-04-05 04:00Z', 'the hour before midnight comes twice, midnight once'),
             ('America/Santiago', '2026-04-04', '23:30', '2026-04-05 03:30Z', 'half past eleven is the second one'),
             ('Africa/Casablanca', '2026-02-15', '02:30', '2026-02-15 02:30Z', 'Casablanca goes back for Ramadan'),
             ('Pacific/Apia', '2011-12-30', '12:00', '2011-12-30 22:00Z', 'Apia skipped a whole day: noon of it was the next day''s'),
             ('Africa/Monrovia', '1972-01-07', '00:10', '1972-01-07 00:54:30Z', 'Monrovia skipped 44 minutes and a half'),
             ('Asia/Shanghai', '2026-12-31', '24:00', '2026-12-31 16:00Z', '24:00 is the end of the day')) v(z, d, a, m, n);
SELECT is(local_day(pg_temp.at('Pacific/Apia', '2011-12-30', '12:00')), date '2011-12-31', 'its calendars skipped it');
SELECT is(pg_temp.at('Asia/Shanghai', '2026-07-01', '20:00:00.000001') - pg_temp.at('Asia/Shanghai', '2026-07-01', '20:00'), interval '1 us', 'to the microsecond');

-- A zone that is taken for an abbreviation has no summer.
SELECT throws_ok(format('SELECT configure(time_zone => %L)', z), '22023', format('time zone "%s" is also an abbreviation', z), 'not as a market''s zone: ' || z)
FROM unnest('{CET,EET,EST,HST,MET,MST,WET}'::text[]) z;
SELECT is_empty($$
    SELECT z.name FROM pg_timezone_names z JOIN pg_timezone_abbrevs a ON a.abbrev = upper(z.name)
    WHERE z.name NOT IN ('CET', 'EET', 'EST', 'HST', 'MET', 'MST', 'WET') AND upper(z.name) NOT IN ('UTC', 'UCT', 'GMT', 'ZULU', 'Z')
    $$, 'no other zone has a name that is one, but for those of Greenwich');

-- Bad input.
SELECT throws_ok(c, e, m, c)
FROM (VALUES ('SELECT local_time(NULL, ''20:00'')', '22004', 'day must not be null'), ('SELECT local_time(''2026-01-01'', NULL)', '22004', 'time of day must not be null'),
             ('SELECT local_time(''infinity'', ''20:00'')', '22023', 'day must be finite'), ('SELECT local_time(''-infinity'', ''20:00'')', '22023', 'day must be finite'),
             ('SELECT local_time(''294277-01-01'', ''20:00'')', '22008', NULL), ('SELECT local_time(''5874897-12-31'', ''20:00'')', '22008', NULL),
             ('SELECT local_time(''294276-12-31'', ''20:00'')', '22008', NULL), ('SELECT local_time(''4714-11-24 BC'', ''00:00'')', '22008', NULL),
             ('SELECT local_day(NULL)', '22004', 'moment must not be null'), ('SELECT local_day(''infinity'')', '22023', 'moment must be finite'),
             ('SELECT local_day(''-infinity'')', '22023', 'moment must be finite')) v(c, e, m);
SELECT is(local_time('294276-12-01', '20:00'), '294276-12-01 12:00Z', 'far ahead');
SELECT is(local_day(local_time('4713-01-01 BC', '00:00')), date '4713-01-01 BC', 'and far back');

SELECT * FROM finish();
ROLLBACK;
