SELECT bench.line('post.' || l.load || '.' || c.clients || p.suffix || f.suffix, l.load || '.' || c.clients, p.who, f.figure,
                  p.against || ',_' || c.clients || '_client' || CASE WHEN c.clients > 1 THEN 's' ELSE '' END,
                  CASE WHEN p.who = 'pgledger' AND f.n = 1 THEN CASE WHEN l.load = 'spread' THEN 3 ELSE 6 END END)
FROM (VALUES (1, 'pgledger', '', 'pgledger_transfers'), (2, 'narrow', '.narrow', 'bare_transfers_without_reference_or_proof')) p(n, who, suffix, against)
CROSS JOIN (VALUES (1, 'spread'), (2, 'hot')) l(n, load) CROSS JOIN (VALUES (1), (2), (8)) c(clients) CROSS JOIN (VALUES (1, 'tps', ''), (2, 'cpu_us', '.cpu')) f(n, figure, suffix)
WHERE EXISTS (SELECT FROM bench.samples s WHERE s.who = p.who) ORDER BY p.n, f.n, l.n, c.clients;
SELECT bench.line('post.batch', 'batch', 'pgledger', 'tps', '100_pgledger_transfers_in_one_call', 6) WHERE EXISTS (SELECT FROM bench.samples s WHERE s.who = 'pgledger');
