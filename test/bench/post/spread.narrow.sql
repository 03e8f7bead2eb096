-- pgbench: a transfer between two of 1,000 accounts
\set a random(1, 1000)
\set b random(1, 998)
SELECT narrow.transfer(:a, (:a::bigint + :b::bigint) % 1000 + 1, 1);
