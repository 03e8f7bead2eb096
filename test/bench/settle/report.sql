-- Of the loop there is a hundredth.
UPDATE bench.samples SET ms = 100 * ms, cpu_ms = 100 * cpu_ms, wal = 100 * wal WHERE who = 'loop';
SELECT bench.line('settle', 'settle', 'aggregate', 'ms', 'set_based_SQL_over_rows_of_shares', 3);
SELECT bench.line('settle.rates', 'settle', 'rates', 'ms', 'set_based_SQL_that_computes_the_shares_by_rates_in_rows', 15);
SELECT bench.line('settle.fixed_rule', 'settle', 'fixed_rule', 'ms', 'set_based_SQL_that_computes_the_shares_by_one_rule_in_the_query');
SELECT bench.line('settle.detail', 'settle', 'detail', 'ms', 'a_posting_per_order_and_payee', 80);
SELECT bench.line('settle.loop', 'settle', 'loop', 'ms', format('a_loop_in_plpgsql_over_orders_and_payees,_of_%s_orders_times_100', :orders / 100), 1000);
SELECT bench.line('settle_floor', 'settle', 'floor', 'ms', 'sum(amount)_of_the_same_orders', 0.67);
SELECT bench.line('settle_floor.total', 'settle', 'total', 'ms', 'sum(total(shares))_of_the_same_orders');
SELECT bench.line('settle_wal', 'settle', 'aggregate', 'bytes', 'set_based_SQL_over_rows_of_shares');
SELECT bench.line('settle_wal.detail', 'settle', 'detail', 'bytes', 'a_posting_per_order_and_payee', 100);
