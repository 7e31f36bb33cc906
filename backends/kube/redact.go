package kube

import (
	"regexp"
	"strings"
)

// hidden stands in place of what looks like a credential.
const hidden = "<redacted>"

// suspicious matches names of environment variables, keys and flags that hold credentials.
var suspicious = regexp.MustCompile(`(?i)(secret|token|passw|pwd|credential|api[-_]?key|access[-_]?key|private[-_]?key|auth|bearer|cookie|conn(ection)?[-_]?str|dsn$)`)

// harmless are names that match and say nothing secret: tokens are what models count.
var harmless = regexp.MustCompile(`(?i)(max|num|min|per|total|prompt|batched|tokenizer|tokens?[-_](limit|count)|secretname|secretkeyref|secretref|automountserviceaccounttoken|imagepullsecrets|author)`)

func isSuspicious(name string) bool {
	return suspicious.MatchString(name) && !harmless.MatchString(name)
}

// redactArgs hides the values of flags such as --api-key X and --api-key=X, and shell text that sets one.
func redactArgs(args []string) []string {
	next := false
	for i, a := range args {
		name, _, joined := strings.Cut(a, "=")
		switch {
		case next && !strings.HasPrefix(a, "-"):
			args[i] = hidden
			next = false
		case strings.HasPrefix(a, "-") && isSuspicious(name):
			if joined {
				args[i] = name + "=" + hidden
			}
			next = !joined
		default:
			next = false
			args[i] = inText.ReplaceAllStringFunc(a, redactAssignment)
		}
	}
	return args
}

// inText finds assignments and flags inside of a shell line.
var inText = regexp.MustCompile(`[-A-Za-z_][-A-Za-z0-9_]*(=|\s+)\S+`)

func redactAssignment(s string) string {
	at := strings.IndexAny(s, "= \t\n")
	name, flag := s[:at], strings.HasPrefix(s, "-")
	if !isSuspicious(name) || s[at] != '=' && !flag {
		return s
	}
	return s[:at+1] + hidden
}
