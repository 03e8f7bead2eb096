\set levels two
\set question small
\i :here/chain/ask.sql
\set question middle
\i :here/chain/ask.sql
\set question large
\i :here/chain/ask.sql
\set question small_count
\i :here/chain/ask.sql
\set question middle_count
\i :here/chain/ask.sql
\set question large_count
\i :here/chain/ask.sql
\set question upline
\i :here/chain/ask.sql
\set question upline_rows
\i :here/chain/ask.sql
\set question member
\i :here/chain/ask.sql
\set levels six
\set question small
\i :here/chain/ask.sql
\set question middle
\i :here/chain/ask.sql
\set question large
\i :here/chain/ask.sql
\set question small_count
\i :here/chain/ask.sql
\set question middle_count
\i :here/chain/ask.sql
\set question large_count
\i :here/chain/ask.sql
\set question upline
\i :here/chain/ask.sql
\set question upline_rows
\i :here/chain/ask.sql
\set question member
\i :here/chain/ask.sql
