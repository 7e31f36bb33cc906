package vertex

import (
	"strings"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// operation is something that goes on with an endpoint, or went on.
type operation struct {
	Done     bool `json:"done"`
	Metadata struct {
		Type    string `json:"@type"`
		Generic struct {
			Created time.Time `json:"createTime"`
		} `json:"genericMetadata"`
	} `json:"metadata"`
	Error *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// name is what it does: "DeployModel".
func (o *operation) name() fleet.Safe {
	word := o.Metadata.Type[strings.LastIndexByte(o.Metadata.Type, '.')+1:]
	if word = strings.TrimSuffix(word, "OperationMetadata"); word == "" {
		return fleet.Text("an operation")
	}
	return fleet.Label(word)
}

// mostSaidOfFailure bounds why an operation failed.
const mostSaidOfFailure = 200

// goingOn says of a list of operations what is under way, and of the newest why it failed.
func goingOn(list []fleet.JSON) (going, failed fleet.Safe) {
	var newest *operation
	for _, raw := range list {
		var o operation
		if jsonptr.Typed(raw, &o) != nil {
			continue
		}
		if !o.Done {
			going = o.name()
			if at := o.Metadata.Generic.Created; !at.IsZero() {
				going = fleet.Textf("%s since %s", going, fleet.ClockTime(at))
			}
		}
		if newest == nil || o.Metadata.Generic.Created.After(newest.Metadata.Generic.Created) {
			newest = &o
		}
	}
	if newest != nil && newest.Error != nil {
		text := newest.Error.Message
		failed = fleet.Textf("its last operation, %s, failed: %s", newest.name(), fleet.Label(text[:min(len(text), mostSaidOfFailure)]))
	}
	return going, failed
}
