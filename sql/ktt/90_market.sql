/*
 * The stored-logic backend. Its text (sql/market) stands inside create_market(),
 * so that a market is made of plain objects owned by whoever calls it.
 */

CREATE FUNCTION ktt.create_market(schema name DEFAULT 'market')
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET client_min_messages = warning
AS $ktt_create$
BEGIN
    IF schema IS NULL THEN
        RAISE EXCEPTION 'schema must not be null' USING ERRCODE = '22004';
    END IF;
    EXECUTE format('CREATE SCHEMA %I', schema);
    -- Every function of the market pins this path (SET search_path FROM CURRENT).
    PERFORM set_config('search_path', format('%I, ktt, pg_catalog, pg_temp', schema), true);
    IF current_schema() IS DISTINCT FROM schema THEN
        -- "$user" means the current role in a path, quoted or not.
        RAISE EXCEPTION 'schema "%" cannot stand on a search path', schema
            USING ERRCODE = '22023', HINT = 'Choose another name.';
    END IF;
    EXECUTE $ktt_market$
@market_sql@
$ktt_market$;
END
$ktt_create$;
COMMENT ON FUNCTION ktt.create_market(name) IS
    'Makes a market: tables, views and functions in a new schema, owned by the caller, who needs CREATE on the database '
    'and no more. Several markets can stand in one database. Errors: 22023 a name that a search path replaces, 42P06 when the schema exists.';

CREATE FUNCTION ktt.upgrade_market(schema name DEFAULT 'market')
RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $ktt_upgrade$
DECLARE
    v_layout text;
BEGIN
    IF schema IS NULL THEN
        RAISE EXCEPTION 'schema must not be null' USING ERRCODE = '22004';
    ELSIF to_regclass(format('%I.settings', schema)) IS NULL THEN
        RAISE EXCEPTION 'there is no market in schema "%"', schema
            USING ERRCODE = 'KT303', HINT = 'Make one with ktt.create_market().';
    END IF;
    EXECUTE format('SELECT version FROM %I.settings', schema) INTO v_layout;
    IF v_layout <> ktt.library_version() THEN
        RAISE EXCEPTION 'market "%" has version %, the library has version %', schema, v_layout, ktt.library_version()
            USING ERRCODE = 'KT001',
                  DETAIL = 'No upgrade steps lead from the one to the other.',
                  HINT = 'Install the version of ktt that made the market.';
    END IF;
    RETURN v_layout;
END
$ktt_upgrade$;
COMMENT ON FUNCTION ktt.upgrade_market(name) IS
    'Brings a market to the version of the library and returns that version; a market of the same version is left as it is. '
    'Errors: KT001 when no upgrade steps lead there, KT303 when the schema holds no market.';
