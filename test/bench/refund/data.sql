-- A market with :orders completed orders, and the same in normalised tables: orders, lines with what was refunded of them, and the part of every payee in every
-- line. Refunds have a row, their parts a row for each payee; the same indexes, and the same room for updates.
\set due now()
\i :here/completed.sql

CREATE SCHEMA plain;
CREATE TABLE plain.orders (id bigint PRIMARY KEY, state text NOT NULL, due_at timestamptz) WITH (fillfactor = 80);
INSERT INTO plain.orders SELECT id, state::text, due_at FROM orders ORDER BY id;
CREATE TABLE plain.lines (
    order_id        bigint,
    item_id         bigint,
    units           bigint NOT NULL,
    amount          bigint NOT NULL,
    refunded_units  bigint NOT NULL DEFAULT 0,
    refunded_amount bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (order_id, item_id),
    CHECK (refunded_units BETWEEN 0 AND units),
    CHECK (refunded_amount BETWEEN 0 AND amount)
) WITH (fillfactor = 80);
INSERT INTO plain.lines SELECT o.id, b.item, b.units, b.amount FROM orders o CROSS JOIN LATERAL ktt.items(o.basket) b ORDER BY 1, 2;
CREATE TABLE plain.splits (order_id bigint, item_id bigint, account_id bigint, amount bigint NOT NULL, PRIMARY KEY (order_id, item_id, account_id));
INSERT INTO plain.splits
SELECT o.id, b.item, e.account, e.amount
FROM orders o CROSS JOIN LATERAL ktt.items(o.basket) b JOIN campaign_items i ON i.id = b.item
CROSS JOIN LATERAL ktt.entries(divide_line(i.rule, i.payees, b.amount, b.units * i.supply_price, b.units,
                                           o.seller_account_id, o.steward_account_id)) e ORDER BY 1, 2, 3;
CREATE TABLE plain.refunds (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id    bigint NOT NULL,
    item_id     bigint NOT NULL,
    units       bigint NOT NULL CHECK (units >= 0),
    amount      bigint NOT NULL CHECK (amount >= 0),
    cause       text NOT NULL,
    reason      text NOT NULL,
    batch       text,
    refunded_at timestamptz NOT NULL,
    due_at      timestamptz
);
CREATE INDEX ON plain.refunds (order_id);
CREATE INDEX ON plain.refunds (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ON plain.refunds (batch) WHERE batch IS NOT NULL;
CREATE TABLE plain.refund_splits (refund_id bigint, account_id bigint, amount bigint NOT NULL, PRIMARY KEY (refund_id, account_id));
CREATE TABLE plain.accounts (id bigint PRIMARY KEY, balance bigint NOT NULL) WITH (fillfactor = 70);
INSERT INTO plain.accounts SELECT id, 0 FROM accounts;
CREATE TABLE plain.journals (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, reference text NOT NULL UNIQUE, written_at timestamptz NOT NULL);
CREATE TABLE plain.postings (journal_id bigint, account_id bigint, amount bigint NOT NULL, PRIMARY KEY (journal_id, account_id));
CREATE TABLE plain.requests (key text PRIMARY KEY, arguments bytea NOT NULL, result jsonb);

-- The same outcomes. Parts are taken back in exact proportion to what was refunded of the line so far, as differences of running sums,
-- so that they sum to the refund and end at the whole. One refund of a line in a call; nobody bears it but those who had a part.
CREATE FUNCTION plain.refund_orders(refunds jsonb, request text) RETURNS TABLE (n bigint, outcome text, refund_id bigint, amount bigint)
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan SET client_min_messages = warning AS $$
#variable_conflict use_column
DECLARE
    v_first plain.requests;
    v_now timestamptz;
    v_result jsonb;
BEGIN
    INSERT INTO plain.requests (key, arguments) VALUES (request, sha256(refunds::text::bytea)) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        SELECT * INTO v_first FROM plain.requests r WHERE r.key = request;
        IF v_first.arguments <> sha256(refunds::text::bytea) THEN
            RAISE EXCEPTION 'other arguments';
        END IF;
        v_result := v_first.result;
    ELSE
        CREATE TEMP TABLE IF NOT EXISTS asked (n bigint, order_id bigint, item_id bigint, units bigint, asked bigint, cause text, reason text);
        TRUNCATE asked;
        INSERT INTO asked
        SELECT r.n, r.order_id, r.item_id, r.units, r.amount, r.cause, r.reason
        FROM ROWS FROM (jsonb_to_recordset(refunds) AS ("order" bigint, item bigint, units bigint, amount bigint, cause text, reason text))
             WITH ORDINALITY r(order_id, item_id, units, amount, cause, reason, n);
        ANALYZE asked;
        PERFORM FROM plain.orders o WHERE o.id IN (SELECT a.order_id FROM asked a) ORDER BY o.id FOR NO KEY UPDATE;
        v_now := clock_timestamp();
        WITH decided AS MATERIALIZED (
            SELECT a.n, a.order_id, a.item_id, a.units, a.cause, a.reason, o.due_at, l.refunded_amount AS before, l.amount AS paid, p.amount,
                   CASE WHEN o.id IS NULL THEN 'no_such_order' WHEN o.state <> 'completed' THEN 'not_paid' WHEN l.item_id IS NULL THEN 'no_such_item'
                        WHEN (a.units >= 0 AND p.amount >= 0 AND (a.units > 0 OR a.asked > 0)) IS NOT TRUE THEN 'nothing'
                        WHEN a.units > l.units - l.refunded_units OR p.amount > l.amount - l.refunded_amount THEN 'too_much' ELSE 'refunded' END AS outcome
            FROM asked a LEFT JOIN plain.orders o ON o.id = a.order_id LEFT JOIN plain.lines l ON l.order_id = a.order_id AND l.item_id = a.item_id
            CROSS JOIN LATERAL (SELECT coalesce(a.asked, least(least(a.units, l.units) * (l.amount / l.units), l.amount - l.refunded_amount)) AS amount) p),
        changed AS (
            UPDATE plain.lines l SET refunded_units = l.refunded_units + d.units, refunded_amount = l.refunded_amount + d.amount
            FROM decided d WHERE d.outcome = 'refunded' AND l.order_id = d.order_id AND l.item_id = d.item_id),
        refund AS (
            INSERT INTO plain.refunds AS r (order_id, item_id, units, amount, cause, reason, batch, refunded_at, due_at)
            SELECT d.order_id, d.item_id, d.units, d.amount, coalesce(d.cause, 'other'), coalesce(d.reason, 'unspecified'), request, v_now,
                   greatest(v_now, d.due_at)
            FROM decided d WHERE d.outcome = 'refunded' ORDER BY d.n
            RETURNING r.id, r.order_id, r.item_id),
        part AS (
            INSERT INTO plain.refund_splits (refund_id, account_id, amount)
            SELECT x.id, x.account_id, x.part
            FROM (SELECT w.id, w.account_id, w.upto * w.after / w.paid - w.upto * w.before / w.paid
                         - ((w.upto - w.amount) * w.after / w.paid - (w.upto - w.amount) * w.before / w.paid) AS part
                  FROM (SELECT r.id, s.account_id, s.amount, d.before, d.before + d.amount AS after, d.paid,
                               sum(s.amount) OVER (PARTITION BY r.id ORDER BY s.account_id)::bigint AS upto
                        FROM refund r JOIN decided d ON d.order_id = r.order_id AND d.item_id = r.item_id
                        JOIN plain.splits s ON s.order_id = r.order_id AND s.item_id = r.item_id) w) x
            WHERE x.part <> 0)
        SELECT jsonb_agg(jsonb_build_array(d.outcome, r.id, CASE WHEN r.id IS NOT NULL THEN d.amount END) ORDER BY d.n) INTO v_result
        FROM decided d LEFT JOIN refund r ON r.order_id = d.order_id AND r.item_id = d.item_id;
        WITH total AS (SELECT sum((e->>2)::bigint)::bigint AS amount FROM jsonb_array_elements(v_result) e HAVING sum((e->>2)::bigint) > 0),
        journal AS (INSERT INTO plain.journals (reference, written_at) SELECT request, v_now FROM total RETURNING id)
        INSERT INTO plain.postings
        SELECT j.id, a.id, a.sign * t.amount FROM journal j, total t, (VALUES (1, 1), (2, -1)) a(id, sign);
        UPDATE plain.accounts a SET balance = a.balance + p.amount
        FROM plain.journals j JOIN plain.postings p ON p.journal_id = j.id WHERE j.reference = request AND a.id = p.account_id;
        UPDATE plain.requests r SET result = v_result WHERE r.key = request;
    END IF;
    RETURN QUERY SELECT e.n, e.done->>0, (e.done->>1)::bigint, (e.done->>2)::bigint FROM jsonb_array_elements(v_result) WITH ORDINALITY e(done, n) ORDER BY e.n;
END
$$;

-- What each call is asked, made before it is timed: a unit, or a quarter of the price, of one line of a tenth of the orders; a tenth of
-- those had it before.
CREATE TABLE bench.asked (round int PRIMARY KEY, refunds jsonb NOT NULL);
INSERT INTO bench.asked
SELECT r.round, jsonb_agg(jsonb_build_object('campaign', o.campaign_id, 'order', o.id, 'item', b.item, 'units', (b.units > 1 AND n.fresh)::int)
                          || CASE WHEN b.units > 1 AND n.fresh THEN '{}' ELSE jsonb_build_object('amount', greatest(1, b.amount / 4)) END ORDER BY o.id)
FROM generate_series(0, :rounds) r(round) CROSS JOIN LATERAL (VALUES (true), (false)) n(fresh)
JOIN orders o ON CASE WHEN n.fresh THEN o.id % 10 = r.round AND o.id / 10 % 10 > 0
                      ELSE o.id % 10 = (r.round + 9) % 10 AND o.id / 10 % 10 = 1 END
CROSS JOIN LATERAL (SELECT * FROM ktt.items(o.basket) LIMIT 1) b
GROUP BY r.round;
CREATE TABLE bench.rounds (round int);
CREATE FUNCTION bench.asked() RETURNS jsonb LANGUAGE sql STABLE AS 'SELECT a.refunds FROM bench.asked a WHERE a.round = (SELECT count(*) FROM bench.rounds)';
VACUUM (FREEZE, ANALYZE);
SELECT pg_prewarm('market.orders'), pg_prewarm('plain.splits'), pg_prewarm('plain.lines'), pg_prewarm('plain.orders') \g /dev/null
