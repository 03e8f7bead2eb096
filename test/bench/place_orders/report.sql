SELECT bench.line('place_orders.' || c.clients, 'bulk.' || c.clients, 'one_by_one', 'tps',
                  format('100_calls_of_place_order(),_%s_client%s', c.clients, CASE WHEN c.clients > 1 THEN 's' END), 4)
FROM (VALUES (1), (2), (8)) c(clients) ORDER BY c.clients;
