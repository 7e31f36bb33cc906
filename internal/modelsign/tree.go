package modelsign

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// tree compares the files under a root with a manifest.
type tree struct {
	ctx    context.Context
	root   fs.FS
	m      *manifest
	o      *Options
	r      *Report
	files  map[string]fs.FileMode // every path that is no folder, with its type
	absent map[string]string      // hex digest of a listed file that is not there, to its path
}

func (t *tree) found(kind Kind, path, text string) {
	t.r.Findings = append(t.r.Findings, Finding{kind, path, text})
}

// compare is an error only when it was interrupted.
func (t *tree) compare() error {
	t.list()
	t.absent = map[string]string{}
	for _, e := range t.m.entries {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		if err := t.entry(e); err != nil {
			return err
		}
	}
	if err := t.unlisted(); err != nil {
		return err
	}
	return t.weights()
}

// list walks the folder. What cannot be listed may hide files, so it is a finding.
func (t *tree) list() {
	t.files = map[string]fs.FileMode{}
	_ = fs.WalkDir(t.root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			t.found(Unsafe, p, "it cannot be listed: "+err.Error())
			return nil //nolint:nilerr // it is a finding, and the rest is still compared
		}
		if !d.IsDir() {
			t.files[p] = d.Type()
		}
		return t.ctx.Err()
	})
}

// entry compares one listed file.
func (t *tree) entry(e entry) error {
	if !fs.ValidPath(e.path) || e.path == "." || strings.ContainsRune(e.path, '\\') {
		t.found(Unsafe, e.path, "the manifest lists a path that is not within the folder")
		return nil
	}
	if e.algorithm != sha256Name {
		t.found(Unhashed, e.path, fmt.Sprintf("it is hashed by %q, which is not known here", e.algorithm))
		return nil
	}
	if link := t.linkOn(e.path); link != "" && !t.m.links {
		t.found(Linked, e.path, link+" is a symbolic link, which the signer did not allow")
		return nil
	}
	sum, size, err := t.hash(e.path)
	switch {
	case t.ctx.Err() != nil:
		return t.ctx.Err()
	case errors.Is(err, fs.ErrNotExist):
		t.absent[hex.EncodeToString(e.digest)] = e.path
		t.found(Missing, e.path, "it is listed, and not there")
	case err != nil:
		t.found(Unsafe, e.path, "it cannot be read: "+err.Error())
	case !bytes.Equal(sum, e.digest):
		t.found(Tampered, e.path, fmt.Sprintf("its content is sha256:%x…, signed was sha256:%x…", sum[:6],
			e.digest[:min(6, len(e.digest))]))
	default:
		t.r.Files++
		t.r.Bytes += size
	}
	return nil
}

// linkOn is the first part of a path that is a symbolic link, "" for none.
func (t *tree) linkOn(p string) string {
	for i := 0; i <= len(p); i++ {
		if i < len(p) && p[i] != '/' {
			continue
		}
		if info, err := fs.Lstat(t.root, p[:i]); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return p[:i]
		}
	}
	return ""
}

func (t *tree) hash(p string) (sum []byte, size int64, err error) {
	f, _, err := openRegular(t.root, p)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	size, err = io.CopyBuffer(h, stopping{t.ctx, f}, make([]byte, 1<<20))
	return h.Sum(nil), size, err
}

// openRegular opens a file only once it is known to be one: opening a pipe would wait for a writer.
func openRegular(root fs.FS, p string) (fs.File, int64, error) {
	info, err := fs.Stat(root, p)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, errors.New("it is no regular file")
	}
	f, err := root.Open(p)
	return f, info.Size(), err
}

// stopping ends a read when its context does: a shard may take minutes.
type stopping struct {
	ctx context.Context
	r   io.Reader
}

func (s stopping) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(b)
}

// unlisted tells of files that are there and not listed. One with the content of a file that is missing was renamed.
func (t *tree) unlisted() error {
	for _, p := range sortedKeys(t.files) {
		_, listed := t.m.byPath[p]
		own := t.o.Bundle == nil && p == path.Clean(t.o.Signature)
		if listed || own || t.m.ignores(p) {
			continue
		}
		if t.files[p]&fs.ModeSymlink != 0 && !t.m.links {
			t.found(Linked, p, "it is a symbolic link, which the signer did not allow")
			continue
		}
		if len(t.absent) > 0 && t.files[p].IsRegular() {
			sum, _, err := t.hash(p)
			if t.ctx.Err() != nil {
				return t.ctx.Err()
			}
			if was, ok := t.absent[hex.EncodeToString(sum)]; ok && err == nil {
				t.found(Renamed, p, "it has the content of "+was)
				continue
			}
		}
		if t.o.Unlisted {
			t.r.Notes = append(t.r.Notes, p+" is not listed")
			continue
		}
		t.found(Extra, p, "it is there, and the manifest does not list it")
	}
	return nil
}
