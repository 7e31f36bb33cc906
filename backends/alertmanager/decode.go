package alertmanager

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// What is kept of one reading: more alerts than these are no longer read by a person, and every snapshot carries them.
const (
	mostAlerts   = 5_000
	mostSilences = 2_000
)

// wireAlert is what is read of a gettableAlert.
type wireAlert struct {
	Fingerprint string            `json:"fingerprint"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    string            `json:"startsAt"`
	Status      struct {
		State       string   `json:"state"`
		SilencedBy  []string `json:"silencedBy"`
		InhibitedBy []string `json:"inhibitedBy"`
		MutedBy     []string `json:"mutedBy"` // names of time intervals, since 0.28
	} `json:"status"`
}

// take keeps the alerts, those that somebody is told of first where there are too many.
func take(list []wireAlert) ([]fleet.OutsideAlert, []fleet.Notice) {
	var notices []fleet.Notice
	say := func(text fleet.Safe) { notices = append(notices, fleet.Notice{Level: fleet.LevelWarn, Text: text}) }
	out := make([]fleet.OutsideAlert, 0, len(list))
	undated, empty := 0, 0
	for i := range list {
		w := &list[i]
		if len(w.Labels) == 0 {
			empty++
			continue
		}
		a := fleet.OutsideAlert{Fingerprint: w.Fingerprint, Labels: w.Labels, Annotations: w.Annotations,
			SilencedBy: w.Status.SilencedBy, Inhibited: len(w.Status.InhibitedBy)+len(w.Status.MutedBy) > 0}
		since, err := time.Parse(time.RFC3339, w.StartsAt)
		if err != nil {
			undated++
		} else {
			a.Since = since.UTC()
		}
		out = append(out, a)
	}
	if empty > 0 {
		say(fleet.Textf("%s without labels %s left out", fleet.Many(empty, "alert"), fleet.Verb(empty, "is", "are")))
	}
	if undated > 0 {
		say(fleet.Textf("%s %s not say since when", fleet.Many(undated, "alert"), fleet.Verb(undated, "does", "do")))
	}
	if len(out) > mostAlerts {
		slices.SortStableFunc(out, func(a, b fleet.OutsideAlert) int { return cmp.Compare(quiet(&a), quiet(&b)) })
		say(fleet.Textf("%s, of which %s are kept; a filter on the source reads fewer", fleet.Many(len(out), "alert"), fleet.Int(mostAlerts)))
		out = slices.Clip(out[:mostAlerts])
	}
	return out, notices
}

func quiet(a *fleet.OutsideAlert) int {
	if len(a.SilencedBy) > 0 || a.Inhibited {
		return 1
	}
	return 0
}

// wireSilence is a gettableSilence, and with fewer fields a postableSilence.
type wireSilence struct {
	ID        string        `json:"id,omitempty"`
	Matchers  []wireMatcher `json:"matchers"`
	StartsAt  string        `json:"startsAt"`
	EndsAt    string        `json:"endsAt"`
	CreatedBy string        `json:"createdBy"`
	Comment   string        `json:"comment"`
	Status    *struct {
		State string `json:"state"`
	} `json:"status,omitempty"`
}

type wireMatcher struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	IsRegex bool   `json:"isRegex"`
	IsEqual *bool  `json:"isEqual,omitempty"` // absent before 0.22 and where it is true
}

// The states of a silence.
const (
	stateActive  = "active"
	statePending = "pending"
)

// live gives the silence, and false where it ended.
func (w *wireSilence) live() (fleet.Silence, bool) {
	if w.Status == nil || w.Status.State != stateActive && w.Status.State != statePending {
		return fleet.Silence{}, false
	}
	s := fleet.Silence{ID: w.ID, By: w.CreatedBy, Comment: w.Comment, Pending: w.Status.State == statePending}
	for _, m := range w.Matchers {
		s.Matchers = append(s.Matchers, fleet.Matcher{Name: m.Name, Value: m.Value, Regex: m.IsRegex,
			Negative: m.IsEqual != nil && !*m.IsEqual})
	}
	var errFrom, errUntil error
	s.From, errFrom = time.Parse(time.RFC3339, w.StartsAt)
	s.Until, errUntil = time.Parse(time.RFC3339, w.EndsAt)
	if errFrom != nil || errUntil != nil {
		s.From, s.Until = time.Time{}, time.Time{}
	}
	s.From, s.Until = s.From.UTC(), s.Until.UTC()
	return s, true
}

// silences lists those that have not ended, the next to end first.
func silences(ctx context.Context, client *httpx.Client, source fleet.SourceID) ([]fleet.Silence, error) {
	reply, err := client.Get(ctx, silencesPath, accept)
	if err != nil {
		return nil, crowded(source, reply, err)
	}
	var list []wireSilence
	if err := reply.JSON(&list); err != nil {
		return nil, err
	}
	out := make([]fleet.Silence, 0, len(list))
	for i := range list {
		if s, ok := list[i].live(); ok {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b fleet.Silence) int { return a.Until.Compare(b.Until) })
	return out, nil
}

// written is a matcher as the API's filters take it: names beyond the classic letters stand in quotes (since 0.27).
func written(m fleet.Matcher) string {
	classic := strings.IndexFunc(m.Name, func(r rune) bool {
		return !(r == '_' || r == ':' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	}) < 0
	raw := m.Raw()
	if classic {
		return raw
	}
	return strconv.Quote(m.Name) + strings.TrimPrefix(raw, m.Name)
}
