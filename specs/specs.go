// Package specs runs fcgikit's conformance cases over a server: it is the
// library behind fcgiprobe, for another project's go test, too.
package specs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/reports/result"
	"github.com/fcgikit/fcgikit/specs/ajp"
	"github.com/fcgikit/fcgikit/specs/fcgi"
	"github.com/fcgikit/fcgikit/specs/scgi"
	"github.com/fcgikit/fcgikit/specs/suite"
)

// Options say which cases run, and how. The zero value is all that need no flag.
type Options struct {
	suite.Selection
	suite.Options
}

// Run runs the cases of the target's protocol, which is found out where it is
// not known. The error is that the target can't be reached, that it speaks none
// of the protocols, or that a pattern matches no case.
func Run(ctx context.Context, target client.Target, o Options) (result.Target, error) {
	d, err := Detect(ctx, target)
	if err != nil {
		return result.Target{Target: target.String()}, err
	}
	return RunDetected(ctx, d, o)
}

// RunDetected is Run over a server that has been detected.
func RunDetected(ctx context.Context, d client.Detection, o Options) (result.Target, error) {
	registry, face, err := Protocol(d.Target.Protocol)
	if err != nil {
		return result.Target{Target: d.Target.String()}, err
	}
	o.Selection.Protocol = d.Target.Protocol
	cases, err := registry.Select(o.Selection)
	if err != nil {
		return result.Target{Target: d.Target.String()}, err
	}
	found, err := suite.Run(ctx, d.Target, cases, face, o.Options)
	for _, v := range d.Values {
		found.Declares = append(found.Declares, v.Name+"="+v.Value)
	}
	return found, err
}

// Detect finds out the target's protocol, and what a FastCGI application declares.
// One that is known to be there and says nothing of itself declares nothing.
func Detect(ctx context.Context, target client.Target) (client.Detection, error) {
	if target.Protocol == client.SCGI || target.Protocol == client.AJP {
		return client.Detection{Target: target}, nil
	}
	d, err := client.Detect(ctx, target)
	var undetected *client.UndetectedError
	if target.Protocol != "" && errors.As(err, &undetected) {
		return client.Detection{Target: target}, nil
	}
	return d, err
}

// Protocol is a protocol's cases.
func Protocol(p client.Protocol) (*suite.Registry, suite.Face, error) {
	switch p {
	case client.FastCGI:
		return &fcgi.Cases, fcgi.Face, nil
	case client.SCGI:
		return &scgi.Cases, scgi.Face, nil
	case client.AJP:
		return &ajp.Cases, ajp.Face, nil
	}
	return nil, nil, fmt.Errorf("no cases for protocol %q", p)
}

// All are the cases of every protocol, by their ids.
func All() []*suite.Case {
	return slices.Concat(
		fcgi.Cases.All(),
		scgi.Cases.All(),
		ajp.Cases.All(),
	)
}
