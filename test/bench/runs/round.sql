\set bench runs
\set who ours_25
\set statement 'SELECT count(*) FROM bench.ours(25)'
\i :measure
\set who ours_50
\set statement 'SELECT count(*) FROM bench.ours(50)'
\i :measure
\set who ours
\set statement 'SELECT count(*) FROM bench.ours(300)'
\i :measure
-- How the cost grows.
\set who ours_1000
\set statement 'SELECT count(*) FROM bench.ours(1000)'
\i :measure
\set who ours_2000
\set statement 'SELECT count(*) FROM bench.ours(2000)'
\i :measure

SELECT bool_or(peer) AS has_peer FROM bench.sizes \gset
\if :has_peer
    \set who peer_25
    \set statement 'SELECT count(*) FROM bench.peer(25)'
    \i :measure
    \set who peer_50
    \set statement 'SELECT count(*) FROM bench.peer(50)'
    \i :measure
\endif
