-- Kinds of leader, how far they have come, and the funnel.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(57);
\ir lib/market.sql

-- Noting.
SELECT note_leader(id('seller')) AS first \gset
SELECT is(h, ROW(id('seller'), 'other', 'recruited', true, true)::text, 'the first note recruits')
FROM (SELECT ROW(member_id, kind, stage, upper_inf(period), lower(period) BETWEEN transaction_timestamp() AND clock_timestamp())::text AS h FROM leader_history WHERE id = :first) x;
SELECT answers('SELECT note_leader(id(''seller''))', :'first', 'a note of nothing changes nothing');
SELECT answers('SELECT note_leader(id(''seller''), ''other'', ''recruited'')', :'first', 'nor one of what stands');
SELECT answers('SELECT note_leader(id(''seller''), stage => ''recruited'')', :'first', 'nor of a part of it');
SELECT note_leader(id('seller'), 'blogger') AS second \gset
SELECT is((SELECT ROW(kind, stage)::text FROM leader_history WHERE id = :second), ROW('blogger', 'recruited')::text, 'a new kind keeps the stage');
SELECT note_leader(id('seller'), stage => 'trained') AS third \gset
SELECT is((SELECT ROW(kind, stage)::text FROM leader_history WHERE id = :third), ROW('blogger', 'trained')::text, 'a new stage keeps the kind');
SELECT note_leader(id('seller'), 'parent', 'active') AS fourth \gset
SELECT is((SELECT array_agg(ROW(kind, stage)::text ORDER BY lower(period)) FROM leader_history WHERE member_id = id('seller')),
          '{"(other,recruited)","(blogger,recruited)","(blogger,trained)","(parent,active)"}', 'the history keeps all of them');
SELECT is((SELECT bool_and(lower(n.period) = upper(h.period)) FROM leader_history h JOIN leader_history n ON n.id = h.id + 1 WHERE h.member_id = id('seller')), true, 'without gaps');
SELECT is((SELECT count(*) FROM leader_history WHERE member_id = id('seller') AND upper_inf(period)), 1::bigint, 'one stands');
SELECT note_leader(id('rival'), 'shop_owner', 'dormant') \g /dev/null
SELECT is((SELECT ROW(kind, stage)::text FROM leader_history WHERE member_id = id('rival')), ROW('shop_owner', 'dormant')::text, 'the first note may say both');
SELECT throws_ok(format('SELECT note_leader(%s)', a), c, m, coalesce(m, a))
FROM (VALUES ('NULL', '22004', 'leader must not be null'), ('999999', 'KT303', 'leader 999999 does not exist'),
             ('id(''seller''), ''king''', '22023', 'kind of leader must be shop_owner, blogger, public_account, foodie_group, community_leader, parent, office_worker or other'),
             ('id(''seller''), stage => ''retired''', '22023', 'stage must be recruited, trained, active or dormant'), ('id(''seller''), ''''', '22023', NULL),
             ('id(''seller''), stage => ''active'''' OR true --''', '22023', NULL)) v(a, c, m);
SELECT lives_ok(format('SELECT note_leader(id(''leader''), %L)', k), 'kind ' || k)
FROM unnest('{shop_owner,blogger,public_account,foodie_group,community_leader,parent,office_worker,other}'::text[]) k;
SELECT lives_ok(format('SELECT note_leader(id(''leader''), stage => %L)', s), 'stage ' || s) FROM unnest('{recruited,trained,active,dormant,active}'::text[]) s;
SELECT is((SELECT count(*) FROM leader_history WHERE member_id = id('leader')), 12::bigint, 'stages may come back');
SELECT throws_ok('INSERT INTO leader_history (member_id, kind, stage, period) VALUES (id(''seller''), ''other'', ''active'', ''[2020-01-01,)'')', '23P01', NULL, 'one at a time, by constraint');

-- A clock that steps back.
UPDATE leader_history SET period = tstzrange(clock_timestamp() + interval '1 day', NULL) WHERE member_id = id('rival');
SELECT note_leader(id('rival'), stage => 'active') \g /dev/null
SELECT is((SELECT array_agg(upper(period) - lower(period) ORDER BY id) FROM leader_history WHERE member_id = id('rival')), ARRAY['1 us', NULL]::interval[], 'one comes after the other all the same');

-- The funnel, against figures by hand. Days after 1 June: when recruited, trained, active, dormant, active again.
DELETE FROM leader_history;
CREATE FUNCTION pg_temp.life(name text, kind text, stages text[], days int[]) RETURNS void
LANGUAGE sql AS $$
    SELECT name(name, register_member(name));
    INSERT INTO leader_history (member_id, kind, stage, period)
    SELECT id(name), life.kind, s.stage, tstzrange(timestamptz '2026-06-01 00:00+00' + s.day * interval '1 day',
                                                  timestamptz '2026-06-01 00:00+00' + lead(s.day) OVER (ORDER BY s.day) * interval '1 day')
    FROM unnest(stages, days) s(stage, day);
$$;
SELECT pg_temp.life('a', 'parent', '{recruited,trained,active}', '{0,2,10}'), pg_temp.life('b', 'parent', '{recruited,active,dormant,active}', '{1,5,20,25}'),
       pg_temp.life('c', 'blogger', '{recruited}', '{2}'), pg_temp.life('d', 'blogger', '{recruited,trained}', '{3,9}'),
       pg_temp.life('e', 'blogger', '{recruited,dormant}', '{4,34}'), pg_temp.life('f', 'parent', '{recruited,trained,recruited}', '{30,31,32}'),
       pg_temp.life('g', 'other', '{active}', '{-1}') \g /dev/null
-- Before anybody: a, b, c, d and e are of the days 0 to 5; trained after 2, 4, 6, 30 days, active after 10, 4, 30, dormant after 19 and 30.
SELECT results_eq($$SELECT * FROM leader_funnel('2026-06-01 00:00+00', '2026-06-06 00:00+00')$$,
                  $$VALUES ('recruited', 5::bigint, 5::bigint, 1::bigint, 1000000::bigint, interval '0'), ('trained', 4, 2, 1, 800000, '5 days'),
                           ('active', 3, 2, 2, 600000, '10 days'), ('dormant', 2, 2, 1, 400000, '24 days 12:00')$$, 'a cohort, stage by stage');
SELECT results_eq($$SELECT * FROM leader_funnel('2026-06-01 00:00+00', '2026-06-06 00:00+00', 'parent')$$,
                  $$VALUES ('recruited', 2::bigint, 2::bigint, 0::bigint, 1000000::bigint, interval '0'), ('trained', 2, 1, 0, 1000000, '3 days'),
                           ('active', 2, 2, 2, 1000000, '7 days'), ('dormant', 1, 1, 0, 500000, '19 days')$$, 'those of a kind');
SELECT is((SELECT sum(standing) FROM leader_funnel('2026-06-01 00:00+00', '2026-06-06 00:00+00')), 5::numeric, 'everybody stands somewhere');
SELECT results_eq(format($$SELECT reached FROM leader_funnel('2026-06-01 00:00+00'::timestamptz + %s * interval '1 day', '2026-06-01 00:00+00'::timestamptz + %s * interval '1 day')$$, s, u), r, d)
FROM (VALUES (0, 1, '{1,1,1,0}'::bigint[], 'the beginning is in it'), (-1, 0, '{1,1,1,0}', 'the end is not; who came in active has reached what is before'),
             (30, 31, '{1,1,0,0}', 'who fell back has reached it all the same'), (100, 200, '{0,0,0,0}', 'nobody')) v(s, u, r, d);
SELECT results_eq($$SELECT standing FROM leader_funnel('2026-07-01 00:00+00', '2026-07-02 00:00+00')$$, '{1,0,0,0}'::bigint[], 'and stands where he fell back to');
SELECT results_eq($$SELECT ppm, median_time FROM leader_funnel('2030-01-01', '2031-01-01')$$, $$SELECT NULL::bigint, NULL::interval FROM generate_series(1, 4)$$, 'of nobody there is no share and no time');
SELECT results_eq($$SELECT reached FROM leader_funnel('-infinity', 'infinity')$$, '{7,6,4,2}'::bigint[], 'everybody ever');
SELECT note_leader(id('c'), 'shop_owner') \g /dev/null
SELECT results_eq($$SELECT reached FROM leader_funnel('2026-06-03 00:00+00', '2026-06-04 00:00+00', 'blogger')$$, '{1,0,0,0}'::bigint[], 'the kind is that of the day when he was recruited');
SELECT throws_ok(format('SELECT leader_funnel(%s)', a), c, m, coalesce(m, a))
FROM (VALUES ('NULL, now()', '22004', 'beginning must not be null'), ('now(), NULL', '22004', 'end must not be null'), ('now(), now()', '22023', 'time must end after it begins'),
             ('''infinity'', ''-infinity''', '22023', NULL), ('now(), now() + interval ''1 day'', ''king''', '22023', NULL)) v(a, c, m);

-- Random lives against the obvious way: for every leader and stage, look.
SELECT setseed(0.5);
DELETE FROM leader_history;
SELECT register_member('r' || n) FROM generate_series(1, 300) n \g /dev/null
INSERT INTO leader_history (member_id, kind, stage, period)
SELECT x.id, x.kind, x.stage, tstzrange(x.at, lead(x.at) OVER (PARTITION BY x.id ORDER BY x.at))
FROM (SELECT m.id, (ARRAY['parent', 'blogger'])[1 + m.id % 2] AS kind, (ARRAY['recruited', 'trained', 'active', 'dormant'])[1 + floor(random() * 4)] AS stage,
             timestamptz '2026-01-01 00:00+00' + (n * 10 + random() * 9 + m.id % 40) * interval '1 day' AS at
      FROM members m CROSS JOIN LATERAL generate_series(0, m.id % 5) n WHERE m.reference ~ '^r\d+$') x;
CREATE FUNCTION pg_temp.slow_funnel(since timestamptz, until timestamptz)
RETURNS TABLE (stage text, reached bigint, noted bigint, standing bigint, ppm bigint, median_time interval)
LANGUAGE plpgsql AS $$
DECLARE
    v_stages text[] := '{recruited,trained,active,dormant}';
    v_leader record;
    v_times interval[];
    v_at timestamptz;
    v_total bigint;
BEGIN
    FOR n IN 1 .. 4 LOOP
        stage := v_stages[n]; reached := 0; noted := 0; standing := 0; v_total := 0; v_times := '{}';
        FOR v_leader IN SELECT h.member_id, min(lower(h.period)) AS at FROM leader_history h GROUP BY 1 LOOP
            CONTINUE WHEN v_leader.at < since OR v_leader.at >= until;
            v_total := v_total + 1;
            SELECT min(lower(h.period)) INTO v_at FROM leader_history h WHERE h.member_id = v_leader.member_id AND h.stage = ANY (v_stages[n:]);
            IF v_at IS NOT NULL THEN
                reached := reached + 1;
                v_times := v_times || (v_at - v_leader.at);
            END IF;
            noted := noted + EXISTS (SELECT FROM leader_history h WHERE h.member_id = v_leader.member_id AND h.stage = v_stages[n])::int;
            standing := standing + EXISTS (SELECT FROM leader_history h WHERE h.member_id = v_leader.member_id AND h.stage = v_stages[n] AND upper(h.period) IS NULL)::int;
        END LOOP;
        SELECT array_agg(t ORDER BY t) INTO v_times FROM unnest(v_times) t;
        ppm := round(reached * 1000000.0 / v_total);
        median_time := v_times[(reached + 1) / 2] + (v_times[reached / 2 + 1] - v_times[(reached + 1) / 2]) / 2;
        RETURN NEXT;
    END LOOP;
END
$$;
SELECT is((SELECT count(*) FROM leader_funnel(s, s + interval '15 days') f JOIN pg_temp.slow_funnel(s, s + interval '15 days') w USING (stage, reached, noted, standing, ppm)
           WHERE abs(extract(epoch FROM f.median_time - w.median_time)) < 0.001), 4::bigint, 'the funnel from ' || s::date)
FROM generate_series(timestamptz '2026-01-01 00:00+00', '2026-01-29 00:00+00', '7 days') s;

-- What verify_people() finds.
SELECT is_empty('SELECT * FROM verify_people() WHERE violations <> 0', 'all of that is sound');
SELECT is((SELECT checked FROM verify_people() WHERE invariant = 'histories of leaders have no gaps and go on'), 300::bigint, 'and was looked at');
SAVEPOINT sound;
DELETE FROM leader_history WHERE member_id = (SELECT max(id) FROM members WHERE id % 5 = 3) AND upper_inf(period);
SELECT results_eq('SELECT first FROM verify_people() WHERE violations > 0', ARRAY[(SELECT max(id) FROM members WHERE id % 5 = 3)::text], 'a history that breaks off');
ROLLBACK TO sound;
UPDATE leader_history SET period = tstzrange(lower(period) + interval '1 us', upper(period)) WHERE upper_inf(period) AND member_id = (SELECT min(id) FROM members WHERE reference ~ '^r\d' AND id % 5 = 3);
SELECT results_eq('SELECT first FROM verify_people() WHERE violations > 0', ARRAY[(SELECT min(id) FROM members WHERE reference ~ '^r\d' AND id % 5 = 3)::text], 'one with a gap');

SELECT * FROM finish();
ROLLBACK;
