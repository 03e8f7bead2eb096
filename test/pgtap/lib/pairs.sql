-- Every ordered pair of the calls in fixture.calls, one waiting for the other: what comes of it is what comes of the two one after the
-- other, and of the second alone when the first is undone. Two sessions by dblink, everything anew for every pair.
--
-- A file that uses it fills fixture.calls and fixture.pairs, as pairs_area.sql does; defines fixture.build(k), which makes the things of case k and returns what
-- the calls name (":c" is the value of "c"), and fixture.outcome(v), which says what has become of them, without ids and times; and
-- includes pairs_run.sql.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
-- All pairs are one statement.
SET statement_timeout = '20min';
SELECT ktt.create_market() \g /dev/null
CREATE EXTENSION dblink;
CREATE SCHEMA fixture;
SET search_path = market, ktt, fixture, public;

CREATE TABLE fixture.cases (k bigint PRIMARY KEY, v jsonb NOT NULL);
-- Again: a call that leaves out what somebody holds, and is called until nothing is left.
CREATE TABLE fixture.calls (name text PRIMARY KEY, area text NOT NULL, call text NOT NULL, again boolean NOT NULL);
CREATE TABLE fixture.pairs (k bigint PRIMARY KEY, a text NOT NULL REFERENCES fixture.calls, b text NOT NULL REFERENCES fixture.calls);

-- An answer, or the code of an error.
CREATE FUNCTION fixture.try(name text, k bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_call text;
    v_answer text;
    v_name record;
BEGIN
    SELECT l.call INTO STRICT v_call FROM fixture.calls l WHERE l.name = try.name;
    FOR v_name IN SELECT x.key, x.value FROM fixture.cases c CROSS JOIN LATERAL jsonb_each_text(c.v || jsonb_build_object('k', c.k)) x
                  WHERE c.k = try.k AND v_call ~ (':' || x.key || '\M') LOOP
        v_call := regexp_replace(v_call, ':' || v_name.key || '\M', v_name.value, 'g');
    END LOOP;
    EXECUTE 'SELECT ' || v_call INTO v_answer;
    RETURN v_answer;
EXCEPTION WHEN OTHERS THEN
    RETURN 'error ' || SQLSTATE;
END
$$;

CREATE FUNCTION fixture.try_again(name text, k bigint, answer text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN l.again THEN greatest(answer, try(name, k)) ELSE answer END FROM fixture.calls l WHERE l.name = try_again.name
$$;

CREATE FUNCTION fixture.outcome_of(k bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN outcome(c.v) FROM fixture.cases c WHERE c.k = outcome_of.k;
END
$$;

-- One after the other, which is undone.
CREATE FUNCTION fixture.one_by_one(a text, b text, k bigint, OUT first text, OUT second text, OUT outcome text) LANGUAGE plpgsql AS $$
BEGIN
    IF a IS NOT NULL THEN
        first := try(a, k);
    END IF;
    second := try_again(b, k, try(b, k));
    outcome := outcome_of(k);
    RAISE EXCEPTION USING ERRCODE = 'TT000';
EXCEPTION WHEN SQLSTATE 'TT000' THEN
    RETURN;
END
$$;

CREATE TABLE fixture.serial (a text, b text, first text, second text, outcome text);
CREATE TABLE fixture.alone (b text, second text, outcome text);
CREATE TABLE fixture.beside (a text, b text, ends text, first text, second text, waited boolean, outcome text);

-- The first open, the second under way; both end in the same way.
CREATE FUNCTION fixture.run_beside(first text, second text, k bigint, ends text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_first text;
    v_second text;
    v_outcome text;
    v_pid int := (SELECT pid FROM dblink('b', 'SELECT pg_backend_pid()') x(pid int));
    v_waited boolean;
BEGIN
    PERFORM dblink_exec('a', 'BEGIN'), dblink_exec('b', 'BEGIN');
    v_first := (SELECT x.answer FROM dblink('a', format('SELECT try(%L, %s)', first, k)) x(answer text));
    PERFORM dblink_send_query('b', format('SELECT try(%L, %s)', second, k));
    FOR tries IN 1 .. 5000 LOOP
        v_waited := cardinality(pg_blocking_pids(v_pid)) > 0;
        EXIT WHEN v_waited OR dblink_is_busy('b') = 0;
        PERFORM pg_sleep(0.0005);
    END LOOP;
    PERFORM dblink_exec('a', ends);
    v_second := (SELECT x.answer FROM dblink_get_result('b') x(answer text));
    PERFORM FROM dblink_get_result('b') x(answer text);
    v_second := (SELECT x.answer FROM dblink('b', format('SELECT try_again(%L, %s, %L)', second, k, v_second)) x(answer text));
    v_outcome := (SELECT x.answer FROM dblink('b', format('SELECT outcome_of(%s)', k)) x(answer text));
    PERFORM dblink_exec('b', ends);
    INSERT INTO fixture.beside VALUES (first, second, ends, v_first, v_second, v_waited, v_outcome);
END
$$;

CREATE PROCEDURE fixture.run() LANGUAGE plpgsql AS $$
DECLARE
    v record;
BEGIN
    FOR v IN SELECT * FROM fixture.pairs p ORDER BY p.k LOOP
        INSERT INTO fixture.cases VALUES (v.k, build(v.k));
        COMMIT;
        INSERT INTO fixture.serial SELECT v.a, v.b, x.* FROM one_by_one(v.a, v.b, v.k) x;
        IF NOT EXISTS (SELECT FROM fixture.alone) THEN
            INSERT INTO fixture.alone SELECT l.name, x.second, x.outcome FROM fixture.calls l CROSS JOIN LATERAL one_by_one(NULL, l.name, v.k) x;
        END IF;
        COMMIT;
        PERFORM run_beside(v.a, v.b, v.k, 'ROLLBACK'), run_beside(v.a, v.b, v.k, 'COMMIT');
        COMMIT;
        -- Plans that were made for small tables get slow as they grow.
        IF v.k % 100 = 0 THEN
            ANALYZE;
            COMMIT;
        END IF;
    END LOOP;
END
$$;
