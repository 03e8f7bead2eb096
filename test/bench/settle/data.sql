\set due now()
\i :here/completed.sql

-- The same in a plain schema: a row for every payee of an order, with the due time in it.
CREATE SCHEMA plain;
CREATE TABLE plain.order_splits (order_id bigint, account_id bigint, amount bigint NOT NULL, due_at timestamptz NOT NULL);
INSERT INTO plain.order_splits SELECT o.id, e.account, e.amount, o.due_at FROM orders o CROSS JOIN LATERAL ktt.entries(o.shares) e;
ALTER TABLE plain.order_splits ADD PRIMARY KEY (order_id, account_id);
CREATE TABLE plain.accounts (id bigint PRIMARY KEY, balance bigint NOT NULL) WITH (fillfactor = 70);
INSERT INTO plain.accounts SELECT a.id, 0 FROM accounts a;
CREATE TABLE plain.journals (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, written_at timestamptz NOT NULL);
CREATE TABLE plain.postings (journal_id bigint, account_id bigint, amount bigint NOT NULL, PRIMARY KEY (journal_id, account_id));
CREATE INDEX ON plain.postings (account_id, journal_id) INCLUDE (amount);
-- With a posting per order and payee, the order is the journal.
CREATE TABLE plain.detail (journal_id bigint, account_id bigint, amount bigint NOT NULL, PRIMARY KEY (journal_id, account_id));
CREATE INDEX ON plain.detail (account_id, journal_id) INCLUDE (amount);

-- One journal for the window: a posting for every account, and the market's clearing account against them.
CREATE FUNCTION plain.settle(since timestamptz, until timestamptz, clearing bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint;
BEGIN
    INSERT INTO plain.journals (written_at) VALUES (clock_timestamp()) RETURNING id INTO v_id;
    INSERT INTO plain.postings (journal_id, account_id, amount)
    SELECT v_id, s.account_id, sum(s.amount) FROM plain.order_splits s WHERE s.due_at > since AND s.due_at <= until GROUP BY s.account_id;
    INSERT INTO plain.postings (journal_id, account_id, amount)
    SELECT v_id, clearing, -sum(p.amount) FROM plain.postings p WHERE p.journal_id = v_id;
    UPDATE plain.accounts a SET balance = a.balance + p.amount FROM plain.postings p WHERE p.journal_id = v_id AND p.account_id = a.id;
    RETURN v_id;
END
$$;
-- A posting for every order and payee; balances are still updated once per account.
CREATE FUNCTION plain.settle_in_detail(since timestamptz, until timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO plain.detail (journal_id, account_id, amount)
    SELECT s.order_id, s.account_id, s.amount FROM plain.order_splits s WHERE s.due_at > since AND s.due_at <= until;
    UPDATE plain.accounts a SET balance = a.balance + s.amount
    FROM (SELECT account_id, sum(amount) AS amount FROM plain.order_splits WHERE due_at > since AND due_at <= until GROUP BY 1) s
    WHERE s.account_id = a.id;
END
$$;

-- Lines as they were bought, from which the shares have to be computed: each with its due time and with who sold and handed it over.
CREATE TABLE plain.order_lines (order_id bigint, item_id bigint, sale bigint NOT NULL, cost bigint NOT NULL, seller bigint, steward bigint NOT NULL,
                                due_at timestamptz NOT NULL);
INSERT INTO plain.order_lines
SELECT o.id, b.item, b.amount, b.units * i.supply_price, o.seller_account_id, o.steward_account_id, o.due_at
FROM orders o CROSS JOIN LATERAL ktt.items(o.basket) b JOIN campaign_items i ON i.id = b.item;
ALTER TABLE plain.order_lines ADD PRIMARY KEY (order_id, item_id);
-- Who gets the cost and the rest of an item; and its rates, those that nobody takes (no party) included.
CREATE TABLE plain.items (id bigint PRIMARY KEY, supplier bigint NOT NULL, leader bigint NOT NULL);
INSERT INTO plain.items
SELECT i.id, i.payees[array_position(ktt.parties(i.rule), 'supplier')], i.payees[array_position(ktt.parties(i.rule), 'supply_leader')] FROM campaign_items i;
CREATE TABLE plain.rates (item_id bigint, base text, ordinal int, party text, ppm bigint NOT NULL, PRIMARY KEY (item_id, base, ordinal));
INSERT INTO plain.rates
SELECT i.id, r.* FROM plain.items i CROSS JOIN (VALUES ('sale', 1, 'platform', 20000), ('sale', 2, 'sales_leader', 150000), ('sale', 3, NULL, 830000),
                                                       ('margin', 1, 'steward', 100000), ('margin', 2, NULL, 900000)) r;

-- One journal: a posting for every account, and the market's clearing account against them.
CREATE FUNCTION plain.post(accounts bigint[], amounts bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint;
BEGIN
    INSERT INTO plain.journals (written_at) VALUES (clock_timestamp()) RETURNING id INTO v_id;
    INSERT INTO plain.postings (journal_id, account_id, amount)
    SELECT v_id, e.account, e.amount FROM unnest(accounts, amounts) e(account, amount) WHERE e.amount <> 0;
    INSERT INTO plain.postings (journal_id, account_id, amount)
    SELECT v_id, market.market_account('clearing'), -sum(p.amount) FROM plain.postings p WHERE p.journal_id = v_id;
    UPDATE plain.accounts a SET balance = a.balance + p.amount FROM plain.postings p WHERE p.journal_id = v_id AND p.account_id = a.id;
    RETURN v_id;
END
$$;
-- Any rule of cost, rates and rest, by largest remainder with windows, as the benchmark "split" has it. What a party has not, the rest has.
CREATE FUNCTION plain.settle_by_rates(since timestamptz, until timestamptz, revenue bigint) RETURNS bigint LANGUAGE sql AS $$
    SELECT plain.post(array_agg(s.account), array_agg(s.amount))
    FROM (SELECT x.account, sum(x.amount)::bigint AS amount
          FROM (SELECT CASE WHEN grouping(w.account) = 0 THEN w.account ELSE w.leader END AS account,
                       CASE WHEN grouping(w.account) = 0 THEN sum(w.part) ELSE -sum(w.part) END AS amount
                FROM (SELECT f.leader, f.account, f.exact / 1000000
                             + (row_number() OVER (PARTITION BY f.order_id, f.item_id, f.base ORDER BY f.exact % 1000000 DESC, f.ordinal)
                                <= f.amount - sum(f.exact / 1000000) OVER (PARTITION BY f.order_id, f.item_id, f.base))::int AS part
                      FROM (SELECT l.order_id, l.item_id, r.base, r.ordinal, i.leader, a.amount, a.amount * r.ppm AS exact,
                                   CASE r.party WHEN 'platform' THEN revenue WHEN 'sales_leader' THEN l.seller WHEN 'steward' THEN l.steward END AS account
                            FROM plain.order_lines l JOIN plain.items i ON i.id = l.item_id JOIN plain.rates r ON r.item_id = l.item_id
                            CROSS JOIN LATERAL (SELECT CASE r.base WHEN 'sale' THEN l.sale ELSE l.sale - l.cost END AS amount) a
                            WHERE l.due_at > since AND l.due_at <= until) f) w
                WHERE w.account IS NOT NULL GROUP BY GROUPING SETS ((w.account), (w.leader))
                UNION ALL
                SELECT CASE WHEN grouping(i.supplier) = 0 THEN i.supplier ELSE i.leader END,
                       CASE WHEN grouping(i.supplier) = 0 THEN sum(l.cost) ELSE sum(l.sale - l.cost) END
                FROM plain.order_lines l JOIN plain.items i ON i.id = l.item_id
                WHERE l.due_at > since AND l.due_at <= until GROUP BY GROUPING SETS ((i.supplier), (i.leader))) x
          GROUP BY x.account) s
$$;
-- The same, with the one rule of all items written into the query: of three remainders, one or two are rounded up.
CREATE FUNCTION plain.settle_by_fixed_rule(since timestamptz, until timestamptz, revenue bigint) RETURNS bigint LANGUAGE sql AS $$
    SELECT plain.post(array_agg(s.account), array_agg(s.amount))
    FROM (SELECT CASE 0 WHEN grouping(p.supplier) THEN p.supplier WHEN grouping(p.leader) THEN p.leader WHEN grouping(p.steward) THEN p.steward
                        WHEN grouping(p.seller) THEN p.seller ELSE revenue END AS account,
                 CASE 0 WHEN grouping(p.supplier) THEN sum(p.cost) WHEN grouping(p.leader) THEN sum(p.sale - p.cost - p.platform - p.sales - p.steward_part)
                        WHEN grouping(p.steward) THEN sum(p.steward_part) WHEN grouping(p.seller) THEN sum(p.sales) ELSE sum(p.platform) END::bigint AS amount
          FROM (SELECT l.seller, l.steward, l.sale, l.cost, i.supplier, i.leader,
                       l.sale * 2 / 100 + CASE (r.p + r.s + r.u) / 100 WHEN 0 THEN 0 WHEN 1 THEN (r.p >= r.s AND r.p >= r.u)::int
                                                                       ELSE (r.p >= least(r.s, r.u))::int END AS platform,
                       CASE WHEN l.seller IS NULL THEN 0
                            ELSE l.sale * 15 / 100 + CASE (r.p + r.s + r.u) / 100 WHEN 0 THEN 0 WHEN 1 THEN (r.s > r.p AND r.s >= r.u)::int
                                                                                  ELSE (r.s > r.p OR r.s >= r.u)::int END END AS sales,
                       (l.sale - l.cost) / 10 + ((l.sale - l.cost) % 10 >= 5)::int AS steward_part
                FROM plain.order_lines l JOIN plain.items i ON i.id = l.item_id
                CROSS JOIN LATERAL (SELECT l.sale * 2 % 100 AS p, l.sale * 15 % 100 AS s, l.sale * 83 % 100 AS u) r
                WHERE l.due_at > since AND l.due_at <= until) p
          GROUP BY GROUPING SETS ((p.supplier), (p.leader), (p.steward), (p.seller), ())) s
$$;
-- Order by order and payee by payee, as a loop does it, for the first of the orders.
CREATE FUNCTION plain.settle_in_a_loop(orders bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_order record;
    v_split record;
BEGIN
    FOR v_order IN SELECT o.id FROM market.orders o ORDER BY o.id LIMIT orders LOOP
        FOR v_split IN SELECT s.account_id, s.amount FROM plain.order_splits s WHERE s.order_id = v_order.id LOOP
            INSERT INTO plain.detail VALUES (v_order.id, v_split.account_id, v_split.amount);
            UPDATE plain.accounts a SET balance = a.balance + v_split.amount WHERE a.id = v_split.account_id;
        END LOOP;
    END LOOP;
END
$$;
VACUUM (FREEZE, ANALYZE) plain.order_splits;
VACUUM (FREEZE, ANALYZE) plain.order_lines;
VACUUM (FREEZE, ANALYZE) plain.accounts;
ANALYZE plain.items, plain.rates;
SELECT pg_prewarm('market.orders'), pg_prewarm('plain.order_splits'), pg_prewarm('plain.order_lines'), pg_prewarm('market.accounts') \g /dev/null
