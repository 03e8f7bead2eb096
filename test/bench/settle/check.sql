SELECT format('settle: %s completed orders (%s), %s shares of them as rows (%s), %s accounts; both sides read the due times of a window',
              (SELECT count(*) FROM market.orders), pg_size_pretty(pg_table_size('market.orders')), count(*),
              pg_size_pretty(pg_table_size('plain.order_splits')), count(DISTINCT account_id))
FROM plain.order_splits;

SELECT market.post_settlement(market.open_settlement()) \g /dev/null
SELECT plain.settle('-infinity', now(), market.market_account('clearing')) \g /dev/null
SELECT bench.expect(count(*), 'settle: ktt and set-based SQL post the same amount to every account')
FROM (SELECT * FROM market.postings) a FULL JOIN plain.postings b USING (account_id)
WHERE (a.amount = b.amount) IS NOT TRUE;
SELECT bench.expect(count(*), 'settle: balances are the sums of the postings')
FROM market.accounts a JOIN market.postings p ON p.account_id = a.id WHERE a.balance <> p.amount;
