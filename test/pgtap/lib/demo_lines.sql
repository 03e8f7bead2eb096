-- What holds for every file of order lines once test/demo/1*.sql have staged it: 18 tests.
-- ORACLE (environment) is the directory of the recounted uci_oracle_*.csv.gz; NAME (psql variable) tells the files apart.

CREATE TEMP TABLE oracle_month (
    month text, lines bigint, invoices bigint, cancel_invoices bigint, customers bigint, quantity_sum bigint,
    amount_milli_gbp bigint, amount_pence_line_rounded bigint, sales_quantity bigint, sales_amount_milli_gbp bigint,
    cancel_lines bigint, cancel_quantity bigint, cancel_amount_milli_gbp bigint
);
CREATE TEMP TABLE oracle_item_month (
    month text, stock_code text, lines bigint, quantity_sum bigint, amount_milli_gbp bigint, gross_sale_quantity bigint,
    gross_sale_amount_milli_gbp bigint
);
CREATE TEMP TABLE oracle_match (cancel_line_no bigint, cancel_invoice_no text, sale_line_no bigint, matched_quantity bigint);
\copy oracle_month FROM PROGRAM 'gzip -dc < "$ORACLE/uci_oracle_month.csv.gz"' (FORMAT csv, HEADER match)
\copy oracle_item_month FROM PROGRAM 'gzip -dc < "$ORACLE/uci_oracle_item_month.csv.gz"' (FORMAT csv, HEADER match)
\copy oracle_match FROM PROGRAM 'gzip -dc < "$ORACLE/uci_oracle_refund_match.csv.gz"' (FORMAT csv, HEADER match)

-- The two halves of every line.  Both start from what the loader accepted and rejected, not from the lines themselves.
CREATE TEMP VIEW part AS
    SELECT line_no, units, units * pence * 10 AS milli, 'accepted' AS fate FROM demo.accepted
    UNION ALL
    SELECT r.line_no, r.units, (r.units * l.unit_price_gbp * 1000)::bigint, 'rejected'
    FROM demo.rejects r JOIN demo.lines l USING (line_no);
CREATE TEMP TABLE line AS
    SELECT l.line_no, to_char(l.invoice_ts, 'YYYY-MM') AS month, l.invoice_no, l.stock_code, l.customer_id,
           l.invoice_no LIKE 'C%' AS back, l.quantity, l.unit_price_gbp, p.units, p.milli
    FROM (SELECT line_no, sum(units)::bigint AS units, sum(milli)::bigint AS milli FROM part GROUP BY line_no) p
    JOIN demo.lines l USING (line_no);

SELECT is_empty('SELECT line_no FROM demo.lines EXCEPT SELECT line_no FROM part', :'NAME' || ': every line is accepted or rejected');
SELECT is((SELECT count(*) FROM demo.lines),
          (SELECT count(*) FROM demo.accepted) + (SELECT count(*) FROM demo.rejects r
                                                  WHERE NOT EXISTS (SELECT FROM demo.accepted a WHERE a.line_no = r.line_no)),
          :'NAME' || ': lines in = lines accepted + lines rejected');
SELECT is((SELECT sum(quantity) FROM demo.lines),
          (SELECT sum(units) FROM demo.accepted) + (SELECT sum(units) FROM demo.rejects),
          :'NAME' || ': units in = units accepted + units rejected');
SELECT is_empty('SELECT line_no FROM line WHERE units <> quantity', :'NAME' || ': the units of each line are accepted or rejected, all of them');
SELECT is_empty($$SELECT line_no FROM demo.accepted JOIN demo.rejects USING (line_no)
                  WHERE kind <> 'cancellation' OR reason <> 'cancellation_beyond_sale'$$,
                :'NAME' || ': only a cancellation beyond its sales is accepted in part');

CREATE TEMP TABLE item_month AS
    SELECT month, stock_code, count(*) AS lines, sum(units)::bigint AS quantity_sum, sum(milli)::bigint AS amount_milli_gbp,
           coalesce(sum(units) FILTER (WHERE quantity > 0 AND NOT back), 0)::bigint AS gross_sale_quantity,
           coalesce(sum(milli) FILTER (WHERE quantity > 0 AND NOT back), 0)::bigint AS gross_sale_amount_milli_gbp
    FROM line GROUP BY month, stock_code;
SELECT is_empty('(TABLE item_month EXCEPT TABLE oracle_item_month) UNION ALL (TABLE oracle_item_month EXCEPT TABLE item_month)',
                :'NAME' || ': units and amounts of every item and month equal the recount');

CREATE TEMP TABLE total_month AS
    SELECT month, count(*) AS lines, count(DISTINCT invoice_no) AS invoices,
           count(DISTINCT invoice_no) FILTER (WHERE back) AS cancel_invoices,
           count(DISTINCT customer_id) AS customers,
           sum(units)::bigint AS quantity_sum, sum(milli)::bigint AS amount_milli_gbp,
           sum(round(milli::numeric / 10))::bigint AS amount_pence_line_rounded,
           coalesce(sum(units) FILTER (WHERE NOT back AND quantity > 0 AND unit_price_gbp > 0), 0)::bigint AS sales_quantity,
           coalesce(sum(milli) FILTER (WHERE NOT back AND quantity > 0 AND unit_price_gbp > 0), 0)::bigint AS sales_amount_milli_gbp,
           count(*) FILTER (WHERE back) AS cancel_lines,
           coalesce(sum(units) FILTER (WHERE back), 0)::bigint AS cancel_quantity,
           coalesce(sum(milli) FILTER (WHERE back), 0)::bigint AS cancel_amount_milli_gbp
    FROM line GROUP BY month;
SELECT is_empty('(TABLE total_month EXCEPT TABLE oracle_month) UNION ALL (TABLE oracle_month EXCEPT TABLE total_month)',
                :'NAME' || ': the totals of every month equal the recount');

CREATE TEMP TABLE match AS
    SELECT m.cancel_line AS cancel_line_no, l.invoice_no AS cancel_invoice_no, m.sale_line AS sale_line_no, m.units AS matched_quantity
    FROM demo.matches m JOIN demo.lines l ON l.line_no = m.cancel_line;
SELECT is_empty('(TABLE match EXCEPT TABLE oracle_match) UNION ALL (TABLE oracle_match EXCEPT TABLE match)',
                :'NAME' || ': the sale behind every cancellation equals the recount, pair by pair');

-- From lines to orders nothing is lost or made up.
SELECT results_eq($$SELECT sum(units), sum(amount), (SELECT sum(units) FROM demo.order_lines), (SELECT sum(amount) FROM demo.order_lines)
                    FROM demo.orders$$,
                  $$SELECT sum(units), sum(units * pence), sum(units), sum(units * pence) FROM demo.accepted WHERE kind = 'order'$$,
                  :'NAME' || ': orders, and their baskets, hold the units and amounts of the accepted lines');
SELECT is_empty('SELECT order_no FROM demo.orders o JOIN demo.order_lines l USING (order_no)
                 GROUP BY order_no HAVING sum(l.units) <> o.units OR sum(l.amount) <> o.amount',
                :'NAME' || ': each basket adds up to its order');
SELECT results_eq($$SELECT coalesce(sum(units), 0), coalesce(sum(amount), 0)
                    FROM (SELECT units, amount FROM demo.orders WHERE cancelled_at IS NOT NULL
                          UNION ALL SELECT units, amount FROM demo.refund_lines) back$$,
                  $$SELECT coalesce(-sum(units), 0), coalesce(-sum(units * pence), 0) FROM demo.accepted WHERE kind = 'cancellation'$$,
                  :'NAME' || ': cancelled orders and refunds hold the units and amounts of the accepted cancellations');
SELECT is_empty('SELECT r.order_no, l.item_no FROM demo.refund_lines l JOIN demo.refunds r USING (refund_no)
                 LEFT JOIN demo.order_lines o USING (order_no, item_no)
                 GROUP BY r.order_no, l.item_no, o.units, o.amount
                 HAVING o.units IS NULL OR sum(l.units) > o.units OR sum(l.amount) > o.amount',
                :'NAME' || ': no line gets back more than was bought');
SELECT is_empty('SELECT refund_no FROM demo.refunds r JOIN demo.orders o USING (order_no) WHERE o.cancelled_at IS NOT NULL
                 UNION ALL
                 SELECT refund_no FROM demo.refunds r JOIN demo.orders o USING (order_no) WHERE r.refunded_at < o.ordered_at
                 UNION ALL
                 SELECT order_no FROM demo.orders JOIN demo.waves USING (wave_no)
                 WHERE cancelled_at < ordered_at OR cancelled_at >= cut_off',
                :'NAME' || ': cancelled before the cut-off, refunded after the purchase, never both');
SELECT is_empty('SELECT order_no FROM demo.orders o JOIN demo.waves w USING (wave_no)
                 WHERE NOT (o.ordered_at >= w.opens_at AND o.ordered_at < w.cut_off)
                 UNION ALL
                 SELECT order_no FROM demo.sold_lines JOIN demo.orders USING (order_no) JOIN demo.lines USING (line_no)
                 GROUP BY order_no, ordered_at HAVING ordered_at <> demo.moment(min(invoice_ts))',
                :'NAME' || ': every order stands in the wave of its time, the earlier one of two');
SELECT is_empty('SELECT i.item_no FROM demo.items i LEFT JOIN demo.order_lines l USING (item_no)
                 GROUP BY i.item_no
                 HAVING sum(l.units) IS DISTINCT FROM i.units_ordered OR i.stock < i.units_ordered OR i.supply_price < 0
                     OR i.supply_price > i.distribution_price OR i.distribution_price > i.sale_price
                     OR sum(l.amount) <> sum(l.units) * i.sale_price',
                :'NAME' || ': every item has the stock for its orders and three prices in order');

-- People and places.
SELECT is_empty($$SELECT buyer_ref FROM demo.orders WHERE buyer_ref LIKE 'walk-in %' GROUP BY buyer_ref HAVING count(*) > 1
                  UNION ALL
                  SELECT o.buyer_ref FROM demo.orders o JOIN demo.lines l USING (invoice_no)
                  WHERE (o.buyer_ref LIKE 'walk-in %') <> (l.customer_id IS NULL)$$,
                :'NAME' || ': an invoice without a customer, and no other, is a walk-in buyer of its own');
SELECT is_empty('SELECT buyer_ref FROM demo.buyers JOIN demo.addresses USING (address_no) WHERE NOT good
                 UNION ALL
                 SELECT address_ref FROM demo.addresses FULL JOIN demo.rejected_places ON place_ref = address_ref
                 WHERE good = (place_ref IS NOT NULL) OR good IS NULL',
                :'NAME' || ': every buyer lives at a good address, and every other one is recorded with its reason');
SELECT is_empty('SELECT buyer_ref FROM demo.buyers WHERE sales_leader_ref = buyer_ref
                 UNION ALL
                 SELECT external_ref FROM demo.people FULL JOIN demo.roles USING (external_ref) WHERE roles IS NULL OR label IS NULL',
                :'NAME' || ': nobody sells to himself, and everybody has a role');

DROP VIEW part;
DROP TABLE oracle_month, oracle_item_month, oracle_match, line, item_month, total_month, match;
