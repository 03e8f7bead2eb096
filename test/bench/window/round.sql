\set bench window
\set who ours
\set statement 'SELECT count(*), sum(units(basket)) FROM bench.week_ours'
\i :measure
\set bench window
\set who anew
\set statement 'SELECT count(*), sum(units(basket)) FROM bench.week_anew'
\i :measure
\set bench window.daily
\set who ours
\set statement 'SELECT count(*), sum(units(basket)) FROM bench.daily_ours'
\i :measure
\set bench window.daily
\set who anew
\set statement 'SELECT count(*), sum(units(basket)) FROM bench.daily_anew'
\i :measure
