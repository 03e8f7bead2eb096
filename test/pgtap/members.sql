-- People and companies.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(33);
\ir lib/market.sql

SELECT ok(register_member('anna') > 0, 'a member gets an id');
SELECT is(register_member('anna'), register_member('anna'), 'the same key gives the same id again');
SELECT isnt(register_member('Anna'), register_member('anna'), 'another spelling is another member');
SELECT is((SELECT count(*) FROM members WHERE reference IN ('anna', 'Anna')), 2::bigint, 'and no row more');
SELECT throws_ok('SELECT register_member(NULL)', '22004', 'reference must not be null', 'a member has a key');
SELECT throws_ok('SELECT register_member('''')', '22023', NULL, 'that is not empty');
SELECT throws_ok('SELECT register_member(repeat(''x'', 257))', '22023', 'reference must be between 1 and 256 bytes', 'nor longer than 256 bytes');
SELECT throws_ok('INSERT INTO members (id, reference) VALUES (5, ''five'')', '428C9', NULL, 'nobody chooses his id');

-- Kinds.
SELECT is((SELECT kind FROM members WHERE reference = 'anna'), 'person', 'a member is a person');
SELECT register_member('acme', 'company') AS acme \gset
SELECT is((SELECT kind FROM members WHERE id = :acme), 'company', 'unless it is a company');
SELECT answers('SELECT register_member(''acme'', ''company'')', :'acme', 'the same key and kind give the same id again');
SELECT throws_ok('SELECT register_member(''acme'')', 'KT010', 'member "acme" is already registered as another kind', 'another kind does not');
SELECT throws_ok('SELECT register_member(''anna'', kind => ''company'')', 'KT010', NULL, 'the other way round neither');
SELECT throws_ok('SELECT register_member(''new'', NULL)', '22004', 'kind must not be null', 'a member has a kind');
SELECT throws_ok(format('SELECT register_member(''new'', %L)', k), '22023', 'kind must be person or company', format('not %L', left(k, 30)))
FROM unnest(ARRAY['', 'Person', 'god', 'person'' OR true --', repeat('x', 100000)]) k;
SELECT is_empty('SELECT * FROM members WHERE reference = ''new''', 'and nobody was registered');

-- Verification.
SELECT is((SELECT verified_at FROM members WHERE id = :acme), NULL, 'nobody is verified by himself');
SELECT clock_timestamp() AS before, verify_member(:acme) AS verified_at \gset
SELECT ok(:'verified_at' > :'before'::timestamptz AND :'verified_at' <= clock_timestamp(), 'verifying says since when');
SELECT is((SELECT verified_at FROM members WHERE id = :acme), :'verified_at', 'and keeps it');
SELECT answers(format('SELECT verify_member(%s)', :acme), :'verified_at'::timestamptz::text, 'again keeps the first time');
SELECT is(verify_member(:acme, false), NULL, 'it can be taken back');
SELECT is((SELECT verified_at FROM members WHERE id = :acme), NULL, 'then it is gone');
SELECT answers(format('SELECT verify_member(%s, false)', :acme), NULL, 'twice is once');
SELECT ok(verify_member(:acme, true) > :'verified_at'::timestamptz, 'and noted anew');
SELECT is((SELECT count(*) FROM members WHERE verified_at IS NOT NULL), 1::bigint, 'of this member alone');
SELECT throws_ok('SELECT verify_member(NULL)', '22004', 'member must not be null', 'of whom');
SELECT throws_ok('SELECT verify_member(id(''buyer''), NULL)', '22004', 'verified must not be null', 'yes or no');
SELECT throws_ok('SELECT verify_member(999999)', 'KT303', 'member 999999 does not exist', 'an unknown member');

SELECT throws_ok('DELETE FROM members WHERE id = id(''leader'')', '23503', NULL, 'a member who leads a campaign cannot vanish');

SELECT * FROM finish();
ROLLBACK;
