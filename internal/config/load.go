package config

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"pitwall/fleet"
	"pitwall/internal/strictyaml"
)

// maxFile bounds the configuration: a wrong path must not fill memory.
const maxFile = 8 << 20

// Load reads and checks a configuration file.
func Load(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, problem("open the configuration", err)
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, problem("read the configuration", err)
	}
	if len(body) > maxFile {
		return nil, problem("read the configuration", fmt.Errorf("%s is over 8 MiB", path))
	}
	out, err := Parse(body)
	if err != nil {
		return nil, problem("read "+path, err)
	}
	return out, nil
}

// Parse decodes strictly: an unknown key, a literal credential and an unknown version are errors
// that name line and column, and never show a value.
func Parse(body []byte) (file *File, err error) {
	defer func() {
		if err != nil {
			file = nil
		}
	}()
	defer strictyaml.Guard(&err)
	tree, err := parser.ParseBytes(body, 0)
	if err != nil {
		return nil, strictyaml.Plain(err)
	}
	if err := findLiteralSecrets(tree); err != nil {
		return nil, err
	}
	if err := checkVersion(tree); err != nil {
		return nil, err
	}
	var out File
	if err := strictyaml.Decode(body, &out); err != nil {
		return nil, err
	}
	if err := validate(&out); err != nil {
		return nil, err
	}
	return &out, nil
}

// secretKeys are key names under which people write credentials.
var secretKeys = regexp.MustCompile(`(?i)^(api_?key|key|token|password|passwd|secret|bearer|master_key|credential)s?$`)

// findLiteralSecrets refuses credentials in the file, naming the key and not the value.
func findLiteralSecrets(tree *ast.File) error {
	v := &secretFinder{}
	for _, doc := range tree.Docs {
		if doc.Body != nil {
			ast.Walk(v, doc.Body)
		}
	}
	return v.err
}

type secretFinder struct{ err error }

// Visit looks at one node of the file.
func (f *secretFinder) Visit(n ast.Node) ast.Visitor {
	pair, ok := n.(*ast.MappingValueNode)
	if !ok || f.err != nil {
		return f
	}
	name := pair.Key.String()
	_, nested := pair.Value.(*ast.MappingNode)
	_, single := pair.Value.(*ast.MappingValueNode)
	literal := secretKeys.MatchString(name) || name == "auth" || name == "write_auth"
	if literal && !nested && !single {
		at := pair.Key.GetToken().Position
		f.err = fmt.Errorf("line %d, column %d: %q holds a literal secret; write auth: {env: NAME}, "+
			"auth: {file: PATH} or auth: {command: [PROGRAM, ARG]} instead, and replace the exposed credential",
			at.Line, at.Column, name)
	}
	return f
}

// checkVersion runs before strict decoding, so that a file of another version is not blamed for its keys.
func checkVersion(tree *ast.File) error {
	for _, doc := range tree.Docs {
		for _, pair := range topPairs(doc.Body) {
			if pair.Key.String() != "version" {
				continue
			}
			if got := strings.TrimSpace(pair.Value.String()); got != fmt.Sprint(Version) {
				at := pair.Value.GetToken().Position
				return fmt.Errorf("line %d, column %d: version %s is not known; this program reads version %d",
					at.Line, at.Column, fleet.Label(got), Version)
			}
			return nil
		}
	}
	return fmt.Errorf("line 1, column 1: the file must begin with version: %d", Version)
}

func topPairs(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	default:
		return nil
	}
}

func problem(op string, err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Err: err}
}
