-- Every method makes all parts of every order; their sum is read, so that none is left out.
\set bench split
\set who ours
\set statement 'SELECT count(*), sum(ktt.total(shares)) FROM bench.split_ours'
\i :measure
-- The floor makes nothing to be summed up, so it is compared with a scan that only counts what allocate() makes.
\set who only_allocate
\set statement 'SELECT count(shares) FROM bench.split_ours'
\i :measure
\set who floor
\set statement 'SELECT count(nothing) FROM bench.split_floor'
\i :measure
\set who cumulative
\set statement 'SELECT count(*), sum(part) FROM bench.split_cumulative'
\i :measure
\set who fixed_rule
\set statement 'SELECT count(*), sum(supplier + platform + steward + sales + rest) FROM bench.split_fixed_rule'
\i :measure
\set who plpgsql_numeric
\set statement 'SELECT count(*), sum(supplier + platform + steward + sales + rest) FROM bench.split_plpgsql_numeric'
\i :measure
\set who plpgsql_int8
\set statement 'SELECT count(*), sum(supplier + platform + steward + sales + rest) FROM bench.split_plpgsql_int8'
\i :measure
\set who window_numeric
\set statement 'SELECT count(*), sum(supplier + platform + steward + sales + rest) FROM bench.split_window_numeric'
\i :measure
\set who window_int8
\set statement 'SELECT count(*), sum(supplier + platform + steward + sales + rest) FROM bench.split_window_int8'
\i :measure
