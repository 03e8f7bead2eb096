SELECT format('settle: %s completed orders (%s), %s lines and %s shares of them as rows (%s, %s), %s accounts; both sides read the due times of a window',
              (SELECT count(*) FROM market.orders), pg_size_pretty(pg_table_size('market.orders')), (SELECT count(*) FROM plain.order_lines), count(*),
              pg_size_pretty(pg_table_size('plain.order_lines')), pg_size_pretty(pg_table_size('plain.order_splits')), count(DISTINCT account_id))
FROM plain.order_splits;

SELECT market.post_settlement(market.open_settlement()) \g /dev/null
SELECT plain.settle('-infinity', now(), market.market_account('clearing')) \g /dev/null
SELECT bench.expect(count(*), 'settle: ktt and set-based SQL post the same amount to every account')
FROM (SELECT * FROM market.postings) a FULL JOIN plain.postings b USING (account_id)
WHERE (a.amount = b.amount) IS NOT TRUE;
SELECT bench.expect(count(*), 'settle: balances are the sums of the postings')
FROM market.accounts a JOIN market.postings p ON p.account_id = a.id WHERE a.balance <> p.amount;

SELECT plain.settle_by_rates('-infinity', now(), market.market_account('revenue')) AS rates,
       plain.settle_by_fixed_rule('-infinity', now(), market.market_account('revenue')) AS fixed \gset
SELECT bench.expect(count(*), 'settle: shares computed by rates in rows post the same amount to every account')
FROM market.postings a FULL JOIN (SELECT * FROM plain.postings WHERE journal_id = :rates) b USING (account_id) WHERE (a.amount = b.amount) IS NOT TRUE;
SELECT bench.expect(count(*), 'settle: shares computed by a rule in the query post the same amount to every account')
FROM market.postings a FULL JOIN (SELECT * FROM plain.postings WHERE journal_id = :fixed) b USING (account_id) WHERE (a.amount = b.amount) IS NOT TRUE;
-- Each way starts from a table that was not updated before.
UPDATE plain.accounts SET balance = 0;
VACUUM (FREEZE, ANALYZE) plain.accounts;
