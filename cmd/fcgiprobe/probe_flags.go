package main

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/cmd/internal/embedded"
	"github.com/fcgikit/fcgikit/reports"
	"github.com/fcgikit/fcgikit/specs"
)

// probeFlags are those of fcgiprobe TARGET...
type probeFlags struct {
	selectFlags
	embeddedFlags
	reportFlags
	params               cli.ParamsFlag
	script, root, secret string
	packetSize           int
	wait                 time.Duration
	exec                 string
	strict               bool
	seed                 int64
	parallel             int
	scale                float64
	verbose, quiet       bool
	noColor, version     bool

	flags    *cli.Flags
	chosen   selection
	expected reports.Expectations
}

// Of AJP's faults some show in a container with a secret alone, some in one that
// is set to larger packets.
const (
	secretFaults = "ajp/secret-"
	packetFaults = "ajp/packet-size-"
)

const probeExample = "fcgiprobe unix:/tmp/app.sock"

func (f *probeFlags) Register(fs *cli.Flags) {
	f.flags = fs
	fs.Group("Which cases", func() { f.selectFlags.Register(fs) })
	fs.Group("How they run, and count", func() {
		fs.BoolVar(&f.strict, "strict", false, "a broken should counts as a failure")
		fs.Int64Var(&f.seed, "seed", 0, "`N`: of the order and of every random byte; 0 is a new one")
		fs.IntVar(&f.parallel, "parallel", 0, "`N`: cases at once, where the server can; 0 is a usual number")
		fs.Float64Var(&f.scale, "timeout-scale", 1, "`F`: a factor for every time limit")
	})
	fs.Group("The target", func() {
		fs.Var(&f.params, "param", "`NAME=VALUE`: one more parameter; may be given again")
		fs.StringVar(&f.script, "script", "", "`FILE`: SCRIPT_FILENAME, what php-fpm runs")
		fs.StringVar(&f.root, "root", "", "`DIR`: DOCUMENT_ROOT")
		fs.StringVar(&f.secret, "secret", "", "`S`: AJP's secret")
		fs.IntVar(&f.packetSize, "packet-size", 0, "`N`: the bytes of AJP's largest packet, where the container is set to more than 8192")
		fs.Var((*cli.DurationFlag)(&f.wait), "wait", "`D`: how long to wait for it to accept connections, such as 10s")
		fs.StringVar(&f.exec, "exec", "", "`COMMAND`: start it with this shell command, again after a crash, and end it")
	})
	fs.Group("Without a target: the embedded reference server", func() { f.embeddedFlags.Register(fs) })
	fs.Group("Reports, where - is standard output", func() { f.reportFlags.Register(fs) })
	fs.Group("What is printed", func() {
		fs.BoolVar(&f.verbose, "v", false, "every case, and failures with all their bytes")
		fs.BoolVar(&f.quiet, "q", false, "of each target the last line alone")
		fs.BoolVar(&f.noColor, "no-color", false, "no colors, as with NO_COLOR in the environment")
		fs.BoolVar(&f.version, "version", false, "the version, and nothing else")
	})
}

// largestScale makes hours of the longest limit: more is a slip.
const largestScale = 1000

// settle checks the flags before anything is done.
func (f *probeFlags) settle(targets []string) error {
	switch {
	case !(f.scale > 0 && f.scale <= largestScale): // NaN is neither
		return cli.Misused("-timeout-scale %v: expected a positive number such as 2, %v at most", f.scale, largestScale)
	case f.parallel < 0:
		return cli.Misused("-parallel %d: expected a number such as 4", f.parallel)
	case f.verbose && f.quiet:
		return cli.Misused("-v and -q contradict each other: expected one of them, such as %s -q", probeExample)
	case f.exec != "" && len(targets) != 1:
		return cli.Misused("-exec starts one server: expected its target, such as fcgiprobe -exec 'myserver /tmp/app.sock' unix:/tmp/app.sock")
	}
	if f.flags.Given("packet-size") {
		if err := checkPacketSize(f.packetSize); err != nil {
			return err
		}
	}
	if f.exec != "" && !f.flags.Given("wait") {
		f.wait = embedded.StartWait
	}
	if f.seed == 0 {
		f.seed = 1 + rand.Int64N(1<<31)
	}
	if strings.HasPrefix(f.fault, secretFaults) && f.secret == "" {
		f.secret = "hush" // any would do, and who asks for the fault need not name one
	}
	if strings.HasPrefix(f.fault, packetFaults) && f.packetSize == 0 {
		f.packetSize = ajp.MaxPacketSize
	}
	if err := f.settleEmbedded(f.flags, targets); err != nil {
		return err
	}
	var err error
	if f.chosen, err = f.selection(); err != nil {
		return err
	}
	if len(targets) > 0 && len(cli.Words(f.protocol)) > 1 {
		return cli.Misused("-protocol %s: expected the one that the target speaks, such as -protocol fcgi", f.protocol)
	}
	if f.expected, err = f.reportFlags.settle(); err != nil {
		return err
	}
	if f.chosen.empty(f.chosen.all()) {
		return cli.WithCode(cli.ExitNothing, errNoneSelected)
	}
	return nil
}

// fit finds a flag that the protocol has no use for.
func (f *probeFlags) fit(p client.Protocol) error {
	switch {
	case p == client.AJP && f.script != "":
		return cli.Misused("-script is of no use over AJP, which has no SCRIPT_FILENAME: leave it out")
	case p == client.AJP && f.root != "":
		return cli.Misused("-root is of no use over AJP, which has no DOCUMENT_ROOT: leave it out")
	case p != client.AJP && p != "" && f.secret != "":
		return cli.Misused("-secret is AJP's, and the target speaks %s: leave it out", protocolTitles[p])
	case p != client.AJP && p != "" && f.packetSize != 0:
		return cli.Misused("-packet-size is AJP's, and the target speaks %s: leave it out", protocolTitles[p])
	}
	return nil
}

// options are the kernel's, for a target of this protocol.
func (f *probeFlags) options(p client.Protocol) (o specs.Options) {
	o.Selection, _ = f.chosen.of(p)
	o.Options.Thorough = f.thorough
	o.Seed, o.Parallel, o.TimeoutScale = f.seed, f.parallel, f.scale
	o.Params = slices.Clone(f.params)
	if p == client.AJP {
		o.Secret, o.PacketSize = f.secret, f.packetSize
	} else {
		o.ScriptFilename, o.DocumentRoot = f.script, f.root
	}
	return o
}
