-- WAL of :each orders, each side in turn, in bytes an order.
SELECT max(id) AS last FROM bench.placed_orders \gset
SELECT pg_current_wal_insert_lsn() AS lsn \gset a_
CALL bench.place_ours(:each);
SELECT pg_current_wal_insert_lsn() AS lsn \gset b_
CALL bench.place_in_rows(:last);
SELECT pg_current_wal_insert_lsn() AS lsn \gset c_
CALL bench.place_in_columns(:last);
INSERT INTO bench.samples (bench, who, wal)
VALUES (:'leg', 'ours', (:'b_lsn'::pg_lsn - :'a_lsn') / :each), (:'leg', 'rows', (:'c_lsn'::pg_lsn - :'b_lsn') / :each),
       (:'leg', 'columns', (pg_current_wal_insert_lsn() - :'c_lsn') / :each);
