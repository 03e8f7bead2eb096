-- Tax withheld on commission: of what was earned in a month or year, by rules with a source.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(50);
\ir lib/market.sql

-- A year of random earnings and refunds, each month's tax against Python.
CREATE TEMP TABLE year (taxpayer int, rule split, month int, earned bigint, withheld bigint);
\copy year FROM PROGRAM 'python3 -B test/oracle/fees.py tax 4 60' (FORMAT csv)
SELECT is_empty($$SELECT * FROM (SELECT y.*, tax_of(rule, total) - lag(tax_of(rule, total), 1, 0::bigint) OVER w AS tax
                                 FROM (SELECT x.*, (sum(earned) OVER w)::bigint AS total FROM year x WINDOW w AS (PARTITION BY taxpayer ORDER BY month)) y WINDOW w AS (PARTITION BY taxpayer ORDER BY month)) t
                  WHERE tax <> withheld$$, '60 years of 12 months are what Python withholds');

-- Rules.
SELECT date_trunc('month', local_day(clock_timestamp())::timestamp)::date AS month, date_trunc('year', local_day(clock_timestamp())::timestamp)::date AS year \gset
SELECT set_tax_rule('person', :'month', 'month', 'tax ladder(0: 0%, 500: 20%, 1000: 40%) of sale, payee rest', 'a law') AS rule \gset
SELECT answers(format('SELECT set_tax_rule(''person'', %L, ''month'', ''tax ladder(0: 0%%, 500: 20%%, 1000: 40%%) of sale, payee rest'', ''a law'')', :'month'), :'rule', 'the same again is the same');
SELECT throws_ok(format('SELECT set_tax_rule(''person'', %L, ''month'', ''tax 20%% of sale, payee rest'', ''a law'')', :'month'), 'KT010', NULL, 'another from that day is not');
SELECT throws_ok(format('SELECT set_tax_rule(%s)', arguments), code, NULL, arguments)
FROM (VALUES ('''robot'', ''2020-01-01'', ''month'', ''tax 20% of sale, payee rest'', ''a law''', '22023'), ('''person'', ''2020-01-02'', ''month'', ''tax 20% of sale, payee rest'', ''a law''', '22023'),
             ('''person'', ''2020-02-01'', ''year'', ''tax 20% of sale, payee rest'', ''a law''', '22023'), ('''person'', ''2020-01-01'', ''week'', ''tax 20% of sale, payee rest'', ''a law''', '22023'),
             ('''person'', ''infinity'', ''month'', ''tax 20% of sale, payee rest'', ''a law''', '22023'), ('''person'', ''2020-01-01'', ''month'', ''tax 20% of sale, payee rest'', ''''', '22023'),
             ('''person'', ''2020-01-01'', ''month'', ''tax 20% of sale, leader rest'', ''a law''', 'KT202'), ('''person'', ''2020-01-01'', ''month'', ''tax 20% of sale min 5, payee rest'', ''a law''', 'KT201'),
             ('NULL, ''2020-01-01'', ''month'', ''tax 20% of sale, payee rest'', ''a law''', '22004'), ('''person'', NULL, ''month'', ''tax 20% of sale, payee rest'', ''a law''', '22004'),
             ('''person'', ''2020-01-01'', NULL, ''tax 20% of sale, payee rest'', ''a law''', '22004'), ('''person'', ''2020-01-01'', ''month'', NULL, ''a law''', '22004'),
             ('''person'', ''2020-01-01'', ''month'', ''tax 20% of sale, payee rest'', NULL', '22004')) v(arguments, code);
SELECT set_tax_rule('company', '2020-01-01', 'year', 'tax 10% of sale max 150, payee rest', 'another law') \g /dev/null
UPDATE members SET kind = 'company' WHERE id = id('leader');

-- Only what is written before the end of the books.
SELECT results_eq('SELECT * FROM withhold_tax()', 'VALUES (0::bigint, 0::bigint)', 'books that were never closed');
SELECT buy('a', 'buyer', '{apple,rice}', '{3,1}', 'seller') \g /dev/null
SELECT deliver(), complete(), settle() \g /dev/null
-- 895 for the seller, 20 % of 395 from the threshold on; the leader, at 10 %.
SELECT balance('seller', 'commission') AS seller, balance('leader', 'commission') AS leader \gset
SELECT is(:seller, 896, 'what the seller has earned');
SELECT close_books() AS closed \gset
SELECT results_eq('SELECT * FROM withhold_tax()', format('VALUES (2::bigint, %s::bigint)', 79 + least(150, round(:leader * 0.1))), 'what was written before');
SELECT results_eq('SELECT balance(''seller'', ''commission''), balance(''leader'', ''commission''), balance(NULL, ''tax'')',
                  format('VALUES (%s::bigint, %s::bigint, %s::bigint)', :seller - 79, :leader - least(150, round(:leader * 0.1)), 79 + least(150, round(:leader * 0.1))), 'is taxed, goods and pickup fees are not');
SELECT contents() AS before \gset
SELECT results_eq('SELECT * FROM withhold_tax()', 'VALUES (0::bigint, 0::bigint)', 'once');
SELECT is(contents(), :'before', 'then nothing happens');
SELECT close_books() \g /dev/null
SELECT results_eq('SELECT * FROM withhold_tax()', 'VALUES (0::bigint, 0::bigint)', 'nor when nothing was earned since');
SELECT results_eq('SELECT * FROM tax_certificate(id(''seller''), extract(year FROM ''' || :'month' || '''::date)::int)',
                  format('VALUES (%L::date, (%1$L::date + interval ''1 month'')::date, 896::bigint, 79::bigint, ''tax ladder(0: 0%%, 500: 20%%, 1000: 40%%) of sale, payee rest'', ''a law'')', :'month'), 'the certificate of the seller');
SELECT results_eq('SELECT since, until, earned FROM tax_certificate(id(''leader''), extract(year FROM ''' || :'month' || '''::date)::int)',
                  format('VALUES (%L::date, (%1$L::date + interval ''1 year'')::date, %s::bigint)', :'year', :leader), 'and of the leader, for the year');
SELECT is_empty('SELECT tax_certificate(id(''orchard''), 2020)', 'of who earned no commission');
SELECT throws_ok('SELECT tax_certificate(NULL, 2020)', '22004', 'member must not be null', 'of nobody');
SELECT throws_ok('SELECT tax_certificate(999999, 2020)', 'KT303', NULL, 'of somebody unknown');
SELECT throws_ok('SELECT tax_certificate(id(''seller''), NULL)', '22004', 'year must not be null', 'of no year');
SELECT throws_ok('SELECT tax_certificate(id(''seller''), 0)', '22023', NULL, 'of no such year');
SELECT is_empty('SELECT violations()', 'all invariants hold');

-- A bonus is earned as well, in the next band: 104 at 20 %, 696 at 40 %.
SELECT post('bonus', 'x', shares(account('seller', 'commission'), 800) - shares(market_account('revenue'), 800)), close_books() \g /dev/null
SELECT results_eq('SELECT * FROM withhold_tax()', 'VALUES (1::bigint, 299::bigint)', 'a bonus goes on where the month is');
-- A refund: the seller's 15 % of 2999 are taken back; he has earned 1246, and 100 + 98 are due.
SELECT refund_order(id('campaign'), id('a'), id('rice'), 1, 'f1'), settle(), close_books() \g /dev/null
SELECT is((SELECT sum(e.amount) FROM earned('-infinity', 'infinity', account('seller', 'commission')) e), 1246::numeric, 'what a refund has left');
SELECT is((SELECT amount < 0 FROM withhold_tax()), true, 'gives tax back');
SELECT is((SELECT withheld FROM tax_certificate(id('seller'), extract(year FROM :'month'::date)::int)), 198::bigint, 'of 198 in all');
SELECT is((SELECT sum(p.amount) FROM postings p JOIN journals j ON j.id = p.journal_id WHERE j.kind = 'tax' AND p.account_id = account('seller', 'commission')), -198::numeric, 'as the ledger says');
-- All of it, after he has been paid: the tax is paid back against his debt.
SELECT post('test', 'paid', shares(market_account('channel'), balance('seller', 'commission')) - shares(account('seller', 'commission'), balance('seller', 'commission'))) \g /dev/null
SELECT refund_order(id('campaign'), id('a'), id('apple'), 3, 'f2'), settle(), close_books() \g /dev/null
SELECT balance('seller', 'debt') AS debt \gset
SELECT ok(:debt < 0, 'he owes what he had');
SELECT is((SELECT amount < 0 FROM withhold_tax()), true, 'the tax goes back');
SELECT is(balance('seller', 'debt') + balance('seller', 'commission'), :debt + 198 - 60::bigint, 'and lessens it');
SELECT is_empty('SELECT v FROM violations() v WHERE v NOT LIKE ''runs by period%''', 'all invariants hold, but that nobody computed the bonus');

-- Rules do not reach back.
SELECT throws_ok(format('SELECT set_tax_rule(''person'', (%L::date - interval ''1 month'')::date, ''month'', ''tax 1%% of sale, payee rest'', ''x'')', :'month'), 'KT301', NULL, 'not to what is taxed');
SELECT is(set_tax_rule('person', (:'month'::date + interval '1 month')::date, 'month', 'tax 1% of sale, payee rest', 'x') > :rule, true, 'from the next month on');

-- Paying.
SELECT balance(NULL, 'tax') AS owed \gset
SELECT throws_ok(format('SELECT pay_tax(%s, ''t1'')', :owed + 1), 'KT402', NULL, 'no more than is withheld');
SELECT pay_tax(:owed - 1, 't1') AS paid \gset
SELECT answers(format('SELECT pay_tax(%s, ''t1'')', :owed - 1), :'paid', 'the same payment again is the same');
SELECT throws_ok('SELECT pay_tax(1, ''t1'')', 'KT010', NULL, 'another under its reference is not');
SELECT results_eq('SELECT balance(NULL, ''tax''), balance(NULL, ''bank'')', format('VALUES (1::bigint, %s::bigint)', :owed - 1), 'the bank pays it');
SELECT throws_ok('SELECT pay_tax(NULL, ''t2'')', '22004', 'amount must not be null', 'no amount');
SELECT throws_ok('SELECT pay_tax(0, ''t2'')', '22023', NULL, 'nothing');
SELECT throws_ok('SELECT pay_tax(1, NULL)', '22004', 'reference must not be null', 'no reference');

-- What verify() says of what is wrong.
UPDATE tax_lines SET base = base + 1000 WHERE run_id = (SELECT min(run_id) FROM tax_lines);
SELECT is((SELECT violations FROM verify() WHERE invariant = 'tax is what its rule makes of what was earned'), 2::bigint, 'earnings that were not earned');

SELECT * FROM finish();
ROLLBACK;
