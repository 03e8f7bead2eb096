-- Run :statement in a session of its own, and keep the most memory that it held at any time beside shared buffers and
-- libraries, under :bench and :who.
\c -
SELECT ktt.distance(ktt.location(0, 0), ktt.location(1, 1)) \g /dev/null
SELECT peak - shared AS held FROM bench.memory() \gset before_
:statement \g /dev/null
INSERT INTO bench.samples (bench, who, wal)
SELECT :'bench', :'who', greatest(0, peak - shared - :before_held) FROM bench.memory();
