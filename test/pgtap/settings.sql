-- What holds for the whole market, and what a request key promises.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(25);
\ir lib/market.sql

SELECT is((SELECT count(*) FROM settings), 1::bigint, 'there is one row of settings');
SELECT is((SELECT version FROM settings), ktt.library_version(), 'it says which version made the market');
SELECT throws_ok('INSERT INTO settings (singleton, version) VALUES (false, ''x'')', '23514', NULL, 'and no second row can be');

SELECT is((configure()).max_levels, 2, 'nothing given, nothing changed');
SELECT results_eq($$SELECT (c).currency, (c).time_zone, (c).max_levels, (c).hold, (c).stock_slots, (c).max_code_failures
                    FROM configure('TWD', 'Asia/Taipei', 1, '2 days', 4, 3) c$$,
                  $$VALUES ('TWD'::text, 'Asia/Taipei'::text, 1, interval '2 days', 4, 3)$$, 'every setting can be changed');
SELECT is((configure(max_levels => 2)).time_zone, 'Asia/Taipei', 'one alone leaves the others');

SELECT throws_ok($$SELECT configure(time_zone => 'Mars/Olympus')$$, '22023', 'time zone "Mars/Olympus" not recognized', 'an unknown time zone');
SELECT throws_ok($$SELECT configure(currency => 'yuan')$$, '22023', 'currency must be three capital letters', 'a currency is three capital letters');
SELECT throws_ok($$SELECT configure(max_levels => 3)$$, '22023', 'levels of distribution must be between 1 and 2', 'a third level of distribution cannot be configured');
SELECT throws_ok($$SELECT configure(max_levels => 0)$$, '22023', NULL, 'nor none');
SELECT throws_ok($$SELECT configure(hold => '-1 day')$$, '22023', NULL, 'time is not held backwards');
SELECT throws_ok($$SELECT configure(stock_slots => 0)$$, '22023', NULL, 'stock needs a slot');
SELECT throws_ok($$SELECT configure(stock_slots => 65)$$, '22023', NULL, 'and no more than 64');
SELECT throws_ok($$SELECT configure(max_code_failures => 0)$$, '22023', NULL, 'somebody may mistype');

SELECT lives_ok($$SELECT configure(currency => 'EUR')$$, 'before the first journal the currency can change');
SELECT buy('a', 'buyer', '{apple}', '{1}') \g /dev/null
SELECT throws_ok($$SELECT configure(currency => 'USD')$$, 'KT301', 'currency cannot change once the ledger has a journal', 'after it no more');
SELECT lives_ok($$SELECT configure(currency => 'EUR')$$, 'the same currency is no change');

-- Request keys.
SELECT is(claim_request('test', 'k', '{"a": 1}'), NULL, 'a new key is free');
SELECT is(finish_request('test', 'k', '7'), '7', 'its result is kept');
SELECT is(claim_request('test', 'k', '{"a": 1}'), '7', 'the same key and arguments give it again');
SELECT throws_ok($$SELECT claim_request('test', 'k', '{"a": 2}')$$, 'KT010', 'request key "k" was already used with different arguments',
                 'other arguments do not');
SELECT is(claim_request('other', 'k', '{"a": 2}'), NULL, 'another kind has keys of its own');
SELECT throws_ok($$SELECT claim_request('test', NULL, '{}')$$, '22004', 'request key must be between 1 and 512 bytes', 'no key');
SELECT throws_ok($$SELECT claim_request('test', '', '{}')$$, '22023', NULL, 'an empty key');
SELECT throws_ok($$SELECT claim_request('test', repeat('x', 513), '{}')$$, '22023', NULL, 'a key too long');

SELECT * FROM finish();
ROLLBACK;
