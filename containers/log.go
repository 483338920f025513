package containers

import (
	"io"
	"os"
)

// logName is the file in the scratch folder that takes the program's output. A
// file and not a pipe, so that servers can open it again by /dev/stderr, and a
// worker that outlives its parent keeps nobody waiting for the end.
const logName = "log"

// maxLog bounds what is read of the output: a server that logs each request
// of a load test writes without end, and the last of it explains a failure.
const maxLog = 64 << 10

// tail reads the end of the file.
func tail(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	from := max(0, info.Size()-maxLog)
	text, err := io.ReadAll(io.NewSectionReader(f, from, maxLog))
	return string(text), err
}
