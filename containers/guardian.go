package containers

import (
	"io"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// sessionScript ends a session when the process that started it dies, in
// whatever way: then its input ends without a line. The program has SIGTERM
// from the kernel by then; some ignore it, and some workers outlive it.
const sessionScript = `
read -r line && exit
sleep "$3"
for stat in /proc/[0-9]*/stat; do
	read -r line <"$stat" || continue
	pid=${line%% *}
	set -- "$1" "$2" ${line##*)}
	[ "$6" = "$1" ] && kill -KILL "$pid"
done
rm -rf -- "$2"
`

// containerScript removes a container then. It tries again for one that the engine
// was just making, which on a busy machine takes seconds.
const containerScript = `
read -r line && exit
for pause in 1 2 4 8; do
	sleep "$pause"
	docker rm -f -v "$1"
	rm -rf -- "$2"
done
`

// A guardian is a process that outlives this one, should it die before its
// peer was stopped.
type guardian struct {
	cmd   *exec.Cmd
	input io.WriteCloser
}

// guardSession has the session ended and its scratch folder removed after our
// death.
func guardSession(id int, dir string) (*guardian, error) {
	return guard(sessionScript, strconv.Itoa(id), dir, strconv.Itoa(int(grace/time.Second)))
}

// guardContainer has the container of that name and its scratch folder removed
// after our death.
func guardContainer(name, dir string) (*guardian, error) {
	return guard(containerScript, name, dir)
}

func guard(script string, arguments ...string) (*guardian, error) {
	cmd := exec.Command("sh", append([]string{"-c", script, "guardian"}, arguments...)...)
	// A session of its own keeps it from the terminal's interrupt.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &guardian{cmd, input}, nil
}

// dismiss ends the guardian without its doing anything.
func (g *guardian) dismiss() error {
	if _, err := io.WriteString(g.input, "stopped\n"); err != nil {
		return err
	}
	return g.cmd.Wait()
}
