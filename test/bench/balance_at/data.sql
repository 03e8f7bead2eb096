-- Three accounts with :orders times ten, :orders and :orders / 100 postings, one a second; the books are closed and a checkpoint is taken
-- after every 10,000 seconds.
-- Postings straight into the table, as post() would leave them, but without their journals, which no balance reads.
SELECT ktt.create_market() \g /dev/null
SET search_path = market, ktt, public;
CREATE TABLE bench.asked (size int PRIMARY KEY, account bigint NOT NULL, postings bigint NOT NULL);
INSERT INTO bench.asked
SELECT s.size, open_account(register_member('member ' || s.size), 'commission'), s.postings
FROM (VALUES (1, :orders / 100), (2, :orders), (3, :orders * 10)) s(size, postings);
SELECT date_trunc('day', now()) - :orders * 10 * interval '1 second' AS start \gset
CREATE TABLE bench.start AS SELECT :'start'::timestamptz AS at;
INSERT INTO postings (journal_id, account_id, amount, written_at)
SELECT 3 * n + a.size, a.account, 1 + (hashint8extended(n, a.size) & 1023), :'start'::timestamptz + n * interval '1 second'
FROM generate_series(0, :orders * 10 - 1) n JOIN bench.asked a ON n < a.postings;
VACUUM (FREEZE, ANALYZE) postings;
DO $do$
BEGIN
    FOR n IN 1 .. (SELECT max(postings) / 10000 FROM bench.asked) LOOP
        PERFORM market.close_books((SELECT at FROM bench.start) + n * interval '10000 seconds');
        PERFORM market.take_checkpoint();
        COMMIT;
    END LOOP;
END
$do$;
VACUUM (FREEZE, ANALYZE) checkpoints;
UPDATE accounts a SET balance = (SELECT sum(p.amount) FROM postings p WHERE p.account_id = a.id) WHERE a.id IN (SELECT account FROM bench.asked);

-- Another way to have it in constant time: what the account has come to in every posting. Then an account's postings have to be written one after the other.
CREATE SCHEMA plain;
CREATE TABLE plain.postings AS
SELECT account_id, written_at, sum(amount) OVER (PARTITION BY account_id ORDER BY written_at)::bigint AS balance FROM postings;
CREATE INDEX ON plain.postings (account_id, written_at) INCLUDE (balance);
VACUUM (FREEZE, ANALYZE) plain.postings;
CREATE FUNCTION plain.balance_at(account bigint, at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(p.amount), 0)::bigint FROM market.postings p WHERE p.account_id = account AND p.written_at < at
$$;
CREATE FUNCTION plain.running_balance_at(account bigint, at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT p.balance FROM plain.postings p WHERE p.account_id = account AND p.written_at < at ORDER BY p.written_at DESC LIMIT 1), 0)
$$;
-- Twenty times that are evenly spread over an account's postings.
CREATE VIEW bench.times AS
SELECT a.size, a.account, s.at + (n - 0.37) / 20 * a.postings * interval '1 second' AS at
FROM bench.asked a CROSS JOIN bench.start s CROSS JOIN generate_series(1, 20) n;
CREATE VIEW bench.kept AS
SELECT a.size, b.balance
FROM bench.asked a CROSS JOIN generate_series(1, 1000) n CROSS JOIN LATERAL (SELECT balance FROM market.balances WHERE account_id = a.account OFFSET 0 * n) b;
SELECT pg_prewarm('market.postings_account_id_idx'), pg_prewarm('market.checkpoints_pkey'),
       pg_prewarm('plain.postings_account_id_written_at_balance_idx') \g /dev/null
