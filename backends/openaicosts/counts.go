package openaicosts

import (
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

// completions parts input and output into what is priced apart: of input what is cached, written to the cache, audio and images.
func (u *usage) completions(c *bills.Counted) {
	uncached := u.Uncached
	if !uncached.OK && !uncached.Odd {
		uncached = u.Input.Minus(u.Cached).Minus(u.Written)
	}
	c.Put(fleet.UseInput, uncached.Minus(u.AudioIn).Minus(u.ImageIn))
	c.Put(fleet.UseCacheRead, u.Cached)
	c.Put(fleet.UseCacheWrite5m, u.Written)
	c.Put(fleet.UseAudioIn, u.AudioIn)
	c.Put(fleet.UseImageIn, u.ImageIn)
	c.Put(fleet.UseOutput, u.Output.Minus(u.AudioOut).Minus(u.ImageOut))
	c.Put(fleet.UseAudioOut, u.AudioOut)
	c.Put(fleet.UseImageOut, u.ImageOut)
	c.Put(fleet.UseRequests, u.Requests)
	if parts, whole := uncached.Plus(u.Cached).Plus(u.Written), u.Input; parts.OK && whole.OK && !parts.V.Equal(whole.V) {
		c.Odd.Say(fleet.Text("the parts of the input do not make up its whole: the parts were taken"))
	}
}

func (u *usage) input(c *bills.Counted) {
	c.Put(fleet.UseInput, u.Input)
	c.Put(fleet.UseRequests, u.Requests)
}

func (u *usage) images(c *bills.Counted) {
	c.Line.Item = fleet.Label(string(u.Source + " " + u.Size))
	c.Put(fleet.UseImages, u.Images)
	c.Put(fleet.UseRequests, u.Requests)
}

func (u *usage) speeches(c *bills.Counted) {
	c.Put(fleet.UseCharacters, u.Characters)
	c.Put(fleet.UseRequests, u.Requests)
}

func (u *usage) transcriptions(c *bills.Counted) {
	c.Put(fleet.UseAudioSeconds, u.Seconds)
	c.Put(fleet.UseRequests, u.Requests)
}

// stores are bytes that are held, which is no quantity of a time.
func (u *usage) stores(c *bills.Counted) {
	c.Line.Item, c.Line.Unit = fleet.Text("vector stores"), fleet.Text("bytes")
	c.Put(fleet.UseUnknown, u.Bytes)
}

func (u *usage) sessions(c *bills.Counted) {
	c.Line.Item = fleet.Text("code interpreter sessions")
	c.Put(fleet.UseToolCalls, u.Sessions)
}

// searches leave out the requests of models that made them, which are among those of text.
func (u *usage) searches(c *bills.Counted) {
	c.Line.Item = fleet.Text("search calls")
	c.Put(fleet.UseToolCalls, u.Calls)
}
