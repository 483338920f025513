package main

import (
	"errors"
	"fmt"
	"io"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/fcgikit/fcgikit/cmd/internal/cli"
)

// stream is a run's results as vegeta keeps them. Each round is an attack with a
// name of its own: vegeta plot takes results of one name and number for the same.
type stream struct {
	encode  vegeta.Encoder
	outputs []*cli.Output
	err     error
}

// openStream begins the files; it is nil where there is none.
func openStream(files []cli.ReportFile, in *cli.Invocation) (*stream, error) {
	if len(files) == 0 {
		return nil, nil
	}
	s := &stream{}
	var writers []io.Writer
	for _, f := range files {
		if f.Path == "-" {
			writers = append(writers, in.Stdout)
			continue
		}
		o, err := cli.Create(f.Path, in.Last)
		if err != nil {
			s.discard()
			return nil, fmt.Errorf("-%s %s can't be written: %w", f.Flag, f.Path, err)
		}
		s.outputs, writers = append(s.outputs, o), append(writers, o)
	}
	s.encode = vegeta.NewEncoder(io.MultiWriter(writers...))
	return s, nil
}

// round is what a round tells each of its results to; nil where nobody listens.
func (s *stream) round(subject string, n int) func(*vegeta.Result) {
	if s == nil {
		return nil
	}
	attack := fmt.Sprintf("%s #%d", subject, n)
	return func(r *vegeta.Result) {
		r.Attack = attack
		if s.err == nil {
			s.err = s.encode(r)
		}
	}
}

// close makes the files what was written.
func (s *stream) close() error {
	if s == nil {
		return nil
	}
	if s.err != nil {
		s.discard()
		return fmt.Errorf("vegeta's results can't be written: %w", s.err)
	}
	var all error
	for _, o := range s.outputs {
		all = errors.Join(all, o.Commit())
	}
	if all != nil {
		return fmt.Errorf("vegeta's results can't be written: %w", all)
	}
	return nil
}

func (s *stream) discard() {
	for _, o := range s.outputs {
		o.Discard()
	}
}
