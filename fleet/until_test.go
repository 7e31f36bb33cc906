package fleet

import "testing"

func TestWhatAStageWaitsForIsThere(t *testing.T) {
	pods := Rollout{Phase: RolloutMoving, Updated: 2, UpdatedReady: 1}
	with := func(change func(*Rollout)) Rollout {
		r := pods
		change(&r)
		return r
	}
	at := func(phase RolloutPhase, pause int) Rollout {
		return with(func(r *Rollout) { r.Phase, r.Traffic.Pause = phase, pause })
	}
	for _, x := range []struct {
		name  string
		until Until
		r     Rollout
		want  bool
	}{
		{"nothing", Until{}, pods, true},
		{"nothing that was seen", Until{}, at(RolloutUnseen, 0), false},
		{"too few", Until{Updated: 3, Ready: 1}, pods, false},
		{"too few ready", Until{Updated: 2, Ready: 2}, pods, false},
		{"as many", Until{Updated: 2, Ready: 1}, pods, true},
		{"as many of the version before", Until{Updated: 2, Ready: 1}, at(RolloutUnseen, 0), false},
		{"the end", Until{Done: true}, pods, false},
		{"at the end", Until{Done: true}, at(RolloutDone, 0), true},
		{"pods and no pause", Until{Updated: 2, Ready: 1, Paused: 3}, pods, false},
		{"paused by something else", Until{Updated: 2, Ready: 1, Paused: 3}, at(RolloutPaused, 0), false},
		{"an earlier pause", Until{Updated: 2, Ready: 1, Paused: 3}, at(RolloutPaused, 1), false},
		{"its pause", Until{Updated: 2, Ready: 1, Paused: 3}, at(RolloutPaused, 3), true},
		{"its pause, as it was before the write", Until{Updated: 2, Ready: 1, Paused: 3}, at(RolloutUnseen, 3), false},
		{"its pause and too few", Until{Updated: 4, Ready: 4, Paused: 3}, at(RolloutPaused, 3), false},
		{"somebody moved it on", Until{Updated: 2, Ready: 1, Paused: 3}, at(RolloutPaused, 5), true},
		{"somebody promoted it", Until{Updated: 2, Ready: 1, Paused: 3}, at(RolloutDone, 0), true},
		{"the old shares", Until{Updated: 2, Ready: 1, Split: true}, with(func(r *Rollout) { r.Traffic.Unsplit = Text("10 of 50 %") }), false},
		{"the old shares, which it does not wait for", Until{Updated: 2, Ready: 1}, with(func(r *Rollout) { r.Traffic.Unsplit = Text("10 of 50 %") }), true},
		{"its shares", Until{Updated: 2, Ready: 1, Split: true}, pods, true},
	} {
		if got := x.until.Reached(&x.r); got != x.want {
			t.Errorf("%s: %v", x.name, got)
		}
	}
}

func TestWhatIsWaitedForIsSaid(t *testing.T) {
	for until, want := range map[Until]string{
		{}:                                  "",
		{Paused: 1}:                         "until its controller stands at the pause of step 1",
		{Updated: 2, Ready: 1}:              "until 2 of the new version are there and 1 ready",
		{Updated: 2, Ready: 2, Paused: 3}:   "until 2 of the new version are there and 2 ready, and its controller stands at the pause of step 3",
		{Updated: 1, Ready: 1, Split: true}: "until 1 of the new version are there and 1 ready, and the traffic is split as asked",
		{Done: true}:                        "until the roll is over",
		{Updated: 1, Ready: 1, Gone: true}:  "until the pod is gone",
		{Updated: 1, Ready: 1, Done: true}:  "until the roll is over",
	} {
		if got := until.Text().String(); got != want {
			t.Errorf("%+v: %q", until, got)
		}
	}
}
