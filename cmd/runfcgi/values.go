package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/ajp"
	"github.com/fcgikit/fcgikit/reference"
)

type setter = func(o *options, value string) error

// text is any value, the empty one too.
func text(of func(*options) *string) setter {
	return func(o *options, value string) error {
		*of(o) = value
		return nil
	}
}

// filled is any value but the empty one: that of a shell's variable which is not
// set means nothing good.
func filled(of func(*options) *string) setter {
	return func(o *options, value string) error {
		if value == "" {
			return errors.New("expected a value that is not empty")
		}
		if strings.ContainsRune(value, 0) {
			return errors.New("expected a value without NUL")
		}
		*of(o) = value
		return nil
	}
}

// whole reads a number as Python's int() does: blanks round it are allowed.
func whole(value string, least int) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || n < least {
		return 0, fmt.Errorf("expected a whole number from %d", least)
	}
	return n, nil
}

func number(least int, of func(*options) **int) setter {
	return func(o *options, value string) error {
		n, err := whole(value, least)
		*of(o) = &n
		return err
	}
}

// The words that mean true and false, in any case.
var (
	trueWords  = []string{"true", "yes", "t"}
	falseWords = []string{"false", "no", "f"}
)

func isTruth(word string) bool {
	word = strings.ToLower(word)
	return slices.Contains(trueWords, word) || slices.Contains(falseWords, word)
}

func truth(of func(*options) *bool) setter {
	return func(o *options, value string) error {
		if !isTruth(value) {
			return errors.New("expected true, yes, t, false, no or f")
		}
		*of(o) = slices.Contains(trueWords, strings.ToLower(value))
		return nil
	}
}

// asking is an option that has something printed, unless it is false.
func asking(what func(io.Writer)) setter {
	return func(o *options, value string) error {
		yes := false
		if err := truth(func(*options) *bool { return &yes })(o, value); err != nil {
			return err
		}
		if yes {
			o.ask = what
		}
		return nil
	}
}

func setProtocol(o *options, value string) error {
	p, err := client.ParseProtocol(value)
	if err != nil {
		return errors.New("expected fcgi, scgi or ajp")
	}
	o.protocol = p
	return nil
}

var methods = map[string]reference.Method{
	"prefork": reference.Prefork, "fork": reference.Prefork,
	"threaded": reference.Threaded, "thread": reference.Threaded,
}

func setMethod(o *options, value string) error {
	m, ok := methods[value]
	if !ok {
		return errors.New("expected prefork, fork, threaded or thread")
	}
	o.method = m
	return nil
}

const maxPort = 65535

func setPort(o *options, value string) error {
	n, err := whole(value, 0)
	if err != nil || n > maxPort {
		return fmt.Errorf("expected a number from 0 to %d", maxPort)
	}
	o.port = strconv.Itoa(n)
	return nil
}

// setSocket takes unix:/tmp/app.sock, too, as targets are written elsewhere.
func setSocket(o *options, value string) error {
	return filled(func(o *options) *string { return &o.socket })(o, strings.TrimPrefix(value, "unix:"))
}

func setMaxRequests(o *options, value string) error {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil {
		return errors.New("expected a whole number, 0 or less for no limit")
	}
	o.maxrequests = max(n, 0)
	return nil
}

func setMaxThreads(o *options, value string) error {
	n, err := whole(value, 1)
	o.maxthreads = n
	return err
}

func setPacketSize(o *options, value string) error {
	n, err := whole(value, ajp.DefaultPacketSize)
	if err != nil || n > ajp.MaxPacketSize {
		return fmt.Errorf("expected a whole number from %d to %d", ajp.DefaultPacketSize, ajp.MaxPacketSize)
	}
	o.packetsize = n
	return nil
}

func setDaemonize(o *options, value string) error {
	o.daemonizeGiven = true
	return truth(func(o *options) *bool { return &o.daemonize })(o, value)
}

// setUmask reads an octal number as Python's int(s, 8) does.
func setUmask(o *options, value string) error {
	digits := strings.TrimSpace(value)
	if lower := strings.ToLower(digits); strings.HasPrefix(lower, "0o") {
		digits = digits[len("0o"):]
	}
	n, err := strconv.ParseUint(digits, 8, 16)
	if err != nil || n > 0o777 {
		return errors.New("expected an octal number from 0 to 777")
	}
	mask := int(n)
	o.umask = &mask
	return nil
}

func setForce(o *options, value string) error {
	o.force = &value
	return nil
}

func setStall(o *options, value string) error {
	s, err := reference.ParseStall(value)
	if err != nil {
		return errors.New("expected a time and a longer one between which it recurs")
	}
	o.stall = s
	return nil
}

func setFault(o *options, value string) error {
	if _, err := reference.LookupFault(value); err != nil {
		return errors.New("expected one of runfcgi -list-faults")
	}
	o.fault = value
	return nil
}
