-- :orders completed orders, and nine times as many that are due after them, for the same accounts.
\set due now()
\i :here/completed.sql
CREATE TABLE bench.due AS SELECT max(due_at) AS few FROM orders;
\set step '1 us'
\i :here/copies.sql

-- The owner takes the windows back, and the orders are due once more: the first of them (few), or all (many).
CREATE FUNCTION bench.settle(many boolean) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT s.orders FROM market.post_settlement(market.open_settlement(CASE WHEN many THEN clock_timestamp() ELSE (SELECT few FROM bench.due) END)) s);
END
$$;
SELECT pg_prewarm('market.orders') \g /dev/null
