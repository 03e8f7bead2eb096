-- Every pair of calls on balances: holds, securities, debts, journals by hand, payouts and their transfers.
\ir lib/pairs.sql
SELECT plan(7);
SELECT register_member(format('m%s', n)) FROM generate_series(1, 9) n \g /dev/null
\ir lib/pairs_delivered.sql
\ir lib/pairs_banked.sql
CREATE FUNCTION fixture.build(k bigint) RETURNS jsonb LANGUAGE sql AS 'SELECT banked(k)';
CREATE FUNCTION fixture.outcome(v jsonb) RETURNS text LANGUAGE sql AS 'SELECT outcome_banked(v)';
-- So much was seen, less a little: how many pairs of a hundred wait, how many outcomes there are.
\set waits 101
\set outcomes 1000000
\set area bank
\ir lib/pairs_area.sql
\ir lib/pairs_run.sql
