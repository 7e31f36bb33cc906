// Package disk opens the files of the state directory in such a way that neither a link nor another user's file can
// slip in. It knows nothing of what the files hold.
package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"pitwall/fleet"
)

// Dir is one directory of state. A private state directory (the default) holds directories of mode 0700 and
// files of mode 0600; one that its owner opened to a group on purpose hands that to what is made in it.
// The world never gets a right.
type Dir struct {
	path   string
	shared bool
}

// Open makes the directory name inside the state directory, and the state directory itself, where they are absent.
// A link, something else than a directory, or one that everybody may write is refused with KindInvalid.
func Open(state, name string) (Dir, error) {
	if err := os.MkdirAll(state, 0o700); err != nil {
		return Dir{}, fault("open the state directory", err)
	}
	info, err := checkDir(state, true)
	if err != nil {
		return Dir{}, err
	}
	d := Dir{path: filepath.Join(state, name), shared: info.Mode().Perm()&0o020 != 0}
	made := os.Mkdir(d.path, 0o700)
	if made != nil && !errors.Is(made, fs.ErrExist) {
		return Dir{}, fault("make "+d.path, made)
	}
	if made == nil {
		if err := os.Chmod(d.path, d.dirMode(info.Mode())); err != nil {
			return Dir{}, fault("make "+d.path, err)
		}
		if err := syncDir(state); err != nil {
			return Dir{}, err
		}
	}
	if _, err := checkDir(d.path, false); err != nil {
		return Dir{}, err
	}
	return d, nil
}

// Path is the path of a file in the directory, or of the directory itself for "".
func (d Dir) Path(name string) string { return filepath.Join(d.path, name) }

// Shared tells whether other users of a group may use the state directory.
func (d Dir) Shared() bool { return d.shared }

// FileMode is the mode of files in the directory.
func (d Dir) FileMode() os.FileMode {
	if d.shared {
		return 0o660
	}
	return 0o600
}

func (d Dir) dirMode(state os.FileMode) os.FileMode {
	if d.shared {
		return 0o770 | state&os.ModeSetgid
	}
	return 0o700
}

// Create makes a new file for appending; a file or link of that name is an error that wraps fs.ErrExist.
// The directory entry is on the disk when it returns.
func (d Dir) Create(name string) (*os.File, error) {
	f, err := d.open(name, os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, err
	}
	if err := d.settle(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Append opens a file for appending and reading, and makes it where it is absent.
func (d Dir) Append(name string) (*os.File, error) {
	f, err := d.open(name, os.O_RDWR|os.O_APPEND)
	if errors.Is(err, fs.ErrNotExist) {
		if f, err = d.Create(name); errors.Is(err, fs.ErrExist) {
			f, err = d.open(name, os.O_RDWR|os.O_APPEND) // another process was faster
		}
	}
	return f, err
}

// Rewrite opens a file for reading and writing in place, and makes it where it is absent.
func (d Dir) Rewrite(name string) (*os.File, error) {
	f, err := d.open(name, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	if d.shared {
		// The owner widens it past the umask; for others it already has the mode.
		_ = f.Chmod(d.FileMode())
	}
	return f, nil
}

// Read returns a file's content, at most limit bytes of it: more is an error of KindInvalid.
func (d Dir) Read(name string, limit int64) ([]byte, error) {
	f, err := d.open(name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fault("read "+name, err)
	}
	if int64(len(b)) > limit {
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "read " + name, Err: errors.New("larger than any file of ours")}
	}
	return b, nil
}

// Sync puts the directory's entries on the disk.
func (d Dir) Sync() error { return syncDir(d.path) }

func (d Dir) open(name string, flags int) (*os.File, error) {
	f, err := os.OpenFile(d.Path(name), flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, d.FileMode())
	if err != nil {
		return nil, fault("open "+name, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err == nil && info.Mode().Perm()&0o007 != 0 {
		err = errors.New("everybody may use it; its mode must end in 0")
	}
	if err != nil {
		return nil, errors.Join(fault("open "+name, err), f.Close())
	}
	return f, nil
}

func (d Dir) settle(f *os.File) error {
	if err := f.Chmod(d.FileMode()); err != nil {
		return fault("create "+f.Name(), err)
	}
	return d.Sync()
}

// checkDir refuses what another user could swap under us. A sticky bit does not help against new files.
func checkDir(path string, follow bool) (os.FileInfo, error) {
	stat := os.Lstat
	if follow {
		stat = os.Stat
	}
	info, err := stat(path)
	switch {
	case err != nil:
		return nil, fault("open "+path, err)
	case !info.IsDir():
		return nil, fault("open "+path, errors.New("not a directory"))
	case info.Mode().Perm()&0o002 != 0:
		return nil, fault("open "+path, errors.New("everybody may write there"))
	}
	return info, nil
}

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fault("sync "+path, err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, unix.EINVAL) {
		return fault("sync "+path, err) // EINVAL: a file system that cannot sync directories
	}
	return nil
}

func fault(op string, err error) error {
	kind := fleet.KindInvalid
	switch {
	case errors.Is(err, fs.ErrNotExist):
		kind = fleet.KindNotFound
	case errors.Is(err, fs.ErrPermission):
		kind = fleet.KindAuth
	}
	return &fleet.Error{Kind: kind, Op: op, Err: err}
}
