package account

import (
	"encoding/json"
	"net/http"
	"strconv"

	"pitwall/fleet"
)

// Bearer is an API that takes one token, bears so many calls, and says no in its own words.
type Bearer struct {
	Clock  fleet.Clock
	Key    string
	Limit  *Limit
	Refuse func(status int) any // the body of a refusal
	Mux    *http.ServeMux
}

func (b *Bearer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", b.Clock.Now().UTC().Format(http.TimeFormat))
	if r.Header.Get("Authorization") != "Bearer "+b.Key {
		b.Say(w, http.StatusUnauthorized, b.Refuse(http.StatusUnauthorized))
		return
	}
	if ok, wait := b.Limit.May(1); !ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
		b.Say(w, http.StatusTooManyRequests, b.Refuse(http.StatusTooManyRequests))
		return
	}
	if _, known := b.Mux.Handler(r); known == "" {
		b.Say(w, http.StatusNotFound, b.Refuse(http.StatusNotFound))
		return
	}
	b.Mux.ServeHTTP(w, r)
}

// Say answers with a body as JSON.
func (b *Bearer) Say(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client hung up
}

// Page cuts what a page number of a given size holds out of a list, and tells whether there is more.
func Page[T any](list []T, number, size int) (page []T, more bool) {
	from := min(max(number-1, 0)*size, len(list))
	to := min(from+size, len(list))
	return list[from:to], to < len(list)
}
