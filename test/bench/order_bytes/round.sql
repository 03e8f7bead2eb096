-- First after a checkpoint, when the first change of a page writes all of it to the WAL; then the same once more without one.
CHECKPOINT;
\set leg after_checkpoint
\i :here/order_bytes/leg.sql
\set leg warm
\i :here/order_bytes/leg.sql
VACUUM;
INSERT INTO bench.samples (bench, who, wal)
SELECT 'bytes', s.who, s.bytes / n.orders
FROM (SELECT count(*)::double precision AS orders FROM shares_in_rows.orders) n
CROSS JOIN (SELECT 'ours', pg_table_size('market.orders') + pg_indexes_size('market.orders') - bytes FROM bench.first
            UNION ALL VALUES ('rows', bench.size('shares_in_rows')), ('columns', bench.size('shares_in_columns'))) s(who, bytes);
