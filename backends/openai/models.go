package openai

import (
	"bytes"
	"slices"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// maxModels bounds a list; the largest public aggregator has some hundreds.
const maxModels = 20_000

type model struct {
	ID *string `json:"id"`
}

// models reads the list: {"data":[{"id":…}]}, or the bare array that some compatible APIs send.
func (r *reader) models(reply *httpx.Reply) ([]fleet.ModelName, []fleet.Notice, error) {
	var list []model
	if body := bytes.TrimLeft(reply.Body, " \t\r\n"); len(body) > 0 && body[0] == '[' {
		if err := reply.JSON(&list); err != nil {
			return nil, nil, err
		}
	} else {
		var page struct {
			Data *[]model `json:"data"`
		}
		if err := reply.JSON(&page); err != nil {
			return nil, nil, err
		}
		if page.Data == nil {
			return nil, nil, r.invalid("the answer holds no list of models; check the url")
		}
		list = *page.Data
	}
	if len(list) > maxModels {
		return nil, nil, r.invalid("the list has more than 20000 models")
	}
	names := make([]fleet.ModelName, 0, len(list))
	for _, m := range list {
		if m.ID == nil || *m.ID == "" {
			return nil, nil, r.invalid("a model of the list has no id")
		}
		names = append(names, fleet.ModelName(*m.ID))
	}
	return names, r.missing(names), nil
}

func (r *reader) invalid(text string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read the list of models", Source: r.spec.ID,
		Next: text + "; nothing of it was used"}
}

// missing remarks models that are configured and that the key cannot call.
func (r *reader) missing(names []fleet.ModelName) []fleet.Notice {
	var notices []fleet.Notice
	for _, want := range r.spec.Models {
		if !slices.Contains(names, want) {
			notices = append(notices, fleet.Notice{Level: fleet.LevelWarn, Text: fleet.Concat(
				fleet.Text("model "), fleet.Label(string(want)), fleet.Text(" is not on the list of what this key may call"))})
		}
	}
	return notices
}
