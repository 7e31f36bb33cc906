package modelsign

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

const (
	statementType = "https://in-toto.io/Statement/v1"
	predicateNow  = "https://model_signing/signature/v1.0"
	predicateOld  = "https://model_signing/Digests/v0.1"
)

const sha256Name = "sha256"

// manifest is what the signer says of the files.
type manifest struct {
	name    string
	digest  string // of the raw digests in their order: "sha256:…"
	entries []entry
	byPath  map[string]int
	ignored []string
	links   bool // symbolic links are allowed
}

type entry struct {
	path      string
	algorithm string
	digest    []byte
}

// statement is the in-toto statement within the envelope.
type statement struct {
	Type          string `json:"_type"`
	PredicateType string `json:"predicateType"`
	Subject       []struct {
		Name   string            `json:"name"`
		Digest map[string]string `json:"digest"`
	} `json:"subject"`
	Predicate struct {
		Serialization struct {
			Method  string          `json:"method"`
			Links   json.RawMessage `json:"allow_symlinks"` // true, or "true" of old signers
			Ignored []string        `json:"ignore_paths"`
		} `json:"serialization"`
		Resources []struct {
			Name      string `json:"name"`
			Algorithm string `json:"algorithm"`
			Digest    string `json:"digest"`
		} `json:"resources"`
	} `json:"predicate"`
}

// manifest reads the payload in either form.
func (b *bundle) manifest() (*manifest, error) {
	var s statement
	if err := json.Unmarshal(b.payload, &s); err != nil {
		return nil, fmt.Errorf("it is no JSON of an in-toto statement: %w", err)
	}
	if s.Type != statementType {
		return nil, fmt.Errorf("it is a %q, not a %s", s.Type, statementType)
	}
	m := &manifest{byPath: map[string]int{}}
	switch s.PredicateType {
	case predicateOld:
		for _, f := range s.Subject {
			if err := m.add(f.Name, sha256Name, f.Digest[sha256Name]); err != nil {
				return nil, err
			}
		}
		m.digest = m.root()
	case predicateNow:
		if err := m.read(&s); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("it says %q, not %s", s.PredicateType, predicateNow)
	}
	if len(m.entries) == 0 {
		return nil, errors.New("it lists no file")
	}
	return m, nil
}

func (m *manifest) read(s *statement) error {
	if len(s.Subject) != 1 {
		return fmt.Errorf("it has %d subjects, not one", len(s.Subject))
	}
	how := s.Predicate.Serialization
	if how.Method != "files" {
		return fmt.Errorf("it lists %q, not files: %w", how.Method, errUnsupported)
	}
	m.name, m.ignored = s.Subject[0].Name, how.Ignored
	m.links = strings.Trim(string(how.Links), `"`) == "true"
	for _, f := range s.Predicate.Resources {
		if f.Name == "." && len(s.Predicate.Resources) == 1 && !strings.Contains(m.name, "/") {
			f.Name = m.name // a single file was signed: it lies in the folder under the model's name
		}
		if err := m.add(f.Name, f.Algorithm, f.Digest); err != nil {
			return err
		}
	}
	m.digest = m.root()
	if want := s.Subject[0].Digest[sha256Name]; m.digest != sha256Name+":"+strings.ToLower(want) {
		return fmt.Errorf("it contradicts itself: its files hash to %s, and it says %q", m.digest, want)
	}
	return nil
}

func (m *manifest) add(path, algorithm, digest string) error {
	raw, err := hex.DecodeString(digest)
	if err != nil || len(raw) == 0 {
		return fmt.Errorf("the digest of %q is no hex", path)
	}
	if _, twice := m.byPath[path]; twice {
		return fmt.Errorf("it lists %q twice", path)
	}
	m.byPath[path] = len(m.entries)
	m.entries = append(m.entries, entry{path: path, algorithm: algorithm, digest: raw})
	return nil
}

func (m *manifest) root() string {
	h := sha256.New()
	for _, e := range m.entries {
		h.Write(e.digest)
	}
	return sha256Name + ":" + hex.EncodeToString(h.Sum(nil))
}

// ignores tells whether the signer left out a path, or a folder above it.
func (m *manifest) ignores(path string) bool {
	for _, p := range m.ignored {
		p = strings.TrimSuffix(strings.TrimPrefix(p, "./"), "/")
		if p != "." && fs.ValidPath(p) && (path == p || strings.HasPrefix(path, p+"/")) {
			return true
		}
	}
	return false
}
