-- docs/reference.md, written from the comments in the catalog.
SET client_min_messages = warning;
CREATE EXTENSION ktt CASCADE;
SELECT to_regprocedure('ktt.create_market(name)') IS NOT NULL AS has_market \gset
\if :has_market
SELECT ktt.create_market() \g /dev/null
\endif
LOAD 'ktt';
-- Names are printed short where the path finds them.
SET search_path = ktt, pg_catalog, public;

CREATE FUNCTION pg_temp.entry(signature text, meaning text) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN '- `' || signature || '`' || coalesce(E'  \n  ' || meaning, '');

-- Functions that only serve a type, an operator, an index or an aggregate are
-- not called by name.
CREATE TEMP VIEW called AS
SELECT p.oid, p.pronamespace, p.proname, p.prokind, p.prorettype,
       p.proname || '(' || pg_get_function_arguments(p.oid) || ') → ' || pg_get_function_result(p.oid) AS signature,
       obj_description(p.oid, 'pg_proc') AS meaning
FROM pg_proc p
WHERE p.prokind <> 'p'
  AND NOT EXISTS (SELECT FROM pg_operator o WHERE o.oprcode = p.oid)
  AND NOT EXISTS (SELECT FROM pg_type t WHERE p.oid IN
        (t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout, t.typsubscript))
  AND NOT EXISTS (SELECT FROM pg_amproc a WHERE a.amproc = p.oid)
  AND NOT EXISTS (SELECT FROM pg_aggregate a WHERE p.oid IN
        (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn))
  AND NOT EXISTS (SELECT FROM pg_cast c WHERE c.castfunc = p.oid AND c.castsource = c.casttarget)
  AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype);

\qecho # Reference
\qecho
\qecho 'Written by `make docs` from the comments in the catalog; `make check` fails when it is out of date.'
\qecho
\qecho ## Schema ktt: values and functions
\qecho
\qecho ### Types
\qecho
SELECT pg_temp.entry(format_type(t.oid, NULL), obj_description(t.oid, 'pg_type'))
FROM pg_type t
WHERE t.typnamespace = 'ktt'::regnamespace AND t.typtype IN ('b', 'd', 'e') AND t.typcategory <> 'A'
ORDER BY t.typname COLLATE "C";

\qecho
\qecho ### Functions
\qecho
SELECT pg_temp.entry(signature, meaning)
FROM called
WHERE pronamespace = 'ktt'::regnamespace AND prokind = 'f'
ORDER BY proname COLLATE "C", signature COLLATE "C";

\qecho
\qecho ### Aggregates
\qecho
SELECT pg_temp.entry(signature, meaning)
FROM called
WHERE pronamespace = 'ktt'::regnamespace AND prokind = 'a'
ORDER BY proname COLLATE "C", signature COLLATE "C";

\qecho
\qecho ### Operators
\qecho
SELECT pg_temp.entry(
         concat_ws(' ', nullif(o.oprleft, 0)::regtype, o.oprname, o.oprright::regtype, '→', o.oprresult::regtype),
         coalesce(obj_description(o.oid, 'pg_operator'), obj_description(o.oprcode, 'pg_proc')))
FROM pg_operator o
WHERE o.oprnamespace = 'ktt'::regnamespace
ORDER BY coalesce(nullif(o.oprleft, 0), o.oprright)::regtype::text COLLATE "C",
         o.oprname COLLATE "C", o.oprleft = 0, o.oprleft::regtype::text COLLATE "C", o.oprright::regtype::text COLLATE "C";

\qecho
\qecho ### Casts
\qecho
SELECT pg_temp.entry(
         format('%s → %s', c.castsource::regtype, c.casttarget::regtype)
           || CASE c.castcontext WHEN 'i' THEN ' (implicit)' WHEN 'a' THEN ' (in assignments)' ELSE '' END,
         obj_description(c.oid, 'pg_cast'))
FROM pg_cast c
JOIN pg_depend d ON d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'ktt'
WHERE c.castsource <> c.casttarget
ORDER BY c.castsource::regtype::text COLLATE "C", c.casttarget::regtype::text COLLATE "C";

\qecho
\qecho ### Index support
\qecho
SELECT pg_temp.entry(
         format('%s (%s)%s', c.opcname, a.amname, CASE WHEN c.opcdefault THEN ', default for ' ELSE ', for ' END || c.opcintype::regtype),
         obj_description(c.oid, 'pg_opclass'))
FROM pg_opclass c JOIN pg_am a ON a.oid = c.opcmethod
WHERE c.opcnamespace = 'ktt'::regnamespace
ORDER BY c.opcintype::regtype::text COLLATE "C", a.amname COLLATE "C", c.opcname COLLATE "C";

\qecho
\qecho ### Settings
\qecho
SELECT pg_temp.entry(name, short_desc || coalesce(' ' || extra_desc, ''))
FROM pg_settings WHERE name LIKE 'ktt.%' ORDER BY name COLLATE "C";

\if :has_market
SET search_path = market, ktt, pg_catalog, public;
\qecho
\qecho ## Schema market: the backend
\qecho
\qecho ### Functions
\qecho
SELECT pg_temp.entry(signature, meaning)
FROM called
WHERE pronamespace = 'market'::regnamespace
ORDER BY proname COLLATE "C", signature COLLATE "C";

CREATE TEMP VIEW relation AS
SELECT c.oid, c.relname, c.relkind,
       obj_description(c.oid, 'pg_class') AS meaning,
       (SELECT string_agg(format('  - `%s %s`%s', a.attname, format_type(a.atttypid, a.atttypmod),
                                 ': ' || col_description(c.oid, a.attnum)), E'\n' ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
FROM pg_class c
WHERE c.relnamespace = 'market'::regnamespace AND NOT c.relispartition;

\qecho
\qecho ### Tables
\qecho
SELECT pg_temp.entry(relname, meaning) || E'\n' || columns
FROM relation WHERE relkind IN ('r', 'p') ORDER BY relname COLLATE "C";

\qecho
\qecho ### Views
\qecho
SELECT pg_temp.entry(relname, meaning) || E'\n' || columns
FROM relation WHERE relkind IN ('v', 'm') ORDER BY relname COLLATE "C";
\endif
