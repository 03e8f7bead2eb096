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
        SELECT j.written_at, j.id, j.kind, j.reference, a.kind AS account, p.account_id, p.amount
        FROM accounts a JOIN postings p ON p.account_id = a.id JOIN journals j ON j.id = p.journal_id
        WHERE a.member_id = member AND j.written_at < until),
    opening AS (
        SELECT coalesce(sum(m.amount), 0)::bigint AS amount FROM moves m WHERE m.written_at < since),
    lines AS (
        SELECT row_number() OVER w AS line, m.*, sum(m.amount) OVER w AS total
        FROM moves m WHERE m.written_at >= since WINDOW w AS (ORDER BY m.id, m.account_id))
    SELECT 0::bigint, since, NULL::bigint, 'opening'::text, NULL::text, NULL::text, NULL::bigint, o.amount FROM opening o
    UNION ALL
    SELECT l.line, l.written_at, l.id, l.kind, l.reference, l.account, l.amount, (o.amount + l.total)::bigint FROM lines l, opening o
    UNION ALL
    SELECT (SELECT count(*) + 1 FROM lines), until, NULL, 'closing', NULL, NULL, NULL,
           (o.amount + (SELECT coalesce(sum(l.amount), 0) FROM lines l))::bigint FROM opening o
    ORDER BY 1;
END
$$;
COMMENT ON FUNCTION statement(bigint, timestamptz, timestamptz) IS
    'A member''s account from since (inclusive) to until (exclusive), by the time of writing: opening balance, every posting with the balance '
    'after it, closing balance, in minor units. explain() tells what is behind a settlement line. Errors: 22023 empty period, KT303 no such member.';

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
LANGUAGE sql STABLE
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
