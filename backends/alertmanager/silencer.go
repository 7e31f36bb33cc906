package alertmanager

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// silencer writes silences of one replica: what it wrote is read back from there, since others hear of it later.
type silencer struct {
	source fleet.SourceID
	client *httpx.Client
}

func newSilencer(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Silencer, error) {
	if !spec.Write.IsZero() {
		spec.Auth = spec.Write
	}
	client, err := open(spec, deps)
	if err != nil {
		return nil, err
	}
	return &silencer{source: spec.ID, client: client}, nil
}

// Matching asks the replica for the alerts that all matchers match, silenced and inhibited ones included.
func (s *silencer) Matching(ctx context.Context, list []fleet.Matcher) ([]fleet.OutsideAlert, error) {
	match, err := fleet.CompileMatchers(list)
	if err != nil {
		return nil, err
	}
	reply, err := s.client.Get(ctx, alertsPath+query(list), accept)
	if err != nil {
		return nil, crowded(s.source, reply, err)
	}
	var found []wireAlert
	if err := reply.JSON(&found); err != nil {
		return nil, err
	}
	out := make([]fleet.OutsideAlert, 0, len(found))
	for i := range found {
		if w := &found[i]; match(w.Labels) {
			out = append(out, fleet.OutsideAlert{Fingerprint: w.Fingerprint, Labels: w.Labels, Annotations: w.Annotations,
				SilencedBy: w.Status.SilencedBy, Inhibited: len(w.Status.InhibitedBy) > 0})
		}
	}
	return out, nil
}

// Silence stores a silence and reads it back. The ID is returned with an error too, where there is one.
func (s *silencer) Silence(ctx context.Context, want fleet.Silence) (string, error) {
	if _, err := fleet.CompileMatchers(want.Matchers); err != nil {
		return "", err
	}
	body := wireSilence{StartsAt: want.From.UTC().Format(time.RFC3339Nano), EndsAt: want.Until.UTC().Format(time.RFC3339Nano),
		CreatedBy: want.By, Comment: want.Comment}
	for _, m := range want.Matchers {
		equal := !m.Negative
		body.Matchers = append(body.Matchers, wireMatcher{Name: m.Name, Value: m.Value, IsRegex: m.Regex, IsEqual: &equal})
	}
	reply, err := s.client.Do(ctx, http.MethodPost, silencesPath, body)
	if err != nil {
		return "", err
	}
	var answer struct {
		ID string `json:"silenceID"`
	}
	if err := reply.JSON(&answer); err != nil {
		return "", err
	}
	if answer.ID == "" {
		return "", s.failure("silence", "it took the silence and names no ID for it")
	}
	got, err := s.Find(ctx, answer.ID)
	if err != nil {
		return answer.ID, err
	}
	if !same(got.Matchers, want.Matchers) || got.Until.Sub(want.Until).Abs() > time.Second {
		return answer.ID, s.failure("silence", "what it stored is not what was sent")
	}
	return answer.ID, nil
}

// same compares matchers in any order.
func same(a, b []fleet.Matcher) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(m fleet.Matcher) bool { return !slices.Contains(b, m) })
}

func (s *silencer) failure(op, why string) error {
	return &fleet.Error{Kind: fleet.KindConflict, Op: op, Source: s.source, Err: errors.New(why)}
}

// Find reads one silence back.
func (s *silencer) Find(ctx context.Context, id string) (fleet.Silence, error) {
	none := &fleet.Error{Kind: fleet.KindNotFound, Op: "read the silence", Source: s.source,
		Err: fmt.Errorf("there is none %q, or it ended", id)}
	reply, err := s.client.Get(ctx, silencePath+url.PathEscape(id), accept)
	if reply != nil && (reply.Status == http.StatusNotFound || reply.Status == http.StatusUnprocessableEntity) {
		return fleet.Silence{}, none // 422: the ID is not of its form
	}
	if err != nil {
		return fleet.Silence{}, crowded(s.source, reply, err)
	}
	var w wireSilence
	if err := reply.JSON(&w); err != nil {
		return fleet.Silence{}, err
	}
	found, ok := w.live()
	if !ok {
		return fleet.Silence{}, none
	}
	return found, nil
}

// Silences lists those that are active or pending.
func (s *silencer) Silences(ctx context.Context) ([]fleet.Silence, error) {
	return silences(ctx, s.client, s.source)
}

// Expire ends a silence. A refusal counts only where it is still there: older versions answer 500 for one that ended.
func (s *silencer) Expire(ctx context.Context, id string) error {
	_, err := s.client.Do(ctx, http.MethodDelete, silencePath+url.PathEscape(id), nil)
	if err == nil {
		return nil
	}
	if _, found := s.Find(ctx, id); fleet.KindOf(found) == fleet.KindNotFound {
		return nil
	}
	return err
}
