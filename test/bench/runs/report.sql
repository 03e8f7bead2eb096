-- What a line says of the runs beside the time that they took.
CREATE FUNCTION bench.runs_of(stops int, who text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT format('%1$s_vehicles=%2$s %1$s_unserved=%3$s %1$s_km=%4$s', s.who, s.vehicles, s.unserved, round(s.km::numeric))
    FROM bench.summary s WHERE s.stops = runs_of.stops AND s.who = runs_of.who
$$;
CREATE FUNCTION bench.runs_line(name text, ours text, stops int, peer text, peer_stops int, against text, aim numeric DEFAULT NULL) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT bench.line(name, 'runs', peer, 'ms', against, aim, ours) || format(' bound=%s %s %s', ceil(stops / 25.0), bench.runs_of(stops, 'ours'), bench.runs_of(peer_stops, 'peer'))
$$;
SELECT bench.runs_line('runs', 'ours', 300, 'peer_50', 50, 'pgr_vrpOneDepot_with_50_stops_instead_of_300') WHERE EXISTS (SELECT FROM bench.sizes z WHERE z.peer);
SELECT bench.runs_line('runs.50', 'ours_50', 50, 'peer_50', 50, 'pgr_vrpOneDepot') WHERE EXISTS (SELECT FROM bench.sizes z WHERE z.peer);
SELECT bench.runs_line('runs.25', 'ours_25', 25, 'peer_25', 25, 'pgr_vrpOneDepot') WHERE EXISTS (SELECT FROM bench.sizes z WHERE z.peer);
-- The aim of 300 ms, as a ratio.
INSERT INTO bench.samples (bench, who, ms, cpu_ms) SELECT 'runs', 'aim', 300, 300;
SELECT bench.line('runs.aim', 'runs', 'aim', 'ms', 'three_tenths_of_a_second', 1) || format(' bound=%s %s', ceil(300 / 25.0), bench.runs_of(300, 'ours'));
SELECT bench.line('runs.1000', 'runs', 'ours', 'ms', 'itself_with_300_stops', NULL, 'ours_1000') || format(' bound=%s %s', ceil(1000 / 25.0), bench.runs_of(1000, 'ours'));
SELECT bench.line('runs.2000', 'runs', 'ours', 'ms', 'itself_with_300_stops', NULL, 'ours_2000') || format(' bound=%s %s', ceil(2000 / 25.0), bench.runs_of(2000, 'ours'));
SELECT bench.line('runs_memory.2000', 'runs_memory', 'ours', 'bytes', 'itself_with_300_stops', NULL, 'ours_2000');
