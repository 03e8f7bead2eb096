SELECT format('balance_at: accounts with %s postings, %s checkpoints, %s of postings and %s of their index by account',
              string_agg(a.postings::text, ', ' ORDER BY a.size), (SELECT count(*) FROM market.checkpoints),
              pg_size_pretty(pg_table_size('market.postings')), pg_size_pretty(pg_table_size('market.postings_account_id_idx')))
FROM bench.asked a;
SELECT bench.expect(count(*), 'balance_at: checkpoints, sums of postings and running balances come to the same')
FROM bench.times t CROSS JOIN LATERAL (SELECT plain.balance_at(t.account, t.at) AS balance OFFSET 0) s
WHERE (s.balance = market.balance_at(t.account, t.at) AND s.balance = plain.running_balance_at(t.account, t.at)) IS NOT TRUE;
SELECT bench.expect(count(*), 'balance_at: and so does the balance that is kept')
FROM bench.asked a JOIN market.balances b ON b.account_id = a.account WHERE b.balance IS DISTINCT FROM plain.balance_at(a.account, 'infinity');
