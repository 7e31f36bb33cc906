// Package filetext puts another text in the place of a file that a gateway reads. It knows nothing of what the text means.
package filetext

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// maxFileBytes bounds a config file; real ones are a few kilobytes.
const maxFileBytes = 8 << 20

// Replacer puts a new text in the place of a file, so that a reader finds either the old or the new text at any
// moment, also after a crash of the program or of the machine.
type Replacer struct {
	// At is called before each step, for tests that end the program there; nil means nothing.
	At func(step string)
}

// Read gives the text of a file that pitwall may replace.
func (p Replacer) Read(path string) ([]byte, error) {
	if err := checkPlace(path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxFileBytes {
		return nil, fmt.Errorf("it is larger than %d MiB", maxFileBytes>>20)
	}
	return text, nil
}

// checkPlace refuses files whose replacement would not do what it seems to do, or that others could swap.
func checkPlace(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return errors.New("it is a symbolic link (as files of a mounted ConfigMap are); name the real file, " +
			"or change the ConfigMap where it is kept")
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file")
	}
	parent, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return err
	}
	if mode := parent.Mode().Perm(); mode&0o022 != 0 {
		return fmt.Errorf("its folder may be written by group or others (mode %04o), who could swap the file; "+
			"take that right away first", mode)
	}
	return nil
}

// Replace writes text in the place of the file, which must still hold old. Mode and owner stay;
// extended attributes are not carried over.
func (p Replacer) Replace(path string, old, text []byte) (err error) {
	p.step("start")
	if err := checkPlace(path); err != nil {
		return err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	// A fixed name: what a crash leaves behind is found and taken away by the next try.
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".pitwall")
	if err := discard(temp); err != nil {
		return err
	}
	const fresh = os.O_WRONLY | os.O_CREATE | os.O_EXCL | syscall.O_NOFOLLOW
	f, err := os.OpenFile(temp, fresh, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, discard(temp))
		}
	}()
	if err := p.fill(f, info, text); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	p.step("compare")
	if now, err := p.Read(path); err != nil || !bytes.Equal(now, old) {
		return errors.Join(ErrChanged, err)
	}
	p.step("rename")
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	p.step("sync folder")
	defer p.step("end")
	return syncDir(filepath.Dir(path))
}

// ErrChanged tells that the file is not what was read a moment ago.
var ErrChanged = errors.New("it was changed by someone else in this moment")

func (p Replacer) step(name string) {
	if p.At != nil {
		p.At(name)
	}
}

func (p Replacer) fill(f *os.File, like fs.FileInfo, text []byte) error {
	p.step("write")
	half := len(text) / 2
	if _, err := f.Write(text[:half]); err != nil {
		return err
	}
	p.step("write rest")
	if _, err := f.Write(text[half:]); err != nil {
		return err
	}
	p.step("owner")
	if owner, ok := like.Sys().(*syscall.Stat_t); ok {
		if err := keepOwner(f, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	if err := f.Chmod(like.Mode().Perm()); err != nil {
		return err
	}
	p.step("sync")
	return f.Sync()
}

func keepOwner(f *os.File, uid, gid int) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if now, ok := info.Sys().(*syscall.Stat_t); ok && int(now.Uid) == uid && int(now.Gid) == gid {
		return nil
	}
	if err := f.Chown(uid, gid); err != nil {
		return fmt.Errorf("its owner (uid %d, gid %d) could not be kept: %w", uid, gid, err)
	}
	return nil
}

// discard takes a temporary file away; one that is gone already is fine.
func discard(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncDir makes a rename survive a loss of power.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
