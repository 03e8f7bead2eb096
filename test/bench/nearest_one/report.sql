-- Server CPU of a call. A third of the peer's is a ratio of 3, 1.6 times the floor one of 0.625.
SELECT bench.line(format('nearest_one.%s.%s', s.points, c.clients), format('%s.%s', s.name, c.clients), 'peer', 'cpu_us',
                  format('geography_KNN_of_8_with_recheck,_%s_client%s', c.clients, left('s', c.clients - 1)), 3)
FROM bench.sizes s CROSS JOIN (VALUES (1), (2)) c(clients) ORDER BY s.points, c.clients;
SELECT bench.line(format('nearest_one.%s.%s.floor', s.points, c.clients), format('%s.%s', s.name, c.clients), 'floor', 'cpu_us',
                  format('a_statement_that_adds_two_numbers,_%s_client%s', c.clients, left('s', c.clients - 1)), 0.625)
FROM bench.sizes s CROSS JOIN (VALUES (1), (2)) c(clients) ORDER BY s.points, c.clients;
SELECT bench.line(format('nearest_one.%s.point%s', s.points, p.suffix), s.name || '.1', p.who, 'cpu_us', p.against || ',_ours_nearest_point()', p.aim, 'point')
FROM bench.sizes s
CROSS JOIN (VALUES (1, 'peer', '', 'geography_KNN_of_8_with_recheck', 3), (2, 'floor', '.floor', 'a_statement_that_adds_two_numbers', 0.625)) p(n, who, suffix, against, aim)
ORDER BY s.points, p.n;
SELECT bench.line(format('nearest_one.%s.first', points), 'first.' || name, 'peer', 'ms', 'the_first_call_of_a_connection') FROM bench.sizes ORDER BY points;
SELECT bench.line(format('nearest_one_memory.%s', points), 'memory.' || name, 'peer', 'bytes', 'geography_KNN_of_8_with_recheck') FROM bench.sizes ORDER BY points;
