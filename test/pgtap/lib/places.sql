-- Slow and obvious: who has to leave a pickup point and where to, and who is covered by which. All pairs, measured by PostGIS.
CREATE SCHEMA IF NOT EXISTS reference;

CREATE FUNCTION reference.serves(radius float8, area geography, spot geography, at geography) RETURNS boolean
LANGUAGE sql AS $$ SELECT coalesce(ST_DWithin(spot, at, radius), true) AND coalesce(ST_Covers(area, at), true) $$;

-- What becomes of the orders at a point that is about to be as given: one row for each that leaves, wave by wave. Of all pairs of
-- an order and a point with room the nearest is taken, and so on; of equal ones the order that was placed first, then the lower point.
CREATE FUNCTION reference.reassign(point bigint, cause text, closed boolean, spot geography, radius float8, area geography, capacity int)
RETURNS TABLE (campaign_id bigint, order_id bigint, to_point bigint, metres float8, reason text)
LANGUAGE plpgsql AS $$
DECLARE
    v_wave record;
    v_order record;
    v_pair record;
    v_left int;
BEGIN
    CREATE TEMP TABLE IF NOT EXISTS leaving (campaign_id bigint, order_id bigint, rank int, at geography, to_point bigint, metres float8);
    CREATE TEMP TABLE IF NOT EXISTS room (point_id bigint, places int, radius float8, area geography, spot geography);
    FOR v_wave IN SELECT w.id, w.delivery_on FROM market.waves w WHERE w.state IN ('open', 'closed') ORDER BY w.id LOOP
        TRUNCATE leaving, room;
        INSERT INTO room
        SELECT p.id, p.capacity - (SELECT count(*) FROM market.orders o JOIN market.campaigns c ON c.id = o.campaign_id
                                   WHERE c.wave_id = v_wave.id AND o.point_id = p.id AND o.state NOT IN ('cancelled', 'expired')), p.radius, p.area, p.location
        FROM market.pickup_points p
        WHERE p.state = 'open' AND p.id <> point
          AND (v_wave.delivery_on IS NULL OR NOT EXISTS (SELECT FROM market.opening_hours h WHERE h.point_id = p.id)
               OR EXISTS (SELECT FROM market.opening_hours h WHERE h.point_id = p.id AND h.weekday = extract(isodow FROM v_wave.delivery_on)));
        v_left := capacity;
        FOR v_order IN
            SELECT o.campaign_id, o.id, row_number() OVER (ORDER BY o.placed_at, o.campaign_id, o.id) AS rank,
                   coalesce(o.location, (SELECT r.location FROM market.reassignments r WHERE r.order_id = o.id ORDER BY r.id DESC LIMIT 1),
                            (SELECT p.location FROM market.pickup_points p WHERE p.id = point)) AS at,
                   EXISTS (SELECT FROM market.unplaced_orders u WHERE u.order_id = o.id) AS unplaced
            FROM market.orders o JOIN market.campaigns c ON c.id = o.campaign_id
            WHERE c.wave_id = v_wave.id AND o.point_id = point AND o.state IN ('placed', 'paid') ORDER BY rank
        LOOP
            IF closed OR ((cause = 'move' OR v_order.unplaced) AND NOT reference.serves(radius, area, spot, v_order.at)) OR v_left = 0 THEN
                INSERT INTO leaving VALUES (v_order.campaign_id, v_order.id, v_order.rank, v_order.at);
            ELSE
                v_left := v_left - 1;
            END IF;
        END LOOP;
        LOOP
            SELECT l.order_id, r.point_id, ST_Distance(r.spot, l.at) AS metres INTO v_pair
            FROM leaving l, room r
            WHERE l.to_point IS NULL AND (r.places > 0 OR r.places IS NULL) AND reference.serves(r.radius, r.area, r.spot, l.at)
            ORDER BY ST_Distance(r.spot, l.at), l.rank, r.point_id LIMIT 1;
            EXIT WHEN NOT FOUND;
            UPDATE leaving l SET to_point = v_pair.point_id, metres = v_pair.metres WHERE l.order_id = v_pair.order_id;
            UPDATE room r SET places = r.places - 1 WHERE r.point_id = v_pair.point_id;
        END LOOP;
        RETURN QUERY
        SELECT l.campaign_id, l.order_id, l.to_point, l.metres,
               CASE WHEN l.to_point IS NULL
                    THEN CASE WHEN EXISTS (SELECT FROM room r WHERE reference.serves(r.radius, r.area, r.spot, l.at)) THEN 'full' ELSE 'no_point' END END
        FROM leaving l;
    END LOOP;
END
$$;
