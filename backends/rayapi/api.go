package rayapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

const applicationsPath = "/api/serve/applications/"

// Options of a source. optKubeRay says of a Ray cluster that runs on KubeRay whether a RayService keeps its configuration.
const (
	optSite    = "site"
	optKubeRay = "kuberay"
)

// Values of optKubeRay.
const (
	byService = "rayservice"
	byCluster = "raycluster"
)

// api is the dashboard of one Ray cluster. It is safe for concurrent use.
type api struct {
	source fleet.SourceID
	client *httpx.Client
	kept   string // optKubeRay; "" for what can be seen
	head   string // the name of the head's Service where the address is that of KubeRay's; "" for another
}

func open(spec fleet.SourceSpec, auth fleet.SecretRef, deps fleet.Deps) (*api, error) {
	for name := range spec.Options {
		if name != optSite && name != optKubeRay {
			return nil, wrongOption(spec.ID, "there is no option "+fleet.Quote(name).String()+"; there is "+optKubeRay)
		}
	}
	kept := spec.Options[optKubeRay]
	if kept != "" && kept != byService && kept != byCluster {
		return nil, wrongOption(spec.ID, "option "+optKubeRay+" is "+byService+" or "+byCluster)
	}
	opt := httpx.For(spec, spec.URL, deps)
	opt.Auth = auth
	client, err := httpx.New(opt)
	if err != nil {
		return nil, err
	}
	return &api{source: spec.ID, client: client, kept: kept, head: headService(spec.URL)}, nil
}

func wrongOption(source fleet.SourceID, why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "open Ray Serve", Source: source, Err: errors.New(why), Next: "correct the options " +
		"in the configuration"}
}

// headService finds the name that KubeRay gives to the Service of a head, NAME-head-svc, in an address: as the host, or in
// the path of an API server that passes requests on.
func headService(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	host, _, _ := strings.Cut(u.Hostname(), ".")
	for _, name := range append(strings.Split(u.Path, "/"), host) {
		name, _, _ = strings.Cut(name, ":")
		if strings.HasSuffix(name, "-head-svc") {
			return name
		}
	}
	return ""
}

// instance is what the API says of all applications. Only the parts that are looked at, or sent back, are named.
type instance struct {
	Controller struct {
		Actor string `json:"actor_id"`
		Node  string `json:"node_instance_id"`
	} `json:"controller_info"`
	Location     json.RawMessage            `json:"proxy_location"`
	HTTP         json.RawMessage            `json:"http_options"`
	GRPC         json.RawMessage            `json:"grpc_options"`
	Capacity     json.RawMessage            `json:"target_capacity"`
	Restores     bool                       `json:"restores_unset_config_options"`
	Applications map[string]json.RawMessage `json:"applications"`
}

// read asks for all applications.
func (a *api) read(ctx context.Context) (*instance, *httpx.Reply, error) {
	reply, err := a.call(ctx, http.MethodGet, applicationsPath, nil)
	if err != nil {
		return nil, nil, err
	}
	var all instance
	if err := reply.JSON(&all); err != nil {
		return nil, nil, err
	}
	if all.Applications == nil {
		return nil, nil, a.fault(fleet.KindInvalid, "read the applications", "the answer names no applications", "nothing of it was used")
	}
	return &all, reply, nil
}

// call sends one request.
func (a *api) call(ctx context.Context, method, path string, in any) (*httpx.Reply, error) {
	reply, err := a.client.Do(ctx, method, path, in)
	if err == nil {
		return reply, nil
	}
	e, ok := errors.AsType[*fleet.Error](err)
	if !ok || reply == nil {
		return nil, err
	}
	said := *e
	switch reply.Status {
	case http.StatusNotImplemented:
		said.Next = "this Ray has no Serve: install ray[serve] on its head"
	case http.StatusServiceUnavailable:
		said.Next = "Serve's controller, or the head's store (GCS), does not answer; it is asked again later"
	case http.StatusPreconditionFailed:
		said.Kind, said.Next = fleet.KindUnsupported, "only an application with external_scaler_enabled is scaled by this call"
	}
	if why := message(reply.Body); why != "" && e.Kind != fleet.KindAuth { // which may hold a part of the token
		said.Err = fmt.Errorf("%w: %s", e.Err, why)
	}
	return nil, &said
}

// mostSaid bounds a quoted message.
const mostSaid = 300

// message is what Ray says of a failure: a text, or an object with one. What it says of a document that it does not take
// holds the document, which may hold secrets: of that only the first line, which counts the mistakes.
func message(body []byte) string {
	var v struct {
		Error string `json:"error"`
	}
	text := string(body)
	if json.Unmarshal(body, &v) == nil && v.Error != "" {
		text = v.Error
	}
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	if at := strings.Index(text, "input_value="); at >= 0 {
		text = text[:at]
	}
	return fleet.Quote(text[:min(len(text), mostSaid)]).String()
}

func (a *api) fault(kind fleet.Kind, op, why, next string) error {
	return &fleet.Error{Kind: kind, Op: op, Source: a.source, Err: errors.New(why), Next: next}
}

// keeper says what keeps the configuration, and would write over ours; "" for nothing that is known.
func (a *api) keeper(all *instance) string {
	switch {
	case a.kept == byCluster:
		return ""
	case a.kept == byService:
		return "a RayService of KubeRay keeps the applications and writes its configuration over this one: change the RayService"
	case a.head != "":
		return "it is reached by " + a.head + ", the Service of a head of KubeRay: a RayService writes its configuration over this one. " +
			"Change the " +
			"RayService; where none keeps this cluster, say so by option " + optKubeRay + ": " + byCluster
	case isHeadPod(all.Controller.Node):
		return "its head is pod " + fleet.Quote(all.Controller.Node).String() + " of KubeRay: a RayService writes its configuration over " +
			"this one. Change " +
			"the RayService; where none keeps this cluster, say so by option " + optKubeRay + ": " + byCluster
	}
	return ""
}

// isHeadPod tells the names that KubeRay gives to pods of heads, by which Ray knows its nodes there: NAME-head, with or without
// five characters behind it.
func isHeadPod(name string) bool {
	at := strings.LastIndex(name, "-head")
	if at <= 0 {
		return false
	}
	rest := name[at+len("-head"):]
	return rest == "" || len(rest) == 6 && rest[0] == '-'
}
