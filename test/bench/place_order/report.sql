CREATE FUNCTION bench.clients(n int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT n || '_client' || CASE WHEN n > 1 THEN 's' ELSE '' END $$;

SELECT bench.line('place_order.' || l.load || '.' || c.clients || f.suffix, l.load || '.' || c.clients, 'plain', f.figure,
                  'plain_plpgsql,_' || bench.clients(c.clients),
                  CASE WHEN f.n = 2 THEN 1.5 WHEN l.load = 'spread' THEN 1.3 WHEN c.clients = 8 THEN 2.5 END)
FROM (VALUES (1, 'spread'), (2, 'hot')) l(n, load) CROSS JOIN (VALUES (1), (2), (8)) c(clients)
CROSS JOIN (VALUES (1, 'tps', ''), (2, 'cpu_us', '.cpu')) f(n, figure, suffix)
WHERE f.n = 1 OR l.load = 'spread' ORDER BY l.n, f.n, c.clients;

-- How much a hot item costs us.
INSERT INTO bench.samples (bench, who, tps, cpu_ms)
SELECT 'loads' || substring(bench FROM '[.].*'), substring(bench FROM '^[^.]*'), tps, cpu_ms FROM bench.samples WHERE who = 'ours';
SELECT bench.line('place_order.hot_spread.' || c.clients, 'loads.' || c.clients, 'spread', 'tps', 'our_own_spread,_' || bench.clients(c.clients),
                  CASE c.clients WHEN 8 THEN 0.77 END, 'hot')
FROM (VALUES (1), (2), (8)) c(clients) ORDER BY c.clients;

SELECT bench.line('place_order.steps.' || c.clients, 'spread.' || c.clients, 'steps', 'tps', 'the_plain_steps_sent_by_the_client,_' || bench.clients(c.clients), 3)
FROM (VALUES (1), (2), (8)) c(clients) ORDER BY c.clients;
SELECT bench.line('place_order.no_code.8', 'spread.8', 'plain', 'tps', 'plain_plpgsql,_8_clients,_ours_without_key_file', NULL, 'ours_no_code');
