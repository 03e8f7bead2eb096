-- Making markets: by anybody who may make a schema, several in one database.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(35);
SET client_min_messages = warning;
CREATE ROLE ktt_test_owner;
CREATE ROLE ktt_test_poor;
CREATE ROLE ktt_test_buyer_app;
DO $$ BEGIN
    EXECUTE format('GRANT CREATE ON DATABASE %I TO ktt_test_owner', current_database());
END $$;
CREATE TEMP TABLE met (market text, id text, value bigint);
GRANT ALL ON met TO PUBLIC;

-- A whole sale in a market, by whoever may.
CREATE FUNCTION public.sale(schema text, price bigint) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_outcome text;
    v_order record;
BEGIN
    PERFORM set_config('search_path', format('%I, ktt, public', schema), true);
    PERFORM register_member(m) FROM unnest('{supplier,leader,buyer}'::text[]) m;
    PERFORM add_pickup_point(add_community('c'), 'p', location(121.5, 25.05));
    PERFORM offer_sku(add_sku(register_member('supplier'), 'tea'), register_member('leader'), 1);
    PERFORM set_rate(register_member('leader'), 'supplier cost, supply_leader rest');
    PERFORM create_campaign(open_wave('w'), register_member('leader'), 'c', clock_timestamp() + interval '1 hour', hold => '0');
    PERFORM list_item(1, 1, 1, price, 3);
    PERFORM publish_campaign(1);
    SELECT * INTO v_order FROM place_order(1, register_member('buyer'), '{1}', '{1}', 'r', point => 1);
    v_outcome := v_order.outcome || ', ' || pay_order(1, v_order.order_id, v_order.amount, 'p');
    PERFORM close_wave(1);
    PERFORM freeze_wave(1);
    PERFORM dispatch_wave(1);
    PERFORM arrive(1, 1);
    PERFORM hand_over_as_operator(1, v_order.order_id);
    PERFORM complete_wave(1);
    PERFORM post_settlement(open_settlement());
    RETURN v_outcome;
END
$$;

-- Without rights beyond CREATE on the database.
SET LOCAL ROLE ktt_test_poor;
SELECT throws_ok('SELECT ktt.create_market()', '42501', NULL, 'who may make no schema may make no market');
SET LOCAL ROLE ktt_test_owner;
SELECT lives_ok('SELECT ktt.create_market()', 'who may make a schema may make a market');
SELECT is((SELECT rolsuper FROM pg_roles WHERE rolname = current_user), false, 'and is no superuser');
SELECT is(public.sale('market', 100), 'placed, paid', 'a whole sale works in it');
SET LOCAL search_path = public, pg_catalog;
SELECT is_empty('SELECT * FROM market.verify() WHERE violations <> 0', 'and verifies');
SELECT is((SELECT code_mac FROM market.orders), NULL, 'without the right to use the key, orders have no codes');
SELECT is_empty($$SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'market'::regnamespace AND c.relowner <> 'ktt_test_owner'::regrole
                  UNION ALL SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'market'::regnamespace AND p.proowner <> 'ktt_test_owner'::regrole$$, 'everything is his');
RESET ROLE;
SELECT ktt.has_key('code') AS has_key \gset
\if :has_key
GRANT EXECUTE ON FUNCTION ktt.pickup_mac(text, uuid), ktt.pickup_macs(text, uuid) TO ktt_test_owner;
SET LOCAL ROLE ktt_test_owner;
SELECT ok(market.can_make_codes(), 'with it they have');
RESET ROLE;
\else
SELECT skip('needs a key file');
\endif

-- Names.
SELECT throws_ok('SELECT ktt.create_market()', '42P06', NULL, 'a schema that exists is left alone');
SELECT throws_ok('SELECT ktt.create_market(NULL)', '22004', 'schema must not be null', 'no name');
SELECT throws_ok('SELECT ktt.create_market('''')', '42601', NULL, 'an empty name');
SELECT throws_ok('SELECT ktt.create_market(''pg_market'')', '42939', NULL, 'a reserved name');
SELECT is(current_setting('search_path'), 'public, pg_catalog', 'making one leaves the caller''s path alone');
SELECT lives_ok(format('SELECT ktt.create_market(%L)', n), 'a name that needs quotes: ' || n)
FROM unnest(ARRAY['Old Town', 'the "big" market', 'o''clock', '市场', 'select', 'a.b, c', 'x$ktt_market$x', repeat('m', 63)]) n;
SELECT is(public.sale(n, 300), 'placed, paid', 'a sale in ' || n) FROM unnest(ARRAY['the "big" market', 'a.b, c']) n;
SET LOCAL search_path = public, pg_catalog;
SELECT lives_ok($$SELECT "a.b, c".grant_access('ktt_test_buyer_app', 'app')$$, 'access is granted there');
SELECT ok(has_function_privilege('ktt_test_buyer_app', '"a.b, c".register_member(text, text)', 'EXECUTE')
          AND NOT has_function_privilege('ktt_test_buyer_app', 'market.register_member(text, text)', 'EXECUTE')
          AND NOT has_function_privilege('ktt_test_buyer_app', '"a.b, c".configure(text, text, int, interval, int, int, interval, text, interval, boolean)', 'EXECUTE'), 'there, that profile, and nowhere else');

-- Side by side.
SELECT results_eq($$SELECT (SELECT sum(amount) FROM market.orders), (SELECT sum(amount) FROM "a.b, c".orders), (SELECT count(*) FROM "Old Town".members)$$,
                  'VALUES (100::numeric, 300::numeric, 0::bigint)', 'two markets see nothing of each other');
SELECT isnt((SELECT market FROM market.settings), (SELECT market FROM "a.b, c".settings), 'each is itself');
SELECT isnt((SELECT digest FROM market.journals WHERE kind = 'payment'), (SELECT digest FROM "a.b, c".journals WHERE kind = 'payment'), 'so that no digest of one fits the other');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                  WHERE EXISTS (SELECT FROM pg_proc q WHERE q.pronamespace = n.oid AND q.proname = 'place_order')
                    AND p.prosqlbody IS NULL AND p.prokind <> 'p'
                    AND NOT coalesce(array_to_string(p.proconfig, ' ') LIKE 'search_path=' || quote_ident(n.nspname) || ', ktt, pg_catalog, pg_temp%', false)$$, 'every function is pinned to its own, or bound when it was made');

-- Versions, and the extension.
SELECT is(ktt.upgrade_market(), ktt.library_version(), 'a market of this version is left as it is');
SELECT is(ktt.upgrade_market('the "big" market'), ktt.library_version(), 'under any name');
UPDATE market.settings SET version = '0.0.1';
SELECT throws_ok('SELECT ktt.upgrade_market()', 'KT001', format('market "market" has version 0.0.1, the library has version %s', ktt.library_version()), 'one of an unknown version is refused');
SELECT throws_ok('SELECT ktt.upgrade_market(''nowhere'')', 'KT303', 'there is no market in schema "nowhere"', 'where there is none, it says so');
SELECT throws_ok('DROP EXTENSION ktt', '2BP01', NULL, 'the extension cannot be dropped from under its markets');
DROP SCHEMA market, "Old Town", "the ""big"" market", "o'clock", "市场", "select", "a.b, c", "x$ktt_market$x" CASCADE;
DO $$ BEGIN EXECUTE format('DROP SCHEMA %I CASCADE', repeat('m', 63)); END $$;
SELECT lives_ok('DROP EXTENSION ktt', 'without a market it can');

SELECT * FROM finish();
ROLLBACK;
