-- The map of a wave: one SVG document that shows what the tables say.
\set ON_ERROR_STOP on
BEGIN;
SELECT no_plan();
\ir lib/market.sql

-- What an expression finds in the map, and how often.
CREATE FUNCTION fixture.found(path text, wave text DEFAULT 'wave', width int DEFAULT 1200) RETURNS text[]
LANGUAGE sql STABLE AS $$
    SELECT xpath(path, xmlparse(DOCUMENT pickup_map(id(found.wave), found.width)), ARRAY[ARRAY['s', 'http://www.w3.org/2000/svg']])::text[]
$$;
CREATE FUNCTION fixture.number(path text, wave text DEFAULT 'wave') RETURNS int
LANGUAGE sql STABLE AS $$ SELECT cardinality(found(number.path, number.wave)) $$;
CREATE FUNCTION fixture.subtitle(wave text DEFAULT 'wave') RETURNS text
LANGUAGE sql STABLE AS $$ SELECT (found('/s:svg/s:text[2]/text()', subtitle.wave))[1] $$;
-- An order from a place, at the point given or at the nearest.
CREATE FUNCTION fixture.order_from(request text, lon float8, lat float8, point text DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
    SELECT p.outcome FROM place_order(id('campaign'), id('buyer'), ARRAY[id('rice')], '{1}', request, point => id(order_from.point), location => location(lon, lat)) p
$$;

-- A wave that nobody ordered in.
SELECT ok(xml_is_well_formed_document(pickup_map(id('wave'))), 'a wave without orders is a document');
SELECT is(number('//s:g[@class="points"]/s:g'), 3, 'with all points');
SELECT is(subtitle(), '0 orders at 0 points of 3', 'and says so');
SELECT is(number('//s:path[@class="tie"]') + number('//s:path[@class="run"]') + number('//s:g[@class="spot"]'), 0, 'there are no lines');

-- Some orders.
SELECT is(order_from('a', 121.502, 25.051), 'placed', 'an order');
SELECT is(order_from('b', 121.498, 25.049), 'placed', 'another');
SELECT is(order_from('c', 121.498, 25.049), 'placed', 'one more from there');
SELECT is(order_from('d', 121.511, 25.052), 'placed', 'one at the shed');
SELECT is(order_from('e', 121.512, 25.049), 'placed', 'which is full now');
SELECT is(place('f', 'buyer', '{rice}', '{1}'), 'placed', 'one from nowhere');
SELECT is(number('//s:g[@class="points"]//s:circle'),
          (SELECT count(*)::int FROM pickup_points WHERE longitude(location) < 121.55), 'points in the frame are circles');
SELECT is(number('//s:g[@class="ties"]/s:path[@class="tie"]'), 2, 'a path for each point with buyers');
SELECT is((SELECT sum(regexp_count) FROM (SELECT (length(d) - length(replace(d, 'L', '')))::int AS regexp_count
           FROM unnest(found('//s:g[@class="ties"]/s:path[@class="tie"]/@d')) d) x),
          (SELECT count(DISTINCT (point_id, ST_AsText(location))) FROM orders WHERE location IS NOT NULL), 'a line for each place at its point');
SELECT is(number('//s:circle[@class="full"][@cx]'), 1, 'a full point stands out');
SELECT is((found('//s:circle[@class="full"]/s:title/text()'))[1], e'shed\n2 parcels of 2', 'and has its numbers');
SELECT is((SELECT round((a[1]::numeric / b[1]::numeric) ^ 2, 1)
           FROM found('//s:circle[@class="some"]/@r') a, found('//s:circle[@class="full"][@cx]/@r') b), 2.0, 'areas are as the loads');
SELECT is(subtitle(), '6 orders at 2 points of 3, 1 full; outside this frame: 1 point; 1 order without a location', 'the line below the title');
SELECT is(pickup_map(id('wave')), pickup_map(id('wave')), 'twice the same');
SELECT is((SELECT count(*) FROM regexp_matches(pickup_map(id('wave')), '(<script|href|url\((?!#)|@import|<image|<foreignObject)', 'gi')), 0::bigint,
          'nothing from outside, no scripts');
SELECT is(found('/s:svg/@width', width => 400), '{400}', 'as wide as asked');
SELECT is(cancel_order(id('campaign'), (SELECT o.id FROM orders o WHERE request = 'e')), 'cancelled', 'one is cancelled');
SELECT is(number('//s:circle[@class="full"][@cx]'), 0, 'then it is not full');

-- True to scale: two points a known distance apart.
SELECT is((SELECT abs(x.pixels / x.scale - distance(location(121.5, 25.05), location(121.51, 25.05))) < 0.1 / x.scale
           FROM (SELECT abs((c[1])::float8 - (c[2])::float8) AS pixels, f.scale
                 FROM found('//s:g[@class="points"]//s:circle/@cx') c, map_frame(id('wave'), 1200) f) x), true, 'pixels between points are metres');
SELECT ok((SELECT bool_and(abs(sqrt(m.at[0] ^ 2 + m.at[1] ^ 2) / distance(location(lon, lat), m.place) - 1) < 1e-4)
           FROM (VALUES (0, 0), (121.5, 25), (180, -17), (-180, 65), (33, 90), (0, -89.99)) p(lon, lat), generate_series(0, 330, 30) turn,
                LATERAL (SELECT s.place, map_offset(s.place, location(lon, lat)) AS at
                         FROM (SELECT ST_Project(location(lon, lat)::public.geography, 5000, radians(turn))::ktt.location AS place) s) m),
          'places around any middle are as far from it as they are, at the poles and the date line too');

-- Service areas.
SELECT ok(number('//s:g[@class="border"]/s:circle') = 0, 'circles that hold the whole picture are no lines');
SELECT add_pickup_point(id('garden'), 'corner', location(121.503, 25.05), radius => 300) \g /dev/null
SELECT add_pickup_point(id('garden'), 'court', location(121.505, 25.052), NULL,
    'MULTIPOLYGON(((121.504 25.051,121.506 25.051,121.506 25.053,121.504 25.051)),((121.507 25.051,121.508 25.051,121.508 25.052,121.507 25.051)))'::public.geography)
    \g /dev/null
SELECT is(number('//s:g[@class="border"]/s:circle'), 1, 'a radius is a circle');
SELECT is((SELECT count(*) FROM regexp_matches((found('//s:g[@class="border"]/s:path/@d'))[1], 'Z', 'g')), 2::bigint, 'an area is its rings');
SELECT is((SELECT array_agg(DISTINCT ring ORDER BY ring) || array_agg(DISTINCT vertex ORDER BY vertex) FROM vertices(
    'MULTIPOLYGON(((0 0,3 0,0 3,0 0),(0.5 0.5,1 0.5,0.5 1,0.5 0.5)),((5 5,6 5,5 6,5 5)))'::public.geography)), '{1,2,3,1,2,3,4}', 'rings and corners');

-- A point that cannot serve its buyer any more.
UPDATE pickup_points SET radius = 100 WHERE id = id('shed');
SELECT is(number('//s:g[@class="ties"]/s:path[@class="astray"]'), 1, 'a buyer out of reach has a line of another colour');
UPDATE pickup_points SET radius = 3000 WHERE id = id('shed');

-- Paused.
SELECT open_pickup_point(id('gate'), false) \g /dev/null
SELECT is(number('//s:circle[@class="shut"][@cx]'), 1, 'a paused point stands out');
SELECT open_pickup_point(id('gate'), true) \g /dev/null

-- White spots.
SELECT is((SELECT string_agg(t, ' ') FROM unnest(found('//s:g[@class="spot"]/s:text/text()')) t), NULL, 'everybody has a point within 500 m');
UPDATE pickup_points SET state = 'paused';
SELECT is(number('//s:g[@class="spot"]'), 2, 'without open points the buyers'' own places are white spots');
UPDATE pickup_points SET state = 'open';

-- Names that would break the document.
SELECT add_pickup_point(id('garden'), e'<&>"''\x01\x0b\x1f ]]> \uffff', location(121.5, 25.052)) \g /dev/null
UPDATE waves SET reference = e'<script>&"\x08' WHERE id = id('wave');
SELECT ok(xml_is_well_formed_document(pickup_map(id('wave'))), 'names with special and control characters keep it a document');
SELECT ok(pickup_map(id('wave')) NOT LIKE '%<script>%', 'and are no markup');
SELECT is((found('/s:svg/s:text[1]/text()'))[1], 'Wave &lt;script&gt;&amp;"?', 'they can be read');
SELECT is(char_length(map_text(repeat('&', 100), 10)), 7 * 5 + 3, 'long ones are cut, not inside of an escape');

-- Runs.
SELECT configure_runs(warehouse => location(121.52, 25.05)) \g /dev/null
SELECT pay_order(o.campaign_id, o.id, o.amount, 'payment ' || o.id) FROM orders o WHERE o.state = 'placed' \g /dev/null
SELECT close_wave(id('wave')), freeze_wave(id('wave')) \g /dev/null
SELECT plan_runs(id('wave')) \g /dev/null
SELECT is(number('//s:g[@class="runs"]/s:path[@class="run"]'), (SELECT max(run) FROM run_stops), 'a line for each run');
SELECT is((SELECT count(*) FROM regexp_matches((found('//s:path[@class="run"]/@d'))[1], 'L', 'g')), (SELECT count(*) FROM run_stops WHERE run = 1),
          'from the warehouse to every stop');
SELECT is((found('//s:path[@class="warehouse"]/s:title/text()'))[1], 'warehouse', 'the warehouse is there');
SELECT is(number('//s:g[@class="stops"]/s:text'), (SELECT count(*)::int FROM run_stops), 'stops are numbered');
SELECT configure_runs(capacity => 2) \g /dev/null
SELECT plan_runs(id('wave')) \g /dev/null
SELECT is(number('//s:g[@class="point"]/s:path[@class="unserved"]'), (SELECT count(*)::int FROM run_stops WHERE run IS NULL), 'a point in no run is marked');
SELECT ok((SELECT count(*) FROM run_stops WHERE run IS NULL) > 0, 'of which there is one');

-- Far away: it does not squeeze the map.
SELECT is((SELECT subtitle() LIKE '%outside this frame%' FROM (SELECT 1) x), true, 'what is far is counted only');

-- Over the date line, at a pole, all at one place, a single point, none.
DELETE FROM run_stops;
DELETE FROM run_plans;
UPDATE orders SET location = NULL;
UPDATE pickup_points SET location = location(CASE id % 2 WHEN 0 THEN 179.999 ELSE -179.999 END, -17), area = NULL, radius = 1000;
SELECT ok((SELECT 1200 / f.scale < 2000 FROM map_frame(id('wave'), 1200) f), 'two sides of the date line are next to each other');
SELECT is(number('//s:g[@class="points"]/s:g'), (SELECT count(*)::int FROM pickup_points), 'all are in the frame');
UPDATE pickup_points SET location = location(id * 37 % 360 - 180, 89.999);
SELECT is(number('//s:g[@class="points"]/s:g'), (SELECT count(*)::int FROM pickup_points), 'around the pole, too');
SELECT ok((SELECT 1200 / f.scale < 2000 FROM map_frame(id('wave'), 1200) f), 'which is a small place');
UPDATE pickup_points SET location = location(-180, 90);
SELECT is(number('//s:g[@class="points"]/s:g'), (SELECT count(*)::int FROM pickup_points), 'everything at one place');
UPDATE pickup_points SET location = location(CASE id % 2 WHEN 0 THEN 0 ELSE 180 END, 0);
SELECT ok(xml_is_well_formed_document(pickup_map(id('wave'))), 'points at the opposite ends of the earth');
SELECT open_wave('other') AS other \gset
SELECT ok(xml_is_well_formed_document(pickup_map(:other)), 'a wave without a campaign');
SET session_replication_role = replica;
DELETE FROM pickup_points;
SET session_replication_role = origin;
SELECT ok(xml_is_well_formed_document(pickup_map(:other)), 'no points at all');

-- Wrong calls.
SELECT throws_ok('SELECT pickup_map(999999)', 'KT303', 'wave 999999 does not exist', 'an unknown wave');
SELECT throws_ok('SELECT pickup_map(NULL)', '22004', 'wave must not be null', 'no wave');
SELECT throws_ok(format('SELECT pickup_map(%s, 399)', :other), '22023', 'width must be between 400 and 4000', 'too narrow');
SELECT throws_ok(format('SELECT pickup_map(%s, NULL)', :other), '22004', 'width must not be null', 'no width');
SELECT throws_ok(format('SELECT pickup_map(%s, spots => 101)', :other), '22023', 'spots must be between 0 and 100', 'too many white spots');
SELECT throws_ok(format('SELECT pickup_map(%s, spot_metres => ''NaN'')', :other), '22023', 'spot_metres must be between 1 and 100000', 'no distance');
SELECT * FROM finish();
ROLLBACK;
