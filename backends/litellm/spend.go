package litellm

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/litellmapi"
	"pitwall/fleet"
)

// What LiteLLM counts of money is read beside the readings, since its questions to the database can take long: a reading takes
// what the last look found, and starts the next one when it is due. Failing it never fails a reading.
const (
	spendEvery   = 5 * time.Minute
	spendTimeout = 20 * time.Second
	spendBody    = 4 << 20
	spendPages   = 5
	spendRows    = 1000 // of one page, the most that LiteLLM gives
	spendNames   = 256  // of routes and of models that are kept
	budgetRetry  = time.Hour
	mostBudgets  = 64
)

const (
	activityPath   = "/user/daily/activity"
	aggregatedPath = "/user/daily/activity/aggregated"
	budgetsPath    = "/provider/budgets"
)

// money is what was last found.
type money struct {
	client *httpx.Client
	source fleet.SourceID

	mu      sync.Mutex
	looking sync.WaitGroup
	began   time.Time
	busy    bool
	spend   *fleet.GatewaySpend
	why     fleet.Safe // why it is not told
	budgets []fleet.GatewayBudget
	closed  time.Time // when budgets were last refused
}

// newMoney has a client of its own, so that a large answer costs no more than it is worth.
func newMoney(s fleet.SourceSpec, deps fleet.Deps) (*money, error) {
	client, err := httpx.New(httpx.Options{Source: s.ID, Base: s.URL, TLS: s.TLS, Auth: s.Auth, Header: litellmapi.KeyHeader(deps), Deps: deps,
		MaxBody: spendBody})
	if err != nil {
		return nil, err
	}
	return &money{client: client, source: s.ID}, nil
}

// add puts what is known into a reading, and starts a look when one is due. Only a proxy admin's key is told of everybody's
// spending; any other key would be told its own, which says nothing of the gateway.
func (m *money) add(ctx context.Context, now time.Time, admin, aggregated bool, out *fleet.Partial) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.spend; s != nil && s.Day.Equal(dayOf(now)) {
		out.Gateway.Spend = s
	}
	out.Gateway.Budgets = m.budgets
	if !m.why.IsEmpty() && admin {
		out.Notices = append(out.Notices, fleet.Notice{Level: fleet.LevelInfo, Text: fleet.Concat(
			fleet.Text("what LiteLLM counted of spending today is not told: "), m.why)})
	}
	if m.busy || !m.began.IsZero() && now.Sub(m.began) < spendEvery {
		return
	}
	m.began, m.busy = now, true
	m.looking.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), spendTimeout)
		defer cancel()
		m.look(ctx, now, admin, aggregated)
	})
}

func (m *money) look(ctx context.Context, now time.Time, admin, aggregated bool) {
	var spend *fleet.GatewaySpend
	var why fleet.Safe
	if admin {
		var err error
		if spend, err = m.today(ctx, now, aggregated); err != nil {
			why = fleet.Cause(err)
		}
	}
	m.mu.Lock()
	ask := m.closed.IsZero() || now.Sub(m.closed) >= budgetRetry
	m.mu.Unlock()
	var budgets []fleet.GatewayBudget
	var err error
	if ask {
		budgets, err = m.providerBudgets(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.busy, m.why = false, why
	if spend != nil {
		m.spend = spend
	}
	switch {
	case !ask:
	case err != nil: // where no budget is configured it is refused, in one way or another
		m.closed, m.budgets = now, nil
	default:
		m.closed, m.budgets = time.Time{}, budgets
	}
}

func dayOf(now time.Time) time.Time { return now.UTC().Truncate(24 * time.Hour) }

// activity is one answer of the calls for daily activity. What it says of keys, users and teams is left where it is.
type activity struct {
	Results *[]struct {
		Date      string       `json:"date"`
		Metrics   spendMetrics `json:"metrics"`
		Breakdown struct {
			Models map[string]struct {
				Metrics spendMetrics `json:"metrics"`
			} `json:"models"`
			Groups map[string]struct {
				Metrics spendMetrics `json:"metrics"`
			} `json:"model_groups"`
		} `json:"breakdown"`
	} `json:"results"`
	Metadata struct {
		Pages   number `json:"total_pages"`
		HasMore bool   `json:"has_more"`
	} `json:"metadata"`
}

type spendMetrics struct {
	Spend number `json:"spend"`
}

// today sums the pages of one UTC day.
func (m *money) today(ctx context.Context, now time.Time, aggregated bool) (*fleet.GatewaySpend, error) {
	day := dayOf(now)
	date := day.Format(time.DateOnly)
	s := &fleet.GatewaySpend{Day: day, At: now, Routes: map[fleet.RouteID]fleet.Dollars{}, Models: map[fleet.ModelName]fleet.Dollars{}}
	q := url.Values{"start_date": {date}, "end_date": {date}}
	path := aggregatedPath
	if !aggregated {
		path = activityPath
		q.Set("page_size", fleet.Int(spendRows).String())
	}
	for page := 1; ; page++ {
		if !aggregated {
			q.Set("page", fleet.Int(page).String())
		}
		reply, err := m.client.Do(ctx, http.MethodGet, path+"?"+q.Encode(), nil)
		if err != nil {
			return nil, err
		}
		var answer activity
		if err := reply.JSON(&answer); err != nil {
			return nil, err
		}
		if err := m.take(s, answer, date); err != nil {
			return nil, err
		}
		more := answer.Metadata.HasMore || answer.Metadata.Pages.V > float64(page)
		if aggregated || !more {
			return bounded(s), nil
		}
		if page == spendPages {
			s.Parted = true
			return bounded(s), nil
		}
	}
}

// take adds one page. A sum that is no amount makes the answer useless: nobody knows what else in it is wrong.
func (m *money) take(s *fleet.GatewaySpend, answer activity, date string) error {
	invalid := func(text string) error {
		return &fleet.Error{Kind: fleet.KindInvalid, Op: "read the daily activity", Source: m.source, Err: errors.New(text)}
	}
	if answer.Results == nil {
		return invalid("the answer has no results")
	}
	for _, r := range *answer.Results {
		if r.Date != date {
			continue
		}
		total, ok := amount(r.Metrics)
		if !ok {
			return invalid("the sum of a day is no amount")
		}
		s.Total += total
		for name, x := range r.Breakdown.Groups {
			if v, ok := amount(x.Metrics); ok && name != "" {
				s.Routes[fleet.RouteID(name)] += v
			}
		}
		for name, x := range r.Breakdown.Models {
			if v, ok := amount(x.Metrics); ok && name != "" {
				s.Models[fleet.ModelName(name)] += v
			}
		}
	}
	return nil
}

// amount is a plausible sum of one day. LiteLLM has counted off by large factors; what is beyond every budget is none.
func amount(m spendMetrics) (fleet.Dollars, bool) {
	v := m.Spend.V
	return fleet.Dollars(v), m.Spend.OK && v >= 0 && v < 1e9 && !math.IsNaN(v)
}

func bounded(s *fleet.GatewaySpend) *fleet.GatewaySpend {
	largest(s.Routes)
	largest(s.Models)
	return s
}

// largest leaves the greatest sums.
func largest[K ~string](sums map[K]fleet.Dollars) {
	if len(sums) <= spendNames {
		return
	}
	keys := slices.SortedFunc(maps.Keys(sums), func(a, b K) int {
		return cmp.Or(cmp.Compare(sums[b], sums[a]), cmp.Compare(a, b))
	})
	for _, k := range keys[spendNames:] {
		delete(sums, k)
	}
}

// providerBudgets reads what may be spent at each provider, which works without a database.
func (m *money) providerBudgets(ctx context.Context) ([]fleet.GatewayBudget, error) {
	reply, err := m.client.Do(ctx, http.MethodGet, budgetsPath, nil)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Providers map[string]struct {
			Limit  number        `json:"budget_limit"`
			Spend  number        `json:"spend"`
			Period word          `json:"time_period"`
			Resets litellmapi.At `json:"budget_reset_at"`
		} `json:"providers"`
	}
	if err := reply.JSON(&answer); err != nil {
		return nil, err
	}
	var list []fleet.GatewayBudget
	for name, b := range answer.Providers {
		list = append(list, fleet.GatewayBudget{Provider: name, Limit: dollars(b.Limit), Spent: dollars(b.Spend), Period: string(b.Period),
			Resets: b.Resets.Maybe})
	}
	slices.SortFunc(list, func(a, b fleet.GatewayBudget) int { return cmp.Compare(a.Provider, b.Provider) })
	return list[:min(len(list), mostBudgets)], nil
}

func dollars(n number) fleet.Maybe[fleet.Dollars] {
	return fleet.Maybe[fleet.Dollars]{V: fleet.Dollars(n.V), OK: n.OK && n.V >= 0}
}
