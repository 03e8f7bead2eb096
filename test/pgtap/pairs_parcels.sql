-- Every pair of calls on what is delivered, until it is fetched and done.
\ir lib/pairs.sql
SELECT plan(6);
SELECT register_member(format('m%s', n)) FROM generate_series(1, 9) n \g /dev/null
\ir lib/pairs_delivered.sql
\set area parcels
\ir lib/pair_calls.sql
\ir lib/pairs_run.sql
