SELECT bench.line('settle', 'settle', 'aggregate', 'ms', 'set_based_SQL_over_rows_of_shares', 3);
SELECT bench.line('settle.detail', 'settle', 'detail', 'ms', 'a_posting_per_order_and_payee', 50);
SELECT bench.line('settle_wal', 'settle', 'aggregate', 'bytes', 'set_based_SQL_over_rows_of_shares');
SELECT bench.line('settle_wal.detail', 'settle', 'detail', 'bytes', 'a_posting_per_order_and_payee');
