// Package strictyaml decodes files that people write: an unknown key is an error that names line and column, and no body can end the
// program.
package strictyaml

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
)

// Decode reads YAML or JSON into what to points to. Its errors never show a value or a line of the file, which may hold a credential
// that somebody pasted.
func Decode(body []byte, to any) (err error) {
	defer Guard(&err)
	if err := yaml.UnmarshalWithOptions(body, to, yaml.Strict()); err != nil {
		return Plain(err)
	}
	return nil
}

// Guard turns a panic of the decoder, which gives way on some files that are no YAML, into an error. It is deferred.
func Guard(err *error) {
	if r := recover(); r != nil {
		*err = errors.New("the file is no YAML that can be read")
	}
}

// Plain formats an error of the decoder as position and reason, without the line of the file.
func Plain(err error) error {
	text := strings.TrimSpace(yaml.FormatError(err, false, false))
	if first, _, ok := strings.Cut(text, "\n"); ok {
		text = first
	}
	if m := position.FindStringSubmatch(text); m != nil {
		text = fmt.Sprintf("line %s, column %s: %s", m[1], m[2], m[3])
	}
	return errors.New(text)
}

var position = regexp.MustCompile(`^\[(\d+):(\d+)\] (.*)$`)
