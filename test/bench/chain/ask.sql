-- One question of the peers in turn: :levels and :question name the views.
\set bench :levels _ :question
\set who ours
\set statement 'SELECT count(*), sum(n), sum(total) FROM bench.' :levels _ :question _ours
\i :measure
\set who ltree
\set statement 'SELECT count(*), sum(n), sum(total) FROM bench.' :levels _ :question _ltree
\i :measure
\set who closure
\set statement 'SELECT count(*), sum(n), sum(total) FROM bench.' :levels _ :question _closure
\i :measure
\set who cte
\set statement 'SELECT count(*), sum(n), sum(total) FROM bench.' :levels _ :question _cte
\i :measure
\set who plain
\set statement 'SELECT count(*), sum(n), sum(total) FROM bench.' :levels _ :question _plain
\i :measure
