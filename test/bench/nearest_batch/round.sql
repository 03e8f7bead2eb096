-- The peer is asked for a fiftieth of the buyers; report.sql multiplies.
\set bench nearest_batch
\set who small
\set statement 'SELECT count(*), sum(point), sum(metres) FROM bench.ours_small'
\i :measure
\set who rows_small
\set statement 'SELECT count(*), sum(point) FROM bench.rows_small'
\i :measure
\set who lateral_small
\set statement 'SELECT count(*), sum(point), sum(metres) FROM bench.lateral_small WHERE id <= ' :places / 50
\i :measure
\set who middle
\set statement 'SELECT count(*), sum(point), sum(metres) FROM bench.ours_middle'
\i :measure
\set who rows_middle
\set statement 'SELECT count(*), sum(point) FROM bench.rows_middle'
\i :measure
\set who lateral_middle
\set statement 'SELECT count(*), sum(point), sum(metres) FROM bench.lateral_middle WHERE id <= ' :places / 50
\i :measure
\set who large
\set statement 'SELECT count(*), sum(point), sum(metres) FROM bench.ours_large'
\i :measure
\set who rows_large
\set statement 'SELECT count(*), sum(point) FROM bench.rows_large'
\i :measure
\set who lateral_large
\set statement 'SELECT count(*), sum(point), sum(metres) FROM bench.lateral_large WHERE id <= ' :places / 50
\i :measure
-- How the cost grows.
\set who fewer_buyers
\set statement 'SELECT count(*), sum(point), sum(metres) FROM bench.ours_fewer'
\i :measure
