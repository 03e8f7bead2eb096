-- Ours is the database with ten times as many orders, the peer the one with fewer: 1 is no growth.
SELECT bench.line('intake.' || c.clients || f.suffix, 'intake.' || c.clients, 'few', f.figure,
                  format('itself_with_%s_stored_orders_instead_of_%s,_%s_client%s', :stored / 10, :stored, c.clients, CASE WHEN c.clients > 1 THEN 's' END),
                  CASE f.n WHEN 1 THEN 1 END, 'many')
FROM (VALUES (1), (2), (8)) c(clients) CROSS JOIN (VALUES (1, 'tps', ''), (2, 'cpu_us', '.cpu')) f(n, figure, suffix)
ORDER BY f.n, c.clients;
