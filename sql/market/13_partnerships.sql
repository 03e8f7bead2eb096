/*
 * Who sells for whom: supply leaders and their sales leaders.
 */

CREATE TABLE partnerships (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supply_leader_id bigint NOT NULL REFERENCES members,
    sales_leader_id bigint NOT NULL REFERENCES members,
    period          tstzrange NOT NULL CHECK (NOT isempty(period)),
    CONSTRAINT partnerships_self_check CHECK (supply_leader_id <> sales_leader_id),
    CONSTRAINT partnerships_period_excl
        EXCLUDE USING gist (supply_leader_id WITH =, sales_leader_id WITH =, period WITH &&),
    CONSTRAINT partnerships_pair_key UNIQUE (id, supply_leader_id, sales_leader_id)
);
CREATE UNIQUE INDEX partnerships_current_key ON partnerships (supply_leader_id, sales_leader_id) WHERE upper_inf(period);
CREATE INDEX partnerships_sales_leader_id_idx ON partnerships (sales_leader_id, supply_leader_id);
COMMENT ON TABLE partnerships IS 'Which sales leader sells for which supply leader, and when: many to many.';
COMMENT ON CONSTRAINT partnerships_pair_key ON partnerships IS 'So that what led to a partnership can point at one of its own pair only.';

CREATE FUNCTION form_partnership(supply_leader bigint, sales_leader bigint)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(supply_leader, 'supply leader');
    PERFORM require_member(sales_leader, 'sales leader');
    IF supply_leader = sales_leader THEN
        RAISE EXCEPTION 'member % cannot be his own sales leader', supply_leader USING ERRCODE = 'KT102';
    END IF;
    LOOP
        SELECT p.id INTO v_id FROM partnerships p
        WHERE p.supply_leader_id = supply_leader AND p.sales_leader_id = sales_leader AND upper_inf(p.period);
        EXIT WHEN FOUND;
        INSERT INTO partnerships AS p (supply_leader_id, sales_leader_id, period)
        SELECT supply_leader, sales_leader, tstzrange(greatest(clock_timestamp(), max(upper(o.period))), NULL)
        FROM partnerships o WHERE o.supply_leader_id = supply_leader AND o.sales_leader_id = sales_leader
        ON CONFLICT DO NOTHING RETURNING p.id INTO v_id;
        EXIT WHEN FOUND;
    END LOOP;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION form_partnership(bigint, bigint) IS
    'Lets a sales leader sell for a supply leader from now on; returns the partnership, the standing one if there is one. '
    'Errors: KT102 with himself, KT303 no such member.';

CREATE FUNCTION end_partnership(supply_leader bigint, sales_leader bigint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM read_committed();
    UPDATE partnerships p SET period = tstzrange(lower(p.period), greatest(clock_timestamp(), lower(p.period) + interval '1 us'))
    WHERE p.supply_leader_id = require(supply_leader, 'supply leader')
      AND p.sales_leader_id = require(sales_leader, 'sales leader') AND upper_inf(p.period);
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION end_partnership(bigint, bigint) IS
    'Ends the standing partnership; campaigns already joined go on. Returns whether there was one.';

-- One table, in the order of its keys: a plan for a page of it reads that page from an index, whichever side is given.
CREATE VIEW partners WITH (security_barrier) AS
SELECT p.supply_leader_id, (SELECT m.reference FROM members m WHERE m.id = p.supply_leader_id) AS supply_leader,
       p.sales_leader_id, (SELECT m.reference FROM members m WHERE m.id = p.sales_leader_id) AS sales_leader,
       p.id AS partnership_id, lower(p.period) AS since
FROM partnerships p WHERE upper_inf(p.period) ORDER BY p.supply_leader_id, p.sales_leader_id;
COMMENT ON VIEW partners IS
    'The partnerships that stand. Read a page by key: WHERE supply_leader_id = ... AND sales_leader_id > the last one read '
    'ORDER BY sales_leader_id LIMIT ..., or the other way round.';

CREATE FUNCTION require_levels(line ktt.chain)
RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    v_levels int := (SELECT s.max_levels FROM settings s);
BEGIN
    IF ktt.depth(line) > v_levels THEN
        RAISE EXCEPTION 'distribution chain % is too deep', line
            USING ERRCODE = 'KT101', DETAIL = format('It would have %s levels, maximum is %s.', ktt.depth(line), v_levels);
    END IF;
END
$$;
COMMENT ON FUNCTION require_levels(ktt.chain) IS 'Internal. Refuses a chain of more levels than the market allows (KT101).';
