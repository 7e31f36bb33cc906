package drills

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func reported(log *Log) *Report {
	s := sample()
	s.Title, s.Lesson, s.Tempting.Why = "A | title", "look", "it is green"
	play := func(c Course) *Played { return &Played{Begin: begin, Course: c, Log: *log} }
	return NewReport(s, 7, play(harms(500, 10)), play(harms(100, 10)), play(harms(300, 10)))
}

func TestAReportSaysWhatWasDoneAndWhatCameOfIt(t *testing.T) {
	log := perfect()
	log.Entries[0].Text, log.Entries[0].Screen = fleet.Label("a|b\x1b[31m"), []fleet.Safe{fleet.Text("pitwall demo [EXERCISE]")}
	text := Markdown(reported(log))
	for _, want := range []string{"EXERCISE. 87.5 of 100 points, gold. Seed 7", "| mitigate | 12.5 | 25 |", "2m mark: a/b", "      pitwall demo [EXERCISE]",
		"| 1 | 1000 | 200 | 600 |", "| 2 | 1020 | 220 | 620 |", "What tempts: it is green"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("a control character is in it")
	}
	body, err := json.Marshal(reported(log))
	var back Report
	if err != nil || json.Unmarshal(body, &back) != nil || back.Seed != 7 || back.Result.Total != 87.5 || len(back.Curves.Player) != 30 {
		t.Errorf("%v %s", err, body)
	}
}

// A drill that is ended early is compared with the same time of the other runs.
func TestOnlyTheTimeThatWasPlayedIsCompared(t *testing.T) {
	log := perfect()
	log.Ended = time.Minute
	r := reported(log)
	if len(r.Curves.Nothing) != 1 || r.Curves.Nothing[0] != 1000 || r.Curves.Reference[0] != 200 {
		t.Errorf("%+v", r.Curves)
	}
}

// Who ends a drill in the middle of a minute is not compared with the whole of it.
func TestAMinuteThatIsCut(t *testing.T) {
	p := &Played{Begin: begin, Log: Log{Ended: 10 * time.Minute}, Course: Course{Cost: 10, Harms: []Harm{
		{At: begin, Requests: 100, Failed: 40, Slow: 20, Wrong: 8, Far: 4}, {At: begin.Add(time.Minute), Requests: 100, Failed: 40},
		{At: begin.Add(2 * time.Minute), Failed: 9}}}}
	c := p.until(75 * time.Second)
	if len(c.Harms) != 2 || c.Harms[0].bad() != 72 || c.Harms[1].Failed != 10 || c.Harms[1].Requests != 25 || c.Cost != 1.25 {
		t.Errorf("%+v", c)
	}
}
