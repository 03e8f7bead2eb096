# The key file: what a server without one can do, every rule that a file must
# keep, change of keys while backends live, and that no key ever gets out.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $market = '5f3c1f0e-7b1d-4e8e-9d51-3b1a8ad7d1f0';
my $code = 'V1RJ-PNCX';
my $first = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
my $second = 'a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf';
# By another implementation (Python's hashlib) from the definition: key id,
# BLAKE2b of "ktt pickup code 1", the market and the printed code.
my $first_mac = '\x00000007d6dbb61cb3f32bfc5a5e30f525d82906';
my $second_mac = '\x0000012c78a073aaa0bfdfaac26074f68b9b2d8e';

my $directory = PostgreSQL::Test::Utils::tempdir;
my $file = "$directory/keys";

sub write_keys
{
	my ($text, $mode, $path) = @_;
	$path //= $file;
	unlink $path;
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out;
	chmod $mode // 0600, $path or die "$path: $!";
	return;
}

my $node = PostgreSQL::Test::Cluster->new('keys');
$node->init;
$node->append_conf('postgresql.conf', "ktt.key_file = ''\nlog_min_error_statement = error\nlog_statement = none\n");
$node->start;
$node->safe_psql('postgres', 'SET client_min_messages = warning; CREATE EXTENSION ktt CASCADE');

# The outcome of a statement in a new session: its result, or the error's code,
# message, detail and hint.
sub outcome
{
	my ($sql) = @_;
	my ($status, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql");
	return $out if $status == 0;
	$err =~ s/^psql:<stdin>:\d+: //gm;
	$err =~ s/^LOCATION: .*\n?//gm;
	$err =~ s/^(ERROR|DETAIL|HINT):\s+/$1 eq 'ERROR' ? '' : "$1: "/gme;
	chomp $err;
	return $err;
}

sub set_key_file
{
	my ($path) = @_;
	$node->adjust_conf('postgresql.conf', 'ktt.key_file', "'$path'");
	$node->reload;
	# By name: in a new session the library is not loaded yet.
	$node->poll_query_until('postgres', "SELECT current_setting('ktt.key_file') = '$path'")
	  or die 'the setting did not arrive';
	return;
}

my $mac = "SELECT ktt.pickup_mac('$code', '$market')";
my $macs = "SELECT array_to_string(ktt.pickup_macs('$code', '$market'), ' ')";

# No file.
my $unset = qr/^KT501: encryption keys are not configured\nHINT: Set "ktt.key_file"\.$/;
like(outcome($mac), $unset, 'no MAC without keys');
like(outcome($macs), $unset, 'no look-up without keys');
is(outcome("SELECT ktt.has_key('code')"), 'f', 'asking for a key is no error');
like(outcome('SELECT ktt.new_pickup_code()'), qr/^\w{4}-\w{4}$/, 'a code needs no key');

# A setting in the file reaches a library that a backend loads later.
write_keys("# keys\n\n1 7 code active $first\n");
set_key_file($file);
is(outcome($mac), $first_mac, 'the MAC is what its definition says');
is(outcome($macs), $first_mac, 'one key, one MAC');
is(outcome("SELECT ktt.has_key('code'), ktt.has_key('sign')"), 't|f', 'which purposes have keys');
is(outcome("SELECT ktt.pickup_mac('vlrj pncx', '$market')"), $first_mac, 'as typed or as printed');
isnt(outcome("SELECT ktt.pickup_mac('$code', '00000000-0000-0000-0000-000000000000')"), $first_mac,
	'another market, another MAC');

# A role cannot point its own backend at another file, not even beforehand.
write_keys("1 300 code active $second\n", 0600, "$directory/mine");
$node->safe_psql('postgres', 'CREATE ROLE app LOGIN; GRANT EXECUTE ON FUNCTION ktt.pickup_mac(text, uuid) TO app');
my ($status, $stdout, $stderr) = $node->psql('postgres', "SET ktt.key_file = '$directory/mine'; $mac",
	extra_params => [ '-U', 'app' ]);
is($stdout, $first_mac, 'what a role set beforehand is not used');
like($stderr, qr/WARNING: .*"ktt.key_file"/, 'and it is told so');

# A market's owner needs the grant, the callers of its functions do not.
$node->safe_psql('postgres', q{
	CREATE ROLE caller LOGIN;
	CREATE FUNCTION redeem(code text, market uuid) RETURNS bytea LANGUAGE sql SECURITY DEFINER
		SET search_path = pg_catalog, pg_temp AS 'SELECT ktt.pickup_mac(code, market)';
	ALTER FUNCTION redeem OWNER TO app});
($status, $stdout, $stderr) = $node->psql('postgres', "SELECT redeem('$code', '$market')",
	extra_params => [ '-U', 'caller' ]);
is($stdout, $first_mac, 'by way of a function of somebody who may');
($status, $stdout, $stderr) = $node->psql('postgres',
	"SELECT ktt.pickup_mac(ktt.new_pickup_code(), '$market')", extra_params => [ '-U', 'caller' ]);
like($stderr, qr/permission denied for function pickup_mac/, 'but not otherwise');

# Change of keys, seen by a backend that has read them before.
my $session = $node->background_psql('postgres', on_error_stop => 0);
sub ask { return scalar $session->query($_[0]) }
is(ask($mac), $first_mac, 'a session reads the keys');
write_keys("1 7 code verify $first\n1 300 code active $second\n");
is(ask($mac), $second_mac, 'it sees the new active key');
is(ask($macs), "$second_mac $first_mac", 'and still knows the old one, the active first');
write_keys("1 7 code retired $first\n1 300 code active $second\n");
is(ask($macs), $second_mac, 'a retired key is not used');
write_keys("1 7 sign active $first\n");
is(ask("SELECT ktt.has_key('code'), ktt.has_key('sign')"), 'f|t', 'another purpose');
like(outcome($mac), qr/^KT501: no active key for purpose "code"\nHINT: /, 'no key for this purpose');
write_keys("1 7 code active $first\n");
is(ask($mac), $first_mac, 'back again');
chmod 0644, $file;
is(ask($mac), '', 'a file that became readable to all is refused');
chmod 0600, $file;
is(ask($mac), $first_mac, 'and accepted when that is mended');
set_key_file('');
is(ask("SELECT ktt.has_key('code')"), 'f', 'keys are forgotten with the setting');
$session->quit;

# Rules about the file.
sub refused
{
	my ($path, $expected, $name) = @_;
	set_key_file($path);
	like(outcome($mac), $expected, $name);
	like(outcome("SELECT ktt.has_key('code')"), $expected, "$name, also when only asked for");
	return;
}
my $data = $node->data_dir;
refused("$directory/none", qr/^58P01: could not open key file ".*none": No such file/, 'missing file');
refused('keys', qr/^KT502: key file "keys" cannot be used\nDETAIL: The path must be absolute\.$/, 'relative path');
refused($directory, qr/^KT502: .*\nDETAIL: It is not a regular file\.$/, 'directory');
symlink $file, "$directory/link" or die;
refused("$directory/link", qr/^KT502: .*\nDETAIL: It is a symbolic link\.$/, 'symbolic link');
write_keys("1 7 code active $first\n", 0600, "$data/keys");
refused("$data/keys", qr/^KT502: .*\nDETAIL: It lies inside the data directory\.$/, 'inside the data directory');
symlink $data, "$directory/data" or die;
refused("$directory/data/keys", qr/^KT502: .*\nDETAIL: It lies inside the data directory\.$/,
	'inside the data directory by way of a link');
mkdir "$directory/space" or die;
$node->safe_psql('postgres', "CREATE TABLESPACE space LOCATION '$directory/space'");
write_keys("1 7 code active $first\n", 0600, "$directory/space/keys");
refused("$directory/space/keys", qr/^KT502: .*\nDETAIL: It lies inside a tablespace\.$/, 'inside a tablespace');
for my $mode (0640, 0604, 0610, 0660, 0666)
{
	write_keys("1 7 code active $first\n", $mode, "$directory/open");
	set_key_file("$directory/open");
	like(outcome($mac), qr/^42501: key file ".*open" has group or world access\nDETAIL: File must have/,
		sprintf('mode %04o', $mode));
}
write_keys("1 7 code active $first\n", 0000, "$directory/shut");
refused("$directory/shut", qr/^42501: could not open key file ".*shut": Permission denied/, 'no access');
system('mkfifo', '-m', '600', "$directory/pipe") == 0 or die;
refused("$directory/pipe", qr/^KT502: .*\nDETAIL: It is not a regular file\.$/, 'a pipe does not hang');

# Rules about its text. Every one names file and line, none the content.
my %texts = (
	'another version' => ["\n2 7 code active $first", 2, 'A line must begin with the format version 1.'],
	'id 0' => ["1 0 code active $first", 1, 'The key id must be a number from 1 to 2147483647.'],
	'purpose' => ["1 7 codes active $first", 1, 'The purpose must be kek, index, code, link or sign.'],
	'state' => ["1 7 code $first", 1, 'The state must be active, verify or retired.'],
	'short secret' => ["1 7 code active " . substr($first, 1), 1, 'The secret must be 64 hexadecimal digits.'],
	'garbage' => ["1 7 code active $first $second", 1, 'Nothing may follow the secret.'],
	'id twice' => ["1 7 code active $first\n1 7 sign active $second", 2, 'Key id 7 is used twice.'],
	'two active' => ["1 7 code active $first\n1 8 code active $second", 2, 'Purpose "code" has a second active key.'],
	'none active' => ["1 7 code verify $first", 0, 'Purpose "code" has no active key.'],
	'too large' => ["#\n" x 40000, 0, 'A key file has at most 65536 bytes.'],
);
set_key_file($file);
for my $name (sort keys %texts)
{
	my ($text, $line, $rule) = @{ $texts{$name} };
	write_keys($text);
	is(outcome($mac),
		$line ? qq{KT502: invalid line $line in key file "$file"\nDETAIL: $rule}
		: qq{KT502: key file "$file" cannot be used\nDETAIL: $rule}, "text: $name");
}
write_keys('');
is(outcome("SELECT ktt.has_key('code')"), 'f', 'an empty file has no keys');

# The tool for tests and demos.
my $tool = 'test/tools/new-key-file';
SKIP:
{
	skip 'the tool is not in sight', 4 unless -x $tool;
	command_ok([ $tool, "$directory/fresh" ], 'a fresh key file');
	is((stat "$directory/fresh")[2] & 07777, 0600, 'for its owner only');
	command_fails([ $tool, "$directory/fresh" ], 'is never overwritten');
	set_key_file("$directory/fresh");
	like(outcome($mac), qr/^\\x00000001[0-9a-f]{32}$/, 'and works');
}

# Nothing that is secret in the log: no key, and no code of a statement that failed.
my $log = slurp_file($node->logfile);
unlike($log, qr/\Q$_\E/i, 'no secret in the log') for ($first, $second, substr($first, 1, 40));
unlike($log, qr/\Q$code\E/, 'no pickup code in the log');
like($log, qr/invalid line/, 'though the errors are there');

$node->stop;
done_testing();
