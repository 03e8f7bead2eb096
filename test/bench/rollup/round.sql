\set bench rollup_item
\set who ours
\set statement 'SELECT count(*), sum(item), sum(units), sum(amount) FROM bench.item_ours'
\i :measure
\set bench rollup_item
\set who group_by
\set statement 'SELECT count(*), sum(item), sum(units), sum(amount) FROM bench.item_group_by'
\i :measure
\set bench rollup_item
\set who group_by_int4
\set statement 'SELECT count(*), sum(item), sum(units), sum(amount) FROM bench.item_group_by_int4'
\i :measure
\set bench rollup_point_item
\set who ours
\set statement 'SELECT count(*), sum(point), sum(item), sum(units), sum(amount) FROM bench.point_item_ours'
\i :measure
\set bench rollup_point_item
\set who group_by
\set statement 'SELECT count(*), sum(point), sum(item), sum(units), sum(amount) FROM bench.point_item_group_by'
\i :measure
\set bench rollup_point_item
\set who group_by_int4
\set statement 'SELECT count(*), sum(point), sum(item), sum(units), sum(amount) FROM bench.point_item_group_by_int4'
\i :measure
\set bench rollup_point_item
\set who join
\set statement 'SELECT count(*), sum(point), sum(item), sum(units), sum(amount) FROM bench.point_item_join'
\i :measure

-- The same with parallel workers for both, each in the plan that the server finds cheapest.
SET max_parallel_workers_per_gather = 2;
\set cpu 'bench.all_cpu()'

\set bench rollup_item.parallel
\set who ours
\set statement 'SELECT count(*), sum(item), sum(units), sum(amount) FROM bench.item_ours'
\i :measure
\set bench rollup_item.parallel
\set who group_by
\set statement 'SELECT count(*), sum(item), sum(units), sum(amount) FROM bench.item_group_by'
\i :measure

\set bench rollup_point_item.parallel
\set who ours
\set statement 'SELECT count(*), sum(point), sum(item), sum(units), sum(amount) FROM bench.point_item_ours'
\i :measure
\set bench rollup_point_item.parallel
\set who group_by
\set statement 'SELECT count(*), sum(point), sum(item), sum(units), sum(amount) FROM bench.point_item_group_by'
\i :measure

RESET max_parallel_workers_per_gather;
\set cpu 'bench.cpu()'

-- What a sum costs beside a scan that only reads the values.
\set bench sum_floor
\set who ours
\set statement 'SELECT cardinality(sum(basket)) FROM bench.orders'
\i :measure
\set bench sum_floor
\set who read
\set statement 'SELECT sum(units(basket)) FROM bench.orders'
\i :measure
\set bench sum_floor
\set who scan
\set statement 'SELECT count(basket) FROM bench.orders'
\i :measure
-- And with a lookup of the group for each order, which is the floor of rollup_point_item.
\set bench sum_floor.point
\set who ours
\set statement 'SELECT sum(cardinality(b)) FROM (SELECT sum(basket) AS b FROM bench.orders GROUP BY point_id) s'
\i :measure
\set bench sum_floor.point
\set who scan
\set statement 'SELECT sum(n) FROM (SELECT count(basket) AS n FROM bench.orders GROUP BY point_id) s'
\i :measure

INSERT INTO bench.samples (bench, who, wal)
SELECT 'basket_bytes', who, pg_table_size(relation) FROM (VALUES ('ours', 'bench.orders'), ('lines', 'bench.lines'), ('narrow_lines', 'bench.narrow_lines')) AS t(who, relation);
