\set bench stable
\set who city
\set statement 'SELECT count(point), sum(metres) FROM bench.stable_city'
\i :measure
\set who greedy_city
\set statement 'SELECT count(point), sum(metres) FROM bench.greedy(''bench.buyers_city'', ''bench.points_city'', 20)'
\i :measure
-- One city's part of the buyers; report.sql multiplies.
\set who country
\set statement 'SELECT count(point), sum(metres) FROM bench.stable_country'
\i :measure
\set who greedy_country
\set statement 'SELECT count(point), sum(metres) FROM bench.greedy(''bench.buyers_first_city'', ''bench.points_country'', 20)'
\i :measure
-- How the cost grows.
\set who country_fewer_buyers
\set statement 'SELECT count(point), sum(metres) FROM bench.stable_country_fewer_buyers'
\i :measure
\set who country_more_points
\set statement 'SELECT count(point), sum(metres) FROM bench.stable_country_more_points'
\i :measure
\set bench least_total
\set who city
\set statement 'SELECT count(point), sum(metres) FROM bench.least_total_city'
\i :measure
\set who fewer_buyers
\set statement 'SELECT count(point), sum(metres) FROM bench.least_total_fewer_buyers'
\i :measure
\set who more_points
\set statement 'SELECT count(point), sum(metres) FROM bench.least_total_more_points'
\i :measure
