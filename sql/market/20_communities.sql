/*
 * Communities and the steward who keeps the pickup points of each.
 */

CREATE TABLE communities (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference   text NOT NULL UNIQUE CHECK (octet_length(reference) BETWEEN 1 AND 256),
    households  int CHECK (households >= 0)
);
COMMENT ON TABLE communities IS 'Neighbourhoods; each has one steward at a time and any number of pickup points.';
COMMENT ON COLUMN communities.households IS 'How many households live there, where known.';

CREATE FUNCTION add_community(reference text, households int DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_between(households, 0, 100000000, 'households');
    INSERT INTO communities AS c (reference, households)
    VALUES (require_reference(add_community.reference, 'reference'), add_community.households)
    ON CONFLICT ON CONSTRAINT communities_reference_key
        DO UPDATE SET households = coalesce(excluded.households, c.households)
    RETURNING c.id INTO v_id;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION add_community(text, int) IS
    'Adds a community under the application''s own key and returns its id; called again it updates the number of households.';

CREATE TABLE stewardships (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    community_id    bigint NOT NULL REFERENCES communities,
    member_id       bigint NOT NULL REFERENCES members,
    account_id      bigint NOT NULL REFERENCES accounts,
    period          tstzrange NOT NULL CHECK (NOT isempty(period)),
    CONSTRAINT stewardships_one_steward_excl EXCLUDE USING gist (community_id WITH =, period WITH &&)
);
CREATE INDEX stewardships_current_idx ON stewardships (community_id) WHERE upper_inf(period);
COMMENT ON TABLE stewardships IS 'Who keeps the pickup points of a community, and when: one steward at a time, by constraint.';
COMMENT ON COLUMN stewardships.account_id IS 'Where the pickup fees of the community go while the period lasts.';

CREATE FUNCTION appoint_steward(community bigint, member bigint)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_now timestamptz;
    v_account bigint;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(member, 'steward');
    -- The community's row orders two appointments; the constraint stands behind it.
    PERFORM FROM communities c WHERE c.id = require(community, 'community') FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'community % does not exist', community USING ERRCODE = 'KT303';
    END IF;
    SELECT s.id INTO v_id FROM stewardships s
    WHERE s.community_id = community AND s.member_id = member AND upper_inf(s.period);
    IF FOUND THEN
        RETURN v_id;
    END IF;
    -- After all that was, also when the clock stepped back.
    SELECT greatest(clock_timestamp(), max(lower(s.period)) + interval '1 us', max(upper(s.period))) INTO v_now
    FROM stewardships s WHERE s.community_id = community;
    UPDATE stewardships s SET period = tstzrange(lower(s.period), v_now)
    WHERE s.community_id = community AND upper_inf(s.period);
    INSERT INTO stewardships AS s (community_id, member_id, account_id, period)
    VALUES (community, member, open_account(member, 'pickup'), tstzrange(v_now, NULL))
    RETURNING s.id, s.account_id INTO v_id, v_account;
    UPDATE pickup_points p SET steward_account_id = v_account WHERE p.community_id = community;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION appoint_steward(bigint, bigint) IS
    'Makes a member the steward of a community from now on and ends the one before him; orders placed earlier keep their steward. '
    'Errors: KT303 no such community or member.';

CREATE FUNCTION end_stewardship(community bigint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM read_committed();
    PERFORM FROM communities c WHERE c.id = require(community, 'community') FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'community % does not exist', community USING ERRCODE = 'KT303';
    END IF;
    UPDATE stewardships s SET period = tstzrange(lower(s.period), greatest(clock_timestamp(), lower(s.period) + interval '1 us'))
    WHERE s.community_id = community AND upper_inf(s.period);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE pickup_points p SET steward_account_id = NULL WHERE p.community_id = community;
    RETURN true;
END
$$;
COMMENT ON FUNCTION end_stewardship(bigint) IS
    'Ends the stewardship of a community without a successor; returns whether there was one. Orders placed earlier keep their steward, '
    'later ones have none until another is appointed. Errors: KT303 no such community.';

CREATE VIEW steward_history WITH (security_barrier) AS
SELECT s.community_id, c.reference AS community, s.member_id, m.reference AS steward,
       lower(s.period) AS since, upper(s.period) AS until, upper_inf(s.period) AS stands
FROM stewardships s JOIN communities c ON c.id = s.community_id JOIN members m ON m.id = s.member_id;
COMMENT ON VIEW steward_history IS
    'Who kept the pickup points of each community from when until when (NULL: still); order by community_id, since.';
