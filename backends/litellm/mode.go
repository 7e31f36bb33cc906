package litellm

import (
	"errors"

	"pitwall/fleet"
)

// readiness is what GET /health/readiness says: everything up to 1.81, only status and db since;
// the rest moved behind a key to /health/readiness/details.
type readiness struct {
	Status  string `json:"status"`
	DB      string `json:"db"`
	Version string `json:"litellm_version"`
}

// The words of readiness for the database ("stalled" and "disconnected" since 1.10x come with status 503).
const (
	dbNone      = "Not connected"
	dbConnected = "connected"
)

// check refuses an answer that is JSON, but not that of a readiness probe.
func (r readiness) check() error {
	if r.Status == "" && r.DB == "" {
		return errors.New("the answer has neither a status nor a database")
	}
	return nil
}

// detectMode says what can change routing at run time, with the evidence. The switch store_model_in_db is
// not shown by any call that is free of side effects; a model that came from the database proves it, and a
// model that did not cannot be changed by API whatever the switch says.
func detectMode(r readiness, ds []deployment) (fleet.GatewayMode, fleet.Safe) {
	fromDB := 0
	for _, d := range ds {
		if d.fromDB {
			fromDB++
		}
	}
	counted := fleet.Textf("%s of %s models come from the database", fleet.Int(fromDB), fleet.Int(len(ds)))
	switch {
	case r.DB == dbNone:
		return fleet.GatewayModeFile, fleet.Text("readiness says that there is no database: routing is in the config file")
	case fromDB > 0 && r.DB == dbConnected:
		return fleet.GatewayModeDatabase, fleet.Concat(fleet.Text("readiness says database connected; "), counted)
	case fromDB > 0:
		return fleet.GatewayModeDatabase, fleet.Concat(counted,
			fleet.Text("; readiness does not say that it is connected, so changes may fail: "), fleet.Label(orNothing(r.DB)))
	case r.DB == dbConnected && len(ds) > 0:
		return fleet.GatewayModeDBReads, fleet.Concat(fleet.Text("readiness says database connected, but "), counted)
	case r.DB == dbConnected:
		return fleet.GatewayModeUnknown, fleet.Text("readiness says database connected, but no model is loaded")
	default:
		return fleet.GatewayModeUnknown, fleet.Concat(
			fleet.Text("no model comes from a database, and readiness says of the database: "), fleet.Label(orNothing(r.DB)))
	}
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}
