SELECT CASE WHEN to_regprocedure('market.place_orders(jsonb[])') IS NULL THEN 'place_orders: skipped, this market has no place_orders(jsonb[])'
            ELSE 'place_orders: 100 orders in one call and one transaction, against 100 calls and transactions; the statement that makes up the orders counts as ours' END;
