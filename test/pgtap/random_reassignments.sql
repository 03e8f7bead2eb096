-- Random points, waves and orders; points are closed, opened, moved and resized at random. Every time the slow reference has to name
-- the same orders and the same new points to the bit, and verify() to agree. KTT_LONG=1 runs more of it.
\set ON_ERROR_STOP on
\set CHANGES 45
\getenv long KTT_LONG
\if :{?long}
\set CHANGES 300
\endif
BEGIN;
SELECT plan(6);
\ir lib/market.sql
\ir lib/places.sql
SELECT setseed(0.3) \g /dev/null

CREATE FUNCTION pg_temp.upto(n int) RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT floor(random() * (n + 1))::int $$;
-- Within about three kilometres; few enough places that some are the same, over the antimeridian.
CREATE FUNCTION pg_temp.spot() RETURNS location LANGUAGE sql VOLATILE AS
    $$ SELECT location(CASE WHEN x > 180 THEN x - 360 ELSE x END, 22.8 + pg_temp.upto(15) / 1000.0) FROM (SELECT 179.99 + pg_temp.upto(20) / 1000.0 AS x) s $$;
CREATE FUNCTION pg_temp.area(at location) RETURNS area LANGUAGE sql VOLATILE AS
    $$ SELECT ST_Buffer(at::geography, 300 + pg_temp.upto(1500), 2)::geography::area $$;

CREATE TEMP TABLE told (what text);
SELECT set_config('fixture.people', array_agg(register_member('member ' || n))::text, true) FROM generate_series(1, 8) n \g /dev/null
SELECT appoint_steward(add_community('community ' || n), register_member('member ' || n)) FROM generate_series(1, 3) n \g /dev/null
SELECT add_community('community 4') \g /dev/null
SELECT name('point ' || n, add_pickup_point(add_community('community ' || (1 + n % 4)), 'point ' || n, at, CASE WHEN n % 3 > 0 THEN 500 + pg_temp.upto(2000) END,
                                            CASE WHEN n % 3 < 2 THEN pg_temp.area(at) END, CASE WHEN n % 2 = 0 THEN pg_temp.upto(6) END))
FROM generate_series(1, 12) n, LATERAL (SELECT n AS m, pg_temp.spot() AS at) s \g /dev/null
SELECT set_opening_hours(id('point ' || n), ARRAY[1 + n % 2, 3], '{09:00,09:00}', '{18:00,18:00}') FROM generate_series(1, 4) n \g /dev/null
SELECT create_campaign(open_wave('wave ' || w, d), id('leader'), format('%s/%s', w, c), clock_timestamp() + interval '1 hour', hold => '0')
FROM (VALUES (1, NULL), (2, date '2026-11-30'), (3, '2026-12-01')) v(w, d), generate_series(1, 2) c \g /dev/null
SELECT list_item(c.id, id('apple sku'), 850, 990), list_item(c.id, id('rice sku'), 2500, 2999), publish_campaign(c.id) FROM campaigns c WHERE c.state = 'draft' \g /dev/null

CREATE FUNCTION pg_temp.sell(orders int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_campaign bigint;
    v_at location;
    v_point bigint;
    v_order record;
BEGIN
    FOR n IN 1 .. orders LOOP
        SELECT c.id INTO v_campaign FROM (SELECT * FROM campaigns ORDER BY id) c WHERE c.reference ~ '/' ORDER BY random() LIMIT 1;
        SELECT p.id INTO v_point FROM (SELECT * FROM pickup_points ORDER BY id) p WHERE p.reference ~ 'point' ORDER BY random() LIMIT 1;
        v_at := CASE WHEN random() < 0.7 THEN pg_temp.spot() END;
        SELECT * INTO v_order FROM place_order(v_campaign, (current_setting('fixture.people')::bigint[])[1 + pg_temp.upto(7)],
            (SELECT array_agg(i.id ORDER BY i.id) FROM campaign_items i WHERE i.campaign_id = v_campaign), '{2,1}', gen_random_uuid()::text,
            NULL, CASE WHEN v_at IS NULL OR random() < 0.3 THEN v_point END, v_at);
        INSERT INTO told VALUES (v_order.outcome);
        CONTINUE WHEN v_order.outcome <> 'placed';
        IF random() < 0.6 THEN
            PERFORM pay_order(v_campaign, v_order.order_id, v_order.amount, gen_random_uuid()::text);
            IF random() < 0.2 THEN
                PERFORM refund_order(v_campaign, v_order.order_id, (SELECT min(i.id) FROM campaign_items i WHERE i.campaign_id = v_campaign), 1, gen_random_uuid()::text);
            END IF;
        END IF;
        IF random() < 0.15 THEN
            PERFORM cancel_order(v_campaign, v_order.order_id);
        END IF;
    END LOOP;
END
$$;

-- One change, what the reference says of it before, and what it did.
CREATE TEMP TABLE wanted (change int, campaign_id bigint, order_id bigint, to_point bigint, metres float8, reason text);
CREATE TEMP TABLE got (change int, campaign_id bigint, order_id bigint, to_point bigint, metres float8, reason text);
CREATE TEMP TABLE broken (change int, violation text);
CREATE FUNCTION pg_temp.change(n int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_point pickup_points;
    v_at location;
    v_what text := (ARRAY['close', 'open', 'move', 'move', 'resize', 'resize', 'steward'])[1 + pg_temp.upto(6)];
    v_capacity int;
    v_area area;
    v_radius float8;
BEGIN
    SELECT p.* INTO v_point FROM (SELECT * FROM pickup_points ORDER BY id) p WHERE p.reference ~ 'point' AND (v_what <> 'open' OR p.state = 'closed') ORDER BY random() LIMIT 1;
    IF v_what = 'steward' OR v_point.id IS NULL THEN
        PERFORM appoint_steward(v_point.community_id, (current_setting('fixture.people')::bigint[])[1 + pg_temp.upto(7)]) WHERE v_point.id IS NOT NULL;
    ELSIF v_what = 'close' THEN
        INSERT INTO wanted SELECT n, r.* FROM reference.reassign(v_point.id, 'close', true, v_point.location, v_point.radius, v_point.area, v_point.capacity) r;
        PERFORM close_pickup_point(v_point.id, 'change ' || n);
    ELSIF v_what = 'open' THEN
        INSERT INTO wanted SELECT n, r.* FROM reference.reassign(v_point.id, 'open', false, v_point.location, v_point.radius, v_point.area, v_point.capacity) r;
        PERFORM open_pickup_point(v_point.id, true);
        UPDATE reassignments r SET request = 'change ' || n WHERE r.request IS NULL;
    ELSIF v_what = 'move' THEN
        v_at := pg_temp.spot();
        v_area := CASE WHEN random() < 0.5 THEN pg_temp.area(v_at) END;
        v_radius := CASE WHEN random() < 0.6 OR v_area IS NULL THEN 200 + pg_temp.upto(2000) END;
        INSERT INTO wanted SELECT n, r.* FROM reference.reassign(v_point.id, 'move', v_point.state = 'closed', v_at, v_radius, v_area, v_point.capacity) r;
        PERFORM move_pickup_point(v_point.id, v_at, v_radius, v_area, 'change ' || n);
    ELSE
        v_capacity := CASE WHEN random() < 0.7 THEN pg_temp.upto(6) END;
        INSERT INTO wanted SELECT n, r.* FROM reference.reassign(v_point.id, 'resize', v_point.state = 'closed', v_point.location, v_point.radius, v_point.area, v_capacity) r;
        PERFORM resize_pickup_point(v_point.id, v_capacity, 'change ' || n);
    END IF;
    INSERT INTO told VALUES (v_what);
    INSERT INTO got SELECT n, r.campaign_id, r.order_id, r.to_point, r.metres, r.reason FROM reassignments r
    WHERE r.request = 'change ' || n AND r.from_point IS DISTINCT FROM r.to_point;
    INSERT INTO broken SELECT n, v FROM violations() v;
END
$$;

SELECT pg_temp.sell(150) \g /dev/null
SELECT pg_temp.change(n), pg_temp.sell(2) FROM generate_series(1, :CHANGES) n \g /dev/null
SELECT is_empty('(TABLE got EXCEPT ALL TABLE wanted) UNION ALL (TABLE wanted EXCEPT ALL TABLE got)', 'every order goes where the reference says');
SELECT is_empty('TABLE broken', 'and no promise is ever broken');
SELECT cmp_ok((SELECT count(*) FROM got WHERE to_point IS NOT NULL), '>=', :CHANGES::bigint, 'many orders have moved');
SELECT set_eq('SELECT DISTINCT reason FROM got', ARRAY[NULL, 'no_point', 'full'], 'some could not, for either reason');
SELECT ok((SELECT count(DISTINCT what) FROM told WHERE what IN ('placed', 'full', 'no_point', 'point_closed', 'close', 'open', 'move', 'resize')) = 8, 'everything happened');

-- The whole trade goes on from there.
SELECT close_wave(w.id), freeze_wave(w.id), dispatch_wave(w.id) FROM (SELECT id FROM waves ORDER BY id) w \g /dev/null
SELECT arrive(w.id, p.id) FROM waves w, pickup_points p \g /dev/null
SELECT hand_over_as_operator(p.campaign_id, p.order_id) FROM pickups p \g /dev/null
SELECT complete_wave(w.id) FROM waves w \g /dev/null
SELECT settle() \g /dev/null
SELECT is_empty('SELECT violations()', 'to the settlement');

SELECT * FROM finish();
ROLLBACK;
