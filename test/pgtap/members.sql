-- People, and who sells for whom.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(24);
\ir lib/market.sql

SELECT ok(register_member('anna') > 0, 'a member gets an id');
SELECT is(register_member('anna'), register_member('anna'), 'the same key gives the same id again');
SELECT isnt(register_member('Anna'), register_member('anna'), 'another spelling is another member');
SELECT is((SELECT count(*) FROM members WHERE reference IN ('anna', 'Anna')), 2::bigint, 'and no row more');
SELECT throws_ok('SELECT register_member(NULL)', '22004', 'reference must not be null', 'a member has a key');
SELECT throws_ok('SELECT register_member('''')', '22023', NULL, 'that is not empty');
SELECT throws_ok('SELECT register_member(repeat(''x'', 257))', '22023', 'reference must be between 1 and 256 bytes', 'nor longer than 256 bytes');
SELECT throws_ok('INSERT INTO members (id, reference) VALUES (5, ''five'')', '428C9', NULL, 'nobody chooses his id');

SELECT ok(form_partnership(id('leader'), id('rival')) > 0, 'a partnership is formed');
SELECT is(form_partnership(id('leader'), id('rival')), form_partnership(id('leader'), id('rival')), 'once');
SELECT ok(form_partnership(id('rival'), id('leader')) > 0, 'it has a direction');
SELECT ok(form_partnership(id('other leader'), id('rival')) > 0, 'a sales leader can sell for two');
SELECT throws_ok('SELECT form_partnership(id(''leader''), id(''leader''))', 'KT102', NULL, 'nobody is his own partner');
SELECT throws_ok('SELECT form_partnership(id(''leader''), 999999)', 'KT303', 'sales leader 999999 does not exist', 'a partner exists');
SELECT throws_ok('SELECT form_partnership(999999, id(''leader''))', 'KT303', 'supply leader 999999 does not exist', 'so does the other');
SELECT throws_ok('SELECT form_partnership(NULL, id(''leader''))', '22004', 'supply leader must not be null', 'not null');
SELECT throws_ok('SELECT form_partnership(id(''leader''), NULL)', '22004', 'sales leader must not be null', 'neither of them');

SELECT is(end_partnership(id('leader'), id('rival')), true, 'a partnership ends');
SELECT answers($$SELECT end_partnership(id('leader'), id('rival'))$$, 'false', 'once');
SELECT ok(form_partnership(id('leader'), id('rival')) > 0, 'and begins anew');
SELECT is((SELECT count(*) FROM partnerships WHERE supply_leader_id = id('leader') AND sales_leader_id = id('rival')), 2::bigint,
          'as a period of its own');
SELECT throws_ok($$INSERT INTO partnerships (supply_leader_id, sales_leader_id, period)
                   VALUES (id('leader'), id('rival'), '[2020-01-01,)')$$, '23P01', NULL, 'periods cannot overlap');
SELECT throws_ok('SELECT end_partnership(NULL, id(''rival''))', '22004', 'supply leader must not be null', 'ending needs both');

SELECT throws_ok('DELETE FROM members WHERE id = id(''leader'')', '23503', NULL, 'a member who leads a campaign cannot vanish');

SELECT * FROM finish();
ROLLBACK;
