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
