-- Two statements make a market: the values (types and functions, schema ktt) and the stored-logic backend (schema market).
\set ON_ERROR_STOP on

CREATE EXTENSION ktt CASCADE;
SELECT ktt.create_market();
SELECT currency, time_zone, max_levels, hold
FROM market.configure(currency => 'GBP', time_zone => 'Europe/London', hold => '0');
