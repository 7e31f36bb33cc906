package drills

import (
	"testing"
	"time"

	"pitwall/fleet"
)

func TestMissedMinutesOfEachSignal(t *testing.T) {
	s := &Scenario{Injects: []Inject{{At: 4 * time.Minute, Channel: ChannelUser, Text: "slow"}, {At: 5 * time.Minute, Misleading: true},
		{At: 9 * time.Minute, Channel: ChannelPeer, Text: "late"}, {At: 40 * time.Minute, Text: "after the end"}}}
	log := &Log{Ended: 20 * time.Minute, Entries: []Entry{{At: time.Minute, Kind: KindMark}, {At: 5 * time.Minute, Kind: KindTell},
		{At: 6 * time.Minute, Kind: KindTheory}}}
	got := signals(s, log, []Signal{{At: 2 * time.Minute, From: fleet.Text("alert"), Text: fleet.Text("err")}})
	if len(got) != 3 || got[0].From.String() != "alert" || got[0].Missed != fleet.Some(4*time.Minute) ||
		got[1].Missed != fleet.Some(2*time.Minute) || got[2].Missed.OK {
		t.Errorf("%+v", got)
	}
}
