/*
 * Roles that are no relation elsewhere: supplier, supply leader, driver, staff. Stewards stand in stewardships, sales leaders in
 * partnerships, buyers in orders; member_roles shows all of them.
 */

CREATE TABLE roles (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id   bigint NOT NULL REFERENCES members,
    role        text NOT NULL CHECK (role IN ('supplier', 'supply_leader', 'driver', 'staff')),
    employer_id bigint REFERENCES members,
    period      tstzrange NOT NULL CHECK (NOT isempty(period)),
    CONSTRAINT roles_employer_check CHECK (employer_id IS NULL OR role IN ('driver', 'staff')),
    CONSTRAINT roles_self_check CHECK (employer_id <> member_id),
    -- No member has the id 0: it stands for the platform, because NULLs would not exclude each other.
    CONSTRAINT roles_period_excl
        EXCLUDE USING gist (member_id WITH =, role WITH =, (coalesce(employer_id, 0)) WITH =, period WITH &&)
);
CREATE INDEX roles_current_idx ON roles (member_id, role) WHERE upper_inf(period);
CREATE INDEX roles_employer_id_idx ON roles (employer_id) WHERE employer_id IS NOT NULL;
COMMENT ON TABLE roles IS 'Who is supplier, supply leader, driver or staff, and when. One member plays any number of roles, for any number of employers.';
COMMENT ON COLUMN roles.employer_id IS 'Whom a driver or staff works for; NULL is the platform.';

CREATE FUNCTION require_role(role text, employer bigint)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_one_of(require(role, 'role'), '{supplier,supply_leader,driver,staff}', 'role');
    IF employer IS NOT NULL AND role NOT IN ('driver', 'staff') THEN
        RAISE EXCEPTION 'a % has no employer', replace(role, '_', ' ') USING ERRCODE = '22023', HINT = 'Drivers and staff have one.';
    END IF;
END
$$;
COMMENT ON FUNCTION require_role(text, bigint) IS
    'Internal. Refuses a role that is NULL (22004) or not kept in roles, and an employer of one who has none (22023).';

CREATE FUNCTION begin_role(member bigint, role text, employer bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(member, 'member'), require_role(role, employer);
    IF employer IS NOT NULL THEN
        PERFORM require_member(employer, 'employer');
        IF employer = member THEN
            RAISE EXCEPTION 'member % cannot be his own employer', member USING ERRCODE = '22023', HINT = 'He acts for himself without a role.';
        END IF;
    END IF;
    -- The member's row orders what happens to his roles; the constraint stands behind it.
    PERFORM FROM members m WHERE m.id = member FOR NO KEY UPDATE;
    SELECT r.id INTO v_id FROM roles r
    WHERE r.member_id = member AND r.role = begin_role.role AND r.employer_id IS NOT DISTINCT FROM employer AND upper_inf(r.period);
    IF FOUND THEN
        RETURN v_id;
    END IF;
    -- After all that was, also when the clock stepped back.
    INSERT INTO roles AS r (member_id, role, employer_id, period)
    SELECT member, begin_role.role, employer, tstzrange(greatest(clock_timestamp(), max(upper(o.period))), NULL)
    FROM roles o WHERE o.member_id = member AND o.role = begin_role.role AND o.employer_id IS NOT DISTINCT FROM employer
    RETURNING r.id INTO v_id;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION begin_role(bigint, text, bigint) IS
    'Gives a member a role from now on and returns its id, that of the standing one if there is one. Roles are supplier, supply_leader, '
    'driver and staff; the last two have an employer, NULL is the platform. Errors: 22004 null, 22023 another role, himself as employer, or an employer of '
    'one who has none, KT303 no such member.';

CREATE FUNCTION end_role(member bigint, role text, employer bigint DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM read_committed();
    PERFORM require_member(member, 'member'), require_role(role, employer);
    PERFORM FROM members m WHERE m.id = member FOR NO KEY UPDATE;
    UPDATE roles r SET period = tstzrange(lower(r.period), greatest(clock_timestamp(), lower(r.period) + interval '1 us'))
    WHERE r.member_id = member AND r.role = end_role.role AND r.employer_id IS NOT DISTINCT FROM employer AND upper_inf(r.period);
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION end_role(bigint, text, bigint) IS
    'Ends a role of a member and returns whether it stood. It forbids nothing: a supplier who adds an article or a supply leader who drafts '
    'a campaign later has the role again. Errors: 22004 null, 22023 another role, or an employer of one who has none, KT303 no such member.';

CREATE FUNCTION require_acting(member bigint, leader bigint)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    IF member <> leader
       AND NOT EXISTS (SELECT FROM roles r WHERE r.member_id = member AND r.role = 'staff' AND upper_inf(r.period)
                                             AND (r.employer_id = leader OR r.employer_id IS NULL)) THEN
        RAISE EXCEPTION 'member % does not act for member %', member, leader
            USING ERRCODE = '42501', HINT = 'He himself, his staff or the platform''s decide; begin_role() makes staff.';
    END IF;
END
$$;
COMMENT ON FUNCTION require_acting(bigint, bigint) IS
    'Internal. Refuses a member who is neither the leader himself nor staff of his or of the platform (42501).';

CREATE FUNCTION assume_role(member bigint, role text)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM roles r WHERE r.member_id = member AND r.role = assume_role.role AND upper_inf(r.period)) THEN
        PERFORM begin_role(member, role);
    END IF;
END
$$;
COMMENT ON FUNCTION assume_role(bigint, text) IS
    'Internal. Begins a role of somebody who acts in it; nothing is locked or written when he has it already.';
