package litellm

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"pitwall/fleet"
)

// The calls that not every version has, as the page of its own description names them.
const (
	blockPath    = "/model/block"      // LiteLLM 1.81 lacks it, 1.96 has it
	fallbackPath = "/fallback/{model}" // 1.80.9 lacks it, 1.81.15 has it
)

// featureRetry is how long a refused /openapi.json is left alone: it is megabytes, and large to make.
const featureRetry = 10 * time.Minute

// features is what one version can do, asked once and kept while the version stays the same.
type features struct {
	version  string
	block    fleet.Maybe[bool]
	fallback fleet.Maybe[bool] // has calls for the fallbacks of one route
	// aggregated: has a call for a day's activity in one page
	aggregated fleet.Maybe[bool]
	known      bool
	tried      time.Time
}

// due tells whether the page should be asked for (again).
func (f features) due(version string, now time.Time) bool {
	if f.known && f.version == version {
		return false
	}
	return f.tried.IsZero() || f.version != version || now.Sub(f.tried) >= featureRetry
}

// openAPI is the part of /openapi.json that features are seen by.
type openAPI struct {
	Paths map[string]json.RawMessage `json:"paths"`
}

// has is unknown for a page without paths.
func (o openAPI) has(path string) fleet.Maybe[bool] {
	if len(o.Paths) == 0 {
		return fleet.None[bool]()
	}
	_, ok := o.Paths[path]
	return fleet.Some(ok)
}

// byVersion is what is known where /openapi.json is closed.
func byVersion(version string, now time.Time) features {
	return features{
		version: version, tried: now,
		block:    between(version, number3{1, 81, 15}, number3{1, 96, 0}),
		fallback: between(version, number3{1, 80, 9}, number3{1, 81, 15}),
	}
}

// number3 is a version by its three numbers.
type number3 [3]int

// between tells whether a version has what the one of without lacks and the one of with has; unknown between these.
func between(version string, without, with number3) fleet.Maybe[bool] {
	v, ok := parseVersion(version)
	switch {
	case !ok:
		return fleet.None[bool]()
	case !v.less(with):
		return fleet.Some(true)
	case !without.less(v):
		return fleet.Some(false)
	}
	return fleet.None[bool]()
}

// parseVersion reads "1.96.0", "v1.81.15-stable", "1.96.0rc1" or "1.96".
func parseVersion(version string) (v number3, ok bool) {
	for i, part := range strings.SplitN(strings.TrimPrefix(version, "v"), ".", len(v)) {
		end := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
		if end >= 0 && i == len(v)-1 {
			part = part[:end]
		}
		n, err := strconv.Atoi(part)
		if err != nil {
			return number3{}, false
		}
		v[i], ok = n, i > 0 // a lone number is no version
	}
	return v, ok
}

func (v number3) less(w number3) bool {
	for i := range v {
		if v[i] != w[i] {
			return v[i] < w[i]
		}
	}
	return false
}
