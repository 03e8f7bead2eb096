-- One question of all in turn: :levels and :question name the views. Each is
-- asked once before it is timed, so that nobody pays for reading the catalog.
\set bench :levels _ :question
\set who ours
\set statement 'SELECT count(*), sum(n), sum(total) FROM bench.' :levels _ :question _ours
:statement \g /dev/null
\i :measure
\set who ltree
\set statement 'SELECT count(*), sum(n), sum(total) FROM bench.' :levels _ :question _ltree
:statement \g /dev/null
\i :measure
\set who closure
\set statement 'SELECT count(*), sum(n), sum(total) FROM bench.' :levels _ :question _closure
:statement \g /dev/null
\i :measure
\set who cte
\set statement 'SELECT count(*), sum(n), sum(total) FROM bench.' :levels _ :question _cte
:statement \g /dev/null
\i :measure
\set who plain
\set statement 'SELECT count(*), sum(n), sum(total) FROM bench.' :levels _ :question _plain
:statement \g /dev/null
\i :measure
