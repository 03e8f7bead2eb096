-- Every pair of calls on the money that comes of what is delivered.
\ir lib/pairs.sql
SELECT plan(7);
SELECT register_member(format('m%s', n)) FROM generate_series(1, 9) n \g /dev/null
\ir lib/pairs_delivered.sql
CREATE FUNCTION fixture.build(k bigint) RETURNS jsonb LANGUAGE sql AS 'SELECT delivered(k)';
CREATE FUNCTION fixture.outcome(v jsonb) RETURNS text LANGUAGE sql AS 'SELECT outcome_delivered(v)';
-- So much was seen, less a little: how many pairs of a hundred wait, how many outcomes there are.
\set waits 27
\set outcomes 55
\set area money
\ir lib/pairs_area.sql
\ir lib/pairs_run.sql
