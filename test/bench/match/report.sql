INSERT INTO bench.samples (bench, who, ms, cpu_ms) SELECT 'least_total', who, ms, cpu_ms FROM bench.samples WHERE who = 'greedy_city' AND bench = 'stable';
SELECT count(*)::numeric / :places AS share FROM bench.buyers_first_city \gset
UPDATE bench.samples SET ms = ms / :share, cpu_ms = cpu_ms / :share WHERE who = 'greedy_country' AND bench = 'stable';

SELECT format('%sx%s', buyers, points) AS city FROM bench.instances WHERE name = 'city' \gset
SELECT format('%sx%s', buyers, points) AS country FROM bench.instances WHERE name = 'country' \gset
SELECT bench.line('stable.' || :'city', 'stable', 'greedy_city', 'ms', 'greedy_in_SQL', 50, 'city');
SELECT bench.line('stable.' || :'country', 'stable', 'greedy_country', 'ms',
                  format('greedy_in_SQL_of_one_city''s_%s_buyers_times_%s', round(:places * :share), bench.digits(1 / :share)), NULL, 'country');
SELECT format('# stable.%s: a whole call takes %s s, aim 4 s', :'country', round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)::numeric / 1000, 2))
FROM bench.samples WHERE bench = 'stable' AND who = 'country';
SELECT bench.line('stable.ten_times_buyers', 'stable', 'country_fewer_buyers', 'ms', 'itself_with_a_tenth_of_the_buyers', NULL, 'country');
SELECT bench.line('stable.ten_times_points', 'stable', 'country', 'ms', 'itself_with_a_tenth_of_the_points', NULL, 'country_more_points');
-- 19 % shorter is a ratio of 1.23.
SELECT bench.line('least_total_km.' || :'city', 'least_total_km', 'greedy', 'km', 'greedy_in_SQL', 1.23);
SELECT bench.line('least_total_km.' || :'city' || '.stable', 'least_total_km', 'stable', 'km', 'stable', NULL);
SELECT bench.line('least_total.' || :'city', 'least_total', 'greedy_city', 'ms', 'greedy_in_SQL', NULL, 'city');
SELECT format('# least_total.%s: a whole call takes %s s, aim 3 s', :'city', round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)::numeric / 1000, 2))
FROM bench.samples WHERE bench = 'least_total' AND who = 'city';
SELECT bench.line('least_total.ten_times_buyers', 'least_total', 'fewer_buyers', 'ms', 'itself_with_a_tenth_of_the_buyers', NULL, 'city');
SELECT bench.line('least_total.ten_times_points', 'least_total', 'city', 'ms', 'itself_with_a_tenth_of_the_points', NULL, 'more_points');
SELECT bench.line('match_memory.stable.' || :'city', 'match_memory', 'greedy_city', 'bytes', 'greedy_in_SQL', NULL, 'stable_city');
SELECT bench.line('match_memory.stable.' || :'country', 'match_memory', 'greedy_country', 'bytes', 'greedy_in_SQL_of_one_city', NULL, 'stable_country');
SELECT bench.line('match_memory.least_total.' || :'city', 'match_memory', 'greedy_city', 'bytes', 'greedy_in_SQL', NULL, 'least_total_city');
