package vertexai

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"pitwall/fleet"
)

// The options of the connector.
const (
	optLocation   = "location"
	optProject    = "project"
	optPublishers = "publishers"
	optPayer      = "quota_project"
	optQuotas     = "quotas_url"
)

// mostPublishers bounds the lists that are read with each probe.
const mostPublishers = 8

var (
	word    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)
	project = regexp.MustCompile(`^[a-z0-9][a-z0-9.:-]{0,80}$`)
)

type settings struct {
	location   string
	project    string // "" where neither tokens are counted nor quotas read
	publishers []string
	quotaPayer string
	quotasURL  string
}

func parse(spec fleet.SourceSpec) (settings, error) {
	o := spec.Options
	s := settings{location: o[optLocation], project: o[optProject], quotaPayer: o[optPayer], quotasURL: strings.TrimSuffix(o[optQuotas], "/"),
		publishers: []string{"google"}}
	if o[optPublishers] != "" {
		s.publishers = strings.FieldsFunc(o[optPublishers], func(r rune) bool { return r == ',' || r == ' ' })
	}
	for name := range o {
		switch name {
		case optLocation, optProject, optPublishers, optPayer, optQuotas:
		default:
			return s, wrong(spec.ID, "there is no option "+fleet.Quote(name).String())
		}
	}
	if why := s.mistake(spec.URL); why != "" {
		return s, wrong(spec.ID, why)
	}
	return s, nil
}

// mistake says what is wrong with the options, or between them and the url; "" for nothing.
func (s settings) mistake(address string) string {
	switch at := locationOf(address); {
	case !word.MatchString(s.location):
		return "option location names no location such as europe-west4, eu or global"
	case at != "" && at != s.location:
		return "the url is that of " + fleet.Quote(at).String() + ", and option location says " + fleet.Quote(s.location).String()
	case s.project != "" && !project.MatchString(s.project), s.quotaPayer != "" && !project.MatchString(s.quotaPayer):
		return "a project is named by its ID or its number"
	case s.quotasURL != "" && s.project == "":
		return "option quotas_url needs option project"
	case len(s.publishers) == 0 || len(s.publishers) > mostPublishers:
		return "option publishers names one to eight publishers, such as google,anthropic"
	}
	for _, p := range s.publishers {
		if !word.MatchString(p) {
			return "option publishers: " + fleet.Quote(p).String() + " is no publisher"
		}
	}
	return ""
}

func wrong(source fleet.SourceID, why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "set up the probe", Source: source, Err: errors.New(why),
		Next: "correct its url and options in the configuration"}
}

// locationOf is the location of one of Google's own addresses, "" for others, such as those of a proxy.
func locationOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	host, ours := strings.CutSuffix(strings.ToLower(u.Hostname()), ".googleapis.com")
	if !ours {
		return ""
	}
	if host == "aiplatform" {
		return "global"
	}
	if region, ok := strings.CutSuffix(host, "-aiplatform"); ok {
		return region
	}
	if region, ok := strings.CutPrefix(host, "aiplatform."); ok { // aiplatform.eu.rep.googleapis.com
		return strings.TrimSuffix(region, ".rep")
	}
	return ""
}

// payer is the header by which a person's token says whose project pays for lists: with the list of models, nothing.
func (s settings) payer() http.Header {
	if s.quotaPayer == "" {
		return nil
	}
	return http.Header{"X-Goog-User-Project": {s.quotaPayer}}
}

// isRegion tells regions from multi-regions such as "eu" and from "global".
func (s settings) isRegion() bool { return strings.Contains(s.location, "-") }

// regions says of models where they are answered: in the endpoint's location, which "global" does not bound.
func (s settings) regions(models []fleet.ModelName) map[fleet.ModelName][]string {
	where := s.location
	if where == "global" {
		where = fleet.Anywhere
	}
	out := map[fleet.ModelName][]string{}
	for _, m := range models {
		out[m] = []string{where}
	}
	return out
}

// place says where requests are processed.
func (s settings) place() fleet.Notice {
	n := fleet.Notice{Level: fleet.LevelInfo, Text: fleet.Concat(fleet.Text("its endpoint is in "), fleet.Quote(s.location))}
	switch {
	case s.location == "global":
		n.Text = fleet.Text("its endpoint is global: any region may process its requests, so it offers no residency")
	case !s.isRegion():
		n.Text = fleet.Concat(n.Text, fleet.Text(": any region of it may process its requests, so it offers the residency of the whole only"))
	}
	return n
}
