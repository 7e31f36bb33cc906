package kubesuite

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const tableType = "application/json;as=Table;v=v1;g=meta.k8s.io"

// checkTables asks for lists as kubectl shows them.
func checkTables(t *testing.T, c *clients) {
	if !c.Can.Tables {
		t.Skip("this server shows no tables")
	}
	t.Run("columns", c.columns)
	t.Run("rows", c.rows)
	t.Run("one object", func(t *testing.T) {
		table := c.table(t, c.deploymentPath())
		if len(table.Rows) != 1 || table.Rows[0].Cells[0] != c.Deployment || table.ResourceVersion == "" {
			t.Errorf("%+v", table)
		}
	})
	t.Run("a refusal is no table", func(t *testing.T) {
		c.ask(t, request{Path: c.podsPath() + "/there-is-no-such", Token: c.Tokens.Admin, Accept: tableType}).
			refusal(t, http.StatusNotFound, metav1.StatusReasonNotFound, "not found")
	})
	t.Run("pages", func(t *testing.T) {
		first := c.table(t, c.podsPath()+"?limit=1")
		if len(first.Rows) != 1 || first.Continue == "" {
			t.Fatalf("%d rows, continue %q", len(first.Rows), first.Continue)
		}
		next := c.table(t, c.podsPath()+"?limit=1&continue="+first.Continue)
		if len(next.Rows) != 1 || next.Rows[0].Cells[0] == first.Rows[0].Cells[0] {
			t.Errorf("the second page holds %v after %v", next.Rows, first.Rows)
		}
	})
}

// columnsOf are the columns of each kind; those with a "+" are shown on demand only.
var columnsOf = map[string]string{
	"/api/v1/pods":       "Name|Ready|Status|Restarts|Age|+IP|+Node|+Nominated Node|+Readiness Gates",
	"/api/v1/nodes":      "Name|Status|Roles|Age|Version|+Internal-IP|+External-IP|+OS-Image|+Kernel-Version|+Container-Runtime",
	"/api/v1/namespaces": "Name|Status|Age",
	"/api/v1/services":   "Name|Type|Cluster-IP|External-IP|Port(s)|Age|+Selector",
	"/api/v1/events": "Last Seen|Type|Reason|Object|+Subobject|+Source|Message|+First Seen|+Count|" +
		"+Name",
	"/apis/apps/v1/deployments":  "Name|Ready|Up-to-date|Available|Age|+Containers|+Images|+Selector",
	"/apis/apps/v1/replicasets":  "Name|Desired|Current|Ready|Age|+Containers|+Images|+Selector",
	"/apis/apps/v1/statefulsets": "Name|Ready|Age|+Containers|+Images",
	"/apis/apps/v1/daemonsets": "Name|Desired|Current|Ready|Up-to-date|Available|Node Selector|Age|+Containers|+Images|" +
		"+Selector",
	"/apis/apps/v1/controllerrevisions":             "Name|Controller|Revision|Age",
	"/apis/autoscaling/v2/horizontalpodautoscalers": "Name|Reference|Targets|MinPods|MaxPods|Replicas|Age",
	"/apis/policy/v1/poddisruptionbudgets":          "Name|Min Available|Max Unavailable|Allowed Disruptions|Age",
	"/apis/batch/v1/jobs":                           "Name|Status|Completions|Duration|Age|+Containers|+Images|+Selector",
	"/apis/coordination.k8s.io/v1/leases":           "Name|Holder|Age",
}

func (c *clients) columns(t *testing.T) {
	for path, want := range columnsOf {
		var names []string
		for _, col := range c.table(t, path).ColumnDefinitions {
			if col.Priority > 0 {
				col.Name = "+" + col.Name
			}
			names = append(names, col.Name)
		}
		if got := strings.Join(names, "|"); got != want {
			t.Errorf("%s has the columns\n%s, not\n%s", path, got, want)
		}
	}
}

// rows compares what the rows of the Deployment and its pods say with the objects.
func (c *clients) rows(t *testing.T) {
	table := c.table(t, c.podsPath()+"?labelSelector=app%3D"+c.Deployment)
	var listed []string
	for _, row := range table.Rows {
		var part metav1.PartialObjectMetadata
		answer{Body: row.Object.Raw}.read(t, &part)
		name, ok := row.Cells[0].(string)
		if !ok || part.Kind != "PartialObjectMetadata" || part.Name != name || len(row.Cells) != len(table.ColumnDefinitions) {
			t.Errorf("%v of %s %s", row.Cells, part.Kind, part.Name)
		}
		if row.Cells[1] != "1/1" || row.Cells[2] != "Running" {
			t.Errorf("%v", row.Cells)
		}
		listed = append(listed, name)
	}
	slices.Sort(listed)
	if want := names(c.pods(t, "?labelSelector=app%3D"+c.Deployment)); !slices.Equal(listed, want) {
		t.Errorf("rows of %v, objects %v", listed, want)
	}
}

// table reads a list, or one object, as a table.
func (c *clients) table(t *testing.T, path string) metav1.Table {
	t.Helper()
	var table metav1.Table
	c.ask(t, request{Path: path, Token: c.Tokens.Admin, Accept: tableType}).want(t, http.StatusOK).read(t, &table)
	if table.Kind != "Table" || table.APIVersion != "meta.k8s.io/v1" {
		t.Errorf("%s answers %s %s", path, table.APIVersion, table.Kind)
	}
	return table
}
