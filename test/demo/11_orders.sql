-- From accepted lines to what the market is asked for: waves, goods, orders, cancelled orders, refunds.
-- Columns named *_id are empty here; the script that calls the market fills them with the ids it gets back.
\set ON_ERROR_STOP on

-- The market's clock needs a zone; the file's times are British.
CREATE FUNCTION demo.moment(local_time timestamp) RETURNS timestamptz
    LANGUAGE sql STABLE RETURN local_time AT TIME ZONE 'Europe/London';

-- A wave is seven days, counted from the first day of the file.
CREATE TABLE demo.waves (
    wave_no     bigint PRIMARY KEY,
    first_day   date NOT NULL,
    opens_at    timestamptz NOT NULL,
    cut_off     timestamptz NOT NULL,
    campaign_id bigint,
    wave_id     bigint
);
INSERT INTO demo.waves (wave_no, first_day, opens_at, cut_off)
    SELECT row_number() OVER (ORDER BY day), day, demo.moment(day), demo.moment(day + interval '7 days')
    FROM (SELECT min(invoice_ts)::date AS first_day, max(invoice_ts)::date AS last_day FROM demo.lines) span,
         generate_series(span.first_day::timestamp, span.last_day, interval '7 days') AS day;

-- A customer orders under his number.  Where the number is missing every invoice is a buyer of its own: somebody walked
-- in, and the goods and the money are as real as the others'.
CREATE TABLE demo.orders (
    order_no     bigint PRIMARY KEY,          -- by time
    invoice_no   text NOT NULL UNIQUE,
    wave_no      bigint NOT NULL REFERENCES demo.waves,
    buyer_ref    text NOT NULL,               -- demo.people
    ordered_at   timestamptz NOT NULL,        -- the earlier one, where an invoice has two times
    cancelled_at timestamptz,                 -- taken back whole before the cut-off
    units        bigint NOT NULL,
    amount       bigint NOT NULL,             -- pence
    order_id     bigint
);
INSERT INTO demo.orders (order_no, invoice_no, wave_no, buyer_ref, ordered_at, units, amount)
    SELECT row_number() OVER (ORDER BY i.invoice_ts, i.invoice_no COLLATE "C"), i.invoice_no, w.wave_no,
           coalesce('customer ' || i.customer_id, 'walk-in ' || i.invoice_no), demo.moment(i.invoice_ts), i.units, i.amount
    FROM (SELECT l.invoice_no, min(l.customer_id) AS customer_id, min(l.invoice_ts) AS invoice_ts,
                 sum(a.units)::bigint AS units, sum(a.units * a.pence)::bigint AS amount
          FROM demo.accepted a JOIN demo.lines l USING (line_no)
          WHERE a.kind = 'order'
          GROUP BY l.invoice_no) i
    JOIN demo.waves w ON demo.moment(i.invoice_ts) >= w.opens_at AND demo.moment(i.invoice_ts) < w.cut_off;

-- The goods.  Supply is not in the data: one of ten suppliers by the last digit of the code's number, so 85123A and 85123a
-- come from the same one.
CREATE TABLE demo.skus (
    stock_code   text PRIMARY KEY,
    name         text NOT NULL,               -- as first described
    supplier_ref text NOT NULL,               -- demo.people
    sku_id       bigint
);
INSERT INTO demo.skus (stock_code, name, supplier_ref)
    SELECT l.stock_code,
           coalesce((array_agg(btrim(l.description) ORDER BY l.line_no) FILTER (WHERE btrim(l.description) <> ''))[1], l.stock_code),
           'supplier ' || 1 + right('0' || coalesce(substring(l.stock_code FROM '[0-9]+'), ''), 1)::int
    FROM demo.accepted a JOIN demo.lines l USING (line_no)
    WHERE a.kind = 'order'
    GROUP BY l.stock_code;

-- What a wave offers: a stock code at a price.  The supplier gets 70 % of the sale price, sellers buy at 85 %, both rounded
-- down.  Stock is what was ordered, rounded up to tens, so every order can be filled and something is left over.
CREATE TABLE demo.items (
    item_no            bigint PRIMARY KEY,
    wave_no            bigint NOT NULL REFERENCES demo.waves,
    stock_code         text NOT NULL REFERENCES demo.skus,
    sale_price         bigint NOT NULL,       -- pence, as are the next two
    distribution_price bigint NOT NULL,
    supply_price       bigint NOT NULL,
    units_ordered      bigint NOT NULL,
    most_per_buyer     bigint NOT NULL,       -- the most that one buyer ordered of it in the wave, over all his orders
    stock              bigint NOT NULL,
    item_id            bigint,
    UNIQUE (wave_no, stock_code, sale_price)
);
INSERT INTO demo.items (item_no, wave_no, stock_code, sale_price, distribution_price, supply_price,
                        units_ordered, most_per_buyer, stock)
    SELECT row_number() OVER (ORDER BY wave_no, stock_code COLLATE "C", pence),
           wave_no, stock_code, pence, pence * 85 / 100, pence * 70 / 100,
           sum(units), max(units), (sum(units)::bigint + 9) / 10 * 10
    FROM (SELECT o.wave_no, l.stock_code, a.pence, o.buyer_ref, sum(a.units)::bigint AS units
          FROM demo.accepted a JOIN demo.lines l USING (line_no) JOIN demo.orders o USING (invoice_no)
          WHERE a.kind = 'order'
          GROUP BY o.wave_no, l.stock_code, a.pence, o.buyer_ref) bought
    GROUP BY wave_no, stock_code, pence;
ANALYZE demo.items;
ANALYZE demo.orders;

-- Every accepted line with the order and the item it belongs to; the steps below all start from it.
CREATE TABLE demo.sold_lines (
    line_no  bigint PRIMARY KEY REFERENCES demo.lines,
    order_no bigint NOT NULL,
    wave_no  bigint NOT NULL,
    item_no  bigint NOT NULL,
    units    bigint NOT NULL,
    pence    bigint NOT NULL                  -- unit price
);
INSERT INTO demo.sold_lines
    SELECT a.line_no, o.order_no, o.wave_no, i.item_no, a.units, a.pence
    FROM demo.accepted a
    JOIN demo.lines l USING (line_no)
    JOIN demo.orders o USING (invoice_no)
    JOIN demo.items i ON (i.wave_no, i.stock_code, i.sale_price) = (o.wave_no, l.stock_code, a.pence)
    WHERE a.kind = 'order';
ANALYZE demo.sold_lines;

-- The same item twice in an invoice is normal; the basket holds the sum.
CREATE TABLE demo.order_lines (
    order_no bigint NOT NULL REFERENCES demo.orders,
    item_no  bigint NOT NULL REFERENCES demo.items,
    units    bigint NOT NULL,
    amount   bigint NOT NULL,
    PRIMARY KEY (order_no, item_no)
);
INSERT INTO demo.order_lines
    SELECT order_no, item_no, sum(units), sum(units * pence) FROM demo.sold_lines GROUP BY order_no, item_no
    ORDER BY order_no, item_no;

-- An order's basket by the market's item ids, as arrays for the call that places it and as the value that must come of it.
CREATE VIEW demo.baskets AS
    SELECT l.order_no, array_agg(i.item_id ORDER BY i.item_no) AS items, array_agg(l.units ORDER BY i.item_no) AS units,
           ktt.basket_agg(i.item_id, l.units, l.amount) AS basket
    FROM demo.order_lines l JOIN demo.items i USING (item_no)
    GROUP BY l.order_no;

-- Accepted cancellations, each part with the order it takes back.
CREATE TEMP TABLE taken_back AS
    SELECT m.cancel_line, c.invoice_no AS cancel_invoice, c.invoice_ts, s.order_no, s.wave_no, s.item_no, m.units,
           m.units * s.pence AS amount,
           demo.moment(c.invoice_ts) < w.cut_off AS before_cut_off
    FROM demo.matches m
    JOIN demo.accepted a ON a.line_no = m.cancel_line
    JOIN demo.lines c ON c.line_no = m.cancel_line
    JOIN demo.sold_lines s ON s.line_no = m.sale_line
    JOIN demo.waves w ON w.wave_no = s.wave_no;

-- An order that is taken back whole before the cut-off is a cancelled order.
UPDATE demo.orders o
    SET cancelled_at = b.cancelled_at
    FROM (SELECT order_no, sum(units) AS units, demo.moment(max(invoice_ts)) AS cancelled_at
          FROM taken_back WHERE before_cut_off GROUP BY order_no) b
    WHERE b.order_no = o.order_no AND b.units = o.units;

-- Anything else that comes back is a refund: one per cancellation invoice and order, in the order they happened.
CREATE TABLE demo.refunds (
    refund_no      bigint PRIMARY KEY,        -- by time
    order_no       bigint NOT NULL REFERENCES demo.orders,
    cancel_invoice text NOT NULL,
    wave_no        bigint NOT NULL REFERENCES demo.waves,   -- when it happened; the order's own wave may be long past
    refunded_at    timestamptz NOT NULL,
    units          bigint NOT NULL,
    amount         bigint NOT NULL,
    refund_id      bigint,
    UNIQUE (cancel_invoice, order_no)
);
INSERT INTO demo.refunds (refund_no, order_no, cancel_invoice, wave_no, refunded_at, units, amount)
    SELECT row_number() OVER (ORDER BY b.invoice_ts, b.cancel_line, b.order_no), b.order_no, b.cancel_invoice, w.wave_no,
           demo.moment(b.invoice_ts), b.units, b.amount
    FROM (SELECT t.order_no, t.cancel_invoice, max(t.invoice_ts) AS invoice_ts, min(t.cancel_line) AS cancel_line,
                 sum(t.units)::bigint AS units, sum(t.amount)::bigint AS amount
          FROM taken_back t JOIN demo.orders o USING (order_no)
          WHERE o.cancelled_at IS NULL
          GROUP BY t.order_no, t.cancel_invoice) b
    JOIN demo.waves w ON demo.moment(b.invoice_ts) >= w.opens_at AND demo.moment(b.invoice_ts) < w.cut_off;

CREATE TABLE demo.refund_lines (
    refund_no bigint NOT NULL REFERENCES demo.refunds,
    item_no   bigint NOT NULL REFERENCES demo.items,
    units     bigint NOT NULL,
    amount    bigint NOT NULL,
    PRIMARY KEY (refund_no, item_no)
);
INSERT INTO demo.refund_lines
    SELECT r.refund_no, t.item_no, sum(t.units), sum(t.amount)
    FROM taken_back t JOIN demo.refunds r USING (order_no, cancel_invoice)
    GROUP BY r.refund_no, t.item_no;

DROP TABLE taken_back;
CREATE INDEX ON demo.orders (wave_no, ordered_at);
CREATE INDEX ON demo.refunds (wave_no, refunded_at);
ANALYZE demo.orders;
ANALYZE demo.order_lines;
ANALYZE demo.refunds;
ANALYZE demo.refund_lines;

SELECT w.wave_no AS wave, w.first_day,
       (SELECT count(*) FROM demo.items i WHERE i.wave_no = w.wave_no) AS items,
       count(o.*) AS orders, count(o.cancelled_at) AS cancelled, coalesce(sum(o.units), 0) AS units,
       coalesce(sum(o.amount), 0) AS pence,
       (SELECT count(*) FROM demo.refunds r WHERE r.wave_no = w.wave_no) AS refunds
FROM demo.waves w LEFT JOIN demo.orders o USING (wave_no)
GROUP BY w.wave_no ORDER BY w.wave_no;
