package kube

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// hidden stands in place of what looks like a credential.
const hidden = "<redacted>"

// Words of names. A name is cut at signs and at capital letters: MAX_NUM_TOKENS, maxNumTokens, --max-num-tokens.
var (
	secretEnds  = []string{"secret", "password", "passwd", "token", "apikey", "accesskey", "credential", "credentials"}
	secretWords = []string{"secrets", "pwd", "pass", "passphrase", "bearer", "cookie", "dsn", "auth", "authorization"}
	keyBefore   = []string{"api", "access", "private", "signing", "account", "license", "master", "encryption", "secret"}
	// counted are words beside "token" that make it what models count, and refersEnd are last words of what only names a
	// secret or the place of one.
	counted   = []string{"max", "min", "num", "per", "total", "prompt", "batched", "count", "limit", "length", "first", "output", "input"}
	refersEnd = []string{"name", "ref", "file", "path", "dir", "namespace", "type", "mode", "url"}
)

// isSuspicious tells names of environment variables, keys and flags whose values are likely credentials.
func isSuspicious(name string) bool {
	words := wordsOf(name)
	if len(words) == 0 || slices.Contains(refersEnd, words[len(words)-1]) {
		return false
	}
	counts := slices.ContainsFunc(words, func(w string) bool { return slices.Contains(counted, w) })
	for i, w := range words {
		switch {
		case w == "token" && counts:
		case slices.Contains(secretWords, w),
			slices.ContainsFunc(secretEnds, func(end string) bool { return strings.HasSuffix(w, end) }),
			(w == "key" || w == "keys") && i > 0 && slices.Contains(keyBefore, words[i-1]),
			w == "string" && i > 0 && strings.HasPrefix(words[i-1], "conn"):
			return true
		}
	}
	return false
}

func wordsOf(name string) []string {
	var words []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			words = append(words, strings.ToLower(word.String()))
			word.Reset()
		}
	}
	lower := false
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			end()
			lower = false
			continue
		}
		if lower && unicode.IsUpper(r) {
			end()
		}
		lower = unicode.IsLower(r)
		word.WriteRune(r)
	}
	end()
	return words
}

// redactArgs hides the values of flags such as --api-key X and --api-key=X, and shell text that sets one.
func redactArgs(args []string) []string {
	out := slices.Clone(args)
	next := false
	for i, a := range out {
		name, _, joined := strings.Cut(a, "=")
		switch {
		case next && !strings.HasPrefix(a, "-"):
			out[i] = hidden
			next = false
		case strings.HasPrefix(a, "-") && !strings.ContainsAny(name, " \t\n") && isSuspicious(name):
			if joined {
				out[i] = name + "=" + hidden
			}
			next = !joined
		default:
			next = false
			out[i] = redactText(a)
		}
	}
	return out
}

// inText finds flags with values, assignments, credentials of addresses and bearer tokens inside of a line.
var inText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`-{1,2}[A-Za-z][-\w]*(?:=\S+|\s+[^\s-]\S*)|[A-Za-z_]\w*=\S+|(?i:bearer)\s+\S+|://[^\s/:@]*:[^\s/@]+@`)
})

// redactText hides credentials inside of a line or a script.
func redactText(s string) string {
	if !strings.ContainsAny(s, " =@\t\n") {
		return s
	}
	return inText().ReplaceAllStringFunc(s, redactAssignment)
}

func redactAssignment(s string) string {
	if strings.HasPrefix(s, "://") {
		return "://" + hidden + "@"
	}
	at := strings.IndexAny(s, "= \t\n")
	if !isSuspicious(s[:at]) {
		return s
	}
	return s[:at+1] + hidden
}
