/*
 * Goods: what a supplier sells, and where it may be handed out.
 */

CREATE TABLE skus (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supplier_id     bigint NOT NULL REFERENCES members,
    reference       text NOT NULL CHECK (octet_length(reference) BETWEEN 1 AND 256),
    unit            text NOT NULL DEFAULT 'piece' CHECK (octet_length(unit) BETWEEN 1 AND 256),
    case_size       int NOT NULL DEFAULT 1 CHECK (case_size BETWEEN 1 AND 1000000),
    weight          bigint CHECK (weight BETWEEN 1 AND 1000000000),
    catch_weight    boolean NOT NULL DEFAULT false,
    category        text CHECK (octet_length(category) BETWEEN 1 AND 256),
    reference_price bigint CHECK (reference_price BETWEEN 1 AND 1000000000000),
    area            ktt.area,
    bounded         boolean NOT NULL DEFAULT false,
    CONSTRAINT skus_supplier_id_reference_key UNIQUE (supplier_id, reference),
    CONSTRAINT skus_catch_weight_check CHECK (weight IS NOT NULL OR NOT catch_weight),
    CONSTRAINT skus_bounded_check CHECK (bounded OR area IS NULL)
);
COMMENT ON TABLE skus IS 'What a supplier sells, under his own article number.';
COMMENT ON COLUMN skus.unit IS 'What one unit is: a piece, a bag of 5 kg. Prices, stock and orders count units.';
COMMENT ON COLUMN skus.case_size IS 'Units in a case, in which the supplier delivers.';
COMMENT ON COLUMN skus.weight IS 'Grams of one unit, NULL when not known; what it should weigh where it is billed as weighed.';
COMMENT ON COLUMN skus.catch_weight IS 'Whether the weight varies and is billed as weighed.';
COMMENT ON COLUMN skus.category IS 'The application''s own name of a group of goods, for rates; NULL is none.';
COMMENT ON COLUMN skus.reference_price IS 'What others ask for a unit, in minor units; NULL when not known.';
COMMENT ON COLUMN skus.area IS 'The pickup points where it may be handed out lie in this area; NULL is anywhere.';
COMMENT ON COLUMN skus.bounded IS 'Whether there is an area or a list of communities at all: most goods go everywhere, and their orders need not look.';

CREATE TABLE sku_communities (
    sku_id          bigint NOT NULL REFERENCES skus,
    community_id    bigint NOT NULL REFERENCES communities,
    PRIMARY KEY (sku_id, community_id)
);
COMMENT ON TABLE sku_communities IS 'The communities whose pickup points may hand out a sku; all of them for a sku that is not listed.';

CREATE FUNCTION add_sku(supplier bigint, reference text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(supplier, 'supplier');
    PERFORM open_account(supplier, 'goods'), assume_role(supplier, 'supplier');
    INSERT INTO skus AS s (supplier_id, reference) VALUES (supplier, require_reference(add_sku.reference, 'reference'))
    ON CONFLICT DO NOTHING RETURNING s.id INTO v_id;
    IF NOT FOUND THEN
        SELECT s.id INTO STRICT v_id FROM skus s WHERE s.supplier_id = supplier AND s.reference = add_sku.reference;
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION add_sku(bigint, text) IS
    'Adds an article of a supplier, who has that role from then on, and returns its id; the same article number gives the same id again. '
    'Errors: KT303 no such member.';

CREATE FUNCTION require_sku(sku bigint)
RETURNS skus
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_sku skus;
BEGIN
    SELECT s.* INTO v_sku FROM skus s WHERE s.id = require(sku, 'sku') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'sku % does not exist', sku USING ERRCODE = 'KT303';
    END IF;
    RETURN v_sku;
END
$$;
COMMENT ON FUNCTION require_sku(bigint) IS 'Internal. Locks and returns a sku, or refuses one that does not exist (KT303).';

CREATE FUNCTION describe_sku(
    sku bigint, unit text DEFAULT NULL, case_size int DEFAULT NULL, weight bigint DEFAULT NULL,
    catch_weight boolean DEFAULT NULL, category text DEFAULT NULL, reference_price bigint DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_sku skus;
BEGIN
    PERFORM read_committed();
    PERFORM require_between(octet_length(unit), 1, 256, 'bytes of the unit'), require_between(case_size, 1, 1000000, 'case size'),
            require_between(weight, 1, 1000000000, 'weight'), require_between(octet_length(category), 1, 256, 'bytes of the category'),
            require_between(reference_price, 1, 1000000000000, 'reference price');
    v_sku := require_sku(sku);
    IF coalesce(catch_weight, v_sku.catch_weight) AND coalesce(weight, v_sku.weight) IS NULL THEN
        RAISE EXCEPTION 'sku % cannot be billed as weighed without a weight', sku
            USING ERRCODE = '22023', HINT = 'The weight is what a unit should weigh, in grams.';
    END IF;
    UPDATE skus s
       SET unit = coalesce(describe_sku.unit, s.unit),
           case_size = coalesce(describe_sku.case_size, s.case_size),
           weight = coalesce(describe_sku.weight, s.weight),
           catch_weight = coalesce(describe_sku.catch_weight, s.catch_weight),
           category = coalesce(describe_sku.category, s.category),
           reference_price = coalesce(describe_sku.reference_price, s.reference_price)
     WHERE s.id = sku;
END
$$;
COMMENT ON FUNCTION describe_sku(bigint, text, int, bigint, boolean, text, bigint) IS
    'Says what a unit of a sku is, how many are in a case, what one weighs in grams and whether it is billed as weighed, the category that '
    'rates may name, and what others ask for a unit in minor units. NULL leaves what was said before. '
    'Errors: 22023 out of bounds, or billed as weighed without a weight, KT303 no such sku.';

CREATE FUNCTION set_sales_area(sku bigint, area ktt.area DEFAULT NULL, communities bigint[] DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_unknown bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_sku(sku);
    IF cardinality(communities) = 0 THEN
        RAISE EXCEPTION 'communities must not be empty'
            USING ERRCODE = '22023', HINT = 'NULL is all of them; a sku that is sold nowhere is not offered.';
    END IF;
    SELECT require(u.id, 'community') INTO v_unknown FROM unnest(communities) u(id)
    WHERE NOT EXISTS (SELECT FROM communities c WHERE c.id = u.id) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'community % does not exist', v_unknown USING ERRCODE = 'KT303';
    END IF;
    DELETE FROM sku_communities k WHERE k.sku_id = sku AND (k.community_id = ANY (communities)) IS NOT TRUE;
    INSERT INTO sku_communities (sku_id, community_id) SELECT DISTINCT sku, u.id FROM unnest(communities) u(id)
    ON CONFLICT DO NOTHING;
    UPDATE skus s SET area = set_sales_area.area, bounded = set_sales_area.area IS NOT NULL OR communities IS NOT NULL WHERE s.id = sku;
    UPDATE campaign_items i SET bounded = s.bounded FROM skus s WHERE s.id = sku AND i.sku_id = s.id AND i.bounded <> s.bounded;
END
$$;
COMMENT ON FUNCTION set_sales_area(bigint, ktt.area, bigint[]) IS
    'Says at which pickup points a sku may be handed out, in place of what was said before: those in an area, or of some communities, or both '
    'where both are given; everywhere when neither is. It holds at once, also for items listed before; orders already placed are not touched. '
    'Errors: 22004 a community is null, 22023 an empty list, 23514 an empty area, KT303 no such sku or community.';

CREATE FUNCTION in_sales_area(sku bigint, point bigint)
RETURNS boolean
LANGUAGE sql STABLE SET search_path FROM CURRENT
AS $$
    SELECT EXISTS (
        SELECT FROM skus s JOIN pickup_points p ON p.id = in_sales_area.point
        WHERE s.id = in_sales_area.sku
          AND (s.area IS NULL OR ktt.covers(s.area, p.location))
          AND (NOT EXISTS (SELECT FROM sku_communities k WHERE k.sku_id = s.id)
               OR EXISTS (SELECT FROM sku_communities k WHERE k.sku_id = s.id AND k.community_id = p.community_id)))
$$;
COMMENT ON FUNCTION in_sales_area(bigint, bigint) IS
    'Internal. Whether a pickup point may hand out a sku: it lies in the sku''s area and in one of its communities, where those are given.';

CREATE FUNCTION verify_skus()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path FROM CURRENT
AS $$
    SELECT 'skus know whether they have a sales area', count(*), count(*) FILTER (WHERE NOT c.ok), min(c.id) FILTER (WHERE NOT c.ok)::text
    FROM (SELECT s.id, s.bounded = (s.area IS NOT NULL OR EXISTS (SELECT FROM sku_communities k WHERE k.sku_id = s.id)) AS ok FROM skus s) c
$$;
COMMENT ON FUNCTION verify_skus() IS 'The invariants of skus, for verify().';
