package registry

import (
	"errors"
	"fmt"

	"pitwall/fleet"
)

// Askers gives what asks prompts of the replica that a source reads. sources is asked each time, since some are found while
// pitwall runs. Nothing is sent by opening one.
func (s Set) Askers(sources func() []fleet.SourceSpec, deps fleet.Deps) func(fleet.SourceID) (fleet.Asker, error) {
	return func(id fleet.SourceID) (fleet.Asker, error) {
		fail := func(kind fleet.Kind, why, next string) (fleet.Asker, error) {
			return nil, &fleet.Error{Kind: kind, Op: "open what asks " + fleet.Quote(string(id)).String(), Source: id,
				Err: errors.New(why), Next: next}
		}
		for _, spec := range sources() {
			if spec.ID != id {
				continue
			}
			c := s.find(spec.Kind)
			switch {
			case c == nil || c.NewAsker == nil:
				return fail(fleet.KindUnsupported, fmt.Sprintf("no prompt can be sent by the connector %q", fleet.Quote(spec.Kind)), "")
			case spec.URL == "":
				return fail(fleet.KindUnsupported, "it is read through a store and has no address of its own",
					"write the url of its replica into the configuration")
			case spec.TLS.Insecure:
				return fail(fleet.KindReadOnly, "TLS is not verified for it: an answer would prove nothing", "")
			}
			own := deps
			own.Via = spec.Via
			return c.NewAsker(spec, own)
		}
		return fail(fleet.KindNotFound, "no source reads it", "")
	}
}
