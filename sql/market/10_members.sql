/*
 * People and companies. A role is a relation, not a kind of member: one member may play any of them.
 */

CREATE TABLE members (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference       text NOT NULL UNIQUE CHECK (octet_length(reference) BETWEEN 1 AND 256),
    kind            text NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'company')),
    registered_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    verified_at     timestamptz
);
COMMENT ON TABLE members IS 'Everyone who takes part. No names, phones or addresses: the application keeps those under its own reference.';
COMMENT ON COLUMN members.reference IS 'The application''s own key of the member.';
COMMENT ON COLUMN members.kind IS 'Whether it is a person or a company; fixed when it is registered.';
COMMENT ON COLUMN members.verified_at IS 'When the application first vouched for who that is; NULL when it does not.';

CREATE FUNCTION register_member(reference text, kind text DEFAULT 'person')
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_id bigint;
    v_kind text;
BEGIN
    PERFORM read_committed();
    PERFORM require_reference(reference, 'reference'), require_one_of(require(kind, 'kind'), '{person,company}', 'kind');
    INSERT INTO members AS m (reference, kind) VALUES (register_member.reference, register_member.kind)
    ON CONFLICT DO NOTHING RETURNING m.id INTO v_id;
    IF NOT FOUND THEN
        SELECT m.id, m.kind INTO STRICT v_id, v_kind FROM members m WHERE m.reference = register_member.reference;
        IF v_kind <> register_member.kind THEN
            RAISE EXCEPTION 'member "%" is already registered as another kind', left(reference, 64)
                USING ERRCODE = 'KT010', DETAIL = format('It is a %s.', v_kind);
        END IF;
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION register_member(text, text) IS
    'Registers a person or a company under the application''s own key and returns the id; the same key and kind give the same id again. '
    'Errors: 22004 null, 22023 key empty or longer than 256 bytes, kind neither person nor company, KT010 same key with another kind.';

CREATE FUNCTION verify_member(member bigint, verified boolean DEFAULT true)
RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_at timestamptz;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(member, 'member'), require(verified, 'verified');
    UPDATE members m SET verified_at = CASE WHEN verified THEN clock_timestamp() END
    WHERE m.id = member AND (m.verified_at IS NOT NULL) <> verified;
    SELECT m.verified_at INTO STRICT v_at FROM members m WHERE m.id = member;
    RETURN v_at;
END
$$;
COMMENT ON FUNCTION verify_member(bigint, boolean) IS
    'Notes that the application has made sure who a member is, or with false that this no longer stands. Returns since when the member is '
    'verified, the first time if it was noted before; NULL when not. Errors: 22004 null, KT303 no such member.';

CREATE FUNCTION require_member(member bigint, role text)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM members m WHERE m.id = require(member, role)) THEN
        RAISE EXCEPTION '% % does not exist', role, member USING ERRCODE = 'KT303', HINT = 'Register the member first.';
    END IF;
END
$$;
COMMENT ON FUNCTION require_member(bigint, text) IS 'Internal. Refuses a member that does not exist (KT303), naming the role.';
