/*
 * Orders in bulk: one call, one transaction, an outcome for each.
 */

CREATE TABLE bulk_gate ();
COMMENT ON TABLE bulk_gate IS 'Always empty. One bulk intake at a time: two that hold many rows could wait for each other.';

CREATE TYPE order_request AS (
    campaign bigint, buyer bigint, items bigint[], units bigint[], request text, seller bigint, point bigint,
    longitude double precision, latitude double precision, household bytea, channel text, note text
);
COMMENT ON TYPE order_request IS 'An order of place_orders(), as the keys of a JSON object.';

CREATE FUNCTION read_order(request jsonb)
RETURNS order_request
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    v_key record;
BEGIN
    IF jsonb_typeof(request) <> 'object' THEN
        RAISE EXCEPTION 'order must be an object' USING ERRCODE = '22023', DETAIL = format('It is %s.', jsonb_typeof(request));
    END IF;
    -- Key by key, to name the one that is wrong.
    FOR v_key IN
        SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type
        FROM pg_type t JOIN pg_attribute a ON a.attrelid = t.typrelid AND a.attnum > 0 WHERE t.oid = 'order_request'::regtype ORDER BY a.attnum
    LOOP
        BEGIN
            PERFORM jsonb_populate_record(NULL::order_request, jsonb_build_object(v_key.name, request -> v_key.name));
        EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
            RAISE EXCEPTION '% of an order must be of type %', v_key.name, v_key.type USING ERRCODE = SQLSTATE;
        END;
    END LOOP;
    RETURN jsonb_populate_record(NULL::order_request, request);
END
$$;
COMMENT ON FUNCTION read_order(jsonb) IS
    'Internal. An order of place_orders(), or what is wrong with it: no object (22023), or the key whose value is not of its type, with the code of that.';

CREATE FUNCTION place_orders(orders jsonb[])
RETURNS TABLE (ordinal int, outcome text, order_id bigint, amount bigint, pickup_point bigint, code text, item bigint, error_code text, error text)
LANGUAGE plpgsql SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT
AS $$
DECLARE
    v_requests order_request[];
    v_request order_request;
    v_placed record;
BEGIN
    PERFORM read_committed();
    IF cardinality(require(orders, 'orders')) > 10000 THEN
        RAISE EXCEPTION 'at most 10000 orders can be placed at once' USING ERRCODE = '54000', DETAIL = format('There are %s.', cardinality(orders));
    END IF;
    -- A plain list, whatever its bounds and dimensions were.
    orders := ARRAY(SELECT o.request FROM unnest(orders) WITH ORDINALITY o(request, n) ORDER BY o.n);
    LOCK TABLE bulk_gate IN EXCLUSIVE MODE;
    -- The gate before any row, as every order has it: who closes it may want the same rows.
    LOCK TABLE order_gate IN ROW EXCLUSIVE MODE;
    BEGIN
        SELECT array_agg(jsonb_populate_record(NULL::order_request, o.request) ORDER BY o.n) INTO v_requests
        FROM unnest(orders) WITH ORDINALITY o(request, n);
    EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
        -- One cannot be read: each by itself then, so that the others are placed.
        FOR n IN 1 .. cardinality(orders) LOOP
            BEGIN
                v_requests[n] := jsonb_populate_record(NULL::order_request, orders[n]);
            EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
                v_requests[n] := NULL;
            END;
        END LOOP;
    END;
    PERFORM hold_rows(array_agg(r.campaign), array_agg(l.item), array_agg(r.buyer),
                      array_agg(CASE WHEN octet_length(r.household) BETWEEN 8 AND 64 THEN household_id(r.household) END), array_agg(r.point),
                      array_agg(r.seller))
    FROM unnest(v_requests) r CROSS JOIN LATERAL unnest(r.items) l(item);
    FOR n IN 1 .. cardinality(orders) LOOP
        ordinal := n;
        outcome := 'error';
        order_id := NULL; amount := NULL; pickup_point := NULL; code := NULL; item := NULL; error_code := NULL; error := NULL;
        v_request := v_requests[n];
        BEGIN
            IF v_request IS NULL THEN
                -- Says what is wrong with it.
                v_request := read_order(orders[n]);
            END IF;
            -- An expression, not a statement: no plan to start for every order.
            v_placed := place_order(v_request.campaign, v_request.buyer, v_request.items, v_request.units, v_request.request, v_request.seller, v_request.point,
                                    CASE WHEN num_nonnulls(v_request.longitude, v_request.latitude) > 0 THEN ktt.location(v_request.longitude, v_request.latitude) END,
                                    v_request.household, v_request.channel, v_request.note);
            outcome := v_placed.outcome;
            order_id := v_placed.order_id;
            amount := v_placed.amount;
            pickup_point := v_placed.pickup_point;
            code := v_placed.code;
            item := v_placed.item;
        EXCEPTION WHEN OTHERS THEN
            -- What is wrong with the order is its own outcome; what is wrong with the server ends the call.
            IF left(SQLSTATE, 2) NOT IN ('22', '23', '54', 'KT') OR left(SQLSTATE, 3) = 'KT5' THEN
                RAISE;
            END IF;
            outcome := 'error';
            error_code := SQLSTATE;
            error := SQLERRM;
        END;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION place_orders(jsonb[]) IS
    'Places up to 10000 orders in one transaction and returns an outcome for each: what place_order() says, or error with code and message when an order is '
    'broken; the others are placed all the same. Each is an object with campaign, buyer, items, units, request, and where wanted seller, point, '
    'longitude and latitude, household (hex, \x first), channel, note. They are served in their order; a repeated call gives the first outcomes again. One bulk call runs at a time, '
    'and never ends in a deadlock with single orders. Errors: 0A000 not READ COMMITTED, 22004 null, 54000 more than 10000.';
