package rented

import (
	"bytes"
	"slices"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// MaxModels bounds a list; the largest public aggregator has some hundreds.
const MaxModels = 20_000

type model struct {
	ID *string `json:"id"`
}

// Models reads a list in OpenAI's form: {"data":[{"id":…}]}, or the bare array that some compatible APIs send.
func Models(source fleet.SourceID, reply *httpx.Reply) ([]fleet.ModelName, error) {
	var list []model
	if body := bytes.TrimLeft(reply.Body, " \t\r\n"); len(body) > 0 && body[0] == '[' {
		if err := reply.JSON(&list); err != nil {
			return nil, err
		}
	} else {
		var page struct {
			Data *[]model `json:"data"`
		}
		if err := reply.JSON(&page); err != nil {
			return nil, err
		}
		if page.Data == nil {
			return nil, Invalid(source, "the answer holds no list of models; check the url")
		}
		list = *page.Data
	}
	if len(list) > MaxModels {
		return nil, TooMany(source)
	}
	names := make([]fleet.ModelName, 0, len(list))
	for _, m := range list {
		if m.ID == nil || *m.ID == "" {
			return nil, Invalid(source, "a model of the list has no id")
		}
		names = append(names, fleet.ModelName(*m.ID))
	}
	return names, nil
}

// TooMany is a list that is longer than any provider's.
func TooMany(source fleet.SourceID) error {
	return Invalid(source, "the list has more than 20000 models")
}

// Invalid is a list that cannot be what was asked for.
func Invalid(source fleet.SourceID, text string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read the list of models", Source: source, Next: text + "; nothing of it was used"}
}

// Missing remarks models that are configured and that the key cannot call. bare gives the name by which both are compared;
// nil compares them as they are.
func Missing(wanted, listed []fleet.ModelName, bare func(fleet.ModelName) fleet.ModelName) []fleet.Notice {
	if bare == nil {
		bare = func(m fleet.ModelName) fleet.ModelName { return m }
	}
	var notices []fleet.Notice
	for _, want := range wanted {
		if !slices.ContainsFunc(listed, func(m fleet.ModelName) bool { return bare(m) == bare(want) }) {
			notices = append(notices, fleet.Notice{Level: fleet.LevelWarn, Text: fleet.Concat(
				fleet.Text("model "), fleet.Quote(string(want)), fleet.Text(" is not on the list of what this key may call"))})
		}
	}
	return notices
}
