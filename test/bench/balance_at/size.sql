-- Balances of the account of :size, at twenty times and now; a kept one is asked a thousand times, because it takes so little.
\set bench balance_at. :size
\set who ours
\set statement 'SELECT sum(market.balance_at(t.account, t.at)) FROM bench.times t WHERE t.size = ' :size
\i :measure
\set who sums
\set statement 'SELECT sum(plain.balance_at(t.account, t.at)) FROM bench.times t WHERE t.size = ' :size
\i :measure
\set who running
\set statement 'SELECT sum(plain.running_balance_at(t.account, t.at)) FROM bench.times t WHERE t.size = ' :size
\i :measure
\set bench balance_now. :size
\set who ours
\set statement 'SELECT sum(b.balance) FROM bench.kept b WHERE b.size = ' :size
\i :measure
\set who sums
\set statement 'SELECT plain.balance_at(a.account, ''infinity'') FROM bench.asked a WHERE a.size = ' :size
\i :measure
