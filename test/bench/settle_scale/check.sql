SELECT format('settle_scale: %s completed orders (%s), of which %s are due first; %s accounts', count(*), pg_size_pretty(pg_table_size('market.orders')),
              :orders, (SELECT cardinality(sum(o.shares)) FROM market.orders o WHERE o.id <= :orders))
FROM market.orders;
SELECT bench.expect(bench.settle(false) - :orders, 'settle_scale: the first window has a tenth of the orders');
DELETE FROM market.settlements;
SELECT bench.expect(bench.settle(true) - 10 * :orders, 'settle_scale: the window that follows has all of them');
DELETE FROM market.settlements;
SELECT bench.expect(count(*), 'settle_scale: ten times as much comes to every account')
FROM (SELECT * FROM market.postings WHERE journal_id = (SELECT min(id) FROM market.journals)) f
FULL JOIN (SELECT account_id, amount AS all_of_it FROM market.postings WHERE journal_id = (SELECT max(id) FROM market.journals)) m USING (account_id)
WHERE (m.all_of_it = 10 * f.amount) IS NOT TRUE;
