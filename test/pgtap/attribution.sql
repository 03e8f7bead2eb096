-- Whose buyer somebody is who comes without a link.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(52);
\ir lib/market.sql
SELECT form_partnership(id('leader'), id('rival')), join_campaign(id('campaign'), id('rival')) \g /dev/null
-- Another campaign of the leader, in which only the rival sells, and one of another leader, in which both do.
SELECT name('second', create_campaign(id('wave'), id('leader'), 'second', '2999-01-01')), name('other', create_campaign(id('wave'), id('other leader'), 'other', '2999-01-01')),
       form_partnership(id('other leader'), id('rival')), form_partnership(id('other leader'), id('seller')) \g /dev/null
SELECT join_campaign(id('second'), id('rival')), join_campaign(id('other'), id('rival')), join_campaign(id('other'), id('seller')) \g /dev/null

CREATE FUNCTION pg_temp.touched(buyer text) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s %s', f.reference, l.reference) FROM touches t JOIN members f ON f.id = t.first_seller_id JOIN members l ON l.id = t.last_seller_id
    WHERE t.supply_leader_id = id('leader') AND t.buyer_id = id(touched.buyer)
$$;
CREATE FUNCTION pg_temp.credited(campaign text, leader text, buyer text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce((SELECT m.reference FROM members m WHERE m.id = attributed_seller(id(campaign), id(leader), id(buyer))), 'nobody')
$$;
CREATE FUNCTION pg_temp.age(buyer text, first interval, last interval) RETURNS void LANGUAGE sql AS $$
    UPDATE touches SET first_at = clock_timestamp() - age.first, last_at = clock_timestamp() - age.last WHERE buyer_id = id(age.buyer) AND supply_leader_id = id('leader')
$$;

-- Touches.
SELECT touch(id('campaign'), id('buyer'), id('seller')) \g /dev/null
SELECT is(pg_temp.touched('buyer'), 'seller seller', 'the first touch is the last one, too');
SELECT ok(first_at = last_at AND first_at BETWEEN transaction_timestamp() AND clock_timestamp(), 'of now') FROM touches;
SELECT first_at AS first_at, last_at AS last_at FROM touches \gset
SELECT touch(id('second'), id('buyer'), id('rival')) \g /dev/null
SELECT is(pg_temp.touched('buyer'), 'seller rival', 'the next one is the last one, also by another campaign of the same leader');
SELECT ok(first_at = :'first_at' AND last_at > :'last_at', 'and later') FROM touches;
SELECT touch(id('campaign'), id('buyer'), id('seller')) \g /dev/null
SELECT is(pg_temp.touched('buyer'), 'seller seller', 'whoever came before');
SELECT touch(id('other'), id('buyer'), id('rival')) \g /dev/null
SELECT is((SELECT count(*) FROM touches), 2::bigint, 'another supply leader has touches of his own');
SELECT is(pg_temp.touched('buyer'), 'seller seller', 'which do not mix');
SELECT throws_ok(format('SELECT touch(%s)', a), c, m, m)
FROM (VALUES ('NULL, id(''buyer''), id(''seller'')', '22004', 'campaign must not be null'), ('id(''campaign''), NULL, id(''seller'')', '22004', 'buyer must not be null'),
             ('id(''campaign''), id(''buyer''), NULL', '22004', 'seller must not be null'), ('999999, id(''buyer''), id(''seller'')', 'KT303', 'campaign 999999 does not exist'),
             ('id(''campaign''), 999999, id(''seller'')', 'KT303', 'buyer 999999 does not exist'),
             ('id(''campaign''), id(''buyer''), 999999', 'KT103', format('member 999999 does not sell in campaign %s', id('campaign'))),
             ('id(''second''), id(''buyer''), id(''seller'')', 'KT103', format('member %s does not sell in campaign %s', id('seller'), id('second'))),
             ('id(''campaign''), id(''buyer''), id(''leader'')', 'KT103', format('member %s does not sell in campaign %s', id('leader'), id('campaign')))) v(a, c, m);
SELECT is((SELECT count(*) FROM touches), 2::bigint, 'none of which noted anything');
SELECT lives_ok('SELECT touch(id(''campaign''), id(''seller''), id(''seller''))', 'a sales leader may use his own link');

-- By the setting. The buyer came first by the seller, last by the rival.
SELECT touch(id('campaign'), id('buyer'), id('rival')) \g /dev/null
SELECT is(pg_temp.credited('campaign', 'leader', 'buyer'), 'nobody', 'link: nobody');
SELECT configure(attribution => 'first') \g /dev/null
SELECT is(pg_temp.credited('campaign', 'leader', 'buyer'), 'seller', 'first: the first');
SELECT is(pg_temp.credited('second', 'leader', 'buyer'), 'nobody', 'who does not sell in that campaign: nobody');
SELECT is(pg_temp.credited('campaign', 'leader', 'neighbour'), 'nobody', 'who was never touched: nobody');
SELECT is(pg_temp.credited('other', 'other leader', 'buyer'), 'rival', 'each supply leader by himself');
SELECT configure(attribution => 'last') \g /dev/null
SELECT is(pg_temp.credited('campaign', 'leader', 'buyer'), 'rival', 'last: the last');
SELECT is(pg_temp.credited('second', 'leader', 'buyer'), 'rival', 'in every campaign that he sells in');
SELECT is(attributed_seller(NULL, id('leader'), id('buyer')), NULL, 'no campaign');
SELECT is(attributed_seller(id('campaign'), NULL, id('buyer')), NULL, 'no leader');
SELECT is(attributed_seller(id('campaign'), id('leader'), NULL), NULL, 'no buyer');
SELECT is(attributed_seller(999999, id('leader'), id('buyer')), NULL, 'an unknown campaign');
SELECT configure(attribution => 'link') \g /dev/null
SELECT is(pg_temp.credited('second', 'leader', 'buyer'), 'nobody', 'link again: nobody');

-- The window.
SELECT configure(attribution => 'first', attribution_window => '10 days') \g /dev/null
SELECT pg_temp.age('buyer', '9 days 23:59', '1 day') \g /dev/null
SELECT is(pg_temp.credited('campaign', 'leader', 'buyer'), 'seller', 'a touch within the window counts');
SELECT pg_temp.age('buyer', '10 days', '1 day') \g /dev/null
SELECT is(pg_temp.credited('campaign', 'leader', 'buyer'), 'nobody', 'from its end on it does not');
SELECT configure(attribution => 'last') \g /dev/null
SELECT is(pg_temp.credited('campaign', 'leader', 'buyer'), 'rival', 'the last one has a time of its own');
SELECT pg_temp.age('buyer', '20 days', '10 days') \g /dev/null
SELECT is(pg_temp.credited('campaign', 'leader', 'buyer'), 'nobody', 'and an end');
SELECT configure(attribution_window => '11 days') \g /dev/null
SELECT is(pg_temp.credited('campaign', 'leader', 'buyer'), 'rival', 'by the window of today');
SELECT configure(attribution => 'first', attribution_window => '10 days') \g /dev/null
SELECT pg_temp.age('buyer', '9 days', '1 day'), touch(id('campaign'), id('buyer'), id('rival')) \g /dev/null
SELECT is(pg_temp.touched('buyer'), 'seller rival', 'a first touch within the window stays');
SELECT is((SELECT extract(day FROM clock_timestamp() - first_at) FROM touches WHERE supply_leader_id = id('leader') AND buyer_id = id('buyer')), 9::numeric, 'with its time: touches do not prolong it');
SELECT pg_temp.age('buyer', '10 days', '1 day'), touch(id('campaign'), id('buyer'), id('rival')) \g /dev/null
SELECT is(pg_temp.touched('buyer'), 'rival rival', 'one that is older gives way to the next');
SELECT is(pg_temp.credited('campaign', 'leader', 'buyer'), 'rival', 'who is credited from then on');
SELECT configure(attribution_window => '0') \g /dev/null
SELECT is(pg_temp.credited('campaign', 'leader', 'buyer'), 'nobody', 'without a window no touch counts');
SELECT touch(id('campaign'), id('buyer'), id('seller')) \g /dev/null
SELECT is(pg_temp.touched('buyer'), 'seller seller', 'and each is the first');

-- A clock that steps back.
SELECT configure(attribution_window => '30 days') \g /dev/null
UPDATE touches SET first_at = '2999-01-01', last_at = '2999-02-01';
SELECT touch(id('campaign'), id('buyer'), id('rival')) \g /dev/null
SELECT is(pg_temp.touched('buyer'), 'seller rival', 'a touch counts');
SELECT is((SELECT ROW(first_at, last_at)::text FROM touches WHERE supply_leader_id = id('leader') AND buyer_id = id('buyer')), ROW(timestamptz '2999-01-01', timestamptz '2999-02-01')::text, 'and times do not step back');
SELECT is(pg_temp.credited('campaign', 'leader', 'buyer'), 'seller', 'nor is anybody forgotten');
UPDATE touches SET first_at = '2001-01-01';
SELECT touch(id('campaign'), id('buyer'), id('rival')) \g /dev/null
SELECT is((SELECT ROW(first_seller_id, first_at, last_at)::text FROM touches WHERE supply_leader_id = id('leader') AND buyer_id = id('buyer')),
          ROW(id('rival'), timestamptz '2999-02-01', timestamptz '2999-02-01')::text, 'a first one that is replaced is as late as the last');
SELECT throws_ok('UPDATE touches SET first_at = ''3000-01-01''', '23514', NULL, 'by constraint');

-- It reads by keys.
INSERT INTO touches SELECT id('leader'), 1000000 + n, id('seller'), now(), id('seller'), now() FROM generate_series(1, 5000) n;
ANALYZE touches;
SELECT pg_stat_get_xact_numscans('touches'::regclass) AS scans \gset
SELECT is(attributed_seller(id('campaign'), id('leader'), 1000001), id('seller'), 'one of many');
SELECT is(pg_stat_get_xact_numscans('touches'::regclass), :scans::bigint, 'is found without reading them all');

-- What verify_people() finds.
DELETE FROM touches WHERE buyer_id > 1000000;
SELECT is_empty('SELECT * FROM verify_people() WHERE violations <> 0', 'all of that is sound');
SELECT is((SELECT checked FROM verify_people() WHERE invariant = 'touches are of sales leaders of the supply leader'), 3::bigint, 'and was looked at');
CREATE FUNCTION pg_temp.finds(damage text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_found text;
BEGIN
    BEGIN
        EXECUTE damage;
        SELECT string_agg(v.first, ', ') INTO v_found FROM verify_people() v WHERE v.violations > 0;
        RAISE EXCEPTION USING ERRCODE = 'ZZ999';
    EXCEPTION WHEN SQLSTATE 'ZZ999' THEN
        RETURN v_found;
    END;
END
$$;
SELECT is(pg_temp.finds(format('UPDATE touches SET %s WHERE supply_leader_id = id(''leader'') AND buyer_id = id(''buyer'')', d)), format('supply leader %s, buyer %s', id('leader'), b), d)
FROM (VALUES ('first_seller_id = id(''steward'')', id('buyer')), ('last_seller_id = id(''steward'')', id('buyer')), ('buyer_id = 999999', 999999)) v(d, b);

SELECT * FROM finish();
ROLLBACK;
