-- The orders become due once more: the owner takes the windows back, which nobody else can. A checkpoint before each, as
-- there would have been one since the last settlement.
DELETE FROM market.settlements;
CHECKPOINT;
\set bench settle
\set who ours
\set statement 'SELECT market.post_settlement(market.open_settlement())'
\i :measure
CHECKPOINT;
\set who aggregate
\set statement 'SELECT plain.settle(''-infinity'', now(), 2)'
\i :measure
CHECKPOINT;
\set who rates
\set statement 'SELECT plain.settle_by_rates(''-infinity'', now(), 3)'
\i :measure
CHECKPOINT;
\set who fixed_rule
\set statement 'SELECT plain.settle_by_fixed_rule(''-infinity'', now(), 3)'
\i :measure
TRUNCATE plain.detail;
CHECKPOINT;
\set who detail
\set statement 'SELECT plain.settle_in_detail(''-infinity'', now())'
\i :measure
TRUNCATE plain.detail;
CHECKPOINT;
\set who loop
\set statement 'SELECT plain.settle_in_a_loop(' :orders ' / 100)'
\i :measure
-- The floor: one column of the same orders, and the value that has to be read.
\set who floor
\set statement 'SELECT sum(amount) FROM market.orders'
\i :measure
\set who total
\set statement 'SELECT sum(total(shares)) FROM market.orders'
\i :measure
