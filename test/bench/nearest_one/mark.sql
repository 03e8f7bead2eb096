-- pgbench: how far this client has come, twice
\set n :n + 1
\if :n = :warm or :n = :calls
INSERT INTO bench.marks SELECT pg_backend_pid(), :n::int, clock_timestamp(), bench.cpu();
\endif
