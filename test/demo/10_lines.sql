-- Reads a file of order lines and settles the fate of each: part of an order, a cancellation, or rejected with a reason.
-- DATA (environment or psql variable) names the file, .csv or .csv.gz.
\set ON_ERROR_STOP on
\if :{?DATA}
\setenv DATA :DATA
\endif

CREATE SCHEMA demo;
COMMENT ON SCHEMA demo IS 'The demo''s input, staged for the market and kept apart from it.';

-- The lines as they come.  Nothing is changed here, not even a blank.
CREATE TABLE demo.lines (
    line_no        bigint PRIMARY KEY,
    invoice_no     text NOT NULL,            -- C in front: a cancellation; A: a bad debt entry
    stock_code     text NOT NULL,            -- 85123A and 85123a are two codes
    description    text,
    quantity       bigint NOT NULL,
    invoice_ts     timestamp NOT NULL,       -- local time of the seller
    unit_price_gbp numeric(12,3) NOT NULL,
    customer_id    text,
    country        text
);
\copy demo.lines FROM PROGRAM 'gzip -dcf < "${DATA:?names no file of order lines}"' (FORMAT csv, HEADER match, ENCODING 'UTF8')

CREATE INDEX ON demo.lines (invoice_no);
ANALYZE demo.lines;

-- Stock codes that stand for something that nobody can pick up.
CREATE TABLE demo.not_goods (stock_code text PRIMARY KEY, why text NOT NULL);
INSERT INTO demo.not_goods VALUES
    ('POST',         'postage'),
    ('DOT',          'postage of the web shop'),
    ('C2',           'carriage'),
    ('M',            'an amount typed in by hand'),
    ('m',            'an amount typed in by hand'),
    ('D',            'a discount'),
    ('S',            'samples, given away or taken back'),
    ('B',            'a bad debt written off'),
    ('BANK CHARGES', 'a fee of the bank'),
    ('AMAZONFEE',    'a fee of another market place'),
    ('CRUK',         'a commission for charity');
INSERT INTO demo.not_goods
    SELECT 'gift_0001_' || pounds, 'a gift voucher is money' FROM generate_series(10, 100, 10) AS pounds;

CREATE TABLE demo.reasons (reason text PRIMARY KEY, why text NOT NULL);
INSERT INTO demo.reasons VALUES
    ('debt',                          'the invoice is a bad debt entry'),
    ('not_goods',                     'the stock code stands for no goods, see demo.not_goods'),
    ('negative_price',                'a price below zero is a correction of the books'),
    ('price_not_whole_pence',         'money is counted in whole pence'),
    ('cancellation_without_units',    'a cancellation that takes nothing back'),
    ('cancellation_without_customer', 'nobody knows whose purchase it cancels'),
    ('cancellation_without_sale',     'no earlier sale in the file has this customer, stock code and price'),
    ('cancellation_beyond_sale',      'these units are more than the earlier sales had left; the others were accepted'),
    ('negative_without_sale',         'a correction of the stock: units below zero outside a cancellation'),
    ('zero_units',                    'nothing was sold'),
    ('zero_price',                    'given away, broken or miscounted: goods without a price');

-- Which sale a cancellation takes back: cancellations in the order they happened, each from the earlier sales of the same
-- customer, stock code and price, latest first, using up what is left of each.  Postage and the like are matched as well.
CREATE TABLE demo.matches (
    cancel_line bigint NOT NULL REFERENCES demo.lines,
    sale_line   bigint NOT NULL REFERENCES demo.lines,
    units       bigint NOT NULL CHECK (units > 0),
    PRIMARY KEY (cancel_line, sale_line)
);

CREATE TEMP TABLE cancels AS
    SELECT line_no, customer_id, stock_code, unit_price_gbp, invoice_ts, -quantity AS units
    FROM demo.lines
    WHERE invoice_no LIKE 'C%' AND quantity < 0 AND customer_id IS NOT NULL;

CREATE TEMP TABLE sales AS
    SELECT line_no, customer_id, stock_code, unit_price_gbp, invoice_ts, quantity AS units_left
    FROM demo.lines
    WHERE invoice_no NOT LIKE 'C%' AND quantity > 0
      AND (customer_id, stock_code, unit_price_gbp) IN (SELECT customer_id, stock_code, unit_price_gbp FROM cancels);
CREATE INDEX ON sales (customer_id, stock_code, unit_price_gbp);
ANALYZE sales;

DO $$
DECLARE
    cancel   record;
    sale     record;
    open     bigint;
    part     bigint;
BEGIN
    FOR cancel IN SELECT * FROM cancels ORDER BY invoice_ts, line_no LOOP
        open := cancel.units;
        FOR sale IN
            SELECT s.line_no, s.units_left
            FROM sales s
            WHERE (s.customer_id, s.stock_code, s.unit_price_gbp)
                = (cancel.customer_id, cancel.stock_code, cancel.unit_price_gbp)
              AND (s.invoice_ts, s.line_no) < (cancel.invoice_ts, cancel.line_no)
              AND s.units_left > 0
            ORDER BY s.invoice_ts DESC, s.line_no DESC
        LOOP
            EXIT WHEN open = 0;
            part := least(open, sale.units_left);
            INSERT INTO demo.matches VALUES (cancel.line_no, sale.line_no, part);
            UPDATE sales SET units_left = units_left - part WHERE line_no = sale.line_no;
            open := open - part;
        END LOOP;
    END LOOP;
END
$$;
CREATE INDEX ON demo.matches (sale_line);
ANALYZE demo.matches;

-- The fate of every line.  Each line stands in accepted or in rejects, and their units add up to the line's.  A
-- cancellation that goes beyond its sales stands in both: in accepted with the units that were sold, in rejects with the
-- rest.  Units are signed as in the file.
CREATE TABLE demo.accepted (
    line_no bigint PRIMARY KEY REFERENCES demo.lines,
    kind    text NOT NULL CHECK (kind IN ('order', 'cancellation')),
    units   bigint NOT NULL,
    pence   bigint NOT NULL,                  -- unit price
    CHECK (CASE kind WHEN 'order' THEN units > 0 ELSE units < 0 END)
);
CREATE TABLE demo.rejects (
    line_no bigint PRIMARY KEY REFERENCES demo.lines,
    reason  text NOT NULL REFERENCES demo.reasons,
    units   bigint NOT NULL
);

-- The first reason that applies, in the order of this list.
CREATE TEMP TABLE fates AS
    SELECT l.line_no, l.quantity, l.unit_price_gbp * 100 AS pence, l.invoice_no LIKE 'C%' AS cancels, coalesce(m.units, 0) AS matched,
           CASE
               WHEN l.invoice_no LIKE 'A%'                              THEN 'debt'
               WHEN l.stock_code IN (SELECT stock_code FROM demo.not_goods) THEN 'not_goods'
               WHEN l.unit_price_gbp < 0                                THEN 'negative_price'
               WHEN l.unit_price_gbp <> round(l.unit_price_gbp, 2)      THEN 'price_not_whole_pence'
               WHEN l.invoice_no LIKE 'C%' AND l.quantity >= 0          THEN 'cancellation_without_units'
               WHEN l.invoice_no LIKE 'C%' AND l.customer_id IS NULL    THEN 'cancellation_without_customer'
               WHEN l.invoice_no LIKE 'C%' AND m.units IS NULL          THEN 'cancellation_without_sale'
               WHEN l.invoice_no LIKE 'C%'                              THEN NULL
               WHEN l.quantity < 0                                      THEN 'negative_without_sale'
               WHEN l.quantity = 0                                      THEN 'zero_units'
               WHEN l.unit_price_gbp = 0                                THEN 'zero_price'
           END AS reason
    FROM demo.lines l
    LEFT JOIN (SELECT cancel_line, sum(units)::bigint AS units FROM demo.matches GROUP BY cancel_line) m
           ON m.cancel_line = l.line_no;

INSERT INTO demo.accepted
    SELECT line_no,
           CASE WHEN cancels THEN 'cancellation' ELSE 'order' END,
           CASE WHEN cancels THEN -matched ELSE quantity END,
           pence::bigint
    FROM fates WHERE reason IS NULL;

INSERT INTO demo.rejects
    SELECT line_no, reason, quantity FROM fates WHERE reason IS NOT NULL
    UNION ALL
    SELECT line_no, 'cancellation_beyond_sale', quantity + matched
    FROM fates WHERE reason IS NULL AND cancels AND quantity + matched <> 0;

DROP TABLE cancels, sales, fates;
ANALYZE demo.accepted;
ANALYZE demo.rejects;

-- What became of the file, to read.  Lines in both tables are counted once, as accepted.
CREATE VIEW demo.fates AS
    SELECT 'accepted' AS fate, kind AS as_what, count(*) AS lines, sum(units)::bigint AS units
    FROM demo.accepted GROUP BY kind
    UNION ALL
    SELECT 'rejected', reason, count(*) FILTER (WHERE a.line_no IS NULL), sum(r.units)::bigint
    FROM demo.rejects r LEFT JOIN demo.accepted a USING (line_no) GROUP BY reason
    UNION ALL
    SELECT 'read', 'all lines', count(*), sum(quantity)::bigint FROM demo.lines;

SELECT * FROM demo.fates ORDER BY fate, lines DESC;
