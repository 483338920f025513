package embedded

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/cmd/internal/cli"
	"github.com/fcgikit/fcgikit/reference"
)

func TestMain(m *testing.M) {
	reference.Register("probe", func(json.RawMessage) (reference.Handler, error) { return &reference.Probe{}, nil })
	Main()
	os.Exit(m.Run())
}

func accepts(target client.Target) bool {
	c, err := net.Dial(target.Network, target.Address)
	if err == nil {
		c.Close()
	}
	return err == nil
}

func TestServerLivesAndEnds(t *testing.T) {
	for _, method := range []reference.Method{reference.Threaded, reference.Prefork} {
		for _, network := range []string{"unix", "tcp"} {
			c := Config{Method: method, Workers: 2, Network: network, Config: reference.Config{Protocol: client.SCGI, Handler: "probe"}}
			s := &Server{Config: c, Last: &cli.LastActs{}}
			if err := s.Start(t.Context()); err != nil {
				t.Fatal(method, network, err)
			}
			first := s.Target()
			if !accepts(first) || s.PID() == os.Getpid() {
				t.Errorf("%s %s: it does not accept on %v, or is no process of its own", method, network, first)
			}
			if err := s.Restart(t.Context()); err != nil || s.Target() != first || !accepts(first) {
				t.Errorf("%s %s: started again on %v, want %v (%v)", method, network, s.Target(), first, err)
			}
			s.Stop()
			s.Remove()
			select {
			case <-s.Ended():
			case <-time.After(time.Second):
				t.Errorf("%s %s: it has not ended", method, network)
			}
			if _, err := os.Stat(s.Config.Dir); !errors.Is(err, os.ErrNotExist) || accepts(first) {
				t.Errorf("%s %s: something is left: %v", method, network, err)
			}
		}
	}
}

func TestCommandThatDoesNotServe(t *testing.T) {
	for want, c := range map[string]*Command{
		"ended (exit status 3) before": {Line: "(exit 3)", Wait: 5 * time.Second},
		"does not accept 100ms after":  {Line: "sleep 60", Wait: 100 * time.Millisecond},
	} {
		c.At, c.Last = client.Target{Network: "unix", Address: filepath.Join(t.TempDir(), "s")}, &cli.LastActs{}
		err := c.Start(t.Context())
		c.Stop()
		if cli.CodeOf(err) != cli.ExitUnreachable || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", c.Line, err, want)
		}
	}
}

func TestCommandDoesNotStartBesideAnother(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := &Command{Line: "true", At: client.Target{Network: "unix", Address: l.Addr().String()}, Last: &cli.LastActs{}}
	if err := c.Start(t.Context()); cli.CodeOf(err) != cli.ExitUsage {
		t.Errorf("%v, want exit code %d", err, cli.ExitUsage)
	}
	c.Stop()
}

func TestCommandsOutputIsKept(t *testing.T) {
	at := client.Target{Protocol: client.FastCGI, Network: "unix", Address: filepath.Join(t.TempDir(), "s")}
	c := &Command{Line: "echo one; echo two >&2; echo three; exit 3", At: at, Wait: time.Second, Last: &cli.LastActs{}}
	if err := c.Start(t.Context()); cli.CodeOf(err) != cli.ExitUnreachable {
		t.Errorf("%v, want exit code %d", err, cli.ExitUnreachable)
	}
	defer c.Stop()
	if got := strings.Join(c.Said(2), "|"); got != "two|three" {
		t.Errorf("the last two lines are %q", got)
	}
	if got := c.How(); got != "exit status 3" {
		t.Errorf("it ended with %q", got)
	}
}
