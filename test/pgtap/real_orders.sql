-- Six months of real orders with their 4,494 cancellation lines: ordered, paid, delivered, settled, refunded by line and units with
-- somebody liable; what each payee, article, month and all of it come to is what an oracle in another language makes of the raw lines.
\set ON_ERROR_STOP on
\ir lib/root.sql
\set DATA :abs_srcdir '/../shared/data'
\setenv DATA :DATA
BEGIN;
SELECT plan(16);
\set at_hand `test -r "$DATA/uci_lines_2010-12_2011-06.csv.gz" && test -r "$DATA/uci_oracle_refund_match.csv.gz" && echo true || echo false`
\if :at_hand
\ir lib/market.sql

CREATE TEMP TABLE lines (
    line_no bigint PRIMARY KEY, invoice_no text, stock_code text, description text, quantity bigint, invoice_ts timestamp, unit_price_gbp numeric, customer_id text,
    country text);
\copy lines FROM PROGRAM 'gzip -dc "$DATA/uci_lines_2010-12_2011-06.csv.gz"' (FORMAT csv, HEADER match, ENCODING 'UTF8')
CREATE TEMP TABLE matches (cancel_line_no bigint, cancel_invoice_no text, sale_line_no bigint, matched_quantity bigint);
\copy matches FROM PROGRAM 'gzip -dc "$DATA/uci_oracle_refund_match.csv.gz"' (FORMAT csv, HEADER match)
CREATE TEMP TABLE months (month text, lines bigint, invoices bigint, cancel_invoices bigint, customers bigint, quantity_sum bigint, amount_milli_gbp bigint,
    amount_pence_line_rounded bigint, sales_quantity bigint, sales_amount_milli_gbp bigint, cancel_lines bigint, cancel_quantity bigint, cancel_amount_milli_gbp bigint);
\copy months FROM PROGRAM 'gzip -dc "$DATA/uci_oracle_month.csv.gz"' (FORMAT csv, HEADER match)
CREATE TEMP TABLE articles (month text, stock_code text, lines bigint, quantity_sum bigint, amount_milli_gbp bigint, gross_sale_quantity bigint, gross_sale_amount_milli_gbp bigint);
\copy articles FROM PROGRAM 'gzip -dc "$DATA/uci_oracle_item_month.csv.gz"' (FORMAT csv, HEADER match)
SELECT is((SELECT count(*) FROM lines WHERE invoice_no LIKE 'C%'), 4494::bigint, 'there are 4,494 lines of cancellations');

-- Goods at a price in whole pence are sold; an invoice is an order.
CREATE TEMP TABLE sold AS
SELECT line_no, invoice_no, stock_code, (unit_price_gbp * 100)::bigint AS pence, quantity AS units FROM lines
WHERE invoice_no !~ '^[AC]' AND quantity > 0 AND unit_price_gbp > 0 AND unit_price_gbp = round(unit_price_gbp, 2);
CREATE TEMP TABLE invoices AS
SELECT i.*, coalesce(i.customer, regexp_replace(i.invoice_no, '\D', '', 'g'))::bigint AS number, coalesce('customer ' || i.customer, 'walk-in ' || i.invoice_no) AS buyer
FROM (SELECT s.invoice_no, to_char(min(l.invoice_ts), 'YYYY-MM') AS month, min(l.invoice_ts) AS at, min(l.customer_id) AS customer
      FROM sold s JOIN lines l USING (line_no) GROUP BY 1) i;
-- What is asked to be refunded, one by one in the order of time: the units that were sold earlier and, whatever the answer, those that were not.
CREATE TEMP TABLE asked AS
SELECT row_number() OVER (ORDER BY c.invoice_ts, c.line_no, a.place, s.invoice_ts DESC, s.line_no DESC) AS n, to_char(c.invoice_ts, 'YYYY-MM') AS month,
       c.line_no AS cancel_line, a.sale_line, a.units, (ARRAY['late', 'lost', 'spoilage', 'shortage', 'other'])[1 + c.line_no % 5] AS cause
FROM (SELECT m.cancel_line_no AS cancel_line, m.sale_line_no AS sale_line, m.matched_quantity AS units, 1 AS place FROM matches m
      UNION ALL
      SELECT l.line_no, min(m.sale_line_no), -l.quantity - coalesce(sum(m.matched_quantity), 0), 2
      FROM lines l LEFT JOIN matches m ON m.cancel_line_no = l.line_no WHERE l.invoice_no LIKE 'C%'
      GROUP BY l.line_no HAVING -l.quantity > coalesce(sum(m.matched_quantity), 0)) a
JOIN lines c ON c.line_no = a.cancel_line LEFT JOIN lines s ON s.line_no = a.sale_line;
-- Lines of baskets: an article twice in an invoice is one.
CREATE TEMP TABLE ordered AS
SELECT v.month, s.invoice_no, s.stock_code, s.pence, sum(s.units)::bigint AS units FROM sold s JOIN invoices v USING (invoice_no) GROUP BY 1, 2, 3, 4;
CREATE UNIQUE INDEX ON sold (line_no);
CREATE UNIQUE INDEX ON invoices (invoice_no);
CREATE INDEX ON ordered (month);
ANALYZE lines, sold, invoices, ordered, asked;

-- People and goods.
SELECT name('supplier ' || n, register_member('supplier ' || n)) FROM generate_series(0, 9) n \g /dev/null
SELECT name('seller ' || n, register_member('seller ' || n)) FROM generate_series(0, 19) n \g /dev/null
SELECT form_partnership(id('leader'), id('seller ' || n)) FROM generate_series(0, 19) n \g /dev/null
SELECT name('hill', add_community('hill')) \g /dev/null
SELECT appoint_steward(id('hill'), id('neighbour')), name('hut', add_pickup_point(id('hill'), 'hut', location(121.7, 25))) \g /dev/null
CREATE TEMP TABLE buyers AS SELECT b.buyer, register_member(b.buyer) AS id FROM (SELECT DISTINCT i.buyer FROM invoices i) b;
CREATE TEMP TABLE goods AS
SELECT g.stock_code, add_sku(id('supplier ' || ascii(right(g.stock_code, 1)) % 10), 'article ' || g.stock_code) AS sku FROM (SELECT DISTINCT s.stock_code FROM sold s) g;
SELECT set_liability(NULL, 'late', 'supplier 33.3333% of sale, sales_leader 33.3333% of sale, steward 8.5% of sale, platform rest'),
       set_liability(NULL, 'lost', 'steward 100% of sale, platform rest'), set_liability(NULL, 'spoilage', 'supplier 80% of sale, platform 20% of sale'),
       set_liability(id('leader'), 'shortage', 'supply_leader 12.3457% of sale, sales_leader 0.0001% of sale, supplier rest') \g /dev/null

-- One campaign has it all. In one transaction, so the market's tables have no statistics.
SET LOCAL enable_seqscan = off;
SELECT offer_sku(g.sku, id('leader'), min(o.pence) * 70 / 100) FROM ordered o JOIN goods g USING (stock_code) GROUP BY g.sku \g /dev/null
SELECT name('months', open_wave('months')) \g /dev/null
SELECT name('all', create_campaign(id('months'), id('leader'), 'months', clock_timestamp() + interval '1 hour', hold => '0')) \g /dev/null
CREATE TEMP TABLE items AS
SELECT i.stock_code, i.pence, list_item(id('all'), g.sku, i.pence * 85 / 100, i.pence) AS item
FROM (SELECT DISTINCT o.stock_code, o.pence FROM ordered o) i JOIN goods g USING (stock_code);
ANALYZE items;
SELECT publish_campaign(id('all')) \g /dev/null
SELECT join_campaign(id('all'), id('seller ' || n)) FROM generate_series(0, 19) n \g /dev/null
CREATE TEMP TABLE placed AS
SELECT o.invoice_no, p.outcome, p.order_id AS id, p.amount
FROM (SELECT v.invoice_no, v.buyer, v.number, array_agg(i.item) AS items, array_agg(l.units) AS units
      FROM ordered l JOIN invoices v USING (invoice_no) JOIN items i USING (stock_code, pence) GROUP BY 1, 2, 3) o
JOIN buyers b USING (buyer)
CROSS JOIN LATERAL place_order(id('all'), b.id, o.items, o.units, o.invoice_no, CASE WHEN o.number % 10 < 7 THEN id('seller ' || o.number % 20) END,
                               id((ARRAY['gate', 'hut', 'barn'])[1 + o.number % 3])) p;
SELECT pay_order(id('all'), p.id, p.amount, 'payment of ' || p.invoice_no) FROM placed p \g /dev/null
SELECT deliver('months'), complete('months'), settle() \g /dev/null

-- Month by month what came back is asked for, and settled.
CREATE TEMP TABLE answers (n bigint, outcome text, refund_id bigint, amount bigint);
CREATE FUNCTION pg_temp.take_back(month text) RETURNS settlements LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO answers
    WITH wanted AS MATERIALIZED (
        SELECT a.n, row_number() OVER (ORDER BY a.n) AS place,
               jsonb_build_object('campaign', id('all'), 'order', coalesce(p.id, 0), 'item', coalesce(i.item, 0), 'units', a.units, 'cause', a.cause) AS refund
        FROM asked a LEFT JOIN sold s ON s.line_no = a.sale_line LEFT JOIN placed p USING (invoice_no) LEFT JOIN items i USING (stock_code, pence)
        WHERE a.month = take_back.month)
    SELECT w.n, r.outcome, r.refund_id, r.amount
    FROM (SELECT jsonb_agg(w.refund ORDER BY w.n) AS refunds FROM wanted w) x CROSS JOIN LATERAL refund_orders(x.refunds, take_back.month) r JOIN wanted w ON w.place = r.n;
    RETURN settle();
END
$$;
SELECT pg_temp.take_back(m.month) FROM months m ORDER BY m.month \g /dev/null
RESET enable_seqscan;

SELECT is_empty($$SELECT * FROM placed WHERE outcome <> 'placed'$$, 'every invoice is an order');
SELECT is((SELECT count(DISTINCT a.cancel_line) FROM asked a JOIN answers USING (n)), 4494::bigint, 'every line of a cancellation has an answer');

-- The oracle.
SELECT jsonb_object_agg(x.name, x.account) AS accounts
FROM (SELECT n.name, account(n.name, CASE WHEN n.name LIKE 'supplier %' THEN 'goods' ELSE 'commission' END) AS account FROM fixture.names n
      WHERE n.name ~ '^(supplier \d|seller \d+|leader)$'
      UNION ALL VALUES ('steward 0', account('steward', 'pickup')), ('steward 1', account('neighbour', 'pickup')), ('platform', market_account('revenue'))) x \gset
\setenv ACCOUNTS :accounts
CREATE TEMP TABLE accounts_of AS SELECT a.key AS name, a.value::bigint AS account FROM jsonb_each_text(:'accounts') a;
CREATE TEMP TABLE oracle (what text, key text, units bigint, amount bigint, refunded_units bigint, refunded_amount bigint);
\copy oracle FROM PROGRAM 'printenv ACCOUNTS | python3 -B "$abs_srcdir/test/oracle/orders.py" "$DATA/uci_lines_2010-12_2011-06.csv.gz"'

CREATE TEMP TABLE market_lines AS
SELECT v.month, i.stock_code, i.pence, b.units, b.amount
FROM orders o JOIN placed p ON p.id = o.id JOIN invoices v USING (invoice_no) CROSS JOIN LATERAL ktt.items(o.basket) b JOIN items i ON i.item = b.item;
CREATE TEMP TABLE market_refunds AS
SELECT a.month, i.stock_code, i.pence, r.units, r.amount FROM refunds r JOIN answers w ON w.refund_id = r.id JOIN asked a USING (n) JOIN items i ON i.item = r.item_id;
SELECT set_eq($$SELECT o.what, o.key, o.units, o.amount, o.refunded_units, o.refunded_amount FROM oracle o WHERE o.what = 'month'$$,
              $$SELECT 'month', month, l.units, l.amount, r.units AS refunded_units, r.amount AS refunded_amount
                FROM (SELECT month, sum(units)::bigint AS units, sum(amount)::bigint AS amount FROM market_lines GROUP BY 1) l
                JOIN (SELECT month, sum(units)::bigint AS units, sum(amount)::bigint AS amount FROM market_refunds GROUP BY 1) r USING (month)$$, 'each month sold and took back what the oracle says');
SELECT set_eq($$SELECT o.key, o.units, o.amount, o.refunded_units, o.refunded_amount FROM oracle o WHERE o.what = 'item'$$,
              $$SELECT format('%s %s', x.stock_code, x.pence), sum(x.units)::bigint AS units, sum(x.amount)::bigint AS amount, sum(x.back)::bigint AS back, sum(x.money)::bigint AS money
                FROM (SELECT l.stock_code, l.pence, l.units, l.amount, 0 AS back, 0 AS money FROM market_lines l
                      UNION ALL SELECT r.stock_code, r.pence, 0, 0, r.units, r.amount FROM market_refunds r) x GROUP BY x.stock_code, x.pence$$, 'so did each article at each price');
SELECT set_eq($$SELECT o.key, o.amount FROM oracle o WHERE o.what = 'payee' AND o.key LIKE 'supplier %'$$,
              $$SELECT m.reference, sum(p.amount)::bigint FROM journals j JOIN postings p ON p.journal_id = j.id JOIN accounts a ON a.id = p.account_id AND a.kind = 'goods'
                JOIN members m ON m.id = a.member_id WHERE j.kind = 'settlement' GROUP BY 1 HAVING sum(p.amount) <> 0$$, 'settlement left every supplier what the oracle says');
SELECT set_eq($$SELECT a.account, o.amount FROM oracle o JOIN accounts_of a ON a.name = o.key WHERE o.what = 'payee'$$,
              $$SELECT p.account_id, sum(p.amount)::bigint FROM journals j JOIN postings p ON p.journal_id = j.id
                WHERE j.kind = 'settlement' AND p.account_id <> market_account('clearing') GROUP BY 1 HAVING sum(p.amount) <> 0$$, 'and every payee');
SELECT results_eq($$SELECT o.amount - o.refunded_amount FROM oracle o WHERE o.what = 'total'$$, $$SELECT sum(s.amount)::bigint FROM settlements s$$, 'all that was settled is what was sold and not taken back');
SELECT results_eq($$SELECT o.amount - o.refunded_amount FROM oracle o WHERE o.what = 'total'$$, $$SELECT -balance_at(market_account('channel'), 'infinity')$$, 'and so is the money at the channel');
SELECT set_eq($$SELECT o.key, o.refunded_units, o.refunded_amount FROM oracle o WHERE o.what = 'outcome'$$,
              $$SELECT w.outcome, sum(a.units)::bigint AS units, coalesce(sum(w.amount), 0)::bigint AS amount FROM answers w JOIN asked a USING (n) GROUP BY 1$$, 'what was not sold was not refunded, by the same units');

-- The figures that came with the data.
SELECT set_eq($$SELECT month, sales_quantity - CASE month WHEN '2011-04' THEN 1 ELSE 0 END AS units, (sales_amount_milli_gbp - CASE month WHEN '2011-04' THEN 1 ELSE 0 END) / 10 AS amount FROM months$$,
              $$SELECT key, units, amount FROM oracle WHERE what = 'month'$$, 'months sold what the data''s own figures say, but a pad for a tenth of a penny');
SELECT is_empty($$SELECT a.month, a.stock_code, a.gross_sale_amount_milli_gbp, l.amount FROM (SELECT * FROM articles WHERE gross_sale_amount_milli_gbp > 1) a
                  FULL JOIN (SELECT month, stock_code, sum(amount) AS amount FROM market_lines GROUP BY 1, 2) l USING (month, stock_code)
                  WHERE a.gross_sale_amount_milli_gbp / 10 IS DISTINCT FROM l.amount$$, 'so did every article in every month');
SELECT is((SELECT sum(refunded_units)::bigint FROM oracle WHERE what = 'outcome' AND key = 'refunded'), (SELECT sum(matched_quantity)::bigint FROM matches), 'the oracle matches as many units');
SELECT is((SELECT count(*) FROM answers WHERE outcome = 'refunded'), (SELECT count(*) FROM matches), 'and every match is a refund');

SELECT is_empty('SELECT violations()', 'no invariant is broken');
SELECT is_empty('SELECT * FROM reconcile()', 'and each side agrees with the others');
\else
SELECT skip('../shared/data is not at hand', 16);
\endif

SELECT * FROM finish();
ROLLBACK;
