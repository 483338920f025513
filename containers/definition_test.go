package containers

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDefinitionsAreValid(t *testing.T) {
	all, err := Definitions()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range all {
		names = append(names, d.Name)
		if d.Summary == "" {
			t.Errorf("%s has no summary", d.Name)
		}
		if len(d.Needs) == 0 && !d.ContainerOnly {
			t.Errorf("%s needs nothing", d.Name)
		}
		for _, n := range d.Needs {
			if n.Debian+n.Pip+n.Maven == "" && n.Program != "go" {
				t.Errorf("%s: %s is of no package", d.Name, n)
			}
		}
	}
	folders, err := filepath.Glob("*/run")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if name := filepath.Dir(f); !slices.Contains(names, name) {
			t.Errorf("%s is no peer: it has no peer.yaml", name)
		}
	}
}

func TestLookupOfAnUnknownPeer(t *testing.T) {
	for _, name := range []string{"iis", "", "..", "nginx/run"} {
		if _, err := Lookup(name); err == nil {
			t.Errorf("%q is a peer", name)
		}
	}
}

func TestVariantsAreTheValidCombinations(t *testing.T) {
	for name, want := range map[string][]string{
		"flup": {
			"fcgi/threaded/unix", "fcgi/threaded/tcp", "fcgi/prefork/unix", "fcgi/prefork/tcp",
			"scgi/threaded/unix", "scgi/threaded/tcp", "scgi/prefork/unix", "scgi/prefork/tcp",
			"ajp/threaded/tcp", "ajp/prefork/tcp", "ajp/threaded/tcp/packets-of-65536",
		},
		"tomcat": {"ajp/threaded/unix", "ajp/threaded/tcp", "ajp/threaded/tcp/secret", "ajp/threaded/unix/packets-of-65536"},
		"nginx":  {"fcgi/unix", "fcgi/tcp", "scgi/unix", "scgi/tcp"},
	} {
		var got []string
		for _, v := range lookup(t, name).Variants() {
			got = append(got, v.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", name, got, want)
		}
	}
}

func TestCheckRefusesWrongDefinitions(t *testing.T) {
	for what, spoil := range map[string]func(*Definition){
		"folder":   func(d *Definition) { d.Name = "other" },
		"kind":     func(d *Definition) { d.Kind = "proxy" },
		"language": func(d *Definition) { d.Language = "" },
		"missing":  func(d *Definition) { d.Ready = "(" },
		"variants": func(d *Definition) { d.Serves = nil },
		"protocol": func(d *Definition) {
			d.Serves = []Service{{Protocol: "http", Methods: []string{"prefork"}, Networks: []string{"tcp"}}}
		},
		"method": func(d *Definition) {
			d.Serves = []Service{{Protocol: "fcgi", Methods: []string{"forked"}, Networks: []string{"tcp"}}}
		},
		"network": func(d *Definition) {
			d.Serves = []Service{{Protocol: "fcgi", Methods: []string{"prefork"}, Networks: []string{"udp"}}}
		},
		"program":        func(d *Definition) { d.Needs = []Need{{Debian: "php-fpm"}} },
		"container-only": func(d *Definition) { d.ContainerOnly = true },
		"package":        func(d *Definition) { d.Needs = []Need{{Program: "php-fpm", Debian: "php-fpm", Pip: "php-fpm"}} },
	} {
		d := lookup(t, "php-fpm")
		spoil(&d)
		if err := d.check("php-fpm"); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("wrong %s: %v", what, err)
		}
	}
}

func TestMissingNamesThePackage(t *testing.T) {
	d := Definition{Name: "some", Needs: []Need{
		{Program: "s[h]", Debian: "dash"},
		{Program: "no-such-program", Debian: "nosuch"},
		{File: "/nonexistent/file.so", Debian: "nosuch-plugin"},
		{Check: "exit 1", Pip: "nosuch==1.0"},
		{Check: "exit 0", Pip: "there==1.0"},
		{Check: "exit 2", Maven: "no:such:1.0"},
		{Program: "no-such-go"},
	}}
	want := "some lacks no-such-program (Debian: nosuch), /nonexistent/file.so (Debian: nosuch-plugin), exit 1 (pip: nosuch==1.0), exit 2 (Maven: no:such:1.0), no-such-go"
	if got := d.Missing(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	d.Needs = d.Needs[:1]
	if got := d.Missing(); got != "" {
		t.Error(got)
	}
}

func TestEveryPeerTellsItsVersion(t *testing.T) {
	all, err := Definitions()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			available(t, d)
			version, err := d.Version(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if dotted.FindString(version) != version {
				t.Errorf("version %q", version)
			}
			t.Log(version)
		})
	}
}
