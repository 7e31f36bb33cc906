package fleet

import (
	"crypto/subtle"
	"log/slog"
)

// Redacted is what every door of a Secret shows.
const Redacted = "‹redacted›"

// Secret is a credential that cannot be printed, logged or marshalled by accident.
type Secret struct{ value string }

// NewSecret wraps a credential.
func NewSecret(v string) Secret { return Secret{v} }

// Reveal returns the credential for the one place that sends it.
func (s Secret) Reveal() string { return s.value }

// IsEmpty tells whether there is no credential.
func (s Secret) IsEmpty() bool { return s.value == "" }

// Equal compares in constant time.
func (s Secret) Equal(o Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.value), []byte(o.value)) == 1
}

// String is for fmt. It and the three below are the doors through which a value could leave by accident.
func (Secret) String() string { return Redacted }

// GoString is for %#v.
func (Secret) GoString() string { return Redacted }

// MarshalText is for JSON and YAML.
func (Secret) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// LogValue is for slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(Redacted) }

// SecretRef says where a credential is found. Exactly one field is set;
// literal credentials do not exist in configuration.
type SecretRef struct {
	Env     string   // name of an environment variable
	File    string   // path of a file that only its owner may read; read again on each use
	Command []string // program and arguments whose standard output is the credential; no shell
}

// IsZero tells whether no credential is configured.
func (r SecretRef) IsZero() bool { return r.Env == "" && r.File == "" && len(r.Command) == 0 }
