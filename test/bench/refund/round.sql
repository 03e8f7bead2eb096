CHECKPOINT;
\set bench refund
\set who ours
\set statement 'SELECT count(*) FROM market.refund_orders(bench.asked(), ''round '' || (SELECT count(*) FROM bench.rounds))'
\i :measure
CHECKPOINT;
\set who sql
\set statement 'SELECT count(*) FROM plain.refund_orders(bench.asked(), ''round '' || (SELECT count(*) FROM bench.rounds))'
\i :measure
INSERT INTO bench.rounds VALUES (0);
VACUUM;
