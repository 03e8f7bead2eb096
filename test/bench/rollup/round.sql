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
