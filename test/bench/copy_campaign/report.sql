SELECT bench.line('copy_campaign', 'copy_campaign', 'plain', 'ms', 'a_row_for_every_item_of_every_copy');
SELECT bench.line('copy_campaign_wal', 'copy_campaign', 'plain', 'bytes', 'a_row_for_every_item_of_every_copy');
SELECT bench.line('copy_campaign_rows', 'stored', 'plain', 'rows', 'a_row_for_every_item_of_every_copy');
SELECT bench.line('copy_campaign_bytes', 'stored', 'plain', 'bytes', 'a_row_for_every_item_of_every_copy');
