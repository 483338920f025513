package containers

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"
)

// tcp and unix are the variants of a server that most of these tests start.
var (
	overTCP  = Variant{Protocol: "fcgi", Method: "prefork", Network: "tcp"}
	overUnix = Variant{Protocol: "fcgi", Method: "prefork", Network: "unix"}
)

// containersOf are the containers that there are with that in their name.
func containersOf(t *testing.T, name string) []string {
	t.Helper()
	provider, err := engine()
	if err != nil {
		t.Fatal(err)
	}
	list, err := provider.Client().ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: make(client.Filters).Add("name", name)})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range list.Items {
		names = append(names, c.Names...)
	}
	return names
}

func TestAPeerInItsContainerStartsAndStops(t *testing.T) {
	contains(t)
	for _, v := range []Variant{overUnix, overTCP} {
		t.Run(v.Network, func(t *testing.T) {
			t.Parallel()
			d := lookup(t, "php-fpm")
			p := started(t, d, v, Options{App: application(t, d), Container: true})
			connectable(t, p)
			answersItself(t, p)
			servesSeveral(t, p)
			if len(p.process.pids()) < 8 {
				t.Errorf("processes %v, want the workers among them", p.process.pids())
			}
			if !strings.Contains(p.Log(), "ready to handle connections") {
				t.Errorf("the log has no line of its start:\n%s", p.Log())
			}
			name := filepath.Base(p.dir)
			if len(containersOf(t, name)) != 1 {
				t.Errorf("containers %v, want one", containersOf(t, name))
			}
			stopsWhole(t, p)
			if left := containersOf(t, name); len(left) > 0 {
				t.Errorf("containers %v are left", left)
			}
			if !strings.Contains(p.Log(), "ready to handle connections") {
				t.Error("the log is gone with the container")
			}
		})
	}
}

func TestAContainerPublishesNoPort(t *testing.T) {
	contains(t)
	d := lookup(t, "php-fpm")
	p := started(t, d, overTCP, Options{App: application(t, d), Container: true})
	c, err := p.process.(*contained).container.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c.HostConfig.NetworkMode != "host" || len(c.NetworkSettings.Ports) > 0 || len(c.HostConfig.PortBindings) > 0 {
		t.Errorf("network %s, ports %v %v", c.HostConfig.NetworkMode, c.NetworkSettings.Ports, c.HostConfig.PortBindings)
	}
	if host, _, _ := net.SplitHostPort(p.address); host != "127.0.0.1" {
		t.Errorf("it listens on %s", p.address)
	}
}

// TestTheVersionIsOfTheRunningPeer takes one that isn't installed here.
func TestTheVersionIsOfTheRunningPeer(t *testing.T) {
	contains(t)
	d := lookup(t, "libfcgi")
	p := started(t, d, overUnix, Options{App: application(t, d), Container: true})
	version, err := p.Version(t.Context())
	if err != nil || version != "2.4.2" {
		t.Errorf("version %q, %v", version, err)
	}
}

// TestAFailedStartLeavesNoContainer: neither the container nor the folder, and
// the error says what the compiler said.
func TestAFailedStartLeavesNoContainer(t *testing.T) {
	contains(t)
	d := lookup(t, "libfcgi")
	app := filepath.Join(t.TempDir(), "broken.c")
	if err := os.WriteFile(app, []byte("#error not a program"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	_, err := Start(t.Context(), d, overTCP, Options{App: app, Dir: dir, Container: true})
	if err == nil || !strings.Contains(err.Error(), "not a program") || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("want the compiler's message, got %v", err)
	}
	nothingIsLeft(t, d, dir)
}

func TestAStartInAContainerEndsWithItsContext(t *testing.T) {
	contains(t)
	d := lookup(t, "php-fpm")
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	d.Ready = "never" // so that it is in the midst of its start
	_, err := Start(ctx, d, overUnix, Options{App: application(t, d), Dir: dir, Container: true})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("want the context's error, got %v", err)
	}
	nothingIsLeft(t, d, dir)
}

// nothingIsLeft of a start in dir, which was that peer's alone.
func nothingIsLeft(t *testing.T, d Definition, dir string) {
	t.Helper()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left in the folder: %v, %v", entries, err)
	}
	provider, err := engine()
	if err != nil {
		t.Fatal(err)
	}
	list, err := provider.Client().ContainerList(t.Context(), client.ContainerListOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Items {
		for _, m := range c.Mounts {
			if strings.HasPrefix(m.Source, dir+"/") {
				t.Errorf("container %v of %s is left", c.Names, d.Name)
			}
		}
	}
}

func TestATakenPortIsNoticedInAContainer(t *testing.T) {
	contains(t)
	eachPeer(t, func(t *testing.T, d Definition) { noticesATakenPort(t, d, true) })
}

// orphanContainer is the environment variable that makes of the test's executable
// the one that [TestNoContainerSurvivesItsStarter] kills.
const orphanContainer = "PEERS_TEST_ORPHAN_CONTAINER"

// abandonContainer starts a server with the application, prints its scratch
// folder and waits for its end.
func abandonContainer(app string) {
	d, err := Lookup("php-fpm")
	if err != nil {
		panic(err)
	}
	p, err := Start(context.Background(), d, overUnix, Options{App: app, Container: true})
	if err != nil {
		panic(err)
	}
	os.Stdout.WriteString(p.dir + "\n")
	<-p.Done()
	os.Exit(0)
}

func TestNoContainerSurvivesItsStarter(t *testing.T) {
	contains(t)
	t.Parallel()
	starter := exec.Command(os.Args[0])
	starter.Env = append(os.Environ(), orphanContainer+"="+application(t, lookup(t, "php-fpm")))
	starter.Stderr = os.Stderr
	output, err := starter.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := starter.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	dir := strings.TrimSpace(line)
	if len(containersOf(t, filepath.Base(dir))) != 1 {
		t.Errorf("containers %v, want one", containersOf(t, filepath.Base(dir)))
	}
	if err := starter.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	starter.Wait() // it was killed
	if !within(10*time.Second, func() bool { return len(containersOf(t, filepath.Base(dir))) == 0 }) {
		t.Errorf("containers %v are left", containersOf(t, filepath.Base(dir)))
	}
	if !within(time.Second, func() bool { _, err := os.Stat(dir); return errors.Is(err, fs.ErrNotExist) }) {
		t.Error("the scratch folder is left")
	}
}
