package cli

import (
	"errors"
	"net/http"
	"strings"
	"time"
)

// HeaderFlag collects -H 'Name: value'.
type HeaderFlag http.Header

// String is empty: no header is the default.
func (h HeaderFlag) String() string { return "" }

// Set adds a header.
func (h HeaderFlag) Set(s string) error {
	name, value, ok := strings.Cut(s, ":")
	if !ok || strings.TrimSpace(name) == "" {
		return errors.New("expected 'Name: value', such as 'Accept: text/html'")
	}
	http.Header(h).Add(strings.TrimSpace(name), strings.TrimSpace(value))
	return nil
}

// ParamsFlag collects -param K=V.
type ParamsFlag [][2]string

// String is empty: no parameter is the default.
func (p *ParamsFlag) String() string { return "" }

// Set adds a parameter.
func (p *ParamsFlag) Set(s string) error {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return errors.New("expected NAME=VALUE, such as HTTPS=on")
	}
	*p = append(*p, [2]string{name, value})
	return nil
}

// DurationFlag is a time.Duration whose error shows one.
type DurationFlag time.Duration

// String is what time.Duration prints.
func (d *DurationFlag) String() string { return time.Duration(*d).String() }

// Set takes what time.ParseDuration does, from 0.
func (d *DurationFlag) Set(s string) error {
	v, err := time.ParseDuration(s)
	if err != nil || v < 0 {
		return errors.New("expected a duration such as 10s")
	}
	*d = DurationFlag(v)
	return nil
}
