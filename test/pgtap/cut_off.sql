-- The cut-off: the same moment in every session, and in time or late by it alone. test/tap/cut_off.pl lets clocks change on it.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(188);
\ir lib/market.sql
\ir lib/clock.sql

-- A campaign that closes at such a time of the market's is one campaign, whoever drafts it and repeats it from wherever.
CREATE FUNCTION pg_temp.draft(zone text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    v_habit bigint;
BEGIN
    PERFORM configure(time_zone => draft.zone);
    FOR v_habit IN SELECT h.id FROM habit h ORDER BY h.id LOOP
        RETURN NEXT is_empty(format($q$
            SELECT o.day, o.at, o.moment, c.closes_at
            FROM (SELECT q.*, create_campaign(id('wave'), id('leader'), format('%%s %%s', q.zone, q.ctid), local_time(q.day, q.at), '2000-01-01 00:00Z', grace => '1 day') AS id
                  FROM oracle q WHERE q.zone = %L OFFSET 0) o
            JOIN campaigns c ON c.id = o.id
            WHERE c.closes_at <> o.moment OR c.closes_at + c.grace <> o.moment + interval '24 hours'$q$, draft.zone),
            format('%s, drafted from %s', draft.zone, pg_temp.take_on(v_habit)));
    END LOOP;
    RETURN NEXT is((SELECT count(*) FROM campaigns c WHERE c.reference LIKE draft.zone || ' %'), (SELECT count(*) FROM oracle o WHERE o.zone = draft.zone),
                   'each of them is there once');
END
$$;
SELECT pg_temp.draft(z.zone) FROM (SELECT DISTINCT o.zone FROM oracle o) z ORDER BY z.zone;
RESET timezone;
RESET datestyle;
SELECT configure(time_zone => 'America/New_York') \g /dev/null

-- A grace of a day is 24 hours, and none of the ways in keeps it otherwise.
SELECT is((SELECT grace::text FROM campaigns WHERE reference LIKE 'America/New_York %' LIMIT 1), '24:00:00', 'a grace is in hours');
SELECT configure(grace => '1 day') \g /dev/null
SELECT create_campaign(id('wave'), id('leader'), 'day', '2999-01-01 00:00Z') \g /dev/null
SELECT is((SELECT grace::text FROM campaigns WHERE reference = 'day'), '24:00:00', 'also the market''s');
SELECT configure(grace => '0') \g /dev/null
SELECT create_campaign(id('wave'), id('leader'), 'odd', '2999-01-01 00:00Z', grace => '1 day -1 hour') \g /dev/null
SELECT is((SELECT grace::text FROM campaigns WHERE reference = 'odd'), '23:00:00', 'and one that is put together');
SELECT throws_ok('UPDATE campaigns SET grace = ''1 day'' WHERE id = id(''campaign'')', '23514', NULL, 'nobody stores it in days');
SELECT throws_ok(format('SELECT create_campaign(id(''wave''), id(''leader''), ''no'', ''2999-01-01'', grace => %L)', g), '22023', NULL, 'no grace of ' || g)
FROM unnest('{-1 us,1 day 1 us,25 hours}'::text[]) g;

-- The decision by the real clock, from every session: what closed a microsecond ago is closed.
CREATE FUNCTION pg_temp.decide(what text, closes interval, grace interval, opens interval DEFAULT '-3 days') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_reference text := format('%s %s %s', what, current_setting('timezone'), current_setting('datestyle'));
    v_campaign bigint := create_campaign(id('wave'), id('leader'), v_reference, v_now + closes, v_now + opens, grace => decide.grace);
    v_item bigint := list_item(campaign => v_campaign, sku => id('rice sku'), distribution_price => 2500, sale_price => 2999);
BEGIN
    PERFORM publish_campaign(v_campaign);
    RETURN (SELECT p.outcome FROM place_order(v_campaign, id('buyer'), ARRAY[v_item], '{1}', 'r', point => id('gate')) p);
END
$$;
CREATE TEMP TABLE decision (what text, closes interval, grace interval, opens interval, outcome text);
INSERT INTO decision VALUES
    ('ended', '-1 us', '0', '-3 days', 'closed'), ('runs', '1 hour', '0', '-3 days', 'placed'),
    ('in its grace', '-1 hour', '61 minutes', '-3 days', 'placed'), ('past its grace', '-1 hour', '59:59.999999', '-3 days', 'closed'),
    ('in a day''s grace', '-23:59', '1 day', '-3 days', 'placed'), ('past a day''s grace', '-24:00:00.000001', '1 day', '-3 days', 'closed'),
    ('not begun', '2 days', '0', '1 hour', 'not_open');
SELECT is_empty($$SELECT d.what, x.outcome FROM decision d, LATERAL pg_temp.decide(d.what, d.closes, d.grace, d.opens) x(outcome) WHERE x.outcome <> d.outcome$$,
                'in time or not, from ' || pg_temp.take_on(h.id))
FROM habit h ORDER BY h.id;
SELECT is((SELECT count(*) FROM orders), 45::bigint, 'three of seven were in time, from each of them');

-- The cut-off passes while we look, from another session every time.
CREATE FUNCTION pg_temp.watch(grace interval, OUT before text, OUT after text, OUT cancel text, OUT retry text) LANGUAGE plpgsql AS $$
DECLARE
    v_closes timestamptz := clock_timestamp() + interval '0.4 s' - grace;
    v_campaign bigint := create_campaign(id('wave'), id('leader'), format('watched %s', grace), v_closes, '2000-01-01 00:00Z', grace => watch.grace);
    v_item bigint := list_item(campaign => v_campaign, sku => id('rice sku'), distribution_price => 2500, sale_price => 2999);
    v_order bigint;
BEGIN
    PERFORM publish_campaign(v_campaign);
    SELECT p.outcome, p.order_id INTO before, v_order FROM place_order(v_campaign, id('buyer'), ARRAY[v_item], '{1}', 'early', point => id('gate')) p;
    PERFORM pg_sleep(0.41), pg_temp.take_on(8);
    SELECT p.outcome INTO after FROM place_order(v_campaign, id('buyer'), ARRAY[v_item], '{1}', 'late', point => id('gate')) p;
    cancel := cancel_order(v_campaign, v_order);
    SELECT p.outcome INTO retry FROM place_order(v_campaign, id('buyer'), ARRAY[v_item], '{1}', 'early', point => id('gate')) p;
    PERFORM pg_temp.take_on(1);
END
$$;
SELECT is(format('%s, %s; %s; %s', w.before, w.after, w.cancel, w.retry), 'placed, closed; closed; placed', 'the end passes; who was in time and asks again still was; grace ' || g)
FROM unnest('{0,1 day}'::interval[]) g, pg_temp.watch(g) w;

-- The proof afterwards knows the same moment.
SELECT is_empty('SELECT violations()', 'no order is late, seen from ' || pg_temp.take_on(h.id)) FROM habit h ORDER BY h.id;
SAVEPOINT sound;
UPDATE orders o SET placed_at = c.closes_at + c.grace - interval '1 us' FROM campaigns c WHERE c.id = o.campaign_id AND c.reference LIKE 'in a day%';
SELECT is_empty('SELECT violations()', 'a microsecond before the end of the grace is in time');
UPDATE orders o SET placed_at = c.closes_at + c.grace FROM campaigns c WHERE c.id = o.campaign_id AND c.reference LIKE 'in a day%';
SELECT is((SELECT violations FROM verify() WHERE invariant = 'no order after the cut-off'), 15::bigint, 'its end is late');
ROLLBACK TO sound;

-- Closed by hand is closed before its time, for everybody and for good.
SELECT is(place('mine', 'buyer', '{rice}', '{1}'), 'placed', 'the campaign runs for an hour more');
SELECT close_wave(id('wave')) \g /dev/null
SELECT is(place('late ' || h.id, 'neighbour', '{rice}', '{1}'), 'closed', 'closed is closed, from ' || pg_temp.take_on(h.id)) FROM habit h ORDER BY h.id;
SELECT is((SELECT min(closes_at) > clock_timestamp() FROM campaigns WHERE id = id('campaign')), true, 'though its announced end is to come');
SELECT throws_ok('SELECT publish_campaign(id(''campaign''))', 'KT301', NULL, 'nobody reopens it');
SELECT is(cancel_order(id('campaign'), id('mine')), 'closed', 'nor leaves it');

-- A hold is as long in every session, summer or winter.
SELECT is_empty(format($$SELECT d FROM unnest('{30,90,180,270}'::int[]) d
                         WHERE abs(extract(epoch FROM stamp_due(make_interval(days => d)) - clock_timestamp()) - d * 86400) > 60$$), 'a hold of days, from ' || pg_temp.take_on(h.id))
FROM habit h ORDER BY h.id;

SELECT * FROM finish();
ROLLBACK;
