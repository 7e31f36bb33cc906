package openaicosts

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/billrig"
	"pitwall/fleet"
)

const canary = "canary-5b1d"

// fake is an organisation: what each path answers for a bucket that begins at a time.
type fake struct {
	*billrig.Rig
	clock   *fleet.VirtualClock
	results map[string]func(at time.Time) string // by path without its prefix
	instead map[string]func(q url.Values) (int, string)
}

var noon = billrig.Noon(22)

// usual is a small organisation with something of every kind.
func usual(t testing.TB) *fake {
	t.Helper()
	daily := func(text string) func(time.Time) string { return func(time.Time) string { return text } }
	f := &fake{clock: fleet.NewVirtualClock(noon), instead: map[string]func(url.Values) (int, string){}}
	const dims = `,"project_id":"proj_a","user_id":null,"api_key_id":"key_1","model":"gpt-5"`
	object := func(name, counters string) func(time.Time) string {
		return daily(`{"object":"organization.usage.` + name + `.result",` + counters + `}`)
	}
	f.results = map[string]func(time.Time) string{
		"/organization/costs": daily(`{"object":"organization.costs.result","amount":{"value":1.25,"currency":"usd"},"line_item":"gpt-5, output","project_id":"proj_a","api_key_id":"sk-` + canary +
			`","quantity":1000,"quantity_unit":"tokens"}`),
		"/organization/usage/completions": object("completions", `"input_tokens":1000,"input_cached_tokens":600,"input_cache_write_tokens":50,"input_uncached_tokens":350,`+
			`"input_text_tokens":300,"input_audio_tokens":40,"input_image_tokens":10,"output_tokens":90,"output_audio_tokens":20,"output_image_tokens":5,"num_model_requests":4,"batch":false,"service_tier":"default"`+dims),
		"/organization/usage/embeddings":                object("embeddings", `"input_tokens":7,"num_model_requests":1`+dims),
		"/organization/usage/moderations":               object("moderations", `"input_tokens":3,"num_model_requests":1`+dims),
		"/organization/usage/images":                    object("images", `"images":2,"num_model_requests":1,"source":"image.generation","size":"1024x1024"`+dims),
		"/organization/usage/audio_speeches":            object("audio_speeches", `"characters":900,"num_model_requests":1`+dims),
		"/organization/usage/audio_transcriptions":      object("audio_transcriptions", `"seconds":61,"num_model_requests":1`+dims),
		"/organization/usage/vector_stores":             object("vector_stores", `"usage_bytes":4096,"project_id":"proj_a"`),
		"/organization/usage/code_interpreter_sessions": object("code_interpreter_sessions", `"num_sessions":2,"project_id":"proj_a"`),
		"/organization/usage/web_search_calls":          object("web_searches", `"num_model_requests":9,"num_requests":5`+dims),
		"/organization/usage/file_search_calls":         object("file_searches", `"num_requests":6,"project_id":"proj_a","api_key_id":"key_1"`),
	}
	f.Rig = billrig.Serve(t, f.answer)
	return f
}

func (f *fake) answer(path string, q url.Values) (int, string) {
	path = strings.TrimPrefix(path, "/v1")
	if x := f.instead[path]; x != nil {
		return x(q)
	}
	switch path {
	case "/organization/spend_limit":
		return 0, `{"object":"organization.spend_limit","threshold_amount":250050,"currency":"USD","interval":"month","enforcement":{"status":"enforcing"}}`
	case "/organization/projects/proj_a/spend_limit":
		return 0, `{"object":"project.spend_limit","threshold_amount":9900,"currency":"USD","interval":"month","enforcement":{"status":"inactive"}}`
	case "/organization/spend_alerts":
		return 0, `{"object":"list","data":[{"id":"alert_1","object":"organization.spend_alert","threshold_amount":100000,"currency":"USD","interval":"month","notification_channel":{"type":"email","recipients":["` +
			canary + `@example.org"]}}],"first_id":"alert_1","last_id":"alert_1","has_more":false}`
	}
	if result := f.results[path]; result != nil {
		return 0, f.page(q, result)
	}
	return 0, ""
}

func (f *fake) page(q url.Values, result func(time.Time) string) string {
	begin, _ := strconv.ParseInt(q.Get("start_time"), 10, 64)
	return billrig.Buckets(q, time.Unix(begin, 0), f.clock.Now(), `"object":"page",`, func(from, to time.Time) string {
		return fmt.Sprintf(`{"object":"bucket","start_time":%d,"end_time":%d,"results":[%s]}`, from.Unix(), to.Unix(), result(from))
	})
}

func (f *fake) open(t testing.TB) fleet.Reader { return f.Open(t, Connector(), f.clock) }
