/*
 * A point that is closed, moved or made smaller: the orders that it can no longer serve go to the next best points.
 */

CREATE TABLE reassignments (
    campaign_id bigint NOT NULL,
    order_id    bigint NOT NULL,
    id          bigint GENERATED ALWAYS AS IDENTITY,
    wave_id     bigint NOT NULL REFERENCES waves,
    cause       text NOT NULL CHECK (cause IN ('close', 'move', 'resize', 'open')),
    request     text,
    from_point  bigint NOT NULL REFERENCES pickup_points,
    to_point    bigint REFERENCES pickup_points,
    reason      text CHECK (reason IN ('no_point', 'full', 'frozen')),
    location    ktt.location NOT NULL,
    metres      double precision CHECK (metres >= 0),
    steward_account_id bigint,
    reassigned_at timestamptz NOT NULL,
    PRIMARY KEY (campaign_id, order_id, id),
    FOREIGN KEY (campaign_id, order_id) REFERENCES orders,
    CONSTRAINT reassignments_outcome_check CHECK ((to_point IS NULL) = (reason IS NOT NULL) AND (to_point IS NULL) = (metres IS NULL))
);
CREATE INDEX reassignments_request_idx ON reassignments (cause, request);
COMMENT ON TABLE reassignments IS
    'One row per order and change of its pickup point: where it went, or why it could not go anywhere and stays where it is.';
COMMENT ON COLUMN reassignments.request IS 'The request key of the call; NULL when a closed point was opened again.';
COMMENT ON COLUMN reassignments.to_point IS
    'NULL when no point could take the order. The point it was at when it stays there after all, because that serves it again.';
COMMENT ON COLUMN reassignments.reason IS
    'no_point: no other open point serves the location on the day of delivery; full: all that do are taken; frozen: the lists are out.';
COMMENT ON COLUMN reassignments.location IS 'Where the buyer is: the location of the order or, without one, that of the point it was placed at.';
COMMENT ON COLUMN reassignments.metres IS 'From there to the point it went to.';
COMMENT ON COLUMN reassignments.steward_account_id IS 'The order''s steward from then on.';

CREATE FUNCTION placed_point(target orders)
RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE SET search_path FROM CURRENT
AS $$
    SELECT coalesce((SELECT r.from_point FROM reassignments r
                     WHERE r.campaign_id = target.campaign_id AND r.order_id = target.id ORDER BY r.id LIMIT 1), target.point_id)
$$;
COMMENT ON FUNCTION placed_point(orders) IS
    'Internal. The point at which an order was placed; it may have been sent elsewhere since. What it took of quotas and limits was that point''s.';

CREATE VIEW unplaced_orders WITH (security_barrier) AS
SELECT r.campaign_id, r.order_id, r.wave_id, r.from_point AS point_id, o.buyer_id, o.state, r.cause, r.reason, r.reassigned_at AS since
FROM reassignments r JOIN orders o ON o.campaign_id = r.campaign_id AND o.id = r.order_id
WHERE r.to_point IS NULL AND o.state IN ('placed', 'paid')
  AND NOT EXISTS (SELECT FROM reassignments n WHERE n.campaign_id = r.campaign_id AND n.order_id = r.order_id AND n.id > r.id);
COMMENT ON VIEW unplaced_orders IS
    'Orders that their point can no longer serve and no other could take: listed until they are moved, cancelled, refunded whole or have arrived '
    'there all the same. Closing, moving or resizing the point again under a new key tries again.';

CREATE FUNCTION divide_order(target orders, steward_account bigint)
RETURNS ktt.shares
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT sum(CASE WHEN i.rated THEN line_shares(target, b.item, steward_account)
                    ELSE divide_line(i.rule, i.payees, b.amount, b.units * i.supply_price, b.units, target.seller_account_id, steward_account) END)
    FROM ktt.items(target.basket) b JOIN campaign_items i ON i.id = b.item
$$;
COMMENT ON FUNCTION divide_order(orders, bigint) IS 'Internal. The shares of an order if it had this steward.';

CREATE FUNCTION lock_orders(point bigint)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    -- Lists that are being frozen come first, or wait. Every order is taken at its last state.
    PERFORM FROM waves w WHERE w.state IN ('open', 'closed') ORDER BY w.id FOR SHARE;
    PERFORM FROM waves w JOIN campaigns c ON c.wave_id = w.id JOIN orders o ON o.campaign_id = c.id
    WHERE w.state IN ('open', 'closed') AND o.point_id = point AND o.state IN ('placed', 'paid')
    ORDER BY o.campaign_id, o.id FOR NO KEY UPDATE OF o;
END
$$;
COMMENT ON FUNCTION lock_orders(bigint) IS 'Internal. Locks the orders at a point whose lists are not frozen, and keeps those lists from being frozen.';

CREATE FUNCTION orders_on_the_way(point pickup_points, cause text, was ktt.location)
RETURNS TABLE (campaign_id bigint, order_id bigint, wave_id bigint, placed_at timestamptz, location ktt.location, frozen boolean,
               unplaced boolean, leaves boolean)
LANGUAGE sql STABLE ROWS 100 SET search_path FROM CURRENT
AS $$
    SELECT x.campaign_id, x.id, x.wave_id, x.placed_at, x.location, x.frozen, x.unplaced,
           NOT x.served OR (NOT x.frozen AND row_number() OVER (PARTITION BY x.wave_id, x.served ORDER BY x.placed_at, x.campaign_id, x.id)
                                             > point.capacity) IS TRUE
    FROM (SELECT o.campaign_id, o.id, c.wave_id, o.placed_at, l.location, w.frozen_at IS NOT NULL AS frozen, l.unplaced,
                 -- Whom it served before it still serves, unless its place or its reach has changed.
                 point.state <> 'closed'
                 AND (NOT (l.unplaced OR cause = 'move')
                      OR ((point.radius IS NULL OR ktt.within(point.location, l.location, point.radius))
                          AND (point.area IS NULL OR ktt.covers(point.area, l.location)))) AS served
          FROM waves w JOIN campaigns c ON c.wave_id = w.id JOIN orders o ON o.campaign_id = c.id
          LEFT JOIN LATERAL (SELECT r.location, r.to_point IS NULL AS unplaced FROM reassignments r
                             WHERE r.campaign_id = o.campaign_id AND r.order_id = o.id ORDER BY r.id DESC LIMIT 1) last ON true
          CROSS JOIN LATERAL (SELECT coalesce(o.location, last.location, was) AS location, coalesce(last.unplaced, false) AS unplaced) l
          WHERE o.point_id = point.id AND o.state IN ('placed', 'paid')
            AND (w.frozen_at IS NULL
                 OR (EXISTS (SELECT FROM wave_lists d WHERE d.wave_id = w.id AND d.kind = 'delivery' AND d.party_id = point.id)
                     AND NOT EXISTS (SELECT FROM pickups a WHERE a.wave_id = w.id AND a.point_id = point.id)))) x
$$;
COMMENT ON FUNCTION orders_on_the_way(pickup_points, text, ktt.location) IS
    'Internal. The orders at a point that have not arrived, and which of them it can no longer serve: all when it is closed; else who is out of '
    'its reach, and of the others in each wave whose lists are not frozen the latest placed that are more than its capacity. '
    'An order placed without a location stands at the location that the point had (was).';

CREATE FUNCTION reassign_orders(point bigint, cause text, request text, was ktt.location)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_point pickup_points;
    v_load record;
BEGIN
    SELECT p.* INTO STRICT v_point FROM pickup_points p WHERE p.id = point;
    -- Ties between orders that are equally far from a point go to the one that was placed first: they are numbered so.
    FOR v_load IN
        WITH here AS MATERIALIZED (
            SELECT h.*, CASE WHEN h.leaves AND NOT h.frozen
                             THEN row_number() OVER (PARTITION BY h.wave_id ORDER BY h.placed_at, h.campaign_id, h.order_id) END AS n
            FROM orders_on_the_way(v_point, reassign_orders.cause, was) h),
        batch AS (
            SELECT h.wave_id, array_agg(h.n ORDER BY h.n) AS ids, array_agg(h.location ORDER BY h.n) AS locations
            FROM here h WHERE h.n IS NOT NULL GROUP BY h.wave_id),
        matched AS (
            SELECT b.wave_id, m.id AS n, m.point, m.metres, m.reason
            FROM batch b JOIN waves w ON w.id = b.wave_id
            CROSS JOIN LATERAL (
                SELECT coalesce(ktt.pickup_index(p.id, p.location, CASE WHEN p.capacity IS NOT NULL THEN greatest(p.capacity - coalesce(l.parcels, 0), 0) END,
                                                 p.radius, p.area), '{}') AS points
                FROM pickup_points p LEFT JOIN point_loads l ON l.wave_id = w.id AND l.point_id = p.id
                WHERE p.state = 'open' AND p.id <> v_point.id AND open_on(p.open_days, w.delivery_on)) x
            CROSS JOIN LATERAL ktt.match_pickups(x.points, b.ids, b.locations, 'stable') m),
        decided AS (
            SELECT h.campaign_id, h.order_id, h.wave_id, h.location, t.to_point,
                   CASE WHEN h.leaves THEN m.metres ELSE ktt.distance(h.location, v_point.location) END AS metres,
                   CASE WHEN h.frozen THEN 'frozen' ELSE m.reason END AS reason,
                   s.account_id AS steward_account,
                   -- A refund has taken its part of the steward's share back: then the share stays his.
                   CASE WHEN t.to_point <> v_point.id AND s.account_id IS DISTINCT FROM o.steward_account_id AND o.refunded = '{}'
                        THEN divide_order(o, s.account_id) END AS shares,
                   o.steward_account_id AS old_steward_account
            FROM here h JOIN orders o ON o.campaign_id = h.campaign_id AND o.id = h.order_id
            LEFT JOIN matched m ON m.wave_id = h.wave_id AND m.n = h.n
            CROSS JOIN LATERAL (SELECT CASE WHEN h.leaves THEN m.point ELSE v_point.id END AS to_point) t
            LEFT JOIN pickup_points p ON p.id = t.to_point
            LEFT JOIN stewardships s ON s.community_id = p.community_id AND upper_inf(s.period)
            WHERE h.leaves OR h.unplaced),
        audit AS (
            INSERT INTO reassignments (campaign_id, order_id, wave_id, cause, request, from_point, to_point, reason, location, metres,
                                       steward_account_id, reassigned_at)
            SELECT d.campaign_id, d.order_id, d.wave_id, reassign_orders.cause, reassign_orders.request, v_point.id, d.to_point,
                   CASE WHEN d.to_point IS NULL THEN d.reason END, d.location, d.metres,
                   CASE WHEN d.shares IS NOT NULL THEN d.steward_account ELSE d.old_steward_account END, v_now
            FROM decided d ORDER BY d.campaign_id, d.order_id),
        moved AS (
            UPDATE orders o
               SET point_id = d.to_point,
                   steward_account_id = CASE WHEN d.shares IS NOT NULL THEN d.steward_account ELSE o.steward_account_id END,
                   shares = coalesce(d.shares, o.shares)
              FROM decided d
             WHERE o.campaign_id = d.campaign_id AND o.id = d.order_id AND d.to_point <> v_point.id
            RETURNING d.wave_id, d.to_point)
        SELECT x.wave_id, x.point_id, sum(x.parcels) AS parcels
        FROM (SELECT m.wave_id, m.to_point AS point_id, 1 AS parcels FROM moved m UNION ALL SELECT m.wave_id, v_point.id, -1 FROM moved m) x
        JOIN pickup_points p ON p.id = x.point_id AND p.capacity IS NOT NULL
        GROUP BY x.wave_id, x.point_id ORDER BY x.wave_id, x.point_id
    LOOP
        IF v_load.parcels < 0 THEN
            UPDATE point_loads l SET parcels = l.parcels + v_load.parcels WHERE l.wave_id = v_load.wave_id AND l.point_id = v_load.point_id;
        ELSE
            INSERT INTO point_loads AS l (wave_id, point_id, parcels) VALUES (v_load.wave_id, v_load.point_id, v_load.parcels)
            ON CONFLICT (wave_id, point_id) DO UPDATE SET parcels = l.parcels + excluded.parcels;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION reassign_orders(bigint, text, text, ktt.location) IS
    'Internal. Moves the orders that a point can no longer serve, as a set per wave, to the other open points with room (stable matching by '
    'distance), and notes each. The caller holds the gate and the orders, and has changed the point. An order goes to the steward of its new '
    'point with newly divided shares, unless a part of it was refunded: then the fee stays with the old one.';

CREATE FUNCTION close_pickup_point(point bigint, request text)
RETURNS SETOF reassignments
LANGUAGE plpgsql SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT
AS $$
DECLARE
    v_first jsonb := claim_request('close_pickup_point', request, jsonb_build_object('point', point));
    v_point pickup_points;
BEGIN
    PERFORM read_committed();
    IF v_first IS NULL THEN
        -- Waits for every order that is under way, and keeps closers and other changes out: nobody else takes places meanwhile.
        LOCK TABLE order_gate IN SHARE ROW EXCLUSIVE MODE;
        v_point := require_point(point);
        UPDATE pickup_points p SET state = 'closed' WHERE p.id = point;
        PERFORM lock_orders(point), reassign_orders(point, 'close', request, v_point.location), finish_request('close_pickup_point', request, to_jsonb(true));
    END IF;
    RETURN QUERY SELECT r.* FROM reassignments r WHERE r.cause = 'close' AND r.request = close_pickup_point.request ORDER BY r.campaign_id, r.order_id;
END
$$;
COMMENT ON FUNCTION close_pickup_point(bigint, text) IS
    'Gives a point up. Orders on the way to it whose lists are not frozen go to the next best open points with room on their day of delivery; '
    'returns a row per order: to_point, or NULL and the reason (no_point, full, frozen), then it stays where it is and in unplaced_orders. '
    'The same key gives the same rows again; another key tries again for those that stayed. open_pickup_point() opens it again. '
    'Call it in a transaction of its own: until that commits, orders of all campaigns wait. '
    'Errors: KT010 same key with another point, KT303 no such point.';

CREATE FUNCTION move_pickup_point(point bigint, location ktt.location, radius double precision, area ktt.area, request text)
RETURNS SETOF reassignments
LANGUAGE plpgsql SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT SET extra_float_digits = 1
AS $$
DECLARE
    v_first jsonb := claim_request('move_pickup_point', request,
        jsonb_build_object('point', point, 'longitude', ktt.longitude(location), 'latitude', ktt.latitude(location), 'radius', radius, 'area', area::text));
    v_point pickup_points;
BEGIN
    PERFORM read_committed();
    PERFORM require(location, 'location'), require_reach(radius, area);
    IF v_first IS NULL THEN
        LOCK TABLE order_gate IN SHARE ROW EXCLUSIVE MODE;
        v_point := require_point(point);
        UPDATE pickup_points p SET location = move_pickup_point.location, radius = move_pickup_point.radius, area = move_pickup_point.area
        WHERE p.id = point;
        PERFORM lock_orders(point), reassign_orders(point, 'move', request, v_point.location), finish_request('move_pickup_point', request, to_jsonb(true));
    END IF;
    RETURN QUERY SELECT r.* FROM reassignments r WHERE r.cause = 'move' AND r.request = move_pickup_point.request ORDER BY r.campaign_id, r.order_id;
END
$$;
COMMENT ON FUNCTION move_pickup_point(bigint, ktt.location, double precision, ktt.area, text) IS
    'Gives a point another place and reach (radius in metres, area, or both). Orders whose buyers it no longer serves go to the next best '
    'points, as close_pickup_point() does, which says what is returned; who placed an order without a location is taken to be where the point '
    'was. Errors: 22004 null, or neither radius nor area, 22023 radius out of bounds, KT010 same key with other arguments, KT303 no such point.';

CREATE FUNCTION resize_pickup_point(point bigint, capacity int, request text)
RETURNS SETOF reassignments
LANGUAGE plpgsql SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT
AS $$
DECLARE
    v_first jsonb := claim_request('resize_pickup_point', request, jsonb_build_object('point', point, 'capacity', capacity));
    v_point pickup_points;
BEGIN
    PERFORM read_committed();
    PERFORM require_between(capacity, 0, 1000000000, 'capacity');
    IF v_first IS NULL THEN
        LOCK TABLE order_gate IN SHARE ROW EXCLUSIVE MODE;
        v_point := require_point(point);
        UPDATE pickup_points p SET capacity = resize_pickup_point.capacity WHERE p.id = point;
        PERFORM lock_orders(point);
        IF v_point.capacity IS NULL AND capacity IS NOT NULL THEN
            -- Without a limit nobody counted.
            INSERT INTO point_loads (wave_id, point_id, parcels)
            SELECT w.id, point, count(*) FROM waves w JOIN campaigns c ON c.wave_id = w.id JOIN orders o ON o.campaign_id = c.id
            WHERE w.frozen_at IS NULL AND o.point_id = point AND o.state NOT IN ('cancelled', 'expired') GROUP BY w.id ORDER BY w.id
            ON CONFLICT (wave_id, point_id) DO UPDATE SET parcels = excluded.parcels;
        ELSIF capacity IS NULL THEN
            DELETE FROM point_loads l USING waves w WHERE w.frozen_at IS NULL AND l.wave_id = w.id AND l.point_id = point;
        END IF;
        PERFORM reassign_orders(point, 'resize', request, v_point.location), finish_request('resize_pickup_point', request, to_jsonb(true));
    END IF;
    RETURN QUERY SELECT r.* FROM reassignments r WHERE r.cause = 'resize' AND r.request = resize_pickup_point.request ORDER BY r.campaign_id, r.order_id;
END
$$;
COMMENT ON FUNCTION resize_pickup_point(bigint, int, text) IS
    'Gives a point another capacity in parcels per wave, NULL is no limit. In every wave whose lists are not frozen the latest placed orders '
    'that are too many go to the next best points, as close_pickup_point() does, which says what is returned; first come, first served. '
    'Errors: 22023 negative capacity, KT010 same key with other arguments, KT303 no such point.';

CREATE FUNCTION open_pickup_point(point bigint, open boolean)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_point pickup_points;
BEGIN
    PERFORM read_committed();
    IF require(open, 'open') THEN
        LOCK TABLE order_gate IN SHARE ROW EXCLUSIVE MODE;
    END IF;
    v_point := require_point(point);
    IF open AND v_point.state <> 'open' THEN
        UPDATE pickup_points p SET state = 'open' WHERE p.id = point;
        IF v_point.state = 'closed' THEN
            PERFORM lock_orders(point), reassign_orders(point, 'open', NULL, v_point.location);
        END IF;
    ELSIF NOT open AND v_point.state = 'open' THEN
        UPDATE pickup_points p SET state = 'paused' WHERE p.id = point;
    END IF;
END
$$;
COMMENT ON FUNCTION open_pickup_point(bigint, boolean) IS
    'Opens a pickup point for new orders, or pauses it: then it takes none, and placed orders stay where they are. Pausing leaves a closed point '
    'closed. Opening one that was closed keeps the orders that could not leave it; those that went stay where they went. '
    'Errors: 22004 null, KT303 no such point.';
