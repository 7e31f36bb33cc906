package bedrock

import (
	"cmp"
	"context"
	"math"
	"regexp"
	"strings"
	"unicode"

	"pitwall/backends/internal/awsapi"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// scope is how a model is called: quotas differ by it.
type scope string

const (
	onDemand    scope = "on-demand"
	crossRegion scope = "cross-region"
	globally    scope = "global cross-region"
)

// wanted is a model of the configuration whose quota is looked for.
type wanted struct {
	name  fleet.ModelName
	title string // vendor and name, as the list of models has them
	scope scope
}

// quota is one of tokens per minute.
type quota struct {
	scope scope
	title string // folded
	max   float64
}

func quotaCall(spec fleet.SourceSpec, deps fleet.Deps, region string) (*awsapi.Call, error) {
	return awsapi.API{Address: cmp.Or(spec.Options[OptionQuotasURL], "https://servicequotas."+region+".amazonaws.com"),
		Service: "servicequotas", Region: region, Target: "ServiceQuotasV20190624.ListServiceQuotas", Version: "1.1"}.Open(spec, deps)
}

// readQuotas gives the tightest quota of the models of the configuration. They are asked for once an hour; where that fails
// the last ones stay, and it is said.
func (r *reader) readQuotas(ctx context.Context, want []wanted) ([]fleet.Limit, []fleet.Notice) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.clock.Now(); !now.Before(r.dueAt) {
		list, err := r.listQuotas(ctx)
		r.failed = nil
		if err != nil {
			r.failed = []fleet.Notice{rented.Without(fleet.Text("the quotas"), err)}
			r.dueAt = now.Add(10 * probeEvery)
		} else {
			r.known, r.dueAt = list, now.Add(quotasEvery)
		}
	}
	var limits []fleet.Limit
	notices := r.failed
	for _, w := range want {
		most, ok := match(r.known, w)
		switch {
		case ok:
			// At stays zero: it is a figure of the account's configuration, which does not say what is used.
			limits = append(limits, fleet.Limit{Kind: fleet.LimitTPM, Max: fleet.Some(most)})
		case len(r.known) > 0:
			notices = append(notices[:len(notices):len(notices)],
				remark(w.name, fleet.Text(" has no applied quota in Service Quotas that can be told by its name")))
		}
	}
	return rented.Tightest(limits), notices
}

func (r *reader) listQuotas(ctx context.Context) ([]quota, error) {
	var list []quota
	ask := map[string]any{"ServiceCode": "bedrock", "MaxResults": 100}
	for range maxPages {
		var page struct {
			Quotas *[]struct {
				Name  string   `json:"QuotaName"`
				Value *float64 `json:"Value"`
			} `json:"Quotas"`
			Next string `json:"NextToken"`
		}
		if _, err := r.quotas.Do(ctx, ask, &page); err != nil {
			return nil, err
		}
		if page.Quotas == nil {
			return nil, rented.Invalid(r.spec.ID, "the answer of Service Quotas holds no quotas")
		}
		for _, q := range *page.Quotas {
			if found, ok := parseQuota(q.Name); ok && q.Value != nil && *q.Value >= 0 && !math.IsInf(*q.Value, 0) {
				found.max = *q.Value
				list = append(list, found)
			}
		}
		if page.Next == "" {
			return list, nil
		}
		ask["NextToken"] = page.Next
	}
	return nil, rented.Invalid(r.spec.ID, "the list of quotas does not end")
}

// perMinute are the names of quotas in tokens per minute. Requests per minute are no longer enforced, and rows of them are
// not taken.
var perMinute = regexp.MustCompile(
	`(?i)^(on-demand|cross-region|global cross-region) (?:InvokeModel|model inference) tokens per minute for (.{1,200})$`)

func parseQuota(name string) (quota, bool) {
	found := perMinute.FindStringSubmatch(name)
	if found == nil {
		return quota{}, false
	}
	return quota{scope: scope(strings.ToLower(found[1])), title: folded(found[2])}, true
}

// match finds the quota of a model by the name that AWS shows: the same letters and digits, or those and a "V1", which
// AWS writes behind the first version of a model only in its quotas.
func match(list []quota, w wanted) (float64, bool) {
	title := folded(w.title)
	for _, want := range []string{title, title + "v1"} {
		for _, q := range list {
			if q.scope == w.scope && q.title == want && title != "" {
				return q.max, true
			}
		}
	}
	return 0, false
}

// folded is a name's letters and digits in lower case.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}
