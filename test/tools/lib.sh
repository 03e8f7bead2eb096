# shellcheck shell=sh
# What the tools share: where things stand, who runs a server, how a private
# installation is made. Sourced with $0 in this directory.
set -eu
umask 022

top=$(cd "$(dirname "$0")/../.." && pwd -P)
tools=$top/test/tools
flavour=${FLAVOUR:-release}
build=$top/build

die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

pg_config=${PG_CONFIG:-pg_config}
command -v "$pg_config" >/dev/null || die "no $pg_config: run \"make setup\" first"
bindir=$($pg_config --bindir)
sharedir=$($pg_config --sharedir)
pkglibdir=$($pg_config --pkglibdir)
pgxs_test=$(dirname "$($pg_config --pgxs)")/../test
major=$($pg_config --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')

# A server refuses to run as root, so root lends it to nobody. What that user
# must reach stands in build/, or below /var/tmp when the checkout is out of its
# sight, as below root's home.
as=
place=$build
mkdir -p "$build"
if [ "$(id -u)" = 0 ]; then
	as='runuser -u nobody --'
	if ! $as test -r "$top/ktt.control" -a -x "$build"; then
		place=/var/tmp/ktt-$(printf %s "$top" | cksum | cut -d ' ' -f 1)
		mkdir -p "$place"
		[ ! -L "$place" ] && [ -O "$place" ] || die "$place belongs to somebody else"
	fi
fi

# Run something as the server's user, from where that user may stand.
as_server() { (cd "$place" && $as "$@"); }

# Give files to the server's user.
hand_over() { [ -z "$as" ] || chown -R nobody: "$@"; }

# One run at a time in a checkout, because runs share their directories.
alone() {
	[ -z "${KTT_ALONE:-}" ] || return 0
	exec 9>"$build/lock"
	flock -n 9 || {
		echo "$(basename "$0"): waiting for another run in this checkout" >&2
		flock 9
	}
	KTT_ALONE=1
	export KTT_ALONE
}

# Build the flavour and install it where the server's user can read it, unless a
# run that this is part of has done so.
inst=$place/inst-$flavour
install_private() {
	[ -z "${KTT_INSTALLED:-}" ] || return 0
	make -s -C "$top" FLAVOUR="$flavour" install DESTDIR="$inst" \
		>"$build/install.log" 2>&1 || { cat "$build/install.log" >&2; die "the build failed"; }
	! grep -A 3 -i 'warning:' "$build/install.log" >&2 || :
}

# The settings that make a server see the private installation.
private_settings() {
	if [ "$major" -ge 18 ]; then
		echo "extension_control_path = '$inst$sharedir:\$system'"
	else
		echo "extension_destdir = '$inst'" # in Debian's packages
	fi
	echo "dynamic_library_path = '$inst$pkglibdir:\$libdir'"
}

# A fresh key file for ktt.key_file at $1, readable by the server only.
new_key_file() {
	[ -x "$tools/new-key-file" ] || return 0
	rm -f "$1"
	"$tools/new-key-file" "$1" >/dev/null
	hand_over "$1"
}

# What a server and its clients see: nothing of the caller's own set-up.
unset PGSERVICE PGSERVICEFILE PGPASSFILE PGOPTIONS PGPASSWORD PGHOSTADDR PGDATA || :
PATH=$bindir:$PATH
LC_ALL=C.UTF-8
PSQLRC=/dev/null
PSQL_HISTORY=/dev/null
PGTZ=UTC
export PATH LC_ALL PSQLRC PSQL_HISTORY PGTZ

# What the environment of a server of this flavour needs. ASan's runtime must come
# first in a process that loads an instrumented library; counts of coverage are
# written where the server's user may write.
environment=
case $flavour in
	asan)
		environment="LD_PRELOAD=$(gcc -print-file-name=libasan.so):$place/asan_stub.so
			ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:detect_stack_use_after_return=0"
		;;
	coverage) environment="GCOV_PREFIX=$place/gcov" ;;
esac
prepare_environment() {
	case $flavour in
		asan) gcc -shared -fPIC -o "$place/asan_stub.so" "$tools/asan_stub.c" ;;
		coverage)
			rm -rf "$place/gcov"
			mkdir -p "$place/gcov"
			hand_over "$place/gcov"
			;;
	esac
}
