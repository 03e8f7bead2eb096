SELECT bench.line('rollup_item', 'rollup_item', 'group_by', 'ms', 'group_by', 3);
SELECT bench.line('rollup_item.int4', 'rollup_item', 'group_by_int4', 'ms', 'group_by_four_byte_columns');
SELECT bench.line('rollup_point_item', 'rollup_point_item', 'group_by', 'ms', 'group_by', 8);
SELECT bench.line('rollup_point_item.int4', 'rollup_point_item', 'group_by_int4', 'ms', 'group_by_four_byte_columns');
SELECT bench.line('rollup_point_item.join', 'rollup_point_item', 'join', 'ms', 'group_by_over_a_join_with_the_orders');
