package vertex

import (
	"context"
	"strconv"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/restobjects"
	"pitwall/fleet"
)

type reader struct {
	api   *api
	spec  fleet.SourceSpec
	clock fleet.Clock
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	a, err := open(spec, spec.Auth, deps)
	if err != nil {
		return nil, err
	}
	return &reader{api: a, spec: spec, clock: deps.Clock}, nil
}

// Read lists the endpoints. One that cannot be read is told and left out; the others stay. What goes on with each is read
// when somebody looks at it.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	items, reply, err := r.api.list(ctx, r.api.parent+"/endpoints", "endpoints", "")
	if err != nil {
		return fleet.Partial{}, err
	}
	out := fleet.Partial{At: r.clock.Now(), ServerTime: reply.ServerTime}
	var list []*scene
	bear := map[string]int{}
	for i, item := range items {
		s, err := parse(item)
		if err != nil {
			out.Notices = append(out.Notices, fleet.Notice{Level: fleet.LevelWarn,
				Text: fleet.Textf("endpoint %s of %s cannot be read and is left out", fleet.Int(i+1), fleet.Int(len(items)))})
			continue
		}
		list = append(list, s)
		bear[s.Display]++
	}
	works := make([]*fleet.Workload, 0, len(list))
	for _, s := range list {
		w := s.workload()
		if w.Name = s.id(); bear[s.Display] == 1 && speaks(s.Display) {
			w.Name = s.Display
		}
		works = append(works, w)
	}
	server := fleet.Label(r.spec.URL + " project " + r.spec.Options[optProject] + ", " + r.spec.Options[optLocation])
	out.Cluster = restobjects.Cluster(r.spec, server, out.At, works, kind)
	return out, nil
}

// speaks tells whether people can name an endpoint so: a number is an ID, and a slash parts the words of a name.
func speaks(display string) bool {
	_, err := strconv.ParseUint(display, 10, 64)
	return err != nil && display != "" && !strings.ContainsAny(display, "/ ") && fleet.IsClean(display)
}

func parse(item []byte) (*scene, error) {
	var r record
	if err := jsonptr.Typed(item, &r); err != nil {
		return nil, err
	}
	if !strings.Contains(r.Name, "/endpoints/") {
		return nil, errNoEndpoint
	}
	s := &scene{uid: r.uid()}
	var err error
	if s.content, err = r.content(); err == nil {
		s.order()
	}
	return s, err
}
