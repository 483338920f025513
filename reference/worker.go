package reference

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/fcgikit/fcgikit/client"
)

// Config is a server in a form that crosses an exec: of a closure there is only
// a name, see Register.
type Config struct {
	Protocol client.Protocol
	Handler  string          // registered
	Options  json.RawMessage // of that handler

	MaxThreads                             int
	MaxParams                              int
	ReadTimeout, WriteTimeout, IdleTimeout time.Duration
	WebServerAddrs                         string
	Secret                                 string
	PacketSize                             int
	Fault                                  string // by name; "" is none
	Debug                                  bool
}

// Maker makes a handler of its options.
type Maker func(options json.RawMessage) (Handler, error)

var (
	handlersMu sync.Mutex
	handlers   = map[string]Maker{}
)

// Register names a handler, so that workers can run it. Programs call it before
// Main.
func Register(name string, make Maker) {
	handlersMu.Lock()
	defer handlersMu.Unlock()
	handlers[name] = make
}

// Server makes the server.
func (c Config) Server() (*Server, error) {
	handlersMu.Lock()
	make := handlers[c.Handler]
	handlersMu.Unlock()
	if make == nil {
		return nil, fmt.Errorf("reference: no handler is registered as %q", c.Handler)
	}
	h, err := make(c.Options)
	if err != nil {
		return nil, err
	}
	s := &Server{
		Protocol: c.Protocol, Handler: h, Secret: c.Secret, PacketSize: c.PacketSize,
		MaxThreads: c.MaxThreads, MaxParams: c.MaxParams, Debug: c.Debug,
		ReadTimeout: c.ReadTimeout, WriteTimeout: c.WriteTimeout, IdleTimeout: c.IdleTimeout,
	}
	if c.Fault != "" {
		if s.Fault, err = LookupFault(c.Fault); err != nil {
			return nil, err
		}
	}
	if c.WebServerAddrs != "" {
		if s.WebServerAddrs, err = ParseWebServerAddrs(c.WebServerAddrs); err != nil {
			return nil, err
		}
	}
	return s, nil
}

const (
	workerVariable      = "FCGIKIT_WORKER"
	maxRequestsVariable = "FCGIKIT_WORKER_MAXREQUESTS"
	controlFileno       = 3
)

var mainCalled bool

// Main is the first line of every main and TestMain of a program that embeds a
// prefork server, after its calls of Register: in a worker it serves and does
// not return.
func Main() {
	mainCalled = true
	config, ok := os.LookupEnv(workerVariable)
	if !ok {
		return
	}
	if err := work(config); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// work is a worker's life: fd 0 is the listening socket, fd 3 the line to the
// parent.
func work(config string) error {
	limit, _ := strconv.Atoi(os.Getenv(maxRequestsVariable))
	os.Unsetenv(workerVariable)
	os.Unsetenv(maxRequestsVariable)
	runtime.GOMAXPROCS(1)                                          // it serves one connection, and its siblings have the other processors
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE) // who reads our log may go before us
	var c Config
	if err := json.Unmarshal([]byte(config), &c); err != nil {
		return err
	}
	s, err := c.Server()
	if err != nil {
		return err
	}
	l, err := Inherited()
	if err != nil {
		return err
	}
	syscall.SetNonblock(controlFileno, true)
	parent := os.NewFile(controlFileno, "parent")
	w := &workerProcess{s: s, parent: parent, limit: limit}
	s.single, s.MaxThreads, s.busy = true, 1, w.busy
	go w.obey()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGUSR1)
	go func() {
		<-stop
		w.leave()
	}()
	w.say(saysIdle)
	if err := s.Serve(l); err != ErrStopped {
		return err
	}
	return nil
}

type workerProcess struct {
	s      *Server
	parent *os.File
	limit  int // connections; 0 is none
	served int
}

func (w *workerProcess) say(what byte) { w.parent.Write([]byte{what}) }

// busy is called as each connection begins and ends.
func (w *workerProcess) busy(begins bool) {
	if !begins {
		if w.limit == 0 || w.served < w.limit {
			w.say(saysIdle)
		}
		return
	}
	w.served++
	if w.limit > 0 && w.served >= w.limit {
		w.say(saysLast) // its successor starts while it serves
		w.leave()
		return
	}
	w.say(saysBusy)
}

// leave ends the worker after its connection; the queue is its siblings'.
func (w *workerProcess) leave() {
	w.s.leaving.Store(true)
	w.s.wake()
}

// stop ends the worker when there is nothing left to serve.
func (w *workerProcess) stop(hidden bool) {
	w.s.hidden.Store(hidden)
	w.s.halt()
	w.s.eachConn((*watched).endIfIdle)
}

// obey does what the parent says. If the parent is gone there is nobody left to
// take the queue over.
func (w *workerProcess) obey() {
	var told [1]byte
	for {
		if n, err := w.parent.Read(told[:]); n == 0 || err != nil {
			w.stop(false)
			return
		}
		switch told[0] {
		case toldLeave:
			w.leave()
		case toldStop, toldShare:
			w.stop(told[0] == toldStop)
		}
	}
}
