-- What Python reads out of the time zone data around every change of six zones, and of one that never changes; and sessions that
-- write and read times in every other way.
CREATE TEMP TABLE oracle (zone text, kind text, day date, at time, moment timestamptz, shows date);
\copy oracle FROM PROGRAM 'python3 -B test/oracle/clock.py 2025 2027 America/New_York Europe/London Europe/Dublin Australia/Lord_Howe America/Santiago Africa/Casablanca Asia/Shanghai' (FORMAT csv)

CREATE TEMP TABLE habit AS
SELECT row_number() OVER () AS id, z.zone, d.style
FROM unnest('{UTC,America/New_York,Europe/Dublin,Australia/Lord_Howe,Pacific/Apia}'::text[]) z(zone),
     unnest('{"ISO, MDY","SQL, DMY","German, YMD"}'::text[]) d(style);

CREATE FUNCTION pg_temp.take_on(id bigint) RETURNS text LANGUAGE sql AS $$
    SELECT set_config('timezone', h.zone, true) || ', ' || set_config('datestyle', h.style, true) FROM habit h WHERE h.id = take_on.id
$$;
