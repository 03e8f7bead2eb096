SELECT bench.line('statement', 'statement', 'join', 'ms', 'a_join_over_normalised_tables,_every_line_of_every_order', 5);
SELECT bench.line('statement.small', 'statement.small', 'join', 'ms', 'the_same_of_a_sales_leader_with_few_orders');
SELECT bench.line('statement.sums', 'statement.sums', 'join', 'ms', 'sums_by_settlement_over_the_join,_ours_statement()');
