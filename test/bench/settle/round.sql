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
TRUNCATE plain.detail;
CHECKPOINT;
\set who detail
\set statement 'SELECT plain.settle_in_detail(''-infinity'', now())'
\i :measure
