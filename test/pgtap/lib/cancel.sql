-- :query is cancelled, and ends within a second of it; one that is done before passes as well.
\set ON_ERROR_STOP off
SELECT clock_timestamp() AS began \gset
SET statement_timeout = '300ms';
SELECT (:query) IS NULL AS answer \gset
RESET statement_timeout;
\set ON_ERROR_STOP on
SELECT cmp_ok(clock_timestamp() - :'began', '<', interval '1.3 s', :'query');
