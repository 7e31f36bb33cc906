package litellm

import (
	"context"
	"encoding/json"
	"fmt"

	"pitwall/fleet"
)

// allowedAlias refuses an alias that would lead nowhere or in a circle: LiteLLM looks a name up once.
func allowedAlias(r fleet.RouteSpec, e fleet.RouteEdit, p prepared) error {
	op := editOp(r, e)
	refuse := func(format string, args ...any) error {
		return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Next: fmt.Sprintf(format, args...) + "; nothing was written"}
	}
	switch {
	case e.Alias == "":
		return refuse("no public name is given")
	case len(e.After) > 1:
		return refuse("an alias leads to one route")
	case len(e.After) == 1 && e.After[0] == e.Alias:
		return refuse("%s would lead to itself", fleet.Label(string(e.Alias)))
	case len(e.After) == 1 && !p.names[e.After[0]]:
		return refuse("the gateway serves no %s", fleet.Label(string(e.After[0])))
	}
	for _, s := range p.stands {
		if s.err != nil || len(e.After) > 0 {
			continue
		}
		all, err := s.live.aliases()
		if err != nil {
			return err
		}
		if more(all[string(e.Alias)]) {
			return unsupported(op, "the alias has settings of its own (such as hidden), which could not be given back; point it "+
				"elsewhere instead, which keeps them")
		}
	}
	return nil
}

// more tells whether an alias is an object with more than its model.
func more(raw json.RawMessage) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal(raw, &object) == nil && len(object) > 1
}

// editAlias changes one entry among all aliases.
func (w *dbWriter) editAlias(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit, p prepared) error {
	return w.save(ctx, r, e, p, keyAliases, func(s routerSettings) (any, error) {
		all, err := s.aliases()
		if err != nil {
			return nil, err
		}
		if len(e.After) == 0 {
			delete(all, string(e.Alias))
			return all, nil
		}
		all[string(e.Alias)], err = pointed(all[string(e.Alias)], e.After[0])
		return all, err
	})
}

// pointed is an alias that leads elsewhere and keeps its form and what else it says.
func pointed(raw json.RawMessage, to fleet.RouteID) (json.RawMessage, error) {
	var object map[string]any
	if json.Unmarshal(raw, &object) != nil || object == nil {
		return json.Marshal(to)
	}
	object["model"] = to
	return json.Marshal(object)
}
