-- Holds: reserved, then posted whole or in part, voided or expired.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(47);
\ir lib/market.sql

SELECT market_account('revenue') AS revenue, account('mill', 'goods') AS mill, account('orchard', 'goods') AS orchard \gset
SELECT post('test', '1', shares(:mill, 1000) - shares(:revenue, 1000)) \g /dev/null
PREPARE mill AS SELECT balance, available FROM balances WHERE account_id = :mill;

SELECT hold(:mill, 300, 'h1', 'damage') AS h1, hold(:mill, 700, 'h2', 'damage') AS h2 \gset
SELECT results_eq('EXECUTE mill', 'VALUES (1000::bigint, 0::bigint)', 'what is held is not available');
SELECT answers(format('SELECT hold(%s, 300, ''h1'', ''damage'')', :mill), :'h1', 'the same request is the same hold');
SELECT throws_ok(format('SELECT hold(%s, 1, ''h3'', ''damage'')', :mill), 'KT402', 'insufficient balance in account ' || :'mill', 'no more can be held than there is');
SELECT throws_ok(format('SELECT post(''test'', ''2'', ''{%s:-1,%s:1}'')', :mill, :revenue), 'KT402', 'insufficient balance in account ' || :'mill', 'nor taken');
SELECT void_hold(:h2) AS voided \gset
SELECT ok(:'voided', 'a hold is voided');
SELECT answers(format('SELECT void_hold(%s)', :h2), 'false', 'once');
SELECT results_eq('EXECUTE mill', 'VALUES (1000::bigint, 700::bigint)', 'then it is available');
SELECT throws_ok(format('SELECT post_hold(%s, %s)', :h2, :orchard), 'KT301', format('hold %s is voided', :h2), 'and cannot be posted');

-- In part: the rest goes back.
SELECT post_hold(:h1, :orchard, 120) AS j \gset
SELECT results_eq('EXECUTE mill', 'VALUES (880::bigint, 880::bigint)', 'a part of a hold is posted');
SELECT is(balance('orchard', 'goods'), 120::bigint, 'to whom it was meant');
SELECT answers(format('SELECT post_hold(%s, %s, 120)', :h1, :orchard), :'j', 'once');
SELECT throws_ok(c, 'KT301', format('hold %s is posted', :h1), c) FROM unnest(ARRAY[format('SELECT post_hold(%s, %s, 121)', :h1, :orchard), format('SELECT post_hold(%s, %s)', :h1, :orchard), format('SELECT post_hold(%s, %s, 120)', :h1, :revenue), format('SELECT void_hold(%s)', :h1)]) c;
SELECT results_eq(format('SELECT amount FROM explain(%s, %s)', :j, :orchard), 'VALUES (120::bigint)', 'its journal stands for itself');

-- The whole of it, to the market.
SELECT hold(:mill, 880, 'h4', 'all') AS h4 \gset
SELECT post_hold(:h4, :revenue) \g /dev/null
SELECT results_eq('EXECUTE mill', 'VALUES (0::bigint, 0::bigint)', 'all of it');

-- Expiry.
SELECT post('test', '3', shares(:mill, 100) - shares(:revenue, 100)) \g /dev/null
SELECT hold(:mill, 60, 'h5', 'short', clock_timestamp() + interval '20 ms') AS h5, hold(:mill, 30, 'h6', 'long', clock_timestamp() + interval '1 day') AS h6 \gset
SELECT pg_sleep(0.03) \g /dev/null
SELECT throws_ok(format('SELECT post_hold(%s, %s)', :h5, :orchard), 'KT301', format('hold %s is expired', :h5), 'a hold whose time has come is not posted');
SELECT is(expire_holds(0), 0::bigint, 'none at most');
SELECT is(expire_holds(), 1::bigint, 'it is swept');
SELECT is(expire_holds(), 0::bigint, 'once');
SELECT results_eq('EXECUTE mill', 'VALUES (100::bigint, 70::bigint)', 'and available again; the other is not');
SELECT throws_ok(format('SELECT post_hold(%s, %s)', :h5, :orchard), 'KT301', format('hold %s is expired', :h5), 'it is not posted after that');

-- A debt is made rather than to touch what is held.
SELECT post_owed('test', '4', shares(:revenue, 90) - shares(:mill, 90)) \g /dev/null
SELECT results_eq('EXECUTE mill', 'VALUES (30::bigint, 0::bigint)', 'what is held stays');
SELECT is(balance('mill', 'debt'), -20::bigint, 'and what is short is owed');
SELECT void_hold(:h6) \g /dev/null
SELECT is_empty('SELECT violations()', 'all is well');
SELECT is((SELECT count(*) FROM holds h JOIN accounts a ON a.id = h.account_id WHERE h.state = 'held'), 0::bigint, 'nothing is held any more');

SELECT throws_ok(format(c, :mill, :revenue, :orchard), s, m, c)
FROM (VALUES
    ('SELECT hold(%2$s, 1, ''e'', ''x'')', 'KT301', format('nothing can be held of account %s', :revenue)),
    (format('SELECT hold(%s, 1, ''e'', ''x'')', account('mill', 'debt')), 'KT301', format('nothing can be held of account %s', account('mill', 'debt'))),
    ('SELECT hold(999999, 1, ''e'', ''x'')', 'KT303', 'account 999999 does not exist'),
    ('SELECT hold(NULL, 1, ''e'', ''x'')', '22004', 'account must not be null'),
    ('SELECT hold(%1$s, NULL, ''e'', ''x'')', '22004', 'amount must not be null'),
    ('SELECT hold(%1$s, 0, ''e'', ''x'')', '22023', 'amount must be between 1 and 1000000000000000'),
    ('SELECT hold(%1$s, -5, ''e'', ''x'')', '22023', 'amount must be between 1 and 1000000000000000'),
    ('SELECT hold(%1$s, 1, NULL, ''x'')', '22004', NULL),
    ('SELECT hold(%1$s, 1, ''e'', NULL)', '22004', 'reason must not be null'),
    ('SELECT hold(%1$s, 1, ''e'', ''x'', now() - interval ''1 s'')', '22023', 'a hold must expire at a finite time to come'),
    ('SELECT hold(%1$s, 1, ''h1'', ''x'')', 'KT010', NULL),
    ('SELECT post_hold(999999, %3$s)', 'KT303', 'hold 999999 does not exist'),
    ('SELECT void_hold(999999)', 'KT303', 'hold 999999 does not exist'),
    ('SELECT void_hold(NULL)', '22004', 'hold must not be null'),
    ('SELECT expire_holds(-1)', '22023', 'at_most must be between 0 and 1000000')) v(c, s, m);
SELECT post('test', '5', shares(:mill, 100) - shares(:revenue, 100)) \g /dev/null
SELECT hold(:mill, 50, 'h7', 'x') AS h7 \gset
SELECT throws_ok(format(c, :h7, :mill, :orchard), s, m, c)
FROM (VALUES
    ('SELECT post_hold(%s, %s)', '22023', 'a hold must be posted to another account'),
    ('SELECT post_hold(%1$s, %3$s, 51)', '22023', 'amount must be between 1 and 50'),
    ('SELECT post_hold(%1$s, %3$s, 0)', '22023', 'amount must be between 1 and 50'),
    ('SELECT post_hold(%1$s, NULL)', '22004', 'account must not be null'),
    ('SELECT post_hold(%1$s, 999999)', 'KT303', 'journal names an account that does not exist')) v(c, s, m);

SELECT * FROM finish();
ROLLBACK;
