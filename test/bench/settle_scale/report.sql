-- Ours is the large window, the peer the small one: 1 is no growth. Time and WAL are those of a tenth of the large one.
UPDATE bench.samples SET ms = ms / 10, cpu_ms = cpu_ms / 10, wal = wal / 10 WHERE bench = 'settle_scale' AND who = 'many';
SELECT bench.line('settle_scale', 'settle_scale', 'few', 'ms',
                  format('itself_with_%s_orders_instead_of_%s,_of_which_a_tenth_counts', :orders, 10 * :orders), 1, 'many');
SELECT bench.line('settle_memory', 'settle_memory', 'few', 'bytes', format('itself_with_%s_orders_instead_of_%s', :orders, 10 * :orders), 1, 'many');
