package modelsign

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"pitwall/fleet"
)

// DefaultSignature is the name under which signers leave the signature in the folder.
const DefaultSignature = "model.sig"

// maxBundle bounds a signature file. A manifest of 100,000 files has about 20 MB.
const maxBundle = 64 << 20

// Options say what to check with.
type Options struct {
	Signature string // path within the folder; "" for DefaultSignature
	Bundle    []byte // of a signature that lies elsewhere; it wins over Signature
	Key       []byte // PEM of the signer's public key; nil checks the files against a manifest that nobody vouches for
	Unlisted  bool   // files that the manifest does not list are told and do not fail
}

// Report is what was found.
type Report struct {
	Name      string    `json:"name"`      // of the model, as its signer wrote it
	Digest    string    `json:"digest"`    // of the manifest: "sha256:…"
	Signature Signed    `json:"signature"` // whether somebody vouches for the manifest
	Files     int       `json:"files"`     // that match
	Bytes     int64     `json:"bytes"`     // of those
	Ignored   []string  `json:"ignored"`   // paths that the signer left out
	Findings  []Finding `json:"findings"`  // what is wrong; the folder is good without any
	Notes     []string  `json:"notes"`     // what a person should know
}

// Signed says how far a signature was checked.
type Signed string

// The states of a signature. A wrong one is an error.
const (
	SignedVerified  Signed = "verified"
	SignedUnchecked Signed = "not checked" // no key was given
)

// Finding is one thing that is wrong with the folder.
type Finding struct {
	Kind Kind   `json:"kind"`
	Path string `json:"path"`
	Text string `json:"text"`
}

// Kind is a kind of finding.
type Kind string

// The kinds of findings.
const (
	Tampered  Kind = "tampered"  // its content is not what was signed
	Missing   Kind = "missing"   // listed, and not there
	Extra     Kind = "extra"     // there, and not listed
	Renamed   Kind = "renamed"   // its content is there under another name
	Linked    Kind = "linked"    // a symbolic link, which the manifest does not allow
	Unsafe    Kind = "unsafe"    // a path that leads out of the folder, or is no file
	Unhashed  Kind = "unhashed"  // by an algorithm that is not known here
	Malformed Kind = "malformed" // not a well-formed safetensors file or index
)

// Good tells whether nothing is wrong and somebody vouches for it.
func (r *Report) Good() bool { return len(r.Findings) == 0 && r.Signature == SignedVerified }

// Verify checks a folder. What is wrong with files is in the report; a signature that is absent, cannot be read, or is not
// by the key, is an error, and the files were then not looked at.
func Verify(ctx context.Context, root fs.FS, o Options) (Report, error) {
	if o.Signature == "" {
		o.Signature = DefaultSignature
	}
	r := Report{Ignored: []string{}, Findings: []Finding{}, Notes: []string{}} // lists, never null, for whoever reads JSON
	b, err := readBundle(root, &o)
	if err != nil {
		return Report{}, err
	}
	r.Signature = SignedUnchecked
	if o.Key != nil {
		key, err := parseKey(o.Key)
		if err != nil {
			return Report{}, &fleet.Error{Kind: fleet.KindInvalid, Op: "read the key", Err: err,
				Next: "give the PEM of a public key on P-256, P-384 or P-521"}
		}
		notes, err := b.signedBy(key)
		if err != nil {
			return Report{}, wrong("check the signature", err)
		}
		r.Signature, r.Notes = SignedVerified, append(r.Notes, notes...)
	}
	m, err := b.manifest()
	if err != nil {
		return Report{}, wrong("read the manifest", err)
	}
	r.Name, r.Digest, r.Ignored = m.name, m.digest, append(r.Ignored, m.ignored...)
	t := tree{ctx: ctx, root: root, m: m, o: &o, r: &r}
	if err := t.compare(); err != nil {
		return Report{}, &fleet.Error{Kind: fleet.KindInterrupted, Op: "compare the files", Err: err, Next: "nothing was changed; run it again"}
	}
	return r, nil
}

// wrong is an error that says that the folder cannot be trusted.
func wrong(op string, err error) error {
	kind := fleet.KindConflict
	if errors.Is(err, errUnsupported) {
		kind = fleet.KindUnsupported
	}
	return &fleet.Error{Kind: kind, Op: op, Err: err, Next: "the folder is not verified; do not serve it"}
}

var errUnsupported = errors.New("this build cannot check it")

func readBundle(root fs.FS, o *Options) (*bundle, error) {
	if o.Bundle != nil {
		b, err := parseBundle(o.Bundle)
		if err != nil {
			return nil, wrong("read the signature", err)
		}
		return b, nil
	}
	body, err := readSome(root, o.Signature, maxBundle)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &fleet.Error{Kind: fleet.KindNotFound, Op: "read the signature",
			Err:  fmt.Errorf("there is no %s: the folder is not signed", fleet.Label(o.Signature)),
			Next: "sign it, or name the file with --signature"}
	}
	var b *bundle
	if err == nil {
		b, err = parseBundle(body)
	}
	if err != nil {
		return nil, wrong("read the signature", err)
	}
	return b, nil
}
