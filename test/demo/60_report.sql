SELECT '<!doctype html>';
