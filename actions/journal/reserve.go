package journal

import (
	"errors"
	"io/fs"
	"os"
	"sync"

	"pitwall/actions/journal/disk"
)

// reserveSize is the room kept for the records that end or undo a change when the disk is full.
const reserveSize = 1 << 20

const reserveName = "reserve"

// reserve is a file of real bytes that is given up when the disk is full.
type reserve struct {
	dir disk.Dir
	mu  sync.Mutex
}

// fill makes the reserve where it is not whole.
func (r *reserve) fill(write func(*os.File, []byte) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, err := r.dir.Rewrite(reserveName)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.Size() == reserveSize {
		return f.Close()
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		err = write(f, filling())
	}
	if err != nil {
		err = errors.Join(err, f.Truncate(0))
	}
	return errors.Join(err, f.Close())
}

// filling is what the reserve holds. Its bytes are not zeros, since some file systems store no zeros.
var filling = sync.OnceValue(func() []byte {
	b := make([]byte, reserveSize)
	for i := range b {
		b[i] = byte(i*31 + i>>8)
	}
	return b
})

// spend gives the room back to the disk.
func (r *reserve) spend() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := os.Truncate(r.dir.Path(reserveName), 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
