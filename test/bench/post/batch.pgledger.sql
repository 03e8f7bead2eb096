-- pgbench: 100 transfers in one call
SELECT count(*) FROM (SELECT array_agg((f.pgledger, t.pgledger, 1)::transfer_request) AS transfers
    FROM (SELECT floor(random() * 1000)::int AS a, 1 + floor(random() * 998)::int AS b FROM generate_series(1, 100) n) x
    JOIN bench.accounts f ON f.n = x.a + 1 JOIN bench.accounts t ON t.n = (x.a + x.b) % 1000 + 1) y CROSS JOIN LATERAL pgledger_create_transfers(y.transfers);
