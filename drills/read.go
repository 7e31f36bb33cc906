package drills

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/internal/strictyaml"
)

// MostBytes bounds a scenario file.
const MostBytes = 1 << 20

// file is a scenario as it is written. docs/drill-masters.md describes each key.
type file struct {
	ID        string     `yaml:"id"`
	Title     string     `yaml:"title"`
	Level     int        `yaml:"level"`
	Minutes   int        `yaml:"minutes"`
	Rows      []string   `yaml:"rows"`
	Lesson    string     `yaml:"lesson"`
	Baseline  span       `yaml:"baseline"`
	Touched   []string   `yaml:"touched"`
	Faults    []cause    `yaml:"faults"`
	Injects   []inject   `yaml:"injects"`
	Theories  []theory   `yaml:"theories"`
	Par       par        `yaml:"par"`
	Reference []act      `yaml:"reference"`
	Tempting  temptation `yaml:"tempting"`
	Teaching  teaching   `yaml:"teaching"`
	Sources   []string   `yaml:"sources"`
}

type cause struct {
	At    span               `yaml:"at"`
	Until span               `yaml:"until"`
	Cause string             `yaml:"cause"`
	On    string             `yaml:"on"`
	Set   map[string]float64 `yaml:"set"`
}

type inject struct {
	At         span   `yaml:"at"`
	Channel    string `yaml:"channel"`
	Text       string `yaml:"text"`
	Expected   string `yaml:"expected"`
	Misleading bool   `yaml:"misleading"`
}

type theory struct {
	ID   string `yaml:"id"`
	Text string `yaml:"text"`
	True bool   `yaml:"right"`
}

type par struct {
	Detect   span `yaml:"detect"`
	Diagnose span `yaml:"diagnose"`
	Mitigate span `yaml:"mitigate"`
	Recover  span `yaml:"recover"`
}

type act struct {
	At     span   `yaml:"at"`
	Mark   string `yaml:"mark"`
	Theory string `yaml:"theory"`
	Run    string `yaml:"run"`
	Tell   string `yaml:"tell"`
	Hand   string `yaml:"hand_over"`
}

type temptation struct {
	Why   string  `yaml:"why"`
	Below float64 `yaml:"below"`
	Acts  []act   `yaml:"acts"`
}

type teaching struct {
	Before string     `yaml:"before"`
	Hints  []string   `yaml:"hints"`
	After  []string   `yaml:"after"`
	Quiz   []question `yaml:"quiz"`
}

type question struct {
	Ask    string `yaml:"ask"`
	Answer string `yaml:"answer"`
}

// span is a time written as 90s, 4m or 1h30m.
type span time.Duration

func (s *span) UnmarshalYAML(body []byte) error {
	text := strings.Trim(strings.TrimSpace(string(body)), `"'`)
	d, err := time.ParseDuration(text)
	switch {
	case text == "0":
		d, err = 0, nil
	case err != nil:
		return fmt.Errorf("%s is no time such as 90s or 4m", fleet.Quote(text))
	case d < 0:
		return fmt.Errorf("%s is before the begin", fleet.Quote(text))
	}
	*s = span(d)
	return err
}

// Read makes a scenario of a file, and says everything at once that is wrong with it. Its errors are KindInvalid.
func Read(body []byte) (*Scenario, error) {
	if len(body) > MostBytes {
		return nil, invalid(fmt.Errorf("it is larger than %d bytes", MostBytes))
	}
	var in file
	if err := strictyaml.Decode(body, &in); err != nil {
		return nil, invalid(err)
	}
	s := in.scenario()
	if err := errors.Join(s.faults()...); err != nil {
		return nil, invalid(err)
	}
	return s, nil
}

func invalid(err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read the scenario", Err: err,
		Next: "nothing was started; pitwall drill check FILE tells all of it"}
}

func (in *file) scenario() *Scenario {
	s := &Scenario{ID: in.ID, Title: in.Title, Level: in.Level, Rows: in.Rows, Lesson: in.Lesson, Baseline: time.Duration(in.Baseline),
		Minutes: in.Minutes, Par: Par{time.Duration(in.Par.Detect), time.Duration(in.Par.Diagnose), time.Duration(in.Par.Mitigate),
			time.Duration(in.Par.Recover)}, Sources: in.Sources, Reference: acts(in.Reference),
		Tempting: Tempting{Acts: acts(in.Tempting.Acts), Below: in.Tempting.Below, Why: in.Tempting.Why},
		Teaching: Teaching{Before: in.Teaching.Before, Hints: in.Teaching.Hints, After: in.Teaching.After}}
	for _, r := range in.Touched {
		s.Touched = append(s.Touched, fleet.RouteID(r))
	}
	for _, f := range in.Faults {
		s.Faults = append(s.Faults, Fault{At: time.Duration(f.At), Until: time.Duration(f.Until), Cause: f.Cause, On: f.On, Set: f.Set})
	}
	for _, x := range in.Injects {
		s.Injects = append(s.Injects, Inject{At: time.Duration(x.At), Channel: Channel(x.Channel), Text: x.Text, Expected: x.Expected,
			Misleading: x.Misleading})
	}
	for _, x := range in.Theories {
		s.Theories = append(s.Theories, Theory(x))
	}
	for _, q := range in.Teaching.Quiz {
		s.Teaching.Quiz = append(s.Teaching.Quiz, Question(q))
	}
	return s
}

func acts(list []act) []Act {
	out := make([]Act, len(list))
	for i, a := range list {
		out[i] = Act{At: time.Duration(a.At), Mark: a.Mark, Theory: a.Theory, Run: a.Run, Tell: a.Tell, Hand: a.Hand}
	}
	return out
}
