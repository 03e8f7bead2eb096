/*
 * Journals by hand: adjustments and reversals, which one person proposes and another approves.
 */

CREATE TABLE adjustments (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference   text NOT NULL UNIQUE,
    entries     ktt.shares NOT NULL,
    reverses    bigint REFERENCES journals,
    reason      text NOT NULL,
    made_by     bigint NOT NULL REFERENCES members,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    happened_at timestamptz,
    approved_by bigint REFERENCES members,
    approved_at timestamptz,
    journal_id  bigint REFERENCES journals,
    withdrawn_at timestamptz,
    CONSTRAINT adjustments_balanced_check CHECK (ktt.total(entries) = 0),
    CONSTRAINT adjustments_two_people_check CHECK (approved_by <> made_by),
    CONSTRAINT adjustments_approved_check CHECK (num_nulls(approved_by, approved_at, journal_id) IN (0, 3)),
    CONSTRAINT adjustments_withdrawn_check CHECK (approved_at IS NULL OR withdrawn_at IS NULL)
);
CREATE UNIQUE INDEX adjustments_reverses_idx ON adjustments (reverses) WHERE withdrawn_at IS NULL;
COMMENT ON TABLE adjustments IS 'Journals that people propose: they are posted when another person approves them.';
COMMENT ON COLUMN adjustments.reverses IS 'The journal that this one takes back whole; NULL is an adjustment of its own.';
COMMENT ON INDEX adjustments_reverses_idx IS 'A journal has one reversal, unless that was withdrawn.';

CREATE FUNCTION propose_adjustment(reference text, entries ktt.shares, reason text, made_by bigint, happened_at timestamptz DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_first adjustments;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(made_by, 'maker'), require_reference(reference, 'reference'), require_reference(reason, 'reason');
    IF ktt.total(require(entries, 'entries')) <> 0 OR ktt.cardinality(entries) < 2 THEN
        RAISE EXCEPTION 'journal does not balance'
            USING ERRCODE = '23514', CONSTRAINT = 'adjustments_balanced_check', DETAIL = format('The entries sum to %s.', ktt.total(entries));
    ELSIF happened_at > clock_timestamp() OR NOT isfinite(happened_at) THEN
        RAISE EXCEPTION 'a journal must have happened before it is written' USING ERRCODE = '22023', DETAIL = format('It would have happened at %s.', happened_at);
    ELSIF (SELECT count(*) FROM ktt.entries(entries) e JOIN accounts a ON a.id = e.account) < ktt.cardinality(entries) THEN
        RAISE EXCEPTION 'journal names an account that does not exist' USING ERRCODE = 'KT303', DETAIL = format('The entries are %s.', left(entries::text, 200));
    END IF;
    PERFORM refuse_backed(ARRAY(SELECT e.account FROM ktt.entries(entries) e));
    INSERT INTO adjustments AS a (reference, entries, reason, made_by, happened_at)
    VALUES (propose_adjustment.reference, propose_adjustment.entries, propose_adjustment.reason, propose_adjustment.made_by, propose_adjustment.happened_at)
    ON CONFLICT DO NOTHING RETURNING a.id INTO v_id;
    IF NOT FOUND THEN
        SELECT * INTO STRICT v_first FROM adjustments a WHERE a.reference = propose_adjustment.reference;
        IF (v_first.entries, v_first.reason, v_first.made_by, v_first.happened_at) IS DISTINCT FROM (entries, reason, made_by, happened_at) THEN
            RAISE EXCEPTION 'adjustment "%" was already proposed with different arguments', left(reference, 64) USING ERRCODE = 'KT010';
        END IF;
        v_id := v_first.id;
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION propose_adjustment(text, ktt.shares, text, bigint, timestamptz) IS
    'Proposes a journal (accounts to amounts in minor units, which sum to zero) with its reason, and returns its number; the same reference and arguments give the same one again. '
    'It is posted by approve_adjustment(). Errors: 22004 null, 22023 a time to come, 23514 unbalanced, KT010 same reference with other arguments, KT301 an account that orders, payments or transfers stand behind, KT303 no such account or member.';

CREATE FUNCTION propose_reversal(journal bigint, reason text, made_by bigint)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_journal journals;
    v_id bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(made_by, 'maker'), require_reference(reason, 'reason');
    SELECT * INTO v_journal FROM journals j WHERE j.id = require(journal, 'journal');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'journal % does not exist', journal USING ERRCODE = 'KT303';
    ELSIF v_journal.kind NOT IN ('adjustment', 'penalty', 'hold', 'repayment', 'write_off', 'deposit', 'returned_deposit') THEN
        -- Behind every other one there is an order, a payment, a payout: it is taken back by their own calls, or they would not agree.
        RAISE EXCEPTION 'a journal of kind "%" cannot be reversed by hand', v_journal.kind
            USING ERRCODE = 'KT301', HINT = 'Refund the order, or adjust the accounts.';
    END IF;
    INSERT INTO adjustments AS a (reference, entries, reverses, reason, made_by)
    VALUES (format('reversal %s of %s', 1 + (SELECT count(*) FROM adjustments x WHERE x.reverses = journal), journal), -v_journal.entries, journal, propose_reversal.reason, propose_reversal.made_by)
    ON CONFLICT DO NOTHING RETURNING a.id INTO v_id;
    RETURN coalesce(v_id, (SELECT a.id FROM adjustments a WHERE a.reverses = journal AND a.withdrawn_at IS NULL));
END
$$;
COMMENT ON FUNCTION propose_reversal(bigint, text, bigint) IS
    'Proposes a journal that takes back another one whole, and returns the number of the adjustment; a journal has one such, whoever proposes it, until it is withdrawn. '
    'Errors: 22004 null, KT301 a journal that orders, payments or payouts stand behind, or that is a reversal, KT303 no such journal or member.';

CREATE FUNCTION require_adjustment(adjustment bigint)
RETURNS adjustments
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    v_adjustment adjustments;
BEGIN
    SELECT * INTO v_adjustment FROM adjustments a WHERE a.id = require(adjustment, 'adjustment') FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'adjustment % does not exist', adjustment USING ERRCODE = 'KT303';
    END IF;
    RETURN v_adjustment;
END
$$;
COMMENT ON FUNCTION require_adjustment(bigint) IS 'Internal. Locks and returns an adjustment, or refuses one that does not exist (KT303).';

CREATE FUNCTION approve_adjustment(adjustment bigint, approver bigint)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    v_adjustment adjustments;
    v_journal bigint;
BEGIN
    PERFORM read_committed();
    PERFORM require_member(approver, 'approver');
    v_adjustment := require_adjustment(adjustment);
    IF v_adjustment.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'adjustment % was withdrawn', adjustment USING ERRCODE = 'KT301';
    ELSIF v_adjustment.made_by = approver THEN
        RAISE EXCEPTION 'adjustment % must be approved by another member than the one who made it', adjustment USING ERRCODE = 'KT404';
    ELSIF v_adjustment.approved_by <> approver THEN
        RAISE EXCEPTION 'adjustment % is already approved', adjustment USING ERRCODE = 'KT301';
    ELSIF v_adjustment.approved_by IS NOT NULL THEN
        RETURN v_adjustment.journal_id;
    END IF;
    v_journal := CASE WHEN v_adjustment.reverses IS NULL THEN post('adjustment', adjustment::text, v_adjustment.entries, v_adjustment.happened_at)
                      ELSE post('reversal', v_adjustment.reverses::text, v_adjustment.entries) END;
    UPDATE adjustments a SET approved_by = approver, approved_at = clock_timestamp(), journal_id = v_journal WHERE a.id = adjustment;
    RETURN v_journal;
END
$$;
COMMENT ON FUNCTION approve_adjustment(bigint, bigint) IS
    'Posts a proposed journal and returns it; again the same. Errors: KT301 approved by another or withdrawn, KT303 no such adjustment or member, KT402 an account '
    'does not have what it takes, KT404 the maker cannot approve.';

CREATE FUNCTION withdraw_adjustment(adjustment bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM read_committed();
    IF (require_adjustment(adjustment)).approved_at IS NOT NULL THEN
        RAISE EXCEPTION 'adjustment % is already approved', adjustment USING ERRCODE = 'KT301', HINT = 'Reverse its journal: propose_reversal().';
    END IF;
    UPDATE adjustments a SET withdrawn_at = coalesce(a.withdrawn_at, clock_timestamp()) WHERE a.id = adjustment;
END
$$;
COMMENT ON FUNCTION withdraw_adjustment(bigint) IS 'Gives up a journal that nobody has approved. Errors: KT301 already approved, KT303 no such adjustment.';

CREATE FUNCTION verify_adjustments()
RETURNS TABLE (invariant text, checked bigint, violations bigint, first text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path FROM CURRENT
AS $$
    WITH c AS (
        SELECT coalesce(a.id, j.id) AS id,
               a.journal_id IS NOT DISTINCT FROM j.id
               AND (j.id IS NULL OR (j.entries = a.entries
                                     AND CASE WHEN a.reverses IS NULL THEN j.kind = 'adjustment' AND j.reference = a.id::text
                                              ELSE j.kind = 'reversal' AND j.reference = a.reverses::text AND j.entries = -r.entries END)) AS ok
        FROM adjustments a LEFT JOIN journals r ON r.id = a.reverses
        FULL JOIN (SELECT * FROM journals x WHERE x.kind IN ('adjustment', 'reversal')) j ON j.id = a.journal_id)
    SELECT 'adjustments and reversals are posted once, as approved', count(*), count(*) FILTER (WHERE c.ok IS NOT TRUE), min(c.id) FILTER (WHERE c.ok IS NOT TRUE)::text
    FROM c
$$;
COMMENT ON FUNCTION verify_adjustments() IS 'The line of verify() about adjustments.';
