SELECT bench.line('place_order.' || l.load || '.' || c.clients, l.load || '.' || c.clients, 'plain', 'tps',
                  'plain_plpgsql,_' || c.clients || '_client' || CASE WHEN c.clients > 1 THEN 's' ELSE '' END, CASE WHEN l.load = 'spread' THEN 1 WHEN c.clients = 8 THEN 2.5 END)
FROM (VALUES (1, 'spread'), (2, 'hot')) l(n, load) CROSS JOIN (VALUES (1), (2), (8)) c(clients) ORDER BY l.n, c.clients;
SELECT bench.line('place_order.no_code.8', 'spread.8', 'plain', 'tps', 'plain_plpgsql,_8_clients,_ours_without_key_file', NULL, 'ours_no_code');
