package ratelimits

import (
	"net/http"

	"pitwall/fleet"
)

// Amount is the first of the named headers that holds a number of at least zero.
func Amount(h http.Header, names ...string) fleet.Maybe[float64] { return amount(h, names...) }
