SELECT bench.line('refund', 'refund', 'sql', 'ms', 'set_based_SQL_over_rows_of_lines_and_parts', 3);
SELECT bench.line('refund_wal', 'refund', 'sql', 'bytes', 'set_based_SQL_over_rows_of_lines_and_parts');
