-- pgbench: a transfer from one of 1,000 accounts to the one that all of them pay
\set a random(1, 1000)
SELECT narrow.transfer(:a, 1001, 1);
