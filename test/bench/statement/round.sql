\set bench statement
\set who ours
\set statement 'SELECT count(*) FROM bench.asks a, bench.period p, market.statement_orders(a.member, p.since, p.until) WHERE a.size = ''large'''
\i :measure
\set who join
\set statement 'SELECT count(*) FROM bench.asks a, bench.period p, plain.statement_orders(a.account, false, p.since, p.until) WHERE a.size = ''large'''
\i :measure
\set bench statement.small
\set who ours
\set statement 'SELECT count(*) FROM bench.asks a, bench.period p, market.statement_orders(a.member, p.since, p.until) WHERE a.size = ''small'''
\i :measure
\set who join
\set statement 'SELECT count(*) FROM bench.asks a, bench.period p, plain.statement_orders(a.account, true, p.since, p.until) WHERE a.size = ''small'''
\i :measure
\set bench statement.sums
\set who ours
\set statement 'SELECT count(*) FROM bench.asks a, bench.period p, market.statement(a.member, p.since, p.until) WHERE a.size = ''large'''
\i :measure
\set who join
\set statement 'SELECT count(*) FROM bench.asks a, bench.period p, plain.statement(a.account, p.since, p.until) WHERE a.size = ''large'''
\i :measure
