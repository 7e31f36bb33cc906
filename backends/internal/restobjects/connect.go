package restobjects

import "pitwall/fleet"

// Connect completes the connector of an API by what reads, writes and shows its documents. open makes its System with a
// credential; hide takes out of a document what no screen shall show.
func Connect[S System](c fleet.Connector, open func(fleet.SourceSpec, fleet.SecretRef, fleet.Deps) (S, error),
	hide func(doc any) any) fleet.Connector {
	c.NewObjects = func(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Objects, error) {
		s, err := open(spec, spec.Auth, deps)
		if err != nil {
			return nil, err
		}
		return NewObjects(spec.ID, s), nil
	}
	c.NewObjectWriter = func(spec fleet.SourceSpec, deps fleet.Deps) (fleet.ObjectWriter, error) {
		s, err := open(spec, WriteAuth(spec), deps)
		if err != nil {
			return nil, err
		}
		return NewWriter(spec.ID, s, hide), nil
	}
	c.NewInspector = func(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Inspector, error) {
		s, err := open(spec, spec.Auth, deps)
		if err != nil {
			return nil, err
		}
		return NewInspector(spec.ID, s, hide), nil
	}
	return c
}
