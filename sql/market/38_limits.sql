/*
 * Limits: how much one buyer, household, pickup point or sales leader may have, in a campaign or on a day.
 */

CREATE TABLE limits (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id bigint NOT NULL REFERENCES campaigns,
    item_id     bigint REFERENCES campaign_items,
    scope       text NOT NULL CHECK (scope IN ('buyer', 'household', 'point', 'seller')),
    per_day     boolean NOT NULL,
    units       bigint NOT NULL CHECK (units > 0),
    CONSTRAINT limits_key UNIQUE NULLS NOT DISTINCT (campaign_id, item_id, scope, per_day)
);
COMMENT ON TABLE limits IS 'Units that one subject may have, of an item or of everything in a campaign (item_id NULL), on the whole or on each local day.';
COMMENT ON COLUMN limits.scope IS
    'Whose units are added up. A seller is the sales leader whose link was used, or the supply leader; leaders and stewards are buyers as others are.';

CREATE TABLE limit_uses (
    campaign_id bigint NOT NULL,
    limit_id    bigint NOT NULL,
    subject     bigint NOT NULL,
    day         date NOT NULL,
    units       bigint NOT NULL CHECK (units >= 0),
    PRIMARY KEY (campaign_id, limit_id, subject, day)
);
COMMENT ON TABLE limit_uses IS 'Units that count against a limit so far: those of unpaid orders do, those of cancelled and expired ones do not.';
COMMENT ON COLUMN limit_uses.subject IS 'The buyer, the household''s hash, the pickup point or the seller.';
COMMENT ON COLUMN limit_uses.day IS 'The local day of the order; -infinity where the limit is not by day.';

CREATE FUNCTION put_limit(campaign bigint, item bigint, scope text, per_day boolean, units bigint)
RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_id bigint;
BEGIN
    INSERT INTO limits AS l (campaign_id, item_id, scope, per_day, units)
    VALUES (campaign, item, put_limit.scope, put_limit.per_day, put_limit.units)
    ON CONFLICT ON CONSTRAINT limits_key DO UPDATE SET units = excluded.units
    RETURNING l.id INTO v_id;
    IF item IS NULL THEN
        UPDATE campaigns c SET limited = true WHERE c.id = campaign AND NOT c.limited;
    ELSE
        UPDATE campaign_items i SET limited = true WHERE i.id = item AND NOT i.limited;
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION put_limit(bigint, bigint, text, boolean, bigint) IS 'Internal. Notes a limit and that there is one.';

CREATE FUNCTION set_limit(campaign bigint, units bigint, scope text DEFAULT 'buyer', item bigint DEFAULT NULL, per_day boolean DEFAULT false)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM read_committed();
    PERFORM require_campaign(campaign, '{draft}');
    PERFORM require_between(require(units, 'units'), 1, 1000000000000, 'units'), require(per_day, 'per_day');
    PERFORM require_one_of(require(scope, 'scope'), '{buyer,household,point,seller}', 'scope of a limit');
    IF item IS NOT NULL AND NOT EXISTS (SELECT FROM campaign_items i WHERE i.campaign_id = campaign AND i.id = item) THEN
        RAISE EXCEPTION 'item % does not belong to campaign %', item, campaign USING ERRCODE = 'KT303';
    END IF;
    RETURN put_limit(campaign, item, scope, per_day, units);
END
$$;
COMMENT ON FUNCTION set_limit(bigint, bigint, text, bigint, boolean) IS
    'Limits how many units one buyer, household, pickup point or seller may have in a draft campaign, of one item or (item NULL) of all together, '
    'on the whole or on each local day; in place of the same limit before. Unpaid orders count, cancelled and expired ones give back. '
    'Errors: 22004 null, 22023 out of bounds, KT301 no draft, KT303 no such campaign or item.';

CREATE FUNCTION household_id(household bytea)
RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path FROM CURRENT
AS $$
BEGIN
    IF octet_length(household) NOT BETWEEN 8 AND 64 THEN
        RAISE EXCEPTION 'household must be a hash of between 8 and 64 bytes' USING ERRCODE = '22023', DETAIL = format('It has %s bytes.', octet_length(household));
    END IF;
    RETURN ('x' || encode(CASE octet_length(household) WHEN 8 THEN household ELSE substr(ktt.blake2b(household), 1, 8) END, 'hex'))::bit(64)::bigint;
END
$$;
COMMENT ON FUNCTION household_id(bytea) IS
    'Internal. A household as orders keep it: the application''s hash of the address, folded to 64 bits. Errors: 22023 not between 8 and 64 bytes.';

-- Its body takes the place of the call when a statement is planned.
CREATE FUNCTION limit_subject(scope text, buyer bigint, household bigint, point bigint, seller bigint)
RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE scope WHEN 'buyer' THEN buyer WHEN 'household' THEN household WHEN 'point' THEN point ELSE seller END;
COMMENT ON FUNCTION limit_subject(text, bigint, bigint, bigint, bigint) IS 'Internal. Whose units a limit of this scope adds up.';

CREATE FUNCTION limits_of(
    campaign bigint, items bigint[], units bigint[], buyer bigint, household bigint, point bigint, seller bigint, placed_at timestamptz)
RETURNS TABLE (limit_id bigint, subject bigint, day date, units bigint, most bigint, item bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 4 SET search_path FROM CURRENT
AS $$
    SELECT l.id,
           limit_subject(l.scope, limits_of.buyer, limits_of.household, limits_of.point, limits_of.seller),
           CASE WHEN l.per_day THEN local_day(limits_of.placed_at) ELSE '-infinity' END,
           sum(o.units)::bigint, l.units, l.item_id
    FROM limits l JOIN unnest(limits_of.items, limits_of.units) o(item, units) ON l.item_id IS NULL OR l.item_id = o.item
    WHERE l.campaign_id = limits_of.campaign
    GROUP BY l.id ORDER BY l.id
$$;
COMMENT ON FUNCTION limits_of(bigint, bigint[], bigint[], bigint, bigint, bigint, bigint, timestamptz) IS
    'Internal. The limits that an order counts against, by rising id, with its subject, its day, its units and the most that are allowed.';

CREATE FUNCTION take_limits(
    campaign bigint, items bigint[], units bigint[], buyer bigint, household bigint, point bigint, seller bigint, placed_at timestamptz,
    OUT refused boolean, OUT item bigint)
-- By key: a plan made while a table was empty would read it whole for ever.
LANGUAGE plpgsql SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_bitmapscan = off SET enable_hashjoin = off SET jit = off
AS $$
DECLARE
    v_limit record;
BEGIN
    refused := false;
    FOR v_limit IN SELECT * FROM limits_of(campaign, items, units, buyer, household, point, seller, placed_at) LOOP
        IF v_limit.subject IS NULL THEN
            RAISE EXCEPTION 'household must not be null' USING ERRCODE = '22004', DETAIL = format('Campaign %s has a limit per household.', campaign);
        END IF;
        INSERT INTO limit_uses AS u (campaign_id, limit_id, subject, day, units)
        SELECT campaign, v_limit.limit_id, v_limit.subject, v_limit.day, v_limit.units WHERE v_limit.units <= v_limit.most
        ON CONFLICT (campaign_id, limit_id, subject, day)
            DO UPDATE SET units = u.units + excluded.units WHERE u.units + excluded.units <= v_limit.most;
        IF NOT FOUND THEN
            refused := true;
            item := v_limit.item;
            RETURN;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION take_limits(bigint, bigint[], bigint[], bigint, bigint, bigint, bigint, timestamptz) IS
    'Internal. Counts an order against its limits, by rising id; refused where one is exceeded, with the item that it is about (NULL: the campaign). '
    'The caller undoes what was counted before. Errors: 22004 no household where one is needed.';
