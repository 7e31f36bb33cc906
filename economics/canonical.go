package economics

import (
	"regexp"
	"strings"

	"pitwall/fleet"
)

// nameIndex finds the one name under which the releases and regional copies of a model are joined.
type nameIndex struct {
	names map[modelKey]string // by kind and plain name
}

// Canonical is the catalogue's own name for what a bill, a gateway or a provider calls a model, so that what streams say of
// it can be joined: without provider prefix, ARN, region, date of release and edition, and without what an OpenAI line item
// says after its last comma. A model that is not listed stays as it is written. Prices are found by the name as it is
// written, not by this one: releases and regions may differ in price.
func (c *Catalogue) Canonical(kind string, model fleet.ModelName) fleet.ModelName {
	index, name := c.names(), string(model)
	if len(name) > 2*longestName {
		return model // nothing that a list or a bill has
	}
	for {
		for _, k := range []string{kind, listed[kind]} {
			if k == "" {
				continue
			}
			if found, ok := index.find(k, name); ok {
				return fleet.ModelName(found)
			}
		}
		at := strings.LastIndex(name, ",")
		if at <= 0 || !itemKind.MatchString(name[at+1:]) {
			return fleet.ModelName(name)
		}
		name = strings.TrimRight(name[:at], " ,")
		if name == "" {
			return model
		}
	}
}

// itemKind is what stands after the last comma of a line item: "input_tokens", "cached input", "web search calls".
var itemKind = regexp.MustCompile(`(?i)^[a-z0-9_ ()/-]{0,30}` +
	`(?:token|input|output|cached|image|audio|video|search|batch|request|second|character)[a-z0-9_ ()/-]{0,30}$`)

func (x *nameIndex) find(kind, name string) (string, bool) {
	for _, candidate := range candidates(bareARN(name)) {
		if found, ok := x.names[modelKey{kind, plainName(kind, candidate)}]; ok {
			return found, true
		}
	}
	return "", false
}

func indexNames(sheets map[modelKey]*Listing) *nameIndex {
	x := &nameIndex{names: make(map[modelKey]string, len(sheets))}
	for key := range sheets {
		plain := modelKey{key.kind, plainName(key.kind, key.model)}
		if old, taken := x.names[plain]; !taken || barer(key.kind, key.model, old) {
			x.names[plain] = key.model
		}
	}
	return x
}

// barer tells whether a name says less than another of the same model: no region, no date, the shorter, then by the alphabet.
// Names of Bedrock begin with the vendor.
func barer(kind, a, b string) bool {
	if x, y := vendorPart.MatchString(a), vendorPart.MatchString(b); kind == "bedrock" && x != y {
		return x
	}
	for _, says := range []*regexp.Regexp{regionPart, datePart} {
		if x, y := says.MatchString(a), says.MatchString(b); x != y {
			return y
		}
	}
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// The parts of a name that say nothing of which model it is.
var (
	regionPart  = regexp.MustCompile(`^(?:(?:us|eu|apac|global|jp|au|ca|us-gov)[./]|[a-z]{2}(?:-[a-z]+)+-\d+/)`)
	datePart    = regexp.MustCompile(`[-@](?:20\d\d-[01]\d-[0-3]\d|20\d\d[01]\d[0-3]\d)(?:([-@:].*)|$)`)
	editionPart = regexp.MustCompile(`\s*\([^()]*\)\s*$`)
	vendorPart  = regexp.MustCompile(`^[a-z][a-z0-9]*\.([a-z].*)$`)
	versionPart = regexp.MustCompile(`-v(\d+)(?::\d+)?$`)
	dotted      = regexp.MustCompile(`(\d)[. ](\d)`)
)

// plainName is a name without what does not tell models apart. "Claude Sonnet 4.6 (Amazon Bedrock Edition)" and
// "eu.anthropic.claude-sonnet-4-6" have the same.
func plainName(kind, name string) string {
	name = strings.TrimSpace(editionPart.ReplaceAllString(strings.ToLower(name), ""))
	name = strings.TrimSuffix(name, "@default")
	name = regionPart.ReplaceAllString(name, "")
	name = datePart.ReplaceAllString(name, "$1")
	if kind == "bedrock" {
		name = vendorPart.ReplaceAllString(name, "$1")
		name = strings.TrimSuffix(versionPart.ReplaceAllString(name, "-v$1"), "-v1")
	}
	name = dotted.ReplaceAllString(name, "$1-$2")
	return strings.Join(strings.Fields(name), "-")
}

// bareARN is the name at the end of an ARN. An application inference profile has an id of its own there, which no list has.
func bareARN(name string) string {
	if !strings.HasPrefix(name, "arn:") {
		return name
	}
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '/' })
	if len(parts) < 2 {
		return name
	}
	return parts[len(parts)-1]
}
