package load

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
)

func TestErrorsAreToldByCause(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "unix", Err: err} }
	cut := func(p client.Protocol, read int64, missing string, reused bool) error {
		return &client.TruncatedError{Protocol: p, Read: read, Missing: missing, Reused: reused, Err: io.EOF}
	}
	for _, c := range []struct {
		err  error
		want Cause
	}{
		{dial(syscall.ECONNREFUSED), Refused},
		{dial(syscall.EAGAIN), BacklogFull},
		{dial(syscall.ENOENT), NoSocket},
		{dial(fs.ErrNotExist), NoSocket},
		{dial(syscall.EMFILE), NoDescriptors},
		{dial(syscall.ENFILE), NoDescriptors},
		{dial(syscall.EADDRNOTAVAIL), NoPorts},
		{dial(syscall.EHOSTUNREACH), NotConnected},
		{cut(client.FastCGI, 0, "its first byte", false), Unanswered},
		{cut(client.FastCGI, 0, "its first byte", true), LostKept},
		{cut(client.FastCGI, 80, "END_REQUEST", false), NoEndRequest},
		{cut(client.FastCGI, 80, "END_REQUEST", true), NoEndRequest},
		{cut(client.FastCGI, 80, "the rest of STDOUT", false), Truncated},
		{cut(client.AJP, 80, "END_RESPONSE", false), Truncated},
		{&client.TruncatedError{Protocol: client.SCGI, Read: 5, Err: syscall.ECONNREFUSED}, Truncated},
		{client.ErrOverloaded, Overloaded},
		{fmt.Errorf("wrapped: %w", client.ErrCantMultiplex), CantMultiplex},
		{client.ErrUnknownRole, Rejected},
		{&client.RejectedError{ProtocolStatus: fcgi.ProtocolStatus(9)}, Rejected},
		{&client.BreachError{Protocol: client.FastCGI, Err: io.EOF}, Breach},
		{&client.TimeoutError{Phase: client.Queued, Limit: time.Second}, TimeoutQueued},
		{&client.TimeoutError{Phase: client.Connecting}, TimeoutConnect},
		{&client.TimeoutError{Phase: client.Writing}, TimeoutWriting},
		{&client.TimeoutError{Phase: client.FirstByte}, TimeoutUnread},
		{&client.TimeoutError{Phase: client.Reading}, TimeoutReading},
		{errors.New("a thing nobody thought of"), OtherError},
	} {
		if got := causeOf(c.err); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}

// TestATimeoutIsOfAnUnreadConnectionOnce: one that served before has a reader.
func TestATimeoutIsOfAnUnreadConnectionOnce(t *testing.T) {
	for reused, want := range map[bool]Cause{false: TimeoutUnread, true: TimeoutWaiting} {
		h := hit{exchange: client.Exchange{Reused: reused}}
		if got := h.causeOf(&client.TimeoutError{Phase: client.FirstByte}); got != want {
			t.Errorf("reused %v: %q, want %q", reused, got, want)
		}
		if got := h.causeOf(client.ErrOverloaded); got != Overloaded {
			t.Errorf("reused %v: %q, want %q", reused, got, Overloaded)
		}
	}
}
