package fcgi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// capture describes NAME.bin, the bytes of one direction of one connection, in
// NAME.json beside it.
type capture struct {
	Program   string `json:"program"`
	Version   string `json:"version"`
	Direction string `json:"direction"` // toApplication or toServer
	What      string `json:"what"`
}

const (
	toApplication = "to-application"
	toServer      = "to-server"
)

func TestCapturesOfOtherProgramsAreDecoded(t *testing.T) {
	names, err := filepath.Glob("testdata/vectors/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Skip("testdata/vectors holds no captures")
	}
	for _, name := range names {
		stem, isBytes := strings.CutSuffix(name, ".bin")
		if !isBytes {
			if description, ok := strings.CutSuffix(name, ".json"); ok {
				if _, err := os.Stat(description + ".bin"); err != nil {
					t.Errorf("%s describes nothing: %v", name, err)
				}
			}
			continue
		}
		t.Run(filepath.Base(stem), func(t *testing.T) {
			c, wire := readCapture(t, stem)
			if err := checkConnection(wire, c.Direction); err != nil {
				t.Errorf("%s %s, %s: %v", c.Program, c.Version, c.What, err)
			}
		})
	}
}

func readCapture(t *testing.T, stem string) (c capture, wire []byte) {
	t.Helper()
	description, err := os.ReadFile(stem + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(description, &c); err != nil {
		t.Fatal(err)
	}
	if c.Program == "" || c.Version == "" || c.What == "" {
		t.Errorf("program, version and what are to be named: %+v", c)
	}
	if wire, err = os.ReadFile(stem + ".bin"); err != nil {
		t.Fatal(err)
	}
	return c, wire
}

// checkConnection holds one direction of a connection against the decoders:
// each byte is part of a record, however the bytes are cut; the records go out
// as they came in; and what they hold can be decoded and goes out the same.
func checkConnection(wire []byte, direction string) error {
	if direction != toApplication && direction != toServer {
		return fmt.Errorf("direction is %q, want %s or %s", direction, toApplication, toServer)
	}
	if len(wire) == 0 {
		return fmt.Errorf("a connection without a byte shows nothing")
	}
	whole, err := decodeAll(wire, atOnce)
	if err != nil {
		return err
	}
	if cut, err := decodeAll(wire, oneByOne); err != nil || fmt.Sprint(cut) != fmt.Sprint(whole) {
		return fmt.Errorf("byte by byte it has %d records, %v; whole %d", len(cut), err, len(whole))
	}
	params := map[uint16]*paramStream{}
	for at := 0; at < len(wire); {
		r, n, err := ParseRecord(wire[at:])
		if err == nil && !bytes.Equal(r.Append(nil), wire[at:at+n]) {
			err = fmt.Errorf("it goes out other than it came in")
		}
		if err == nil && r.Type.FromServer() != (direction == toApplication) {
			err = fmt.Errorf("the other side sends it (appendix A)")
		}
		if err == nil {
			err = checkRecord(r, params)
		}
		if err != nil {
			return fmt.Errorf("record %v at %d: %w", r, at, err)
		}
		at += n
	}
	for id, stream := range params {
		return fmt.Errorf("PARAMS of request %d never ended, after %d bytes", id, len(stream.came))
	}
	return nil
}

// paramStream is a request's PARAMS on their way: the bytes that came, and
// those that the pairs decoded from them go out as.
type paramStream struct {
	pairs      PairDecoder
	came, went []byte
}

func checkRecord(r Record, params map[uint16]*paramStream) error {
	if err := r.Check(); err != nil {
		return err
	}
	again := r.Content
	switch r.Type {
	case TypeBeginRequest:
		b, err := ParseBeginRequest(r.Content)
		if err != nil {
			return err
		}
		again = b.Append(nil)
		params[r.RequestID] = new(paramStream)
	case TypeEndRequest:
		b, err := ParseEndRequest(r.Content)
		if err != nil {
			return err
		}
		again = b.Append(nil)
	case TypeUnknownType:
		b, err := ParseUnknownType(r.Content)
		if err != nil {
			return err
		}
		again = b.Append(nil)
	case TypeGetValues, TypeGetValuesResult:
		pairs, err := ParseValues(r.Content)
		if err != nil {
			return err
		}
		again = nil
		for _, p := range pairs {
			again = p.Append(again)
		}
	case TypeParams:
		return checkParams(r, params)
	}
	if !bytes.Equal(again, r.Content) {
		return fmt.Errorf("content %x goes out as %x", r.Content, again)
	}
	return nil
}

func checkParams(r Record, params map[uint16]*paramStream) error {
	stream := params[r.RequestID]
	if stream == nil {
		return fmt.Errorf("no request %d is waiting for PARAMS", r.RequestID)
	}
	stream.came = append(stream.came, r.Content...)
	stream.pairs.Feed(r.Content)
	for {
		p, err := stream.pairs.Next()
		if err == ErrShort {
			break
		}
		if err != nil {
			return err
		}
		stream.went = p.Append(stream.went)
	}
	if r.ContentLength > 0 {
		return nil
	}
	delete(params, r.RequestID)
	if err := stream.pairs.End(); err != nil {
		return err
	}
	if !bytes.Equal(stream.went, stream.came) {
		return fmt.Errorf("PARAMS %x go out as %x", stream.came, stream.went)
	}
	return nil
}

func TestFlowsOfAppendixBPassAsCaptures(t *testing.T) {
	for _, flow := range appendixB {
		if err := checkConnection([]byte(flow.toApplication), toApplication); err != nil {
			t.Errorf("%s: %v", flow.what, err)
		}
		if err := checkConnection([]byte(flow.toServer), toServer); err != nil {
			t.Errorf("%s: %v", flow.what, err)
		}
	}
	if err := checkConnection([]byte(getValuesResult+unknownType200), toServer); err != nil {
		t.Error(err)
	}
}

// What the check of captures is there to see, it sees.
func TestBrokenCapturesAreRefused(t *testing.T) {
	for what, c := range map[string]struct{ wire, direction, says string }{
		"no direction":           {begin1, "", "direction"},
		"no bytes":               {"", toServer, "without a byte"},
		"cut within a record":    {end1[:15], toServer, "15 bytes of it"},
		"the other direction":    {stdout1, toApplication, "the other side"},
		"another version":        {"\x02" + end1[1:], toServer, "version 1"},
		"null id":                {"\x01\x06\x00\x00\x00\x00\x00\x00", toServer, "request id"},
		"a short END_REQUEST":    {"\x01\x03\x00\x01\x00\x00\x00\x00", toServer, "8 bytes of content"},
		"PARAMS without a BEGIN": {params1, toApplication, "no request 1"},
		"PARAMS without an end":  {begin1 + params1, toApplication, "never ended"},
		"PARAMS cut in a pair":   {begin1 + params1Start + params1End, toApplication, "whole name-value pair"},
		"GET_VALUES cut":         {"\x01\x09\x00\x00\x00\x02\x00\x00\001\001", toApplication, "whole name-value pair"},
	} {
		if err := checkConnection([]byte(c.wire), c.direction); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error is %v, want one that says %q", what, err, c.says)
		}
	}
}
