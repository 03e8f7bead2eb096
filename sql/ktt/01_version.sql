CREATE FUNCTION ktt.version() RETURNS text
    AS 'MODULE_PATHNAME', 'ktt_module_version'
    LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION ktt.version() IS
    'Version of the library that is loaded; compare with pg_extension.extversion.';
