/*
 * People. A role is a relation, not a kind of member: one member may play any of them.
 */

CREATE TABLE members (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference       text NOT NULL UNIQUE CHECK (octet_length(reference) BETWEEN 1 AND 256),
    registered_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE members IS 'Everyone who takes part. No names, phones or addresses: the application keeps those under its own reference.';
COMMENT ON COLUMN members.reference IS 'The application''s own key of the member.';

CREATE FUNCTION register_member(reference text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_reference(reference, 'reference');
    INSERT INTO members AS m (reference) VALUES (register_member.reference)
    ON CONFLICT DO NOTHING RETURNING m.id INTO v_id;
    IF NOT FOUND THEN
        SELECT m.id INTO STRICT v_id FROM members m WHERE m.reference = register_member.reference;
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION register_member(text) IS
    'Registers a member under the application''s own key and returns the id; the same key gives the same id again. '
    'Errors: 22004 null, 23514 empty or longer than 256 bytes.';

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
