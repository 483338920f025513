package main

import (
	"errors"
	"syscall"
	"time"

	"github.com/fcgikit/fcgikit/reference"
)

// succession is how long a predecessor that has been told to stop may need to
// give its address free. A script that restarts a server does not wait for it.
// Workers whose server was killed serve its queue for a second.
const succession = 1500 * time.Millisecond

// successionPause is short against a start.
const successionPause = 5 * time.Millisecond

// succeed tries again while another server is in the way.
func succeed(try func() error) error {
	for deadline := time.Now().Add(succession); ; time.Sleep(successionPause) {
		err := try()
		if !inTheWay(err) || time.Now().After(deadline) {
			return err
		}
	}
}

func inTheWay(err error) bool {
	return errors.Is(err, reference.ErrInUse) || errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, errHeld)
}
