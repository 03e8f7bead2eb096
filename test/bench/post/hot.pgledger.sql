-- pgbench: a transfer from one of 1,000 accounts to the one that all of them pay
\set a random(1, 1000)
SELECT pgledger_create_transfer((SELECT pgledger FROM bench.accounts WHERE n = :a), (SELECT pgledger FROM bench.accounts WHERE n = 1001), 1);
