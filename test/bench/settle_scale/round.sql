-- Single sessions; memory is measured in sessions of their own.
DELETE FROM market.settlements;
CHECKPOINT;
\set bench settle_scale
\set who few
\set statement 'SELECT bench.settle(false)'
\i :measure
DELETE FROM market.settlements;
CHECKPOINT;
\set who many
\set statement 'SELECT bench.settle(true)'
\i :measure
\set bench settle_memory
DELETE FROM market.settlements;
\set who few
\set statement 'SELECT bench.settle(false)'
\i :memory
DELETE FROM market.settlements;
\set who many
\set statement 'SELECT bench.settle(true)'
\i :memory
