-- The peer's accounts; number 1001 is the one that all pay.
INSERT INTO bench.accounts (n) VALUES (1001);
UPDATE bench.accounts SET pgledger = (SELECT a.id FROM pgledger_create_account('account ' || n, 'CNY') a);
ANALYZE;
