package containers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// lock waits until no other test, of this process or another, builds the image of
// that peer: ginkgo runs several processes.
func lock(ctx context.Context, peer string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(os.TempDir(), fmt.Sprintf("fcgikit-%d-%s.lock", os.Getuid(), peer)), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("another process builds the image of %s: %w", peer, ctx.Err())
		case <-time.After(10 * pollInterval):
		}
	}
	return func() {
		os.Remove(f.Name()) // who waits for it still gets it; at worst an image is built twice
		f.Close()
	}, nil
}
