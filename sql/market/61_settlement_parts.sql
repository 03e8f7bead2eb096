/*
 * A very large window in parts: each committed by itself, by any number of sessions, resumed where it stopped. The journal is the same.
 */

CREATE TABLE settlement_parts (
    settlement_id bigint NOT NULL REFERENCES settlements,
    part        int NOT NULL CHECK (part > 0),
    due         tstzrange NOT NULL CHECK (NOT isempty(due)),
    shares      ktt.shares,
    orders      bigint,
    refunds     bigint,
    summed_at   timestamptz,
    PRIMARY KEY (settlement_id, part),
    CONSTRAINT settlement_parts_window_excl EXCLUDE USING gist (settlement_id WITH =, due WITH &&),
    CONSTRAINT settlement_parts_summed_check CHECK (num_nulls(shares, orders, refunds, summed_at) IN (0, 4))
);
COMMENT ON TABLE settlement_parts IS 'Windows within the window of a settlement, without gaps, and what each of them comes to.';

CREATE FUNCTION part_settlement(settlement bigint, parts int)
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_settlement settlements;
    v_made int;
BEGIN
    PERFORM read_committed(), require_between(require(parts, 'parts'), 1, 10000, 'parts');
    SELECT * INTO v_settlement FROM settlements s WHERE s.id = require(settlement, 'settlement') FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'settlement % does not exist', settlement USING ERRCODE = 'KT303';
    END IF;
    SELECT count(*) INTO v_made FROM settlement_parts p WHERE p.settlement_id = settlement;
    IF v_made = 0 AND v_settlement.posted_at IS NULL THEN
        -- Of about the same number of orders; where many are due at once there are fewer parts.
        INSERT INTO settlement_parts (settlement_id, part, due)
        SELECT settlement, row_number() OVER w, tstzrange(lag(e.at, 1, lower(v_settlement.due)) OVER w, e.at, '(]')
        FROM (SELECT unnest(percentile_disc(ARRAY(SELECT n / parts::float8 FROM generate_series(1, parts - 1) n)) WITHIN GROUP (ORDER BY o.due_at)) AS at
              FROM orders o WHERE o.due_at > coalesce(lower(v_settlement.due), '-infinity') AND o.due_at < upper(v_settlement.due)
              UNION
              SELECT upper(v_settlement.due)) e
        WHERE e.at IS NOT NULL
        WINDOW w AS (ORDER BY e.at);
        GET DIAGNOSTICS v_made = ROW_COUNT;
    END IF;
    RETURN v_made;
END
$$;
COMMENT ON FUNCTION part_settlement(bigint, int) IS
    'Divides the window of a settlement into at most so many parts of about the same number of orders, and returns how many there are; divided before, it stays as it is. '
    'sum_part() sums them, post_settlement() posts. Errors: 22023 parts out of bounds, KT303 no such settlement.';

CREATE FUNCTION sum_part(settlement bigint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_settlement settlements;
    v_part settlement_parts;
    v_sum due_sum;
BEGIN
    PERFORM read_committed();
    SELECT * INTO v_settlement FROM settlements s WHERE s.id = require(settlement, 'settlement');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'settlement % does not exist', settlement USING ERRCODE = 'KT303';
    END IF;
    WHILE v_part.part IS NULL LOOP
        -- One that nobody is at; or else one that somebody is, who may give it up.
        SELECT * INTO v_part FROM settlement_parts p WHERE p.settlement_id = settlement AND p.summed_at IS NULL ORDER BY p.part LIMIT 1 FOR UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
            SELECT * INTO v_part FROM settlement_parts p WHERE p.settlement_id = settlement AND p.summed_at IS NULL ORDER BY p.part LIMIT 1 FOR UPDATE;
        END IF;
        IF NOT FOUND AND NOT EXISTS (SELECT FROM settlement_parts p WHERE p.settlement_id = settlement AND p.summed_at IS NULL) THEN
            RETURN false;
        END IF;
    END LOOP;
    v_sum := sum_due(v_settlement, v_part.due);
    UPDATE settlement_parts p SET shares = v_sum.shares, orders = v_sum.orders, refunds = v_sum.refunds, summed_at = clock_timestamp()
    WHERE p.settlement_id = settlement AND p.part = v_part.part;
    RETURN true;
END
$$;
COMMENT ON FUNCTION sum_part(bigint) IS
    'Sums the next part of a settlement that nobody has summed or is summing, and returns whether there was one. Errors: KT303 no such settlement.';

CREATE VIEW settlement_progress WITH (security_barrier) AS
SELECT s.id AS settlement_id, c.name AS calendar, s.opened_at, s.posted_at, count(p.part) AS parts, count(p.summed_at) AS summed,
       sum(p.orders)::bigint AS orders, max(p.summed_at) AS last_at
FROM settlements s JOIN calendars c ON c.id = s.calendar_id LEFT JOIN settlement_parts p ON p.settlement_id = s.id
GROUP BY s.id, c.name;
COMMENT ON VIEW settlement_progress IS 'How far each settlement is: its parts (none: in one go), how many of them are summed, the orders in those, and when the last one was.';

-- It commits, so it can have no path of its own, and names what it calls in full.
DO $do$
BEGIN
    EXECUTE format($sql$
        CREATE PROCEDURE settle_calendar(until timestamptz DEFAULT NULL, calendar bigint DEFAULT 1, parts int DEFAULT 16)
        LANGUAGE plpgsql
        AS $$
        DECLARE
            v_settlement bigint := %1$s.open_settlement(until, calendar);
            v_done record;
        BEGIN
            COMMIT;
            IF v_settlement IS NULL THEN
                RAISE NOTICE 'nothing is due';
                RETURN;
            END IF;
            PERFORM %1$s.part_settlement(v_settlement, parts);
            COMMIT;
            WHILE %1$s.sum_part(v_settlement) LOOP
                COMMIT;
                SELECT p.summed, p.parts, p.orders INTO v_done FROM %1$s.settlement_progress p WHERE p.settlement_id = v_settlement;
                RAISE NOTICE 'settlement %%: %% of %% parts, %% orders', v_settlement, v_done.summed, v_done.parts, v_done.orders;
            END LOOP;
            PERFORM %1$s.post_settlement(v_settlement);
            COMMIT;
        END
        $$ $sql$, quote_ident(current_schema()));
END
$do$;
COMMENT ON PROCEDURE settle_calendar(timestamptz, bigint, int) IS
    'Settles a calendar (the market''s unless given) up to a time (now unless given) in parts, each committed by itself; CALL it outside a transaction. It shows how far it is, '
    'goes on where an earlier call stopped, and shares the work with calls in other sessions. Errors: as open_settlement(), part_settlement() and post_settlement().';
