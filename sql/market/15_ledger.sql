/*
 * The ledger: accounts, journals that sum to zero, append-only postings.
 * A positive amount is owed to the account's holder.
 */

CREATE TABLE accounts (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id       bigint REFERENCES members,
    kind            text NOT NULL,
    balance         bigint,
    CONSTRAINT accounts_member_id_kind_key UNIQUE NULLS NOT DISTINCT (member_id, kind),
    CONSTRAINT accounts_kind_check CHECK (
        CASE WHEN member_id IS NULL THEN kind IN ('channel', 'clearing', 'revenue', 'unmatched')
             ELSE kind IN ('goods', 'commission', 'pickup') END),
    CONSTRAINT accounts_balance_check CHECK ((balance IS NULL) = (member_id IS NULL))
) WITH (fillfactor = 70);
COMMENT ON TABLE accounts IS
    'Whose money: a member''s goods, commission and pickup fees; the market''s channel (money at the payment channel), '
    'clearing (paid, not yet settled), revenue and unmatched (paid in without an order that wanted it, to be sent back).';
COMMENT ON COLUMN accounts.balance IS
    'Sum of the postings, kept for members only: the market''s own accounts take part in every journal and would be hot rows; '
    'the view balances sums them.';

INSERT INTO accounts (kind) VALUES ('channel'), ('clearing'), ('revenue'), ('unmatched');

CREATE FUNCTION market_account(kind text)
RETURNS bigint
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$ SELECT a.id FROM accounts a WHERE a.member_id IS NULL AND a.kind = market_account.kind $$;
COMMENT ON FUNCTION market_account(text) IS 'Internal. The id of one of the market''s own accounts: channel, clearing, revenue, unmatched.';

CREATE FUNCTION open_account(member bigint, kind text)
RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_id bigint;
BEGIN
    SELECT a.id INTO v_id FROM accounts a WHERE a.member_id = member AND a.kind = open_account.kind;
    IF NOT FOUND THEN
        INSERT INTO accounts AS a (member_id, kind, balance) VALUES (member, open_account.kind, 0)
        ON CONFLICT DO NOTHING RETURNING a.id INTO v_id;
        IF NOT FOUND THEN
            SELECT a.id INTO STRICT v_id FROM accounts a WHERE a.member_id = member AND a.kind = open_account.kind;
        END IF;
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION open_account(bigint, text) IS 'Internal. The member''s account of a kind, opened when there is none yet.';

CREATE TABLE journals (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL,
    reference   text NOT NULL,
    entries     ktt.shares NOT NULL,
    happened_at timestamptz NOT NULL,
    written_at  timestamptz NOT NULL,
    digest      bytea NOT NULL,
    CONSTRAINT journals_kind_reference_key UNIQUE (kind, reference),
    CONSTRAINT journals_balanced_check CHECK (ktt.total(entries) = 0),
    CONSTRAINT journals_entries_check CHECK (ktt.cardinality(entries) >= 2)
);
COMMENT ON TABLE journals IS 'Every movement of money, append-only; the entries of one journal sum to zero.';
COMMENT ON COLUMN journals.reference IS 'What it is about, unique within its kind, so that nothing is posted twice.';
COMMENT ON COLUMN journals.happened_at IS 'When it happened; written_at is when it was written.';
COMMENT ON COLUMN journals.digest IS 'BLAKE2b over the market, the journal''s fields and its entries, see journal_digest().';

CREATE TABLE postings (
    journal_id  bigint NOT NULL,
    account_id  bigint NOT NULL,
    amount      bigint NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (journal_id, account_id)
);
CREATE INDEX postings_account_id_idx ON postings (account_id, journal_id) INCLUDE (amount);
COMMENT ON TABLE postings IS 'The entries of the journals as rows, written in the same call, append-only.';

CREATE FUNCTION refuse_ledger_change()
RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    RAISE EXCEPTION 'ledger entries cannot be changed'
        USING ERRCODE = 'KT403', DETAIL = format('%s on %s was refused.', TG_OP, TG_TABLE_NAME),
              HINT = 'Post a reversing journal.';
END
$$;
COMMENT ON FUNCTION refuse_ledger_change() IS 'Internal. Keeps journals and postings append-only (KT403).';
CREATE TRIGGER journals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
CREATE TRIGGER postings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON postings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();

CREATE FUNCTION journal_digest(id bigint, kind text, reference text, entries ktt.shares, happened_at timestamptz)
RETURNS bytea
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT ktt.blake2b(
        convert_to('ktt journal 1', 'UTF8') || uuid_send(s.market) || int8send(journal_digest.id)
        || int4send(octet_length(journal_digest.kind)) || convert_to(journal_digest.kind, 'UTF8')
        || int4send(octet_length(journal_digest.reference)) || convert_to(journal_digest.reference, 'UTF8')
        || int8send((extract(epoch FROM journal_digest.happened_at) * 1000000)::bigint)
        || ktt.shares_send(journal_digest.entries))
    FROM settings s WHERE s.singleton
$$;
COMMENT ON FUNCTION journal_digest(bigint, text, text, ktt.shares, timestamptz) IS
    'Internal. BLAKE2b-256 over: tag "ktt journal 1", market id, journal id, length and bytes of kind and of reference, '
    'microseconds since 1970 UTC, binary form of the entries; integers big-endian.';

CREATE FUNCTION post(kind text, reference text, entries ktt.shares, happened_at timestamptz DEFAULT NULL)
RETURNS bigint
-- By key, as most journals have a few entries, whatever the number of accounts. And only by nested loops: whether they are driven by
-- the entries or by the accounts' key, balances are updated in the order of account ids, so that two journals over the same
-- accounts queue and never deadlock.
LANGUAGE plpgsql SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
    v_id bigint := nextval(pg_get_serial_sequence('journals', 'id'));
    v_now timestamptz;
    v_at timestamptz;
    v_posted bigint;
    v_first journals;
BEGIN
    IF ktt.total(require(entries, 'entries')) <> 0 THEN
        RAISE EXCEPTION 'journal does not balance'
            USING ERRCODE = '23514', CONSTRAINT = 'journals_balanced_check',
                  DETAIL = format('The entries sum to %s.', ktt.total(entries));
    END IF;
    -- Before the clock is read: a statement that is being issued waits for this journal, or this journal comes after it.
    LOCK TABLE journals IN ROW EXCLUSIVE MODE;
    v_now := greatest(clock_timestamp(), (SELECT s.books_closed_at FROM settings s WHERE s.singleton));
    v_at := coalesce(post.happened_at, v_now);
    INSERT INTO journals AS j (id, kind, reference, entries, happened_at, written_at, digest)
    OVERRIDING SYSTEM VALUE
    VALUES (v_id, post.kind, require(post.reference, 'reference'), post.entries, v_at, v_now,
            journal_digest(v_id, post.kind, post.reference, post.entries, v_at))
    ON CONFLICT ON CONSTRAINT journals_kind_reference_key DO NOTHING;
    IF NOT FOUND THEN
        SELECT * INTO STRICT v_first FROM journals j WHERE j.kind = post.kind AND j.reference = post.reference;
        IF v_first.entries <> post.entries THEN
            RAISE EXCEPTION 'journal % "%" was already posted with other entries', post.kind, left(post.reference, 64)
                USING ERRCODE = 'KT010';
        END IF;
        RETURN v_first.id;
    END IF;
    INSERT INTO postings (journal_id, account_id, amount)
    SELECT v_id, a.id, e.amount FROM ktt.entries(post.entries) e JOIN accounts a ON a.id = e.account;
    GET DIAGNOSTICS v_posted = ROW_COUNT;
    IF v_posted <> ktt.cardinality(entries) THEN
        RAISE EXCEPTION 'journal names an account that does not exist'
            USING ERRCODE = 'KT303', DETAIL = format('The entries are %s.', left(entries::text, 200));
    END IF;
    UPDATE accounts a SET balance = a.balance + e.amount
    FROM ktt.entries(post.entries) e WHERE a.id = e.account AND a.balance IS NOT NULL;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION post(text, text, ktt.shares, timestamptz) IS
    'Internal, the only way into the ledger: one journal with its postings and balances. The same kind, reference and entries '
    'give the first journal again. Errors: 23514 unbalanced, KT303 no such account, KT010 other entries under the same reference.';

CREATE VIEW balances WITH (security_barrier) AS
SELECT a.id AS account_id, a.member_id, a.kind,
       coalesce(a.balance, (SELECT sum(p.amount) FROM postings p WHERE p.account_id = a.id), 0)::bigint AS balance
FROM accounts a;
COMMENT ON VIEW balances IS 'Every account with its balance; positive is owed to the holder, negative is owed by him.';

CREATE VIEW trial_balance WITH (security_barrier) AS
SELECT b.kind, count(*) AS accounts, sum(b.balance)::bigint AS balance FROM balances b GROUP BY b.kind;
COMMENT ON VIEW trial_balance IS 'Balances by kind of account; the whole column sums to zero.';
