UPDATE bench.samples SET ms = 50 * ms, cpu_ms = 50 * cpu_ms WHERE who LIKE 'lateral%';
SELECT bench.line('nearest_batch.' || points, 'nearest_batch', 'lateral_' || name, 'ms',
                  'lateral_KNN_of_8_with_recheck,_of_' || :places / 50 || '_buyers_times_50', 40, name) FROM bench.sizes ORDER BY points;
SELECT bench.line('nearest_batch.' || points || '.rows', 'nearest_batch', 'lateral_' || name, 'ms', 'the_same,_ours_nearest()_for_each_row', NULL, 'rows_' || name)
FROM bench.sizes ORDER BY points;
SELECT bench.line('nearest_batch.ten_times_buyers', 'nearest_batch', 'fewer_buyers', 'ms', 'itself_with_a_tenth_of_the_buyers', NULL, 'middle');
SELECT bench.line('nearest_batch.ten_times_points', 'nearest_batch', 'middle', 'ms', 'itself_with_a_tenth_of_the_points', NULL, 'large');
SELECT bench.line('nearest_batch_memory.' || points, 'nearest_batch_memory', 'lateral_' || name, 'bytes', 'lateral_KNN_of_8_with_recheck', NULL, name)
FROM bench.sizes ORDER BY points;
SELECT bench.line('nearest_batch_memory.' || :large || '.rows', 'nearest_batch_memory', 'lateral_large', 'bytes', 'the_same,_ours_nearest()_for_each_row', NULL, 'rows_large');
