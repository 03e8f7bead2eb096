-- The life of an offer: drafted and pushed by the supplier, decided by the supply leader, withdrawn.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(89);
\ir lib/market.sql

CREATE FUNCTION fixture.story(offer bigint) RETURNS text
LANGUAGE sql AS $$ SELECT string_agg(l.state || coalesce(' by ' || m.reference, '') || coalesce(': ' || l.note, ''), ', ' ORDER BY l.id)
                   FROM offer_log l LEFT JOIN members m ON m.id = l.member_id
                   WHERE l.offer_id = story.offer $$;
CREATE FUNCTION fixture.standing() RETURNS bigint
LANGUAGE sql AS $$ SELECT o.id FROM offers o WHERE o.sku_id = id('apple sku') AND o.supply_leader_id = id('leader') AND upper_inf(o.period) $$;

SELECT standing() AS first \gset
SELECT is(story(:first), 'draft, pushed, passed', 'the short way takes all steps, by nobody in particular');

-- The long way.
SELECT draft_offer(id('apple sku'), id('leader'), 720, 950, 1400, distribution_price => 880) AS second \gset
SELECT is((SELECT state FROM offers WHERE id = :second), 'draft', 'an offer begins as a draft');
SELECT is((SELECT distribution_price FROM offers WHERE id = :second), 880::bigint, 'with the price for group owners');
SELECT is((SELECT period FROM offers WHERE id = :second), NULL, 'and without a period');
SELECT is(standing(), :first::bigint, 'the one before stays in force');
SELECT answers('SELECT draft_offer(id(''apple sku''), id(''leader''), 720, 950, 1400, 880)', :'second', 'the same draft is the same');
SELECT isnt(draft_offer(id('apple sku'), id('leader'), 720, 950, 1400), :second::bigint, 'another is another');
SELECT throws_ok(format('SELECT decide_offer(%s, true, id(''leader''))', :second), 'KT301', format('offer %s is draft and cannot be passed', :second), 'a draft cannot be passed');
SELECT push_offer(:second) \g /dev/null
SELECT answers(format('SELECT push_offer(%s)', :second), '', 'pushed again it is pushed');
SELECT isnt(draft_offer(id('apple sku'), id('leader'), 720, 950, 1400, 880), :second::bigint, 'the same terms are a new draft once it is pushed');
SELECT is(standing(), :first::bigint, 'nothing is in force by being pushed');
SELECT list_item(id('campaign'), id('apple sku'), 850, 1001) AS early \gset
SELECT throws_ok(format('SELECT decide_offer(%s, true, id(''chief''))', :second), '42501', format('member %s does not act for member %s', id('chief'), id('leader')), 'a stranger decides nothing');
SELECT begin_role(id('chief'), 'staff', id('other leader')) \g /dev/null
SELECT throws_ok(format('SELECT decide_offer(%s, true, id(''chief''))', :second), '42501', NULL, 'nor does the staff of another');
SELECT throws_ok(format('SELECT decide_offer(%s, true, id(''orchard''))', :second), '42501', NULL, 'nor the supplier');
SELECT begin_role(id('chief'), 'staff', id('leader')) \g /dev/null
SELECT decide_offer(:second, true, id('chief'), 'good price') \g /dev/null
SELECT is(story(:second), 'draft, pushed, passed by chief: good price', 'the log keeps who decided and why');
SELECT is(standing(), :second::bigint, 'passed, it is in force');
SELECT is((SELECT upper(a.period) = lower(b.period) FROM offers a, offers b WHERE a.id = :first AND b.id = :second), true, 'from the moment in which the one before ended');
SELECT is((SELECT state FROM offers WHERE id = :first), 'passed', 'which was passed for its time');
SELECT answers(format('SELECT decide_offer(%s, true, id(''leader''))', :second), '', 'passed again it is passed');
SELECT throws_ok(format('SELECT decide_offer(%s, false, id(''leader''))', :second), 'KT301', format('offer %s is passed and cannot be rejected', :second), 'too late to reject');
SELECT throws_ok(format('SELECT push_offer(%s)', :second), 'KT301', format('offer %s is passed and cannot be pushed', :second), 'or to push');
SELECT throws_ok(format('SELECT push_offer(%s)', :first), 'KT301', format('offer %s is replaced and cannot be pushed', :first), 'one that was replaced stays so');
SELECT throws_ok(format('SELECT withdraw_offer(%s)', :first), 'KT301', format('offer %s is replaced and cannot be withdrawn', :first), 'also when the supplier wants it back');

SELECT throws_ok('SELECT draft_offer(id(''apple sku''), id(''leader''), 700, 800, 900, 901)', 'KT302', 'prices of an offer must rise from supply price to floor to ceiling', 'no distribution price above the ceiling');
SELECT throws_ok('UPDATE offers SET distribution_price = ceiling_price + 1 WHERE ceiling_price < 5000', '23514', NULL, 'by constraint');
-- Bounds of the supplier on what is listed.
SELECT results_eq(format('SELECT supply_price, floor_price, ceiling_price FROM campaign_items WHERE id = %s', :early), 'VALUES (700::bigint, 900::bigint, 1500::bigint)',
                  'an item keeps the bounds of the offer that was in force');
SELECT throws_ok('SELECT list_item(id(''campaign''), id(''apple sku''), 850, 949)', 'KT302', NULL, 'below the new floor nothing is listed');
SELECT throws_ok('SELECT list_item(id(''campaign''), id(''apple sku''), 850, 1401)', 'KT302', NULL, 'nor above the new ceiling');
SELECT list_item(id('campaign'), id('apple sku'), 850, 950) AS low, list_item(id('campaign'), id('apple sku'), 850, 1400) AS high \gset
SELECT results_eq(format('SELECT supply_price, floor_price, ceiling_price FROM campaign_items WHERE id IN (%s, %s)', :low, :high),
                  'VALUES (720::bigint, 950::bigint, 1400::bigint), (720, 950, 1400)', 'at both of them it is');
SELECT throws_ok(format($$INSERT INTO campaign_items (campaign_id, sku_id, supplier_id, supply_price, distribution_price, sale_price, floor_price, ceiling_price, rate_id, rule, payees, retired)
                   SELECT campaign_id, sku_id, supplier_id, supply_price, distribution_price, %s, floor_price, ceiling_price, rate_id, rule, payees, true
                   FROM campaign_items WHERE id = %s$$, p, :low), '23514', NULL, 'no row can leave the bounds: ' || p) FROM unnest('{949,1401}'::int[]) p;
SELECT throws_ok(format('UPDATE campaign_items SET floor_price = 1 WHERE id = %s', :low), 'KT301', NULL, 'nor widen them');
SELECT throws_ok(format('UPDATE campaign_items SET ceiling_price = 9999 WHERE id = %s', :low), 'KT301', NULL, 'at either end');

-- Rejected.
SELECT draft_offer(id('apple sku'), id('leader'), 1) AS third \gset
SELECT results_eq(format('SELECT floor_price, ceiling_price, distribution_price FROM offers WHERE id = %s', :third), 'VALUES (1::bigint, 9223372036854775807, NULL::bigint)',
                  'without bounds: from the supply price to the end of numbers');
SELECT push_offer(:third), decide_offer(:third, false, id('leader'), e'\'); DROP TABLE offers; --') \g /dev/null
SELECT is(story(:third), e'draft, pushed, rejected by leader: \'); DROP TABLE offers; --', 'rejected, with a note that is text');
SELECT is(standing(), :second::bigint, 'the one before stands');
SELECT is((SELECT period FROM offers WHERE id = :third), NULL, 'it never was in force');
SELECT answers(format('SELECT decide_offer(%s, false, id(''leader''))', :third), '', 'rejected again it is rejected');
SELECT throws_ok(format('SELECT decide_offer(%s, true, id(''leader''))', :third), 'KT301', format('offer %s is rejected and cannot be passed', :third), 'it cannot be passed');
SELECT throws_ok(format('SELECT push_offer(%s)', :third), 'KT301', NULL, 'nor pushed again');
SELECT throws_ok(format('SELECT withdraw_offer(%s)', :third), 'KT301', format('offer %s is rejected and cannot be withdrawn', :third), 'nor withdrawn');

-- Withdrawn.
SELECT is(withdraw_offer(:second), true, 'the supplier takes back what is in force');
SELECT is(standing(), NULL, 'then nothing is');
SELECT results_eq(format('SELECT state, upper_inf(period), upper(period) > lower(period) FROM offers WHERE id = %s', :second), $$VALUES ('withdrawn', false, true)$$, 'it was in force until now');
SELECT answers(format('SELECT withdraw_offer(%s)', :second), 'false', 'once');
SELECT throws_ok(format('SELECT decide_offer(%s, true, id(''leader''))', :second), 'KT301', format('offer %s is withdrawn and cannot be passed', :second), 'nobody passes it again');
SELECT throws_ok(format('SELECT push_offer(%s)', :second), 'KT301', NULL, 'or pushes it');
SELECT throws_ok('SELECT list_item(id(''campaign''), id(''apple sku''), 850, 1100)', 'KT303', NULL, 'nothing more is listed by it');
SELECT is(place('a', 'buyer', '{apple}', '{1}'), 'placed', 'what was listed is sold on');
SELECT is((SELECT sale_price FROM campaign_items WHERE id = :low AND NOT retired), 950::bigint, 'at its price');
SELECT draft_offer(id('rice sku'), id('leader'), 5) AS draft, draft_offer(id('rice sku'), id('leader'), 6) AS pushed \gset
SELECT push_offer(:pushed) \g /dev/null
SELECT is(withdraw_offer(:draft), true, 'a draft can be taken back');
SELECT is(withdraw_offer(:pushed), true, 'and one that waits for a decision');
SELECT is(story(:pushed), 'draft, pushed, withdrawn', 'which the log says');
SELECT throws_ok(format('SELECT decide_offer(%s, true, id(''leader''))', :pushed), 'KT301', format('offer %s is withdrawn and cannot be passed', :pushed), 'then nobody can pass it');
SELECT is((SELECT count(*) FROM offers WHERE sku_id = id('rice sku') AND upper_inf(period)), 1::bigint, 'the offer that stood is not touched');
SELECT is(offer_sku(id('apple sku'), id('leader'), 720, 950, 1400), standing(), 'the short way after all that');
SELECT isnt(standing(), :second::bigint, 'is an offer of its own');
SELECT ok((SELECT lower(b.period) >= upper(a.period) FROM offers a, offers b WHERE a.id = :second AND b.id = standing()), 'that begins behind the last');
SELECT is((SELECT count(*) FROM offers WHERE sku_id = id('apple sku') AND state = 'draft'), 2::bigint, 'the short way takes up no draft on its terms');

-- The short way makes an offer of its own.
SELECT draft_offer(id('rice sku'), id('other leader'), 2100) AS standing \gset
SELECT offer_sku(id('rice sku'), id('other leader'), 2100) AS short \gset
SELECT is((SELECT array_agg(state ORDER BY id) FROM offers WHERE id IN (:standing, :short)), '{draft,passed}', 'a draft on the same terms stays a draft beside the short way');
SELECT is(story(:standing), 'draft', 'and its log as it was');

-- A clock that stepped back.
UPDATE offers SET period = tstzrange('2999-01-01', NULL) WHERE id = standing();
SELECT offer_sku(id('apple sku'), id('leader'), 721) \g /dev/null
SELECT is((SELECT lower(period) FROM offers WHERE id = standing()), timestamptz '2999-01-01' + interval '1 us', 'periods go on behind those that were');
SELECT withdraw_offer(standing()) \g /dev/null
SELECT lives_ok('SELECT offer_sku(id(''apple sku''), id(''leader''), 722)', 'also behind one that was withdrawn');

-- What is refused.
SELECT throws_ok(format('SELECT draft_offer(id(''apple sku''), id(''leader''), %s)', p), 'KT302', 'prices of an offer must rise from supply price to floor to ceiling', 'prices ' || p)
FROM unnest('{"-1","100, 99","100, 200, 199","100, 200, 300, 99"}'::text[]) p;
SELECT throws_ok('UPDATE offers SET distribution_price = supply_price - 1 WHERE id = standing()', '23514', NULL, 'nor can a row have them');
SELECT throws_ok('SELECT draft_offer(999999, id(''leader''), 1)', 'KT303', 'sku 999999 does not exist', 'an unknown sku');
SELECT throws_ok('SELECT draft_offer(id(''rice sku''), 999999, 1)', 'KT303', 'supply leader 999999 does not exist', 'an unknown leader');
SELECT throws_ok(c, 'KT303', 'offer 999999 does not exist', 'an unknown offer: ' || c)
FROM unnest('{"SELECT push_offer(999999)","SELECT decide_offer(999999, true, id(''leader''))","SELECT withdraw_offer(999999)"}'::text[]) c;
SELECT throws_ok(format('SELECT decide_offer(%s, true, 999999)', :second), 'KT303', 'member 999999 does not exist', 'an unknown decider');
SELECT throws_ok(format('SELECT decide_offer(%s, true, id(''leader''), repeat(''x'', 4097))', :second), '22023', NULL, 'a note without end');
SELECT throws_ok(c, '22004', m || ' must not be null', 'no ' || m)
FROM (VALUES ('SELECT draft_offer(NULL, id(''leader''), 1)', 'sku'), ('SELECT draft_offer(id(''rice sku''), NULL, 1)', 'supply leader'),
             ('SELECT draft_offer(id(''rice sku''), id(''leader''), NULL)', 'supply price'), ('SELECT push_offer(NULL)', 'offer'),
             ('SELECT withdraw_offer(NULL)', 'offer'), ('SELECT decide_offer(NULL, true, id(''leader''))', 'offer'),
             ('SELECT decide_offer(1, NULL, id(''leader''))', 'decision'), ('SELECT decide_offer(1, true, NULL)', 'member')) v(c, m);
SELECT throws_ok(format('UPDATE offers SET %s WHERE id = %s', c, :third), '23514', NULL, 'only what was passed has a period: ' || c)
FROM unnest('{"period = ''[2020-01-01,)''","state = ''passed''","state = ''withdrawn'', period = ''[2020-01-01,)''"}'::text[]) c;

-- verify_offers() compares offers with their log.
SELECT results_eq('SELECT violations, checked = (SELECT count(*) FROM offers) FROM verify_offers()', 'VALUES (0::bigint, true)', 'all is well');
UPDATE offers SET state = 'pushed' WHERE id = :third;
SELECT results_eq('SELECT violations, first FROM verify_offers()', format($$VALUES (1::bigint, '%s')$$, :third), 'a state that nobody brought about is seen');
DELETE FROM offer_log WHERE offer_id = :first;
SELECT results_eq('SELECT violations FROM verify_offers()', 'VALUES (2::bigint)', 'and a log that was lost');

SELECT * FROM finish();
ROLLBACK;
