-- The settings that the figures depend on, in one line.
SELECT string_agg(name || '=' || current_setting(name), ' ' ORDER BY name)
FROM pg_settings
WHERE name IN ('shared_buffers', 'work_mem', 'max_wal_size', 'checkpoint_timeout', 'fsync', 'synchronous_commit',
               'full_page_writes', 'wal_level', 'wal_compression', 'jit');
