/*
 * Who lives near a pickup point and who does not: households and buyers per community and per point, and where the next points
 * should be.
 */

CREATE TABLE dwellings (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    community_id    bigint NOT NULL REFERENCES communities,
    reference       text NOT NULL UNIQUE CHECK (octet_length(reference) BETWEEN 1 AND 256),
    location        ktt.location NOT NULL,
    households      int NOT NULL CHECK (households BETWEEN 0 AND 1000000000)
);
CREATE INDEX dwellings_community_id_idx ON dwellings (community_id);
CREATE INDEX dwellings_location_idx ON dwellings USING gist (location);
COMMENT ON TABLE dwellings IS 'Where the households of a community live: a building, a street number, a block.';

CREATE FUNCTION add_dwellings(community bigint, keys text[], locations ktt.location[], households int[])
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_bad record;
    v_count bigint;
BEGIN
    PERFORM read_committed();
    IF NOT EXISTS (SELECT FROM communities c WHERE c.id = require(community, 'community')) THEN
        RAISE EXCEPTION 'community % does not exist', community USING ERRCODE = 'KT303';
    ELSIF (cardinality(require(keys, 'keys')), cardinality(keys))
          IS DISTINCT FROM (cardinality(require(locations, 'locations')), cardinality(require(add_dwellings.households, 'households'))) THEN
        RAISE EXCEPTION 'every dwelling needs a key, a location and a number of households'
            USING ERRCODE = '22023',
                  DETAIL = format('There are %s keys, %s locations and %s numbers.', cardinality(keys), cardinality(locations), cardinality(add_dwellings.households));
    END IF;
    -- The worst of them says what is wrong, if anything is.
    SELECT * INTO v_bad
    FROM (SELECT n.*, count(*) OVER (PARTITION BY n.key) AS times FROM unnest(keys, locations, add_dwellings.households) n(key, location, households)) d
    ORDER BY num_nulls(d.key, d.location, d.households) = 0, d.households BETWEEN 0 AND 1000000000, octet_length(d.key) BETWEEN 1 AND 256,
             d.times = 1 LIMIT 1;
    IF FOUND THEN
        PERFORM require(v_bad.key, 'key'), require(v_bad.location, 'location'), require(v_bad.households, 'households'),
                require_between(v_bad.households, 0, 1000000000, 'households'), require_reference(v_bad.key, 'key');
        IF v_bad.times > 1 THEN
            RAISE EXCEPTION 'dwelling "%" is given more than once', left(v_bad.key, 64) USING ERRCODE = '22023';
        END IF;
    END IF;
    -- By key, so that two loads of the same dwellings queue and never deadlock.
    INSERT INTO dwellings AS d (community_id, reference, location, households)
    SELECT community, n.key, n.location, n.households FROM unnest(keys, locations, add_dwellings.households) n(key, location, households) ORDER BY n.key
    ON CONFLICT ON CONSTRAINT dwellings_reference_key
        DO UPDATE SET community_id = excluded.community_id, location = excluded.location, households = excluded.households
        WHERE d.community_id <> excluded.community_id OR ktt.distance(d.location, excluded.location) > 0 OR d.households <> excluded.households;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION add_dwellings(bigint, text[], ktt.location[], int[]) IS
    'Adds dwellings of a community under the application''s own keys, or replaces what is known of them, in parallel arrays; returns how many '
    'are new or have changed. Errors: 0A000 not READ COMMITTED, 22004 null, 22023 unlike lengths, a key twice, too long or empty, households not '
    'between 0 and 1000000000, KT303 no such community.';

CREATE FUNCTION open_points()
RETURNS ktt.pickup_index
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT coalesce(ktt.pickup_index(p.id, p.location), '{}') FROM pickup_points p WHERE p.state = 'open'
$$;
COMMENT ON FUNCTION open_points() IS 'Internal. Where the open points are, whomever they serve.';

CREATE FUNCTION coverage(metres double precision DEFAULT 800, target numeric DEFAULT 50)
RETURNS TABLE (community_id bigint, households bigint, located bigint, covered bigint, overlapping bigint, buyers bigint, buyers_covered bigint,
               percent numeric, wanted bigint, density numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT
AS $$
DECLARE
    v_points ktt.pickup_index := open_points();
BEGIN
    PERFORM ktt.checked_radius(require(metres, 'metres')), require_between(require(target, 'target'), 0, 100, 'target');
    RETURN QUERY
    WITH d AS (
        SELECT e.community_id, sum(e.households) AS located, coalesce(sum(e.households) FILTER (WHERE e.near >= 1), 0) AS covered,
               coalesce(sum(e.households) FILTER (WHERE e.near >= 2), 0) AS overlapping, array_agg(e.location) AS locations
        FROM (SELECT w.community_id, w.households, w.location, ktt.points_within(v_points, w.location, metres) AS near FROM dwellings w) e
        GROUP BY e.community_id),
    b AS (
        SELECT e.community_id, count(*) AS buyers, count(*) FILTER (WHERE ktt.points_within(v_points, e.location, metres) >= 1) AS covered
        FROM (SELECT p.community_id, o.buyer_id,
                     (array_agg(o.location ORDER BY o.placed_at DESC, o.id DESC) FILTER (WHERE o.location IS NOT NULL))[1] AS location
              FROM orders o JOIN pickup_points p ON p.id = o.point_id
              WHERE o.state NOT IN ('placed', 'cancelled', 'expired') GROUP BY p.community_id, o.buyer_id) e
        GROUP BY e.community_id)
    SELECT c.id, h.households, coalesce(d.located, 0)::bigint, coalesce(d.covered, 0)::bigint, coalesce(d.overlapping, 0)::bigint,
           coalesce(b.buyers, 0), coalesce(b.covered, 0), round(100.0 * coalesce(b.buyers, 0) / nullif(h.households, 0), 1),
           greatest(ceil(h.households * target / 100) - coalesce(b.buyers, 0), 0)::bigint,
           round((d.located * 1000000.0 / nullif(ktt.hull_area(d.locations), 0))::numeric, 1)
    FROM communities c LEFT JOIN d ON d.community_id = c.id LEFT JOIN b ON b.community_id = c.id
    CROSS JOIN LATERAL (SELECT coalesce(c.households, d.located)::bigint AS households) h
    ORDER BY c.id;
END
$$;
COMMENT ON FUNCTION coverage(double precision, numeric) IS
    'How far each community is covered. households: as told of the community, else those of its dwellings; located: those whose dwelling is '
    'known; covered, overlapping: of these, within so many metres of an open point of whatever community, of two or more; buyers: who have '
    'bought at its points; buyers_covered: of them within the metres of an open point by the location of the last order that has one; percent: buyers '
    'by 100 households; wanted: buyers still to be won for the target, in percent; density: located households per square kilometre of '
    'the smallest convex area around the dwellings, NULL where that has none. Errors: 22004 null, 22023 metres or target out of bounds.';

CREATE FUNCTION point_reach(metres double precision DEFAULT 800)
RETURNS TABLE (point_id bigint, community_id bigint, households bigint, alone bigint, buyers bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 300 SET search_path FROM CURRENT
AS $$
DECLARE
    v_points ktt.pickup_index := open_points();
BEGIN
    PERFORM ktt.checked_radius(require(metres, 'metres'));
    RETURN QUERY
    WITH b AS (
        SELECT o.point_id, count(DISTINCT o.buyer_id) AS buyers FROM orders o
        WHERE o.state NOT IN ('placed', 'cancelled', 'expired') GROUP BY o.point_id)
    SELECT p.id, p.community_id, coalesce(sum(d.households), 0)::bigint,
           coalesce(sum(d.households) FILTER (WHERE d.near = 1), 0)::bigint, coalesce(max(b.buyers), 0)
    FROM pickup_points p LEFT JOIN b ON b.point_id = p.id
    LEFT JOIN LATERAL (
        SELECT w.households, ktt.points_within(v_points, w.location, metres) AS near
        FROM dwellings w WHERE ktt.within(w.location, p.location, metres)) d ON true
    WHERE p.state = 'open' GROUP BY p.id ORDER BY p.id;
END
$$;
COMMENT ON FUNCTION point_reach(double precision) IS
    'What each open point is there for: households within so many metres of it, of them alone those near no other open point, and buyers who '
    'have bought there. Errors: 22004 null, 22023 metres out of bounds.';

CREATE FUNCTION white_spots(metres double precision DEFAULT 800, n int DEFAULT 10)
RETURNS TABLE (rank int, dwelling_id bigint, community_id bigint, location ktt.location, households bigint, gained bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10 SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN QUERY
    SELECT w.rank, d.id, d.community_id, d.location, w.households, w.gained
    FROM (SELECT coalesce(array_agg(e.id), '{}') AS ids, coalesce(array_agg(e.location), '{}') AS locations,
                 coalesce(array_agg(e.households::bigint), '{}') AS households FROM dwellings e) a,
         LATERAL ktt.white_spots(open_points(), a.ids, a.locations, a.households, require(metres, 'metres'), require(n, 'n')) w
    JOIN dwellings d ON d.id = w.id ORDER BY w.rank;
END
$$;
COMMENT ON FUNCTION white_spots(double precision, int) IS
    'Where the next n points would win most households, best first: at a dwelling, within so many metres of which so many households live, of '
    'them gained by no open point and no spot before. Greedy: at least 63 % of what any n points could win. Ends when nothing more is '
    'gained. Errors: 22004 null, 22023 metres out of bounds, n not between 1 and 10000.';
