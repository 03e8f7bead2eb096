-- Communities and their stewards.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(18);
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

SELECT * FROM finish();
ROLLBACK;
