package gpupage

import (
	"errors"
	"testing"
	"time"

	"pitwall/fleet"
)

func TestAddressesCompareWithKernelLogs(t *testing.T) {
	for raw, want := range map[string]string{
		"00000000:1B:00.0": "0000:1b:00", "0000:1b:00": "0000:1b:00", "00010000:3D:00.0": "10000:3d:00",
		"00000009:01:00.0": "0009:01:00", "": "", "?": "?",
	} {
		if got := NormalPCI(raw); got != want {
			t.Errorf("%q becomes %q, want %q", raw, got, want)
		}
	}
}

func TestNumbersThatCannotBeWhatTheyName(t *testing.T) {
	for v, ok := range map[float64]bool{0: true, 79: true, -1: false, 1.5: false, 1 << 20: false, 1e300: false} {
		if got := Code(v); got.OK != ok {
			t.Errorf("code %v: %v", v, got)
		}
	}
	if Bits(-1).OK || Bits(1<<53).OK || Bits(0xE8) != fleet.Some(uint64(0xE8)) {
		t.Error("bit masks")
	}
	if Time(0).OK || Time(-5).OK || Time(1e18).OK {
		t.Error("a time that is none was read")
	}
	if got := Time(1751475457.25); got.V != time.Unix(1751475457, 250e6).UTC() {
		t.Errorf("time: %v", got)
	}
}

type saying struct{ err error }

func (s saying) Decode([]byte) ([]fleet.GPUReading, []fleet.Notice, error) { return nil, nil, s.err }
func (saying) Foreign() error                                              { return errors.New("nothing of mine") }

func TestAPageOfSomethingElseIsInvalid(t *testing.T) {
	for err, want := range map[error]fleet.Kind{
		nil: fleet.KindInvalid, errors.New("bad"): fleet.KindInvalid, &fleet.Error{Kind: fleet.KindServer}: fleet.KindServer,
	} {
		_, got := NewDecoder(func() Page { return saying{err} })().Decode(nil)
		if fleet.KindOf(got) != want {
			t.Errorf("%v becomes %v", err, got)
		}
	}
}
