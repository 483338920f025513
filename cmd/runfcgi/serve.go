package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"time"

	"github.com/fcgikit/fcgikit/reference"
)

// serve is a server's life in this process.
func serve(o *options, launcher *launcher) error {
	signals := stopSignals(o.daemonize)
	if err := o.enter(); err != nil {
		return err
	}
	files, err := o.openLogs()
	if err != nil {
		return err
	}
	l, err := o.listen()
	if err != nil {
		return err
	}
	defer l.Close()
	pid, err := writePidfile(o.pidfile)
	if err != nil {
		return err
	}
	defer pid.remove()
	return o.runServer(l, files, signals, launcher)
}

// server is what both methods have.
type server interface {
	Serve(net.Listener) error
	Shutdown(context.Context) error
}

func (o *options) runServer(l net.Listener, files logs, signals <-chan os.Signal, launcher *launcher) error {
	started := make(chan struct{})
	s, err := o.server(func() { close(started) })
	if err != nil {
		return err
	}
	address := where(l)
	refusesAll := o.refusesAll(l)
	if err := files.use(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-signals:
		return stop(s, signals)
	case <-started:
	}
	log.Printf("serving %s, %s, on %s, process %d", o.protocol, o.method, address, os.Getpid())
	if refusesAll {
		log.Printf("%s is set, and no connection over a unix socket can be in it: all are refused", reference.WebServerAddrs)
	}
	if err := launcher.ready(address); err != nil {
		stop(s, signals)
		return err
	}
	select {
	case err := <-ended:
		return err
	case <-signals:
		return stop(s, signals)
	}
}

// server makes the server; started is called when it accepts.
func (o *options) server(started func()) (server, error) {
	config, err := o.config()
	if err != nil {
		return nil, err
	}
	s, err := config.Server() // for prefork, too: it says what a worker would stumble over
	if err != nil {
		return nil, err
	}
	if o.method == reference.Prefork {
		p := o.pool()
		p.Config, p.Ready, p.Logf = config, started, log.Printf
		return p, nil
	}
	s.ErrorLog = log.Default()
	started() // who connects before Serve waits in the queue
	return s, nil
}

// stopLimit is as long as a client may stall within a request before it is cut
// off (reference.DefaultReadTimeout): what takes longer is never done.
const stopLimit = time.Minute

// stop waits until what was asked is answered, or for one more signal.
func stop(s server, signals <-chan os.Signal) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- s.Shutdown(ctx) }()
	select {
	case err := <-stopped:
		return cutOff(err)
	case <-signals:
		cancel()
		return cutOff(<-stopped)
	}
}

func cutOff(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stopped: requests that were not answered within %v are cut off", stopLimit)
	}
	return errors.New("stopped at once: requests that were not answered yet are cut off")
}
