package billfolder

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

const (
	maxDepth = 6 // folders within folders, as clouds nest them by account and month
	maxFiles = 5000
)

var errMany = errors.New("it holds more than 5,000 files")

// entry is one file of the folder as it stands there now.
type entry struct {
	name    string
	size    int64
	written time.Time
	linked  error // why it cannot be looked at
}

// list finds what may be a bill, the newest first. What is being copied there and what no export is made of is passed over.
func list(ctx context.Context, root *os.Root) ([]entry, error) {
	var out []entry
	err := fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && name == ".":
			return err
		case err != nil:
			out = append(out, entry{name: name, linked: err})
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			if name != "." && (hidden(name) || strings.Count(name, "/") >= maxDepth) {
				return fs.SkipDir
			}
			return nil
		case hidden(name) || !exported(name):
			return nil
		}
		out = append(out, look(root, name))
		if len(out) > maxFiles {
			return errMany
		}
		return nil
	})
	slices.SortFunc(out, func(a, b entry) int {
		return cmp.Or(b.written.Compare(a.written), compareNames(a.name, b.name))
	})
	return out, err
}

// look asks how a file stands; a link within the folder is what it points to.
func look(root *os.Root, name string) entry {
	info, err := root.Stat(name)
	if err != nil {
		return entry{name: name, linked: err}
	}
	if !info.Mode().IsRegular() {
		return entry{name: name, linked: errNotRegular}
	}
	return entry{name: name, size: info.Size(), written: info.ModTime()}
}

func hidden(name string) bool { return strings.HasPrefix(path.Base(name), ".") }

// exported tells by the end of a name whether it may be an export. Names of files that are still being copied end otherwise.
func exported(name string) bool {
	s := strings.TrimSuffix(strings.ToLower(name), ".gz")
	switch path.Ext(s) {
	case ".csv", ".tsv", ".txt", ".json", ".parquet":
		return !strings.Contains(path.Base(s), "manifest")
	default:
		return false
	}
}

func compareNames(a, b string) int { return cmp.Compare(a, b) }
