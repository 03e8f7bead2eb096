-- Every pair of calls that write orders of one campaign, one waiting for the other: what comes of it is what comes of the two one after
-- the other, and of the second alone when the first is undone. Two sessions by dblink, a campaign of its own for every case.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SELECT ktt.create_market() \g /dev/null
CREATE EXTENSION dblink;
CREATE SCHEMA fixture;
SET search_path = market, ktt, fixture, public;
SELECT plan(6);

SELECT register_member(format('m%s', n)) FROM generate_series(1, 9) n \g /dev/null
SELECT appoint_steward(add_community('garden'), 3), add_pickup_point(1, 'gate', location(121.5, 25.05)) \g /dev/null
SELECT offer_sku(add_sku(1, n), 2, 700) FROM unnest('{apple,rice}'::text[]) n \g /dev/null
SELECT set_rate(2, 'supplier cost, platform 2% of sale, steward 10% of margin, sales_leader 15% of sale, supply_leader rest'), form_partnership(2, 4) \g /dev/null

-- Campaign k in wave k: one apple of three is left, two each; orders 1 unpaid, 2 paid, 3 paid in part.
CREATE TABLE fixture.cases (k bigint PRIMARY KEY, wave bigint, campaign bigint, apple bigint, rice bigint, orders bigint[]);
CREATE FUNCTION fixture.build(k bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v fixture.cases;
BEGIN
    v.k := k;
    v.wave := open_wave('wave ' || k);
    v.campaign := create_campaign(v.wave, 2, 'campaign ' || k, clock_timestamp() + interval '1 hour', hold => '0');
    v.apple := list_item(v.campaign, 1, 850, 990, 3, 2);
    v.rice := list_item(v.campaign, 2, 850, 1990);
    PERFORM publish_campaign(v.campaign);
    v.orders := ARRAY[(place_order(v.campaign, 5, ARRAY[v.apple, v.rice], '{1,1}', 'o1', point => 1)).order_id,
                      (place_order(v.campaign, 6, ARRAY[v.apple], '{1}', 'o2', point => 1)).order_id,
                      (place_order(v.campaign, 7, ARRAY[v.rice], '{1}', 'o3', point => 1)).order_id];
    PERFORM pay_order(v.campaign, v.orders[2], 990, format('%s p2', k)), pay_order(v.campaign, v.orders[3], 990, format('%s p3', k));
    INSERT INTO fixture.cases SELECT v.*;
END
$$;

CREATE TABLE fixture.calls (name text PRIMARY KEY, call text);
INSERT INTO fixture.calls VALUES
    ('place the last', 'SELECT outcome FROM place_order(:c, 8, ARRAY[:a], ''{1}'', ''last'', point => 1)'),
    ('place the same', 'SELECT outcome FROM place_order(:c, 9, ARRAY[:a, :r], ''{1,1}'', ''same'', point => 1)'),
    ('place in bulk', 'SELECT string_agg(outcome, '' '' ORDER BY ordinal) FROM place_orders(ARRAY[jsonb_build_object(''campaign'', :c, ''buyer'', 4, ''items'', ARRAY[:r, :a], ''units'', ''{1,1}''::int[], ''request'', ''b1'', ''point'', 1)])'),
    ('change', 'SELECT concat_ws('' '', outcome, amount, returned) FROM change_order(:c, :o1, ARRAY[:a], ''{2}'', :k || '' change'')'),
    ('cancel', 'SELECT cancel_order(:c, :o1)'),
    ('cancel a paid one', 'SELECT cancel_order(:c, :o2)'),
    ('pay', 'SELECT pay_order(:c, :o1, 2980, :k || '' p1'')'),
    ('pay the rest', 'SELECT pay_order(:c, :o3, 1000, :k || '' p4'')'),
    ('refund', 'SELECT (refund_order(:c, :o2, :a, 1, :k || '' refund'') > 0)::text'),
    ('close', 'SELECT close_campaign(:c)::text'),
    ('conclude', 'SELECT concat_ws('' '', state, orders, returned) FROM conclude_campaign(:c)'),
    ('call off', 'SELECT concat_ws('' '', orders, returned) FROM cancel_campaign(:c, ''frost'')'),
    ('add stock', 'SELECT restock(1, :c, item => :a)::text'),
    ('take stock away', 'SELECT restock(-1, :c, item => :a)::text'),
    ('close the wave', 'SELECT close_wave(:w)::text'),
    ('freeze the wave', 'SELECT concat_ws('' '', orders, units, amount, expired) FROM freeze_wave(:w)'),
    ('retire', 'SELECT retire_item(:c, :a)::text');

-- An answer, or the code of an error.
CREATE FUNCTION fixture.try(name text, k bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_answer text;
    v_call text;
BEGIN
    SELECT replace(replace(replace(replace(replace(replace(replace(replace(l.call, ':c', c.campaign::text), ':w', c.wave::text), ':a', c.apple::text), ':r', c.rice::text),
                   ':o1', c.orders[1]::text), ':o2', c.orders[2]::text), ':o3', c.orders[3]::text), ':k', c.k::text)
      INTO v_call FROM fixture.calls l, fixture.cases c WHERE l.name = try.name AND c.k = try.k;
    EXECUTE v_call INTO v_answer;
    RETURN v_answer;
EXCEPTION WHEN OTHERS THEN
    RETURN 'error ' || SQLSTATE;
END
$$;

-- What a campaign has come to, without ids and times.
CREATE FUNCTION fixture.outcome(k bigint) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws('; ', m.state, (SELECT w.state FROM waves w WHERE w.id = c.wave),
        (SELECT string_agg(concat_ws(' ', o.request, o.state, o.amount, received(o), ktt.units(o.basket), ktt.amount(o.refunded)), ', ' ORDER BY o.request COLLATE "C")
         FROM orders o WHERE o.campaign_id = c.campaign),
        (SELECT format('free %s of %s', sum(s.free), i.stock) FROM stock s, campaign_items i WHERE s.stock_id = c.apple AND i.id = c.apple GROUP BY i.stock),
        (SELECT 'used ' || string_agg(concat(u.subject, ':', u.units), ' ' ORDER BY u.subject) FROM limit_uses u WHERE u.campaign_id = c.campaign AND u.units > 0),
        (SELECT string_agg(concat_ws(' ', p.accepted, p.outcome), ', ' ORDER BY p.reference COLLATE "C") FROM payments p WHERE p.campaign_id = c.campaign),
        (SELECT string_agg(concat_ws(' ', l.kind, ktt.units(l.basket)), ', ' ORDER BY l.kind) FROM wave_lists l WHERE l.wave_id = c.wave))
    FROM fixture.cases c JOIN campaigns m ON m.id = c.campaign WHERE c.k = outcome.k
$$;

CREATE TABLE fixture.pairs AS
SELECT row_number() OVER (ORDER BY a.name, b.name) AS n, a.name AS a, b.name AS b FROM fixture.calls a, fixture.calls b;
SELECT count(*) AS n FROM fixture.pairs \gset
SELECT build(k) FROM generate_series(1, 3 * :n) k \g /dev/null
SELECT build(3 * :n + row_number() OVER (ORDER BY name)) FROM fixture.calls \g /dev/null

-- One after the other, and each alone.
CREATE TABLE fixture.serial (a text, b text, first text, second text, outcome text);
CREATE PROCEDURE fixture.run_serial() LANGUAGE plpgsql AS $$
DECLARE
    v record;
    v_first text;
    v_second text;
BEGIN
    FOR v IN SELECT * FROM fixture.pairs ORDER BY n LOOP
        v_first := try(v.a, v.n);
        COMMIT;
        v_second := try(v.b, v.n);
        COMMIT;
        INSERT INTO fixture.serial VALUES (v.a, v.b, v_first, v_second, outcome(v.n));
    END LOOP;
END
$$;
CALL fixture.run_serial();
CREATE TABLE fixture.alone (b text, second text, outcome text);
CREATE PROCEDURE fixture.run_alone(after bigint) LANGUAGE plpgsql AS $$
DECLARE
    v record;
BEGIN
    FOR v IN SELECT l.name, after + row_number() OVER (ORDER BY l.name) AS k FROM fixture.calls l LOOP
        INSERT INTO fixture.alone VALUES (v.name, try(v.name, v.k), NULL);
        UPDATE fixture.alone SET outcome = outcome(v.k) WHERE b = v.name;
        COMMIT;
    END LOOP;
END
$$;
CALL fixture.run_alone(3 * :n);

-- The first open, the second under way.
SELECT dblink_connect(s, format('host=%s port=%s dbname=%s user=%s options=''-csearch_path=market,ktt,fixture,public -cclient_min_messages=warning''',
                                split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), current_database(), current_user))
FROM unnest('{a,b}'::text[]) s \g /dev/null
CREATE TABLE fixture.beside (a text, b text, ends text, first text, second text, waited boolean, outcome text);
CREATE PROCEDURE fixture.run_beside(after bigint, ends text) LANGUAGE plpgsql AS $$
DECLARE
    v record;
    v_first text;
    v_second text;
    v_pid int := (SELECT pid FROM dblink('b', 'SELECT pg_backend_pid()') x(pid int));
    v_waited boolean;
BEGIN
    FOR v IN SELECT p.a, p.b, p.n + after AS k FROM fixture.pairs p ORDER BY p.n LOOP
        PERFORM dblink_exec('a', 'BEGIN');
        v_first := (SELECT x.answer FROM dblink('a', format('SELECT try(%L, %s)', v.a, v.k)) x(answer text));
        PERFORM dblink_send_query('b', format('SELECT try(%L, %s)', v.b, v.k));
        FOR tries IN 1 .. 1000 LOOP
            v_waited := cardinality(pg_blocking_pids(v_pid)) > 0;
            EXIT WHEN v_waited OR dblink_is_busy('b') = 0;
            PERFORM pg_sleep(0.002);
        END LOOP;
        PERFORM dblink_exec('a', ends);
        v_second := (SELECT x.answer FROM dblink_get_result('b') x(answer text));
        PERFORM FROM dblink_get_result('b') x(answer text);
        INSERT INTO fixture.beside VALUES (v.a, v.b, ends, v_first, v_second, v_waited, outcome(v.k));
        COMMIT;
    END LOOP;
END
$$;
CALL fixture.run_beside(:n, 'COMMIT');
CALL fixture.run_beside(2 * :n, 'ROLLBACK');

SELECT is_empty($$SELECT c.a, c.b, c.first, c.second, c.outcome, s.first, s.second, s.outcome FROM beside c JOIN serial s USING (a, b) JOIN serial r ON r.a = c.b AND r.b = c.a
                  WHERE c.ends = 'COMMIT' AND (c.first, c.second, c.outcome) <> (s.first, s.second, s.outcome)
                    AND (c.waited OR (c.second, c.first, c.outcome) <> (r.first, r.second, r.outcome))$$, 'beside each other they do what they do one after the other');
SELECT is_empty($$SELECT c.a, c.b, c.second, c.outcome, s.second, s.outcome FROM beside c JOIN alone s USING (b)
                  WHERE c.ends = 'ROLLBACK' AND (c.second, c.outcome) <> (s.second, s.outcome)$$, 'what is undone was never there');
SELECT is_empty($$SELECT a, b, ends, first, second FROM beside WHERE concat(first, ' ', second) ~ 'error (40|XX|55|57)'$$, 'no deadlock, nothing to be repeated');
SELECT cmp_ok((SELECT count(*) FROM beside WHERE waited), '>', (SELECT count(*) / 3 FROM beside), 'many waited');
SELECT cmp_ok((SELECT count(DISTINCT outcome) FROM serial), '>', 60::bigint, 'and it made a difference');
SELECT is_empty('SELECT * FROM verify() WHERE violations > 0', 'all of it is sound');

SELECT * FROM finish();
