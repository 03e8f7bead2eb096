SELECT bench.expect(abs(bench.placed() - 10000 - :stored), format('intake: %s orders are stored', :stored));
SELECT format('intake: %s stored orders take %s of table and %s of indexes; the open campaign has %s of them',
              :stored, pg_size_pretty(pg_table_size('market.orders')), pg_size_pretty(pg_indexes_size('market.orders')), :stored / 10);
