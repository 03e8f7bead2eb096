/*
 * What kind of leader somebody is and how far he has come: attributes with a history.
 */

CREATE TABLE leader_history (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id   bigint NOT NULL REFERENCES members,
    kind        text NOT NULL CHECK (kind IN ('shop_owner', 'blogger', 'public_account', 'foodie_group', 'community_leader', 'parent',
                                              'office_worker', 'other')),
    stage       text NOT NULL CHECK (stage IN ('recruited', 'trained', 'active', 'dormant')),
    period      tstzrange NOT NULL CHECK (NOT isempty(period)),
    CONSTRAINT leader_history_period_excl EXCLUDE USING gist (member_id WITH =, period WITH &&)
);
CREATE UNIQUE INDEX leader_history_current_key ON leader_history (member_id) WHERE upper_inf(period);
COMMENT ON TABLE leader_history IS
    'Kind and stage of every leader, and when they held: one row at a time and no gaps. The first row begins when he was recruited.';
COMMENT ON COLUMN leader_history.kind IS 'Where his buyers come from: his shop, his blog, his neighbours ...; other also when nobody said.';
COMMENT ON COLUMN leader_history.stage IS 'How far he has come: recruited, trained, active, dormant, in this order; stages may be skipped and return.';

CREATE FUNCTION note_leader(member bigint, kind text DEFAULT NULL, stage text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_now timestamptz;
    v_standing leader_history;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(member, 'leader'),
            require_one_of(kind, '{shop_owner,blogger,public_account,foodie_group,community_leader,parent,office_worker,other}', 'kind of leader'),
            require_one_of(stage, '{recruited,trained,active,dormant}', 'stage');
    -- The member's row orders two notes of him; the constraint stands behind it.
    PERFORM FROM members m WHERE m.id = member FOR NO KEY UPDATE;
    SELECT * INTO v_standing FROM leader_history h WHERE h.member_id = member AND upper_inf(h.period);
    IF FOUND AND coalesce(note_leader.kind, v_standing.kind) = v_standing.kind AND coalesce(note_leader.stage, v_standing.stage) = v_standing.stage THEN
        RETURN v_standing.id;
    END IF;
    -- After all that was, also when the clock stepped back.
    v_now := greatest(clock_timestamp(), lower(v_standing.period) + interval '1 us');
    UPDATE leader_history h SET period = tstzrange(lower(h.period), v_now) WHERE h.id = v_standing.id;
    INSERT INTO leader_history AS h (member_id, kind, stage, period)
    VALUES (member, coalesce(note_leader.kind, v_standing.kind, 'other'), coalesce(note_leader.stage, v_standing.stage, 'recruited'), tstzrange(v_now, NULL))
    RETURNING h.id INTO v_id;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION note_leader(bigint, text, text) IS
    'Changes the kind of a leader, his stage, or both from now on; NULL leaves it as it is. The first note recruits him: kind other and stage '
    'recruited unless given. Returns the row of the history that stands. Kinds: shop_owner, blogger, public_account, foodie_group, '
    'community_leader, parent, office_worker, other. Stages: recruited, trained, active, dormant. '
    'Errors: 22004 no member, 22023 another kind or stage, KT303 no such member.';

CREATE FUNCTION leader_funnel(since timestamptz, until timestamptz, kind text DEFAULT NULL)
RETURNS TABLE (stage text, reached bigint, noted bigint, standing bigint, ppm bigint, median_time interval)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 4 SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM require_one_of(kind, '{shop_owner,blogger,public_account,foodie_group,community_leader,parent,office_worker,other}', 'kind of leader');
    IF require(until, 'end') <= require(since, 'beginning') THEN
        RAISE EXCEPTION 'time must end after it begins' USING ERRCODE = '22023', DETAIL = format('It is from %s to %s.', since, until);
    END IF;
    RETURN QUERY
    WITH stages AS (SELECT * FROM unnest('{recruited,trained,active,dormant}'::text[]) WITH ORDINALITY s(stage, place)),
    firsts AS (
        SELECT DISTINCT ON (h.member_id) h.member_id, h.kind, lower(h.period) AS recruited_at
        FROM leader_history h ORDER BY h.member_id, lower(h.period)),
    cohort AS (
        SELECT f.member_id, f.recruited_at FROM firsts f
        WHERE f.recruited_at >= since AND f.recruited_at < until AND f.kind = coalesce(leader_funnel.kind, f.kind)),
    progress AS (
        SELECT s.place, c.member_id, min(lower(h.period)) FILTER (WHERE n.place >= s.place) - c.recruited_at AS after,
               bool_or(n.place = s.place) AS noted, bool_or(n.place = s.place AND upper_inf(h.period)) AS standing
        FROM cohort c JOIN leader_history h ON h.member_id = c.member_id JOIN stages n ON n.stage = h.stage CROSS JOIN stages s
        GROUP BY s.place, c.member_id, c.recruited_at)
    SELECT s.stage, count(p.after), count(*) FILTER (WHERE p.noted), count(*) FILTER (WHERE p.standing),
           round(1000000.0 * count(p.after) / nullif(count(p.member_id), 0))::bigint,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY p.after)
    FROM stages s LEFT JOIN progress p ON p.place = s.place GROUP BY s.stage, s.place ORDER BY s.place;
END
$$;
COMMENT ON FUNCTION leader_funnel(timestamptz, timestamptz, text) IS
    'How far the leaders came who were recruited from since (included) to until (not included), and with a kind only those who were of it '
    'when they were recruited: a row per stage, in order. reached: got to it or to a later one, so a skipped stage counts; '
    'noted: were really noted in it; standing: stand in it now; ppm: those who reached it, in parts per million of all of them, NULL when '
    'there are none; median_time: from being recruited to first reaching it. Dormant is the last stage: who fell dormant at once has '
    'reached all of them, and noted tells him apart. Errors: 22004 null, 22023 no such kind, or a time that is empty.';
