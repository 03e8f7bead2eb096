/*
 * The numbers that the market has drawn while it was made. At wal_level minimal nothing of a sequence that is made in the same transaction is
 * written ahead, and the server takes its next thirty numbers for written: after a crash it would give them again. Set once, each is written.
 */

DO $do$
DECLARE
    v_sequence regclass;
BEGIN
    FOR v_sequence IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind = 'S' LOOP
        EXECUTE format('SELECT setval(%L, s.last_value) FROM %s s WHERE s.is_called', v_sequence, v_sequence);
    END LOOP;
END
$do$;
