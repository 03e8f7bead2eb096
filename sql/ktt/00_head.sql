\echo Use "CREATE EXTENSION ktt CASCADE" to load this file. \quit

CREATE SCHEMA ktt;
GRANT USAGE ON SCHEMA ktt TO PUBLIC;
COMMENT ON SCHEMA ktt IS
    'Values and pure functions of community group buying: chains, splits, baskets, shares, locations, seals.';
