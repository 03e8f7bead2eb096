/*
 * Orders, payments, refunds, subsidies, settlements, payouts, the ledger and the channels' bills, each against the other, to the cent.
 */

CREATE FUNCTION compare_bills(period tstzrange)
RETURNS TABLE (channel text, kind text, key text, here bigint, there bigint)
LANGUAGE sql STABLE ROWS 100000 SET search_path FROM CURRENT
AS $$
    WITH billed AS (
        SELECT DISTINCT b.channel, b.day FROM bills b
        WHERE tstzrange(local_time(b.day, '00:00'), local_time(b.day, '24:00')) && compare_bills.period),
    -- What happened on a day that is not billed yet may still come.
    c AS MATERIALIZED (
        SELECT d.channel, c.kind, c.key, c.here, c.there, c.outcome
        FROM (SELECT b.channel, min(b.day) AS since, max(b.day) + 1 AS until FROM billed b GROUP BY 1) d
        CROSS JOIN LATERAL compare_channel(d.channel, d.since, d.until) c
        WHERE c.there <> 0 OR (d.channel, local_day(c.happened_at)) IN (SELECT b.channel, b.day FROM billed b)),
    -- What only one side has in these days is compared with the other days of the other.
    h AS (
        SELECT d.channel, m.kind, m.key, m.amount
        FROM (SELECT x.channel, min(x.at) AS first_at, max(x.at) AS last_at
              FROM (SELECT c.channel, moved_here(c.kind, c.key) AS at FROM c WHERE c.outcome = 'other_day' AND c.here = 0) x GROUP BY 1) d
        CROSS JOIN LATERAL channel_moves(d.channel, d.first_at, d.last_at + interval '1 us') m)
    SELECT c.channel, c.kind, c.key, coalesce(h.amount, c.here), coalesce(t.amount, c.there)
    FROM c LEFT JOIN h ON c.outcome = 'other_day' AND c.here = 0 AND h.channel = c.channel AND h.kind = c.kind AND h.key = c.key
    LEFT JOIN bill_lines t ON c.outcome = 'other_day' AND c.there = 0 AND t.channel = c.channel AND t.kind = c.kind AND t.key = c.key
$$;
COMMENT ON FUNCTION compare_bills(tstzrange) IS
    'Internal. Every move of every channel in the local days of a period that have a bill, as the ledger and as the bills have it, on whatever day the other has it.';

CREATE FUNCTION reconcile(since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL)
RETURNS TABLE (relation text, campaign_id bigint, order_id bigint, refund_id bigint, reference text, journal_id bigint, account_id bigint,
               one bigint, other bigint, difference bigint, hint text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path FROM CURRENT SET work_mem = '64MB'
AS $$
DECLARE
    v_clearing bigint := market_account('clearing');
    v_unmatched bigint := market_account('unmatched');
    v_transfers bigint := market_account('transfers');
    v_period tstzrange;
BEGIN
    IF since >= until THEN
        RAISE EXCEPTION 'period must end after it starts' USING ERRCODE = '22023', DETAIL = format('It would be from %s to %s.', since, until);
    END IF;
    v_period := tstzrange(since, until);
    RETURN QUERY
    WITH pair (relation, campaign_id, order_id, refund_id, reference, journal_id, happened, one, other) AS (
        SELECT 'journal, postings', NULL::bigint, NULL::bigint, NULL::bigint, NULL::text, c.journal_id, c.happened, c.here, c.there FROM compare_postings() c
        UNION ALL SELECT 'payment, ledger', c.campaign_id, c.order_id, NULL, c.reference, c.journal_id, c.happened, c.here, c.there FROM compare_payments() c
        UNION ALL SELECT 'refund, ledger', c.campaign_id, c.order_id, c.refund_id, c.reference, c.journal_id, c.happened, c.here, c.there FROM compare_refunds() c
        UNION ALL SELECT 'ended order, ledger', c.campaign_id, c.order_id, NULL, c.reference, c.journal_id, c.happened, c.here, c.there FROM compare_endings() c
        UNION ALL SELECT 'subsidy, ledger', c.campaign_id, c.order_id, NULL, c.reference, c.journal_id, c.happened, c.here, c.there FROM compare_subsidies() c
        UNION ALL SELECT 'due, settlements', c.campaign_id, c.order_id, c.refund_id, NULL, NULL, c.happened, c.here, c.there FROM compare_due() c
        UNION ALL SELECT 'settlement, ledger', NULL, NULL, NULL, c.settlement_id::text, c.journal_id, c.happened, c.here, c.there FROM compare_settlements() c
        UNION ALL SELECT 'payout, ledger', NULL, NULL, NULL, c.reference, c.journal_id, c.happened, c.here, c.there FROM compare_payouts() c
        UNION ALL SELECT 'transfer, ledger', NULL, NULL, NULL, c.key, c.journal_id, c.happened, c.here, c.there FROM compare_transfers() c
        UNION ALL SELECT 'fees, ledger', NULL, NULL, NULL, c.reference, c.journal_id, c.happened, c.here, c.there FROM compare_fees() c),
    differing AS (
        SELECT p.relation, p.campaign_id, p.order_id, p.refund_id, p.reference, p.journal_id, e.account,
               coalesce(ktt.amount(p.one, e.account), 0) AS one, coalesce(ktt.amount(p.other, e.account), 0) AS other, NULL::text AS hint
        FROM pair p CROSS JOIN LATERAL ktt.entries(coalesce(p.one, '{}') - coalesce(p.other, '{}')) e
        WHERE p.one IS DISTINCT FROM p.other AND p.happened && v_period
        UNION ALL
        SELECT 'order, payments', c.campaign_id, c.order_id, NULL, NULL, NULL, v_clearing, c.here, c.there, NULL
        FROM compare_received() c WHERE c.here <> c.there AND c.happened && v_period
        UNION ALL
        SELECT 'order, refunds', c.campaign_id, c.order_id, NULL, format('item %s', i.item), NULL, v_clearing,
               coalesce(ktt.amount(c.here, i.item), 0), coalesce(ktt.amount(c.there, i.item), 0), NULL
        FROM compare_refunded() c CROSS JOIN LATERAL ktt.items(c.here - c.there) i
        WHERE c.here <> c.there AND i.amount <> 0 AND c.happened && v_period
        UNION ALL
        SELECT 'returned subsidies, ledger', NULL, NULL, NULL, NULL, NULL, market_account('subsidy'), c.here, c.there, NULL
        FROM compare_returned_subsidies() c WHERE c.here <> c.there
        UNION ALL
        SELECT 'balance, postings', NULL, NULL, NULL, NULL, NULL, c.account_id, c.here, c.there, NULL FROM compare_balances() c WHERE c.here <> c.there
        UNION ALL
        SELECT 'trade, ledger', NULL, NULL, NULL, j.reference, j.id, p.account_id, 0, p.amount,
               format('A journal of kind "%s" moves what only orders, payments, refunds, settlements and payouts move.', j.kind)
        FROM postings p JOIN journals j ON j.id = p.journal_id
        WHERE p.account_id IN (v_clearing, v_unmatched, v_transfers) AND v_period @> j.happened_at
          AND j.kind NOT IN ('payment', 'returned_payment', 'subsidy', 'refund', 'refunds', 'change', 'cancellation', 'campaign_cancellation', 'settlement',
                             'payout', 'transfer', 'late_transfer', 'failed_transfer', 'returned_transfer')
        UNION ALL
        SELECT 'ledger, bill', NULL, NULL, NULL, c.key, NULL, channel_account(c.channel), c.here, c.there,
               format(CASE 0 WHEN c.there THEN 'Channel "%s" has not billed this %s.' WHEN c.here THEN 'Channel "%s" has billed a %s that is not in the ledger.'
                             ELSE 'Channel "%s" has billed another amount of this %s.' END, c.channel, c.kind)
        FROM compare_bills(v_period) c WHERE c.here <> c.there)
    SELECT d.relation, d.campaign_id, d.order_id, d.refund_id, d.reference, d.journal_id, d.account, d.one, d.other, d.one - d.other,
           coalesce(d.hint, CASE 0 WHEN d.other THEN h.lacks_other WHEN d.one THEN h.lacks_one ELSE h.differs END)
    FROM differing d
    LEFT JOIN (VALUES
        ('journal, postings', 'The journal has an entry that was not posted.', 'There is a posting that is no entry of its journal.', 'The posting differs from the entry of its journal.'),
        ('balance, postings', 'The account keeps a balance without postings.', 'The account keeps no balance for its postings.', 'The balance is not the sum of the postings.'),
        ('order, payments', 'The order counts as paid what never came in.', 'Money came in that the order does not count.', 'The order counts another sum as paid than came in, less what changes returned.'),
        ('order, refunds', 'The order counts a refund that was never made.', 'The order does not count a refund.', 'The order counts another sum of the item as refunded than its refunds come to.'),
        ('payment, ledger', 'The payment, or what was sent back of it, was not posted.', 'A payment is posted that never came in.', 'The payment is posted with another amount.'),
        ('refund, ledger', 'The refund was not posted.', 'Money is posted to a buyer, or elsewhere, that no refund gave back.', 'The refund is posted with another amount.'),
        ('ended order, ledger', 'What was paid of the order that ended did not go back.', 'Money went back, or elsewhere, that was not left of an order that ended.', 'Another sum went back than was left of the order that ended.'),
        ('subsidy, ledger', 'The subsidy was not posted.', 'A subsidy is posted that was never granted.', 'The subsidy is posted with another amount.'),
        ('returned subsidies, ledger', 'What went back to subsidies was not posted.', 'More is posted back to subsidies than went back.', 'Another sum is posted back to subsidies than went back.'),
        ('due, settlements', 'No settlement took what is due.', 'A settlement took what is not due.', 'Settlements took another sum than is due.'),
        ('settlement, ledger', 'The share was due in the window, and not posted.', 'A share is posted that was not due in the window.', 'Another sum is posted than was due in the window.'),
        ('payout, ledger', 'The payout was not posted.', 'A payout is posted that was not approved.', 'The payout is posted with another amount.'),
        ('transfer, ledger', 'The money of the transfer has not moved as its state says.', 'Money is posted that the state of the transfer does not know of.', 'The transfer is posted with another amount.'),
        ('fees, ledger', 'The fees of the bill were not posted.', 'Fees are posted that no bill has.', 'The fees are posted with another amount.'))
        h(relation, lacks_other, lacks_one, differs) ON h.relation = d.relation
    ORDER BY d.relation, d.campaign_id, d.order_id, d.refund_id, d.reference, d.journal_id, d.account;
END
$$;
COMMENT ON FUNCTION reconcile(timestamptz, timestamptz) IS
    'Compares orders, payments, refunds, subsidies, settlements, payouts, transfers, the ledger and the channels'' bills, each against the other: one row for every '
    'difference, none when all agree. The relation names both sides, as in "order, payments"; one and other are their amounts (minor units, as on the '
    'account that is named), difference is one less other, and the hint says what it means. Reference is the number of a payment, the key of a transfer or of a line of a bill, the id of a '
    'settlement, payout or bill, the item of an order''s line, else the reference of the journal. From since (inclusive) to until (exclusive; NULL is unbounded) '
    'it lists only what happened then, by either side; balances are compared as they are now. Bills count by whole local days: every day that the period '
    'touches and that has a bill is compared to its end, what the other side has on another day with that. It reads the whole market and writes nothing. Errors: 22023 empty period.';
