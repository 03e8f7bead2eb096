-- Run :statement and keep what it took, commit included, under :bench and :who.
SELECT clock_timestamp() AS at, :cpu AS cpu, pg_current_wal_insert_lsn() AS lsn \gset begin_
:statement;
INSERT INTO bench.samples (bench, who, ms, cpu_ms, wal)
SELECT :'bench', :'who', extract(epoch FROM clock_timestamp() - :'begin_at') * 1000, :cpu - :begin_cpu,
       pg_current_wal_insert_lsn() - :'begin_lsn';
