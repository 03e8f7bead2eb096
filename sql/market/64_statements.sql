/*
 * Statements: a member's ledger over a period, line by line.
 */

CREATE FUNCTION statement(member bigint, since timestamptz, until timestamptz)
RETURNS TABLE (line bigint, written_at timestamptz, journal_id bigint, kind text, reference text, account text, amount bigint, balance bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_member(member, 'member');
    IF require(since, 'since') >= require(until, 'until') THEN
        RAISE EXCEPTION 'period must end after it starts' USING ERRCODE = '22023';
    END IF;
    RETURN QUERY
    WITH moves AS (
        SELECT p.written_at, p.journal_id, j.kind, j.reference, a.kind AS account, p.account_id, p.amount
        FROM accounts a JOIN postings p ON p.account_id = a.id AND p.written_at >= since AND p.written_at < until JOIN journals j ON j.id = p.journal_id
        WHERE a.member_id = member),
    opening AS (SELECT coalesce(sum(balance_at(a.id, since)), 0)::bigint AS amount FROM accounts a WHERE a.member_id = member),
    lines AS (SELECT row_number() OVER w AS line, m.*, sum(m.amount) OVER w AS total FROM moves m WINDOW w AS (ORDER BY m.journal_id, m.account_id))
    SELECT 0::bigint, since, NULL::bigint, 'opening'::text, NULL::text, NULL::text, NULL::bigint, o.amount FROM opening o
    UNION ALL
    SELECT l.line, l.written_at, l.journal_id, l.kind, l.reference, l.account, l.amount, (o.amount + l.total)::bigint FROM lines l, opening o
    UNION ALL
    SELECT (SELECT count(*) + 1 FROM lines), until, NULL, 'closing', NULL, NULL, NULL,
           (o.amount + (SELECT coalesce(sum(l.amount), 0) FROM lines l))::bigint FROM opening o
    ORDER BY 1;
END
$$;
COMMENT ON FUNCTION statement(bigint, timestamptz, timestamptz) IS
    'A member''s account from since (inclusive) to until (exclusive), by the time of writing: opening balance, every posting with the balance '
    'after it, closing balance, in minor units. explain() tells what is behind a settlement line. Errors: 22023 empty period, KT303 no such member.';

CREATE FUNCTION statement_orders(member bigint, since timestamptz, until timestamptz)
RETURNS TABLE (written_at timestamptz, journal_id bigint, kind text, account text, campaign_id bigint, order_id bigint, refund_id bigint, item_id bigint,
               units bigint, sale bigint, rule text, amount bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000 SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
BEGIN
    PERFORM require_member(member, 'member');
    IF require(since, 'since') >= require(until, 'until') THEN
        RAISE EXCEPTION 'period must end after it starts' USING ERRCODE = '22023';
    END IF;
    RETURN QUERY
    WITH moves AS (
        SELECT p.written_at, p.journal_id, a.kind AS account, p.account_id, p.amount, s AS settlement
        FROM accounts a JOIN postings p ON p.account_id = a.id AND p.written_at >= since AND p.written_at < until
        LEFT JOIN settlements s ON s.journal_id = p.journal_id
        WHERE a.member_id = member),
    lines AS (
        SELECT m.written_at, m.journal_id, m.account, o.campaign_id, o.id AS order_id, NULL::bigint AS refund_id, b.item, b.units, b.amount AS sale,
               CASE WHEN i.rated THEN (line_rule_of(o, b.item)).rule ELSE i.rule END AS rule,
               ktt.amount(settled_shares(m.settlement, o.campaign_id, x.shares), m.account_id) AS amount
        FROM moves m JOIN orders o ON o.due_at > coalesce(lower((m.settlement).due), '-infinity') AND o.due_at <= upper((m.settlement).due)
                                  AND o.shares OPERATOR(ktt.?) m.account_id
        CROSS JOIN LATERAL ktt.items(o.basket) b JOIN campaign_items i ON i.id = b.item
        -- Divided once, and the functions' bodies take the place of the calls, as in take_back().
        CROSS JOIN LATERAL (
            SELECT CASE WHEN i.rated THEN line_shares(o, b.item, o.steward_account_id)
                        ELSE divide_line(i.rule, i.payees, b.amount, b.units * i.supply_price, b.units, o.seller_account_id, o.steward_account_id) END AS shares OFFSET 0) x
        UNION ALL
        SELECT m.written_at, m.journal_id, m.account, r.campaign_id, r.order_id, r.id, r.item_id, -r.units, -r.amount,
               CASE WHEN r.liability_id IS NOT NULL THEN (SELECT y.rule FROM liabilities y WHERE y.id = r.liability_id)
                    WHEN i.rated THEN (line_rule_of(o, r.item_id)).rule ELSE i.rule END, -ktt.amount(settled_shares(m.settlement, r.campaign_id, coalesce(r.borne, r.shares)), m.account_id)
        FROM moves m JOIN refunds r ON r.due_at > coalesce(lower((m.settlement).due), '-infinity') AND r.due_at <= upper((m.settlement).due)
                                   AND coalesce(r.borne, r.shares) OPERATOR(ktt.?) m.account_id
        JOIN orders o ON o.campaign_id = r.campaign_id AND o.id = r.order_id JOIN campaign_items i ON i.id = r.item_id)
    SELECT l.written_at, l.journal_id, 'settlement'::text, l.account, l.campaign_id, l.order_id, l.refund_id, l.item, l.units, l.sale, l.rule::text, l.amount
    FROM lines l WHERE l.amount IS NOT NULL
    UNION ALL
    SELECT m.written_at, m.journal_id, j.kind, m.account, e.campaign_id, e.order_id, e.refund_id, NULL, NULL, NULL, NULL, e.amount
    FROM moves m JOIN journals j ON j.id = m.journal_id CROSS JOIN LATERAL explain(m.journal_id, m.account_id) e WHERE m.settlement IS NULL
    ORDER BY 2, 4, 5, 6, 7 NULLS FIRST, 8;
END
$$;
COMMENT ON FUNCTION statement_orders(bigint, timestamptz, timestamptz) IS
    'What is behind a member''s statement from since (inclusive) to until (exclusive): every line of every order and refund that was settled, with its units, its sale, the rule by '
    'which it was divided and the member''s part (minor units; what a refund takes back is negative), and every other posting. The amounts sum to closing less opening. '
    'Errors: 22023 empty period, KT303 no such member.';

CREATE TABLE statements (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id   bigint NOT NULL REFERENCES members,
    period      tstzrange NOT NULL CHECK (NOT isempty(period)),
    opening     bigint NOT NULL,
    closing     bigint NOT NULL,
    lines       jsonb NOT NULL,
    digest      bytea NOT NULL,
    issued_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT statements_period_excl EXCLUDE USING gist (member_id WITH =, period WITH &&)
);
COMMENT ON TABLE statements IS 'Statements as they were issued; the periods of one member never overlap.';
COMMENT ON COLUMN statements.digest IS 'BLAKE2b of market, member, period and lines.';

CREATE FUNCTION statement_digest(member bigint, period tstzrange, lines jsonb)
RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ktt.blake2b(
    convert_to('ktt statement 1', 'UTF8') || uuid_send(market_id()) || int8send(member)
    || int8send((extract(epoch FROM lower(period)) * 1000000)::bigint)
    || int8send((extract(epoch FROM upper(period)) * 1000000)::bigint)
    || convert_to(lines::text, 'UTF8'));
COMMENT ON FUNCTION statement_digest(bigint, tstzrange, jsonb) IS
    'Internal. BLAKE2b-256 over: tag "ktt statement 1", market id, member, microseconds since 1970 UTC of both ends, the lines as text.';

CREATE FUNCTION issue_statement(member bigint, until timestamptz)
RETURNS bigint
-- The lines keep times as text: in one zone, whoever issues them.
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET timezone = 'UTC'
AS $$
DECLARE
    v_since timestamptz;
    v_lines jsonb;
    v_opening bigint;
    v_closing bigint;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    -- The member's row orders two issues; the ledger before a time that has passed is final once its writers have ended.
    SELECT m.registered_at INTO v_since FROM members m WHERE m.id = require(member, 'member') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'member % does not exist', member USING ERRCODE = 'KT303';
    ELSIF NOT isfinite(require(until, 'until')) OR until > clock_timestamp() THEN
        RAISE EXCEPTION 'a statement can only be issued up to a time that has passed' USING ERRCODE = '22023';
    END IF;
    SELECT s.id INTO v_id FROM statements s WHERE s.member_id = member AND upper(s.period) = until;
    IF FOUND THEN
        RETURN v_id;
    END IF;
    SELECT coalesce(max(upper(s.period)), v_since) INTO v_since FROM statements s WHERE s.member_id = member;
    PERFORM close_books(until);
    SELECT jsonb_agg(to_jsonb(l) ORDER BY l.line), min(l.balance) FILTER (WHERE l.kind = 'opening'),
           min(l.balance) FILTER (WHERE l.kind = 'closing')
      INTO v_lines, v_opening, v_closing
    FROM statement(member, v_since, until) l;
    INSERT INTO statements AS s (member_id, period, opening, closing, lines, digest)
    SELECT member, tstzrange(v_since, until), v_opening, v_closing, v_lines,
           statement_digest(member, tstzrange(v_since, until), v_lines)
    RETURNING s.id INTO v_id;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION issue_statement(bigint, timestamptz) IS
    'Issues a member''s statement from where the last one ended (or his registration) up to a time that has passed, and keeps it; the same '
    'end gives the same statement again. Errors: 22023 time not passed or before the last statement, KT303 no such member.';
