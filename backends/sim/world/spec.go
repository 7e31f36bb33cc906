package world

import "time"

// Spec declares a world. The same Spec with the same inputs at the same times gives the same run.
type Spec struct {
	Seed        uint64
	Start       time.Time
	Pools       []PoolSpec
	Providers   []ProviderSpec
	Routes      []RouteSpec
	Deployments []DeploymentSpec
	Gateways    []string            // names of the gateway replicas
	Fallbacks   map[string][]string // route to the routes that take over after all retries, in the gateways' config file
	FileWins    bool                // what that file has of router settings is not changed by the database (LiteLLM 1.106)
	PollEvery   float64             // seconds between a gateway's looks into the database; 0 means those of LiteLLM, 30
	Plain       map[string]int      // machines without devices, by site
	Previous    map[string]float64  // weights by deployment in an old copy of the state: what F24 falls back to
	Keys        []KeySpec           // virtual keys of the gateways; requests of routes without any come with the master key
	KeyRules    *KeyRules           // how the gateways treat them; nil where they do not look at keys
	AtOnce      bool                // a change reaches all replicas with its write, not with their next looks into the database
}

// PoolSpec declares replicas of one model.
type PoolSpec struct {
	Name     string
	Site     string
	Engine   string // wire format of its replicas: "vllm", "sglang", "trtllm", "tgi", "triton", "llamacpp"
	Model    string
	Replicas []string // names
	Spare    int      // how many of them, the last, have devices and are not wanted at first
	Stateful bool     // a StatefulSet keeps its pods: replicas are named POOL-0, POOL-1…
	Nodes    []string // names; GPUs are dealt to replicas in order
	PerNode  int      // GPUs of one node
	GPUs     int      // GPUs of one replica
	Device   Device
	Cost     Cost
	Load     float64 // seconds to read the weights and warm up; 0 means a minute
	Legacy   bool    // its metrics have the names of older releases, until F13 upgrades it
}

// Device is the physics of one GPU product.
type Device struct {
	Product   string  // as the driver names it
	MemoryMiB float64 // framebuffer
	IdleWatts float64
	MaxWatts  float64
	BoostMHz  float64
	MemMHz    float64
}

// Cost is the speed of one replica: step time = Host + Weights + Prefill*p + Decode*d + KV*k seconds, for p
// prompt tokens in the step, d decoding requests and k tokens in the KV cache.
type Cost struct {
	Host     float64 // the scheduler's part, in which the GPU waits
	Weights  float64 // reading the weights once
	Prefill  float64 // per prompt token
	Decode   float64 // per decoding request
	KV       float64 // per cached token
	Capacity int     // KV cache, tokens
	MaxSeqs  int     // running requests at most
	MaxBatch int     // tokens in one step at most (chunked prefill)
}

// Lengths is a lognormal distribution of token counts, cut at Max.
type Lengths struct {
	Median, Sigma float64
	Max           int
}

// RouteSpec declares the demand on one route.
type RouteSpec struct {
	Name      string
	Rate      float64 // mean requests per second over a day
	Swing     float64 // relative amplitude of the day's curve
	Prompt    Lengths
	Output    Lengths
	CacheHit  float64 // mean part of a prompt found in the prefix cache
	Stream    float64 // part of requests that stream
	MaxTokens int     // limit that clients ask for
}

// DeploymentSpec declares one member of a route in the gateway's database.
type DeploymentSpec struct {
	ID        string
	Route     string
	Pool      string // or Provider
	Provider  string
	Model     string // as LiteLLM names it: "openai/llama-70b"
	APIBase   string
	Weight    float64
	Params    map[string]any // further litellm_params
	InCost    float64        // USD per token
	OutCost   float64
	ReadCost  float64 // USD per token from a cache; 0 means InCost
	WriteCost float64 // USD per token into a cache; 0 means InCost
	MaxInput  int
}

// ProviderSpec declares one API account.
type ProviderSpec struct {
	Name   string
	Models []string
	RPM    float64          // requests per minute
	TPM    float64          // tokens per minute, input and output
	TTFT   Lengths          // milliseconds to the first token
	Speed  float64          // output tokens per second of one request
	Errors float64          // probability of a 5xx in normal times
	Rates  map[string]Rates // by model
	Cache  CacheWay
	// Snapshots are the dated names of models, by which bills and reports call them.
	Snapshots map[string]string
	Bypass    Bypass
}
