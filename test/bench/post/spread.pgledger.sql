-- pgbench: a transfer between two of 1,000 accounts
\set a random(1, 1000)
\set b random(1, 998)
SELECT pgledger_create_transfer((SELECT pgledger FROM bench.accounts WHERE n = :a), (SELECT pgledger FROM bench.accounts WHERE n = (:a::int + :b::int) % 1000 + 1), 1);
