-- Bonuses: by the volume of a period, posted once, corrected when refunds change the volume.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(53);
\ir lib/market.sql

-- The arithmetic, against Python and against published fees.
CREATE TEMP TABLE ladder (rule split, volume bigint, amount bigint);
\copy ladder FROM PROGRAM 'python3 -B test/oracle/fees.py ladder 2 2000' (FORMAT csv)
SELECT is_empty('SELECT l.*, bonus_of(rule, volume) FROM ladder l WHERE bonus_of(rule, volume) <> amount', '2000 random ladders are what Python counts');
CREATE TEMP TABLE fee_vectors (vector_id text, rule_id text, input_minor text, expected_minor text, published text, note text);
\copy fee_vectors FROM PROGRAM 'gzip -dc test/data/fee_vectors.csv.gz' (FORMAT csv, HEADER match)
SELECT is_empty(format($$SELECT vector_id, expected_minor, bonus_of(%L, substring(input_minor FROM '\d+')::bigint) FROM fee_vectors
                       WHERE rule_id = %L AND bonus_of(%1$L, substring(input_minor FROM '\d+')::bigint) <> expected_minor::bigint$$, 'sales_leader ' || said || ' of sale, platform rest', rule_id), rule_id)
FROM (VALUES ('ebay2011_electronics', 'ladder(0: 7%, 5000: 5%, 100000: 2%)'), ('ebay2011_clothing', 'ladder(0: 10%, 5000: 8%, 100000: 2%)'),
             ('ebay2011_media', 'ladder(0: 13%, 5000: 5%, 100000: 2%)'), ('amazon2017_grocery', 'whole ladder(0: 8%, 1501: 15%)'), ('wechat_fee', '0.6%')) v(rule_id, said);
SELECT is((SELECT count(*) FROM fee_vectors WHERE rule_id ~ 'ebay2011|grocery|wechat_fee'), 49::bigint, 'all of their vectors');

-- Two leaders' campaigns. What is sold now was due forty days ago.
SELECT local_day(clock_timestamp() - interval '40 days') AS day \gset
SELECT date_trunc('month', :'day'::date)::date AS month, (date_trunc('month', :'day'::date) + interval '1 month')::date AS next \gset
SELECT form_partnership(id('leader'), id('rival')), join_campaign(id('campaign'), id('rival')) \g /dev/null
SELECT buy('a', 'buyer', '{rice}', '{4}', 'seller'), buy('b', 'neighbour', '{apple,rice}', '{5,1}', 'seller'),
       buy('c', 'buyer', '{rice}', '{1}', 'rival'), buy('d', 'neighbour', '{apple}', '{1}') \g /dev/null

-- Rules.
SELECT set_bonus(id('leader'), 'sales_leader ladder(0: 1%, 10000: 5%) of sale, supply_leader rest', :'month') AS own \gset
SELECT set_bonus(NULL, 'sales_leader whole ladder(0: 0%, 3000: 2%, 15000: 3%) of sale max 500, platform rest', :'month') AS common \gset
SELECT answers(format('SELECT set_bonus(id(''leader''), ''sales_leader ladder(0: 1%%, 10000: 5%%) of sale, supply_leader rest'', %L)', :'month'), :'own', 'the same again is the same');
SELECT throws_ok(format('SELECT set_bonus(id(''leader''), ''sales_leader 2%% of sale, supply_leader rest'', %L)', :'month'), 'KT010', NULL, 'another from that day is not');
SELECT throws_ok(format('SELECT set_bonus(id(''leader''), ''sales_leader 2%% of sale, supply_leader rest'', %L, %L)', :'month'::date - 31, :'month'::date + 1), 'KT301', NULL, 'nor one that overlaps');
SELECT throws_ok(format('SELECT set_bonus(%s, %L, ''2020-01-01'')', who, rule), code, NULL, rule)
FROM (VALUES ('id(''leader'')', 'sales_leader 2% of sale, platform rest', 'KT202'), ('NULL', 'sales_leader 2% of sale, supply_leader rest', 'KT202'),
             ('NULL', 'platform rest', 'KT202'), ('NULL', 'steward 1% of sale, sales_leader 2% of sale, platform rest', 'KT202'),
             ('NULL', 'sales_leader 2% of sale min 100, platform rest', 'KT201'), ('NULL', 'sales_leader 100 per order, platform rest', 'KT201'),
             ('NULL', 'sales_leader 1 per unit, platform rest', 'KT201')) v(who, rule, code);
SELECT throws_ok('SELECT set_bonus(NULL, NULL, ''2020-01-01'')', '22004', 'rule must not be null', 'no rule');
SELECT throws_ok('SELECT set_bonus(NULL, ''sales_leader 2% of sale, platform rest'', NULL)', '22004', 'first day must not be null', 'no first day');
SELECT throws_ok('SELECT set_bonus(NULL, ''sales_leader 2% of sale, platform rest'', ''2020-01-02'', ''2020-01-02'')', '22023', NULL, 'no days');
SELECT throws_ok('SELECT set_bonus(NULL, ''sales_leader 2% of sale, platform rest'', ''-infinity'')', '22023', NULL, 'no beginning');
SELECT throws_ok('SELECT set_bonus(999999, ''sales_leader 2% of sale, supply_leader rest'', ''2020-01-01'')', 'KT303', NULL, 'of nobody');

-- The period must be over and settled.
SELECT deliver(), complete() \g /dev/null
UPDATE orders SET due_at = local_time(:'day', '12:00') WHERE due_at IS NOT NULL;
SELECT throws_ok(format('SELECT compute_bonuses(%L)', :'month'), 'KT301', 'period is not settled yet', 'nothing is settled');
SELECT open_settlement() \g /dev/null
SELECT throws_ok(format('SELECT compute_bonuses(%L)', :'month'), 'KT301', 'period is not settled yet', 'the window is open');
SELECT settle() \g /dev/null
SELECT throws_ok('SELECT compute_bonuses(local_day(clock_timestamp()))', 'KT301', 'period is not settled yet', 'a month that goes on');
SELECT throws_ok('SELECT compute_bonuses(NULL)', '22004', 'first day must not be null', 'no period');
SELECT throws_ok('SELECT compute_bonuses(''2020-01-01'', ''2020-01-01'')', '22023', NULL, 'an empty one');
SELECT throws_ok('SELECT compute_bonuses(''2020-01-01'', ''infinity'')', '22023', NULL, 'an endless one');
SELECT balance('leader', 'commission') AS leader, balance('seller', 'commission') AS seller, balance('rival', 'commission') AS rival, balance(NULL, 'revenue') AS revenue \gset

-- 19945 by the seller: 100 + 497.25, and 500 of 598.35; 2999 by the rival: 29.99, and nothing.
SELECT results_eq(format('SELECT * FROM compute_bonuses(%L)', :'month'),
                  format('VALUES (%s::bigint, id(''seller''), 19945::bigint, 597::bigint, 597::bigint), (%1$s, id(''rival''), 2999, 30, 30), (%s, id(''seller''), 19945, 500, 500)', :own, :common), 'the bonuses');
SELECT results_eq('SELECT balance(''leader'', ''commission''), balance(''seller'', ''commission''), balance(''rival'', ''commission''), balance(NULL, ''revenue'')',
                  format('VALUES (%s::bigint, %s::bigint, %s::bigint, %s::bigint)', :leader - 627, :seller + 1097, :rival + 30, :revenue - 500), 'are paid by the supply leader and by the platform');
SELECT is((SELECT count(*) FROM journals WHERE kind = 'bonus'), 1::bigint, 'in one journal');
SELECT contents() AS before \gset
SELECT is_empty(format('SELECT compute_bonuses(%L)', :'month'), 'once');
SELECT is(contents(), :'before', 'then nothing happens');
SELECT is_empty(format('SELECT compute_bonuses(%L, %L)', :'month'::date - 62, :'month'), 'no rule stood before');
SELECT throws_ok(format('SELECT compute_bonuses(%L, %L)', :'month', :'day'::date + 1), 'KT301', NULL, 'no day counts twice');
SELECT throws_ok(format('SELECT end_bonus(%s, %L)', :own, :'day'), 'KT301', NULL, 'a rule does not end before what is computed');
SELECT throws_ok(format('SELECT set_bonus(id(''leader''), ''sales_leader 2%% of sale, supply_leader rest'', %L)', :'day'), 'KT301', NULL, 'nor by another');
SELECT is_empty('SELECT violations()', 'all invariants hold');

-- Refunds change the volume: the difference is posted, nothing is rewritten. 2999 * 3 and an amount of 1 go back.
SELECT refund_order(id('campaign'), id('a'), id('rice'), 3, 'f1'), refund_order(id('campaign'), id('b'), id('apple'), 0, 'f2', 1) \g /dev/null
SELECT results_eq(format('SELECT * FROM compute_bonuses(%L)', :'month'),
                  format('VALUES (%s::bigint, id(''seller''), 10947::bigint, 147::bigint, -450::bigint), (%s, id(''seller''), 10947, 219, -281)', :own, :common), 'the differences');
SELECT results_eq('SELECT count(*), sum(total(entries)) FROM journals WHERE kind = ''bonus''', 'VALUES (2::bigint, 0::numeric)', 'in a journal of their own');
SELECT is_empty(format('SELECT compute_bonuses(%L)', :'month'), 'once');
-- All of it goes back, and the seller has been paid: he owes it.
SELECT refund_order(id('campaign'), id('a'), id('rice'), 1, 'f3'), refund_order(id('campaign'), id('b'), id('rice'), 1, 'f4'),
       refund_order(id('campaign'), id('b'), id('apple'), 5, 'f5', 4949), settle() \g /dev/null
SELECT results_eq(format('SELECT * FROM compute_bonuses(%L)', :'month'),
                  format('VALUES (%s::bigint, id(''seller''), 0::bigint, 0::bigint, -147::bigint), (%s, id(''seller''), 0, 0, -219)', :own, :common), 'down to nothing');
SELECT results_eq('SELECT balance(''seller'', ''commission''), balance(''rival'', ''commission'') - ' || :rival, 'VALUES (0::bigint, 30::bigint)', 'what is left is what was sold');
SELECT is((SELECT sum(balance) FROM trial_balance), 0::numeric, 'the trial balance is zero');
SELECT is_empty('SELECT violations()', 'all invariants hold');

-- The end of a rule, and another.
SELECT is(end_bonus(:common, (:'next'::date + 60)), true, 'a rule ends');
SELECT is(end_bonus(:common, (:'next'::date + 60)), false, 'once');
SELECT throws_ok(format('SELECT end_bonus(%s, %L)', :common, :'month'), '22023', NULL, 'after it starts');
SELECT throws_ok(format('SELECT end_bonus(%s, NULL)', :common), '22004', 'day must not be null', 'on a day');
SELECT throws_ok('SELECT end_bonus(999999, ''2030-01-01'')', 'KT303', 'bonus 999999 does not exist', 'an unknown one');
SELECT throws_ok('SELECT end_bonus(NULL, ''2030-01-01'')', '22004', 'bonus must not be null', 'none');
SELECT set_bonus(id('leader'), 'sales_leader 2% of sale, supply_leader rest', :'next') \g /dev/null
SELECT results_eq('SELECT days FROM bonus_rules WHERE supply_leader_id = id(''leader'') ORDER BY 1', format('VALUES (daterange(%L, %L)), (daterange(%2$L, NULL))', :'month', :'next'), 'another rule ends the one before');

-- What verify() says of what is wrong.
UPDATE period_lines SET total = total + 1 WHERE run_id = (SELECT min(run_id) FROM period_lines);
SELECT is((SELECT string_agg(invariant, '; ' ORDER BY invariant) FROM verify() WHERE violations > 0),
          'bonuses are what their rules make of the volume; what was posted of a period sums to its total', 'totals that are not theirs');

SELECT * FROM finish();
ROLLBACK;
