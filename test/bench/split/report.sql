SELECT bench.line('split.plpgsql', 'split', 'plpgsql_numeric', 'ms', 'plpgsql_with_numeric', 25);
SELECT bench.line('split.plpgsql_int8', 'split', 'plpgsql_int8', 'ms', 'plpgsql_with_int8');
SELECT bench.line('split.window', 'split', 'window_numeric', 'ms', 'window_functions_with_numeric', 25);
SELECT bench.line('split.window_int8', 'split', 'window_int8', 'ms', 'window_functions_with_int8', 25);
SELECT bench.line('split.cumulative', 'split', 'cumulative', 'ms', 'cumulative_differences_of_rules_in_rows(exact_in_sum,not_largest_remainder)', 4);
SELECT bench.line('split.fixed_rule', 'split', 'fixed_rule', 'ms', 'cumulative_differences_of_one_rule_written_into_the_query(not_largest_remainder)');
-- 2.2 times the floor is a ratio of 0.45.
SELECT bench.line('split_floor', 'split', 'floor', 'ms', 'the_same_scan_calling_a_trivial_built-in', 0.45, 'only_allocate');
