/*
 * Goods: what a supplier sells.
 */

CREATE TABLE skus (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supplier_id bigint NOT NULL REFERENCES members,
    reference   text NOT NULL CHECK (octet_length(reference) BETWEEN 1 AND 256),
    CONSTRAINT skus_supplier_id_reference_key UNIQUE (supplier_id, reference)
);
COMMENT ON TABLE skus IS 'What a supplier sells, under his own article number.';

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
