\set bench coverage
\set who small
\set statement 'SELECT count(*) FROM bench.ours_small'
\i :measure
\set who exists_small
\set statement 'SELECT count(*) FROM bench.exists_small'
\i :measure
\set who middle
\set statement 'SELECT count(*) FROM bench.ours_middle'
\i :measure
\set who exists_middle
\set statement 'SELECT count(*) FROM bench.exists_middle'
\i :measure
\set who large
\set statement 'SELECT count(*) FROM bench.ours_large'
\i :measure
\set who exists_large
\set statement 'SELECT count(*) FROM bench.exists_large'
\i :measure
-- How the cost grows.
\set who more_households
\set statement 'SELECT count(*) FROM bench.ours_more'
\i :measure
