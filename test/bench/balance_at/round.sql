\set size 1
\i :here/balance_at/size.sql
\set size 2
\i :here/balance_at/size.sql
\set size 3
\i :here/balance_at/size.sql
