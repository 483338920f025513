package client_test

import (
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/client"
)

func TestEveryFormOfATargetIsRead(t *testing.T) {
	for s, want := range map[string]client.Target{
		"unix:/tmp/app.sock":         {Network: "unix", Address: "/tmp/app.sock"},
		"unix:///tmp/app.sock":       {Network: "unix", Address: "/tmp/app.sock"},
		"/tmp/app.sock":              {Network: "unix", Address: "/tmp/app.sock"},
		"./app.sock":                 {Network: "unix", Address: "./app.sock"},
		"run/app.sock":               {Network: "unix", Address: "run/app.sock"},
		"unix:app.sock":              {Network: "unix", Address: "app.sock"},
		"unix:/tmp/a:b":              {Network: "unix", Address: "/tmp/a:b"},
		"/tmp/a:80/b":                {Network: "unix", Address: "/tmp/a:80/b"},
		"unix:@abstract":             {Network: "unix", Address: "@abstract"},
		"@abstract":                  {Network: "unix", Address: "@abstract"},
		"127.0.0.1:9000":             {Network: "tcp", Address: "127.0.0.1:9000"},
		"localhost:9000":             {Network: "tcp", Address: "localhost:9000"},
		":9000":                      {Network: "tcp", Address: "127.0.0.1:9000"},
		"[::1]:9000":                 {Network: "tcp", Address: "[::1]:9000"},
		"tcp:[::1]:9000":             {Network: "tcp", Address: "[::1]:9000"},
		"tcp://127.0.0.1:9000":       {Network: "tcp", Address: "127.0.0.1:9000"},
		"fcgi+unix:/tmp/app.sock":    {Protocol: client.FastCGI, Network: "unix", Address: "/tmp/app.sock"},
		"fcgi+unix:///tmp/app.sock":  {Protocol: client.FastCGI, Network: "unix", Address: "/tmp/app.sock"},
		"scgi+unix:@abstract":        {Protocol: client.SCGI, Network: "unix", Address: "@abstract"},
		"scgi://127.0.0.1:4000":      {Protocol: client.SCGI, Network: "tcp", Address: "127.0.0.1:4000"},
		"ajp://127.0.0.1:8009":       {Protocol: client.AJP, Network: "tcp", Address: "127.0.0.1:8009"},
		"ajp://[fe80::1%eth0]:8009":  {Protocol: client.AJP, Network: "tcp", Address: "[fe80::1%eth0]:8009"},
		"ajp+tcp://localhost:8009":   {Protocol: client.AJP, Network: "tcp", Address: "localhost:8009"},
		"fcgi:unix:/tmp/app.sock":    {Protocol: client.FastCGI, Network: "unix", Address: "/tmp/app.sock"},
		strings.Repeat("/12345", 17): {Network: "unix", Address: strings.Repeat("/12345", 17)},
	} {
		got, err := client.ParseTarget(s)
		if err != nil || got != want {
			t.Errorf("%q: got %#v, %v; want %#v", s, got, err, want)
			continue
		}
		if again, err := client.ParseTarget(got.String()); err != nil || again != want {
			t.Errorf("%q is %q as a string, which gives %#v, %v", s, got, again, err)
		}
	}
}

func TestABadTargetIsToldWithAGoodOne(t *testing.T) {
	for s, why := range map[string]string{
		"":                             "no address",
		"fcgi://":                      "no address",
		"fcgi+":                        "no address",
		"unix:":                        "no path",
		"unix:@":                       "no path",
		"app.sock":                     "no port, and no slash",
		"localhost":                    "no port",
		"localhost:":                   "no port from 1",
		"localhost:http":               "no port from 1",
		"localhost:0":                  "no port from 1",
		"localhost:65536":              "no port from 1",
		"localhost:-1":                 "no port from 1",
		"::1:9000":                     "neither host:port nor",
		"http://localhost:80":          "neither host:port nor",
		"local host:80":                "no host",
		"fcgi://127.0.0.1:9000/":       "a path behind its port",
		"fcgi://127.0.0.1:9000/a":      "a path behind its port",
		"localhost:9000/app":           "a path behind its port",
		"fcgi+unix:/tmp/app.sock:/a":   "a path behind its socket",
		"unix:/tmp/app.sock:/":         "a path behind its socket",
		"unix:/tmp/a\nb":               "control character",
		"unix:/tmp/a\x00":              "control character",
		"/" + strings.Repeat("x", 107): "108 bytes, 107 are possible",
	} {
		got, err := client.ParseTarget(s)
		if err == nil {
			t.Errorf("%q: got %#v", s, got)
			continue
		}
		mustContain(t, err.Error(), why, "unix:/tmp/app.sock", "127.0.0.1:9000", "fcgi+unix:/tmp/app.sock")
	}
}

func TestAProtocolHasOneOfThreeNames(t *testing.T) {
	for _, p := range client.Protocols {
		if got, err := client.ParseProtocol(string(p)); err != nil || got != p {
			t.Errorf("%v: got %v, %v", p, got, err)
		}
	}
	for _, s := range []string{"", "http", "FCGI", "fastcgi"} {
		if _, err := client.ParseProtocol(s); err == nil {
			t.Errorf("%q is one", s)
		} else {
			mustContain(t, err.Error(), "fcgi, scgi or ajp")
		}
	}
}
