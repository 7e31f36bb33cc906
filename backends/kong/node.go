package kong

import (
	"context"
	"net/http"

	"pitwall/fleet"
)

// node is what GET / tells of the node that answers. Other fields of it are not looked at.
type node struct {
	Version       string `json:"version"`
	Configuration struct {
		Database string `json:"database"`
		Role     string `json:"role"`
	} `json:"configuration"`
	known bool
}

// The words of a node's configuration.
const (
	databaseOff  = "off"
	controlPlane = "control_plane"
	dataPlane    = "data_plane"
)

// node asks what the node is. A token that may not ask leaves it unknown.
func (a *api) node(ctx context.Context) (node, error) {
	reply, err := a.client.Do(ctx, http.MethodGet, "/", nil)
	switch fleet.KindOf(err) {
	case "":
	case fleet.KindAuth, fleet.KindNotFound, fleet.KindUnsupported:
		return node{}, nil
	default:
		return node{}, err
	}
	var n node
	if err := reply.JSON(&n); err != nil {
		return node{}, err
	}
	n.known = n.Configuration.Database != "" || n.Configuration.Role != ""
	return n, nil
}

// mode is where the node's configuration is kept, with the evidence.
func (n node) mode() (fleet.GatewayMode, fleet.Safe) {
	c := n.Configuration
	switch {
	case !n.known:
		return fleet.GatewayModeUnknown, fleet.Text("GET / does not tell this token where the configuration is kept")
	case c.Role == dataPlane:
		return fleet.GatewayModeNone, fleet.Text("it is a data plane: its configuration comes from its control plane, whose Admin API changes it")
	case c.Database == databaseOff:
		return fleet.GatewayModeNone, fleet.Text("its database is off: change its declarative file and load it again")
	case c.Role == controlPlane:
		return fleet.GatewayModeDatabase, fleet.Concat(fleet.Text("it is a control plane with database "), fleet.Label(c.Database))
	}
	return fleet.GatewayModeDatabase, fleet.Concat(fleet.Text("its database is "), fleet.Label(c.Database))
}

// fixed is why nothing can be changed at this node, with what can be done instead.
func (n node) fixed() fleet.Safe {
	switch c := n.Configuration; {
	case c.Role == dataPlane:
		return fleet.Text("this is a data plane, which changes nothing by itself; name the Admin API of its control plane as the url")
	case c.Database == databaseOff:
		return fleet.Text("Kong runs here without a database: POST /config replaces its whole configuration, keys of all targets " +
			"included; change the weights in the file that it is loaded from, and load that")
	}
	return fleet.Safe{}
}
