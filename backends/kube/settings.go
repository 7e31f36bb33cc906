package kube

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"

	"pitwall/fleet"
)

// Options of a source.
const (
	optContext    = "context"          // of the kubeconfig; "" takes its current one
	optKubeconfig = "kubeconfig"       // a file; "" goes by KUBECONFIG and then the home directory
	optNamespace  = "namespace"        // only this one is read; "" means all
	optConditions = "conditions"       // "REGEX=True;REGEX=False": the status at which such a node condition is good
	optWrites     = "proxy_writes"     // "true" lets other methods than GET through the pod proxy
	optShared     = "shared_namespace" // where operators share locks and copies of changes; "" nowhere
)

var allOptions = []string{optContext, optKubeconfig, optNamespace, optConditions, optWrites, optShared}

// settings are what a source says of its cluster.
type settings struct {
	spec        fleet.SourceSpec
	id          fleet.ClusterID
	context     string
	kubeconfig  string
	namespace   string
	polarity    polarity
	proxyWrites bool
	deps        fleet.Deps
	log         *slog.Logger
}

func newSettings(spec fleet.SourceSpec, deps fleet.Deps) (settings, error) {
	s := settings{
		spec: spec, id: spec.Subject.Cluster, context: spec.Options[optContext], kubeconfig: spec.Options[optKubeconfig],
		namespace: spec.Options[optNamespace], proxyWrites: spec.Options[optWrites] == "true", deps: deps, log: deps.Log,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.log = s.log.With("source", string(spec.ID))
	if s.id == "" {
		s.id = fleet.ClusterID(s.context)
	}
	if s.id == "" {
		s.id = fleet.ClusterID(spec.ID)
	}
	for name := range spec.Options {
		if !slices.Contains(allOptions, name) {
			return settings{}, s.unusable(fmt.Errorf("there is no option %q; there are %s", name, strings.Join(allOptions, ", ")))
		}
	}
	if spec.URL != "" && s.context+s.kubeconfig != "" {
		return settings{}, s.unusable(errors.New("it names a url and a kubeconfig: only one of them can be followed"))
	}
	rules, err := parsePolarity(spec.Options[optConditions])
	if err != nil {
		return settings{}, s.unusable(err)
	}
	s.polarity = rules
	return s, nil
}

func (s settings) unusable(err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "open the cluster", Source: s.spec.ID, Err: err,
		Next: "correct the source in the configuration"}
}

// parsePolarity reads "REGEX=True;REGEX=False" and puts the rules before the built-in ones.
func parsePolarity(text string) (polarity, error) {
	var own polarity
	for rule := range strings.SplitSeq(text, ";") {
		if rule = strings.TrimSpace(rule); rule == "" {
			continue
		}
		at := strings.LastIndexByte(rule, '=')
		if at < 0 || rule[at+1:] != "True" && rule[at+1:] != "False" {
			return nil, fmt.Errorf("conditions: %q is not REGEX=True or REGEX=False", rule)
		}
		re, err := regexp.Compile(rule[:at])
		if err != nil {
			return nil, fmt.Errorf("conditions: %w", err)
		}
		own = append(own, polarityRule{re.MatchString, rule[at+1:]})
	}
	return append(own, builtinPolarity()...), nil
}
