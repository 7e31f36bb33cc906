package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"pitwall/actions"
	"pitwall/fleet"
)

// Bounds of what a person may write into an alerting system that everybody reads.
const (
	leastComment = 4
	mostComment  = 400
	mostMatchers = 20
)

// Silence plans a silence: its end is bounded, its comment obligatory, and it says which alerts it hides now. Matchers
// that would hide every alert, and an alerting system that the fleet does not have, are refused (KindInvalid).
func Silence(in actions.Intent, s *fleet.Snapshot, now time.Time) (actions.Plan, error) {
	p, source, err := beginErrand(in, s, now)
	if err != nil {
		return actions.Plan{}, err
	}
	match, err := checkSilence(in.Silence)
	if err != nil {
		return actions.Plan{}, err
	}
	want := *in.Silence
	length, comment := lengthOf(&want), strings.TrimSpace(want.Comment)
	want.Source, want.For = source.ID, length
	p.Intent.Silence = &want
	p.Silence = &actions.SilencePlan{Source: source.ID, Silence: fleet.Silence{Matchers: slices.Clone(want.Matchers),
		From: now.UTC(), Until: now.Add(length).UTC().Truncate(time.Second), By: by(in.Actor), Comment: comment}}
	count(p.Silence, s, match)
	return sealErrand(p)
}

// CheckSilence refuses a silence that no fleet would take (KindInvalid), so that nobody waits for a fleet to be told.
func CheckSilence(want *actions.SilenceIntent) error {
	_, err := checkSilence(want)
	return err
}

func checkSilence(want *actions.SilenceIntent) (fleet.Match, error) {
	if length := lengthOf(want); length < time.Minute || length > actions.LongestSilence {
		return nil, refuse(fmt.Errorf("a silence lasts between 1m and %s, not %s", fleet.Age(actions.LongestSilence), length))
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(want.Comment)); n < leastComment || n > mostComment {
		return nil, refuse(fmt.Errorf("a silence needs a comment of %d to %d characters that says why", leastComment, mostComment))
	}
	if len(want.Matchers) == 0 || len(want.Matchers) > mostMatchers {
		return nil, refuse(fmt.Errorf("a silence needs 1 to %d matchers, such as alertname=NAME", mostMatchers))
	}
	return fleet.CompileMatchers(want.Matchers)
}

func lengthOf(want *actions.SilenceIntent) time.Duration {
	if want.For == 0 {
		return actions.DefaultSilence
	}
	return want.For
}

// Expire plans the end of a silence. One that the system no longer holds is refused (KindNotFound).
func Expire(in actions.Intent, s *fleet.Snapshot, now time.Time) (actions.Plan, error) {
	p, source, err := beginErrand(in, s, now)
	if err != nil {
		return actions.Plan{}, err
	}
	want := *in.Silence
	want.Source = source.ID
	p.Intent.Silence = &want
	i := slices.IndexFunc(s.Silences, func(o fleet.SilenceOf) bool { return o.Source == source.ID && o.ID == want.ID })
	if want.ID == "" || i < 0 {
		return actions.Plan{}, &fleet.Error{Kind: fleet.KindNotFound, Op: "plan",
			Err: fmt.Errorf("%s holds no silence %q now: it ended", fleet.Label(string(source.ID)), want.ID), Next: "nothing was changed"}
	}
	p.Silence = &actions.SilencePlan{Source: source.ID, Silence: s.Silences[i].Silence}
	if match, err := fleet.CompileMatchers(p.Silence.Silence.Matchers); err == nil {
		count(p.Silence, s, match)
	}
	return sealErrand(p)
}

// beginErrand fills what every plan of an alerting system has.
func beginErrand(in actions.Intent, s *fleet.Snapshot, now time.Time) (actions.Plan, *fleet.SourceStatus, error) {
	if s == nil {
		return actions.Plan{}, nil, &fleet.Error{Kind: fleet.KindStale, Op: "plan", Err: errors.New("nothing has been read yet")}
	}
	if in.Silence == nil {
		return actions.Plan{}, nil, refuse(errors.New("the intent says nothing of a silence"))
	}
	source, err := alerting(in.Silence.Source, s)
	if err != nil {
		return actions.Plan{}, nil, err
	}
	return actions.Plan{Format: format, Created: now, Intent: in, Context: s.Context, Env: s.Env, Mode: s.Mode,
		SeenGen: s.Gen, SeenAt: s.At}, source, nil
}

// alerting finds the alerting system of a name, or the only one.
func alerting(id fleet.SourceID, s *fleet.Snapshot) (*fleet.SourceStatus, error) {
	var found *fleet.SourceStatus
	var names []string
	for i := range s.Sources {
		src := &s.Sources[i]
		if !src.Silences {
			continue
		}
		names = append(names, fleet.Label(string(src.ID)).String())
		if id == src.ID || id == "" {
			found = src
		}
	}
	switch {
	case len(names) == 0:
		return nil, refuse(errors.New("no Alertmanager was read: there is nothing that takes a silence"))
	case found == nil:
		return nil, refuse(fmt.Errorf("there is no Alertmanager %q; there are %s", id, list(names)))
	case id == "" && len(names) > 1:
		return nil, refuse(fmt.Errorf("there are several Alertmanagers, name one: %s", list(names)))
	}
	return found, nil
}

// by is the author as the alerting system shows it.
func by(a actions.Actor) string {
	if a.Host == "" {
		return a.Text().String()
	}
	return a.Text().String() + "@" + fleet.Label(a.Host).String()
}

// sealErrand gives the plan its one step and its digest.
func sealErrand(p actions.Plan) (actions.Plan, error) {
	p.AfterHash = silenceHash(p.Silence.Silence)
	if p.Intent.Kind == actions.KindExpire {
		p.BeforeHash, p.AfterHash = p.AfterHash, ""
	}
	p.Steps = []actions.Step{{N: 1, BeforeHash: p.BeforeHash, AfterHash: p.AfterHash}}
	return seal(p)
}

// silenceHash identifies what a silence hides and until when.
func silenceHash(s fleet.Silence) string {
	body, err := json.Marshal(struct {
		Matchers []fleet.Matcher
		Until    time.Time
	}{s.Matchers, s.Until})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// undoSilence is the intent that ends the silence of a change.
func undoSilence(c actions.Change, actor actions.Actor) (actions.Intent, error) {
	id := ""
	for _, s := range c.Steps {
		if !s.Back && s.Silence != "" {
			id = s.Silence
		}
	}
	if c.Plan.Silence == nil || id == "" || c.State == actions.StateRolledBack {
		return actions.Intent{}, refuse(errors.New("the change left no silence: there is nothing to undo"))
	}
	return actions.Intent{Kind: actions.KindExpire, Undoes: c.ID, Actor: actor, Reason: "undo " + string(c.ID),
		Silence: &actions.SilenceIntent{Source: c.Plan.Silence.Source, ID: id}}, nil
}

// twinSilence is a silence as a command line.
func twinSilence(in actions.Intent) string {
	parts := []string{"pitwall silence"}
	for _, m := range in.Silence.Matchers {
		parts = append(parts, quote(m.Raw()))
	}
	length := in.Silence.For
	if length == 0 {
		length = actions.DefaultSilence
	}
	parts = append(parts, "--for", length.String(), "--comment", quote(in.Silence.Comment))
	if in.Silence.Source != "" {
		parts = append(parts, "--source", quote(string(in.Silence.Source)))
	}
	return strings.Join(append(parts, "--dry-run"), " ")
}
