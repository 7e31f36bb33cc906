package fleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestMoneyIsExactAndKeepsCurrenciesApart(t *testing.T) {
	sum := Money{}
	for range 10 {
		m, err := ParseMoney("0.1", USD)
		if err != nil {
			t.Fatal(err)
		}
		if sum, err = sum.Add(m); err != nil {
			t.Fatal(err)
		}
	}
	if got := sum.Text().String(); got != "$1.00" || !sum.Amount().Equal(sum.Amount().Truncate(0)) {
		t.Errorf("ten dimes are %s", sum.Amount())
	}
	euro, err := ParseMoney("1", "EUR")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sum.Add(euro); KindOf(err) != KindInvalid {
		t.Errorf("dollars and euros were added: %v", err)
	}
	if _, err := ParseMoney("a lot", USD); KindOf(err) != KindInvalid {
		t.Errorf("got %v", err)
	}
}

func TestWeightsHashShareAndText(t *testing.T) {
	w := Weights{"a": 60, "b": 30, "c": 10}
	if HashWeights(w) != HashWeights(w.Clone()) || HashWeights(w) == HashWeights(Weights{"a": 60, "b": 30, "c": 11}) {
		t.Error("the hash does not follow the weights")
	}
	// Names that run into each other must not give the same text to hash.
	if HashWeights(Weights{"a": 1, "b=1;1:c": 2}) == HashWeights(Weights{"a": 1, "b": 1, "c": 2}) {
		t.Error("names can forge a hash")
	}
	if s := w.Share("a"); s != Some(Ratio(0.6)) {
		t.Errorf("share: %v", s)
	}
	if s := (Weights{"a": 0}).Share("a"); s.OK {
		t.Errorf("a route of zeros shares %v", s)
	}
	if got := w.Text([]TargetID{"a", "b", "x"}).String(); got != "60/30/-" {
		t.Errorf("text: %q", got)
	}
	if (ReplicaWeights{Err: errors.New("no answer")}).Hash() != "" {
		t.Error("a replica that did not answer has a hash")
	}
}

func TestASecretHasNoWayOut(t *testing.T) {
	s := NewSecret("canary")
	body, err := json.Marshal(struct{ Key Secret }{s})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "key", s)
	for _, out := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s", s, s, s, s), string(body), log.String()} {
		if strings.Contains(out, "canary") {
			t.Errorf("%q", out)
		}
	}
	if !s.Equal(NewSecret("canary")) || s.Equal(NewSecret("other")) || s.Reveal() != "canary" {
		t.Error("a secret does not compare")
	}
}

func TestErrorsKeepTheirKindThroughWrapping(t *testing.T) {
	err := fmt.Errorf("outer: %w", &Error{Kind: KindConflict, Op: "set weights", Err: errors.New("changed"), Next: "nothing was written"})
	if KindOf(err) != KindConflict || KindOf(nil) != "" || KindOf(errors.New("x")) != KindInternal {
		t.Errorf("kinds: %s, %s", KindOf(err), KindOf(errors.New("x")))
	}
	plain := Sentence(&Error{Kind: KindInvalid, Op: "plan", Err: errors.New("no such \x1btarget")}).String()
	if plain != "plan: no such ^[target" {
		t.Errorf("sentence: %q", plain)
	}
	told := Sentence(&Error{Kind: KindUnreachable, Op: "read metrics", Source: "gw-1", Err: errors.New("refused"), Next: "the last values stay"}).String()
	if told != "read metrics from gw-1: unreachable: refused; the last values stay" {
		t.Errorf("sentence: %q", told)
	}
}

func TestACauseLeavesOutWhatItsRowSays(t *testing.T) {
	err := &Error{Kind: KindUnreachable, Op: "read /metrics", Source: "r1", Err: errors.New("nothing listens"), Next: "check the port"}
	if got := Cause(err).String(); got != "unreachable: nothing listens; check the port" {
		t.Errorf("got %q", got)
	}
	if got := Cause(errors.New("plain")).String(); got != "plain" {
		t.Errorf("got %q", got)
	}
	if got := Cause(&Error{Kind: KindInvalid, Op: "read", Err: errors.New("it is no page")}).String(); got != "it is no page" {
		t.Errorf("got %q", got)
	}
}
