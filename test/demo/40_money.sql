-- Everybody is paid; then the market proves itself.
\set ON_ERROR_STOP on

-- One member proposes the payout, another approves it.
SELECT market.register_member('cashier') AS cashier, market.register_member('treasurer') AS treasurer \gset
SELECT market.make_payout(:cashier, 'payout 1', minimum => 100) AS payout \gset
SELECT requested AS transfers, dropped, to_char(amount / 100.0, 'FM999,999,990.00') AS amount FROM market.approve_payout(:payout, :treasurer);
-- The worker sends them, the bank pays them.
SELECT count(*) AS sent, count(*) FILTER (WHERE market.confirm_transfer(t.key, 'bank ' || t.key, t.amount) = 'confirmed') AS confirmed FROM market.send_transfers(1000000) t;

-- A statement of the sales leader who also keeps a pickup point and buys: three roles, one member.
SELECT m.id AS member, l.leader_ref FROM demo.sales_leaders l JOIN demo.members m ON m.ref = l.leader_ref
WHERE l.point_ref IS NOT NULL ORDER BY l.leader_no LIMIT 1 \gset
\echo Statement of :leader_ref
SELECT line, kind, reference, account, amount, balance FROM market.statement(:member, '-infinity', 'infinity');
SELECT market.issue_statement(:member, now()) AS issued;

\echo Refusals on the way (none are expected)
SELECT step, outcome, count(*) FROM demo.refused GROUP BY step, outcome;

\echo Every invariant, computed again from the rows
CREATE TABLE demo.proof AS SELECT * FROM market.verify();
TABLE demo.proof;

\echo Where every penny went
SELECT name, to_char(amount / 100.0, '999,999,990.00') AS pounds
FROM market.conservation c,
     LATERAL (VALUES (1, 'suppliers', c.suppliers), (2, 'leaders', c.leaders), (3, 'stewards', c.stewards), (4, 'platform', c.platform),
                     (5, 'not yet settled', c.not_yet_settled), (6, 'refunded to buyers', c.refunded_to_buyers),
                     (7, '= paid by buyers', c.suppliers + c.leaders + c.stewards + c.platform + c.not_yet_settled + c.refunded_to_buyers),
                     (8, 'paid by buyers', c.paid_by_buyers)) t(line, name, amount)
ORDER BY line;

DO $$
BEGIN
    ASSERT (SELECT holds AND not_yet_settled = 0 FROM market.conservation), 'money was made or lost';
    ASSERT NOT EXISTS (SELECT FROM demo.proof WHERE violations > 0), 'an invariant is broken';
    ASSERT NOT EXISTS (SELECT FROM demo.refused), 'the market refused something';
END
$$;
