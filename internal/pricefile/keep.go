package pricefile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"pitwall/economics"
)

// kept is a good reading as it is kept. Its own time of writing says when the files were last read well.
type kept struct {
	Path  string           `json:"path"`
	Files []economics.File `json:"files"`
}

// place is where the reading of a path is kept; several configurations may share a state directory.
func place(c Config) (string, error) {
	full, err := filepath.Abs(c.Path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(full))
	return filepath.Join(c.Keep, hex.EncodeToString(sum[:8])+".json"), nil
}

// save keeps a good reading. One that is kept already only gets a newer time.
func save(c Config, files []economics.File, now time.Time) error {
	if c.Keep == "" {
		return nil
	}
	path, err := place(c)
	if err != nil {
		return err
	}
	body, err := json.Marshal(kept{c.Path, files})
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(path); err == nil && string(old) == string(body) {
		return os.Chtimes(path, now, now)
	}
	if err := os.MkdirAll(c.Keep, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(c.Keep, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing, once it was renamed
	_, err = f.Write(body)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Chtimes(f.Name(), now, now); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// restore is the last good reading of a path and when it was made.
func restore(c Config) ([]economics.File, time.Time, error) {
	if c.Keep == "" {
		return nil, time.Time{}, os.ErrNotExist
	}
	path, err := place(c)
	if err != nil {
		return nil, time.Time{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, time.Time{}, err
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, time.Time{}, err
	}
	var k kept
	if err := json.Unmarshal(body, &k); err != nil {
		return nil, time.Time{}, err
	}
	return k.Files, info.ModTime(), nil
}
