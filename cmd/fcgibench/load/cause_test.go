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

// TestATimeLimitThatPassedInTheQueueIsTheQueues: a request that gets a connection
// in its last moment can't connect, write or read in time, whatever the server does.
func TestATimeLimitThatPassedInTheQueueIsTheQueues(t *testing.T) {
	began := time.Now()
	for _, phase := range []client.Phase{client.Connecting, client.Writing, client.FirstByte, client.Reading} {
		late := hit{ended: 5 * time.Second, exchange: client.Exchange{Began: began, GotConn: began.Add(4990 * time.Millisecond)}}
		if got := late.causeOf(&client.TimeoutError{Phase: phase}); got != TimeoutQueued {
			t.Errorf("%s in the last 10 ms: %q, want %q", phase, got, TimeoutQueued)
		}
		early := hit{ended: 5 * time.Second, exchange: client.Exchange{Began: began, GotConn: began.Add(time.Second)}}
		if got := early.causeOf(&client.TimeoutError{Phase: phase}); got == TimeoutQueued {
			t.Errorf("%s for 4 s: %q", phase, got)
		}
		if got := late.causeOf(client.ErrOverloaded); got != Overloaded {
			t.Errorf("an answer: %q, want %q", got, Overloaded)
		}
	}
	dialed := hit{ended: 5 * time.Second, cause: TimeoutConnect, exchange: client.Exchange{Began: began, ConnectTime: 4 * time.Second}}
	if took := dialed.phases(); took[phaseQueue] != time.Second || took[phaseConnect] != 4*time.Second {
		t.Errorf("connecting for 4 s of 5: %v in the queue, %v connecting", took[phaseQueue], took[phaseConnect])
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
