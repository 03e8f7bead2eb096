SELECT bench.line('rollup_many', 'rollup_many', 'group_by', 'ms', 'group_by_buyer_and_item', 1);
SELECT bench.line('rollup_many.int4', 'rollup_many', 'group_by_int4', 'ms', 'group_by_four_byte_columns');
SELECT bench.line('rollup_many.rows', 'rollup_many', 'group_by', 'ms', 'group_by,_ours_turned_into_rows', NULL, 'rows');
SELECT bench.line('rollup_many_memory', 'rollup_many_memory', 'group_by', 'bytes', 'hash_table_of_group_by', 1);
SELECT bench.line('rollup_many_memory.int4', 'rollup_many_memory', 'group_by_int4', 'bytes', 'hash_table_over_four_byte_columns');
