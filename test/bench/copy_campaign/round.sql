-- Time with its commit; then rows, and bytes of tables and indexes.
SELECT nextval('bench.round') AS round \gset
SELECT id AS campaign FROM bench.campaigns WHERE round = :round \gset
\set bench copy_campaign
SELECT (bench.stored('market')).* \gset before_
\set who ours
SELECT format('SELECT count(market.join_campaign(%s, s.id)) FROM bench.sellers s WHERE s.round = %s', :campaign, :round) AS statement \gset
\i :measure
INSERT INTO bench.samples (bench, who, rows, wal) SELECT 'stored', :'who', rows - :before_rows, bytes - :before_bytes FROM bench.stored('market');
TRUNCATE plain.copies, plain.copied_items;
SELECT (bench.stored('plain')).* \gset before_
\set who plain
SELECT format('SELECT count(plain.copy_campaign(%s, s.id)) FROM bench.sellers s WHERE s.round = %s', :campaign, :round) AS statement \gset
\i :measure
INSERT INTO bench.samples (bench, who, rows, wal) SELECT 'stored', :'who', rows - :before_rows, bytes - :before_bytes FROM bench.stored('plain');
