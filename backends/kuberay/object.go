package kuberay

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/podstate"
	"pitwall/fleet"
)

// Marks of KubeRay.
const (
	clusterLabel = "ray.io/cluster"
	typeLabel    = "ray.io/node-type"
	releaseMark  = "ray.io/kuberay-version" // of the operator that wrote a RayCluster last
	timeoutMark  = "ray.io/initializing-timeout"
	restartMark  = "kubectl.kubernetes.io/restartedAt"
)

// Names of KubeRay, of its upgrades and of Ray Serve's applications.
const (
	incremental = "NewClusterWithIncrementalUpgrade"
	noUpgrade   = "None"
	ours        = "ray.io/kuberay-operator"

	running      = "RUNNING"
	deployFailed = "DEPLOY_FAILED"
	unhealthy    = "UNHEALTHY"
)

// object holds the fields of a RayService that are read (v1.7).
type object struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Config   string `json:"serveConfigV2"`
		Managed  string `json:"managedBy"`
		Suspend  bool   `json:"suspend"`
		Strategy struct {
			Type    string `json:"type"`
			Options struct {
				Surge    *int `json:"maxSurgePercent"`
				Step     int  `json:"stepSizePercent"`
				Interval int  `json:"intervalSeconds"`
			} `json:"clusterUpgradeOptions"`
		} `json:"upgradeStrategy"`
		Cluster struct {
			Autoscaling bool          `json:"enableInTreeAutoscaling"`
			Workers     []workerGroup `json:"workerGroupSpecs"`
		} `json:"rayClusterConfig"`
	} `json:"spec"`
	Status struct {
		Observed   int64              `json:"observedGeneration"`
		Updated    metav1.Time        `json:"lastUpdateTime"`
		Endpoints  int                `json:"numServeEndpoints"`
		Conditions []metav1.Condition `json:"conditions"`
		Active     side               `json:"activeServiceStatus"`
		Pending    side               `json:"pendingServiceStatus"`
	} `json:"status"`
}

type workerGroup struct {
	Name     string `json:"groupName"`
	Replicas *int   `json:"replicas"`
	Min      int    `json:"minReplicas"`
	Max      *int   `json:"maxReplicas"`
	Hosts    int    `json:"numOfHosts"`
	Suspend  bool   `json:"suspend"`
}

// pods is how many the group should have, as KubeRay counts.
func (g *workerGroup) pods() int {
	if g.Suspend {
		return 0
	}
	n := g.Min
	if g.Replicas != nil {
		n = max(*g.Replicas, g.Min)
	}
	if g.Max != nil {
		n = min(n, *g.Max)
	}
	return max(n, 0) * max(g.Hosts, 1)
}

// side is one of the two clusters of a RayService, as its status knows it.
type side struct {
	Name         string         `json:"rayClusterName"`
	Applications map[string]app `json:"applicationStatuses"`
	Capacity     *int           `json:"targetCapacity"`
	Share        *int           `json:"trafficRoutedPercent"`
	Moved        metav1.Time    `json:"lastTrafficMigratedTime"`
	Cluster      struct {
		Conditions []metav1.Condition `json:"conditions"`
	} `json:"rayClusterStatus"`
}

type app struct {
	Status      string `json:"status"`
	Message     string `json:"message"`
	Deployments map[string]struct {
		Status  string `json:"status"`
		Message string `json:"message"`
	} `json:"serveDeploymentStatuses"`
}

func (o *object) condition(typ string) metav1.Condition { return conditionOf(o.Status.Conditions, typ) }

func conditionOf(list []metav1.Condition, typ string) metav1.Condition {
	for i := range list {
		if list[i].Type == typ {
			return list[i]
		}
	}
	return metav1.Condition{Type: typ}
}

func (o *object) is(typ string) bool { return o.condition(typ).Status == metav1.ConditionTrue }

func said(c metav1.Condition) fleet.Safe {
	return fleet.Textf("%s is %s: %s", fleet.Quote(c.Type), fleet.Quote(string(c.Status)),
		podstate.Because(c.Reason, podstate.Clip(c.Message, 300)))
}

// frozen is why edits of the spec do nothing.
func (o *object) frozen() fleet.Safe {
	if by := o.Spec.Managed; by != "" && by != ours {
		return fleet.Textf("managedBy is %s: the KubeRay of this cluster leaves it alone", fleet.Quote(by))
	}
	return fleet.Safe{}
}

// byParts tells an upgrade that moves traffic in steps. Where its feature is off, KubeRay ignores changes of the cluster.
func (o *object) byParts() bool { return o.Spec.Strategy.Type == incremental }

// changed is when its spec was last written, as the API server noted; the zero time where that is not known.
func (o *object) changed() time.Time {
	var last time.Time
	for i := range o.ManagedFields {
		if m := &o.ManagedFields[i]; m.Subresource == "" && m.Time != nil && m.Time.After(last) {
			last = m.Time.UTC()
		}
	}
	return last
}

// percent is a share that may not be said.
func percent(n *int) fleet.Safe {
	if n == nil {
		return fleet.Text("an unknown share")
	}
	return fleet.Textf("%s %%", fleet.Int(*n))
}
