-- pgbench: a transfer from one of 1,000 accounts to the one that all of them pay
\set a random(1, 1000)
\set request random(1, 9000000000000000000)
SELECT market.post('bench', :request::bigint::text, ktt.shares(:first::bigint + :a::bigint - 1, -1) OPERATOR(ktt.+) ktt.shares(:revenue, 1));
