-- Every pair of calls on what is settled: refunds in bulk, who bears them, calendars and parts.
\ir lib/pairs.sql
SELECT plan(7);
SELECT register_member(format('m%s', n)) FROM generate_series(1, 9) n \g /dev/null
\ir lib/pairs_delivered.sql
\ir lib/pairs_banked.sql
CREATE FUNCTION fixture.build(k bigint) RETURNS jsonb LANGUAGE sql AS 'SELECT banked(k)';
CREATE FUNCTION fixture.outcome(v jsonb) RETURNS text LANGUAGE sql AS 'SELECT outcome_banked(v)';
-- So much was seen, less a little: how many pairs of a hundred wait, how many outcomes there are.
\set waits 28
\set outcomes 50
\set area settling
\ir lib/pairs_area.sql
\ir lib/pairs_run.sql
