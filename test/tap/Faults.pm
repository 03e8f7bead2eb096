# What the tests that break servers share: how they kill them, sessions that run
# beside the test, and libraries in C that the tests build for themselves.
package Faults;
use strict;
use warnings;
use Exporter qw(import);
use File::Basename qw(dirname);
use IPC::Run qw(start);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

our @EXPORT = qw(built seeded kill_server kill_backend await_end ended session answers complaints chosen);

# A seed that is told, so that a run can be had again.
sub seeded
{
	my $seed = $ENV{KTT_SEED} // time ^ $$;
	srand($seed);
	note "seed $seed";
	return $seed;
}

# Some of a list, at random, in their order.
sub chosen
{
	my ($number, @list) = @_;
	my %left = map { $_ => 1 } 0 .. $#list;
	delete $left{ (keys %left)[ rand keys %left ] } while keys %left > $number;
	return map { $list[$_] } sort { $a <=> $b } keys %left;
}

# A library of a C file that stands beside the tests.
sub built
{
	my ($name, @options) = @_;
	my $library = PostgreSQL::Test::Utils::tempdir . "/$name.so";
	my $source = dirname(__FILE__) . "/$name.c";
	chomp(my $headers = qx{@{[ $ENV{PG_CONFIG} // 'pg_config' ]} --includedir-server});
	system('gcc', '-std=gnu11', '-O1', '-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter', '-Wno-sign-compare', '-isystem', $headers,
		'-shared', '-fPIC', '-o', $library, $source, @options) == 0
	  or die "$source cannot be built";
	return $library;
}

# What the system says of a process: how it is, or nothing when it has ended, whether or not it has been reaped.
sub condition
{
	my $stat = -e "/proc/$_[0]/stat" ? eval { slurp_file("/proc/$_[0]/stat") } // '' : '';
	return $stat =~ /^\d+ \(.*\) ([A-Y])/ ? $1 : '';
}

sub alive { return grep { condition($_) } @_ }

sub await_end
{
	my @processes = @_;
	for (1 .. 3000)
	{
		return unless alive(@processes);
		usleep(10_000);
	}
	die "processes @processes do not end";
}

sub children
{
	my ($parent) = @_;
	return grep {
		my $stat = eval { slurp_file("/proc/$_/stat") } // '';
		$stat =~ /^\d+ \(.*\) \S (\d+)/ && $1 == $parent
	} map { m{(\d+)$} } glob '/proc/[0-9]*';
}

# One that is dead but not reaped still counts as running for the next.
sub forget
{
	my ($node) = @_;
	unlink $node->data_dir . '/postmaster.pid', $node->host . '/.s.PGSQL.' . $node->port . '.lock';
	return;
}

# The server and all its processes at once, so that none can finish its work.
sub kill_server
{
	my ($node) = @_;
	my $postmaster = (split /\n/, slurp_file($node->data_dir . '/postmaster.pid'))[0];
	my @backends = children($postmaster);
	kill 'KILL', @backends;
	$node->kill9;
	await_end($postmaster, @backends);
	forget($node);
	return;
}

# One backend alone; the server, with restart_after_crash off, takes that for the end. False when the session had ended before.
sub kill_backend
{
	my ($node, $backend) = @_;
	my $postmaster = (split /\n/, slurp_file($node->data_dir . '/postmaster.pid'))[0];
	return 0 unless grep { $_ == $backend } children($postmaster);
	# Stopped first, so that it cannot end in peace meanwhile.
	kill 'STOP', $backend;
	usleep(1000) until condition($backend) =~ /^T?$/;
	return 0 unless alive($backend);
	kill 'KILL', $backend;
	await_end($postmaster);
	ended($node);
	return 1;
}

# What is to be cleared up after a server that has ended by itself.
sub ended
{
	my ($node) = @_;
	$node->{_pid} = undef;
	forget($node);
	return;
}

# A session that runs a script on its own; its answers are in its file.
my $sessions = 0;
sub session
{
	my ($node, $database, $sql, @options) = @_;
	my $name = PostgreSQL::Test::Utils::tempdir . '/session' . $sessions++;
	append_to_file("$name.sql", $sql);
	my $run = start([ 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', @options, '-d', $node->connstr($database), '-f', "$name.sql" ],
		'<', '/dev/null', '>', "$name.out", '2>', "$name.err");
	return { run => $run, name => $name };
}

# All that it has said when it is over.
sub answers
{
	my ($session) = @_;
	eval { $session->{run}->finish };
	return split /\n/, slurp_file("$session->{name}.out");
}

sub complaints
{
	my ($session) = @_;
	return slurp_file("$session->{name}.err");
}

1;
