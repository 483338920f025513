#!/usr/bin/perl
# The probe application, contract 1, for Perl:
#   FCGI.pm, under FCGI::ProcManager with PEER_METHOD=prefork    PEER_ADDRESS=127.0.0.1:9000 perl probe.pl
#   SCGI.pm                       PEER_PROTOCOL=scgi PEER_NETWORK=tcp PEER_ADDRESS=127.0.0.1:4000 perl probe.pl
#   Plack's FastCGI handler       plackup -s FCGI --listen app.sock probe.pl
#   a CGI program, as fcgiwrap runs one    SCRIPT_FILENAME names this file, which has to be executable
# Without PEER_ADDRESS, FCGI.pm takes the socket at fd 0. PEER_METHOD=prefork has eight processes.
use strict;
use warnings;

# A CGI program starts for each request: modules are loaded where they are needed.
sub PIECE () { 65536 }    # long enough that the writes do not count
sub BLOCK () { 4096 }     # what is read of a body before it is answered, with duplex=yes
sub PROCESSES () { 8 }

# Steering: what the query string asks for. Of a key that is there twice the last counts; '+' stays '+'.

sub steer {
    my ($query) = @_;
    my %last;
    my @headers;
    for my $pair (split /&/, $query) {
        my ($key, $value) = split /=/, $pair, 2;
        next unless defined $key;
        $value = '' unless defined $value;
        $value =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
        $last{$key} = $value;
        push @headers, [$1, $2] if $key eq 'header' && $value =~ /\A([^:]*):(.*)\z/s;
    }
    my $number = sub {
        my ($key, $default) = @_;
        return defined $last{$key} && $last{$key} =~ /\A[0-9]{1,18}\z/ ? $last{$key} : $default;
    };
    my $word = sub { ($last{$_[0]} // '') eq $_[1] };
    my $status = $number->('status', 200);
    return {
        status => $status, bodiless => $status < 200 || $status == 204 || $status == 304,
        headers => \@headers, stderr => $last{stderr} // '', throw => $last{throw} // '',
        size => $number->('size'), chunk => $number->('chunk', 0),
        delay => milliseconds($number->('delay', 0)), pause => milliseconds($number->('pause', 0)),
        reads => !$word->('read', 'no'), echo => $word->('body', 'echo'),
        none => $word->('output', 'none'), zero => $word->('write', 'zero'),
        duplex => $word->('duplex', 'yes') && $word->('body', 'echo') && !$word->('read', 'no'),
    };
}

sub milliseconds { ($_[0] < 60000 ? $_[0] : 60000) / 1000 }

sub wait_for { select undef, undef, undef, $_[0] if $_[0] }

# The answer. A connection says how the server at hand takes and gives it:
#   env       the variables of the request
#   about     server, method and can, for the JSON
#   read      the next bytes of the body, at most so many; empty at its end
#   complain  writes to the error stream
#   head      the status, and the headers as a list of names and values
#   write     bytes of the body
#   flush     sends what was written
#   data      the DATA stream of a FastCGI filter, where there can be one

# heard is what comes before anything is sent: the body is read, the time waited for, the error written.
sub heard {
    my ($connection) = @_;
    my $asked = steer($connection->{env}{QUERY_STRING} // '');
    my $role = $connection->{env}{FCGI_ROLE} // '';
    $asked->{duplex} = 0 if $role eq 'FILTER';    # its DATA comes after the whole of STDIN
    $asked->{reads} = $asked->{duplex} = 0 if $role eq 'AUTHORIZER';    # it gets no STDIN, section 6.3
    $asked->{received} = $asked->{reads} && !$asked->{duplex} ? all($connection->{read}) : '';
    $asked->{data} = all($connection->{data}) if $role eq 'FILTER' && $asked->{reads} && $connection->{data};
    wait_for($asked->{delay});
    $connection->{complain}->($asked->{stderr}) if $asked->{stderr} ne '';
    fail($asked, 'early');
    return $asked;
}

sub all {
    my ($read) = @_;
    my $all = '';
    while ((my $piece = $read->(PIECE)) ne '') { $all .= $piece }
    return $all;
}

sub fail {
    my ($asked, $when) = @_;
    die "throw=$when was asked for\n" if $asked->{throw} eq $when;
}

sub say_back {
    my ($connection, $asked) = @_;
    my $env = $connection->{env};
    my ($type, $length, $part);    # $part->($at, $length) are these bytes of the body
    if ($asked->{echo}) {
        my $body = $asked->{data} // $asked->{received};
        ($type, $length, $part) = ('application/octet-stream', length $body, sub { substr $body, $_[0], $_[1] });
    } elsif (defined $asked->{size}) {
        ($type, $length, $part) = ('text/plain', $asked->{size}, \&letters);
    } else {
        my $body = json($connection, $asked);
        ($type, $length, $part) = ('application/json', length $body, sub { substr $body, $_[0], $_[1] });
    }
    my $announced = $asked->{duplex} ? $env->{CONTENT_LENGTH} : $length;
    $announced = undef if $asked->{chunk} || $asked->{bodiless};
    $connection->{head}->($asked->{status}, headers($asked, $type, $announced, $env->{FCGI_ROLE} // ''));
    return if $asked->{bodiless} || ($env->{REQUEST_METHOD} // '') eq 'HEAD';

    my $at = 0;
    my $piece = $asked->{chunk} || PIECE;
    written($connection, $asked, sub {
        return $connection->{read}->(BLOCK) if $asked->{duplex};
        my $next = $at < $length ? $part->($at, $piece < $length - $at ? $piece : $length - $at) : '';
        $at += length $next;
        return $next;
    });
}

sub letters {
    my ($at, $length) = @_;
    return substr join('', 'a' .. 'z') x ($length / 26 + 2), $at % 26, $length;
}

# written sends the pieces that $next gives, and between them what the extras ask for.
sub written {
    my ($connection, $asked, $next) = @_;
    my $nothing = sub { $connection->{write}->(''), $connection->{flush}->() if $asked->{zero} };
    my $pieces = $asked->{chunk} || $asked->{duplex};
    my $first = 1;
    $nothing->();
    while ((my $piece = $next->()) ne '') {
        wait_for($asked->{pause}) if $pieces && !$first;
        $first = 0;
        $connection->{write}->($piece);
        $connection->{flush}->() if $pieces;
        fail($asked, 'late') if $pieces;
        $nothing->();
    }
    fail($asked, 'late');
}

# headers are Content-Type and Content-Length, each of which one that is asked for takes the place of, and those.
sub headers {
    my ($asked, $type, $length, $role) = @_;
    my %given = map { lc $_->[0] => 1 } @{$asked->{headers}};
    my @headers;
    push @headers, 'Content-Type', $type unless $given{'content-type'};
    push @headers, 'Content-Length', $length if defined $length && $length ne '' && !$given{'content-length'};
    push @headers, 'Variable-PROBE', 1 if $role eq 'AUTHORIZER' && $asked->{status} == 200;
    return [@headers, map { @$_ } @{$asked->{headers}}];
}

sub json {
    my ($connection, $asked) = @_;
    my ($env, $about) = @{$connection}{'env', 'about'};
    my @params = grep { !ref $env->{$_} && !/\A(?:psgix?|plack)\./ && $_ ne 'FCGI_ROLE' } sort keys %$env;
    return '{"probe": 1, "server": ' . quoted($about->{server}) . ', "protocol": ' . quoted(protocol())
        . ($about->{method} ? ', "method": ' . quoted($about->{method}) : '') . ", \"pid\": $$"
        . ', "can": [' . join(', ', map { quoted($_) } @{$about->{can}}) . ']'
        . ', "params": {' . join(', ', map { quoted($_) . ': ' . quoted($env->{$_}) } @params) . '}'
        . ', "body": ' . digest($asked->{received}) . (defined $asked->{data} ? ', "data": ' . digest($asked->{data}) : '')
        . "}\n";
}

# A JSON string of bytes: each byte is one code point.
sub quoted {
    my ($bytes) = @_;
    $bytes =~ s/([^ !#-\[\]-~])/sprintf '\\u%04x', ord $1/ge;
    return "\"$bytes\"";
}

sub digest {
    my ($stream) = @_;
    require Digest::SHA;
    return sprintf '{"length": %d, "sha256": "%s"}', length $stream, Digest::SHA::sha256_hex($stream);
}

sub protocol { $ENV{PEER_PROTOCOL} || 'fcgi' }

# The servers.

# head_to is how FastCGI, SCGI and CGI have the status and the headers: written in front of the body.
sub head_to {
    my ($out) = @_;
    return sub {
        my ($status, $headers) = @_;
        my @headers = @$headers;
        my $head = "Status: $status " . ($status == 200 ? 'OK' : 'Asked For') . "\r\n";
        while (my ($name, $value) = splice @headers, 0, 2) { $head .= "$name: $value\r\n" }
        print {$out} "$head\r\n";
    };
}

sub reading {
    my ($in) = @_;
    return sub {
        my ($most) = @_;
        my $piece = '';
        read $in, $piece, $most;
        return $piece;
    };
}

sub converse {
    my ($connection) = @_;
    my $asked = heard($connection);
    say_back($connection, $asked) unless $asked->{none};
}

sub serve_fcgi {
    require FCGI;
    require IO::Handle;
    my $socket = 0;
    if ($ENV{PEER_ADDRESS}) {
        $socket = FCGI::OpenSocket($ENV{PEER_ADDRESS}, 128);
        die "probe: no socket at $ENV{PEER_ADDRESS}: $!\n" if $socket < 0;
    } elsif (!-S STDIN) {
        die "probe: fd 0 is no socket, and there is no PEER_ADDRESS\n";
    }
    my ($in, $out, $err) = map { IO::Handle->new } 1 .. 3;
    my %env;
    my $request = FCGI::Request($in, $out, $err, \%env, $socket, FCGI::FAIL_ACCEPT_ON_INTR());
    my $server = "FCGI.pm $FCGI::VERSION";
    my $manager;
    if (($ENV{PEER_METHOD} // '') eq 'prefork') {
        require FCGI::ProcManager;
        $server .= " with FCGI::ProcManager $FCGI::ProcManager::VERSION";
        $manager = FCGI::ProcManager->new({ n_processes => PROCESSES });
        $manager->pm_manage;
    }
    my $about = { server => $server, method => $ENV{PEER_METHOD}, can => [qw(output write duplex throw pause role)] };
    while ($request->Accept >= 0) {
        $manager->pm_pre_dispatch if $manager;
        my $read = reading($in);
        my $data;    # whether it is there
        eval {
            converse({
                env => \%env, about => $about, head => head_to($out),
                read => $read, data => sub { $data //= $request->StartFilterData == 0; $data ? $read->(@_) : '' },
                complain => sub { print {$err} @_; $request->Flush },
                write => sub { print {$out} @_ }, flush => sub { $request->Flush },
            });
            1;
        } or print {$err} $@;
        $request->Finish;
        $manager->pm_post_dispatch if $manager;
    }
}

sub serve_scgi {
    require SCGI;
    require IO::Socket::INET;
    require IO::Socket::UNIX;
    my $address = $ENV{PEER_ADDRESS} || die "probe: there is no PEER_ADDRESS\n";
    my $unix = ($ENV{PEER_NETWORK} // '') ne 'tcp';
    unlink $address if $unix && -S $address;    # left by a process that was killed
    my $socket = $unix ? IO::Socket::UNIX->new(Local => $address, Listen => 128)
        : IO::Socket::INET->new(LocalAddr => $address, Listen => 128, ReuseAddr => 1);
    die "probe: no socket at $address: $!\n" unless $socket;
    $SIG{PIPE} = 'IGNORE';
    forked() if ($ENV{PEER_METHOD} // '') eq 'prefork';
    my $about = {
        server => "SCGI.pm $SCGI::VERSION", method => $ENV{PEER_METHOD}, can => [qw(output write duplex throw pause)],
    };
    my $scgi = SCGI->new($socket, blocking => 1);
    while (1) {
        my $request = $scgi->accept or next;
        eval {
            $request->read_env;
            my $connection = $request->connection;
            my $left = $request->env->{CONTENT_LENGTH};
            my $read = reading($connection);
            converse({
                env => $request->env, about => $about, head => head_to($connection),
                read => sub {
                    my $piece = $read->($_[0] < $left ? $_[0] : $left);
                    $left -= length $piece;
                    return $piece;
                },
                complain => sub { print STDERR @_ },
                write => sub { print {$connection} @_ }, flush => sub { $connection->flush },
            });
            1;
        } or print STDERR $@;
        $request->close;
    }
}

# forked returns in each of the processes that serve. The one that has started them starts another where one ends.
sub forked {
    my %children;
    $SIG{TERM} = sub { kill TERM => keys %children; exit };
    while (1) {
        while (keys %children < PROCESSES) {
            my $pid = fork // die "probe: fork: $!\n";
            if ($pid == 0) {
                $SIG{TERM} = 'DEFAULT';
                return;
            }
            $children{$pid} = 1;
        }
        delete $children{+wait};
    }
}

# A CGI program's variables are those of its process, some of which fcgiwrap has itself.
sub serve_cgi {
    binmode STDIN;
    binmode STDOUT;
    my %env = map { $_ => $ENV{$_} } grep { !/\APEER_/ } keys %ENV;
    open my $parent, '<', '/proc/' . getppid() . '/comm';
    chomp(my $server = $parent ? <$parent> : 'CGI');
    converse({
        env => \%env, about => { server => $server, method => $ENV{PEER_METHOD}, can => [qw(output write duplex throw pause)] },
        read => reading(\*STDIN), head => head_to(\*STDOUT),
        complain => sub { print STDERR @_ },
        write => sub { print @_ }, flush => sub { STDOUT->flush },
    });
}

# plackup loads this file as a module, and serves what its last line is.
sub psgi {
    my ($env) = @_;
    require Plack;
    my $writer;
    my $connection = {
        env => $env, read => reading($env->{'psgi.input'}),
        about => {
            server => "Plack $Plack::VERSION", method => $env->{'psgi.multiprocess'} ? 'prefork' : undef,
            can => [qw(write duplex throw pause)],
        },
        complain => sub { $env->{'psgi.errors'}->print(@_) },
        write => sub { $writer->write(@_) }, flush => sub { },
    };
    my $asked = heard($connection);
    return sub {
        my ($respond) = @_;
        $connection->{head} = sub { $writer = $respond->([@_]) };
        say_back($connection, $asked);
        $writer->close;
    };
}

sub main { $ENV{GATEWAY_INTERFACE} ? serve_cgi() : protocol() eq 'scgi' ? serve_scgi() : serve_fcgi() }

return \&psgi if caller;
main();
