package golden

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// script answers from a list, and then what it answered last.
type script struct {
	says  []any // string or error
	asked int
	wait  bool
}

func (s *script) Ask(ctx context.Context, _ fleet.ModelName, _ *fleet.GoldenPrompt) (fleet.GoldenAnswer, error) {
	if s.wait {
		<-ctx.Done()
		return fleet.GoldenAnswer{}, &fleet.Error{Kind: fleet.KindTimeout, Op: "ask", Err: ctx.Err()}
	}
	next := s.says[min(s.asked, len(s.says)-1)]
	s.asked++
	switch v := next.(type) {
	case int:
		return fleet.GoldenAnswer{Refused: v}, &fleet.Error{Kind: fleet.KindInvalid, Op: "ask", Err: errors.New("it answered " + fmt.Sprint(v))}
	case error:
		return fleet.GoldenAnswer{}, v
	default:
		return secret(fmt.Sprint(v)), nil
	}
}

func TestHowManyAnswersMustBeRight(t *testing.T) {
	down := &fleet.Error{Kind: fleet.KindUnreachable, Op: "ask", Err: errors.New("nothing listens")}
	for name, c := range map[string]struct {
		says                       []any
		repeat, pass, asked, right int
		want                       Verdict
	}{
		"one":             {[]any{"x"}, 0, 0, 1, 1, Pass},
		"one wrong":       {[]any{"y"}, 0, 0, 1, 0, Fail},
		"all of three":    {[]any{"x"}, 3, 0, 3, 3, Pass},
		"four of five":    {[]any{"x", "y", "x", "x", "x"}, 5, 4, 5, 4, Pass},
		"early enough":    {[]any{"x", "x"}, 5, 2, 2, 2, Pass},
		"cannot any more": {[]any{"y", "y"}, 5, 4, 2, 0, Fail},
		"no answer":       {[]any{"x", down}, 5, 4, 2, 1, Unclear},
		"refused":         {[]any{422}, 5, 4, 1, 0, Unclear},
	} {
		s := &script{says: c.says}
		p := fleet.GoldenPrompt{Name: "p", Repeat: c.repeat, Pass: c.pass, Expect: exactly("x")}
		f := Ask(t.Context(), s, "m", &p)
		if f.Verdict != c.want || f.Asked != c.asked || f.Right != c.right || f.Why.IsEmpty() != (c.want == Pass) || f.Refused != (name == "refused") {
			t.Errorf("%s: %+v", name, f)
		}
	}
	slow := Ask(t.Context(), &script{wait: true}, "m", &fleet.GoldenPrompt{Timeout: time.Millisecond})
	if slow.Verdict != Unclear || !strings.Contains(slow.Why.String(), "no answer: ask") {
		t.Errorf("%+v", slow)
	}
}

func TestAFindingInWords(t *testing.T) {
	f := Finding{Prompt: "json-total", Verdict: Fail, Asked: 1, Why: fleet.Text("value at /total is 12, asked 14")}
	if got := f.Text().String(); got != "json-total FAIL (value at /total is 12, asked 14)" {
		t.Error(got)
	}
	f = Finding{Prompt: "a", Verdict: Pass, Asked: 5, Right: 4}
	if got := f.Text().String(); got != "a PASS, 4 of 5 right" {
		t.Error(got)
	}
}

func TestWhichPromptsAreForAPool(t *testing.T) {
	all := []fleet.GoldenPrompt{{Name: "any"}, {Name: "pool", Pools: []fleet.PoolID{"a"}}, {Name: "model", Models: []fleet.ModelName{"llama"}},
		{Name: "route", Routes: []fleet.RouteID{"chat"}}, {Name: "other", Pools: []fleet.PoolID{"b"}, Models: []fleet.ModelName{"qwen"}}}
	routes := []fleet.Route{{Spec: fleet.RouteSpec{ID: "chat", Targets: []fleet.TargetSpec{{Pool: "a"}}}}}
	names := func(list []fleet.GoldenPrompt) (out []string) {
		for _, p := range list {
			out = append(out, p.Name)
		}
		return out
	}
	if got := fmt.Sprint(names(For(all, "a", []fleet.ModelName{"llama"}, routes))); got != "[any pool model route]" {
		t.Error(got)
	}
	if got := fmt.Sprint(names(For(all, "", []fleet.ModelName{"qwen"}, routes))); got != "[other]" {
		t.Error(got)
	}
}

func TestTextOfPromptsDoesNotLeave(t *testing.T) {
	p := fleet.GoldenPrompt{Name: "p", Messages: []fleet.GoldenMessage{{Role: "user", Text: fleet.NewUnsaid("SECRET")}},
		Expect: exactly("SECRET")}
	body, err := json.Marshal(p)
	for _, text := range []string{string(body), fmt.Sprintf("%v %+v %#v", p, p, p)} {
		if err != nil || strings.Contains(text, "SECRET") || !strings.Contains(text, "text#0917b13a") {
			t.Errorf("%v: %s", err, text)
		}
	}
	other := p
	other.Messages = []fleet.GoldenMessage{{Role: "user", Text: fleet.NewUnsaid("other")}}
	if p.Digest() == other.Digest() || len(p.Digest()) != 8 {
		t.Errorf("%s and %s", p.Digest(), other.Digest())
	}
}
