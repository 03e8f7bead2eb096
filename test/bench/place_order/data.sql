-- A campaign of 700 items with stock, and the same in a plain schema.
\i :here/trade.sql
