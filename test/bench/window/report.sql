SELECT bench.line('window', 'window', 'anew', 'ms', 'sum(basket)_without_its_inverse', 5);
SELECT bench.line('window.daily', 'window.daily', 'anew', 'ms', 'the_same_over_sums_of_days');
