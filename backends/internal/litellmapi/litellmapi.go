// Package litellmapi is what all readers of LiteLLM's API must know of it: how a key is sent, and how times are written. It asks
// nothing.
package litellmapi

import (
	"strings"
	"time"

	"pitwall/fleet"
)

// KeyHeader is the header of the key: an API server that passes requests on to a pod takes Authorization away, and
// LiteLLM takes the key in one of its own as well (proxy/auth/user_api_key_auth.py of 1.81 to 1.109).
func KeyHeader(deps fleet.Deps) string {
	if deps.Via != "" {
		return "x-litellm-api-key"
	}
	return ""
}

// At is a time in any of the forms that LiteLLM prints; others are unknown.
type At struct{ fleet.Maybe[time.Time] }

// UnmarshalJSON reads a time; a text that is none stays unknown, since nothing depends on it.
func (t *At) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999", "2006-01-02 15:04:05.999999-07:00"} {
		if at, err := time.Parse(layout, s); err == nil {
			t.Maybe = fleet.Some(at.UTC())
			return nil
		}
	}
	return nil
}
