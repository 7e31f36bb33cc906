package bedrock

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// foundation is one model that a region offers. The list is of the region, not of what an account has agreed to.
type foundation struct {
	ID        *string  `json:"modelId"`
	Name      string   `json:"modelName"`
	Provider  string   `json:"providerName"`
	Inference []string `json:"inferenceTypesSupported"`
	Lifecycle struct {
		Status string `json:"status"`
		End    string `json:"endOfLifeTime"`
	} `json:"modelLifecycle"`
}

// onDemand tells whether the model can be called by its bare id. A list that does not say how is taken to mean that it can.
func (f *foundation) onDemand() bool {
	return len(f.Inference) == 0 || slices.Contains(f.Inference, "ON_DEMAND")
}

// profile is one inference profile: a model in one or several regions, of which Bedrock chooses one for each request.
type profile struct {
	ID     string `json:"inferenceProfileId"`
	ARN    string `json:"inferenceProfileArn"`
	Status string `json:"status"`
	Models []struct {
		ARN string `json:"modelArn"`
	} `json:"models"`
}

// readModels reads the list by id.
func readModels(source fleet.SourceID, reply *httpx.Reply) ([]foundation, error) {
	var page struct {
		Models *[]foundation `json:"modelSummaries"`
	}
	if err := reply.JSON(&page); err != nil {
		return nil, err
	}
	if page.Models == nil {
		return nil, rented.Invalid(source, "the answer holds no list of models; check the url")
	}
	if len(*page.Models) > rented.MaxModels {
		return nil, rented.TooMany(source)
	}
	for _, m := range *page.Models {
		if m.ID == nil || *m.ID == "" {
			return nil, rented.Invalid(source, "a model of the list has no id")
		}
	}
	return *page.Models, nil
}

// profiles are the inference profiles of the account in this region.
type profiles struct {
	list  []profile
	known bool // they were read
}

// maxPages bounds a list that always names one more page.
const maxPages = 30

// profiles reads those that Bedrock defines and, where the configuration names one, those that users made.
func (r *reader) profiles(ctx context.Context) (profiles, error) {
	types := []string{"SYSTEM_DEFINED"}
	if slices.ContainsFunc(r.spec.Models, func(m fleet.ModelName) bool {
		return strings.Contains(string(m), "application-inference-profile/")
	}) {
		types = append(types, "APPLICATION")
	}
	var out profiles
	for _, kind := range types {
		list, err := r.profilesOf(ctx, kind)
		if err != nil {
			return profiles{}, err
		}
		out.list = append(out.list, list...)
	}
	out.known = true
	return out, nil
}

func (r *reader) profilesOf(ctx context.Context, kind string) ([]profile, error) {
	var list []profile
	query := url.Values{"maxResults": {"1000"}, "type": {kind}}
	for range maxPages {
		reply, err := r.get(ctx, "/inference-profiles?"+query.Encode())
		if err != nil {
			return nil, err
		}
		var page struct {
			List *[]profile `json:"inferenceProfileSummaries"`
			Next string     `json:"nextToken"`
		}
		if err := reply.JSON(&page); err != nil {
			return nil, err
		}
		if page.List == nil {
			return nil, rented.Invalid(r.spec.ID, "the answer holds no list of inference profiles")
		}
		if list = append(list, *page.List...); len(list) > rented.MaxModels {
			return nil, rented.TooMany(r.spec.ID)
		}
		if page.Next == "" {
			return list, nil
		}
		query.Set("nextToken", page.Next)
	}
	return nil, rented.Invalid(r.spec.ID, "the list of inference profiles does not end")
}

// callable are the names that a request may carry: models that are called by their id, and profiles.
func callable(source fleet.SourceID, offered []foundation, list profiles) ([]fleet.ModelName, error) {
	names := make([]fleet.ModelName, 0, len(offered)+len(list.list))
	for i := range offered {
		if offered[i].onDemand() {
			names = append(names, fleet.ModelName(*offered[i].ID))
		}
	}
	for i := range list.list {
		p := &list.list[i]
		if p.ID == "" {
			return nil, rented.Invalid(source, "an inference profile of the list has no id")
		}
		if p.Status == "ACTIVE" {
			names = append(names, fleet.ModelName(p.ID))
		}
	}
	return names, nil
}

// bare is the id at the end of an ARN, or behind the prefixes that gateways write before it.
func bare(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
