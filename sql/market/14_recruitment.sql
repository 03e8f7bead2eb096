/*
 * How partnerships come about: a sales leader applies, or a supply leader invites by a link.
 */

CREATE TABLE applications (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supply_leader_id bigint NOT NULL REFERENCES members,
    sales_leader_id bigint NOT NULL REFERENCES members,
    note            text CHECK (octet_length(note) <= 4000),
    state           text NOT NULL DEFAULT 'applied' CHECK (state IN ('applied', 'approved', 'rejected', 'withdrawn')),
    applied_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    decided_at      timestamptz,
    decided_by      bigint REFERENCES members,
    decision_note   text CHECK (octet_length(decision_note) <= 4000),
    partnership_id  bigint,
    CONSTRAINT applications_self_check CHECK (supply_leader_id <> sales_leader_id),
    CONSTRAINT applications_decided_check CHECK ((decided_at IS NOT NULL) = (state <> 'applied')
        AND (decided_by IS NOT NULL) = (state IN ('approved', 'rejected')) AND (partnership_id IS NOT NULL) = (state = 'approved')),
    CONSTRAINT applications_two_people_check CHECK (decided_by <> sales_leader_id),
    CONSTRAINT applications_partnership_fkey FOREIGN KEY (partnership_id, supply_leader_id, sales_leader_id)
        REFERENCES partnerships (id, supply_leader_id, sales_leader_id)
);
CREATE UNIQUE INDEX applications_open_key ON applications (supply_leader_id, sales_leader_id) WHERE state = 'applied';
CREATE INDEX applications_sales_leader_id_idx ON applications (sales_leader_id);
COMMENT ON TABLE applications IS 'Who asked to sell for which supply leader, and what became of it: at most one open application a pair.';
COMMENT ON COLUMN applications.note IS 'What the applicant says of himself.';
COMMENT ON COLUMN applications.state IS 'applied until it is approved or rejected by somebody, or withdrawn by the applicant.';
COMMENT ON COLUMN applications.decided_at IS 'When it was approved, rejected or withdrawn.';
COMMENT ON COLUMN applications.decision_note IS 'Why.';
COMMENT ON COLUMN applications.partnership_id IS 'What came of an approval: the pair''s own partnership, by constraint.';

CREATE FUNCTION require_note(note text)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    IF octet_length(note) > 4000 THEN
        RAISE EXCEPTION 'note must not be longer than 4000 bytes' USING ERRCODE = '22023', DETAIL = format('It has %s bytes.', octet_length(note));
    END IF;
    RETURN note;
END
$$;
COMMENT ON FUNCTION require_note(text) IS 'Internal. Returns a note, or refuses one longer than 4000 bytes (22023); NULL passes.';

CREATE FUNCTION apply_for_partnership(supply_leader bigint, sales_leader bigint, note text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(supply_leader, 'supply leader'), require_member(sales_leader, 'sales leader'), require_note(note);
    IF supply_leader = sales_leader THEN
        RAISE EXCEPTION 'member % cannot be his own sales leader', supply_leader USING ERRCODE = 'KT102';
    ELSIF EXISTS (SELECT FROM partnerships p
                  WHERE p.supply_leader_id = supply_leader AND p.sales_leader_id = sales_leader AND upper_inf(p.period)) THEN
        RAISE EXCEPTION 'member % already sells for supply leader %', sales_leader, supply_leader USING ERRCODE = 'KT301';
    END IF;
    LOOP
        SELECT a.id INTO v_id FROM applications a
        WHERE a.supply_leader_id = supply_leader AND a.sales_leader_id = sales_leader AND a.state = 'applied';
        EXIT WHEN FOUND;
        INSERT INTO applications AS a (supply_leader_id, sales_leader_id, note)
        VALUES (supply_leader, sales_leader, apply_for_partnership.note)
        ON CONFLICT DO NOTHING RETURNING a.id INTO v_id;
        EXIT WHEN FOUND;
    END LOOP;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION apply_for_partnership(bigint, bigint, text) IS
    'Asks a supply leader to let a sales leader sell for him; returns the application, as it stands if one is open already. Who was rejected '
    'or has withdrawn may ask again. Errors: 22004 null, 22023 note longer than 4000 bytes, KT102 with himself, KT301 they are partners, '
    'KT303 no such member.';

CREATE FUNCTION decide_application(
    application bigint, approve boolean, decided_by bigint, note text DEFAULT NULL,
    OUT outcome text, OUT partnership bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_application applications;
BEGIN
    PERFORM read_committed();
    PERFORM require(approve, 'approve'), require_member(decided_by, 'decider'), require_note(note);
    SELECT * INTO v_application FROM applications a WHERE a.id = require(application, 'application') FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'application % does not exist', application USING ERRCODE = 'KT303';
    ELSIF v_application.sales_leader_id = decided_by THEN
        RAISE EXCEPTION 'application % must be decided by another member than the applicant', application USING ERRCODE = 'KT404';
    END IF;
    PERFORM require_acting(decided_by, v_application.supply_leader_id);
    IF v_application.state = 'applied' THEN
        IF approve THEN
            partnership := form_partnership(v_application.supply_leader_id, v_application.sales_leader_id);
        END IF;
        UPDATE applications a
           SET state = CASE WHEN approve THEN 'approved' ELSE 'rejected' END, decided_at = clock_timestamp(),
               decided_by = decide_application.decided_by, decision_note = decide_application.note, partnership_id = partnership
         WHERE a.id = application AND a.state = 'applied'
        RETURNING a.* INTO STRICT v_application;
    END IF;
    outcome := v_application.state;
    partnership := v_application.partnership_id;
END
$$;
COMMENT ON FUNCTION decide_application(bigint, boolean, bigint, text) IS
    'Approves an application, which forms the partnership, or rejects it; decided_by is the supply leader, or staff of his or of the platform. Outcomes: approved, '
    'rejected, or withdrawn: what became of it first; a later decision changes nothing. partnership is what an approval formed, or found standing. '
    'Errors: 22004 null, 22023 note longer than 4000 bytes, 42501 somebody else decides, KT303 no such application or member, KT404 the applicant cannot decide.';

CREATE FUNCTION withdraw_application(application bigint)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_state text;
BEGIN
    PERFORM read_committed();
    UPDATE applications a SET state = 'withdrawn', decided_at = clock_timestamp()
    WHERE a.id = require(application, 'application') AND a.state = 'applied';
    SELECT a.state INTO v_state FROM applications a WHERE a.id = application;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'application % does not exist', application USING ERRCODE = 'KT303';
    END IF;
    RETURN v_state;
END
$$;
COMMENT ON FUNCTION withdraw_application(bigint) IS
    'Takes an application back. Outcomes: withdrawn, or what became of it before: approved, rejected. '
    'Errors: 22004 null, KT303 no such application.';

CREATE TABLE invitations (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supply_leader_id bigint NOT NULL REFERENCES members,
    digest          bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    invited_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at      timestamptz NOT NULL,
    revoked_at      timestamptz,
    accepted_at     timestamptz,
    accepted_by     bigint REFERENCES members,
    partnership_id  bigint,
    CONSTRAINT invitations_accepted_check CHECK (num_nulls(accepted_at, accepted_by, partnership_id) IN (0, 3)),
    CONSTRAINT invitations_revoked_check CHECK (accepted_at IS NULL OR revoked_at IS NULL),
    CONSTRAINT invitations_partnership_fkey FOREIGN KEY (partnership_id, supply_leader_id, accepted_by)
        REFERENCES partnerships (id, supply_leader_id, sales_leader_id)
);
CREATE INDEX invitations_supply_leader_id_idx ON invitations (supply_leader_id);
COMMENT ON TABLE invitations IS 'Links by which a supply leader wins sales leaders: each makes one partnership, once.';
COMMENT ON COLUMN invitations.digest IS 'BLAKE2b of the token, which is 122 random bits: the token itself is shown once and kept nowhere.';
COMMENT ON COLUMN invitations.partnership_id IS 'What came of it: the partnership of these two, by constraint.';

CREATE FUNCTION invitation_digest(token text)
RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ktt.blake2b(convert_to(token, 'UTF8'));
COMMENT ON FUNCTION invitation_digest(text) IS 'Internal. What is kept of the token of an invitation.';

CREATE FUNCTION invite_sales_leader(supply_leader bigint, valid_for interval DEFAULT '7 days', OUT invitation bigint, OUT token text)
-- A day is 24 hours, whatever the session's time zone does meanwhile.
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET timezone = 'UTC'
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
BEGIN
    PERFORM read_committed();
    PERFORM require_member(supply_leader, 'supply leader'), require_interval(require(valid_for, 'validity'), '1 year', 'validity');
    token := gen_random_uuid()::text;
    INSERT INTO invitations AS i (supply_leader_id, digest, invited_at, expires_at)
    VALUES (supply_leader, invitation_digest(token), v_now, v_now + valid_for)
    RETURNING i.id INTO invitation;
END
$$;
COMMENT ON FUNCTION invite_sales_leader(bigint, interval) IS
    'Makes an invitation that one sales leader can accept within so much time (up to a year). Returns its id, and the token for the link: '
    'this once, because only a digest is kept. Every call makes another one. '
    'Errors: 22004 null, 22023 validity out of bounds, KT303 no such member.';

CREATE FUNCTION accept_invitation(token text, sales_leader bigint, OUT outcome text, OUT partnership bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_invitation invitations;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(sales_leader, 'sales leader');
    -- Behind whoever is accepting or revoking it.
    SELECT * INTO v_invitation FROM invitations i WHERE i.digest = invitation_digest(require(token, 'token')) FOR UPDATE;
    outcome := CASE
        WHEN v_invitation.id IS NULL THEN 'unknown'
        WHEN v_invitation.accepted_by = sales_leader THEN 'accepted'
        WHEN v_invitation.accepted_by IS NOT NULL THEN 'used'
        WHEN v_invitation.revoked_at IS NOT NULL THEN 'revoked'
        WHEN v_invitation.expires_at <= clock_timestamp() THEN 'expired' END;
    IF outcome IS NULL THEN
        partnership := form_partnership(v_invitation.supply_leader_id, sales_leader);
        UPDATE invitations i SET accepted_at = clock_timestamp(), accepted_by = sales_leader, partnership_id = partnership
        WHERE i.id = v_invitation.id AND i.accepted_by IS NULL AND i.revoked_at IS NULL
        RETURNING i.* INTO STRICT v_invitation;
        outcome := 'accepted';
    END IF;
    partnership := CASE WHEN outcome = 'accepted' THEN v_invitation.partnership_id END;
END
$$;
COMMENT ON FUNCTION accept_invitation(text, bigint) IS
    'Lets a sales leader follow an invitation, which forms the partnership. Outcomes: accepted with the partnership, also when the same '
    'sales leader comes again (one that has ended since stays ended); used: somebody else was first; expired; revoked; unknown: there is no such token. '
    'Errors: 22004 null, KT102 the supply leader himself, KT303 no such member.';

CREATE FUNCTION revoke_invitation(invitation bigint)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_invitation invitations;
BEGIN
    PERFORM read_committed();
    UPDATE invitations i SET revoked_at = clock_timestamp()
    WHERE i.id = require(invitation, 'invitation') AND i.accepted_by IS NULL AND i.revoked_at IS NULL;
    SELECT * INTO v_invitation FROM invitations i WHERE i.id = invitation;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'invitation % does not exist', invitation USING ERRCODE = 'KT303';
    END IF;
    RETURN CASE WHEN v_invitation.revoked_at IS NOT NULL THEN 'revoked' ELSE 'used' END;
END
$$;
COMMENT ON FUNCTION revoke_invitation(bigint) IS
    'Makes the link of an invitation void. Outcomes: revoked, or used: somebody has accepted it, and the partnership stands. '
    'Errors: 22004 null, KT303 no such invitation.';
