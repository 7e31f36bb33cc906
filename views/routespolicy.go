package views

import (
	"math"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// policyWord draws a verdict in the words of states: a drift is one, and stands out as one.
func policyWord(v fleet.PolicyVerdict) fleet.Safe {
	if v == fleet.PolicyDrifting {
		return fleet.StateDrift.Text()
	}
	return fleet.Label(string(v))
}

func policyRole(v fleet.PolicyVerdict) themes.Role {
	switch v {
	case fleet.PolicyDrifting:
		return themes.Warn
	case fleet.PolicyKept:
		return themes.Text
	case fleet.PolicyUnknown:
	}
	return themes.Dim
}

// policyFact is the line of a selected route that says how it keeps its policy, the most important first. Its evidence may
// stand on a line of its own.
func policyFact(b *part.Block, sc Scene, r *fleet.Route, apart bool) {
	p, st := r.Spec.Policy, r.Policy
	if p == nil || st == nil {
		return
	}
	b.Gap(2).Say(themes.Dim, "policy ").Put(themes.Text, p.Text())
	if p.Hard != "" {
		b.Say(themes.Dim, " with ").Put(themes.Text, fleet.Label(string(p.Hard)))
	}
	if st.Seen.OK {
		b.Say(themes.Dim, " seen ").Put(policyRole(st.Verdict), st.Seen.V.Split())
	}
	b.Gap(2).Put(policyRole(st.Verdict), policyWord(st.Verdict))
	if !st.Since.IsZero() {
		b.Gap(1).Put(themes.Dim, fleet.Age(sc.Now.Sub(st.Since)))
	}
	why := st.Means
	if why.IsEmpty() {
		why = st.Why
	}
	if apart {
		b.End().Gap(2)
	}
	b.Gap(2).Put(themes.Text, why).End()
}

// policyColumn is the column of policies: it is there where a route has one, in words where the screen is wide.
func policyColumn(routes []fleet.Route, width int) part.Column {
	c := part.Column{Title: fleet.Text("POLICY"), Width: 11, Drop: 5, Least: math.MaxInt}
	for i := range routes {
		if routes[i].Policy != nil {
			c.Least = 0
		}
	}
	if width >= wideWidth {
		c.Title, c.Width = fleet.Text("POLICY own/api"), 27
	}
	return c
}

// policyCell draws "easy 80/20 seen 71/29 DRIFT", or in short "71/29 DRIFT".
func policyCell(r *fleet.Route, width int) part.Cell {
	p, st := r.Spec.Policy, r.Policy
	if p == nil || st == nil {
		return part.Cell{}
	}
	text := policyWord(st.Verdict)
	if st.Seen.OK {
		text = fleet.Concat(st.Seen.V.Split(), fleet.Text(" "), text)
	}
	if width >= wideWidth {
		seen := fleet.Text(" seen ")
		if !st.Seen.OK {
			seen = fleet.Text(" ")
		}
		text = fleet.Concat(shortPattern(p.Pattern), fleet.Text(" "), p.Local.Split(), seen, text)
	}
	return part.Cell{Text: text, Role: policyRole(st.Verdict)}
}

func shortPattern(p fleet.Pattern) fleet.Safe {
	switch p {
	case fleet.PatternEasyLocal:
		return fleet.Text("easy")
	case fleet.PatternAPIPrimary:
		return fleet.Text("api")
	case fleet.PatternCoreLocal:
		return fleet.Text("core")
	}
	return fleet.Label(string(p))
}
