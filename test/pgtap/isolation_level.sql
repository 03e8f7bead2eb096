-- Above READ COMMITTED a transaction looks at old rows: every call that writes says so instead of being wrong.
\set ON_ERROR_STOP on
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT plan(12);
SELECT ktt.create_market() \g /dev/null
SET LOCAL search_path = market, ktt, public;

SELECT throws_ok('SELECT ' || call, '0A000', 'market writes need isolation level READ COMMITTED', call)
FROM unnest(ARRAY['register_member(''a'')', 'pay_order(1, 1, 1, ''p'')', 'cancel_order(1, 1)',
                  'expire_orders()', 'refund_order(1, 1, 1, 1, ''f'')', 'close_wave(1)', 'freeze_wave(1)',
                  'complete_wave(1)', 'open_settlement()', 'post_settlement(1)', 'issue_statement(1, now())']) call;
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p
                  WHERE p.pronamespace = 'market'::regnamespace AND p.prosecdef AND p.provolatile = 'v' AND p.prosrc !~ 'read_committed\(\)|(vouch_for|post_bank)\('
                    -- Those two begin with it themselves; these lock the rows that they rely on instead.
                    AND p.proname NOT IN ('place_order', 'preview_order')$$,
                'no call that writes leaves it out');

SELECT * FROM finish();
ROLLBACK;
