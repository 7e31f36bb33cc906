// Package hybrid tries in thought what happens to a route with a policy: a side fails, or the intended split is set. Whether
// somebody could take what comes is asked of failovers and interlocks. It is pure and sends nothing.
package hybrid

import (
	"errors"
	"fmt"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Test tries what may happen to a route under its policy. A route that does not exist or has no policy is refused (KindInvalid).
func Test(route fleet.RouteID, s *fleet.Snapshot, b actions.Book, now time.Time) (actions.PolicyTest, error) {
	none := actions.PolicyTest{}
	if s == nil || s.Route(route) == nil {
		return none, refuse(fmt.Errorf("there is no route %s", fleet.Quote(string(route))))
	}
	r := s.Route(route)
	if r.Spec.Policy == nil {
		return none, refuse(fmt.Errorf("route %s has no policy in the configuration", fleet.Quote(string(route))))
	}
	t := tester{s: s, b: b, now: now}
	out := actions.PolicyTest{Route: route}
	switch api := t.apiRoute(r); {
	case api == nil:
		out.Cases = append(out.Cases, actions.PolicyCase{What: apiFails, Verdict: actions.CaseUnknown,
			Why: fleet.Textf("route %s, which takes the hard requests, is on no gateway that is read", fleet.Label(string(r.Spec.Policy.Hard)))})
	default:
		out.Cases = append(out.Cases, t.fails(api, fleet.SideRented))
	}
	if r.Spec.Policy.Pattern != fleet.PatternAPIPrimary {
		out.Cases = append(out.Cases, t.fails(r, fleet.SideOwn))
	}
	out.Cases = append(out.Cases, t.split(r))
	t.faults(r, &out.Cases[0])
	return out, nil
}

type tester struct {
	s   *fleet.Snapshot
	b   actions.Book
	now time.Time
}

// apiRoute is the route whose members are the API side: that of the hard requests where there is one.
func (t tester) apiRoute(r *fleet.Route) *fleet.Route {
	if hard := r.Spec.Policy.Hard; hard != "" {
		return t.s.Route(hard)
	}
	return r
}

// deciding are the faults with which the first case, that the API fails, cannot go well, whatever room there is.
var deciding = map[fleet.LintRule]actions.CaseVerdict{fleet.LintPolicyFallback: actions.CaseFails, fleet.LintPolicyCold: actions.CaseFails,
	fleet.LintResidency: actions.CaseFails, fleet.LintPolicySides: actions.CaseFails}

// faults adds to the case that the API fails what the configuration says against own GPUs behind it.
func (tester) faults(r *fleet.Route, c *actions.PolicyCase) {
	if r.Spec.Policy.Pattern != fleet.PatternAPIPrimary {
		return
	}
	for i := range r.Lints {
		l := &r.Lints[i]
		switch l.Rule {
		case fleet.LintPolicyFallback, fleet.LintPolicyCold, fleet.LintPolicyProven, fleet.LintPolicyFate, fleet.LintPolicySides,
			fleet.LintContext, fleet.LintTools, fleet.LintResidency:
		default:
			continue
		}
		if verdict, decides := deciding[l.Rule]; decides && c.Verdict != verdict {
			c.Verdict, c.Why = verdict, l.Text
			continue
		}
		if l.Text != c.Why {
			c.Remarks = append(c.Remarks, l.Text)
		}
	}
}

func refuse(err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "test the policy", Err: err, Next: "nothing was changed"}
}

var errNoWeights = errors.New("no gateway replica tells the weights")
