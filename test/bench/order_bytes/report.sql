SELECT bench.line(l.name || p.suffix, l.bench, p.peer, 'bytes', p.against || l.how, CASE WHEN p.n = 1 THEN 2 END)
FROM (VALUES (1, 'order_bytes', 'bytes', ''), (2, 'order_wal', 'warm', ',_pages_changed_before'),
             (3, 'order_wal.after_checkpoint', 'after_checkpoint', ',_the_first_' || :each || '_orders_after_a_checkpoint')) l(n, name, bench, how)
CROSS JOIN (VALUES (1, '', 'rows', 'normalised,_shares_in_rows'), (2, '.columns', 'columns', 'normalised,_shares_in_columns')) p(n, suffix, peer, against)
ORDER BY l.n, p.n;
