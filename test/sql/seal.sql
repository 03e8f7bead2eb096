-- Pickup codes and digests. What a key file does is in test/tap/key_file.pl:
-- here none may be assumed, nor its absence.
\set SHOW_CONTEXT never
SELECT ktt.library_version() = extversion AS same_version FROM pg_extension WHERE extname = 'ktt';

-- codes
SELECT count(*) AS codes, count(DISTINCT code) > 1998 AS different,
       bool_and(code ~ '^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$') AS form,
       bool_and(ktt.normalise_pickup_code(code) = code) AS readable,
       bool_and(ktt.normalise_pickup_code(lower(replace(code, '-', ' '))) = code) AS typed_otherwise
FROM (SELECT ktt.new_pickup_code() AS code FROM generate_series(1, 2000)) c;
-- every symbol occurs in every place
SELECT count(DISTINCT substr(code, i, 1)) AS symbols
FROM (SELECT ktt.new_pickup_code() AS code FROM generate_series(1, 2000) OFFSET 0) c,
     unnest(ARRAY[1, 2, 3, 4, 6, 7, 8, 9]) i
GROUP BY i ORDER BY i;
SELECT typed, ktt.normalise_pickup_code(typed)
FROM (VALUES ('V1RJ-PNCX'), ('vlrj pncx'), (' v i r j - p n c x '), ('v1rjpncx'), ('oooo-OOOO'),
             ('V1RJ-PNCY'), ('V1JR-PNCX'), ('V1RJ-PNC'), ('V1RJ-PNCX0'), ('U1RJ-PNCX'), ('V1RJ_PNCX'),
             (''), ('----'), (NULL), (repeat(' ', 56) || 'V1RJPNCX'), (repeat(' ', 57) || 'V1RJPNCX')) v (typed);

-- a mistyped code has no MAC, and is not repeated
SELECT ktt.pickup_mac('V1RJ-PNCY', '5f3c1f0e-7b1d-4e8e-9d51-3b1a8ad7d1f0');
SELECT ktt.pickup_macs('V1RJ-PNCY', '5f3c1f0e-7b1d-4e8e-9d51-3b1a8ad7d1f0');
SELECT ktt.pickup_mac(NULL, '5f3c1f0e-7b1d-4e8e-9d51-3b1a8ad7d1f0') IS NULL AS no_code,
       ktt.pickup_macs('V1RJ-PNCX', NULL) IS NULL AS no_market;

-- purposes
SELECT ktt.has_key(p) IS NOT NULL AS answered FROM unnest(ARRAY['kek', 'index', 'code', 'link', 'sign']) p;
SELECT ktt.has_key(NULL) IS NULL AS nothing;
SELECT ktt.has_key('secret');
SELECT ktt.has_key('');

-- digests: the vector of RFC 7693's family for 32 bytes, and long input
SELECT ktt.blake2b('abc');
SELECT ktt.blake2b('');
SELECT ktt.blake2b(convert_to(repeat('ktt', 1000000), 'UTF8'));
SELECT ktt.blake2b(NULL) IS NULL AS nothing;

-- nobody makes MACs without a grant, nor sees where the keys lie
CREATE ROLE regress_ktt_seal;
SET ROLE regress_ktt_seal;
SELECT ktt.pickup_mac('V1RJ-PNCX', '5f3c1f0e-7b1d-4e8e-9d51-3b1a8ad7d1f0');
SELECT ktt.pickup_macs('V1RJ-PNCX', '5f3c1f0e-7b1d-4e8e-9d51-3b1a8ad7d1f0');
\set VERBOSITY sqlstate
SHOW ktt.key_file;
\set VERBOSITY default
SET ktt.key_file = '/tmp/mine';
SET ktt.no_such_setting = 1;
RESET ROLE;
SET ktt.key_file = '/tmp/mine';
DROP ROLE regress_ktt_seal;

-- a random code must never be folded into a constant, a MAC never run in a worker
SELECT proname, provolatile, proparallel, proisstrict
FROM pg_proc WHERE pronamespace = 'ktt'::regnamespace
    AND proname IN ('new_pickup_code', 'normalise_pickup_code', 'pickup_mac', 'pickup_macs', 'has_key', 'blake2b')
ORDER BY proname;
