package productionstack

import (
	"context"
	"errors"
	"slices"

	"pitwall/backends/internal/filetext"
	"pitwall/backends/internal/mapentry"
	"pitwall/fleet"
)

// place is where a file is kept that routers follow.
type place interface {
	// Called is how a person names it.
	Called() string
	read(ctx context.Context) (stored, error)
	// write puts a text in the place of the one that was read, and nothing where that has changed meanwhile.
	write(ctx context.Context, was stored, text string, what fleet.Safe) error
}

// stored is a text as it was read, with the object that holds it.
type stored struct {
	text []byte
	doc  any
}

// mapped is an entry of a ConfigMap.
type mapped struct{ mapentry.Entry }

func (m mapped) read(ctx context.Context) (stored, error) {
	doc, err := m.Get(ctx, mapentry.Kind, m.Object)
	if err != nil {
		return stored{}, err
	}
	text, err := m.Text(doc)
	if err != nil {
		return stored{}, &fleet.Error{Kind: fleet.KindNotFound, Op: "read " + m.Called(), Err: err}
	}
	return stored{text, doc}, nil
}

func (m mapped) write(ctx context.Context, was stored, text string, what fleet.Safe) error {
	err := m.Write(ctx, m.Edit(was.doc, was.text, []byte(text), what), "pitwall-config-"+mapentry.Mark([]byte(text)))
	if err != nil {
		return m.Failed("write "+m.Called(), err, "nothing was written")
	}
	return nil
}

// local is a file of this machine.
type local struct {
	path  string
	files filetext.Replacer
}

func (l local) Called() string { return "the file " + l.path }

func (l local) read(context.Context) (stored, error) {
	text, err := l.files.Read(l.path)
	if err != nil {
		return stored{}, &fleet.Error{Kind: fleet.KindInvalid, Op: "read " + l.path, Err: err}
	}
	return stored{text: text}, nil
}

func (l local) write(_ context.Context, was stored, text string, _ fleet.Safe) error {
	err := l.files.Replace(l.path, was.text, []byte(text))
	switch {
	case errors.Is(err, filetext.ErrChanged):
		return &fleet.Error{Kind: fleet.KindConflict, Op: "replace " + l.path, Err: err}
	case err != nil:
		return &fleet.Error{Kind: fleet.KindInternal, Op: "replace " + l.path, Err: err}
	}
	return nil
}

// placesOf are the places of a gateway's files, and which of them each replica follows; -1 where that is not configured.
func placesOf(spec fleet.GatewaySpec, deps fleet.Deps) (places []place, of []int, err error) {
	of = make([]int, len(spec.Replicas))
	if spec.Options[fleet.OptionConfigMap] != "" {
		entry, err := mapentry.Of(spec)
		if err == nil {
			entry, err = entry.Opened(deps)
		}
		return []place{mapped{entry}}, of, err
	}
	var paths []string
	for i, r := range spec.Replicas {
		path := r.File
		if path == "" && spec.File != nil {
			path = spec.File.Path
		}
		if of[i] = slices.Index(paths, path); path != "" && of[i] < 0 {
			of[i] = len(paths)
			paths = append(paths, path)
			places = append(places, local{path: path})
		}
	}
	return places, of, nil
}
