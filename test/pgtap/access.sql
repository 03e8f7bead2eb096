-- Who may call what.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(85);
\ir lib/market.sql

CREATE ROLE ktt_test_app;
CREATE ROLE ktt_test_steward;
CREATE ROLE ktt_test_operator;
CREATE ROLE ktt_test_settlement;
CREATE ROLE ktt_test_payout;
CREATE ROLE ktt_test_auditor;
CREATE ROLE ktt_test_nobody;

-- Before any grant.
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'market'::regnamespace
                  AND has_function_privilege('ktt_test_nobody', p.oid, 'EXECUTE')$$, 'nothing of the market is executable by PUBLIC');
SELECT is_empty($$SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'market'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
                  AND has_table_privilege('ktt_test_nobody', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')$$, 'nor any table or view readable');
SELECT ok(NOT has_schema_privilege('ktt_test_nobody', 'market', 'USAGE, CREATE'), 'nor the schema usable');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'market'::regnamespace AND p.prosecdef
                  AND NOT (p.proconfig @> '{"search_path=market, ktt, pg_catalog, pg_temp"}')$$, 'what runs with the owner''s rights pins its path');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'market'::regnamespace AND p.prosecdef
                  AND NOT EXISTS (SELECT FROM access_profiles a WHERE a.object = p.proname)$$, 'and is in a profile: the rest is internal');
SELECT is_empty($$SELECT a.object FROM access_profiles a WHERE NOT EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = 'market'::regnamespace AND p.proname = a.object)
                  AND NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'market'::regnamespace AND c.relname = a.object)$$, 'every profile names what exists');
SELECT is_empty($$SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'market'::regnamespace GROUP BY p.proname HAVING count(*) > 1$$, 'and no name stands for two functions');

SELECT throws_ok('SELECT grant_access(''ktt_test_nobody'', ''god'')', '22023', 'profile "god" does not exist', 'an unknown profile');
SELECT throws_ok('SELECT grant_access(''ktt_test_no_such_role'', ''app'')', '42704', NULL, 'an unknown role');
SELECT throws_ok('SELECT grant_access(NULL, ''app'')', '22004', NULL, 'no role');
SELECT throws_ok('SELECT grant_access(''ktt_test_nobody'', NULL)', '22023', NULL, 'no profile');
SELECT grant_access(('ktt_test_' || p)::name, p) FROM unnest('{app,steward,operator,settlement,payout,auditor}'::text[]) p \g /dev/null
SELECT lives_ok('SELECT grant_access(''ktt_test_app'', ''app'')', 'granting twice is granting once');

-- Exactly the profile, and no table to anybody.
SELECT set_eq(format($$SELECT p.proname::text FROM pg_proc p WHERE p.pronamespace = 'market'::regnamespace AND has_function_privilege('ktt_test_%s', p.oid, 'EXECUTE')
                       UNION SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'market'::regnamespace AND c.relkind IN ('r', 'v') AND has_table_privilege('ktt_test_%1$s', c.oid, 'SELECT')$$, p),
              format('SELECT object FROM market.access_profiles WHERE profile = %L', p), p || ': its functions and views, nothing else')
FROM unnest('{app,steward,operator,settlement,payout,auditor}'::text[]) p;
SELECT is_empty(format($$SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'market'::regnamespace AND c.relkind IN ('r', 'p', 'v')
                         AND has_table_privilege('ktt_test_%s', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')$$, p), p || ': writes no table')
FROM unnest('{app,steward,operator,settlement,payout,auditor}'::text[]) p;

-- As they would call it.
SELECT id('campaign') AS campaign, id('wave') AS wave, id('buyer') AS buyer, id('rice') AS rice, id('gate') AS gate, id('steward') AS steward, id('cashier') AS cashier, id('chief') AS chief,
       id('seller') AS seller \gset
GRANT USAGE ON SCHEMA fixture, public TO PUBLIC;

SET LOCAL ROLE ktt_test_app;
SELECT is(outcome, 'placed', 'app: places an order') FROM market.place_order(:campaign, :buyer, ARRAY[:rice]::bigint[], '{1}', 'r', NULL, :gate);
SELECT market.place_order(:campaign, :buyer, ARRAY[:rice]::bigint[], '{1}', 'r', NULL, :gate) \g /dev/null
SELECT is(market.pay_order(:campaign, (SELECT order_id FROM market.place_order(:campaign, :buyer, ARRAY[:rice]::bigint[], '{1}', 'r', NULL, :gate)), 2999, 'p'), 'paid', 'app: pays it');
SELECT isnt(market.register_member('somebody'), NULL, 'app: registers a member');
SELECT is((SELECT count(*) FROM market.items_on_sale WHERE campaign_id = :campaign), 2::bigint, 'app: sees what is on sale');
SELECT throws_ok(c, '42501', NULL, 'app: not ' || c)
FROM unnest(ARRAY['SELECT * FROM market.orders', 'SELECT * FROM market.balances', 'SELECT market.open_settlement()', 'SELECT market.post_settlement(1)', 'SELECT market.close_wave(1)',
                  'SELECT market.make_payout(1, ''x'')', 'SELECT market.verify()', 'SELECT market.configure()', 'SELECT market.refund_order(1, 1, 1, 1, ''x'')', 'SELECT market.pick_up(1, ''x'', 1)',
                  'SELECT market.post(''x'', ''x'', ''{}'')', 'SELECT market.steward_of(1)', 'DELETE FROM market.postings', 'CREATE TABLE market.x ()',
                  'SELECT market.grant_access(''ktt_test_app'', ''payout'')']) c;
RESET ROLE;

SET LOCAL ROLE ktt_test_operator;
SELECT is(market.close_wave(:wave), 1, 'operator: closes the wave');
SELECT is(orders, 1::bigint, 'operator: freezes it') FROM market.freeze_wave(:wave);
SELECT is((SELECT units FROM market.demand), 1::bigint, 'operator: reads the demand');
SELECT market.dispatch_wave(:wave), market.arrive(:wave, :gate) \g /dev/null
SELECT lives_ok('SELECT FROM market.' || v, 'operator: reads ' || v)
FROM unnest('{items_on_sale,offer_history,stock_levels,settings,skus,sku_communities,offers,rates,leader_tiers,campaigns,campaign_sellers,campaign_items,item_rates,limits,quotas,campaign_templates}'::text[]) v;
SELECT throws_ok(c, '42501', NULL, 'operator: not ' || c)
FROM unnest(ARRAY['SELECT * FROM market.accounts', 'SELECT market.open_settlement()', 'SELECT market.make_payout(1, ''x'')', 'SELECT market.place_order(1, 1, ''{1}'', ''{1}'', ''r'', point => 1)']) c;
RESET ROLE;

SET LOCAL ROLE ktt_test_steward;
SELECT is(market.hand_over(:campaign, 1, :steward), 'picked_up', 'steward: hands over');
SELECT throws_ok(c, '42501', NULL, 'steward: not ' || c) FROM unnest(ARRAY['SELECT * FROM market.pickups', 'SELECT market.arrive(1, 1)', 'SELECT market.renew_code(1, 1)']) c;
RESET ROLE;
SELECT complete_wave(:wave) \g /dev/null

SET LOCAL ROLE ktt_test_settlement;
SELECT is(s.amount, NULL, 'settlement: opens a window') FROM (SELECT NULL::bigint AS amount, market.open_settlement()) s;
SELECT is((market.post_settlement(market.open_settlement())).posted_at IS NOT NULL, true, 'settlement: posts it');
SELECT is_empty('SELECT * FROM market.verify() WHERE violations <> 0', 'settlement: verifies');
SELECT throws_ok(c, '42501', NULL, 'settlement: not ' || c) FROM unnest(ARRAY['SELECT * FROM market.orders', 'SELECT market.make_payout(1, ''x'')', 'SELECT market.post(''x'', ''x'', ''{}'')']) c;
RESET ROLE;

SET LOCAL ROLE ktt_test_payout;
SELECT is((SELECT requested > 0 FROM market.approve_payout(market.make_payout(:cashier, 'po'), :chief)), true, 'payout: makes one, and another approves');
SELECT throws_ok(c, '42501', NULL, 'payout: not ' || c) FROM unnest(ARRAY['SELECT market.post_settlement(1)', 'SELECT * FROM market.payout_lines']) c;
RESET ROLE;

SET LOCAL ROLE ktt_test_auditor;
SELECT is((SELECT sum(amount) FROM market.postings), 0::numeric, 'auditor: reads the ledger');
SELECT is_empty('SELECT * FROM market.verify() WHERE violations <> 0', 'auditor: verifies');
SELECT throws_ok(c, '42501', NULL, 'auditor: not ' || c) FROM unnest(ARRAY['UPDATE market.postings SET amount = 1', 'SELECT * FROM market.orders', 'SELECT market.open_settlement()', 'SELECT market.issue_statement(1, now())']) c;
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
