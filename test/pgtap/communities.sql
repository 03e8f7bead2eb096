-- Communities and their stewards.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(34);
\ir lib/market.sql

SELECT ok(add_community('hill', 10) > 0, 'a community gets an id');
SELECT is(add_community('hill'), add_community('hill', 10), 'the same key gives the same id again');
SELECT is((SELECT households FROM communities WHERE reference = 'hill'), 10, 'a number that is not given stays');
SELECT add_community('hill', 12) \g /dev/null
SELECT is((SELECT households FROM communities WHERE reference = 'hill'), 12, 'one that is given replaces it');
SELECT throws_ok('SELECT add_community(NULL)', '22004', 'reference must not be null', 'a community has a key');
SELECT throws_ok('SELECT add_community('''')', '22023', NULL, 'that is not empty');
SELECT throws_ok('SELECT add_community(''pit'', -1)', '22023', 'households must be between 0 and 100000000', 'households are not negative');

SELECT is(steward_of(id('gate')), id('steward'), 'the steward keeps the point');
SELECT answers($$SELECT appoint_steward(id('garden'), id('steward'))$$,
               (SELECT id::text FROM stewardships WHERE community_id = id('garden')), 'appointed again, nothing changes');
SELECT ok(appoint_steward(id('garden'), id('neighbour')) > 0, 'another takes over');
SELECT is(steward_of(id('gate')), id('neighbour'), 'from now on');
SELECT is((SELECT count(*) FROM stewardships WHERE community_id = id('garden') AND upper_inf(period)), 1::bigint, 'and alone');
SELECT ok(appoint_steward(id('meadow'), id('neighbour')) > 0, 'one member can keep two communities');
SELECT throws_ok($$INSERT INTO stewardships (community_id, member_id, account_id, period)
                   SELECT id('garden'), id('rival'), account_id, '[2020-01-01,)' FROM stewardships LIMIT 1$$, '23P01', NULL,
                 'two stewards at a time cannot be');
SELECT throws_ok('SELECT appoint_steward(999999, id(''steward''))', 'KT303', 'community 999999 does not exist', 'an unknown community');
SELECT throws_ok('SELECT appoint_steward(id(''garden''), 999999)', 'KT303', 'steward 999999 does not exist', 'an unknown steward');
SELECT throws_ok('SELECT appoint_steward(NULL, id(''steward''))', '22004', 'community must not be null', 'no community');
SELECT throws_ok('SELECT appoint_steward(id(''garden''), NULL)', '22004', 'steward must not be null', 'no steward');

-- An end without a successor, and the history.
SELECT is(end_stewardship(id('garden')), true, 'a steward leaves');
SELECT name('heath', add_community('heath')), appoint_steward(add_community('heath'), id('steward')) \g /dev/null
SELECT is(end_stewardship(id('heath')), true, 'also one of a community without points');
SELECT is(steward_of(id('gate')), NULL, 'and nobody keeps the point');
SELECT answers('SELECT end_stewardship(id(''garden''))', 'false', 'who left cannot leave');
SELECT is(buy('alone', 'buyer', '{rice}', '{1}'), 'paid', 'it still takes orders');
SELECT is((SELECT steward_account_id FROM orders WHERE id = id('alone')), NULL, 'that have no steward');
SELECT ok(appoint_steward(id('garden'), id('steward')) > 0, 'he comes back');
SELECT results_eq('SELECT steward, stands, until IS NULL, since >= lag(until) OVER (ORDER BY since) FROM steward_history WHERE community = ''garden'' ORDER BY since',
                  'VALUES (''steward'', false, false, NULL::boolean), (''neighbour'', false, false, true), (''steward'', true, true, true)', 'the history says who was it when');
SELECT is((SELECT count(*) FROM steward_history WHERE community_id = id('meadow')), 1::bigint, 'of every community');
SELECT throws_ok('SELECT end_stewardship(999999)', 'KT303', 'community 999999 does not exist', 'an unknown community has none');
SELECT throws_ok('SELECT end_stewardship(NULL)', '22004', 'community must not be null', 'nor has no community');
-- Periods, whatever wrote them.
CREATE FUNCTION pg_temp.overlap(period tstzrange) RETURNS text LANGUAGE sql AS $$
    SELECT throws_ok(format('INSERT INTO stewardships (community_id, member_id, account_id, period) SELECT community_id, id(''rival''), account_id, %L FROM stewardships WHERE id = 1', period),
                     '23P01', NULL, 'overlapping: ' || replace(replace(period::text, lower(period)::text, 'past'), coalesce(upper(period)::text, ''), 'end'))
$$;
UPDATE stewardships SET period = '[2020-01-01 00:00+00,2020-02-01 00:00+00)' WHERE id = 1;
SELECT pg_temp.overlap(p) FROM unnest('{"[2020-01-31 00:00+00,2020-03-01 00:00+00)","[2019-01-01 00:00+00,2020-01-01 00:00+00]","[2020-01-10 00:00+00,2020-01-11 00:00+00)"}'::tstzrange[]) p;
SELECT lives_ok($$INSERT INTO stewardships (community_id, member_id, account_id, period)
                  SELECT community_id, id('rival'), account_id, '[2020-02-01 00:00+00,2020-03-01 00:00+00)' FROM stewardships WHERE id = 1$$, 'one may follow the other at once');
-- The clock stepped back: who is appointed now comes after who was appointed then.
UPDATE stewardships SET period = tstzrange(lower(period), clock_timestamp() + interval '1 day') WHERE upper_inf(period) AND community_id = id('garden');
SELECT ok(appoint_steward(id('garden'), id('chief')) > 0, 'a steward is appointed while the clock is behind');

SELECT * FROM finish();
ROLLBACK;
