package economics

import (
	"strings"
	"time"
)

// Settles is how long after the end of a day its bill may still grow without being announced to change, where nothing is known of
// its provider. What is corrected later is taken over as well, and the earlier figure stays as a revision.
const Settles = 24 * time.Hour

// SettlesFirst is the shortest of all: what is read of a day before that is no bill of it yet, whoever sends it.
const SettlesFirst = 6 * time.Hour

// settling is the lag of bills by kind of provider, as their documentation and those who measured it have it.
var settling = []struct {
	in    string // of the kind's words
	after time.Duration
}{
	{"anthropic", SettlesFirst},  // about five minutes, at times longer
	{"openrouter", SettlesFirst}, // days are listed once they are over
	{"azure", 72 * time.Hour},    // 8 to 24 hours under contract, up to 72 without
	{"openai", 24 * time.Hour},   // hours, and nothing is promised
	{"bedrock", 48 * time.Hour},  // taken over at least once in 24 hours
	{"aws", 48 * time.Hour},
	{"vertex", 48 * time.Hour}, // within a day as a rule, and no promise
	{"gemini", 48 * time.Hour},
	{"google", 48 * time.Hour},
}

// SettlesAfter is how long after the end of a day a provider's bill of it may still grow.
func SettlesAfter(kind string) time.Duration {
	kind = strings.ToLower(kind)
	for _, s := range settling {
		if strings.Contains(kind, s.in) {
			return s.after
		}
	}
	return Settles
}
