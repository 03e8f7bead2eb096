-- Rates: which rule counts, what items freeze of it, and that it never gives away more than the sale.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(81);
\ir lib/market.sql
SELECT setseed(0.31415) \g /dev/null

-- A rule that says whose it is: the platform's part is the name.
CREATE FUNCTION fixture.rule(n int) RETURNS split LANGUAGE sql AS $$ SELECT format('supplier cost, platform %s per unit, supply_leader rest', n)::split $$;
CREATE FUNCTION fixture.chosen(sku text, seller text DEFAULT NULL, tier text DEFAULT NULL, leader text DEFAULT 'leader') RETURNS int
LANGUAGE sql AS $$ SELECT substring(rule::text FROM 'platform (\d+) per')::int FROM choose_rate(id(leader), id(sku), id(seller), tier) $$;
SELECT id AS first FROM rates \gset

-- Who, what, whose.
SELECT describe_sku(id('apple sku'), category => 'fruit') \g /dev/null
SELECT is(chosen('apple sku', leader => 'other leader'), NULL, 'without any rate there is none');
SELECT is((choose_rate(id('leader'), 999999)).id, NULL, 'nor for a sku that is not there');
SELECT set_rate(NULL, rule(1)) \g /dev/null
SELECT is(chosen('apple sku', leader => 'other leader'), 1, 'the market''s');
SELECT set_rate(id('leader'), rule(2)) \g /dev/null
SELECT is(chosen('apple sku'), 2, 'the supply leader''s own goes before the market''s');
SELECT is(chosen('apple sku', leader => 'other leader'), 1, 'for others it does not count');
SELECT set_rate(NULL, rule(3), category => 'fruit') \g /dev/null
SELECT is(chosen('apple sku'), 3, 'what is sold goes before whose rule it is');
SELECT is(chosen('rice sku'), 2, 'in its category');
SELECT set_rate(id('leader'), rule(4), category => 'fruit') \g /dev/null
SELECT is(chosen('apple sku'), 4, 'of two for the category the supply leader''s own');
SELECT set_rate(NULL, rule(5), id('apple sku')) \g /dev/null
SELECT is(chosen('apple sku'), 5, 'the sku goes before the category');
SELECT set_rate(id('leader'), rule(6), id('apple sku')) \g /dev/null
SELECT is(chosen('apple sku'), 6, 'again his own first');
SELECT set_rate(NULL, rule(7), tier => 'gold') \g /dev/null
SELECT is(chosen('apple sku', 'seller', 'gold'), 7, 'who sells goes before what: a tier');
SELECT is(chosen('apple sku', 'seller', 'silver'), 6, 'that one tier');
SELECT set_rate(NULL, rule(8), sales_leader => id('seller')) \g /dev/null
SELECT is(chosen('apple sku', 'seller', 'gold'), 8, 'a sales leader goes before his tier');
SELECT is(chosen('apple sku', 'rival', 'gold'), 7, 'he alone');
SELECT set_rate(id('leader'), rule(9), id('apple sku'), tier => 'gold') \g /dev/null
SELECT is(chosen('apple sku', 'rival', 'gold'), 9, 'within a tier, what is sold');
SELECT is(chosen('apple sku'), 6, 'who has no tier has none of these');
SELECT is((SELECT count(*) FROM rates WHERE upper_inf(period)), 9::bigint, 'all of them in force, the very first replaced');
SELECT is((SELECT upper(a.period) = lower(b.period) FROM rates a, rates b WHERE a.id = :first AND b.rule = rule(2)), true, 'without a gap');

-- Ended.
SELECT r.id AS ended FROM rates r WHERE r.rule = rule(6) \gset
SELECT is(end_rate(:ended), true, 'a rate can be ended');
SELECT is(chosen('apple sku'), 5, 'then the next counts');
SELECT answers(format('SELECT end_rate(%s)', :ended), 'false', 'once');
SELECT answers(format('SELECT end_rate(%s)', :first), 'false', 'one that was replaced has ended');
SELECT is((SELECT upper(period) > lower(period) FROM rates WHERE id = :ended), true, 'it had its time');
UPDATE rates SET period = tstzrange('2998-01-01', '2999-01-01') WHERE id = :ended;
SELECT set_rate(id('leader'), rule(6), id('apple sku')) AS again \gset
SELECT is((SELECT lower(period) FROM rates WHERE id = :again), timestamptz '2999-01-01', 'a clock that stepped back does not matter');
SELECT throws_ok('SELECT end_rate(999999)', 'KT303', 'rate 999999 does not exist', 'an unknown rate');
SELECT throws_ok('SELECT end_rate(NULL)', '22004', 'rate must not be null', 'no rate');

-- Refused.
SELECT throws_ok($$SELECT set_rate(NULL, 'supply_leader rest', id('apple sku'), 'fruit')$$, '22023', 'rate must not name both a sku and a category', 'a sku and a category');
SELECT throws_ok($$SELECT set_rate(NULL, 'supply_leader rest', tier => 'gold', sales_leader => id('seller'))$$, '22023', 'rate must not name both a tier and a sales leader', 'a tier and a sales leader');
SELECT throws_ok($$SELECT set_rate(NULL, 'supply_leader rest', sales_leader => 999999)$$, 'KT303', 'sales leader 999999 does not exist', 'an unknown sales leader');
SELECT throws_ok($$SELECT set_rate(NULL, 'supply_leader rest', category => '')$$, '22023', 'bytes of the category must be between 1 and 256', 'an empty category');
SELECT throws_ok($$SELECT set_rate(NULL, 'supply_leader rest', tier => repeat('x', 257))$$, '22023', 'bytes of the tier must be between 1 and 256', 'a long tier');
SELECT throws_ok($$SELECT set_rate(NULL, NULL)$$, '22004', 'rule must not be null', 'the market has rules too');
SELECT throws_ok(format('INSERT INTO rates (%s, rule, period) SELECT %s, rule, ''[2020-01-01,)'' FROM rates WHERE upper_inf(period) AND rule = rule(%s)', k, k, n), '23P01', NULL, 'two in force cannot be: ' || k)
FROM (VALUES ('supply_leader_id', 1), ('supply_leader_id', 2), ('supply_leader_id, category', 4), ('supply_leader_id, sku_id', 6), ('tier', 7), ('sales_leader_id', 8),
             ('supply_leader_id, sku_id, tier', 9)) v(k, n);
SELECT throws_ok(format('UPDATE rates SET %s WHERE upper_inf(period)', c), '23514', NULL, 'nor one with two keys: ' || c)
FROM unnest('{"sku_id = id(''rice sku''), category = ''x''","sales_leader_id = id(''rival''), tier = ''x''"}'::text[]) c;

-- Tiers.
SELECT set_tier(id('leader'), id('seller'), 'silver') AS silver \gset
SELECT is(tier_of(id('leader'), id('seller')), 'silver', 'a sales leader has a tier');
SELECT is(tier_of(id('other leader'), id('seller')), NULL, 'with one supply leader');
SELECT answers('SELECT set_tier(id(''leader''), id(''seller''), ''silver'')', :'silver', 'the same again is the same');
SELECT set_tier(id('leader'), id('seller'), 'gold') AS gold \gset
SELECT results_eq('SELECT tier, upper_inf(period) FROM leader_tiers ORDER BY id', $$VALUES ('silver', false), ('gold', true)$$, 'another takes its place');
SELECT is((SELECT upper(a.period) = lower(b.period) FROM leader_tiers a, leader_tiers b WHERE a.id = :silver AND b.id = :gold), true, 'without a gap');
SELECT is(set_tier(id('leader'), id('seller'), NULL), NULL, 'or none');
SELECT is(tier_of(id('leader'), id('seller')), NULL, 'then he has none');
SELECT answers('SELECT set_tier(id(''leader''), id(''rival''), NULL)', NULL, 'nor has who never had one');
SELECT throws_ok(format('SELECT set_tier(%s)', a), c, m, 'refused: ' || m)
FROM (VALUES ('999999, id(''seller''), ''x''', 'KT303', 'supply leader 999999 does not exist'), ('id(''leader''), 999999, ''x''', 'KT303', 'sales leader 999999 does not exist'),
             ('NULL, id(''seller''), ''x''', '22004', 'supply leader must not be null'), ('id(''leader''), NULL, ''x''', '22004', 'sales leader must not be null'),
             ('id(''leader''), id(''seller''), ''''', '22023', 'bytes of the tier must be between 1 and 256')) v(a, c, m);

-- Items freeze all of it.
SELECT throws_ok('SELECT set_tier(id(''leader''), id(''rival''), ''gold'')', 'KT103', format('member %s is no partner of supply leader %s', id('rival'), id('leader')), 'only a partner has a tier');
SELECT form_partnership(id('leader'), id('rival')), set_tier(id('leader'), id('rival'), 'gold'), join_campaign(id('campaign'), id('rival')) \g /dev/null
SELECT results_eq('SELECT n.name, s.tier FROM campaign_sellers s JOIN fixture.names n ON n.id = s.member_id AND n.name IN (''seller'', ''rival'') ORDER BY 1 DESC',
                  $$VALUES ('seller', NULL), ('rival', 'gold')$$, 'a seller keeps the tier in which he joined');
SELECT set_tier(id('leader'), id('rival'), 'silver'), join_campaign(id('campaign'), id('rival')) \g /dev/null
SELECT is((SELECT tier FROM campaign_sellers WHERE member_id = id('rival')), 'gold', 'also when he moves up later and joins again');
SELECT list_item(id('campaign'), id('apple sku'), 850, 1000) AS item, list_item(id('campaign'), id('rice sku'), 2500, 3000) AS grain \gset
CREATE FUNCTION fixture.of_line(item bigint, seller text DEFAULT NULL, tier text DEFAULT NULL) RETURNS int
LANGUAGE sql AS $$ SELECT substring(l.rule::text FROM 'platform (\d+) per')::int FROM line_rule(item, id(seller), tier) l $$;
SELECT is(of_line(:item), 6, 'everybody''s');
SELECT is(of_line(:item, 'seller'), 8, 'the sales leader''s own');
SELECT is(of_line(:item, 'seller', 'gold'), 8, 'before that of his tier');
SELECT is(of_line(:item, 'rival', 'gold'), 9, 'that of a tier');
SELECT is(of_line(:item, 'rival', 'silver'), 6, 'a tier without a rule has everybody''s');
SELECT is(of_line(:grain, 'rival', 'gold'), 7, 'each sku its own');
SELECT is(of_line(id('apple'), 'rival', 'gold'), NULL, 'an item that was listed before knows nothing of it');
SELECT is((SELECT l.rate_id FROM line_rule(id('apple'), id('rival'), 'gold') l), :first::bigint, 'it has its rate');
SELECT is_empty('SELECT * FROM line_rule(999999, NULL, NULL)', 'no item has no rule');
SELECT is((SELECT l.payees FROM line_rule(:item, id('rival'), 'gold') l), ARRAY[account('orchard', 'goods'), market_account('revenue'), account('leader', 'commission')], 'payees come with it');
SELECT results_eq(format('SELECT l.rate_id FROM line_rule(%s, id(''rival''), ''gold'') l', :item), 'SELECT id FROM rates WHERE rule = rule(9)', 'and the rate');
SELECT results_eq(format('SELECT coalesce(sales_leader_id::text, tier) FROM item_rates WHERE item_id = %s ORDER BY 1', :item), format('SELECT v FROM (VALUES (''%s''), (''gold'')) v(v) ORDER BY 1', id('seller')), 'one of each is kept');
SELECT throws_ok(c, 'KT301', 'prices and rule of a listed item cannot be changed', 'and does not change: ' || c)
FROM unnest('{"UPDATE item_rates SET rule = rule(1)","DELETE FROM item_rates","UPDATE campaign_items SET rate_id = 1"}'::text[]) c;

-- Pain 8: editing a rate rewrites history. Here it touches no order, no item, and no refund of an order.
SELECT is(buy('o', 'buyer', '{apple,rice}', '{3,1}', 'seller'), 'paid', 'an order is placed and paid');
CREATE FUNCTION fixture.history() RETURNS text
LANGUAGE sql AS $$ SELECT md5((SELECT string_agg(o::text, '' ORDER BY o.id) FROM orders o) || (SELECT string_agg(i::text, '' ORDER BY i.id) FROM campaign_items i)
                              || (SELECT string_agg(r::text, '' ORDER BY r.id) FROM item_rates r) || (SELECT string_agg(j::text, '' ORDER BY j.id) FROM journals j)) $$;
SELECT history() AS before, shares AS shares FROM orders WHERE id = id('o') \gset
SELECT set_rate(l, rule(90 + n), s, c, t, p)
FROM (VALUES (1, NULL::bigint), (2, id('leader'))) a(n, l), (VALUES (NULL::bigint, NULL), (id('apple sku'), NULL), (NULL, 'fruit')) b(s, c), (VALUES (NULL, NULL::bigint), ('gold', NULL), (NULL, id('seller'))) d(t, p) \g /dev/null
SELECT set_tier(id('leader'), id('seller'), 'gold'), describe_sku(id('apple sku'), category => 'pome'), offer_sku(id('apple sku'), id('leader'), 1) \g /dev/null
SELECT end_rate(id) FROM rates WHERE upper_inf(period) \g /dev/null
SELECT is(history(), :'before', 'every rate changed and ended, tiers and offers too: orders, items and ledger are what they were');
SELECT refund_order(id('campaign'), id('o'), id('apple'), 3, 'r1'), refund_order(id('campaign'), id('o'), id('rice'), 1, 'r2') \g /dev/null
SELECT is((SELECT sum(shares) FROM refunds), :'shares'::shares, 'and a refund takes back what the order gave, by the rule of its day');
SELECT is_empty('SELECT violations()', 'no invariant is broken');
SELECT is_empty('SELECT * FROM verify_item_rates() WHERE violations <> 0', 'nor of the rules');

-- verify_item_rates() sees a rate that was rewritten.
UPDATE rates SET rule = rule(77) WHERE id = :first;
SELECT results_eq('SELECT violations, first FROM verify_item_rates() LIMIT 1', format($$VALUES (2::bigint, '%s')$$, least(id('apple'), id('rice'))), 'a rate that was rewritten behind its items is seen');

-- The same choice, slowly: every place where a rate could stand, one after the other.
CREATE FUNCTION fixture.slow_choice(leader bigint, sku bigint, seller bigint, tier text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_category text := (SELECT s.category FROM skus s WHERE s.id = sku);
    v_id bigint;
BEGIN
    FOR who IN 1 .. 3 LOOP
        CONTINUE WHEN (who = 1 AND seller IS NULL) OR (who = 2 AND tier IS NULL);
        FOR what IN 1 .. 3 LOOP
            CONTINUE WHEN what = 2 AND v_category IS NULL;
            FOR whose IN 1 .. 2 LOOP
                SELECT r.id INTO v_id FROM rates r
                WHERE upper_inf(r.period)
                  AND r.sales_leader_id IS NOT DISTINCT FROM CASE WHEN who = 1 THEN seller END AND r.tier IS NOT DISTINCT FROM CASE WHEN who = 2 THEN slow_choice.tier END
                  AND r.sku_id IS NOT DISTINCT FROM CASE WHEN what = 1 THEN sku END AND r.category IS NOT DISTINCT FROM CASE WHEN what = 2 THEN v_category END
                  AND r.supply_leader_id IS NOT DISTINCT FROM CASE WHEN whose = 1 THEN leader END;
                IF FOUND THEN
                    RETURN v_id;
                END IF;
            END LOOP;
        END LOOP;
    END LOOP;
    RETURN NULL;
END
$$;
CREATE FUNCTION fixture.one_of(choices text[]) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT choices[1 + floor(random() * cardinality(choices))::int] $$;
CREATE TABLE fixture.choices (leader bigint, sku bigint, seller bigint, tier text, chosen bigint, slow bigint, kind text);
CREATE FUNCTION fixture.try_rates(rounds int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_what text;
    v_who text;
BEGIN
    FOR n IN 1 .. rounds LOOP
        v_what := one_of('{apple sku,rice sku,fruit,grain,NULL}');
        v_who := one_of('{seller,rival,gold,silver,NULL}');
        IF random() < 0.4 THEN
            PERFORM set_rate(id(one_of('{leader,other leader,NULL}')), rule(n), CASE WHEN v_what LIKE '% sku' THEN id(v_what) END, CASE WHEN v_what IN ('fruit', 'grain') THEN v_what END,
                             CASE WHEN v_who IN ('gold', 'silver') THEN v_who END, id(v_who));
        ELSE
            PERFORM end_rate(r.id) FROM (SELECT x.id FROM rates x WHERE upper_inf(x.period) ORDER BY random() LIMIT 1) r;
        END IF;
        PERFORM describe_sku(id(one_of('{apple sku,rice sku}')), category => one_of('{fruit,grain,other}'));
        INSERT INTO choices
        SELECT q.leader, q.sku, q.seller, q.tier, r.id, slow_choice(q.leader, q.sku, q.seller, q.tier),
               concat_ws(' ', (r.supply_leader_id IS NULL), (r.sku_id IS NULL), (r.category IS NULL), (r.sales_leader_id IS NULL), (r.tier IS NULL))
        FROM (SELECT id(one_of('{leader,other leader}')) AS leader, id(one_of('{apple sku,rice sku}')) AS sku, id(one_of('{seller,rival,NULL}')) AS seller,
                     nullif(one_of('{gold,silver,NULL}'), 'NULL') AS tier FROM generate_series(1, 10)) q
        CROSS JOIN LATERAL choose_rate(q.leader, q.sku, q.seller, q.tier) r;
    END LOOP;
END
$$;
SELECT try_rates(400) \g /dev/null
SELECT is_empty('SELECT * FROM choices WHERE chosen IS DISTINCT FROM slow', 'of random sets of rates the slow reference chooses the same');
SELECT is((SELECT count(DISTINCT kind) FROM choices WHERE chosen IS NOT NULL), 18::bigint, 'and each of the 18 kinds was chosen');
SELECT cmp_ok((SELECT count(*) FROM choices WHERE chosen IS NULL), '>', 100::bigint, 'or none');

SELECT * FROM finish();
ROLLBACK;
