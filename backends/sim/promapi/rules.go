package promapi

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/prometheus/promql"
)

// Rule is an alerting rule. It is evaluated when somebody asks.
type Rule struct {
	Name        string
	Expr        string
	For         time.Duration
	Labels      map[string]string
	Annotations map[string]string
}

// ruleStates remember since when the conditions of rules hold.
type ruleStates struct {
	rules []Rule

	mu     sync.Mutex
	active map[string]time.Time // by rule and labels
}

func newRuleStates(rules []Rule) *ruleStates {
	return &ruleStates{rules: rules, active: map[string]time.Time{}}
}

// alert is one series for which a rule's condition holds.
type alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	State       string            `json:"state"`
	ActiveAt    string            `json:"activeAt"`
	Value       string            `json:"value"`
}

// evaluate gives the alerts of each rule, in the order of the rules.
func (a *API) evaluate(ctx context.Context) ([][]alert, error) {
	now := a.o.Clock.Now()
	s := a.rules
	s.mu.Lock()
	defer s.mu.Unlock()
	still := map[string]time.Time{}
	out := make([][]alert, len(s.rules))
	for i := range s.rules {
		r := &s.rules[i]
		found, err := a.holds(ctx, r, now)
		if err != nil {
			return nil, err
		}
		out[i] = []alert{}
		for _, x := range found {
			key := r.Name + "\x00" + x.Metric.String()
			since, known := s.active[key]
			if !known {
				since = now
			}
			still[key] = since
			out[i] = append(out[i], r.alert(x, since, now))
		}
	}
	s.active = still
	return out, nil
}

func (a *API) holds(ctx context.Context, r *Rule, now time.Time) (promql.Vector, error) {
	q, err := a.engine.NewInstantQuery(ctx, a.o.Data, nil, r.Expr, now)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	v, err := q.Exec(ctx).Vector()
	return slices.Clone(v), err
}

func (r *Rule) alert(x promql.Sample, since, now time.Time) alert {
	all := x.Metric.Map()
	delete(all, nameLabel)
	maps.Copy(all, r.Labels)
	all["alertname"] = r.Name
	state := "pending"
	if now.Sub(since) >= r.For {
		state = "firing"
	}
	notes := r.Annotations
	if notes == nil {
		notes = map[string]string{}
	}
	return alert{Labels: all, Annotations: notes, State: state, ActiveAt: since.UTC().Format(time.RFC3339Nano),
		Value: strconv.FormatFloat(x.F, 'e', -1, 64)}
}

func (a *API) listRules(w http.ResponseWriter, r *http.Request) {
	found, err := a.evaluate(r.Context())
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, "execution", err.Error())
		return
	}
	rules := []object{}
	for i, one := range a.rules.rules {
		if r.Form.Get("type") == "record" {
			break
		}
		state := "inactive"
		for _, x := range found[i] {
			if state != "firing" {
				state = x.State
			}
		}
		rules = append(rules, object{"type": "alerting", "name": one.Name, "query": one.Expr, "duration": one.For.Seconds(),
			"labels": one.Labels, "annotations": one.Annotations, "alerts": found[i], "health": "ok", "state": state,
			"lastEvaluation": a.o.Clock.Now().UTC().Format(time.RFC3339Nano), "evaluationTime": 0})
	}
	groups := []object{}
	if len(rules) > 0 {
		groups = append(groups, object{"name": "simulated", "file": "simulated.yml", "interval": 15, "rules": rules})
	}
	succeed(w, object{"groups": groups})
}

func (a *API) listAlerts(w http.ResponseWriter, r *http.Request) {
	found, err := a.evaluate(r.Context())
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, "execution", err.Error())
		return
	}
	succeed(w, object{"alerts": slices.Concat(append([][]alert{{}}, found...)...)})
}

func sorted(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for v := range set {
		list = append(list, v)
	}
	slices.Sort(list)
	return list
}
