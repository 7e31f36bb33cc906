// Package logfile is the rotated log under the state directory. Nothing in it is a
// secret: every credential that was read is replaced by value before a line is written.
package logfile

import (
	"encoding/base64"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"gopkg.in/natefinch/lumberjack.v2"

	"pitwall/fleet"
)

// The log never takes more than 50 MB: four files of 12 MB and the current one's overrun.
const (
	fileMB  = 12
	backups = 3
)

// Log is an open log file.
type Log struct {
	*slog.Logger
	redactor *Redactor
	file     io.Closer
}

// Open opens the log at path; the folder is made where it is missing, for its owner alone.
func Open(path string) (*Log, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInternal, Op: "open the log", Err: err}
	}
	// The rotation library keeps the mode of an existing file, so the file is made first.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInternal, Op: "open the log", Err: err}
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	file := &lumberjack.Logger{Filename: path, MaxSize: fileMB, MaxBackups: backups}
	r := &Redactor{to: file}
	return &Log{Logger: slog.New(slog.NewTextHandler(r, nil)), redactor: r, file: file}, nil
}

// Redact makes a credential disappear from every later line.
func (l *Log) Redact(s fleet.Secret) { l.redactor.Add(s) }

// Close closes the file.
func (l *Log) Close() error { return l.file.Close() }

// Redactor replaces registered credentials, also in base64 and URL form, in what passes through.
type Redactor struct {
	to io.Writer

	mu    sync.Mutex
	known map[string]bool
	swap  *strings.Replacer
}

// shortest is the least length of a credential that is replaced: shorter ones would eat ordinary words.
const shortest = 6

// Add registers a credential.
func (r *Redactor) Add(s fleet.Secret) {
	v := s.Reveal()
	if len(v) < shortest {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known[v] {
		return
	}
	if r.known == nil {
		r.known = map[string]bool{}
	}
	r.known[v] = true
	var pairs []string
	for k := range r.known {
		for _, form := range []string{k, base64.StdEncoding.EncodeToString([]byte(k)),
			base64.RawURLEncoding.EncodeToString([]byte(k)), url.QueryEscape(k)} {
			pairs = append(pairs, form, fleet.Redacted)
		}
	}
	r.swap = strings.NewReplacer(pairs...)
}

// Write passes one line on.
func (r *Redactor) Write(p []byte) (int, error) {
	r.mu.Lock()
	swap := r.swap
	r.mu.Unlock()
	out := p
	if swap != nil {
		out = []byte(swap.Replace(string(p)))
	}
	if _, err := r.to.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}
