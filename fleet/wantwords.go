package fleet

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// The grammar of image references, as registries and container runtimes read them (distribution/reference): a name with an
// optional host and port, then an optional tag and digest.
var (
	imageRef = regexp.MustCompile(`^(?:` + imageHost + `/)?(` + imagePart + `(?:/` + imagePart + `)*)` +
		`(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@(` + imageDigest + `))?$`)
	// cloudAsset is what clouds take in place of an image: NAME:VERSION or an ID that is a path.
	cloudAsset = regexp.MustCompile(`^(?:azureml:)?[A-Za-z0-9][A-Za-z0-9._-]*:[A-Za-z0-9][A-Za-z0-9._-]*$` +
		`|^(?:azureml:/|/subscriptions)/[^/].*$`)
	scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*$`)
)

const (
	imageHost   = `(?:` + hostName + `(?:\.` + hostName + `)*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?`
	hostName    = `(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])`
	imagePart   = `[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*`
	imageDigest = `[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}`
	// mostImageName is how long a name without host, tag and digest may be.
	mostImageName = 255
)

// Check refuses words that can mean nothing, before anything is read for them. cluster tells that the object is one of a
// cluster, which takes images only; clouds have assets of their own in their place.
func (w *Want) Check(cluster bool) error {
	for _, x := range []struct {
		name  string
		word  string
		wrong func(string) string
	}{
		{"image", w.Image, func(s string) string { return WrongImage(s, cluster) }},
		{"model", w.Weights, WrongModel},
		{"revision", w.Revision, WrongWord},
	} {
		if x.word == "" {
			continue
		}
		if why := x.wrong(x.word); why != "" {
			return &Error{Kind: KindInvalid, Op: "plan", Next: "nothing was read or changed",
				Err: fmt.Errorf("%s %q: %s", x.name, Quote(x.word), why)}
		}
	}
	for _, a := range w.Args {
		if why := WrongWord(a.Flag); why != "" {
			return &Error{Kind: KindInvalid, Op: "plan", Err: errors.New("flag " + Quote(a.Flag).String() + ": " + why),
				Next: "nothing was read or changed"}
		}
	}
	return nil
}

// WrongImage says why a word is no image reference, "" where it is one.
func WrongImage(s string, cluster bool) string {
	if why := WrongWord(s); why != "" {
		return why
	}
	if !cluster && cloudAsset.MatchString(s) {
		return ""
	}
	const form = "it is no image reference, such as registry.example.com/vllm:v0.12.0"
	m := imageRef.FindStringSubmatch(s)
	switch {
	case m == nil && strings.ToLower(s) != s && imageRef.MatchString(strings.ToLower(s)):
		return "it is no image reference: names of images are in lower case"
	case m == nil:
		return form
	case len(m[1]) > mostImageName:
		return fmt.Sprintf("names of images have at most %d characters", mostImageName)
	case strings.HasPrefix(m[2], "sha256:") && len(m[2]) != len("sha256:")+64:
		return "a sha256 digest has 64 digits"
	}
	return ""
}

// WrongModel says why a word is neither the name of a model, nor a path, nor a URI; "" where it may be one.
func WrongModel(s string) string {
	if why := WrongWord(s); why != "" {
		return why
	}
	before, rest, uri := strings.Cut(s, "://")
	switch {
	case uri && (!scheme.MatchString(before) || strings.Trim(rest, "/") == ""):
		return "it is no URI, such as s3://models/llama-70b"
	case strings.HasPrefix(s, "-"):
		return "it begins like a flag"
	}
	return ""
}

// WrongWord says why something is not one word that can be read.
func WrongWord(s string) string {
	switch {
	case strings.ContainsFunc(s, unicode.IsSpace):
		return "it has a space in it"
	case !IsClean(s):
		return "it has characters that cannot be seen, or is too long"
	}
	return ""
}
