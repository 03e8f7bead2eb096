SELECT bench.expect((SELECT sum(violations)::bigint FROM market.verify()), 'post: verify() finds nothing before');
