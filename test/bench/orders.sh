# shellcheck shell=sh disable=SC2154
# Orders by pgbench, what their benchmarks share: sourced by their rounds.
# From run: sql, say, here, results, seconds.

backends_cpu() {
	sleep 0.3 # until the server has counted those that just ended
	sql -c 'SELECT bench.backends_cpu()'
}

# What trade.sql made, for pgbench to know.
read_trade() {
	trade=$(sql -c "SELECT format('-D campaign=%s -D first_seller=%s -D last_seller=%s -D first_buyer=%s -D last_buyer=%s',
		campaign, first_seller, last_seller, first_buyer, last_buyer) FROM bench.trade")
}

# One run: script, the sample's benchmark, who it is told as, number of clients,
# orders in a transaction. CPU and rate are those of an order; count is theirs.
pgbench_run() {
	before=$(backends_cpu)
	# shellcheck disable=SC2086
	pgbench -n -M prepared -c "$4" -j "$(($4 < 2 ? $4 : 2))" -T "$seconds" $trade -f "$1" >"$results.part" 2>&1 ||
		{ cat "$results.part" >&2; exit 1; }
	after=$(backends_cpu)
	tps=$(sed -n 's/^tps = \([0-9.]*\).*/\1/p' "$results.part")
	count=$(($(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' "$results.part") * $5))
	grep -q '^number of failed transactions: 0 ' "$results.part"
	sql -c "INSERT INTO bench.samples (bench, who, tps, cpu_ms) VALUES ('$2', '$3', $tps * $5, ($after - $before)::double precision / $count)"
	rm "$results.part"
}
