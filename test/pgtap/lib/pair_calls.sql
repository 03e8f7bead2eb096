-- The calls of every area, and those of :area for the file that includes this.
CREATE TABLE fixture.all_calls (area text, name text, call text NOT NULL, PRIMARY KEY (area, name));
INSERT INTO fixture.all_calls VALUES
    ('orders', 'place the last', 'outcome FROM place_order(:c, 8, ARRAY[:a], ''{1}'', ''last'', point => 1)'),
    ('orders', 'place the same', 'outcome FROM place_order(:c, 9, ARRAY[:a, :r], ''{1,1}'', ''same'', point => 1)'),
    ('orders', 'place in bulk', 'string_agg(outcome, '' '' ORDER BY ordinal) FROM place_orders(ARRAY[jsonb_build_object(''campaign'', :c, ''buyer'', 4, ''items'', ARRAY[:r, :a], ''units'', ''{1,1}''::int[], ''request'', ''b1'', ''point'', 1)])'),
    ('orders', 'look', 'outcome FROM preview_order(:c, 8, ARRAY[:a], ''{1}'', point => 1)'),
    ('orders', 'change', 'concat_ws('' '', outcome, amount, returned) FROM change_order(:c, :o1, ARRAY[:a], ''{2}'', :k || '' change'')'),
    ('orders', 'cancel', 'cancel_order(:c, :o1)'),
    ('orders', 'cancel a paid one', 'cancel_order(:c, :o2)'),
    ('orders', 'pay', 'pay_order(:c, :o1, 2980, :k || '' p1'')'),
    ('orders', 'pay the rest', 'pay_order(:c, :o3, 1000, :k || '' p4'')'),
    ('orders', 'send back', 'return_payment(:k || '' p2'')'),
    ('orders', 'refund', '(refund_order(:c, :o2, :a, 1, :k || '' refund'') > 0)::text'),
    ('orders', 'expire', 'expire_orders(''0'') > 0'),
    ('orders', 'number', 'number_orders(:c)'),
    ('orders', 'renew a code', 'renew_code(:c, :o1) <> '''''),
    ('orders', 'close', 'close_campaign(:c)::text'),
    ('orders', 'conclude', 'concat_ws('' '', state, orders, returned) FROM conclude_campaign(:c)'),
    ('orders', 'call off', 'concat_ws('' '', orders, returned) FROM cancel_campaign(:c, ''frost'')'),
    ('orders', 'add stock', 'restock(1, :c, item => :a)::text'),
    ('orders', 'take stock away', 'restock(-1, :c, item => :a)::text'),
    ('orders', 'close the wave', 'close_wave(:w)::text'),
    ('orders', 'freeze the wave', 'concat_ws('' '', orders, units, amount, expired) FROM freeze_wave(:w)'),
    ('orders', 'list', 'list_item(:c, 3, 850, 990, 5) > 0'),
    ('orders', 'retire', 'retire_item(:c, :a)::text'),
    ('orders', 'join', 'join_campaign(:c, 9)::text'),
    ('orders', 'follow a link', 'touch(:c, 8, 4)');
INSERT INTO fixture.calls SELECT l.name, l.call, l.name IN ('expire') FROM fixture.all_calls l WHERE l.area = :'area';
