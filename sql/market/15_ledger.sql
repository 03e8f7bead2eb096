/*
 * The ledger: accounts, journals that sum to zero, append-only postings.
 * A positive amount is owed to the account's holder.
 */

CREATE TABLE account_kinds (
    kind        text NOT NULL,
    of_member   boolean NOT NULL,
    class       text NOT NULL CHECK (class IN ('asset', 'liability', 'income', 'expense')),
    meaning     text NOT NULL,
    PRIMARY KEY (kind, of_member)
);
COMMENT ON TABLE account_kinds IS 'The chart of accounts: what kinds there are, of members and of the market itself. Assets and expenses have balances below zero.';
INSERT INTO account_kinds VALUES
    ('channel', false, 'asset', 'Money at the payment channel.'),
    ('bank', false, 'asset', 'Money at the bank.'),
    ('clearing', false, 'liability', 'Paid by buyers, not yet settled.'),
    ('unmatched', false, 'liability', 'Paid in without an order that wanted it, to be sent back.'),
    ('transfers', false, 'liability', 'Payouts that the channel has not confirmed.'),
    ('tax', false, 'liability', 'Withheld from members, owed to the tax office.'),
    ('revenue', false, 'income', 'The platform''s part of sales, fees and penalties.'),
    ('subsidy', false, 'expense', 'What the platform adds to the money of buyers.'),
    ('channel_fees', false, 'expense', 'What the payment channel and transfers cost.'),
    ('goods', true, 'liability', 'Owed to a supplier for goods.'),
    ('commission', true, 'liability', 'Owed to a leader.'),
    ('pickup', true, 'liability', 'Owed to a steward.'),
    ('deposit', true, 'liability', 'What a member left as a security.'),
    ('debt', true, 'asset', 'What a member owes; never above zero.');

CREATE TABLE accounts (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id       bigint REFERENCES members,
    kind            text NOT NULL,
    balance         bigint,
    held            bigint NOT NULL DEFAULT 0,
    of_member       boolean NOT NULL GENERATED ALWAYS AS (member_id IS NOT NULL) STORED,
    CONSTRAINT accounts_member_id_kind_key UNIQUE NULLS NOT DISTINCT (member_id, kind),
    CONSTRAINT accounts_kind_fkey FOREIGN KEY (kind, of_member) REFERENCES account_kinds,
    -- One constraint, because the server reads its text again for every journal.
    CONSTRAINT accounts_balance_check CHECK (
        CASE WHEN balance IS NULL THEN NOT of_member AND held = 0
             WHEN kind = 'debt' THEN of_member AND held = 0 AND balance <= 0
             ELSE of_member AND held >= 0 AND held <= balance END)
) WITH (fillfactor = 70);
CREATE INDEX accounts_debt_idx ON accounts (member_id) WHERE kind = 'debt';
COMMENT ON TABLE accounts IS 'One account per holder and kind; a NULL holder is the market itself.';
COMMENT ON COLUMN accounts.balance IS
    'Sum of the postings, kept for members only: the market''s own accounts take part in every journal and would be hot rows; '
    'balance_at() sums them from the last checkpoint on. Never below what is held of it; a debt never above zero.';
COMMENT ON COLUMN accounts.held IS 'What holds and proposed payouts have reserved of the balance; the rest is available.';
COMMENT ON INDEX accounts_debt_idx IS 'For those who owe something. Not by balance: an update of a column that an index names writes to all of them.';

INSERT INTO accounts (kind) SELECT k.kind FROM account_kinds k WHERE NOT k.of_member
ORDER BY array_position('{channel,clearing,revenue,unmatched}', k.kind), k.kind;

CREATE FUNCTION market_account(kind text)
RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE SET search_path FROM CURRENT
AS $$ SELECT a.id FROM accounts a WHERE a.member_id IS NULL AND a.kind = market_account.kind $$;
COMMENT ON FUNCTION market_account(text) IS 'Internal. The id of one of the market''s own accounts, such as channel, clearing or revenue.';

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
        ON CONFLICT ON CONSTRAINT accounts_member_id_kind_key DO NOTHING RETURNING a.id INTO v_id;
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
    CONSTRAINT journals_entries_check CHECK (ktt.cardinality(entries) >= 2),
    CONSTRAINT journals_happened_at_check CHECK (happened_at <= written_at)
);
COMMENT ON TABLE journals IS 'Every movement of money, append-only; the entries of one journal sum to zero.';
COMMENT ON COLUMN journals.reference IS 'What it is about, unique within its kind, so that nothing is posted twice.';
COMMENT ON COLUMN journals.happened_at IS 'When it happened; written_at is when it was written.';
COMMENT ON COLUMN journals.digest IS 'BLAKE2b over the market, the journal''s fields and its entries, see journal_digest().';

CREATE TABLE postings (
    journal_id  bigint NOT NULL,
    account_id  bigint NOT NULL,
    amount      bigint NOT NULL CHECK (amount <> 0),
    written_at  timestamptz NOT NULL,
    PRIMARY KEY (journal_id, account_id)
);
CREATE INDEX postings_account_id_idx ON postings (account_id, written_at) INCLUDE (amount);
COMMENT ON TABLE postings IS 'The entries of the journals as rows, written in the same call, append-only.';
COMMENT ON COLUMN postings.written_at IS 'That of the journal, so that an account is read by time from one index.';

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

-- Its body takes the place of the call when a statement is planned.
CREATE FUNCTION journal_digest(id bigint, kind text, reference text, entries ktt.shares, happened_at timestamptz)
RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ktt.blake2b(
    convert_to('ktt journal 1', 'UTF8') || uuid_send(market_id()) || int8send(journal_digest.id)
    || int4send(octet_length(journal_digest.kind)) || convert_to(journal_digest.kind, 'UTF8')
    || int4send(octet_length(journal_digest.reference)) || convert_to(journal_digest.reference, 'UTF8')
    || int8send((extract(epoch FROM journal_digest.happened_at) * 1000000)::bigint)
    || ktt.shares_send(journal_digest.entries));
COMMENT ON FUNCTION journal_digest(bigint, text, text, ktt.shares, timestamptz) IS
    'Internal. BLAKE2b-256 over: tag "ktt journal 1", market id, journal id, length and bytes of kind and of reference, '
    'microseconds since 1970 UTC, binary form of the entries; integers big-endian.';

CREATE FUNCTION lock_accounts(ids bigint[])
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    -- The table before its rows: who closes the books waits for the one, and journals that wait behind him for the others.
    LOCK TABLE journals IN ROW EXCLUSIVE MODE;
    PERFORM FROM accounts a WHERE a.id = ANY (ids) AND a.balance IS NOT NULL ORDER BY a.id FOR NO KEY UPDATE;
END
$$;
COMMENT ON FUNCTION lock_accounts(bigint[]) IS
    'Internal. Keeps balances as they are until the transaction ends, in the order in which every journal takes them. Who reads balances and posts then calls it first.';

CREATE FUNCTION refuse_posting(account bigint, kind text, available bigint, amount bigint)
RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    RAISE EXCEPTION 'insufficient balance in account %', account
        USING ERRCODE = 'KT402',
              DETAIL = CASE kind WHEN 'debt' THEN format('A debt of %s cannot be lessened by %s.', -available, amount)
                       ELSE format('Available are %s, needed are %s.', available, -amount) END;
END
$$;
COMMENT ON FUNCTION refuse_posting(bigint, text, bigint, bigint) IS
    'Internal. Raises KT402 in the place of a balance that must not be. Available is the balance without what is held.';

CREATE FUNCTION post_many(kind text, reference text[], entries ktt.shares[], happened_at timestamptz DEFAULT NULL)
RETURNS bigint[]
-- Only nested loops by key: whether the entries drive them or the accounts, balances are updated in the order of account ids, so that two
-- journals over the same accounts queue and never deadlock.
LANGUAGE plpgsql SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    v_ids bigint[];
    v_now timestamptz;
    v_at timestamptz;
    v_posted record;
    v_other text;
BEGIN
    IF cardinality(reference) <> cardinality(entries) OR array_position(reference, NULL) > 0 OR array_position(entries, NULL) > 0 THEN
        RAISE EXCEPTION 'every journal must have a reference and entries'
            USING ERRCODE = '22004', DETAIL = format('There are %s references and %s entries.', cardinality(reference), cardinality(entries));
    END IF;
    FOR i IN 1 .. cardinality(entries) LOOP
        IF ktt.total(entries[i]) <> 0 THEN
            RAISE EXCEPTION 'journal does not balance'
                USING ERRCODE = '23514', CONSTRAINT = 'journals_balanced_check',
                      DETAIL = format('The entries of "%s" sum to %s.', left(reference[i], 64), ktt.total(entries[i]));
        END IF;
        v_ids[i] := nextval('journals_id_seq');
    END LOOP;
    -- Before the clock is read: books that are being closed wait for this journal, or this journal comes after their end.
    LOCK TABLE journals IN ROW EXCLUSIVE MODE;
    v_now := greatest(clock_timestamp(), (SELECT s.books_closed_at FROM settings s WHERE s.singleton));
    v_at := coalesce(post_many.happened_at, v_now);
    IF v_at > v_now THEN
        RAISE EXCEPTION 'a journal must have happened before it is written'
            USING ERRCODE = '22023', DETAIL = format('It would have happened at %s.', v_at);
    END IF;
    -- By reference, so that two calls with the same ones queue and never deadlock.
    WITH journal AS (
        INSERT INTO journals AS j (id, kind, reference, entries, happened_at, written_at, digest)
        OVERRIDING SYSTEM VALUE
        SELECT g.id, post_many.kind, g.reference, g.entries, v_at, v_now, journal_digest(g.id, post_many.kind, g.reference, g.entries, v_at)
        FROM unnest(v_ids, reference, entries) g(id, reference, entries) ORDER BY g.reference COLLATE "C", g.id
        ON CONFLICT ON CONSTRAINT journals_kind_reference_key DO NOTHING
        RETURNING j.id, j.entries),
    posting AS (
        INSERT INTO postings (journal_id, account_id, amount, written_at)
        SELECT j.id, a.id, e.amount, v_now FROM journal j CROSS JOIN LATERAL ktt.entries(j.entries) e JOIN accounts a ON a.id = e.account
        RETURNING 1)
    SELECT count(*) AS journals, sum(j.entries) AS entries, sum(ktt.cardinality(j.entries)) AS entered, (SELECT count(*) FROM posting) AS posted
      INTO v_posted FROM journal j;
    IF v_posted.posted < v_posted.entered THEN
        RAISE EXCEPTION 'journal names an account that does not exist'
            USING ERRCODE = 'KT303', DETAIL = format('The entries are %s.', left(v_posted.entries::text, 200));
    END IF;
    UPDATE accounts a
       SET balance = CASE WHEN CASE a.kind WHEN 'debt' THEN a.balance + e.amount <= 0 ELSE e.amount >= 0 OR a.balance + e.amount >= a.held END
                          THEN a.balance + e.amount
                          ELSE refuse_posting(a.id, a.kind, a.balance - a.held, e.amount) END
      FROM ktt.entries(v_posted.entries) e WHERE a.id = e.account AND a.balance IS NOT NULL;
    IF v_posted.journals < cardinality(v_ids) THEN
        SELECT array_agg(j.id ORDER BY g.place), min(g.reference) FILTER (WHERE j.entries <> g.entries) INTO STRICT v_ids, v_other
        FROM unnest(reference, entries) WITH ORDINALITY g(reference, entries, place) JOIN journals j ON j.kind = post_many.kind AND j.reference = g.reference;
        IF v_other IS NOT NULL THEN
            RAISE EXCEPTION 'journal % "%" was already posted with other entries', kind, left(v_other, 64) USING ERRCODE = 'KT010';
        END IF;
    END IF;
    RETURN v_ids;
END
$$;
COMMENT ON FUNCTION post_many(text, text[], ktt.shares[], timestamptz) IS
    'Internal, the only way into the ledger: journals of one kind with their postings and balances, all or none; every balance moves once. '
    'What was posted under a reference before, with the same entries, is not posted again. Returns the ids in the order given. '
    'Errors: 22004 null, 22023 a time to come, 23514 unbalanced, KT010 other entries under the same reference, KT303 no such account, '
    'KT402 insufficient balance.';

CREATE FUNCTION post(kind text, reference text, entries ktt.shares, happened_at timestamptz DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (post_many(kind, ARRAY[require(reference, 'reference')], ARRAY[require(entries, 'entries')], happened_at))[1];
END
$$;
COMMENT ON FUNCTION post(text, text, ktt.shares, timestamptz) IS 'Internal. Posts one journal, as post_many() does, and returns its id.';
