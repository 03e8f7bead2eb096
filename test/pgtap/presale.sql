-- Presales: a deposit now and the balance later; and campaigns that first ask what buyers want.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(57);
\ir lib/market.sql

-- Deposits.
SELECT throws_ok($$SELECT create_campaign(id('wave'), id('leader'), 'p', now() + interval '1 hour', kind => 'presale')$$, '22023', NULL, 'a presale without a time for the balance');
SELECT throws_ok($$SELECT create_campaign(id('wave'), id('leader'), 'p', now() + interval '1 hour', balance_due_at => now() + interval '1 hour')$$, '22023', NULL, 'another kind with one');
SELECT throws_ok($$SELECT create_campaign(id('wave'), id('leader'), 'p', now() + interval '1 hour', kind => 'presale', balance_due_at => 'infinity')$$, '22023', 'time of the balance must be between the years 2000 and 9999', 'a balance never due');
SELECT throws_ok($$SELECT create_campaign(id('wave'), id('leader'), 'p', now() + interval '1 hour', kind => 'presale', balance_due_at => now() - interval '1 hour')$$, '22023', NULL, 'a balance due before');
SELECT throws_ok($$SELECT create_campaign(id('wave'), id('leader'), 'p', now() + interval '1 hour', kind => NULL)$$, '22004', 'kind must not be null', 'no kind');
SELECT throws_ok($$SELECT list_item(id('campaign'), id('rice sku'), 2500, 3100, deposit => 1)$$, '22023', 'only items of a presale have a deposit', 'a deposit elsewhere');
SELECT name('presale', create_campaign(id('wave'), id('leader'), 'presale', now() + interval '1 hour', hold => '0', kind => 'presale', balance_due_at => now() + interval '2 hours')) \g /dev/null
SELECT throws_ok($$SELECT list_item(id('presale'), id('rice sku'), 2500, 2999, deposit => 3000)$$, '22023', 'deposit must be between 1 and 2999', 'more than the price');
SELECT name('early rice', list_item(id('presale'), id('rice sku'), 2500, 2999, deposit => 500)), name('early apple', list_item(id('presale'), id('apple sku'), 850, 990)), publish_campaign(id('presale')) \g /dev/null
CREATE FUNCTION fixture.ask(request text, items text[], units bigint[]) RETURNS bigint
LANGUAGE sql AS $$
    SELECT name(request, order_id) FROM place_order(id('presale'), id('buyer'), (SELECT array_agg(id(i) ORDER BY n) FROM unnest(items) WITH ORDINALITY x(i, n)), units, request, point => id('gate'))
$$;
CREATE FUNCTION fixture.state_of(request text) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT o.state::text FROM orders o WHERE o.campaign_id = id('presale') AND o.id = id(state_of.request) $$;
SELECT ask('a', '{early rice}', '{2}'), ask('b', '{early rice,early apple}', '{1,1}'), ask('c', '{early apple}', '{1}'), ask('d', '{early rice}', '{1}') \g /dev/null
SELECT results_eq('SELECT amount, deposit FROM orders WHERE campaign_id = id(''presale'') ORDER BY id',
                  'VALUES (5998::bigint, 1000::bigint), (3989, 1490), (990, NULL), (2999, 500)', 'deposits per unit; what has none is paid at once');
SELECT is(pay_order(id('presale'), id('a'), 1000, 'a1'), 'part_paid', 'a deposit is paid');
SELECT is(pay_order(id('presale'), id('b'), 1489, 'b1'), 'part_paid', 'another, but for a cent');
SELECT is(expire_orders('0'), 3, 'unpaid orders expire');
SELECT is((SELECT array_agg(state_of(r) ORDER BY r) FROM unnest('{a,b,c,d}'::text[]) r), '{placed,expired,expired,expired}'::text[], 'the deposit keeps its order');
SELECT is(balance(NULL, 'clearing'), 1000::bigint, 'what was paid in part goes back');
SELECT is_empty('SELECT violations()', 'deposits are sound');
SELECT is(pay_order(id('presale'), id('a'), 4998, 'a2'), 'paid', 'the balance is paid');
SELECT is(state_of('a'), 'paid', 'then it is an order like others');
SELECT ask('e', '{early rice}', '{1}') \g /dev/null
SELECT pay_order(id('presale'), id('e'), 500, 'e1') \g /dev/null
SELECT is(expire_orders('0'), 0, 'another deposit waits');
SAVEPOINT closed;
SELECT close_wave(id('wave')) \g /dev/null
SELECT throws_ok(c, 'KT301', format('campaign %s waits for the balances of its orders', id('presale')), c || ': not before the balance is due')
FROM unnest(ARRAY['SELECT conclude_campaign(id(''presale''))', 'SELECT freeze_wave(id(''wave''))']) c;
SELECT is(pay_order(id('presale'), id('e'), 2499, 'e3'), 'paid', 'paid after the close, in time');
SELECT results_eq('SELECT state, reached FROM conclude_campaign(id(''presale''))', $$VALUES ('succeeded', 3::bigint)$$, 'then it is decided');
ROLLBACK TO closed;
UPDATE campaigns SET opens_at = opens_at - interval '1 day', balance_due_at = clock_timestamp() WHERE id = id('presale');
SELECT is(expire_orders('0'), 1, 'until the balance was due');
SELECT is(balance(NULL, 'clearing'), 5998::bigint, 'the deposit goes back');
SELECT is(pay_order(id('presale'), id('e'), 2499, 'e2'), 'expired', 'the balance comes too late');
SELECT is_empty('SELECT violations()', 'and is parked');
SELECT ask('f', '{early rice}', '{1}') \g /dev/null
SELECT pay_order(id('presale'), id('f'), 500, 'f1'), close_wave(id('wave')) \g /dev/null
SELECT is((SELECT orders FROM freeze_wave(id('wave'))), 1::bigint, 'only what is paid in full is on the lists');
SELECT is(state_of('f'), 'expired', 'a deposit alone is not');
SELECT is_empty('SELECT violations()', 'the frozen wave is sound');

-- Interest.
SELECT throws_ok($$SELECT create_campaign(open_wave('w2'), id('leader'), 'i', now() + interval '1 hour', kind => 'interest')$$, '22023', NULL, 'an interest campaign without a number');
SELECT throws_ok($$SELECT create_campaign(open_wave('w2'), id('leader'), 'i', now() + interval '1 hour', kind => 'interest', interested => 0)$$, '22023', 'number of buyers must be between 1 and 1000000000', 'nobody is enough');
SELECT name('wish', create_campaign(open_wave('w2'), id('leader'), 'wish', now() + interval '2 hours', now() + interval '1 hour', hold => '0', kind => 'interest', interested => 2)) \g /dev/null
SELECT name('wished rice', list_item(id('wish'), id('rice sku'), 2500, 2999)), name('wished apple', list_item(id('wish'), id('apple sku'), 850, 990)) \g /dev/null
SELECT throws_ok($$SELECT publish_campaign(id('wish'))$$, 'KT301', format('campaign %s waits for the interest of buyers', id('wish')), 'it is not published');
SELECT is((SELECT outcome FROM place_order(id('wish'), id('buyer'), ARRAY[id('wished rice')], '{1}', 'x', point => id('gate'))), 'not_open', 'nothing is sold yet');
SELECT note_views(id('wish'), ARRAY[id('wished rice'), id('wished rice'), id('wished apple'), id('rice'), NULL]) \g /dev/null
SELECT note_views(id('wish'), ARRAY[id('wished rice')]) \g /dev/null
SELECT throws_ok($$SELECT note_views(id('wish'), NULL)$$, '22004', 'items must not be null', 'views of nothing');
SELECT throws_ok($$SELECT note_views(id('wish'), array_fill(1::bigint, '{1001}'))$$, '54000', 'at most 1000 views can be noted at once', 'too many views');
SELECT is(declare_interest(id('wish'), id('buyer'), id('wished rice'), 3), 'noted', 'somebody wants rice');
SELECT is(declare_interest(id('wish'), id('buyer'), id('wished rice'), 2), 'noted', 'less of it');
SELECT is(declare_interest(id('wish'), id('neighbour'), id('wished rice')), 'noted', 'so does another');
SELECT is(declare_interest(id('wish'), id('buyer'), id('wished apple')), 'noted', 'one wants apples');
SELECT is(declare_interest(id('wish'), id('rival'), id('wished apple')), 'noted', 'another too');
SELECT is(declare_interest(id('wish'), id('rival'), id('wished apple'), 0), 'withdrawn', 'but not any more');
SELECT throws_ok($$SELECT declare_interest(id('wish'), id('rival'), id('rice'))$$, 'KT303', NULL, 'another campaign''s item');
SELECT throws_ok($$SELECT declare_interest(id('wish'), 999999, id('wished rice'))$$, 'KT303', 'buyer 999999 does not exist', 'an unknown buyer');
SELECT throws_ok($$SELECT declare_interest(999999, id('rival'), id('wished rice'))$$, 'KT303', 'campaign 999999 does not exist', 'an unknown campaign');
SELECT throws_ok($$SELECT declare_interest(id('presale'), id('rival'), id('early rice'))$$, 'KT301', format('campaign %s is presale', id('presale')), 'another kind of campaign');
SELECT throws_ok($$SELECT declare_interest(id('wish'), id('rival'), id('wished rice'), -1)$$, '22023', 'units must be between 0 and 1000000', 'less than nothing');
SELECT throws_ok($$SELECT * FROM decide_interest(id('presale'))$$, 'KT301', NULL, 'another kind is not decided');
SELECT throws_ok($$SELECT * FROM decide_interest(999999)$$, 'KT303', 'campaign 999999 does not exist', 'nor an unknown one');
SELECT throws_ok($$SELECT * FROM decide_interest(id('wish'))$$, 'KT301', format('campaign %s is decided when it opens', id('wish')), 'nor before its time');
UPDATE campaigns SET opens_at = clock_timestamp() WHERE id = id('wish');
SELECT results_eq($$SELECT * FROM decide_interest(id('wish'))$$, $$VALUES (id('wished rice'), 2::bigint, 3::bigint, 3::bigint, true), (id('wished apple'), 1, 1, 1, false)$$, 'rice goes on sale, apples do not');
SELECT results_eq($$SELECT item_id, listed FROM decide_interest(id('wish'))$$, $$VALUES (id('wished rice'), true), (id('wished apple'), false)$$, 'once');
SELECT is(declare_interest(id('wish'), id('rival'), id('wished rice')), 'decided', 'wishes come too late');
SELECT is((SELECT outcome FROM place_order(id('wish'), id('buyer'), ARRAY[id('wished rice')], '{1}', 'y', point => id('gate'))), 'placed', 'now it is sold');
SELECT throws_ok($$SELECT place_order(id('wish'), id('buyer'), ARRAY[id('wished apple')], '{1}', 'z', point => id('gate'))$$, 'KT303', format('item %s is no longer on sale', id('wished apple')), 'and the other is not');
SELECT name('vain', create_campaign(open_wave('w2'), id('leader'), 'vain', now() + interval '2 hours', hold => '0', kind => 'interest', interested => 1)) \g /dev/null
SELECT list_item(id('vain'), id('rice sku'), 2500, 2999) \g /dev/null
SELECT results_eq($$SELECT buyers, listed FROM decide_interest(id('vain'))$$, 'VALUES (0::bigint, false)', 'what nobody wants');
SELECT is((SELECT state FROM campaigns WHERE id = id('vain')), 'failed', 'fails');
SELECT is((SELECT reason FROM campaign_log WHERE campaign_id = id('vain') ORDER BY id DESC LIMIT 1), 'not enough interest', 'and says why');
SELECT is_empty('SELECT violations()', 'all is well at the end');

SELECT * FROM finish();
ROLLBACK;
