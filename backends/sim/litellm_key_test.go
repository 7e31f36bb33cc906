package sim

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/litellm"
	"pitwall/fleet"
)

// keyRig is the embedded LiteLLM with what reads and changes its keys.
type keyRig struct {
	*testing.T
	f     *Fleet
	clock *fleet.VirtualClock
	read  fleet.KeyReader
	by    fleet.KeyEditor
}

func newKeyRig(t *testing.T, version string) *keyRig {
	t.Helper()
	f, clock := listen(t, Options{LiteLLM: version})
	spec := f.Inventory().Gateways[0]
	deps := fleet.Deps{Clock: clock, Secret: f.Secret}
	read, err := litellm.Connector().NewKeyReader(spec, deps)
	if err != nil {
		t.Fatal(err)
	}
	w, err := litellm.Connector().NewWriter(spec, deps)
	if err != nil {
		t.Fatal(err)
	}
	return &keyRig{t, f, clock, read, w.(fleet.KeyEditor)}
}

func (k *keyRig) holder(ref fleet.KeyRef) fleet.KeyHolder {
	k.Helper()
	h, err := k.read.Holder(k.Context(), ref)
	if err != nil {
		k.Fatal(err)
	}
	return h
}

// ask puts a request with the secret of a key to a replica, and gives status and body.
func (k *keyRig) ask(replica, alias string) (int, string) {
	k.Helper()
	k.passed(time.Second)
	req, err := http.NewRequestWithContext(k.Context(), http.MethodPost, k.f.URL(replica)+"/v1/chat/completions",
		strings.NewReader(`{"model":"no-such-route","messages":[{"role":"user","content":"hi"}]}`))
	if err != nil {
		k.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer sk-"+alias)
	reply, err := http.DefaultClient.Do(req)
	if err != nil {
		k.Fatal(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		k.Fatal(err)
	}
	return reply.StatusCode, string(body)
}

// served is what a request is answered that its key allows: that there is no such route.
func served(status int, body string) bool {
	return status == http.StatusBadRequest && strings.Contains(body, "Invalid model name")
}

func (k *keyRig) passed(d time.Duration) {
	k.Helper()
	if err := k.clock.Advance(k.Context(), d); err != nil {
		k.Fatal(err)
	}
}

func (k *keyRig) edit(e fleet.KeyEdit) {
	k.Helper()
	if err := k.by.EditKey(k.Context(), e); err != nil {
		k.Fatal(err)
	}
	for _, s := range k.by.KeyStands(k.Context(), e) {
		if s.At != fleet.StandsAfter || s.Err != nil || !s.Cached.IsZero() {
			k.Errorf("%s stands %s until %s: %v", s.Replica, s.At, s.Cached, s.Err)
		}
	}
}

func (k *keyRig) everywhere(alias string, want int, says string) {
	k.Helper()
	for _, r := range []string{"gw-1", "gw-2", "gw-3"} {
		status, body := k.ask(r, alias)
		if want == 0 && !served(status, body) || want != 0 && (status != want || !strings.Contains(body, says)) {
			k.Errorf("%s answers %d: %s", r, status, body)
		}
	}
}

// A blocked key, a blocked team and a spent budget are refused at once on every replica, as each version words it, and served again
// when that is taken back.
func TestKeysAreBlockedAndLimitedOnEveryReplicaAtOnce(t *testing.T) {
	for version, over := range map[string]int{"1.81.15": 400, "1.96.0": 429, "1.106.2": 422} {
		t.Run(version, func(t *testing.T) {
			k := newKeyRig(t, version)
			k.everywhere("nightly-eval", 0, "") // it is in every cache now
			h := k.holder(fleet.KeyRef{Alias: "nightly-eval"})
			if h.Owner != "team-platform" || len(h.Routes) != 1 || h.State.Blocked || h.Cached != time.Minute {
				t.Fatalf("the key: %+v", h)
			}
			block := fleet.KeyEdit{Kind: fleet.KeyBlock, Of: h.KeyRef, Before: h.State, After: h.State}
			block.After.Blocked = true
			k.edit(block)
			k.everywhere("nightly-eval", 401, "Key is blocked. Update via `/key/unblock`")
			k.everywhere("search-prod", 0, "")
			if !k.holder(h.KeyRef).State.Blocked {
				t.Error("it is not told as blocked")
			}
			k.edit(block.Inverse())
			k.everywhere("nightly-eval", 0, "")

			team := k.holder(fleet.KeyRef{Team: true, Alias: "support"})
			if team.ID != "team-support" || team.Keys != fleet.Some(1) || !team.Spent.OK {
				t.Fatalf("the team: %+v", team)
			}
			k.everywhere("support-bot", 0, "")
			out := fleet.KeyEdit{Kind: fleet.KeyBlock, Of: team.KeyRef, Before: team.State, After: team.State}
			out.After.Blocked = true
			k.edit(out)
			k.everywhere("support-bot", 401, "Team=team-support is blocked")
			k.edit(out.Inverse())
			k.everywhere("support-bot", 0, "")

			cut := fleet.KeyEdit{Kind: fleet.KeyLimit, Of: team.KeyRef, Before: team.State, After: team.State}
			cut.After.Budget, cut.After.Per = fleet.Some(fleet.NewMoney(decimal.RequireFromString("0.01"), fleet.USD)), "1d"
			cut.After.RPM = fleet.Some[int64](60)
			k.edit(cut)
			k.everywhere("support-bot", over, "Budget has been exceeded! Team=team-support")
			k.edit(cut.Inverse())
			k.everywhere("support-bot", 0, "")

			slow := fleet.KeyEdit{Kind: fleet.KeyLimit, Of: team.KeyRef, Before: team.State, After: team.State}
			slow.After.RPM = fleet.Some[int64](1)
			k.edit(slow)
			for _, r := range []string{"gw-1", "gw-2", "gw-3"} {
				k.ask(r, "support-bot") // which may be the one request of its minute
			}
			k.everywhere("support-bot", 429, "Rate limit exceeded for team: team-support")
			k.edit(slow.Inverse())
			k.everywhere("support-bot", 0, "")
		})
	}
}

// A replica that was not told serves a blocked key on by its cache: for a minute, or in LiteLLM 1.81 for as long as the key is busy.
func TestAReplicaThatIsNotToldGoesByItsCache(t *testing.T) {
	for version, after := range map[string]bool{"1.81.15": true, "1.106.2": false} {
		k := newKeyRig(t, version)
		k.everywhere("nightly-eval", 0, "")
		h := k.holder(fleet.KeyRef{Alias: "nightly-eval"})
		key, err := k.f.Secret(t.Context(), k.f.Inventory().Gateways[0].Auth)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, k.f.URL("gw-1")+"/key/block",
			strings.NewReader(fmt.Sprintf(`{"key":%q}`, h.ID)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+key.Reveal())
		reply, err := http.DefaultClient.Do(req)
		if err != nil || reply.StatusCode != http.StatusOK {
			t.Fatalf("%v %v", reply, err)
		}
		_ = reply.Body.Close()
		if status, _ := k.ask("gw-1", "nightly-eval"); status != 401 {
			t.Errorf("%s: the replica that was told answers %d", version, status)
		}
		if !served(k.ask("gw-2", "nightly-eval")) {
			t.Errorf("%s: the other one refuses at once", version)
		}
		for range 3 {
			k.passed(30 * time.Second)
			k.ask("gw-2", "nightly-eval")
		}
		if got := served(k.ask("gw-2", "nightly-eval")); got != after {
			t.Errorf("%s: a minute and a half later it is served: %v", version, got)
		}
	}
}

func TestWhatIsNoKeyIsNotFound(t *testing.T) {
	k := newKeyRig(t, "")
	for _, ref := range []fleet.KeyRef{{Alias: "gone"}, {ID: strings.Repeat("ab", 32)}, {Team: true, Alias: "gone"}, {Team: true, ID: "gone"}} {
		if _, err := k.read.Holder(t.Context(), ref); fleet.KindOf(err) != fleet.KindNotFound {
			t.Errorf("%+v: %v", ref, err)
		}
	}
	h := k.holder(fleet.KeyRef{Alias: "search-prod"})
	other := fleet.KeyEdit{Kind: fleet.KeyLimit, Of: h.KeyRef, Before: h.State, After: h.State}
	other.Before.RPM, other.After.RPM = fleet.Some[int64](5), fleet.Some[int64](6)
	if err := k.by.EditKey(t.Context(), other); fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "someone else changed it") {
		t.Errorf("a foreign state: %v", err)
	}
}
