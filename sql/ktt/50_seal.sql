-- Codes and digests. Keys come from the file that ktt.key_file names and are
-- never an argument, a result or part of a message. Costs are measured, in calls
-- of int8eq: a look at the key file takes 100 of them, a MAC another 100.

CREATE FUNCTION ktt.has_key(purpose text) RETURNS boolean
    AS 'MODULE_PATHNAME', 'ktt_seal_has_key'
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 100;
COMMENT ON FUNCTION ktt.has_key(text) IS
    'Whether an active key for this purpose (kek, index, code, link, sign) is at hand; false without a key file.';

CREATE FUNCTION ktt.new_pickup_code() RETURNS text
    AS 'MODULE_PATHNAME', 'ktt_seal_code_new'
    LANGUAGE C VOLATILE PARALLEL SAFE COST 40;
COMMENT ON FUNCTION ktt.new_pickup_code() IS
    'A random pickup code XXXX-XXXX: 35 random bits and a check symbol.';

CREATE FUNCTION ktt.normalise_pickup_code(code text) RETURNS text
    AS 'MODULE_PATHNAME', 'ktt_seal_code_normalise'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION ktt.normalise_pickup_code(text) IS
    'The code as it was printed, from what a human typed; NULL when it is mistyped.';

CREATE FUNCTION ktt.pickup_mac(code text, market uuid) RETURNS bytea
    AS 'MODULE_PATHNAME', 'ktt_seal_code_mac'
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 200;
COMMENT ON FUNCTION ktt.pickup_mac(text, uuid) IS
    'What a market stores in place of a pickup code: 4 bytes key id, 16 bytes BLAKE2b under the active code key.';

CREATE FUNCTION ktt.pickup_macs(code text, market uuid) RETURNS bytea[]
    AS 'MODULE_PATHNAME', 'ktt_seal_code_macs'
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 200;
COMMENT ON FUNCTION ktt.pickup_macs(text, uuid) IS
    'What a market may have stored for this code: one MAC for each code key that is active or verify, the active one first.';

-- Whoever can make MACs can try out all codes against a stolen table.
REVOKE EXECUTE ON FUNCTION ktt.pickup_mac(text, uuid), ktt.pickup_macs(text, uuid) FROM PUBLIC;

CREATE FUNCTION ktt.blake2b(message bytea) RETURNS bytea
    AS 'MODULE_PATHNAME', 'ktt_seal_blake2b'
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 30;
COMMENT ON FUNCTION ktt.blake2b(bytea) IS
    'BLAKE2b digest of 32 bytes, without a key.';
