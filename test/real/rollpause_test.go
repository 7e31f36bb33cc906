//go:build real

package real_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// waitsForItsAnalysis upgrades a Rollout that has to pass an analysis between the pods of its step and the pause behind it: the
// pods are there at once, and neither the program nor the one that goes on after its death takes the stage for reached.
func (a argo) waitsForItsAnalysis() {
	var asked atomic.Int32
	var good atomic.Bool
	judge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"good": %v}`, good.Load())
	}))
	a.t.Cleanup(judge.Close)
	if err := post(a.t, a.c, strings.TrimSuffix(rolloutsPath, "rollouts")+"analysistemplates", fmt.Sprintf(`{apiVersion: argoproj.io/v1alpha1, kind: AnalysisTemplate,
		metadata: {name: judged}, spec: {metrics: [{name: good, interval: 1s, count: 1000, failureLimit: -1, consecutiveSuccessLimit: 1, successCondition: "result == true",
		provider: {web: {url: %q, jsonPath: "{$.good}"}}}]}}`, judge.URL)); err != nil {
		a.t.Fatal(err)
	}
	a.make(`{"canary": {"steps": [{"setWeight": 50}, {"analysis": {"templates": [{"templateName": "judged"}]}}, {"pause": {}}]}}`, 2)
	s := site{a.c, a.t}
	op, object := s.operator(a.c.Admin), "Rollout/serving/"+a.name
	r := op.start(a.t, confirmed(a.name, "upgrade", object, "--arg", "max-num-seqs=128", "--by-readiness", "--hold", "2s", "--soak", "2s")...)
	c := s.await(op, r, "", "it is written", func(c actions.Change) bool { return c.Step == 1 })

	analysed := func(asks int32) {
		a.t.Helper()
		before := asked.Load()
		until(a.t, time.Minute, "the analysis has been asking for a while", func() bool { return asked.Load() >= before+asks })
		now, at := op.change(a.t, c.ID), a.read(a.ref())
		if at.Updated != 1 || at.UpdatedReady != 1 || at.Traffic.Step != 2 || at.Traffic.Pause != 0 || at.Phase == fleet.RolloutPaused {
			a.t.Fatalf("the analysis runs: %s %s, %+v", at.Phase, at.Why, at.Traffic)
		}
		if verified(now, 1) || now.State.Closed() || r.ended() {
			a.t.Errorf("while the analysis runs the stage is reached: %s, %s", now.State, now.Why)
		}
		says(a.t, r, "stage 1: step 2 of 3, analysis")
	}
	until(a.t, time.Minute, "the analysis asks", func() bool { return asked.Load() > 0 })
	analysed(6) // more seconds than hold and soak take together
	r.signal(a.t, syscall.SIGKILL)
	r.exit(a.t, 10*time.Second)
	r = op.start(a.t, "journal", "resume", string(c.ID), "--write")
	analysed(6)

	good.Store(true)
	if code := r.exit(a.t, time.Minute); code != 0 {
		a.t.Fatalf("exit %d\n%s", code, r.output())
	}
	if at := a.read(a.ref()); at.Phase != fleet.RolloutPaused || at.Traffic.Pause != 3 || at.UpdatedReady != 1 {
		a.t.Errorf("it ended at %s %s, %+v", at.Phase, at.Why, at.Traffic)
	}

	// Promoted since, the version of before goes along the steps again, and its undo ends at the same pause.
	op.must(a.t, 0, confirmed(a.name, "promote", object)...)
	a.at(fleet.RolloutDone, "")
	op.must(a.t, 0, confirmed(a.name, "undo", string(c.ID))...)
	if at := a.at(fleet.RolloutPaused, "step 3 of 3"); at.Traffic.Pause != 3 {
		a.t.Errorf("undone: %+v", at.Traffic)
	}
	op.must(a.t, 0, confirmed(a.name, "promote", object)...)
	a.at(fleet.RolloutDone, "")
	if by := s.runs(a.name); by["256"] != 2 || len(by) != 1 {
		a.t.Errorf("undone, it runs %v", by)
	}
}
