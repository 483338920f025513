package main

import (
	"strings"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reference"
)

// parse reads the command line: words such as method=prefork in Django's way,
// keys in any case, or flags in Go's, -method prefork. Of two equal ones the last
// wins.
func parse(args []string) (*options, error) {
	o := &options{protocol: client.FastCGI, method: reference.Prefork}
	for len(args) > 0 {
		n, err := o.take(args)
		if err != nil {
			return nil, err
		}
		args = args[n:]
	}
	if o.ask != nil {
		return o, nil
	}
	return o, o.settle()
}

// take reads one option, of one argument or two.
func (o *options) take(args []string) (n int, err error) {
	word, isFlag := flagName(args[0])
	key, value, has := strings.Cut(word, "=")
	opt := find(key)
	if opt == nil {
		return 0, unknown(args[0])
	}
	n = 1
	switch {
	case has:
	case isFlag && len(args) > 1 && (!opt.bare || isTruth(args[1])):
		value, n = args[1], 2
	case opt.bare:
		value = "true"
	default:
		return 0, misused("%s has no value: expected one, such as %s=%s", args[0], opt.name, opt.example)
	}
	if err := opt.set(o, value); err != nil {
		return 0, misused("%s=%s: %v, such as %s=%s", opt.name, value, err, opt.name, opt.example)
	}
	return n, nil
}

// flagName is the argument without the dashes of a flag.
func flagName(arg string) (word string, isFlag bool) {
	if word, ok := strings.CutPrefix(arg, "--"); ok {
		return word, true
	}
	return strings.CutPrefix(arg, "-")
}

func find(key string) *option {
	if key == "h" {
		key = "help"
	}
	for i := range table {
		if strings.EqualFold(table[i].name, key) {
			return &table[i]
		}
	}
	return nil
}

func unknown(arg string) error {
	return misused("%q is no option of runfcgi's: expected some such as socket=/tmp/app.sock (runfcgi help lists them)", arg)
}
