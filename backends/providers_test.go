package backends

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func credit(left float64) fleet.Limit {
	return fleet.Limit{Kind: fleet.LimitCredit, Max: fleet.Some(100.0), Remaining: fleet.Some(left), At: start}
}

// Credit that runs out is said like any quota; without any the account is of no use.
func TestCreditIsSpokenOf(t *testing.T) {
	for left, want := range map[float64]fleet.State{75: fleet.StateOK, 12: fleet.StateWarn, 0: fleet.StateCrit} {
		b := newBench(t, map[fleet.SourceID]readFunc{"api": func(time.Time) (fleet.Partial, error) {
			return fleet.Partial{Provider: &fleet.ProviderReading{Authorised: fleet.Some(true), Limits: []fleet.Limit{credit(left)},
				Regions: map[fleet.ModelName][]string{"big": {"eu-central-1"}}}}, nil
		}})
		p := b.after(30 * time.Second).Provider("api")
		if p.State != want && want != fleet.StateOK || want == fleet.StateOK && p.State.Rank() >= fleet.StateWarn.Rank() {
			t.Errorf("$%v left: %s %s", left, p.State, p.Why)
		}
		if want != fleet.StateOK && !strings.Contains(p.Why.String(), "credit") {
			t.Errorf("$%v left: %s", left, p.Why)
		}
		if len(p.Regions["big"]) != 1 {
			t.Errorf("the regions of its models are lost: %v", p.Regions)
		}
	}
}

// A quota that a probe read from the account's configuration takes nothing away from what headers measured.
func TestAQuotaWithoutUseKeepsWhatWasMeasured(t *testing.T) {
	passed := fleet.Limit{Kind: fleet.LimitTPM, Remaining: fleet.Some(70.0), At: start}
	quota := fleet.Limit{Kind: fleet.LimitTPM, Max: fleet.Some(100.0)}
	got := joinLimits(fleet.ProviderSpec{}, []fleet.Limit{quota}, []fleet.Limit{passed})
	if len(got) != 1 || got[0].Remaining != passed.Remaining || got[0].Max != quota.Max || !got[0].At.Equal(start) {
		t.Errorf("%+v", got)
	}
	spec := fleet.ProviderSpec{Models: []fleet.ProviderModel{{Limits: []fleet.Limit{{Kind: fleet.LimitTPM, Max: fleet.Some(40.0)}}}}}
	if got := joinLimits(spec, []fleet.Limit{quota}, nil); len(got) != 1 || got[0].Max != quota.Max {
		t.Errorf("%+v", got)
	}
}
