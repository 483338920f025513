package load

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// timer wakes a goroutine within some 50 µs. time.Sleep rounds up to the
// poller's milliseconds: 0.5 to 1 ms late, and then a burst.
type timer struct {
	file *os.File
	fd   int
	buf  [8]byte // how often it has run out
}

func newTimer() (*timer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("a timer: %w", err)
	}
	return &timer{file: os.NewFile(uintptr(fd), "timerfd"), fd: fd}, nil
}

// sleep waits, or until the timer is closed.
func (t *timer) sleep(d time.Duration) {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))}
	if unix.TimerfdSettime(t.fd, 0, &spec, nil) == nil {
		t.file.Read(t.buf[:])
	}
}

func (t *timer) close() { t.file.Close() }
