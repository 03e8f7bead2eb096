-- pgbench: a transfer between two of 1,000 accounts
\set a random(1, 1000)
\set b random(1, 998)
\set request random(1, 9000000000000000000)
SELECT market.post('bench', :request::bigint::text, ktt.shares(:first::bigint + :a::bigint - 1, -1) OPERATOR(ktt.+) ktt.shares(:first::bigint + (:a::bigint + :b::bigint) % 1000, 1));
