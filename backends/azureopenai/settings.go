package azureopenai

import (
	"errors"
	"net/url"
	"regexp"
	"strings"

	"pitwall/fleet"
)

// The options of the connector.
const (
	optVersion    = "api_version"
	optCredential = "credential"
	optLocation   = "location"
	optARMURL     = "arm_url"
	optResource   = "arm_resource"
	optARMFile    = "arm_token_file"
	optARMEnv     = "arm_token_env"
	optARMCommand = "arm_token_command"
)

// defaultVersion is the last dated version of the API that is no preview; later ones have none in the address.
const defaultVersion = "2024-10-21"

var (
	dated    = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(-preview)?$`)
	resource = regexp.MustCompile(`(?i)^/subscriptions/[\w-]{1,64}/resourceGroups/[\w.()-]{1,90}/providers/` +
		`Microsoft\.CognitiveServices/accounts/[\w.-]{1,64}$`)
)

type settings struct {
	base     string
	version  string // "v1", or a date
	token    bool   // auth gives a token of Entra and no key
	location string
	armURL   string
	resource string // "" where Resource Manager is not asked
	armToken fleet.SecretRef
}

func parse(spec fleet.SourceSpec) (settings, error) {
	o := spec.Options
	s := settings{base: strings.TrimSuffix(spec.URL, "/"), version: defaultVersion, location: plainRegion(o[optLocation]),
		armURL: strings.TrimSuffix(o[optARMURL], "/"), resource: strings.TrimSuffix(o[optResource], "/")}
	if base, ok := strings.CutSuffix(s.base, "/openai/v1"); ok {
		s.base, s.version = base, "v1"
	}
	s.base = strings.TrimSuffix(s.base, "/openai")
	if v := o[optVersion]; v != "" {
		s.version = v
	}
	switch o[optCredential] {
	case "", "key":
	case "token":
		s.token = true
	default:
		return s, wrong(spec.ID, "option credential is neither key nor token")
	}
	if s.version != "v1" && !dated.MatchString(s.version) {
		return s, wrong(spec.ID, "option api_version is neither v1 nor a date such as "+defaultVersion)
	}
	if err := s.manager(spec); err != nil {
		return s, err
	}
	for name := range o {
		switch name {
		case optVersion, optCredential, optLocation, optARMURL, optResource, optARMFile, optARMEnv, optARMCommand:
		default:
			return s, wrong(spec.ID, "there is no option "+fleet.Quote(name).String())
		}
	}
	return s, nil
}

// manager reads what is needed to ask Resource Manager: all of it, or nothing.
func (s *settings) manager(spec fleet.SourceSpec) error {
	o := spec.Options
	s.armToken = fleet.SecretRef{File: o[optARMFile], Env: o[optARMEnv], Command: strings.Fields(o[optARMCommand])}
	ways := 0
	for _, set := range []bool{s.armToken.File != "", s.armToken.Env != "", len(s.armToken.Command) > 0} {
		if set {
			ways++
		}
	}
	switch {
	case s.armURL == "" && s.resource == "" && ways == 0:
		return nil
	case s.armURL == "" || s.resource == "" || ways != 1:
		return wrong(spec.ID, "Resource Manager needs arm_url, arm_resource and one of arm_token_file, arm_token_env and arm_token_command")
	case !resource.MatchString(s.resource):
		return wrong(spec.ID, "option arm_resource is no ID of an account such as "+
			"/subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.CognitiveServices/accounts/NAME")
	}
	return nil
}

func wrong(source fleet.SourceID, why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "set up the probe", Source: source, Err: errors.New(why),
		Next: "correct its options in the configuration"}
}

func (s settings) modelsPath() string {
	if s.version == "v1" {
		return "/openai/v1/models"
	}
	return "/openai/models?" + url.Values{"api-version": {s.version}}.Encode()
}

// place says where the resource is, and that it is elsewhere than the configuration says. told is "" where nobody tells.
func (s settings) place(told string) []fleet.Notice {
	region := plainRegion(told)
	switch {
	case region == "":
		return nil
	case s.location != "" && s.location != region:
		return []fleet.Notice{{Level: fleet.LevelWarn, Text: fleet.Concat(fleet.Text("the resource is in "), fleet.Quote(region),
			fleet.Text(", and option location says "), fleet.Quote(s.location))}}
	default:
		return []fleet.Notice{{Level: fleet.LevelInfo, Text: fleet.Concat(fleet.Text("the resource is in "), fleet.Quote(region))}}
	}
}
