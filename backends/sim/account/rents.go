package account

import (
	"time"

	"pitwall/fleet"
)

// Rents configures an account that only rents machines out: one source, and the account that it fills. Both are called as the
// connector is.
func Rents(at Endpoint, kind, path, secret string, every time.Duration, options map[string]string,
) ([]fleet.SourceSpec, []fleet.AccountSpec, error) {
	return []fleet.SourceSpec{{ID: fleet.SourceID(kind), Kind: kind, URL: at.URL + path, Interval: every, Timeout: 20 * time.Second,
			Auth: fleet.SecretRef{Env: secret}, Subject: fleet.Subject{Account: fleet.AccountID(kind)}, Options: options}},
		[]fleet.AccountSpec{{ID: fleet.AccountID(kind), Kind: kind, Site: at.Site}}, nil
}
