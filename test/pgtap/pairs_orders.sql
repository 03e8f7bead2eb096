-- Every pair of calls on the orders of one campaign.
\ir lib/pairs.sql
SELECT plan(8);

SELECT register_member(format('m%s', n)) FROM generate_series(1, 9) n \g /dev/null
SELECT appoint_steward(add_community('garden'), 3), add_pickup_point(1, 'gate', location(121.5, 25.05)) \g /dev/null
SELECT offer_sku(add_sku(1, n), 2, 700) FROM unnest('{apple,rice,pear}'::text[]) n \g /dev/null
SELECT set_rate(2, 'supplier cost, platform 2% of sale, steward 10% of margin, sales_leader 15% of sale, supply_leader rest'),
       form_partnership(2, 4), form_partnership(2, 9) \g /dev/null

\ir lib/pairs_open.sql
CREATE FUNCTION fixture.build(k bigint) RETURNS jsonb LANGUAGE sql AS 'SELECT opened(k, 2, ARRAY[1, 2, 3], 1)';
CREATE FUNCTION fixture.outcome(v jsonb) RETURNS text LANGUAGE sql AS 'SELECT outcome_opened(v)';
-- So much was seen, less a little: how many pairs of a hundred wait, how many outcomes there are.
\set waits 33
\set outcomes 200
\set area orders
\ir lib/pairs_area.sql

-- Over all areas.
CREATE TABLE fixture.left_out (call text PRIMARY KEY, reason text NOT NULL);
INSERT INTO fixture.left_out VALUES
    ('configure', 'settings are changed by hand'),
    ('grant_access', 'rights are granted by hand'),
    ('close_due_campaigns', 'is close_campaign() for each that is due'),
    ('open_due_campaigns', 'is open_next_campaign() for each that is due'),
    ('create_calendar', 'writes one row under a name'),
    ('settle_calendar', 'commits on its way: spec settlement_parts pairs it with what settles'),
    ('refund_weight', 'is refund_order() by weight'),
    ('resolve_dispute', 'marks a row as seen'),
    ('load_bill', 'writes what reconcile_channel() reads, and nothing else does'),
    ('sweep_channel', 'posts once under a key between accounts of the market, as receive_deposit() does'),
    ('add_channel', 'is set by hand'),
    ('configure_channel', 'is set by hand; spec divided_payment pairs it with payouts');
SELECT is_empty($$SELECT DISTINCT p.proname FROM pg_proc p
                  WHERE p.pronamespace = 'market'::regnamespace AND p.provolatile = 'v' AND p.prorettype <> 'trigger'::regtype
                    AND obj_description(p.oid) NOT LIKE 'Internal%' AND p.proname NOT IN (SELECT call FROM left_out)
                    AND NOT EXISTS (SELECT FROM all_calls l WHERE l.call ~ format('\m%s\(', p.proname))
                  UNION ALL SELECT call FROM left_out WHERE to_regproc(call) IS NULL$$, 'every call that writes is in an area, or is left out for a reason');
\ir lib/pairs_run.sql
