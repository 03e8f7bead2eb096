-- Not named version: a path with ktt before pg_catalog would lose the server's.
CREATE FUNCTION ktt.library_version() RETURNS text
    AS 'MODULE_PATHNAME', 'ktt_module_version'
    LANGUAGE C STABLE PARALLEL SAFE COST 1;
COMMENT ON FUNCTION ktt.library_version() IS
    'Version of the library that is loaded; compare with pg_extension.extversion.';
