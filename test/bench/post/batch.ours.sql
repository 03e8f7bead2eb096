-- pgbench: 100 transfers in one call
\set request random(1, 9000000000000000000)
SELECT market.post_many('bench', array_agg(format('%s/%s', :request::bigint, n)), array_agg(ktt.shares(:first::bigint + a, -1) OPERATOR(ktt.+) ktt.shares(:first::bigint + (a + b) % 1000, 1)))
FROM (SELECT n, floor(random() * 1000)::bigint AS a, 1 + floor(random() * 998)::bigint AS b FROM generate_series(1, 100) n) x;
