package openaicosts

import (
	"github.com/shopspring/decimal"

	"pitwall/backends/internal/bills"
	"pitwall/fleet"
)

// usage is one result of any kind of usage; each kind has its own counters.
type usage struct {
	Input      bills.Number `json:"input_tokens"` // all that follow of input together
	Cached     bills.Number `json:"input_cached_tokens"`
	Written    bills.Number `json:"input_cache_write_tokens"`
	Uncached   bills.Number `json:"input_uncached_tokens"` // audio and images among it
	AudioIn    bills.Number `json:"input_audio_tokens"`    // not cached
	ImageIn    bills.Number `json:"input_image_tokens"`    // not cached
	Output     bills.Number `json:"output_tokens"`         // audio and images among it
	AudioOut   bills.Number `json:"output_audio_tokens"`
	ImageOut   bills.Number `json:"output_image_tokens"`
	Requests   bills.Number `json:"num_model_requests"`
	Calls      bills.Number `json:"num_requests"`
	Sessions   bills.Number `json:"num_sessions"`
	Images     bills.Number `json:"images"`
	Characters bills.Number `json:"characters"`
	Seconds    bills.Number `json:"seconds"`
	Bytes      bills.Number `json:"usage_bytes"`

	Project bills.Word `json:"project_id"`
	Key     bills.Word `json:"api_key_id"`
	Model   bills.Word `json:"model"`
	Tier    bills.Word `json:"service_tier"`
	Source  bills.Word `json:"source"`
	Size    bills.Word `json:"size"`
	Batch   *bool      `json:"batch"`
}

func (u *usage) line(at fleet.Span) fleet.BillLine {
	l := fleet.BillLine{Stream: fleet.StreamReported, Span: at, Model: fleet.ModelName(u.Model), Tier: string(u.Tier),
		Project: string(u.Project), Key: bills.KeyID(u.Key)}
	if u.Batch != nil && *u.Batch {
		l.Tier = "batch"
	}
	return l
}

// counted makes the lines of one result.
type counted struct {
	line  fleet.BillLine
	lines []fleet.BillLine
	odd   *bills.Odd
}

// put adds a line of a counter that is not zero. One that is no number, or below zero, gives a line whose quantity is unknown.
func (c *counted) put(use fleet.UsageKind, n bills.Number) {
	if !n.Odd && (!n.OK || n.V.IsZero()) {
		return
	}
	l := c.line
	l.Use, l.Quantity = use, n.Maybe
	if n.Odd || n.V.IsNegative() {
		l.Quantity = fleet.None[decimal.Decimal]()
		c.odd.Say(fleet.Text("a counter of usage is no number, or its parts are more than the whole: how much was used is unknown"))
	}
	c.lines = append(c.lines, l)
}

// completions parts input and output into what is priced apart: of input what is cached, written to the cache, audio and images.
func (u *usage) completions(c *counted) {
	uncached := u.Uncached
	if !uncached.OK && !uncached.Odd {
		uncached = less(u.Input, u.Cached, u.Written)
	}
	c.put(fleet.UseInput, less(uncached, u.AudioIn, u.ImageIn))
	c.put(fleet.UseCacheRead, u.Cached)
	c.put(fleet.UseCacheWrite5m, u.Written)
	c.put(fleet.UseAudioIn, u.AudioIn)
	c.put(fleet.UseImageIn, u.ImageIn)
	c.put(fleet.UseOutput, less(u.Output, u.AudioOut, u.ImageOut))
	c.put(fleet.UseAudioOut, u.AudioOut)
	c.put(fleet.UseImageOut, u.ImageOut)
	c.put(fleet.UseRequests, u.Requests)
	if parts, whole := sum(uncached, u.Cached, u.Written), u.Input; parts.OK && whole.OK && !parts.V.Equal(whole.V) {
		c.odd.Say(fleet.Text("the parts of the input do not make up its whole: the parts were taken"))
	}
}

// less is a counter without its parts; unknown parts are none. It is odd where one of them is.
func less(n bills.Number, parts ...bills.Number) bills.Number {
	for _, p := range parts {
		n.Odd = n.Odd || p.Odd
		if n.OK && p.OK {
			n.V = n.V.Sub(p.V)
		}
	}
	return n
}

// sum is unknown where the first is; of the others those that are unknown are none.
func sum(n bills.Number, more ...bills.Number) bills.Number {
	for _, m := range more {
		if n.OK && m.OK {
			n.V = n.V.Add(m.V)
		}
	}
	return n
}

func (u *usage) input(c *counted) {
	c.put(fleet.UseInput, u.Input)
	c.put(fleet.UseRequests, u.Requests)
}

func (u *usage) images(c *counted) {
	c.line.Item = fleet.Label(string(u.Source + " " + u.Size))
	c.put(fleet.UseImages, u.Images)
	c.put(fleet.UseRequests, u.Requests)
}

func (u *usage) speeches(c *counted) {
	c.put(fleet.UseCharacters, u.Characters)
	c.put(fleet.UseRequests, u.Requests)
}

func (u *usage) transcriptions(c *counted) {
	c.put(fleet.UseAudioSeconds, u.Seconds)
	c.put(fleet.UseRequests, u.Requests)
}

// stores are bytes that are held, which is no quantity of a time.
func (u *usage) stores(c *counted) {
	c.line.Item, c.line.Unit = fleet.Text("vector stores"), fleet.Text("bytes")
	c.put(fleet.UseUnknown, u.Bytes)
}

func (u *usage) sessions(c *counted) {
	c.line.Item = fleet.Text("code interpreter sessions")
	c.put(fleet.UseToolCalls, u.Sessions)
}

// searches leave out the requests of models that made them, which are among those of text.
func (u *usage) searches(c *counted) {
	c.line.Item = fleet.Text("search calls")
	c.put(fleet.UseToolCalls, u.Calls)
}
