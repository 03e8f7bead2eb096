/*
 * Calendars: which settlement a due amount belongs to. A campaign may have one, or a supplier for what he is paid for goods.
 */

CREATE TABLE campaign_calendars (
    campaign_id bigint PRIMARY KEY REFERENCES campaigns,
    calendar_id bigint NOT NULL REFERENCES calendars CHECK (calendar_id <> 1)
);
COMMENT ON TABLE campaign_calendars IS 'Campaigns that are settled, everybody''s part of them, by another calendar than the market''s.';

CREATE TABLE account_calendars (
    account_id  bigint PRIMARY KEY REFERENCES accounts,
    calendar_id bigint NOT NULL REFERENCES calendars CHECK (calendar_id <> 1)
);
COMMENT ON TABLE account_calendars IS 'Accounts that are settled by another calendar than the market''s, in all campaigns that have none of their own.';

CREATE FUNCTION require_calendar(calendar bigint)
RETURNS calendars
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    v_calendar calendars;
BEGIN
    SELECT * INTO v_calendar FROM calendars c WHERE c.id = require(calendar, 'calendar');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'calendar % does not exist', calendar USING ERRCODE = 'KT303';
    END IF;
    RETURN v_calendar;
END
$$;
COMMENT ON FUNCTION require_calendar(bigint) IS 'Internal. Returns a calendar, or refuses one that does not exist (KT303).';

CREATE FUNCTION settled_until(calendar calendars)
RETURNS timestamptz
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$ SELECT coalesce((SELECT max(upper(s.due)) FROM settlements s WHERE s.calendar_id = calendar.id), calendar.starts_at) $$;
COMMENT ON FUNCTION settled_until(calendars) IS 'Internal. The end of a calendar''s last window, or where its first one starts; NULL is the beginning.';

CREATE FUNCTION settled_by(calendar bigint, OUT campaigns bigint[], OUT elsewhere bigint[], OUT accounts bigint[])
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT ARRAY(SELECT c.campaign_id FROM campaign_calendars c WHERE c.calendar_id = calendar ORDER BY 1),
           ARRAY(SELECT c.campaign_id FROM campaign_calendars c ORDER BY 1),
           ARRAY(SELECT a.account_id FROM account_calendars a WHERE a.calendar_id = calendar OR calendar = 1 ORDER BY 1)
$$;
COMMENT ON FUNCTION settled_by(bigint) IS 'Internal. What a calendar settles, as a settlement keeps it.';

CREATE FUNCTION settled_shares(target settlements, campaign bigint, shares ktt.shares)
RETURNS ktt.shares
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN campaign = ANY (target.campaigns) THEN shares
            WHEN campaign = ANY (target.elsewhere) THEN '{}'
            WHEN target.calendar_id = 1 THEN shares OPERATOR(ktt.-) ktt.slice(shares, target.accounts)
            ELSE ktt.slice(shares, target.accounts) END;
COMMENT ON FUNCTION settled_shares(settlements, bigint, ktt.shares) IS 'Internal. What a settlement takes of one order or refund of a campaign that is due in its window.';

CREATE FUNCTION create_calendar(name text, every text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_calendar calendars;
BEGIN
    PERFORM read_committed(), require_reference(name, 'name'), require_one_of(every, '{day,week,month}', 'every');
    INSERT INTO calendars (name, every) VALUES (create_calendar.name, create_calendar.every) ON CONFLICT DO NOTHING RETURNING * INTO v_calendar;
    IF NOT FOUND THEN
        SELECT * INTO STRICT v_calendar FROM calendars c WHERE c.name = create_calendar.name;
        IF v_calendar.every IS DISTINCT FROM create_calendar.every THEN
            RAISE EXCEPTION 'calendar "%" already exists with other windows', left(name, 64) USING ERRCODE = 'KT010';
        END IF;
    END IF;
    RETURN v_calendar.id;
END
$$;
COMMENT ON FUNCTION create_calendar(text, text) IS
    'Makes a calendar of settlements under a name and returns its id; the same again gives the same. Its windows end with the day, week or month of the market''s '
    'time zone, or whenever one is opened (NULL). Errors: 22023 other windows than these, KT010 same name with others.';

CREATE FUNCTION align_calendars(ids bigint[])
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_new bigint[] := ARRAY(
        SELECT c.id FROM calendars c
        WHERE c.id = ANY (ids) AND c.id <> 1 AND NOT EXISTS (SELECT FROM settlements s WHERE s.calendar_id = c.id)
          AND NOT EXISTS (SELECT FROM campaign_calendars x WHERE x.calendar_id = c.id) AND NOT EXISTS (SELECT FROM account_calendars x WHERE x.calendar_id = c.id));
    v_open text := (SELECT min(c.name) FROM settlements s JOIN calendars c ON c.id = s.calendar_id WHERE c.id = ANY (ids) AND s.posted_at IS NULL);
    v_ends timestamptz[] := ARRAY(SELECT DISTINCT settled_until(c) FROM calendars c WHERE c.id = ANY (ids) AND c.id <> ALL (v_new));
BEGIN
    IF v_open IS NOT NULL THEN
        RAISE EXCEPTION 'a settlement of calendar "%" is open', v_open USING ERRCODE = 'KT301', HINT = 'Post it first.';
    ELSIF cardinality(v_ends) > 1 THEN
        -- Else something due between the ends would be settled never, or twice.
        RAISE EXCEPTION 'calendars are not settled up to the same time'
            USING ERRCODE = 'KT301',
                  DETAIL = (SELECT string_agg(format('"%s" is settled up to %s.', c.name, coalesce(settled_until(c)::text, 'nowhere')), ' ' ORDER BY c.id)
                            FROM calendars c WHERE c.id = ANY (ids) AND c.id <> ALL (v_new)),
                  HINT = 'Settle those that are behind up to the end of the others: open_settlement(until, calendar).';
    END IF;
    UPDATE calendars c SET starts_at = v_ends[1] WHERE c.id = ANY (v_new);
END
$$;
COMMENT ON FUNCTION align_calendars(bigint[]) IS
    'Internal. Calendars between which something may move: all settled up to the same time, or not used yet, then they start there. The caller holds due_gate and '
    'settlements. Errors: KT301 they are not, or one has an open window.';

CREATE FUNCTION set_campaign_calendar(campaign bigint, calendar bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_was bigint;
BEGIN
    PERFORM read_committed();
    LOCK TABLE due_gate IN SHARE MODE;
    LOCK TABLE settlements IN SHARE ROW EXCLUSIVE MODE;
    PERFORM require_campaign(campaign, '{draft,open,closed,succeeded,failed,cancelled}');
    v_was := coalesce((SELECT c.calendar_id FROM campaign_calendars c WHERE c.campaign_id = campaign), 1);
    PERFORM require_calendar(calendar);
    IF v_was <> calendar THEN
        -- Between the market's calendar and another the parts of suppliers move as well, from or to theirs.
        PERFORM align_calendars(ARRAY[v_was, calendar] || CASE WHEN 1 IN (v_was, calendar) THEN ARRAY(SELECT a.calendar_id FROM account_calendars a) ELSE '{}' END);
        DELETE FROM campaign_calendars c WHERE c.campaign_id = campaign;
        INSERT INTO campaign_calendars (campaign_id, calendar_id) SELECT campaign, calendar WHERE calendar <> 1;
    END IF;
END
$$;
COMMENT ON FUNCTION set_campaign_calendar(bigint, bigint) IS
    'Lets a campaign be settled by a calendar, everybody''s part of it; 1 is the market''s. The calendars must be settled up to the same time, those of suppliers too, or the new one be new. '
    'Errors: KT301 they are not, or one has an open window, KT303 no such campaign or calendar.';

CREATE FUNCTION set_supplier_calendar(supplier bigint, calendar bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_account bigint;
    v_was bigint;
BEGIN
    PERFORM read_committed();
    LOCK TABLE due_gate IN SHARE MODE;
    LOCK TABLE settlements IN SHARE ROW EXCLUSIVE MODE;
    PERFORM require_member(supplier, 'supplier');
    v_account := open_account(supplier, 'goods');
    v_was := coalesce((SELECT a.calendar_id FROM account_calendars a WHERE a.account_id = v_account), 1);
    PERFORM require_calendar(calendar);
    IF v_was <> calendar THEN
        PERFORM align_calendars(ARRAY[v_was, calendar]);
        DELETE FROM account_calendars a WHERE a.account_id = v_account;
        INSERT INTO account_calendars (account_id, calendar_id) SELECT v_account, calendar WHERE calendar <> 1;
    END IF;
END
$$;
COMMENT ON FUNCTION set_supplier_calendar(bigint, bigint) IS
    'Lets what a supplier is paid for goods be settled by a calendar, in all campaigns that have none of their own; 1 is the market''s. The calendars must be settled '
    'up to the same time, or the new one be new. Errors: KT301 they are not, or one has an open window, KT303 no such member or calendar.';
