-- Recurring campaigns.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(137);
\ir lib/market.sql
SELECT configure(time_zone => 'America/New_York') \g /dev/null

-- The words of this test. A template opens daily from 08:00 to 20:00 and delivers the day after, unless told otherwise.
CREATE FUNCTION pg_temp.template(reference text, rest text DEFAULT '', next_on date DEFAULT '2999-03-01') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint;
    v_set text := 'supply_leader => id(''leader''), every_days => 1, opens_at => ''08:00'', closes_at => ''20:00''';
    v_word text;
BEGIN
    -- What the rest says goes before the default.
    FOREACH v_word IN ARRAY string_to_array(v_set, ', ') LOOP
        IF position(split_part(v_word, ' ', 1) || ' =>' IN rest) = 0 THEN
            rest := rest || ', ' || v_word;
        END IF;
    END LOOP;
    EXECUTE format('SELECT create_template(reference => %L, next_on => %L, %s)', reference, next_on, ltrim(rest, ', ')) INTO v_id;
    PERFORM name(reference, v_id);
    RETURN v_id;
END
$$;
CREATE FUNCTION pg_temp.fill(reference text) RETURNS void LANGUAGE sql AS $$
    SELECT add_template_item(id(reference), id('apple sku'), 850, 990, 100, 5), add_template_item(id(reference), id('rice sku'), 2500, 2999)
$$;
CREATE FUNCTION pg_temp.hours(campaign bigint) RETURNS text LANGUAGE sql AS $$
    SELECT to_char(c.opens_at AT TIME ZONE 'America/New_York', 'YYYY-MM-DD HH24:MI') || ' to ' || to_char(c.closes_at AT TIME ZONE 'America/New_York', 'YYYY-MM-DD HH24:MI')
    FROM campaigns c WHERE c.id = campaign
$$;

-- Making one.
SELECT pg_temp.template('daily', 'delivery_after_days => 1, hold => ''3 days'', grace => ''5 minutes''') \g /dev/null
SELECT is(pg_temp.template('daily', 'delivery_after_days => 1, hold => ''3 days'', grace => ''5 minutes'''), id('daily'), 'the same again is the same');
SET LOCAL intervalstyle = 'iso_8601';
SET LOCAL datestyle = 'German';
SET LOCAL timezone = 'Asia/Tokyo';
SELECT is(pg_temp.template('daily', 'delivery_after_days => 1, hold => ''3 days'', grace => ''5 minutes'''), id('daily'), 'also from a session that writes times in another way');
RESET intervalstyle;
RESET datestyle;
RESET timezone;
SELECT throws_ok('SELECT pg_temp.template(''daily'')', 'KT010', 'request key "daily" was already used with different arguments', 'another of the same name is not');
SELECT throws_ok(format('SELECT pg_temp.template(''bad'', %L)', r), e, m, 'no template with ' || r)
FROM (VALUES ('supply_leader => 999999', 'KT303', 'supply leader 999999 does not exist'), ('supply_leader => NULL', '22004', 'supply leader must not be null'),
             ('every_days => 0', '22023', 'number of days must be between 1 and 366'), ('every_days => 367', '22023', NULL), ('every_days => NULL', '22004', 'number of days must not be null'),
             ('opens_at => NULL', '22004', 'opening time must not be null'), ('closes_at => NULL', '22004', 'closing time must not be null'),
             ('opens_at => NULL, closes_after_days => 1', '22004', 'opening time must not be null'), ('closes_at => NULL, closes_after_days => 1', '22004', 'closing time must not be null'),
             ('closes_at => ''08:00''', '22023', 'campaigns must close after they open'), ('closes_at => ''07:00''', '22023', NULL),
             ('closes_after_days => -1', '22023', NULL), ('closes_after_days => 367', '22023', NULL), ('closes_after_days => NULL', '22004', 'days to the end must not be null'),
             ('delivery_after_days => -1', '22023', 'days to the delivery must be between 0 and 732'), ('closes_after_days => 2, delivery_after_days => 1', '22023', NULL),
             ('delivery_after_days => 733', '22023', NULL), ('hold => ''-1 day''', '22023', NULL), ('grace => ''25 hours''', '22023', NULL),
             ('wave => ''''', '22023', NULL), ('wave => repeat(''w'', 241)', '22023', 'bytes of the wave must be between 1 and 240')) v(r, e, m);
SELECT throws_ok(format('SELECT pg_temp.template(%L, next_on => %L)', r, d), e, NULL, format('nor with %s, %s', coalesce(left(r, 5), 'no reference'), coalesce(d, 'no day')))
FROM (VALUES (NULL, '2999-01-01', '22004'), ('', '2999-01-01', '22023'), (repeat('r', 241), '2999-01-01', '22023'), ('bad', NULL, '22004'), ('bad', 'infinity', '22023'),
             ('bad', '-infinity', '22023'), ('bad', '10000-01-01', '22023'), ('bad', '1999-12-31', '22023')) v(r, d, e);
SELECT lives_ok('SELECT pg_temp.template(e''it''''s "%s" \\ $1;--'')', 'hostile text is a name like others');
SELECT lives_ok('SELECT pg_temp.template(repeat(''r'', 240))', 'and may be long');

-- Its items.
SELECT throws_ok('SELECT open_next_campaign(id(''daily''))', 'KT301', format('template %s has no items', id('daily')), 'nothing opens without any');
SELECT pg_temp.fill('daily') \g /dev/null
SELECT is(add_template_item(id('daily'), id('rice sku'), 2500, 2999), (SELECT id FROM template_items WHERE sku_id = id('rice sku')), 'the same terms give the same line');
SELECT throws_ok(format('SELECT add_template_item(id(''daily''), id(''rice sku''), %s)', t), e, m, 'not with ' || t)
FROM (VALUES ('2501, 2999', 'KT010', format('sku %s is already at 2999 in template %s on other terms', id('rice sku'), id('daily'))), ('2500, 2999, 5', 'KT010', NULL), ('2500, 2999, NULL, 5', 'KT010', NULL),
             ('-1, 2999', 'KT302', format('price of sku %s is out of bounds', id('rice sku'))), ('3000, 2999', 'KT302', NULL), ('0, 0', 'KT302', NULL), ('1, 1000000000001', 'KT302', NULL),
             ('NULL, 2999', '22004', 'distribution price must not be null'), ('1, NULL', '22004', 'sale price must not be null'),
             ('1, 2, -1', '22023', 'stock must be between 0 and 1000000000000'), ('1, 2, 1, 0', '22023', 'limit per buyer must be between 1 and 1000000000000')) v(t, e, m);
SELECT throws_ok('SELECT add_template_item(999999, id(''rice sku''), 1, 2)', 'KT303', 'template 999999 does not exist', 'an unknown template');
SELECT throws_ok('SELECT add_template_item(NULL, id(''rice sku''), 1, 2)', '22004', 'template must not be null', 'no template');
SELECT throws_ok('SELECT add_template_item(id(''daily''), 999999, 1, 2)', 'KT303', 'sku 999999 does not exist', 'an unknown sku');
SELECT throws_ok('SELECT add_template_item(id(''daily''), NULL, 1, 2)', '22004', 'sku must not be null', 'no sku');
SELECT add_template_item(id('daily'), id('rice sku'), 2500, 3333) AS dear \gset
SELECT is(remove_template_item(id('daily'), :dear), true, 'a line can be taken out');
SELECT answers(format('SELECT remove_template_item(id(''daily''), %s)', :dear), 'false', 'once');
SELECT throws_ok('SELECT remove_template_item(999999, 1)', 'KT303', NULL, 'of a template that is there');
SELECT throws_ok('SELECT remove_template_item(NULL, 1)', '22004', NULL, 'and named');
SELECT throws_ok('SELECT remove_template_item(id(''daily''), NULL)', '22004', 'item must not be null', 'like the line');

-- The first campaign.
SELECT results_eq('SELECT template_id, day, opens_at, closes_at, items FROM upcoming_campaigns WHERE reference = ''daily''',
                  'SELECT id(''daily''), date ''2999-03-01'', timestamptz ''2999-03-01 13:00Z'', timestamptz ''2999-03-02 01:00Z'', 2::bigint', 'what will come is shown');
SELECT name('first', open_next_campaign(id('daily'))) \g /dev/null
SELECT results_eq('SELECT reference, state, supply_leader_id, opens_at, closes_at, hold, grace FROM campaigns WHERE id = id(''first'')',
                  'SELECT ''daily 2999-03-01'', ''open'', id(''leader''), timestamptz ''2999-03-01 13:00Z'', timestamptz ''2999-03-02 01:00Z'', interval ''3 days'', interval ''5 minutes''',
                  'a campaign of its day, with its terms');
SELECT results_eq('SELECT w.reference, w.delivery_on FROM waves w JOIN campaigns c ON c.wave_id = w.id WHERE c.id = id(''first'')', 'VALUES (''daily 2999-03-01'', date ''2999-03-02'')', 'in a wave of its day');
SELECT results_eq('SELECT sku_id, supply_price, distribution_price, sale_price, stock, (SELECT l.units FROM limits l WHERE l.item_id = i.id) FROM campaign_items i WHERE campaign_id = id(''first'') ORDER BY id',
                  'VALUES (id(''apple sku''), 700::bigint, 850::bigint, 990::bigint, 100::bigint, 5::bigint), (id(''rice sku''), 2000, 2500, 2999, NULL, NULL)', 'with its items');
SELECT is_empty('SELECT * FROM campaign_sellers WHERE campaign_id = id(''first'')', 'without sales leaders: there was none before');
SELECT answers('SELECT open_next_campaign(id(''daily''))', id('first')::text, 'the same again, while it has not begun');
SELECT answers('SELECT open_next_campaign(id(''daily''), ''2999-03-01'')', id('first')::text, 'and for its day');
SELECT throws_ok(format('SELECT open_next_campaign(id(''daily''), %L)', d), 'KT301', format('template %s cannot open a campaign for %s', id('daily'), d), 'not for ' || d)
FROM unnest('{2999-03-03,2999-02-28}'::text[]) d;
SELECT is((SELECT outcome FROM place_order(id('first'), id('buyer'), ARRAY(SELECT id FROM campaign_items WHERE campaign_id = id('first')), '{1,1}', 'r', point => id('gate'))),
          'not_open', 'it takes orders from its opening on');

-- The second: who sold in the first and is a partner still; offers and rates as they are by now.
SELECT form_partnership(id('leader'), id('rival')), form_partnership(id('leader'), id('neighbour')) \g /dev/null
SELECT join_campaign(id('first'), id('seller')), join_campaign(id('first'), id('rival')) \g /dev/null
SELECT end_partnership(id('leader'), id('rival')) \g /dev/null
SELECT offer_sku(id('apple sku'), id('leader'), 710, 900, 1500), set_rate(id('leader'), 'supplier cost, sales_leader 10% of sale, supply_leader rest') \g /dev/null
SELECT name('second', open_next_campaign(id('daily'), '2999-03-02')) \g /dev/null
SELECT results_eq('SELECT chain::text FROM campaign_sellers WHERE campaign_id = id(''second'')', format('VALUES (''%s>%s'')', id('leader'), id('seller')), 'the standing partner sells in the second');
SELECT is((SELECT supply_price FROM campaign_items WHERE campaign_id = id('second') AND sku_id = id('apple sku')), 710::bigint, 'at the offer in force');
SELECT is((SELECT DISTINCT rule::text FROM campaign_items WHERE campaign_id = id('second')), 'supplier cost, sales_leader 10% of sale, supply_leader rest', 'and the rate in force');
SELECT is((SELECT supply_price FROM campaign_items WHERE campaign_id = id('first') AND sku_id = id('apple sku')), 700::bigint, 'the first has what it had');
SELECT answers('SELECT open_next_campaign(id(''daily''), ''2999-03-01'')', id('first')::text, 'and is still what its day gives');
SELECT form_partnership(id('leader'), id('rival')) \g /dev/null
SELECT name('third', open_next_campaign(id('daily'), '2999-03-03')) \g /dev/null
SELECT results_eq('SELECT member_id FROM campaign_sellers WHERE campaign_id = id(''third'')', 'SELECT id(''seller'')', 'a partner again did not sell in the one before');
SELECT configure(max_levels => 1), name('alone', open_next_campaign(id('daily'), '2999-03-04')) \g /dev/null
SELECT is_empty('SELECT * FROM campaign_sellers WHERE campaign_id = id(''alone'')', 'where nobody may copy, nobody does');
SELECT configure(max_levels => 2) \g /dev/null

-- All or nothing.
UPDATE offers SET period = tstzrange(lower(period), greatest(clock_timestamp(), lower(period) + interval '1 us')) WHERE sku_id = id('rice sku') AND upper_inf(period);
CREATE TEMP TABLE before AS SELECT contents() AS contents;
SELECT throws_ok('SELECT open_next_campaign(id(''daily''), ''2999-03-05'')', 'KT303', format('sku %s is not offered to supply leader %s', id('rice sku'), id('leader')), 'an offer that is gone is named');
SELECT is(contents(), (SELECT contents FROM before), 'and nothing was opened');
SELECT offer_sku(id('rice sku'), id('leader'), 2600) \g /dev/null
SELECT throws_ok('SELECT open_next_campaign(id(''daily''), ''2999-03-05'')', 'KT302', format('price of sku %s is out of bounds', id('rice sku')), 'so is a price that does not rise');
SELECT offer_sku(id('rice sku'), id('leader'), 2000) \g /dev/null
SELECT lives_ok('SELECT open_next_campaign(id(''daily''), ''2999-03-05'')', 'put right, it opens');
SELECT open_wave('daily 2999-03-06', '2999-03-09') \g /dev/null
SELECT throws_ok('SELECT open_next_campaign(id(''daily''), ''2999-03-06'')', 'KT010', 'wave "daily 2999-03-06" already exists with another day of delivery', 'a wave of this name with another day');
SELECT pg_temp.template('bare'), pg_temp.fill('bare'), name('its wave', open_wave('bare 2999-03-01', '2999-03-09')) \g /dev/null
SELECT name('in it', open_next_campaign(id('bare'))) \g /dev/null
SELECT is((SELECT wave_id FROM campaigns WHERE id = id('in it')), id('its wave'), 'a template that does not know the day takes the wave as it is');
SELECT name('shut', open_wave('bare 2999-03-02')), close_wave(open_wave('bare 2999-03-02')) \g /dev/null
SELECT throws_ok('SELECT open_next_campaign(id(''bare''), ''2999-03-02'')', 'KT301', format('wave %s is closed', id('shut')), 'but not one that is closed');
SELECT create_campaign(id('wave'), id('leader'), 'taken 2999-03-01', '2999-01-01 00:00Z') \g /dev/null
SELECT pg_temp.template('taken'), pg_temp.fill('taken') \g /dev/null
SELECT throws_ok('SELECT open_next_campaign(id(''taken''))', 'KT010', NULL, 'a campaign of this name that somebody else made');

-- Two leaders in one wave.
SELECT offer_sku(id('rice sku'), id('other leader'), 2000), set_rate(id('other leader'), 'supplier cost, supply_leader rest') \g /dev/null
SELECT pg_temp.template('mine', 'wave => ''city'', delivery_after_days => 2'), pg_temp.template('theirs', 'wave => ''city'', delivery_after_days => 2, supply_leader => id(''other leader'')') \g /dev/null
SELECT add_template_item(id(t), id('rice sku'), 2500, 2999) FROM unnest('{mine,theirs}'::text[]) t \g /dev/null
SELECT name(t || ' 1', open_next_campaign(id(t))) FROM unnest('{mine,theirs}'::text[]) t \g /dev/null
SELECT results_eq('SELECT DISTINCT w.reference FROM waves w JOIN campaigns c ON c.wave_id = w.id WHERE c.id IN (id(''mine 1''), id(''theirs 1''))', 'VALUES (''city 2999-03-01'')', 'templates can share their waves');

-- Local hours stay where they are when the clocks change: New York does on 2099-03-08 and 2099-11-01.
SELECT pg_temp.template('spring', next_on => '2099-03-06'), pg_temp.fill('spring'), pg_temp.template('autumn', next_on => '2099-10-30'), pg_temp.fill('autumn') \g /dev/null
SELECT open_next_campaign(id(t), d + n) FROM (VALUES ('spring', date '2099-03-06'), ('autumn', '2099-10-30')) v(t, d), generate_series(0, 4) n ORDER BY t, n \g /dev/null
SELECT is((SELECT string_agg(DISTINCT substr(pg_temp.hours(c.id), 12, 5) || substr(pg_temp.hours(c.id), 31), ', ') FROM campaigns c WHERE c.reference LIKE t || ' %'), '08:00 20:00', t || ': every day has the same local hours')
FROM unnest('{spring,autumn}'::text[]) t;
SELECT is((SELECT string_agg(extract(epoch FROM d)::int / 3600 || '', ' ' ORDER BY o) FROM (
              SELECT c.opens_at AS o, c.opens_at - lag(c.opens_at) OVER (ORDER BY c.opens_at) AS d FROM campaigns c WHERE c.reference LIKE t || ' %') x), w, t || ': though one day is an hour off')
FROM (VALUES ('spring', '24 23 24 24'), ('autumn', '24 25 24 24')) v(t, w);
SELECT pg_temp.template(r, format('opens_at => %L, closes_at => %L, closes_after_days => %s', o, c, n), d), pg_temp.fill(r)
FROM (VALUES ('into', '20:00', '02:30', 1, date '2099-03-07'), ('over', '02:45', '03:15', 0, '2099-03-08'), ('within', '02:15', '02:45', 0, '2099-03-08'), ('again', '20:00', '01:30', 1, '2099-10-31'),
             ('all night', '00:00', '24:00', 0, '2099-11-01'), ('long', '06:00', '23:00', 6, '2099-03-05')) v(r, o, c, n, d) \g /dev/null
SELECT name(r || ' 1', open_next_campaign(id(r))) FROM unnest('{into,over,within,again,all night,long}'::text[]) r \g /dev/null
SELECT is(pg_temp.hours(id(r || ' 1')), w, r || ': ' || w)
FROM (VALUES ('into', '2099-03-07 20:00 to 2099-03-08 03:30'), ('over', '2099-03-08 03:45 to 2099-03-08 04:15'), ('within', '2099-03-08 03:15 to 2099-03-08 03:45'),
             ('again', '2099-10-31 20:00 to 2099-11-01 01:30'), ('all night', '2099-11-01 00:00 to 2099-11-02 00:00'), ('long', '2099-03-05 06:00 to 2099-03-11 23:00')) v(r, w);
SELECT is((SELECT closes_at FROM campaigns WHERE id = id('again 1')), '2099-11-01 06:30Z', 'an end that comes twice is the later');
SELECT is((SELECT closes_at - opens_at FROM campaigns WHERE id = id('all night 1')), interval '25 hours', 'the day with an hour more lasts longer');

-- Every so many days; the last of the month and the leap day are days like others.
SELECT pg_temp.template('weekly', 'every_days => 7', '2996-02-25'), pg_temp.fill('weekly') \g /dev/null
SELECT open_next_campaign(id('weekly'), d) FROM unnest('{2996-02-25,2996-03-03,2996-03-10}'::date[]) d \g /dev/null
SELECT is((SELECT next_on FROM campaign_templates WHERE id = id('weekly')), date '2996-03-17', 'a week each, over the leap day');

-- What was missed.
SELECT local_day(clock_timestamp()) AS today \gset
SELECT pg_temp.template('late', 'opens_at => ''00:00'', closes_at => ''24:00''', :'today'::date - 1000), pg_temp.fill('late') \g /dev/null
SELECT ok((SELECT day FROM upcoming_campaigns WHERE reference = 'late') IN (:'today'::date, :'today'::date + 1), 'days that are over are left out');
SELECT name('late 1', open_next_campaign(id('late'))) \g /dev/null
SELECT answers('SELECT open_next_campaign(id(''late''))', id('late 1')::text, 'the same campaign all day, also when it has begun');
SELECT is((SELECT count(*) FROM campaigns WHERE reference LIKE 'late %'), 1::bigint, 'nothing is opened for what is over');
SELECT is((SELECT outcome FROM place_order(id('late 1'), id('buyer'), ARRAY(SELECT i.id FROM campaign_items i WHERE i.campaign_id = id('late 1') ORDER BY 1), '{1,1}', 'r', point => id('gate'))), 'placed', 'late or not, it sells');
SELECT pg_temp.template('rhythm', 'every_days => 7, opens_at => ''00:00'', closes_at => ''00:00'', closes_after_days => 3', :'today'::date - 70 - 2), pg_temp.fill('rhythm') \g /dev/null
SELECT ok((SELECT day FROM upcoming_campaigns WHERE reference = 'rhythm') IN (:'today'::date - 2, :'today'::date + 5), 'the days keep their distance, and a campaign under way is opened');
SELECT throws_ok(format('SELECT open_next_campaign(id(''rhythm''), %L)', :'today'::date - 72), 'KT301', NULL, 'a day that is over cannot be asked for');

-- For a scheduler.
CREATE FUNCTION pg_temp.due(at_most int DEFAULT 100, lead interval DEFAULT '0') RETURNS TABLE (reference text, day date, opened boolean, error text) LANGUAGE sql AS $$
    SELECT t.reference, d.day, d.campaign IS NOT NULL, d.error FROM open_due_campaigns(at_most, lead) d JOIN campaign_templates t ON t.id = d.template
$$;
SELECT end_template(t.id) FROM campaign_templates t WHERE t.next_on < '2030-01-01' OR t.reference = 'rhythm' \g /dev/null
SELECT is_empty('SELECT * FROM pg_temp.due()', 'nothing is due');
SELECT pg_temp.template('due ' || n, 'opens_at => ''00:00'', closes_at => ''23:59'', closes_after_days => 2, every_days => 2', :'today'::date), pg_temp.fill('due ' || n) FROM generate_series(1, 3) n \g /dev/null
SELECT pg_temp.template('broken', 'opens_at => ''00:00'', closes_at => ''23:59'', closes_after_days => 2, every_days => 2, supply_leader => id(''other leader'')', :'today'::date) \g /dev/null
SELECT add_template_item(id('broken'), id('apple sku'), 850, 990) \g /dev/null
SELECT pg_temp.template('empty', 'opens_at => ''00:00'', closes_at => ''23:59'', closes_after_days => 2, every_days => 2', :'today'::date) \g /dev/null
SELECT results_eq('SELECT * FROM pg_temp.due(2)', format('VALUES (''due 1'', date %L, true, NULL), (''due 2'', date %1$L, true, NULL)', :'today'), 'at most as many as asked');
SELECT set_eq('SELECT * FROM pg_temp.due()', format('VALUES (''due 3'', date %L, true, NULL), (''broken'', %1$L, false, ''sku %2$s is not offered to supply leader %3$s''), (''empty'', %1$L, false, ''template %4$s has no items'')',
              :'today', id('apple sku'), id('other leader'), id('empty')), 'one that cannot be opened is told, and stops no other');
SELECT is_empty('SELECT * FROM campaigns WHERE reference LIKE ''broken%''', 'nothing is left of it');
SELECT set_eq('SELECT reference, opened FROM pg_temp.due()', 'VALUES (''broken'', false), (''empty'', false)', 'it is tried again, and the others are done');
SELECT offer_sku(id('apple sku'), id('other leader'), 700), end_template(id('empty')) \g /dev/null
SELECT set_eq('SELECT reference, opened FROM pg_temp.due()', 'VALUES (''broken'', true)', 'put right, it opens');
SELECT set_eq('SELECT reference, day FROM pg_temp.due(lead => ''4 days 2 hours'')',
              format('SELECT t.reference, date %L + n FROM campaign_templates t, unnest(''{2,4}''::int[]) n WHERE t.reference ~ ''^(due|broken)''', :'today'), 'within the lead, all that come');
SELECT is_empty('SELECT * FROM pg_temp.due(lead => ''4 days 2 hours'')', 'once');
SELECT is_empty('SELECT * FROM pg_temp.due(0, ''31 days'')', 'or none');
SELECT throws_ok('SELECT * FROM open_due_campaigns(' || a || ')', e, m, 'not ' || a)
FROM (VALUES ('-1', '22023', NULL), ('10001', '22023', NULL), ('NULL', '22004', 'number of campaigns must not be null'), ('1, NULL', '22004', 'lead must not be null'), ('1, ''-1 s''', '22023', NULL),
             ('1, ''32 days''', '22023', NULL), ('1, ''178000000 years''', '22023', NULL)) v(a, e, m);

-- The end.
SELECT is(end_template(id('daily')), true, 'a template ends');
SELECT answers('SELECT end_template(id(''daily''))', 'false', 'once');
SELECT throws_ok('SELECT open_next_campaign(id(''daily''), ''2999-03-06'')', 'KT301', format('template %s has ended', id('daily')), 'then it opens nothing');
SELECT throws_ok('SELECT add_template_item(id(''daily''), id(''apple sku''), 850, 991)', 'KT301', NULL, 'and takes nothing');
SELECT answers('SELECT open_next_campaign(id(''daily''), ''2999-03-01'')', id('first')::text, 'what it opened it still gives');
SELECT is((SELECT state FROM campaigns WHERE id = id('first')), 'open', 'and that goes on');
SELECT is_empty('SELECT * FROM upcoming_campaigns WHERE reference = ''daily''', 'nothing is to come');
SELECT is((SELECT day FROM next_round(id('daily'))), NULL, 'no round either');
SELECT throws_ok(format('SELECT %s(%s)', f, a), e, m, format('%s(%s)', f, a))
FROM unnest('{end_template,open_next_campaign,next_round}'::text[]) f, (VALUES ('999999', 'KT303', 'template 999999 does not exist'), ('NULL', '22004', 'template must not be null')) v(a, e, m);

-- What stands behind it.
SELECT throws_ok('INSERT INTO template_campaigns SELECT template_id, day, id(''campaign'') FROM template_campaigns LIMIT 1', '23505', NULL, 'one campaign a day, whatever writes them');
SELECT results_eq('SELECT checked, violations FROM verify_templates()', 'SELECT count(*), 0::bigint FROM template_campaigns', 'every campaign is sound');
SELECT is_empty('SELECT violations()', 'and so is the market');
SAVEPOINT sound;
UPDATE campaign_templates SET next_on = next_on - every_days WHERE id = id('weekly');
SELECT results_eq('SELECT violations, first FROM verify_templates()', format('VALUES (1::bigint, ''%s/2996-03-10'')', id('weekly')), 'a day that could come again is found');
ROLLBACK TO sound;
UPDATE campaign_templates SET supply_leader_id = id('rival') WHERE id = id('weekly');
SELECT is((SELECT violations FROM verify_templates()), 3::bigint, 'campaigns of somebody else are');
ROLLBACK TO sound;
SET LOCAL session_replication_role = replica;
UPDATE campaigns SET state = 'draft' WHERE id = id('first');
SET LOCAL session_replication_role = origin;
SELECT is((SELECT violations FROM verify_templates()), 1::bigint, 'one that was not published is');
ROLLBACK TO sound;

SELECT * FROM finish();
ROLLBACK;
