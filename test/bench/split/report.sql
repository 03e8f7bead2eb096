SELECT bench.line('split.plpgsql', 'split', 'plpgsql_numeric', 'ms', 'plpgsql_with_numeric', 20);
SELECT bench.line('split.window', 'split', 'window_numeric', 'ms', 'window_functions_with_numeric', 40);
SELECT bench.line('split.window_int8', 'split', 'window_int8', 'ms', 'window_functions_with_int8');
SELECT bench.line('split.cumulative', 'split', 'cumulative', 'ms', 'cumulative_differences_of_rules_in_rows(biased)', 3);
SELECT bench.line('split.fixed_rule', 'split', 'fixed_rule', 'ms', 'cumulative_differences_of_one_rule_written_into_the_query(biased)');
