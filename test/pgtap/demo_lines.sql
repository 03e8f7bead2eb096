-- Real order lines on their way into the demo: the committed slice, the longer file when it is at hand, and a handful of
-- made-up lines for the oddities that neither has.
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on
\ir lib/root.sql
SET client_min_messages = warning;

BEGIN;
SELECT plan(18 + 7 + 18 + 4 + 6);

-- The slice.
\set NAME slice
\set DATA :abs_srcdir '/test/data/uci_lines_2010-12-01_2010-12-14.csv.gz'
\set ORACLE :abs_srcdir '/test/data'
\setenv ORACLE :ORACLE
\ir lib/demo_stage.sql
\ir lib/demo_lines.sql

SELECT is((SELECT count(*) FROM demo.lines), 31102::bigint, 'slice: it is the two weeks');
SELECT results_eq('SELECT wave_no, first_day FROM demo.waves ORDER BY wave_no',
                  $$VALUES (1::bigint, '2010-12-01'::date), (2, '2010-12-08')$$, 'slice: two weeks are two waves');
SELECT results_eq('SELECT reason, count(*) FROM demo.rejected_places GROUP BY reason ORDER BY reason',
                  $$VALUES ('out_of_reach', 3::bigint), ('refused', 22)$$,
                  'slice: 22 addresses are no locations, 3 more are out of reach');
SELECT is_empty('SELECT place_ref FROM demo.rejected_places
                 WHERE (reason = ''refused'') = (longitude BETWEEN -180 AND 180 AND latitude BETWEEN -90 AND 90)',
                'slice: swapped and impossible coordinates are what is refused');
SELECT is((SELECT count(*) FROM demo.rejected_places WHERE hint = 'Coordinates are given as longitude, latitude.'), 18::bigint,
          'slice: 18 of them are told that longitude and latitude are swapped');
UPDATE demo.items SET item_id = 1000000 - item_no;
SELECT is_empty('SELECT order_no FROM demo.baskets b JOIN demo.orders o USING (order_no)
                 WHERE ktt.units(b.basket) <> o.units OR ktt.amount(b.basket) <> o.amount OR ktt.cardinality(b.basket) <> cardinality(b.items)
                    OR o.units <> (SELECT sum(u) FROM unnest(b.units) u)',
                'slice: baskets hold what the orders hold, whatever the ids of the items');
SELECT cmp_ok((SELECT count(*) FROM demo.roles WHERE roles @> '{buyer,sales leader,steward}'), '>=', 5::bigint,
              'slice: some people buy, sell and keep a pickup point');
DROP SCHEMA demo CASCADE;

-- The longer file.
\set NAME full
\set DATA :abs_srcdir '/../shared/data/uci_lines_2010-12_2011-06.csv.gz'
\set ORACLE :abs_srcdir '/../shared/data'
\setenv DATA :DATA
\setenv ORACLE :ORACLE
\set at_hand `test -r "$DATA" && test -r "$ORACLE/uci_oracle_refund_match.csv.gz" && echo true || echo false`
\if :at_hand
\ir lib/demo_stage.sql
\ir lib/demo_lines.sql
SELECT is((SELECT count(*) FROM demo.lines), 245903::bigint, 'full: it is the whole file');
SELECT is((SELECT count(*) FROM demo.waves), 31::bigint, 'full: seven months are 31 waves');
SELECT is((SELECT cancelled_at FROM demo.orders JOIN demo.lines USING (invoice_no) WHERE line_no = 61620),
          (SELECT demo.moment(invoice_ts) FROM demo.lines WHERE line_no = 61625),
          'full: 74,215 jars are bought and cancelled within a quarter of an hour');
SELECT results_eq('SELECT line_no FROM demo.rejects WHERE reason = ''price_not_whole_pence''', 'VALUES (157196::bigint)',
                  'full: one price is not in whole pence');
DROP SCHEMA demo CASCADE;
\else
SELECT skip('../shared/data is not at hand', 18 + 4);
\endif

-- The oddities, from a file that is not packed.
\set DATA :abs_srcdir '/test/pgtap/lib/odd_lines.csv'
\ir lib/demo_stage.sql

SELECT results_eq('SELECT line_no, reason, units FROM demo.rejects ORDER BY line_no',
    $$VALUES (4::bigint, 'not_goods', 1::bigint), (8, 'cancellation_beyond_sale', -2), (9, 'cancellation_without_sale', -1),
             (13, 'cancellation_without_customer', -2), (14, 'debt', 1), (15, 'debt', 1), (16, 'negative_without_sale', -9),
             (17, 'zero_price', 3), (18, 'price_not_whole_pence', 1), (19, 'zero_units', 0), (20, 'negative_price', 1),
             (21, 'cancellation_without_units', 1), (23, 'not_goods', 1)$$,
    'odd: every oddity is rejected for its own reason');
SELECT results_eq('SELECT cancel_line, sale_line, units FROM demo.matches ORDER BY 1, 2',
    $$VALUES (7::bigint, 5::bigint, 1::bigint), (7, 6, 2), (8, 5, 4)$$,
    'odd: a cancellation takes back the latest sale first, never a later one, and no unit twice');
SELECT results_eq('SELECT invoice_no, buyer_ref, units, amount, cancelled_at IS NOT NULL FROM demo.orders ORDER BY order_no',
    $$VALUES ('500001', 'customer 12400', 11::bigint, 2805::bigint, false), ('500002', 'customer 12401', 5, 1695, false),
             ('500003', 'customer 12401', 2, 678, true), ('500007', 'customer 12401', 1, 339, false),
             ('500008', 'walk-in 500008', 2, 2550, false), ('500009', 'walk-in 500009', 2, 2550, false),
             ('500016', 'customer 12402', 1, 1, false)$$,
    'odd: what is left are orders, one of them cancelled in its wave');
SELECT results_eq('SELECT cancel_invoice, o.invoice_no, r.wave_no, r.units, r.amount FROM demo.refunds r JOIN demo.orders o USING (order_no) ORDER BY refund_no',
    $$VALUES ('C500004', '500002', 1::bigint, 1::bigint, 339::bigint), ('C500005', '500002', 2, 4, 1356)$$,
    'odd: the rest comes back as refunds, in order of time');
SELECT results_eq('SELECT i.stock_code, l.units FROM demo.order_lines l JOIN demo.items i USING (item_no) JOIN demo.orders USING (order_no)
                   WHERE invoice_no = ''500001'' ORDER BY i.stock_code COLLATE "C"',
    $$VALUES ('85123A', 10::bigint), ('85123a', 1)$$,
    'odd: a code twice in an invoice is one item, two spellings are two');
SELECT results_eq('SELECT stock_code, name, supplier_ref FROM demo.skus ORDER BY stock_code COLLATE "C"',
    $$VALUES ('22423', 'CAKESTAND', 'supplier 4'), ('71053', 'LANTERN', 'supplier 4'), ('85123A', 'HEART, "WHITE"', 'supplier 4'),
             ('85123a', '85123a', 'supplier 4'), ('DCGSSBOY', 'BOYS PARTY BAG', 'supplier 1')$$,
    'odd: goods have a name and a supplier by rule');

SELECT * FROM finish();
ROLLBACK;
