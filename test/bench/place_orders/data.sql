-- A campaign of 700 items with stock.
\i :here/trade.sql
