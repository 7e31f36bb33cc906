package wire

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"time"

	"pitwall/backends/sim/world"
)

// StatusPrefix stands before the name of a provider in that of its status page, which is a server of its own, as it should be.
const StatusPrefix = "status-"

// pageComponent is one line of a status page.
type pageComponent struct {
	id, name string
	api      bool // it fails with the API
}

// componentsOf are the lines of a page: OpenAI's is incident.io's, Anthropic's Statuspage's own.
func componentsOf(style string) []pageComponent {
	if style == "anthropic" {
		return []pageComponent{{"k8w3r06qmzrp", "claude.ai", false}, {"rwppv331jlwc", WatchedComponent(style), true},
			{"yyzkbfz2thpt", "Claude Console", false}}
	}
	return []pageComponent{{"01JMXBRMFE6N2NNT7DG6XZQ6PW", WatchedComponent(style), true}, {"01JMXBNJXKKQNWAVJAHE3F95FZ", "Embeddings", false},
		{"01JMXC10ZKXN2NNT7DG6XZQ9AB", "ChatGPT", false}}
}

// WatchedComponent is the component of a page that speaks of what is rented.
func WatchedComponent(style string) string {
	if style == "anthropic" {
		return "Claude API (api.anthropic.com)"
	}
	return "Chat Completions"
}

// statusPage serves what a provider publishes, in the format of Statuspage.
func (s *server) statusPage(p *world.Provider, style string) {
	serve := func(path string, of func(all []world.Notice) object) {
		s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			var notices []world.Notice
			s.o.World.At(s.o.Clock.Now(), func() { notices = p.Published() })
			body, err := json.Marshal(of(notices))
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			sum := fnv.New64a()
			_, _ = sum.Write(body) // a hash never fails
			tag := fmt.Sprintf(`W/"%x"`, sum.Sum64())
			w.Header().Set("ETag", tag)
			if r.Header.Get("If-None-Match") == tag {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			_, _ = w.Write(body) // the client hung up
		})
	}
	serve("/api/v2/summary.json", func(all []world.Notice) object { return s.summary(p, style, all) })
	serve("/api/v2/components.json", func(all []world.Notice) object {
		return object{"page": s.pageHead(p, all), "components": s.states(style, all)}
	})
}

// at is a time of the world as pages write it.
func (s *server) at(seconds float64) string {
	return s.o.World.Spec.Start.Add(time.Duration(seconds * float64(time.Second))).UTC().Format("2006-01-02T15:04:05.000Z")
}

func (s *server) pageHead(p *world.Provider, all []world.Notice) object {
	changed := -40 * 24 * 3600.0 // it changes with incidents only
	if n := len(all); n > 0 {
		changed = all[n-1].Updated
	}
	return object{"id": "page-" + p.Spec.Name, "name": p.Spec.Name, "url": s.o.statusURL(p.Spec.Name), "time_zone": "Etc/UTC",
		"updated_at": s.at(changed)}
}

// severity is the impact of an incident and the state of the component behind it.
func severity(n *world.Notice) (impact, state string) {
	switch {
	case n == nil:
		return "none", "operational"
	case n.Share >= 0.5:
		return "critical", "major_outage"
	case n.Share >= 0.2:
		return "major", "partial_outage"
	default:
		return "minor", "degraded_performance"
	}
}

func openNotice(all []world.Notice) *world.Notice {
	if n := len(all); n > 0 && !all[n-1].Over {
		return &all[n-1]
	}
	return nil
}

func (s *server) states(style string, all []world.Notice) []object {
	_, ill := severity(openNotice(all))
	var list []object
	for i, c := range componentsOf(style) {
		state := "operational"
		if c.api {
			state = ill
		}
		list = append(list, object{"id": c.id, "name": c.name, "status": state, "position": i + 1, "group": false, "group_id": nil})
	}
	return list
}

func (s *server) summary(p *world.Provider, style string, all []world.Notice) object {
	incidents := []object{}
	open := openNotice(all)
	impact, state := severity(open)
	if open != nil {
		phase := "investigating"
		if open.Monitoring {
			phase = "monitoring"
		}
		id := fmt.Sprintf("incident-%s-%d", p.Spec.Name, open.N)
		var affected []object
		for _, c := range componentsOf(style) {
			if c.api {
				affected = append(affected, object{"id": c.id, "name": c.name, "status": state})
			}
		}
		incidents = append(incidents, object{
			"id": id, "name": "Elevated error rates", "status": phase, "impact": impact, "created_at": s.at(open.Posted),
			"started_at": s.at(open.Began), "updated_at": s.at(open.Updated), "resolved_at": nil,
			"shortlink": s.o.statusURL(p.Spec.Name) + "/" + id, "components": affected, "incident_updates": []object{},
		})
	}
	words := map[string]string{"none": "All Systems Operational", "minor": "Minor Service Outage",
		"major": "Partial System Outage", "critical": "Major Service Outage"}
	return object{"page": s.pageHead(p, all), "status": object{"indicator": impact, "description": words[impact]},
		"components": s.states(style, all), "incidents": incidents, "scheduled_maintenances": []object{}}
}

// statusURL is what a page calls its own address.
func (o *Options) statusURL(provider string) string {
	return "https://status." + provider + ".simulated"
}
