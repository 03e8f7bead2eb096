/*
 * What a supplier offers to which supply leader, at which prices.
 */

CREATE TABLE offers (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku_id          bigint NOT NULL REFERENCES skus,
    supply_leader_id bigint NOT NULL REFERENCES members,
    supply_price    bigint NOT NULL CHECK (supply_price >= 0),
    floor_price     bigint NOT NULL,
    ceiling_price   bigint NOT NULL,
    period          tstzrange NOT NULL CHECK (NOT isempty(period)),
    CONSTRAINT offers_price_check CHECK (supply_price <= floor_price AND floor_price <= ceiling_price),
    CONSTRAINT offers_period_excl EXCLUDE USING gist (sku_id WITH =, supply_leader_id WITH =, period WITH &&)
);
COMMENT ON TABLE offers IS 'At which supply price a supplier gives an article to a supply leader, and between which sale prices it may be sold.';

CREATE FUNCTION offer_sku(
    sku bigint, supply_leader bigint, supply_price bigint,
    floor_price bigint DEFAULT NULL, ceiling_price bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_floor bigint := coalesce(floor_price, supply_price);
    v_ceiling bigint := coalesce(ceiling_price, 9223372036854775807);
    v_now timestamptz;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require(supply_price, 'supply price');
    PERFORM require_member(supply_leader, 'supply leader');
    -- The sku's row orders two offers of it.
    PERFORM FROM skus s WHERE s.id = require(sku, 'sku') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'sku % does not exist', sku USING ERRCODE = 'KT303';
    END IF;
    IF supply_price < 0 OR v_floor < supply_price OR v_ceiling < v_floor THEN
        RAISE EXCEPTION 'prices of an offer must rise from supply price to floor to ceiling'
            USING ERRCODE = 'KT302',
                  DETAIL = format('Supply price is %s, floor is %s, ceiling is %s.', supply_price, v_floor, v_ceiling);
    END IF;
    SELECT o.id INTO v_id FROM offers o
    WHERE o.sku_id = sku AND o.supply_leader_id = supply_leader AND upper_inf(o.period)
      AND (o.supply_price, o.floor_price, o.ceiling_price) = (offer_sku.supply_price, v_floor, v_ceiling);
    IF FOUND THEN
        RETURN v_id;
    END IF;
    SELECT greatest(clock_timestamp(), max(lower(o.period)) + interval '1 us') INTO v_now
    FROM offers o WHERE o.sku_id = sku AND o.supply_leader_id = supply_leader;
    UPDATE offers o SET period = tstzrange(lower(o.period), v_now)
    WHERE o.sku_id = sku AND o.supply_leader_id = supply_leader AND upper_inf(o.period);
    INSERT INTO offers AS o (sku_id, supply_leader_id, supply_price, floor_price, ceiling_price, period)
    VALUES (sku, supply_leader, offer_sku.supply_price, v_floor, v_ceiling, tstzrange(v_now, NULL))
    RETURNING o.id INTO v_id;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION offer_sku(bigint, bigint, bigint, bigint, bigint) IS
    'Offers an article to a supply leader from now on, in place of the offer before. Prices in minor units; the floor is the supply '
    'price unless given, the ceiling none. Items already listed keep their price. Errors: KT302 prices that do not rise, KT303 no such sku or member.';
