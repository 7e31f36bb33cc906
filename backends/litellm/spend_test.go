package litellm

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

// spender reads twice: what the first look finds is in the second reading.
func (g *fakeGateway) spender(t *testing.T, clock fleet.Clock) (*Reader, func() fleet.Partial) {
	t.Helper()
	deps := testDeps()
	deps.Clock = clock
	r, err := NewReader(fleet.SourceSpec{ID: "gw-1", URL: g.replicas[0].server.URL, Auth: withKey}, deps)
	must(t, err)
	return r, func() fleet.Partial {
		p, err := r.Read(context.Background())
		must(t, err)
		r.money.looking.Wait()
		return p
	}
}

var noon = time.Date(2026, 8, 20, 12, 0, 0, 0, time.UTC)

func (g *fakeGateway) queries(path string) (queries []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range g.log {
		if e.Path == path {
			queries = append(queries, e.Query)
		}
	}
	return queries
}

func TestSpendingOfToday(t *testing.T) {
	for name, x := range map[string]struct {
		as      fakeSpending
		total   fleet.Dollars
		parted  bool
		queries int
	}{
		"one page":   {fakeSpending{}, 2, false, 1},
		"pages":      {fakeSpending{pages: 3}, 6, false, 3},
		"many pages": {fakeSpending{pages: 90}, 10, true, 5},
		"aggregated": {fakeSpending{aggregated: true, pages: 3}, 2, false, 0},
	} {
		g := withSpare(t, 1)
		g.spending = x.as
		clock := fleet.NewVirtualClock(noon)
		_, read := g.spender(t, clock)
		if p := read(); p.Gateway.Spend != nil {
			t.Errorf("%s: told before it was asked: %+v", name, p.Gateway.Spend)
		}
		p := read()
		s := p.Gateway.Spend
		if s == nil || s.Total != x.total || s.Parted != x.parted || s.Routes["chat"] != x.total*3/4 || s.Models["openai/model-b"] != x.total*3/8 ||
			!s.At.Equal(noon) || !s.Day.Equal(noon.Truncate(24*time.Hour)) {
			t.Errorf("%s: %+v", name, s)
		}
		if text := fmt.Sprintf("%+v %+v", p, s); strings.Contains(text, "canary") {
			t.Errorf("%s: kept %s", name, text)
		}
		q := g.queries(activityPath)
		if len(q) != x.queries || x.queries > 0 && !strings.Contains(q[0], "start_date=2026-08-20") || len(g.queries(aggregatedPath)) != 1-min(1, x.queries) {
			t.Errorf("%s: asked %v", name, q)
		}
	}
}

// It is asked every five minutes at most, and yesterday's sum is none of today.
func TestSpendingIsAskedSeldom(t *testing.T) {
	g := withSpare(t, 1)
	clock := fleet.NewVirtualClock(noon)
	_, read := g.spender(t, clock)
	for range 29 {
		read()
		must(t, clock.Advance(context.Background(), 10*time.Second))
	}
	if n := len(g.queries(activityPath)); n != 1 {
		t.Errorf("asked %d times in five minutes", n)
	}
	must(t, clock.Advance(context.Background(), time.Minute))
	if read(); len(g.queries(activityPath)) != 2 {
		t.Errorf("asked %d times in six minutes", len(g.queries(activityPath)))
	}
	g.spending.status = 500
	must(t, clock.Advance(context.Background(), 12*time.Hour))
	if p := read(); p.Gateway.Spend != nil {
		t.Errorf("yesterday's: %+v", p.Gateway.Spend)
	}
}

// Whatever goes wrong with it is a notice, and the reading stands.
func TestSpendingThatIsNotTold(t *testing.T) {
	for says, as := range map[string]fakeSpending{
		"500":              {status: 500, answer: `{"error":{"message":"sk-canary"}}`},
		"no results":       {answer: `{"data":[]}`},
		"is no amount":     {answer: `{"results":[{"date":"2026-08-20","metrics":{"spend":"much"}}]}`},
		"no amount":        {answer: `{"results":[{"date":"2026-08-20","metrics":{"spend":-1}}]}`},
		"":                 {answer: `{"results":[{"date":"2026-08-19","metrics":{"spend":5}}]}`},
		"what LiteLLM cou": {answer: `{"results":`},
	} {
		g := withSpare(t, 1)
		g.spending = as
		_, read := g.spender(t, fleet.NewVirtualClock(noon))
		read()
		p := read()
		text := ""
		for _, n := range p.Notices {
			text += n.Text.String() + "\n"
		}
		if len(p.Gateway.Deployments) != 4 || !strings.Contains(text, says) || strings.Contains(text, "canary") {
			t.Errorf("%q: %s", says, text)
		}
		if s := p.Gateway.Spend; (says != "") != (s == nil) || says == "" && s.Total != 0 {
			t.Errorf("%q: %+v", says, s)
		}
	}
}

// A gateway that does not answer it holds no reading up.
func TestSlowSpendingSlowsNoReading(t *testing.T) {
	g := withSpare(t, 1)
	release, asked := make(chan struct{}), make(chan struct{}, 8)
	g.refuse(0, func(_, path string) (int, string) {
		if path == activityPath {
			asked <- struct{}{}
			<-release
		}
		return 0, ""
	})
	clock := fleet.NewVirtualClock(noon)
	r, _ := g.spender(t, clock)
	for range 3 {
		p, err := r.Read(context.Background())
		must(t, err)
		if p.Gateway.Spend != nil {
			t.Error("told before it was answered")
		}
		must(t, clock.Advance(context.Background(), 6*time.Minute))
	}
	<-asked
	close(release)
	r.money.looking.Wait()
	if len(asked) != 0 {
		t.Error("asked again while the answer was awaited")
	}
	if p, err := r.Read(context.Background()); err != nil || p.Gateway.Spend == nil {
		t.Errorf("then %+v, %v", p.Gateway, err)
	}
	r.money.looking.Wait()
}

func TestBudgetsOfProviders(t *testing.T) {
	g := withSpare(t, 1)
	g.hasDB, g.spending.budgets = false, true // they need no database
	_, read := g.spender(t, fleet.NewVirtualClock(noon))
	read()
	b := read().Gateway.Budgets
	if len(b) != 2 || b[0].Provider != "azure" || b[0].Limit.OK || b[0].Spent.OK || b[1].Limit != fleet.Some(fleet.Dollars(100)) ||
		b[1].Spent != fleet.Some(fleet.Dollars(12.5)) || b[1].Period != "1d" || b[1].Resets.V.Day() != 21 {
		t.Errorf("%+v", b)
	}
	if len(g.queries(activityPath)) != 0 {
		t.Error("spending was asked for without a database")
	}
}

// Where none are configured the call fails, and is left alone for an hour.
func TestBudgetsThatAreNotConfigured(t *testing.T) {
	g := withSpare(t, 1)
	clock := fleet.NewVirtualClock(noon)
	_, read := g.spender(t, clock)
	for range 8 {
		if p := read(); len(p.Gateway.Budgets) != 0 {
			t.Errorf("%+v", p.Gateway.Budgets)
		}
		must(t, clock.Advance(context.Background(), 6*time.Minute))
	}
	if n := len(g.queries(budgetsPath)); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestSampleSpending(t *testing.T) {
	var answer activity
	must(t, json.Unmarshal(sharedFile(t, "litellm-user-daily-activity.example.json"), &answer))
	m, s := &money{}, &fleet.GatewaySpend{Routes: map[fleet.RouteID]fleet.Dollars{}, Models: map[fleet.ModelName]fleet.Dollars{}}
	must(t, m.take(s, answer, "2026-08-20"))
	if s.Total != 1.56 || s.Routes["chat"] != 1.56 || s.Models["openai/model-a"] != 1.25 || answer.Metadata.Pages.V != 1 {
		t.Errorf("read %+v", s)
	}
}

func TestTheLargestSumsAreKept(t *testing.T) {
	sums := map[fleet.RouteID]fleet.Dollars{}
	for i := range 2 * spendNames {
		sums[fleet.RouteID(fmt.Sprint(i))] = fleet.Dollars(i / 2)
	}
	largest(sums)
	if len(sums) != spendNames || sums["511"] != 255 {
		t.Errorf("%d are left", len(sums))
	}
}
