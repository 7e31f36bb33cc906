package fleet

// Every identifier is the raw name that the outside system uses, and is what writes send.
// It is never drawn as it is: screens draw Label(string(id)).
type (
	// SiteID names a region or data centre.
	SiteID string
	// PoolID names the replicas that serve one model with one engine at one site.
	PoolID string
	// ReplicaID names one serving instance of a pool.
	ReplicaID string
	// NodeID names a machine that holds GPUs.
	NodeID string
	// GPUID is the device UUID as the driver prints it ("GPU-…", "MIG-…").
	GPUID string
	// ProviderID names an API account.
	ProviderID string
	// GatewayID names one gateway, that is all of its replicas.
	GatewayID string
	// GatewayReplicaID names one replica of a gateway; it holds its own copy of the routing state.
	GatewayReplicaID string
	// RouteID names a route in the fleet: the public model name that users call, as long as one gateway only has it. Gateways
	// know a route by RouteSpec.Called.
	RouteID string
	// TargetID names one weighted member of a route.
	TargetID string
	// DeploymentID is a gateway's own name of a target (LiteLLM: model_info.id).
	DeploymentID string
	// SourceID names one connection that is read.
	SourceID string
	// ModelName is a model as the serving side names it.
	ModelName string
	// ChangeID names a plan being carried out.
	ChangeID string
)
