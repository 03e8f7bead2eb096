-- Above READ COMMITTED a transaction looks at old rows: the calls that must not do so say so.
\set ON_ERROR_STOP on
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT plan(10);
\ir lib/market.sql

SELECT throws_ok('SELECT ' || call, '0A000', 'market writes need isolation level READ COMMITTED', call)
FROM unnest(ARRAY['place(''a'', ''buyer'', ''{rice}'', ''{1}'')', 'pay_order(id(''campaign''), 1, 1, ''p'')', 'cancel_order(id(''campaign''), 1)',
                  'expire_orders()', 'refund_order(id(''campaign''), 1, 1, 1, ''f'')', 'close_wave(id(''wave''))', 'freeze_wave(id(''wave''))',
                  'complete_wave(id(''wave''))', 'open_settlement()', 'post_settlement(1)']) call;

SELECT * FROM finish();
ROLLBACK;
