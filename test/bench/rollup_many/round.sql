\set bench rollup_many
\set who ours
\set statement 'SELECT count(*), sum(cardinality(basket)), sum(units(basket)), sum(amount(basket)) FROM bench.many_ours'
\i :measure
\set bench rollup_many
\set who group_by
\set statement 'SELECT count(*), sum(buyer), sum(item), sum(units), sum(amount) FROM bench.many_group_by'
\i :measure
\set bench rollup_many
\set who group_by_int4
\set statement 'SELECT count(*), sum(buyer), sum(item), sum(units), sum(amount) FROM bench.many_group_by_int4'
\i :measure
\set bench rollup_many
\set who rows
\set statement 'SELECT count(*), sum(buyer), sum(i.item), sum(i.units), sum(i.amount) FROM bench.many_ours, ktt.items(basket) i'
\i :measure

INSERT INTO bench.samples (bench, who, wal)
SELECT 'rollup_many_memory', who, bench.hash_memory('SELECT count(v) FROM ' || view || ' v')
FROM (VALUES ('ours', 'bench.many_ours'), ('group_by', 'bench.many_group_by'), ('group_by_int4', 'bench.many_group_by_int4')) AS v(who, view);
