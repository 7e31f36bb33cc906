package plain

import (
	"pitwall/fleet"
	"pitwall/fleet/golden"
)

// Golden is what the replicas of a pool showed when they were asked golden prompts.
type Golden struct {
	Pool     fleet.PoolID
	Model    fleet.ModelName
	DryRun   bool // nothing was asked
	Replicas []GoldenReplica
}

// GoldenReplica is what one replica showed.
type GoldenReplica struct {
	Replica  fleet.ReplicaID
	Findings []golden.Finding
}

// Findings are those of all replicas.
func (g *Golden) Findings() []golden.Finding {
	var out []golden.Finding
	for i := range g.Replicas {
		out = append(out, g.Replicas[i].Findings...)
	}
	return out
}

// GoldenRun draws it.
func GoldenRun(g Golden) string {
	r := &report{}
	r.line(fleet.Text("GOLDEN PROMPTS  pool "), rawName(string(g.Pool)), fleet.Text(", model "), or(rawName(string(g.Model))))
	answers := 0
	var rows [][]fleet.Safe
	for i := range g.Replicas {
		one := &g.Replicas[i]
		for n := range one.Findings {
			f := &one.Findings[n]
			answers += f.Asked
			verdict, count := fleet.Label(string(f.Verdict)), fleet.Textf("%s of %s", fleet.Int(f.Right), fleet.Int(f.Asked))
			if g.DryRun && verdict.IsEmpty() {
				count = fleet.Int(f.Asked)
			}
			rows = append(rows, []fleet.Safe{rawName(string(one.Replica)), rawName(f.Prompt), or(verdict), count, or(f.Why)})
		}
	}
	title := fleet.Text("RIGHT")
	if g.DryRun {
		title = fleet.Text("ASKS")
	}
	r.table([]column{left(fleet.Text("REPLICA")), left(fleet.Text("PROMPT")), left(fleet.Text("VERDICT")), right(title),
		left(fleet.Text("WHY"))}, rows)
	if g.DryRun {
		r.line(fleet.Text("up to "), fleet.Many(answers, "answer"), fleet.Text("; nothing was sent"))
	} else {
		r.line(fleet.Many(answers, "answer"))
	}
	return r.String()
}

// GoldenPrompt is what is told of a prompt.
type GoldenPrompt struct {
	Name    string
	For     []string
	Expects []string
	Asks    int
	Pass    int
	Digest  string
}

// GoldenPrompts takes prompts without their texts.
func GoldenPrompts(list []fleet.GoldenPrompt) []GoldenPrompt {
	out := make([]GoldenPrompt, 0, len(list))
	for i := range list {
		p := &list[i]
		one := GoldenPrompt{Name: p.Name, Expects: expects(&p.Expect), Asks: max(p.Repeat, 1), Pass: max(p.Pass, 1), Digest: p.Digest()}
		for _, v := range p.Pools {
			one.For = append(one.For, "pool "+string(v))
		}
		for _, v := range p.Models {
			one.For = append(one.For, "model "+string(v))
		}
		for _, v := range p.Routes {
			one.For = append(one.For, "route "+string(v))
		}
		out = append(out, one)
	}
	return out
}

func expects(e *fleet.GoldenExpect) []string {
	var out []string
	for _, one := range []struct {
		is   bool
		name string
	}{{e.Exact.OK, "exact text"}, {len(e.Contains) > 0, "texts"}, {e.Regex != "", "pattern"}, {e.JSON != nil, "JSON"},
		{e.Call != nil, "tool call"}, {e.Length != (fleet.GoldenLength{}), "length"}} {
		if one.is {
			out = append(out, one.name)
		}
	}
	return out
}

// GoldenList draws them.
func GoldenList(list []GoldenPrompt) string {
	r := &report{}
	r.line(fleet.Text("GOLDEN PROMPTS "), fleet.Int(len(list)))
	rows := make([][]fleet.Safe, 0, len(list))
	for i := range list {
		p := &list[i]
		whom := fleet.Text("all")
		if len(p.For) > 0 {
			whom = words(p.For)
		}
		rows = append(rows, []fleet.Safe{rawName(p.Name), whom, or(words(p.Expects)),
			fleet.Textf("%s of %s", fleet.Int(p.Pass), fleet.Int(p.Asks)), fleet.Label(p.Digest)})
	}
	r.table([]column{left(fleet.Text("NAME")), left(fleet.Text("FOR")), left(fleet.Text("EXPECTS")), right(fleet.Text("PASS")),
		left(fleet.Text("SHA256"))}, rows)
	return r.String()
}

func words(list []string) fleet.Safe {
	parts := make([]fleet.Safe, len(list))
	for i, s := range list {
		parts[i] = fleet.Label(s)
	}
	return fleet.Join(parts, fleet.Text(", "))
}
