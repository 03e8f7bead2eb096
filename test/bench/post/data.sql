-- A market with 1,000 members who have money, and their accounts by number; the peers' accounts beside them.
SELECT ktt.create_market() \g /dev/null
CREATE TABLE bench.accounts (n int PRIMARY KEY, ours bigint, narrow bigint, pgledger text);
INSERT INTO market.members (reference) SELECT 'member ' || n FROM generate_series(1, 1000) n;
INSERT INTO market.accounts (member_id, kind, balance) SELECT id, 'commission', 0 FROM market.members ORDER BY id;
INSERT INTO bench.accounts (n, ours) SELECT row_number() OVER (ORDER BY id), id FROM market.accounts WHERE member_id IS NOT NULL;
SET search_path = market, ktt, public;
SELECT post_many('fund', ARRAY['all'], ARRAY[shares_agg(ours, 1000000000) - shares(market_account('bank'), 1000000000000)]) FROM bench.accounts \g /dev/null
RESET search_path;

-- The narrowest that still is double entry: transfers between two accounts in integers, with balances kept and locked in the order of
-- ids. No reference, no proof, no time of its own, nothing that says no.
CREATE SCHEMA narrow;
CREATE TABLE narrow.accounts (id bigint PRIMARY KEY, balance bigint NOT NULL DEFAULT 0) WITH (fillfactor = 70);
CREATE TABLE narrow.transfers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, from_id bigint NOT NULL, to_id bigint NOT NULL, amount bigint NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE narrow.entries (transfer_id bigint NOT NULL, account_id bigint NOT NULL, amount bigint NOT NULL, PRIMARY KEY (account_id, transfer_id));
INSERT INTO narrow.accounts (id) SELECT n FROM generate_series(1, 1001) n;
UPDATE bench.accounts SET narrow = n;
CREATE FUNCTION narrow.transfer(from_id bigint, to_id bigint, amount bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint;
BEGIN
    INSERT INTO narrow.transfers (from_id, to_id, amount) VALUES (transfer.from_id, transfer.to_id, transfer.amount) RETURNING id INTO v_id;
    INSERT INTO narrow.entries VALUES (v_id, transfer.from_id, -transfer.amount), (v_id, transfer.to_id, transfer.amount);
    UPDATE narrow.accounts a SET balance = a.balance + CASE a.id WHEN transfer.to_id THEN transfer.amount ELSE -transfer.amount END
    WHERE a.id = least(transfer.from_id, transfer.to_id);
    UPDATE narrow.accounts a SET balance = a.balance + CASE a.id WHEN transfer.to_id THEN transfer.amount ELSE -transfer.amount END
    WHERE a.id = greatest(transfer.from_id, transfer.to_id);
    RETURN v_id;
END
$$;
ANALYZE;
