SELECT bench.line('coverage.' || points, 'coverage', 'exists_' || name, 'ms', 'EXISTS_with_ST_DWithin', 20, name) FROM bench.sizes ORDER BY points;
SELECT bench.line('coverage.ten_times_households', 'coverage', 'small', 'ms', 'itself_with_a_tenth_of_the_households', NULL, 'more_households');
SELECT bench.line('coverage.ten_times_points', 'coverage', 'middle', 'ms', 'itself_with_a_tenth_of_the_points', NULL, 'large');
SELECT bench.line('coverage_memory.' || points, 'coverage_memory', 'exists_' || name, 'bytes', 'EXISTS_with_ST_DWithin', NULL, name) FROM bench.sizes ORDER BY points;
