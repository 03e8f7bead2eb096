-- Ten months of :orders completed orders each. The fifth is settled day by day, the others once a month; its largest supply leader has a tenth of them.
SELECT date_trunc('day', now()) - interval '310 days' AS start \gset
\set due 'timestamptz ''' :start ''' + (d.id - 1) * interval ''30 days'' / ' :orders
\i :here/completed.sql
\set step '30 days'
\i :here/copies.sql
CREATE FUNCTION bench.settle(until timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM market.post_settlement(market.open_settlement(until - interval '1 us'));
END
$$;
SELECT count(bench.settle(:'start'::timestamptz + m * interval '30 days')) FROM generate_series(1, 4) m \g /dev/null
SELECT clock_timestamp() AS since \gset
SELECT count(bench.settle(:'start'::timestamptz + d * interval '1 day')) FROM generate_series(121, 150) d \g /dev/null
SELECT clock_timestamp() AS until \gset
SELECT count(bench.settle(:'start'::timestamptz + m * interval '30 days')) FROM generate_series(6, 10) m \g /dev/null

-- Who asks: the supply leader with the most orders, and a sales leader in the middle.
CREATE TABLE bench.asks AS
(SELECT 'large' AS size, a.member_id AS member, a.id AS account, count(*) AS orders
 FROM orders o CROSS JOIN LATERAL ktt.entries(o.shares) e JOIN accounts a ON a.id = e.account
 JOIN bench.people p ON p.id = a.member_id AND p.kind = 'supply leader'
 WHERE o.id <= :orders GROUP BY a.id ORDER BY count(*) DESC LIMIT 1)
UNION ALL
(SELECT 'small', s.member_id, s.account_id, s.n
 FROM (SELECT a.member_id, o.seller_account_id AS account_id, count(*) AS n, ntile(2) OVER (ORDER BY count(*)) AS half
       FROM orders o JOIN accounts a ON a.id = o.seller_account_id WHERE o.id <= :orders GROUP BY 1, 2) s
 WHERE s.half = 1 ORDER BY s.n DESC, s.account_id LIMIT 1);
CREATE TABLE bench.period AS SELECT :'since'::timestamptz AS since, :'until'::timestamptz AS until;
ANALYZE bench.asks, bench.period;

-- The same normalised, as small as it gets: what each party has of a line is a column of it. An order knows its settlement and the accounts
-- that have parts of it, and every table has the index that answers the question by itself.
CREATE SCHEMA plain;
CREATE TABLE plain.settlements (id bigint PRIMARY KEY, written_at timestamptz NOT NULL, journal_id bigint NOT NULL);
INSERT INTO plain.settlements SELECT s.id, j.written_at, j.id FROM settlements s JOIN journals j ON j.id = s.journal_id;
CREATE INDEX ON plain.settlements (written_at) INCLUDE (id, journal_id);
CREATE TABLE plain.items (id bigint PRIMARY KEY, rule text NOT NULL);
INSERT INTO plain.items SELECT id, rule::text FROM campaign_items;
CREATE TABLE plain.orders (id bigint NOT NULL, campaign_id bigint NOT NULL, due_at timestamptz NOT NULL, settlement_id bigint NOT NULL,
                           leader_account bigint NOT NULL, seller_account bigint);
CREATE TABLE plain.lines (order_id bigint NOT NULL, item_id bigint NOT NULL, units bigint NOT NULL, amount bigint NOT NULL,
                          supplier bigint NOT NULL, platform bigint NOT NULL, steward bigint NOT NULL, seller bigint, leader bigint NOT NULL);
INSERT INTO plain.orders
SELECT o.id, o.campaign_id, o.due_at, s.id, a.id, o.seller_account_id
FROM settlements s JOIN orders o ON o.due_at > coalesce(lower(s.due), '-infinity') AND o.due_at <= upper(s.due)
JOIN campaigns c ON c.id = o.campaign_id JOIN accounts a ON a.member_id = c.supply_leader_id AND a.kind = 'commission';
CREATE TEMP TABLE first_lines AS
SELECT o.id, b.item, b.units, b.amount, x.parts, i.payees, o.seller_account_id, o.steward_account_id
FROM orders o CROSS JOIN LATERAL ktt.items(o.basket) b JOIN campaign_items i ON i.id = b.item
CROSS JOIN LATERAL (SELECT divide_line(i.rule, i.payees, b.amount, b.units * i.supply_price, b.units,
                                       o.seller_account_id, o.steward_account_id) AS parts OFFSET 0) x
WHERE o.id <= :orders;
INSERT INTO plain.lines
SELECT l.id + n * :orders, l.item, l.units, l.amount, coalesce(ktt.amount(l.parts, l.payees[1]), 0), coalesce(ktt.amount(l.parts, l.payees[2]), 0),
       coalesce(ktt.amount(l.parts, l.steward_account_id), 0), ktt.amount(l.parts, l.seller_account_id), coalesce(ktt.amount(l.parts, l.payees[5]), 0)
FROM generate_series(0, 9) n CROSS JOIN LATERAL (SELECT * FROM first_lines ORDER BY id, item OFFSET 0 * n) l;
DROP TABLE first_lines;
CREATE INDEX ON plain.orders (leader_account, settlement_id) INCLUDE (id, campaign_id);
CREATE INDEX ON plain.orders (seller_account, settlement_id) INCLUDE (id, campaign_id);
CREATE INDEX ON plain.lines (order_id) INCLUDE (item_id, units, amount, seller, leader);
VACUUM (FREEZE, ANALYZE);

CREATE FUNCTION plain.statement_orders(account bigint, selling boolean, since timestamptz, until timestamptz)
RETURNS TABLE (written_at timestamptz, journal_id bigint, campaign_id bigint, order_id bigint, item_id bigint, units bigint, sale bigint,
               rule text, amount bigint)
LANGUAGE plpgsql STABLE ROWS 1000 SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    IF selling THEN
        RETURN QUERY
        SELECT s.written_at, s.journal_id, o.campaign_id, o.id, l.item_id, l.units, l.amount, i.rule, l.seller
        FROM plain.settlements s JOIN plain.orders o ON o.settlement_id = s.id AND o.seller_account = account
        JOIN plain.lines l ON l.order_id = o.id JOIN plain.items i ON i.id = l.item_id
        WHERE s.written_at >= since AND s.written_at < until ORDER BY 2, 3, 4, 5;
    ELSE
        RETURN QUERY
        SELECT s.written_at, s.journal_id, o.campaign_id, o.id, l.item_id, l.units, l.amount, i.rule, l.leader
        FROM plain.settlements s JOIN plain.orders o ON o.settlement_id = s.id AND o.leader_account = account
        JOIN plain.lines l ON l.order_id = o.id JOIN plain.items i ON i.id = l.item_id
        WHERE s.written_at >= since AND s.written_at < until ORDER BY 2, 3, 4, 5;
    END IF;
END
$$;
-- Opening, what each settlement came to, and closing are sums of the lines.
CREATE FUNCTION plain.statement(account bigint, since timestamptz, until timestamptz)
RETURNS TABLE (written_at timestamptz, journal_id bigint, amount bigint)
LANGUAGE plpgsql STABLE ROWS 30 SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    SELECT s.written_at, s.journal_id, sum(l.leader)::bigint
    FROM plain.settlements s JOIN plain.orders o ON o.settlement_id = s.id AND o.leader_account = account JOIN plain.lines l ON l.order_id = o.id
    WHERE s.written_at >= since AND s.written_at < until GROUP BY 1, 2 ORDER BY 2;
END
$$;
SELECT pg_prewarm('plain.orders_leader_account_settlement_id_id_campaign_id_idx') \g /dev/null
