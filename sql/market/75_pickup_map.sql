/*
 * A picture of a wave: points by load, buyers tied to their points, service areas, white spots and driver runs.
 */

CREATE FUNCTION map_text(value text, most int DEFAULT 300)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN replace(replace(replace(replace(regexp_replace(
           CASE WHEN char_length(value) > most THEN left(value, most - 3) || '...' ELSE value END,
           '[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]', '?', 'g'), '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;');
COMMENT ON FUNCTION map_text(text, int) IS 'Internal. A text for XML: escaped, without characters that XML does not know, cut to so many characters.';

CREATE FUNCTION map_count(number bigint, one text, many text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_char(number, 'FM999,999,999,999,999') || CASE number WHEN 1 THEN ' ' || one ELSE ' ' || many END;
COMMENT ON FUNCTION map_count(bigint, text, text) IS 'Internal. A number with its noun.';

CREATE FUNCTION map_length(metres double precision)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN metres < 1000 THEN round(metres) || ' m' ELSE trim_scale(round(metres::numeric / 1000, CASE WHEN metres < 100000 THEN 1 ELSE 0 END)) || ' km' END;
COMMENT ON FUNCTION map_length(double precision) IS 'Internal. A length in metres or kilometres, for people.';

CREATE FUNCTION map_colour(run int)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('{#0072b2,#d55e00,#009e73,#aa4499,#b8860b,#222222}'::text[])[1 + (run - 1) % 6];
COMMENT ON FUNCTION map_colour(int) IS 'Internal. The colour of a run: six that differ also for the colour-blind.';

-- Azimuthal equidistant: the same whichever meridian or pole is near.
CREATE FUNCTION map_offset(place ktt.location, middle ktt.location)
RETURNS point
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT
AS $$
DECLARE
    v_sin double precision := sind(ktt.latitude(place));
    v_cos double precision := cosd(ktt.latitude(place));
    v_sin0 double precision := sind(ktt.latitude(middle));
    v_cos0 double precision := cosd(ktt.latitude(middle));
    v_turn double precision := ktt.longitude(place) - ktt.longitude(middle);
    v_east double precision := v_cos * sind(v_turn);
    v_north double precision := v_cos0 * v_sin - v_sin0 * v_cos * cosd(v_turn);
    v_sine double precision := sqrt(v_east * v_east + v_north * v_north);
    v_angle double precision := atan2(v_sine, v_sin0 * v_sin + v_cos0 * v_cos * cosd(v_turn));
    -- Of the ellipsoid: how far from 1 the meridian's curvature is.
    v_flat double precision := 1 - 0.0066943799901413165 * v_sin0 * v_sin0;
BEGIN
    IF v_sine = 0 THEN
        RETURN point(0, v_angle * 6378137);
    END IF;
    RETURN point(v_east * v_angle / v_sine * 6378137 / sqrt(v_flat),
                 v_north * v_angle / v_sine * 6378137 * (1 - 0.0066943799901413165) / (v_flat * sqrt(v_flat)));
END
$$;
COMMENT ON FUNCTION map_offset(ktt.location, ktt.location) IS
    'Internal. Metres east and north of a middle, true to scale around it.';

CREATE FUNCTION map_pixel(place ktt.location, middle ktt.location, west double precision, north double precision, scale double precision)
RETURNS point
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT
AS $$
DECLARE
    v_at point := map_offset(place, middle);
BEGIN
    RETURN point(round((v_at[0] - west) * scale * 10) / 10, round((north - v_at[1]) * scale * 10) / 10);
END
$$;
COMMENT ON FUNCTION map_pixel(ktt.location, ktt.location, double precision, double precision, double precision) IS
    'Internal. Where a place lies in a map with this middle, western and northern edge and pixels per metre.';

CREATE FUNCTION map_frame(
    wave bigint, width int,
    OUT middle ktt.location, OUT west double precision, OUT north double precision, OUT scale double precision, OUT height int)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    v_east double precision;
    v_south double precision;
    v_more double precision;
    -- Where the buyers are; without them, where the points are.
    v_places ktt.location[] := ARRAY(
        SELECT x.location
        FROM (SELECT y.*, min(y.rank) OVER () AS best
              FROM (SELECT o.location, 1 AS rank FROM campaigns c JOIN orders o ON o.campaign_id = c.id
                    WHERE c.wave_id = wave AND o.state NOT IN ('cancelled', 'expired') AND o.location IS NOT NULL
                    UNION ALL SELECT p.location, CASE p.state WHEN 'open' THEN 2 ELSE 3 END FROM pickup_points p) y) x
        WHERE x.rank = x.best);
BEGIN
    -- Medians in space know no date line, and a place far off does not move them.
    SELECT CASE WHEN m.x * m.x + m.y * m.y + m.z * m.z > 1e-6
                THEN ktt.location(atan2d(m.y, m.x), atan2d(m.z, sqrt(m.x * m.x + m.y * m.y))) ELSE coalesce(v_places[1], ktt.location(0, 0)) END
      INTO middle
    FROM (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY cosd(ktt.latitude(l)) * cosd(ktt.longitude(l))) AS x,
                 percentile_cont(0.5) WITHIN GROUP (ORDER BY cosd(ktt.latitude(l)) * sind(ktt.longitude(l))) AS y,
                 percentile_cont(0.5) WITHIN GROUP (ORDER BY sind(ktt.latitude(l))) AS z
          FROM unnest(v_places) l) m;
    -- What is much farther out than nine in ten are, and at most one in fifty of them all, does not squeeze the rest.
    WITH a AS (SELECT o.at, sqrt(o.at[0] * o.at[0] + o.at[1] * o.at[1]) AS far
               FROM (SELECT map_offset(l, map_frame.middle) AS at FROM unnest(v_places) l) o),
    r AS (SELECT q.far[2] AS most, CASE WHEN q.far[1] > 0 THEN least(q.far[2], 5 * q.far[1]) ELSE q.far[2] END AS reach
          FROM (SELECT percentile_disc('{0.9,0.98}'::double precision[]) WITHIN GROUP (ORDER BY a.far) AS far FROM a) q),
    -- The warehouse comes into the picture when it is not too far away.
    k AS (SELECT a.at FROM a, r WHERE a.far <= r.reach
          UNION ALL
          SELECT h.at FROM (SELECT map_offset(s.warehouse, map_frame.middle) AS at FROM run_settings s, run_plans p WHERE p.wave_id = wave) h, r
          WHERE h.at IS NOT NULL AND sqrt(h.at[0] * h.at[0] + h.at[1] * h.at[1]) <= 2 * r.reach)
    SELECT min(k.at[0]), max(k.at[0]), min(k.at[1]), max(k.at[1]) INTO west, v_east, v_south, north FROM k;
    v_more := greatest(0.05 * greatest(v_east - west, north - v_south), 250);
    west := coalesce(west - v_more, -500);
    v_east := coalesce(v_east + v_more, 500);
    v_south := coalesce(v_south - v_more, -300);
    north := coalesce(north + v_more, 300);
    -- Neither a ribbon nor a tower.
    v_more := ((north - v_south) / 1.1 - (v_east - west)) / 2;
    IF v_more > 0 THEN
        west := west - v_more;
        v_east := v_east + v_more;
    END IF;
    v_more := ((v_east - west) * 0.6 - (north - v_south)) / 2;
    IF v_more > 0 THEN
        v_south := v_south - v_more;
        north := north + v_more;
    END IF;
    scale := width / (v_east - west);
    height := ceil((north - v_south) * scale);
END
$$;
COMMENT ON FUNCTION map_frame(bigint, int) IS
    'Internal. The part of the earth that a map of a wave shows: around all buyers but those who are far from all others.';

CREATE FUNCTION pickup_map(wave bigint, width int DEFAULT 1200, spots int DEFAULT 5, spot_metres double precision DEFAULT 500)
RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_frame record;
    v_wave waves;
    v_top int := 62;
    v_warehouse point;
    v_bar double precision;
    v_columns int;
    v_rows int;
    v_largest double precision;
    v_areas text;
    v_ties text;
    v_points text;
    v_runs text;
    v_spots text;
    v_facts text;
    v_keys text[];
    v_key text;
BEGIN
    PERFORM require(wave, 'wave'), require(width, 'width'), require_between(width, 400, 4000, 'width'),
            require(spots, 'spots'), require_between(spots, 0, 100, 'spots'), require(spot_metres, 'spot_metres'),
            require_factor(spot_metres, 1, 100000, 'spot_metres');
    SELECT w.* INTO v_wave FROM waves w WHERE w.id = wave;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'wave % does not exist', wave USING ERRCODE = 'KT303';
    END IF;
    SELECT f.* INTO v_frame FROM map_frame(wave, width) f;
    v_largest := width / 70.0;
    SELECT map_pixel(s.warehouse, v_frame.middle, v_frame.west, v_frame.north, v_frame.scale) INTO v_warehouse
    FROM run_settings s WHERE s.warehouse IS NOT NULL AND EXISTS (SELECT FROM run_plans p WHERE p.wave_id = wave);

    WITH o AS MATERIALIZED (
        SELECT o.point_id, o.location, map_pixel(o.location, v_frame.middle, v_frame.west, v_frame.north, v_frame.scale) AS at,
               u.order_id IS NOT NULL AS unplaced
        FROM campaigns c JOIN orders o ON o.campaign_id = c.id
        LEFT JOIN unplaced_orders u ON u.campaign_id = o.campaign_id AND u.order_id = o.id
        WHERE c.wave_id = wave AND o.state NOT IN ('cancelled', 'expired')),
    q AS MATERIALIZED (
        SELECT p.*, x.at[0] AS x, x.at[1] AS y, x.at[0] BETWEEN 0 AND width AND x.at[1] BETWEEN 0 AND v_frame.height AS shown,
               coalesce(l.parcels, 0) AS parcels, max(coalesce(l.parcels, 0)) OVER () AS most,
               s.run, s.place, s.reason, s.arrives_at,
               CASE WHEN p.state <> 'open' THEN 'shut' WHEN l.parcels IS NULL THEN 'none' WHEN l.parcels >= p.capacity THEN 'full'
                    WHEN l.parcels >= 0.8 * p.capacity THEN 'near' ELSE 'some' END AS kind
        FROM pickup_points p
        CROSS JOIN LATERAL map_pixel(p.location, v_frame.middle, v_frame.west, v_frame.north, v_frame.scale) x(at)
        LEFT JOIN (SELECT o.point_id, count(*) AS parcels FROM o GROUP BY o.point_id) l ON l.point_id = p.id
        LEFT JOIN run_stops s ON s.wave_id = wave AND s.point_id = p.id),
    -- Buyers in the picture, each with the point where he fetches; one line for all orders from one place.
    t AS MATERIALIZED (
        SELECT q.id, q.x, q.y, o.at[0] AS bx, o.at[1] AS by,
               bool_or(o.unplaced OR q.state = 'closed' OR ktt.distance(q.location, o.location) > q.radius
                       OR NOT ktt.covers(q.area, o.location)) IS TRUE AS astray
        FROM o JOIN q ON q.id = o.point_id
        WHERE o.at[0] BETWEEN 0 AND width AND o.at[1] BETWEEN 0 AND v_frame.height
        GROUP BY q.id, q.x, q.y, o.at[0], o.at[1]),
    -- Its lines lie under all points, and again in the point's own group, to be seen when it is pointed at.
    h AS MATERIALIZED (
        SELECT t.id, string_agg(format('M%s %sL%s %s', t.x, t.y, t.bx, t.by), '' ORDER BY t.bx, t.by) FILTER (WHERE NOT t.astray) AS ties,
               string_agg(format('M%s %sL%s %s', t.x, t.y, t.bx, t.by), '' ORDER BY t.bx, t.by) FILTER (WHERE t.astray) AS astray
        FROM t GROUP BY t.id),
    -- Circles of one group are one shade where they overlap; those that hold the whole picture say nothing.
    c AS (
        SELECT q.id, q.x, q.y, q.state, q.radius * v_frame.scale AS r, q.area IS NULL AS round,
               (greatest(q.x, width - q.x) ^ 2 + greatest(q.y, v_frame.height - q.y) ^ 2) <= (q.radius * v_frame.scale) ^ 2 AS whole,
               (greatest(-q.x, 0, q.x - width) ^ 2 + greatest(-q.y, 0, q.y - v_frame.height) ^ 2) < (q.radius * v_frame.scale) ^ 2 AS near
        FROM q WHERE q.radius IS NOT NULL AND q.area IS NULL AND q.state = 'open'),
    a AS (
        SELECT g.id, string_agg('M' || g.ring || 'Z', '' ORDER BY g.n) AS path
        FROM (SELECT q.id, v.ring AS n, string_agg(format('%s %s', v.at[0], v.at[1]), 'L' ORDER BY v.vertex) AS ring
              FROM q, LATERAL (SELECT v.ring, v.vertex, map_pixel(v.location, v_frame.middle, v_frame.west, v_frame.north, v_frame.scale) AS at
                               FROM ktt.vertices(q.area) v) v
              WHERE q.area IS NOT NULL AND q.state = 'open'
              GROUP BY q.id, v.ring
              HAVING max(v.at[0]) >= 0 AND min(v.at[0]) <= width AND max(v.at[1]) >= 0 AND min(v.at[1]) <= v_frame.height) g
        GROUP BY g.id),
    n AS (SELECT count(*) FILTER (WHERE c.near AND NOT c.whole) AS circles, bool_or(c.whole) AS whole FROM c)
    SELECT concat('<g class="served">',
                  CASE WHEN n.whole THEN format('<rect width="%s" height="%s"/>', width, v_frame.height)
                       ELSE (SELECT string_agg(format('<circle cx="%s" cy="%s" r="%s"/>', c.x, c.y, round(c.r::numeric, 1)), '' ORDER BY c.id) FROM c WHERE c.near) END,
                  (SELECT string_agg(format('<path d="%s"/>', a.path), '' ORDER BY a.id) FROM a), '</g><g class="border">',
                  (SELECT string_agg(format('<path class="area" d="%s"/>', a.path), '' ORDER BY a.id) FROM a),
                  CASE WHEN n.circles <= 60 THEN (SELECT string_agg(format('<circle cx="%s" cy="%s" r="%s"/>', c.x, c.y, round(c.r::numeric, 1)), '' ORDER BY c.id)
                                                  FROM c WHERE c.near AND NOT c.whole) END, '</g>'),
           concat('<g class="ties">', (SELECT string_agg(format('<path class="tie" d="%s"/>', h.ties), '' ORDER BY h.id) FROM h WHERE h.ties IS NOT NULL),
                  (SELECT string_agg(format('<path class="astray" d="%s"/>', h.astray), '' ORDER BY h.id) FROM h WHERE h.astray IS NOT NULL),
                  (SELECT format('<path class="buyers" d="%s"/>', string_agg(format('M%s %sh0', t.bx, t.by), '' ORDER BY t.by, t.bx)) FROM t WHERE NOT t.astray HAVING count(*) > 0),
                  (SELECT format('<path class="lost" d="%s"/>', string_agg(format('M%s %sh0', t.bx, t.by), '' ORDER BY t.by, t.bx)) FROM t WHERE t.astray HAVING count(*) > 0),
                  '</g>'),
           concat('<g class="points">',
                  (SELECT string_agg(format('<g class="point">%s<circle class="%s" cx="%s" cy="%s" r="%s"><title>%s</title></circle>%s</g>',
                                            '<path d="' || concat(h.ties, h.astray) || '"/>', q.kind, q.x, q.y,
                                            CASE WHEN q.parcels = 0 THEN 1.6 ELSE greatest(1.8, round((v_largest * sqrt(q.parcels::numeric / q.most))::numeric, 1)) END,
                                            concat(map_text(q.reference), e'\n', map_count(q.parcels, 'parcel', 'parcels'), ' of ' || q.capacity,
                                                   CASE WHEN q.state <> 'open' THEN ', ' || q.state END,
                                                   e'\nrun ' || q.run || ', stop ' || q.place, e'\nnot served: ' || replace(q.reason, '_', ' ')),
                                            CASE WHEN q.reason IS NOT NULL
                                                 THEN format('<path class="unserved" d="M%s %sl8 8m-8 0l8 -8"/>', q.x - 4, q.y - 4) END), ''
                                     ORDER BY q.parcels DESC, q.id)
                   FROM q LEFT JOIN h ON h.id = q.id WHERE q.shown),
                  '</g><g class="names">',
                  -- The busiest by name, but not one over another.
                  (SELECT string_agg(format('<text x="%s" y="%s">%s</text>', b.x, b.y + b.r + 10, map_text(b.reference, 24)), '' ORDER BY b.id)
                   FROM (SELECT q.id, q.x, q.y, q.reference, round((v_largest * sqrt(q.parcels::numeric / q.most))::numeric, 1) AS r,
                                row_number() OVER (ORDER BY q.parcels DESC, q.id) AS rank,
                                row_number() OVER (PARTITION BY floor(q.x / 120), floor(q.y / 24) ORDER BY q.parcels DESC, q.id) AS here
                         FROM q WHERE q.shown AND q.parcels > 0) b
                   WHERE b.rank <= 12 AND b.here = 1 AND b.x BETWEEN 60 AND width - 60), '</g>'),
           concat('<g class="runs">',
                  (SELECT string_agg(format('<path class="run" stroke="%s"%s d="M%s"><title>%s</title></path>', map_colour(r.run),
                                            CASE (r.run - 1) / 6 % 3 WHEN 1 THEN ' stroke-dasharray="7 3"' WHEN 2 THEN ' stroke-dasharray="2 3"' END,
                                            concat(v_warehouse[0] || ' ' || v_warehouse[1] || 'L', r.path),
                                            format('Run %s: %s, %s', r.run, map_count(r.stops, 'stop', 'stops'), map_count(r.parcels, 'parcel', 'parcels'))
                                            || coalesce(', ' || map_length(r.metres) || ' to the last', '')), '' ORDER BY r.run)
                   FROM (SELECT s.run, count(*) AS stops, sum(s.parcels) AS parcels, sum(s.metres) AS metres,
                                string_agg(format('%s %s', q.x, q.y), 'L' ORDER BY s.place) AS path
                         FROM run_stops s JOIN q ON q.id = s.point_id WHERE s.wave_id = wave AND s.run IS NOT NULL GROUP BY s.run) r),
                  '</g><g class="stops">',
                  (SELECT string_agg(format('<text x="%s" y="%s" style="fill:%s">%s</text>', b.x + 3, b.y - 3, map_colour(b.run), b.place), '' ORDER BY b.run, b.place)
                   FROM q b
                   WHERE b.shown AND b.run IS NOT NULL
                     AND NOT EXISTS (SELECT FROM q n WHERE n.shown AND n.run IS NOT NULL AND abs(n.x - b.x) < 13 AND abs(n.y - b.y) < 9
                                     AND (n.parcels, b.id) > (b.parcels, n.id))), '</g>'),
           (SELECT concat_ws(', ', map_count(sum(q.parcels)::bigint, 'order', 'orders') || ' at ' || map_count(count(*) FILTER (WHERE q.parcels > 0), 'point', 'points')
                             || ' of ' || to_char(count(*), 'FM999,999,999,999'),
                             nullif(count(*) FILTER (WHERE q.kind = 'full'), 0) || ' full',
                             map_count((SELECT nullif(count(*), 0) FROM o WHERE o.unplaced), 'order unplaced', 'orders unplaced'),
                             map_count(nullif(max(q.run), 0), 'run', 'runs'),
                             map_count(nullif(count(q.reason), 0), 'stop not served', 'stops not served'))
                   || coalesce('; outside this frame: ' || nullif(concat_ws(', ',
                             map_count((SELECT nullif(count(*), 0) FROM o WHERE NOT (o.at[0] BETWEEN 0 AND width AND o.at[1] BETWEEN 0 AND v_frame.height)), 'order', 'orders'),
                             map_count(nullif(count(*) FILTER (WHERE NOT q.shown), 0), 'point', 'points')), ''), '')
                   || coalesce('; ' || map_count((SELECT nullif(count(*), 0) FROM o WHERE o.location IS NULL), 'order', 'orders') || ' without a location', '')
            FROM q),
           (SELECT array_remove(ARRAY[
                CASE WHEN bool_or(q.kind = 'some') THEN '<circle class="some" r="6"/>|point, room left; area by load' END,
                CASE WHEN bool_or(q.kind = 'near') THEN '<circle class="near" r="6"/>|over 80 % of capacity' END,
                CASE WHEN bool_or(q.kind = 'full') THEN '<circle class="full" r="6"/>|full' END,
                CASE WHEN bool_or(q.kind = 'none') THEN '<circle class="none" r="2"/>|point without an order' END,
                CASE WHEN bool_or(q.kind = 'shut') THEN '<circle class="shut" r="5"/>|paused or closed point' END,
                CASE WHEN EXISTS (SELECT FROM t WHERE NOT t.astray) THEN '<path class="tie" d="M-8 0h16"/><path class="buyers" d="M8 0h0"/>|buyer and his point' END,
                CASE WHEN EXISTS (SELECT FROM t WHERE t.astray) THEN '<path class="astray" d="M-8 0h16"/><path class="lost" d="M8 0h0"/>|out of reach or not placed' END,
                CASE WHEN bool_or(q.state = 'open') THEN '<rect class="served" x="-9" y="-6" width="18" height="12"/>|served area' END,
                CASE WHEN max(q.run) > 0 THEN '<path class="run" stroke="#0072b2" d="M-9 4L0 -4L9 3"/>|run of a driver, stops numbered' END,
                CASE WHEN count(q.reason) > 0 THEN '<path class="unserved" d="M-4 -4l8 8m-8 0l8 -8"/>|stop that no run serves' END,
                CASE WHEN max(q.run) > 0 AND v_warehouse IS NOT NULL THEN '<path class="warehouse" d="M-7 6v-8l7 -5 7 5v8z"/>|warehouse' END], NULL)
            FROM q)
      INTO v_areas, v_ties, v_points, v_runs, v_facts, v_keys
    FROM n;

    -- Where new points would have the most buyers of this wave near them who have none.
    IF spots > 0 THEN
        SELECT string_agg(format('<g class="spot"><circle cx="%1$s" cy="%2$s" r="%3$s"/><text x="%1$s" y="%4$s">%5$s<title>%6$s</title></text></g>',
                                 x.at[0], x.at[1], round((spot_metres * v_frame.scale)::numeric, 1), x.at[1] + 4, w.rank,
                                 format('White spot %s: %s within %s of it and of no open point', w.rank, map_count(w.gained, 'buyer', 'buyers'),
                                        map_length(spot_metres))), '' ORDER BY w.rank)
          INTO v_spots
        FROM (SELECT array_agg(b.n ORDER BY b.n) AS ids, array_agg(b.location ORDER BY b.n) AS locations, array_agg(b.buyers ORDER BY b.n) AS buyers
              FROM (SELECT row_number() OVER (ORDER BY ktt.longitude(o.location), ktt.latitude(o.location)) AS n, o.location::ktt.location AS location,
                           count(DISTINCT o.buyer_id) AS buyers
                    FROM campaigns c JOIN orders o ON o.campaign_id = c.id
                    WHERE c.wave_id = wave AND o.state NOT IN ('cancelled', 'expired') AND o.location IS NOT NULL
                    GROUP BY o.location) b) l,
             LATERAL ktt.white_spots((SELECT coalesce(ktt.pickup_index(p.id, p.location), '{}') FROM pickup_points p WHERE p.state = 'open'),
                                     l.ids, l.locations, l.buyers, spot_metres, spots) w,
             LATERAL map_pixel(l.locations[w.id], v_frame.middle, v_frame.west, v_frame.north, v_frame.scale) x(at)
        WHERE l.ids IS NOT NULL AND x.at[0] BETWEEN 0 AND width AND x.at[1] BETWEEN 0 AND v_frame.height;
        IF v_spots IS NOT NULL THEN
            v_keys := v_keys || format('<circle class="white" r="7"/>|white spot, %s around it, by buyers gained', map_length(spot_metres));
        END IF;
    END IF;

    -- 1, 2 or 5 times a power of ten: the longest of them that takes at most a fifth of the width.
    SELECT max(b.metres) INTO v_bar FROM (SELECT f * 10.0 ^ e AS metres FROM unnest('{1,2,5}'::int[]) f, generate_series(0, 7) e) b
    WHERE b.metres * v_frame.scale <= width / 5.0;
    v_columns := greatest(1, width / 290);
    v_rows := (cardinality(v_keys) + v_columns - 1) / v_columns;
    SELECT string_agg(format('<g transform="translate(%s %s)">%s<text x="18" y="4">%s</text></g>', 24 + (k.n - 1) % v_columns * (width / v_columns),
                             v_top + v_frame.height + 24 + (k.n - 1) / v_columns * 22, split_part(k.key, '|', 1), split_part(k.key, '|', 2)), '' ORDER BY k.n)
      INTO v_key FROM unnest(v_keys) WITH ORDINALITY k(key, n);
    RETURN concat(
        format('<svg xmlns="http://www.w3.org/2000/svg" class="pickup-map" viewBox="0 0 %1$s %2$s" width="%1$s" height="%2$s" role="img" aria-label="Map of the pickup points of wave %3$s">',
               width, v_top + v_frame.height + 18 + 22 * v_rows, map_text(v_wave.reference)),
        '<style>.pickup-map{font-family:system-ui,sans-serif;background:#fff}.pickup-map text{font:12px system-ui,sans-serif;fill:#222}'
        '.pickup-map text.title{font-size:19px;font-weight:600}.pickup-map .paper{fill:#fbfbf8;stroke:#bbb}'
        '.pickup-map .served{fill:#56b4e9;fill-opacity:.13}.pickup-map g.served{fill-opacity:1;opacity:.13}'
        '.pickup-map .border *{fill:none;stroke:#56b4e9;stroke-width:.8}'
        '.pickup-map .tie{fill:none;stroke:#888;stroke-width:.7}.pickup-map .astray{fill:none;stroke:#aa4499;stroke-width:1.2}'
        '.pickup-map .buyers{stroke:#555;stroke-width:2.4;stroke-linecap:round}.pickup-map .lost{stroke:#aa4499;stroke-width:4;stroke-linecap:round}'
        '.pickup-map circle{stroke:#fff;stroke-width:.7}.pickup-map .some{fill:#0072b2;fill-opacity:.75}.pickup-map .near{fill:#e69f00;fill-opacity:.85}'
        '.pickup-map .full{fill:#d55e00;fill-opacity:.9;stroke:#222;stroke-width:1.5}.pickup-map .none{fill:#fff;stroke:#999}'
        '.pickup-map .shut{fill:#fff;stroke:#222;stroke-width:1.4;stroke-dasharray:2 1.5}'
        '.pickup-map .served circle{stroke:none}.pickup-map .point path{fill:none;stroke:#000;stroke-width:1.2;visibility:hidden}'
        '.pickup-map .point:hover path{visibility:visible}.pickup-map .point path.unserved,.pickup-map .unserved{visibility:visible;fill:none;stroke:#c00;stroke-width:2.2}'
        '.pickup-map .run{fill:none;stroke-width:2;stroke-opacity:.8;stroke-linejoin:round}.pickup-map .run:hover{stroke-width:4}'
        '.pickup-map .names text,.pickup-map .stops text{paint-order:stroke;stroke:#fff;stroke-width:2.5px;pointer-events:none}'
        '.pickup-map .names text{font-size:11px;text-anchor:middle}.pickup-map .stops text{font-size:9px;font-weight:600}'
        '.pickup-map .spot circle,.pickup-map .white{fill:#f0e442;fill-opacity:.3;stroke:#222;stroke-width:1.2;stroke-dasharray:4 3}'
        '.pickup-map .spot circle{pointer-events:none}.pickup-map .spot text{font-size:13px;font-weight:700;text-anchor:middle;paint-order:stroke;stroke:#fff;stroke-width:3px}'
        '.pickup-map .warehouse{fill:#222;stroke:#fff}.pickup-map .bar{fill:none;stroke:#222;stroke-width:1.5}</style>',
        format('<clipPath id="pickup-map-%s"><rect width="%s" height="%s"/></clipPath>', wave, width, v_frame.height),
        format('<text class="title" x="14" y="26">Wave %s</text><text x="14" y="48">%s</text>',
               map_text(v_wave.reference, width / 16), coalesce(map_text(v_facts), 'no points')),
        format('<g transform="translate(0 %s)"><rect class="paper" width="%s" height="%s"/><g clip-path="url(#pickup-map-%s)">',
               v_top, width, v_frame.height, wave),
        v_areas, '<g class="spots">', v_spots, '</g>', v_ties, v_points, v_runs,
        CASE WHEN v_warehouse IS NOT NULL THEN format('<path class="warehouse" transform="translate(%s %s)" d="M-9 8v-10l9 -7 9 7v10z"><title>warehouse</title></path>',
                                                      v_warehouse[0], v_warehouse[1]) END,
        '</g>',
        format('<path class="bar" d="M16 %1$sv5h%2$sv-5"/><text x="20" y="%3$s">%4$s</text>', v_frame.height - 22,
               round((v_bar * v_frame.scale)::numeric, 1), v_frame.height - 24, map_length(v_bar)),
        '</g>', v_key, '</svg>');
END
$$;
COMMENT ON FUNCTION pickup_map(bigint, int, int, double precision) IS
    'A map of a wave as one SVG document of so many pixels in width (400 to 4000), without scripts or anything from outside; it can stand alone or in a page of '
    'HTML. Points lie by their places, sized by the wave''s orders that were not cancelled and coloured by what they fill of the capacity; lines lead to the '
    'buyers'' places, in another colour when the point does not serve the place or the order could not be placed; shaded is what open points serve; planned runs lead '
    'from the warehouse stop by stop; numbered rings of spot_metres (1 to 100000) are the first spots (0 to 100) places for new points, by the buyers of the wave who '
    'would be that near to one of them and are to no open point. Numbers show when a point or a run is pointed at. The frame holds all buyers but a few who are far from all others; '
    'what lies outside is counted. The same wave gives the same text. Errors: 22004 null, 22023 an argument out of bounds, KT303 no such wave.';
