package config

import (
	"fmt"
	"time"

	"pitwall/fleet"
)

// File is the configuration file as written. Every key is documented in the example (Example).
type File struct {
	Version  int                 `yaml:"version"`
	Current  string              `yaml:"current,omitempty"`
	StateDir string              `yaml:"state_dir,omitempty"`
	Theme    string              `yaml:"theme,omitempty"`
	Glyphs   string              `yaml:"glyphs,omitempty"` // auto goes by the locale
	Prices   string              `yaml:"prices,omitempty"`
	Second   string              `yaml:"prices_check,omitempty"`
	Rates    string              `yaml:"exchange_rates,omitempty"`
	Advisory string              `yaml:"advisories,omitempty"`
	Keys     map[string][]string `yaml:"keys,omitempty"`
	Freezes  []Freeze            `yaml:"freezes,omitempty"`
	Blocking []BlockingAlert     `yaml:"blocking_alerts,omitempty"`
	Policy   Policy              `yaml:"policy,omitempty"`
	Contexts []Context           `yaml:"contexts"`
}

// Context is one fleet.
type Context struct {
	Name      string         `yaml:"name"`
	Env       string         `yaml:"env,omitempty"`
	Sites     []Site         `yaml:"sites,omitempty"`
	Clusters  []Cluster      `yaml:"clusters,omitempty"`
	Stores    []Store        `yaml:"stores,omitempty"`
	Alerting  []Alertmanager `yaml:"alertmanagers,omitempty"`
	Runs      []Orchestrator `yaml:"orchestrators,omitempty"`
	Pools     []Pool         `yaml:"pools,omitempty"`
	Providers []Provider     `yaml:"providers,omitempty"`
	Bills     []Bill         `yaml:"bills,omitempty"`
	Compute   []Account      `yaml:"compute,omitempty"`
	Gateways  []Gateway      `yaml:"gateways,omitempty"`
	Routes    []Route        `yaml:"routes,omitempty"`
	Runbooks  []Runbook      `yaml:"runbooks,omitempty"`
	Golden    []GoldenPrompt `yaml:"golden_prompts,omitempty"`
	Budget    Budget         `yaml:"budget,omitempty"`
	Runaway   Runaway        `yaml:"runaway,omitempty"`
	History   History        `yaml:"history,omitempty"`
	Defaults  Polling        `yaml:"defaults,omitempty"`

	rules fleet.SiteRules // of the file, which hold in every context
}

// Site is a region or data centre.
type Site struct {
	ID     string            `yaml:"id"`
	Labels []string          `yaml:"labels,omitempty"`
	Fate   map[string]string `yaml:"shared_fate,omitempty"`
}

// Pool is replicas of one model on one engine.
type Pool struct {
	ID             string            `yaml:"id"`
	Site           string            `yaml:"site,omitempty"`
	Engine         string            `yaml:"engine"`
	Model          string            `yaml:"model,omitempty"`
	Desired        *int              `yaml:"desired,omitempty"`
	GPU            string            `yaml:"gpu,omitempty"`
	GPUsPerReplica int               `yaml:"gpus_per_replica,omitempty"`
	GPUHour        *float64          `yaml:"usd_per_gpu_hour,omitempty"`
	Rating         *Rating           `yaml:"rating,omitempty"`
	MaxContext     *int              `yaml:"max_context,omitempty"`
	Offers         []string          `yaml:"capabilities,omitempty"`
	Labels         []string          `yaml:"labels,omitempty"`
	Fate           map[string]string `yaml:"shared_fate,omitempty"`
	Embedding      *Embedding        `yaml:"embedding,omitempty"`
	Standby        bool              `yaml:"standby,omitempty"`
	Auth           *Secret           `yaml:"auth,omitempty"`
	TLS            *TLS              `yaml:"tls,omitempty"`
	Poll           Polling           `yaml:"poll,omitempty"`
	Store          string            `yaml:"store,omitempty"`
	Selector       string            `yaml:"selector,omitempty"`
	GPUSelector    string            `yaml:"gpu_selector,omitempty"`
	GPUExporter    string            `yaml:"gpu_exporter,omitempty"`
	Worst          int               `yaml:"worst,omitempty"`
	Probe          *Probe            `yaml:"probe,omitempty"`
	Replicas       []Replica         `yaml:"replicas,omitempty"`
	Nodes          []Node            `yaml:"nodes,omitempty"`
}

// Rating is configured throughput, for when nothing was measured yet.
type Rating struct {
	Prefill float64 `yaml:"prefill_tokens_per_second"`
	Decode  float64 `yaml:"decode_tokens_per_second"`
	From    string  `yaml:"from,omitempty"`
}

// Embedding identifies the vectors of an embeddings route or target.
type Embedding struct {
	Model      string `yaml:"model"`
	Dimensions int    `yaml:"dimensions"`
	Pooling    string `yaml:"pooling,omitempty"`
}

// Replica is one serving instance.
type Replica struct {
	ID       string `yaml:"id"`
	URL      string `yaml:"url,omitempty"`
	Node     string `yaml:"node,omitempty"`
	Selector string `yaml:"selector,omitempty"`
}

// Node is a machine with an exporter.
type Node struct {
	ID       string   `yaml:"id"`
	URL      string   `yaml:"url,omitempty"`
	Exporter string   `yaml:"exporter,omitempty"`
	Command  []string `yaml:"command,omitempty"`
	File     string   `yaml:"file,omitempty"`
	GPUs     int      `yaml:"gpus,omitempty"`
	Selector string   `yaml:"selector,omitempty"`
	Poll     Polling  `yaml:"poll,omitempty"`
	Auth     *Secret  `yaml:"auth,omitempty"`
	TLS      *TLS     `yaml:"tls,omitempty"`
}

// Provider is an API account.
type Provider struct {
	ID     string            `yaml:"id"`
	Kind   string            `yaml:"kind"`
	URL    string            `yaml:"url,omitempty"`
	Auth   *Secret           `yaml:"auth,omitempty"`
	TLS    *TLS              `yaml:"tls,omitempty"`
	Labels []string          `yaml:"labels,omitempty"`
	Fate   map[string]string `yaml:"shared_fate,omitempty"`
	Poll   Polling           `yaml:"poll,omitempty"`
	Models []ProviderModel   `yaml:"models,omitempty"`
	// Options are the connector's own, as docs/connectors says.
	Options   map[string]string `yaml:"options,omitempty"`
	Status    StatusFeeds       `yaml:"status,omitempty"`
	Discounts []Discount        `yaml:"discounts,omitempty"`
}

// ProviderModel is one rented model.
type ProviderModel struct {
	Name       string             `yaml:"name"`
	MaxContext *int               `yaml:"max_context,omitempty"`
	Offers     []string           `yaml:"capabilities,omitempty"`
	Limits     map[string]float64 `yaml:"limits,omitempty"`
	Price      *Price             `yaml:"price,omitempty"`
	Embedding  *Embedding         `yaml:"embedding,omitempty"`
	Probe      *Probe             `yaml:"probe,omitempty"`
}

// Price is US dollars for one million tokens, as decimal text.
type Price struct {
	Input  string `yaml:"input"`
	Cached string `yaml:"cached,omitempty"`
	Output string `yaml:"output"`
	AsOf   string `yaml:"as_of,omitempty"`
}

// Gateway splits the traffic.
type Gateway struct {
	ID       string            `yaml:"id"`
	Kind     string            `yaml:"kind"`
	Site     string            `yaml:"site,omitempty"`
	Auth     *Secret           `yaml:"auth,omitempty"`
	Write    *Secret           `yaml:"write_auth,omitempty"`
	TLS      *TLS              `yaml:"tls,omitempty"`
	Poll     Polling           `yaml:"poll,omitempty"`
	File     *GatewayFile      `yaml:"file,omitempty"`
	Cluster  string            `yaml:"cluster,omitempty"` // whose objects are its routes, in place of replicas
	Options  map[string]string `yaml:"options,omitempty"` // of the connector
	Settle   Duration          `yaml:"settle,omitempty"`
	Replicas []GatewayReplica  `yaml:"replicas,omitempty"`
}

// GatewayFile is how a gateway without a write API is changed.
type GatewayFile struct {
	Path        string   `yaml:"path"`
	ReloadReady Duration `yaml:"reload_ready,omitempty"`
}

// GatewayReplica is one replica by its own address.
type GatewayReplica struct {
	ID     string   `yaml:"id"`
	URL    string   `yaml:"url"`
	File   string   `yaml:"file,omitempty"`
	Reload []string `yaml:"reload,omitempty"`
}

// Route is a public model name.
type Route struct {
	ID        string             `yaml:"id"`
	Gateway   string             `yaml:"gateway"`
	Name      string             `yaml:"name,omitempty"`
	Tier      int                `yaml:"tier,omitempty"`
	Requires  []string           `yaml:"requires,omitempty"`
	Uses      map[string]float64 `yaml:"uses,omitempty"`
	SLO       *float64           `yaml:"slo,omitempty"`
	Guard     Guard              `yaml:"guard,omitempty"`
	Embedding *Embedding         `yaml:"embedding,omitempty"`
	Fallbacks []string           `yaml:"fallbacks,omitempty"`
	Targets   []Target           `yaml:"targets,omitempty"`
	Probe     *Probe             `yaml:"probe,omitempty"`
	Policy    *RoutePolicy       `yaml:"policy,omitempty"`
}

// Guard holds the limits that roll a change back.
type Guard struct {
	ErrPercent *float64 `yaml:"err_percent,omitempty"`
	TTFT95     Duration `yaml:"ttft_p95,omitempty"`
	For        Duration `yaml:"for,omitempty"`
}

// Target is one weighted member of a route.
type Target struct {
	ID         string `yaml:"id"`
	Pool       string `yaml:"pool,omitempty"`
	Provider   string `yaml:"provider,omitempty"`
	Model      string `yaml:"model,omitempty"`
	Deployment string `yaml:"deployment,omitempty"`
}

// Budget caps spend, as decimal text in US dollars.
type Budget struct {
	PerDay   string `yaml:"usd_per_day,omitempty"`
	PerMonth string `yaml:"usd_per_month,omitempty"`
	Zone     string `yaml:"tz,omitempty"`
}

// Runaway says from when on the spending of a key or a team of a gateway is an alert.
type Runaway struct {
	PerHour string  `yaml:"usd_per_hour,omitempty"` // decimal text
	Times   float64 `yaml:"times,omitempty"`
}

// History bounds what is kept of the past.
type History struct {
	Days        int  `yaml:"days,omitempty"`
	ReplayHours *int `yaml:"replay_hours,omitempty"` // nil means 4; 0 keeps none
}

// Hours for which every second is kept where nothing is said, and at most.
const (
	replayHours     = 4
	mostReplayHours = 72
)

// replay is for how long every second is kept.
func (h History) replay() (time.Duration, error) {
	hours := replayHours
	if h.ReplayHours != nil {
		hours = *h.ReplayHours
	}
	if hours < 0 || hours > mostReplayHours {
		return 0, fmt.Errorf("history: replay_hours %d is not between 0, which keeps none, and %d", hours, mostReplayHours)
	}
	return time.Duration(hours) * time.Hour, nil
}

// Polling is how often a source is read.
type Polling struct {
	Interval Duration `yaml:"interval,omitempty"`
	Timeout  Duration `yaml:"timeout,omitempty"`
}

// Secret says where a credential is found; exactly one of the three.
type Secret struct {
	Env     string   `yaml:"env,omitempty"`
	File    string   `yaml:"file,omitempty"`
	Command []string `yaml:"command,omitempty"`
}

// TLS is transport security of one endpoint.
type TLS struct {
	CAFile     string `yaml:"ca_file,omitempty"`
	CertFile   string `yaml:"cert_file,omitempty"`
	KeyFile    string `yaml:"key_file,omitempty"`
	ServerName string `yaml:"server_name,omitempty"`
	Insecure   bool   `yaml:"insecure,omitempty"`
}
