// Package kubesuite is what pitwall relies on in a Kubernetes API server, as subtests that run on any server: the real
// one of the test bed, whose answers are the truth, and the simulator's, which must not drift from it. It must not know
// which of both it talks to; a Server says what the server holds and what it can do.
//
// Run reads and patches. It creates and evicts nothing unless Can.Create is set, Can.Custom or Can.Define for their kinds.
// Server versions: 1.34 to 1.36.
package kubesuite

import (
	"net/http"
	"testing"
	"time"
)

// Server describes one API server and what it holds.
type Server struct {
	// URL is the base address, CA the PEM of the authority of its certificate (empty for plain http).
	URL string
	CA  []byte
	// Tokens are bearer tokens of four users, and Names are the names of these users as the server tells them.
	Tokens, Names Users
	// Namespace holds Deployment with at least three ready replicas on nodes, each with at least one container, a
	// label app=NAME OF THE DEPLOYMENT and an ownerReference to a ReplicaSet, and at least one event about these.
	Namespace, Deployment string
	// Elsewhere is another namespace with at least one pod.
	Elsewhere string
	// Port is a port of any pod of Deployment behind which Echo answers over plain http; 0 where there is none.
	Port int
	// Log is how many lines a container of the Deployment's pods has written, at least 5; each line i of 1 to Log
	// contains "line i of Log". 0 where there are no logs.
	Log int
	// Can says what is asked of this server beyond the rest.
	Can Capabilities
	// Expire makes the server forget all versions before now, as compaction does; nil where it cannot be told to.
	Expire func(t *testing.T)
}

// Users are four users or what belongs to them.
type Users struct {
	Admin  string // may do everything
	Viewer string // reads pods, logs, nodes, events and workloads everywhere and GETs through the pod proxy; no secrets
	Scoped string // reads the same but nodes, in Namespace alone
	Nobody string // is known and may do nothing beyond discovery and access reviews
}

// Capabilities are parts of the API that a server may lack.
type Capabilities struct {
	Create  bool // create, update and delete of objects
	Apply   bool // server-side apply
	Tables  bool // lists as tables
	OpenAPI bool // /openapi/v3
	Secrets bool // the kind Secret
	Owners  bool // managedFields, which tell who set a field
	Custom  bool // custom resources whose status clients write; LeaderWorkerSet is served, or can be where Define is set
	Define  bool // new kinds of custom resources
	Shared  bool // ConfigMaps, and roles that can be made
	Budgets bool // disruption budgets are counted by a controller
	Roll    bool // a controller and a scheduler are behind the Deployment
}

// patience is how long anything may take that must come.
const patience = 30 * time.Second

// Run checks the server. Each check is a subtest of its own, so that `-run 'NAME/watch/bookmarks'` runs one.
func Run(t *testing.T, s Server) {
	t.Helper()
	c := newClients(t, s)
	groups := []struct {
		name  string
		check func(*testing.T, *clients)
	}{
		{"version", checkVersion},
		{"discovery", checkDiscovery},
		{"list", checkList},
		{"paging", checkPaging},
		{"tables", checkTables},
		{"selectors", checkSelectors},
		{"versions", checkVersions},
		{"encodings", checkEncodings},
		{"watch", checkWatch},
		{"watchlist", checkWatchList},
		{"expired", checkExpired},
		{"informers", checkInformers},
		{"patch", checkPatch},
		{"scale", checkScale},
		{"rollout", checkRollout},
		{"dryrun", checkDryRun},
		{"validation", checkValidation},
		{"reviews", checkReviews},
		{"refusals", checkRefusals},
		{"events", checkEvents},
		{"logs", checkLogs},
		{"proxy", checkProxy},
		{"create", checkCreate},
		{"objects", checkObjects},
		{"writes", checkWrites},
		{"custom", checkCustom},
		{"shared", checkShared},
		{"evictions", checkEvictions}, // the last: a pod goes, and not every server makes another one
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) { g.check(t, c) })
	}
}

// transport is shared by all clients of a run; plain http answers over it too.
func transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 32
	t.Proxy = nil // the server is on this machine
	return t
}
