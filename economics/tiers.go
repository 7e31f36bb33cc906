package economics

import (
	"strings"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// Tier is a class of service with prices of its own.
type Tier string

// The tiers of price lists.
const (
	Standard Tier = "standard"
	Batch    Tier = "batch"
	Flex     Tier = "flex"
	Priority Tier = "priority"
)

// tierWords are what providers call their tiers. What is sold as a commitment (provisioned throughput, OpenAI's scale tier)
// has no price for tokens and is not among them.
var tierWords = map[string]Tier{
	"": Standard, "standard": Standard, "default": Standard, "auto": Standard, "on_demand": Standard,
	"batch": Batch, "batches": Batch, "on_demand_batch": Batch,
	"flex": Flex, "on_demand_flex": Flex,
	"priority": Priority, "on_demand_priority": Priority,
}

// TierOf reads what a response, a report or a bill calls a tier.
func TierOf(word string) (Tier, bool) {
	t, ok := tierWords[strings.ToLower(strings.TrimSpace(word))]
	return t, ok
}

// Terms are what a price depends on beside the model.
type Terms struct {
	Tier    string       // as the provider writes it; "" is standard
	Region  string       // where it has a price of its own: "eu", "us"
	Speed   string       // "fast" where the provider has such a mode
	Prompt  fleet.Tokens // of each single request; 0 where it is not known, and the shortest context counts
	Variant string       // of what is no tokens: resolution, quality
}

// half is what Anthropic takes for a batch. Its documentation says so; price lists do not have it.
var half = decimal.RequireFromString("0.5")

const halfSource = ", half of it in a batch as Anthropic's documentation says"

// At is the price of tokens on given terms. Where it is unknown why says so.
func (s *Listing) At(t Terms) (price fleet.Maybe[fleet.Price], why fleet.Safe) {
	tier, ok := TierOf(t.Tier)
	if !ok {
		return price, fleet.Concat(fleet.Text("the tier "), fleet.Quote(t.Tier), fleet.Text(" has no list price for tokens"))
	}
	class := s.class(t.Prompt)
	rate, ok := s.rate(tier, class)
	if standard, listed := s.rate(Standard, class); !ok && listed && tier == Batch && s.Kind == "anthropic" {
		rate, ok = standard.Times(half), true
		rate.Source += halfSource
	}
	if !ok && class > 0 {
		return price, fleet.Concat(fleet.Text("no "), fleet.Label(string(tier)), fleet.Text(" price is listed for prompts above "),
			fleet.Int(int(class)), fleet.Text(" tokens"))
	}
	if !ok {
		return price, fleet.Concat(fleet.Text("no "), fleet.Label(string(tier)), fleet.Text(" price of tokens is listed"))
	}
	fast := t.Speed == "" || strings.EqualFold(t.Speed, string(Standard))
	for _, u := range s.Uplifts {
		if strings.EqualFold(u.Name, t.Region) || strings.EqualFold(u.Name, t.Speed) {
			fast = fast || strings.EqualFold(u.Name, t.Speed)
			rate = rate.Times(u.Factor)
			rate.Source += ", times " + u.Factor.String() + " for " + u.Name
		}
	}
	if !fast {
		return price, fleet.Concat(fleet.Text("no price is listed for the speed "), fleet.Quote(t.Speed))
	}
	return fleet.Some(rate), fleet.Safe{}
}

// class is the highest threshold that a prompt is above, of those of any tier: a tier without a price there is not one that
// costs less there.
func (s *Listing) class(prompt fleet.Tokens) fleet.Tokens {
	var class fleet.Tokens
	for i := range s.Rates {
		if above := s.Rates[i].Above; above < prompt && above > class {
			class = above
		}
	}
	return class
}

func (s *Listing) rate(tier Tier, above fleet.Tokens) (fleet.Price, bool) {
	for i := range s.Rates {
		if s.Rates[i].Tier == tier && s.Rates[i].Above == above {
			return s.Rates[i].Price, true
		}
	}
	return fleet.Price{}, false
}
