package litellm

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"pitwall/fleet"
)

// blockPath is the call that LiteLLM 1.81 lacks and 1.96 has.
const blockPath = "/model/block"

// featureRetry is how long a refused /openapi.json is left alone: it is megabytes, and large to make.
const featureRetry = 10 * time.Minute

// features is what one version can do, asked once and kept while the version stays the same.
type features struct {
	version string
	block   fleet.Maybe[bool]
	known   bool
	tried   time.Time
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

// hasBlock is unknown for a page without paths.
func (o openAPI) hasBlock() fleet.Maybe[bool] {
	if len(o.Paths) == 0 {
		return fleet.None[bool]()
	}
	_, ok := o.Paths[blockPath]
	return fleet.Some(ok)
}

// blockByVersion is what is known where /openapi.json is closed: 1.81.15 lacks the call, 1.96.0 has it.
func blockByVersion(version string) fleet.Maybe[bool] {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(parts) < 2 {
		return fleet.None[bool]()
	}
	major, errMajor := strconv.Atoi(parts[0])
	minor, errMinor := strconv.Atoi(parts[1])
	switch {
	case errMajor != nil || errMinor != nil:
		return fleet.None[bool]()
	case major > 1 || major == 1 && minor >= 96:
		return fleet.Some(true)
	case major == 1 && minor <= 81, major < 1:
		return fleet.Some(false)
	}
	return fleet.None[bool]()
}
