package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode"
	"unicode/utf16"

	"github.com/fcgikit/fcgikit/reports/result"
)

// JSON writes a run, in the form that [Schema] describes. It is harmless on a
// terminal: what is not printable is escaped.
func JSON(w io.Writer, run result.Run) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(withLists(run)); err != nil {
		return err
	}
	_, err := w.Write(escaped(b.Bytes()))
	return err
}

// withLists has empty lists where a run has none: a reader need not know null.
func withLists(run result.Run) result.Run {
	run.Targets = append([]result.Target{}, run.Targets...)
	for i := range run.Targets {
		run.Targets[i].Results = append([]result.Result{}, run.Targets[i].Results...)
	}
	return run
}

// escaped is JSON with its unprintable characters escaped: they stand in its
// strings alone.
func escaped(text []byte) []byte {
	var b []byte
	for _, r := range string(text) {
		switch {
		case r == '\n' || unicode.IsPrint(r):
			b = append(b, string(r)...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return b
}

// ReadJSON reads a run that [JSON] wrote. The error says what it is instead: no
// JSON, another version's, a verdict that there is not.
func ReadJSON(r io.Reader) (result.Run, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return result.Run{}, err
	}
	var form struct {
		Version *int             `json:"version"`
		Targets *json.RawMessage `json:"targets"`
	}
	switch err := json.Unmarshal(text, &form); {
	case err != nil:
		return result.Run{}, fmt.Errorf("no report of fcgiprobe: %s", readError(err))
	case form.Version == nil:
		return result.Run{}, errors.New(`no report of fcgiprobe: it has no "version"`)
	case *form.Version != result.Version:
		return result.Run{}, fmt.Errorf("a report of version %d: this fcgiprobe reads version %d", *form.Version, result.Version)
	case form.Targets == nil:
		return result.Run{}, errors.New(`no report of fcgiprobe: it has no "targets"`)
	}
	var run result.Run
	if err := json.Unmarshal(text, &run); err != nil {
		return result.Run{}, fmt.Errorf("a bad report: %s", readError(err))
	}
	return run, checkRun(run)
}

// readError adds to an error of JSON where it is.
func readError(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("byte %d: %v", syntax.Offset, err)
	case errors.As(err, &kind):
		if kind.Field == "" {
			return fmt.Sprintf("byte %d: expected an object, got %s", kind.Offset, kind.Value)
		}
		return fmt.Sprintf("byte %d: %s: expected %v, got %s", kind.Offset, kind.Field, kind.Type, kind.Value)
	}
	return err.Error()
}

// checkRun refuses results that a reader could take for something else.
func checkRun(run result.Run) error {
	for _, target := range run.Targets {
		for i, r := range target.Results {
			switch {
			case r.ID == "":
				return fmt.Errorf("a bad report: %q, result %d has no id", target.Target, i+1)
			case !slices.Contains(result.Verdicts, r.Verdict):
				return fmt.Errorf("a bad report: %q, %s: verdict %q: expected one of %q", target.Target, r.ID, r.Verdict, result.Verdicts)
			}
		}
	}
	return nil
}
