-- Accounts, journals, postings: append-only double entry.
\set ON_ERROR_STOP on
BEGIN;
SELECT plan(48);
\ir lib/market.sql

SELECT market_account('channel') AS channel, market_account('revenue') AS revenue, account('mill', 'goods') AS mill, account('orchard', 'goods') AS orchard \gset

SELECT results_eq('SELECT kind FROM accounts WHERE member_id IS NULL ORDER BY kind', 'SELECT kind FROM account_kinds WHERE NOT of_member ORDER BY kind', 'the market has an account of every kind');
SELECT is(open_account(id('mill'), 'goods'), :mill::bigint, 'a member has one account of a kind');
SELECT throws_ok('SELECT open_account(id(''mill''), ''channel'')', '23503', NULL, 'none of the market''s');
SELECT throws_ok('INSERT INTO accounts (kind) VALUES (''goods'')', '23503', NULL, 'and the market none of his');
SELECT throws_ok('INSERT INTO accounts (kind) VALUES (''channel'')', '23505', NULL, 'nor one twice');

-- Posting.
SELECT post('test', '1', shares(:mill, 100) + shares(:orchard, 50) - shares(:channel, 150)) AS j \gset
SELECT results_eq('SELECT account_id, amount FROM postings WHERE journal_id = ' || :'j' || ' ORDER BY 1',
                  format('SELECT * FROM (VALUES (%s::bigint, 100::bigint), (%s, 50), (%s, -150)) v ORDER BY 1', :mill, :orchard, :channel), 'a journal has its entries as postings');
SELECT results_eq('SELECT member_id, balance FROM balances WHERE balance <> 0 AND member_id IS NOT NULL ORDER BY balance', 'VALUES (id(''orchard''), 50::bigint), (id(''mill''), 100)', 'balances move');
SELECT is((SELECT balance FROM accounts WHERE id = :channel), NULL, 'the market''s own accounts keep none: they would be hot rows');
SELECT is(balance(NULL, 'channel'), -150::bigint, 'the view sums them');
SELECT is((SELECT sum(balance) FROM trial_balance), 0::numeric, 'the trial balance is zero');
SELECT answers(format('SELECT post(''test'', ''1'', ''{%s:100,%s:50,%s:-150}'')', :mill, :orchard, :channel), :'j', 'posted again, nothing changes');
SELECT throws_ok(format('SELECT post(''test'', ''1'', ''{%s:101,%s:-101}'')', :mill, :channel), 'KT010', 'journal test "1" was already posted with other entries', 'nothing else goes under its reference');
SELECT throws_ok(format('SELECT post(''test'', ''2'', ''{%s:101,%s:-100}'')', :mill, :channel), '23514', 'journal does not balance', 'an unbalanced journal');
SELECT throws_ok(format($$INSERT INTO journals (kind, reference, entries, happened_at, written_at, digest) VALUES ('x', 'x', '{%s:1}', now(), now(), '')$$, :mill), '23514', NULL, 'it cannot be, also by hand');
SELECT throws_ok('SELECT post(''test'', ''2'', ''{}'')', '23514', NULL, 'an empty journal');
SELECT throws_ok(format('SELECT post(''test'', ''2'', ''{%s:1,999999:-1}'')', :mill), 'KT303', 'journal names an account that does not exist', 'an unknown account');
SELECT throws_ok('SELECT post(''test'', ''2'', NULL)', '22004', 'entries must not be null', 'no entries');
SELECT throws_ok(format('SELECT post(''test'', NULL, ''{%s:1,%s:-1}'')', :mill, :channel), '22004', 'reference must not be null', 'no reference');
SELECT throws_ok(format('SELECT post(''test'', ''2'', ''{%s:9223372036854775807,%s:-9223372036854775807}'')', :mill, :channel), '22003', NULL, 'a balance beyond the end of numbers');
SELECT throws_ok(format('SELECT post(''test'', ''2'', ''{%s:-101,%s:101}'')', :mill, :channel), 'KT402', 'insufficient balance in account ' || :'mill', 'more than a member has');
SELECT throws_ok(format('SELECT post(''test'', ''2'', ''{%s:1,%s:-1}'')', open_account(id('mill'), 'debt'), :channel), 'KT402', 'insufficient balance in account ' || account('mill', 'debt'), 'more than he owes');
SELECT throws_ok(format('UPDATE accounts SET balance = -1 WHERE id = %s', :mill), '23514', NULL, 'nor can it be by hand');
SELECT throws_ok(format('SELECT post(''test'', ''2'', ''{%s:1,%s:-1}'', now() + interval ''1 day'')', :mill, :channel), '22023', 'a journal must have happened before it is written', 'a time to come');

-- Many in one call: each balance moves once.
SELECT post_many('many', '{c,a,b}', ARRAY[shares(:mill, 10) - shares(:channel, 10), shares(:mill, -10) + shares(:orchard, 10), shares(:orchard, -60) + shares(:channel, 60)]) AS many \gset
SELECT results_eq(format('SELECT j.reference FROM unnest(%L::bigint[]) WITH ORDINALITY i(id, place) JOIN journals j USING (id) ORDER BY place', :'many'), $$VALUES ('c'), ('a'), ('b')$$, 'ids come in the order given');
SELECT results_eq('SELECT balance FROM accounts WHERE balance IS NOT NULL ORDER BY balance DESC LIMIT 2', 'VALUES (100::bigint), (0)', 'what one of them gives another takes');
SELECT is(post_many('many', '{a,c}', ARRAY[shares(:mill, -10) + shares(:orchard, 10), shares(:mill, 10) - shares(:channel, 10)]), ARRAY[(:'many'::bigint[])[2], (:'many'::bigint[])[1]], 'posted again, nothing changes');
SELECT throws_ok(format('SELECT post_many(''many'', ''{d,a}'', ARRAY[shares(%1$s, 1) - shares(%2$s, 1), shares(%1$s, 1) - shares(%2$s, 1)])', :mill, :channel), 'KT010', NULL, 'one of them with other entries: none is posted');
SELECT is((SELECT count(*) FROM journals WHERE kind = 'many'), 3::bigint, 'none at all');
SELECT throws_ok('SELECT post_many(''many'', ''{a,b}'', ARRAY[''{}''::shares])', '22004', 'every journal must have a reference and entries', 'fewer entries than references');
SELECT throws_ok('SELECT post_many(''many'', ''{NULL}'', ARRAY[''{}''::shares])', '22004', NULL, 'no reference');
SELECT is(post_many('many', '{}', '{}'), NULL, 'nothing at all');
SELECT post('test', 'back', shares(:orchard, 50) - shares(:channel, 50)) \g /dev/null
SELECT ok((SELECT happened_at = written_at FROM journals WHERE id = :j), 'it happened when it was written');
SELECT post('test', '3', shares(:mill, -100) + shares(:channel, 100), '2020-02-02 00:00+00') AS j3 \gset
SELECT results_eq('SELECT happened_at, written_at > now() FROM journals WHERE id = ' || :'j3', 'VALUES (''2020-02-02 00:00+00''::timestamptz, true)', 'unless it is told otherwise');
SELECT is(octet_length((SELECT digest FROM journals WHERE id = :j)), 32, 'a journal has a digest');
SELECT is((SELECT digest FROM journals WHERE id = :j),
          (SELECT blake2b(convert_to('ktt journal 1', 'UTF8') || uuid_send(s.market) || int8send(j.id) || int4send(4) || convert_to('test', 'UTF8')
                  || int4send(1) || convert_to('1', 'UTF8') || int8send((extract(epoch FROM j.happened_at) * 1000000)::bigint) || shares_send(j.entries))
           FROM journals j, settings s WHERE j.id = :j), 'of all its fields, as documented');
SELECT isnt((SELECT digest FROM journals WHERE id = :j), (SELECT digest FROM journals WHERE id = :j3), 'no two are the same');

-- Append-only.
SELECT throws_ok(c, 'KT403', 'ledger entries cannot be changed', c)
FROM unnest(ARRAY['UPDATE journals SET kind = kind', 'DELETE FROM journals', 'TRUNCATE journals CASCADE', 'UPDATE postings SET amount = amount + 1',
                  'DELETE FROM postings WHERE false', 'TRUNCATE postings']) c;

-- explain(): the market's own journals.
SELECT buy('a', 'buyer', '{apple,rice}', '{2,1}', 'seller') \g /dev/null
SELECT refund_order(id('campaign'), id('a'), id('apple'), 1, 'f') AS refund \gset
SELECT results_eq('SELECT * FROM explain((SELECT id FROM journals WHERE kind = ''payment''), market_account(''clearing''))',
                  'VALUES (id(''campaign''), id(''a''), NULL::bigint, 4979::bigint)', 'a payment is explained by its order');
SELECT results_eq('SELECT * FROM explain((SELECT id FROM journals WHERE kind = ''refund''), market_account(''channel''))',
                  format('VALUES (id(''campaign''), id(''a''), %s::bigint, 990::bigint)', :refund), 'a refund by itself');
SELECT throws_ok('SELECT explain(999999, market_account(''channel''))', 'KT303', 'journal 999999 has no posting on account ' || market_account('channel')::text, 'an unknown journal');
SELECT throws_ok('SELECT explain((SELECT id FROM journals WHERE kind = ''refund''), market_account(''revenue''))', 'KT303', NULL, 'an account without part in it');
SELECT throws_ok('SELECT explain(NULL, 1)', '22004', 'journal must not be null', 'no journal');
SELECT throws_ok('SELECT explain((SELECT min(id) FROM journals), NULL)', '22004', 'account must not be null', 'no account');

SELECT * FROM finish();
ROLLBACK;
