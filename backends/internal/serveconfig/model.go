package serveconfig

import (
	"slices"
	"strconv"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// Keys under which applications of one's own are told their model and its revision, and variables that do the same.
var (
	modelKeys     = []string{"model", "model_id", "model_source", "model_path", "model_name", "hf_model_id", "hf_model"}
	modelVars     = []string{"MODEL_ID", "HF_MODEL_ID", "MODEL_PATH", "MODEL_NAME", "MODEL", "NIM_MODEL_NAME"}
	revisionKeys  = []string{"revision", "model_revision"}
	revisionVars  = []string{"REVISION", "MODEL_REVISION"}
	templateKeys  = []string{"chat_template"}
	quantKeys     = []string{"quantization"}
	servedKeys    = []string{"served_model_name"}
	llmConfigsKey = "/args/llm_configs"
)

// Model is one model that an application serves.
type Model struct {
	App  string
	Name string // under which clients call it; "" where the configuration does not say it

	Weights  string
	Revision string

	app    *App
	llm    string // pointer to its entry of llm_configs in the application; "" for an application of one's own
	source string // pointer to the value of its weights in the application
}

// Called names the model for --container.
func (m *Model) Called() string {
	if m.Name == "" {
		return m.App
	}
	return m.App + "/" + m.Name
}

// Models are the models of applications, as far as their configuration says them. What the code of an application loads by
// itself is not known.
func Models(apps []App) []Model {
	var list []Model
	for i := range apps {
		list = append(list, apps[i].models()...)
	}
	return list
}

func (a *App) models() []Model {
	var list []Model
	for i, doc := range items(a.doc, llmConfigsKey) {
		if _, ok := doc.(map[string]any); ok { // else the path of a file that Ray reads itself
			list = append(list, a.llm(llmConfigsKey+"/"+strconv.Itoa(i), doc))
		}
	}
	if len(list) > 0 {
		return list
	}
	m := Model{App: a.Name, app: a}
	var ok bool
	if m.source, m.Weights, ok = a.said(modelKeys, modelVars); !ok {
		return nil
	}
	_, m.Revision, _ = a.said(revisionKeys, revisionVars)
	_, m.Name, _ = a.said(servedKeys, nil)
	return []Model{m}
}

// llm is one model of Ray's own applications for language models.
func (a *App) llm(at string, doc any) Model {
	const loading = "/model_loading_config"
	m := Model{App: a.Name, Name: jsonptr.Text(doc, loading+"/model_id"), app: a, llm: at, source: at + loading + "/model_source"}
	m.Revision = jsonptr.Text(doc, "/engine_kwargs/revision")
	if uri := jsonptr.Text(doc, loading+"/model_source/bucket_uri"); uri != "" {
		m.source += "/bucket_uri"
		m.Weights = uri
		return m
	}
	if m.Weights = jsonptr.Text(doc, loading+"/model_source"); m.Weights == "" {
		m.Weights = m.Name // the name that clients call is also that of the weights
	}
	return m
}

// said finds the first text under one of these keys: an argument of the application, a user_config, a variable.
func (a *App) said(keys, variables []string) (at, value string, ok bool) {
	for _, holder := range a.holders() {
		list := keys
		if strings.HasSuffix(holder, envVars) {
			list = variables
		}
		for _, key := range list {
			path := holder + jsonptr.Path(key)
			if v := jsonptr.Text(a.doc, path); v != "" {
				return path, v, true
			}
		}
	}
	return "", "", false
}

const envVars = "/runtime_env/env_vars"

// holders are the objects in which an application of one's own is told things, in the order in which they are looked at.
func (a *App) holders() []string {
	list := []string{"/args"}
	n := len(items(a.doc, "/deployments"))
	for i := range n {
		list = append(list, "/deployments/"+strconv.Itoa(i)+"/user_config")
	}
	list = append(list, envVars)
	for i := range n {
		list = append(list, "/deployments/"+strconv.Itoa(i)+"/ray_actor_options"+envVars)
	}
	return list
}

// Version is what a model is, as far as the configuration says it.
func (m *Model) Version() fleet.Version {
	v := fleet.Version{Weights: fleet.Label(m.Weights), Revision: fleet.Label(m.Revision)}
	if m.Name != "" {
		v.Served = []fleet.Safe{fleet.Label(m.Name)}
	}
	if m.llm != "" {
		v.Engine = fleet.Text("vllm")
		v.Quant = fleet.Label(jsonptr.Text(m.app.doc, m.llm+"/engine_kwargs/quantization"))
		v.Template = fleet.Label(jsonptr.Text(m.app.doc, m.llm+"/engine_kwargs/chat_template"))
		return v
	}
	_, quant, _ := m.app.said(quantKeys, nil)
	_, template, _ := m.app.said(templateKeys, nil)
	v.Quant, v.Template = fleet.Label(quant), fleet.Label(template)
	return v
}

// Pick finds the model of a name: an application, one of its models, or both with a slash between; "" is the only one.
func Pick(apps []App, name string) (*Model, error) {
	all := Models(apps)
	fits := slices.DeleteFunc(slices.Clone(all), func(m Model) bool {
		return name != "" && name != m.App && name != m.Name && name != m.App+"/"+m.Name
	})
	var called []string
	for i := range all {
		called = append(called, all[i].Called())
	}
	switch {
	case len(fits) == 1:
		return &fits[0], nil
	case len(all) == 0:
		return nil, unfit(fleet.KindUnsupported, "no application says in its configuration which model it loads (llm_configs, or "+
			"model and the like in args, user_config or env_vars): its code does; change an argument of it with --arg")
	case len(fits) == 0:
		return nil, unfit(fleet.KindInvalid, "there is no model "+fleet.Quote(name).String()+"; there are "+names(called))
	}
	return nil, unfit(fleet.KindInvalid, "it serves several models: name one of "+names(called)+" with --container")
}
