package vertexai

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"pitwall/backends/internal/googleapi"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// mostCounted bounds the calls of one probe.
const mostCounted = 8

// counted counts the tokens of a word by each configured model of Google's own, which needs the same right, location and project
// as a request does, and is free. It returns the models that cannot be called. Where the right is missing for each of them, the
// credential is refused for what it is there for: that is an error.
func (r *reader) counted(ctx context.Context, p *fleet.Partial) ([]fleet.ModelName, error) {
	if r.set.project == "" {
		return nil, nil
	}
	var asked, refused []fleet.ModelName
	var forbidden []error
	for _, m := range r.spec.Models {
		name := bare(m)
		if !isGemini(name) || slices.Contains(asked, name) || len(asked) == mostCounted {
			continue
		}
		asked = append(asked, name)
		err := r.count(ctx, name)
		switch fleet.KindOf(err) {
		case fleet.KindAuth:
			forbidden = append(forbidden, err)
		case fleet.KindNotFound:
		default:
			continue // called, or nothing is proven
		}
		refused = append(refused, name)
		p.Notices = append(p.Notices, rented.Of(m, fleet.Text(" cannot be called in "), fleet.Quote(r.set.location), fleet.Text(": "),
			fleet.Label(err.Error())))
	}
	if len(forbidden) > 0 && len(forbidden) == len(asked) {
		return nil, forbidden[0]
	}
	return refused, nil
}

// isGemini tells the models that can count tokens: embeddings cannot.
func isGemini(name fleet.ModelName) bool {
	return strings.HasPrefix(string(name), "gemini-") && !strings.Contains(string(name), "embedding")
}

func (r *reader) count(ctx context.Context, model fleet.ModelName) error {
	path := "/v1/projects/" + url.PathEscape(r.set.project) + "/locations/" + r.set.location + "/publishers/google/models/" +
		url.PathEscape(string(model)) + ":countTokens"
	type part struct {
		Text string `json:"text"`
	}
	type content struct {
		Role  string `json:"role"`
		Parts []part `json:"parts"`
	}
	reply, err := r.client.Do(ctx, http.MethodPost, path, map[string][]content{"contents": {{"user", []part{{"ping"}}}}})
	return googleapi.ExplainedToken(reply, err)
}
