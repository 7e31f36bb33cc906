package seldon

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

var (
	iris  = fleet.ObjectRef{Cluster: "east", Kind: "Model", Namespace: "llm", Name: "iris"}
	trial = fleet.ObjectRef{Cluster: "east", Kind: "Experiment", Namespace: "llm", Name: "trial"}
)

// writers are entries of managedFields: who wrote the spec, and who the status, so long ago.
func writers(spec, status time.Duration) string {
	return fmt.Sprintf(`, managedFields: [{manager: pitwall, operation: Update, time: %q, fieldsV1: {"f:spec": {"f:storageUri": {}}}}, {manager: manager, operation: Update, time: %q, fieldsV1: {"f:metadata": {"f:finalizers": {}}}}, {manager: manager, operation: Update, subresource: status, time: %q, fieldsV1: {"f:status": {}}}]`,
		ago(spec), ago(0), ago(status))
}

func modelText(name, meta, spec, reason, status string) string {
	return fmt.Sprintf(`
metadata: {name: %s, namespace: llm, uid: m-%s, generation: 3%s}
spec: {storageUri: "s3://m/v1", requirements: [sklearn]%s}
status: {replicas: 2, conditions: [{type: ModelReady, status: %q, reason: %s, message: because}, {type: Ready, status: %q}]}`, name, name, meta, spec, status, reason, status)
}

func models(texts ...string) *toyobjects.Cluster {
	c := toyobjects.New()
	for _, text := range texts {
		c.Put(modelKind, text)
	}
	return c
}

// No observed generation is kept: ModelReady stays True from before until the scheduler says something else.
func TestAModelIsDoneOnceItsStatusIsYoungerThanItsSpec(t *testing.T) {
	good := func(meta string) string { return modelText("iris", meta, ", replicas: 2", "ModelAvailable", "True") }
	for _, x := range []struct {
		name, text string
		phase      fleet.RolloutPhase
		why        string
	}{
		{"done", good(writers(time.Hour, time.Minute)), fleet.RolloutDone, ""},
		{"True from before", good(writers(time.Minute, time.Hour)), fleet.RolloutUnseen, "since pitwall wrote it 60s ago; what its status says may be of before"},
		{"in the same second", good(writers(time.Second, time.Second)), fleet.RolloutUnseen, "may be of before"},
		{"in the same second, long ago", good(writers(time.Minute, time.Minute)), fleet.RolloutDone, ""},
		{"no times are kept", good(""), fleet.RolloutUnseen, "said nothing of it yet"},
		{"loads", modelText("iris", writers(time.Hour, time.Minute), "", "ModelProgressing", "False"), fleet.RolloutMoving, "ModelProgressing"},
		{"no room", modelText("iris", writers(time.Hour, time.Minute), "", "ScheduleFailed", "False"), fleet.RolloutStuck, "no server takes it"},
		{"does not load", modelText("iris", writers(time.Hour, time.Minute), "", "ModelFailed", "False"), fleet.RolloutFailed, "could not load it"},
		{"scaled down", modelText("iris", writers(time.Hour, time.Minute), "", "ModelScaledDown", "False"), fleet.RolloutPaused, "scaled down"},
		{"too few", modelText("iris", writers(time.Hour, time.Minute), ", replicas: 3", "ModelAvailable", "True"), fleet.RolloutMoving, "2 of 3 replicas are loaded"},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := look(t, models(x.text), modelKind, iris)
			stands(t, r, x.phase, x.why)
			if (x.phase == fleet.RolloutFailed) != r.Never {
				t.Errorf("never %v", r.Never)
			}
		})
	}
	r := look(t, models(modelText("iris", writers(time.Hour, time.Minute), `, replicas: 2, artifactVersion: 7, server: big`, "ModelAvailable", "True")), modelKind, iris)
	if r.Now.Weights.String() != "s3://m/v1" || r.Now.Revision.String() != "7" || r.Now.Served[0].String() != "iris" || r.Desired != 2 || r.Updated != 2 || !strings.Contains(r.System.String(), "on server big") {
		t.Errorf("%+v", r)
	}
}

func TestWhatIsDoneToAModel(t *testing.T) {
	of := func(spec string) *toyobjects.Cluster {
		return models(modelText("iris", writers(time.Hour, time.Minute), spec, "ModelAvailable", "True"))
	}
	for _, x := range []struct {
		name, spec string
		want       fleet.Want
		writes     string
	}{
		{"model", "", fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://m/v2"}, `/spec/storageUri="s3://m/v2"`},
		{"artifact", "", fleet.Want{Do: fleet.DoUpgrade, Revision: "3"}, `/spec/artifactVersion=3`},
		{"scale", ", replicas: 2", fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}, `scale/spec/replicas=3`},
		{"scale where nothing is said", "", fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}, `/spec/replicas=3`},
		{"trap 15, scale what scales itself", ", replicas: 2, minReplicas: 1, maxReplicas: 4", fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}, `/spec/replicas=3 /spec/minReplicas=3 /spec/maxReplicas=3`},
		{"hold", ", replicas: 2, minReplicas: 1, maxReplicas: 4", fleet.Want{Do: fleet.DoHoldScaler}, `/spec/minReplicas=2 /spec/maxReplicas=2`},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := of(x.spec)
			d, err := draftOf(t, c, modelKind, iris, x.want)
			if err != nil {
				t.Fatal(err)
			}
			if got := sets(d.Stages[0].Writes); got != x.writes || !d.Stages[0].Until.Done || d.Extra != 0 { // no pod comes: its server holds both
				t.Errorf("%s, %+v, %d GPUs more", got, d.Stages[0].Until, d.Extra)
			}
			carry(t, c, modelKind, iris, d)
		})
	}
	for _, x := range []struct {
		want fleet.Want
		kind fleet.Kind
		why  string
	}{
		{fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://m/v1"}, fleet.KindInvalid, "as wanted already"},
		{fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://m/v2", Parts: []fleet.Ratio{0.1}}, fleet.KindUnsupported, "an Experiment with both as candidates"},
		{fleet.Want{Do: fleet.DoUpgrade, Image: "i"}, fleet.KindUnsupported, "change the Server"},
		{fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://m/v2", Surge: fleet.Some(1)}, fleet.KindUnsupported, "leave --surge out"},
		{fleet.Want{Do: fleet.DoUpgrade, Revision: "main"}, fleet.KindInvalid, "a number; main is none"},
		{fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "iris", Weight: 1}}}, fleet.KindUnsupported, "pitwall traffic Experiment/"},
		{fleet.Want{Do: fleet.DoRestart}, fleet.KindUnsupported, "restart the StatefulSet of its server"},
		{fleet.Want{Do: fleet.DoPause}, fleet.KindUnsupported, "undo the change"},
		{fleet.Want{Do: fleet.DoHoldScaler}, fleet.KindInvalid, "nothing scales it"},
		{fleet.Want{Do: fleet.DoFreeScaler}, fleet.KindUnsupported, "undo the change"},
		{fleet.Want{Do: fleet.DoDrain}, fleet.KindUnsupported, "upgraded and scaled"},
	} {
		_, err := draftOf(t, of(", replicas: 2"), modelKind, iris, x.want)
		refused(t, err, x.kind, x.why)
	}
}

func experimentText(meta, spec, ready string) string {
	return fmt.Sprintf(`
metadata: {name: trial, namespace: llm, uid: e1, generation: 2%s}
spec: {%s}
status: {conditions: [{type: ExperimentReady, status: %q, reason: experiment active}, {type: CandidatesReady, status: "True", reason: Candidates ready}, {type: MirrorReady, status: "False", reason: Mirror not ready}]}`, meta, spec, ready)
}

const two = `default: iris, candidates: [{name: iris, weight: 90}, {name: rose, weight: 10}]`

func trials(spec, meta, ready string) *toyobjects.Cluster {
	c := models(modelText("iris", "", "", "ModelAvailable", "True"), modelText("rose", "", "", "ModelAvailable", "True"), modelText("weed", "", "", "ModelFailed", "False"))
	c.Put(experimentKind, experimentText(meta, spec, ready))
	return c
}

func TestHowAnExperimentStands(t *testing.T) {
	seen := writers(time.Hour, time.Minute)
	r := look(t, trials(two, seen, "True"), experimentKind, trial)
	stands(t, r, fleet.RolloutDone, "")
	if r.Traffic.Kind != fleet.TrafficProportional || r.Traffic.Members[1].ID != "rose" || r.Traffic.Members[1].Weight != 10 || !r.Traffic.Members[1].Ready || r.Ready != 2 {
		t.Errorf("%+v", r)
	}
	stands(t, look(t, trials(two, writers(time.Minute, time.Hour), "True"), experimentKind, trial), fleet.RolloutUnseen, "may be of before")
	stands(t, look(t, trials(two, seen, "False"), experimentKind, trial), fleet.RolloutMoving, "ExperimentReady is False")
	stands(t, look(t, trials(two+", mirror: {name: weed, percent: 20}", seen, "True"), experimentKind, trial), fleet.RolloutMoving, "MirrorReady is False")
	c := trials(two, seen, "True")
	c.Denied["models"] = true
	if r = look(t, c, experimentKind, trial); !r.Traffic.Members[0].Ready {
		t.Error("without the right to read Models nothing is known against them")
	}
}

// Trap 11: a merge of a list would leave what is not named out; the whole list is written, and compared with what was read.
func TestTrap11TheWholeListOfCandidatesIsWritten(t *testing.T) {
	three := `default: iris, candidates: [{name: iris, weight: 90}, {name: rose, weight: 10}, {name: weed, weight: 5}]`
	c := trials(three, writers(time.Hour, time.Minute), "True")
	d, err := draftOf(t, c, experimentKind, trial, fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "rose", Weight: 50}, {Member: "weed", Weight: 0}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := sets(d.Stages[0].Writes); got != `/spec/candidates=[{"name":"iris","weight":90},{"name":"rose","weight":50},{"name":"weed","weight":0}]` || !d.Stages[0].Until.Done {
		t.Error(got)
	}
	carry(t, c, experimentKind, trial, d)
	c.Change(experimentKind, trial, "/spec/candidates/0/weight", 80)
	if err := c.Write(t.Context(), d.Stages[0].Writes[0], "", false); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("somebody moved another weight: %v", err)
	}
}

func TestSharesOfAnExperiment(t *testing.T) {
	for _, x := range []struct {
		name, spec string
		want       fleet.Want
		weights    string // or "" for a refusal
		kind       fleet.Kind
		why        string
	}{
		{"advance", two, fleet.Want{Do: fleet.DoAdvance, Parts: []fleet.Ratio{0.3}}, "70 30", "", ""},
		{"promote", two, fleet.Want{Do: fleet.DoPromote}, "0 100", "", ""},
		{"abort", two, fleet.Want{Do: fleet.DoAbandonRoll}, "100 0", "", ""},
		{"a step", two, fleet.Want{Do: fleet.DoAdvance}, "", fleet.KindUnsupported, "no list of steps"},
		{"promote without a default", `candidates: [{name: iris, weight: 90}, {name: rose, weight: 10}]`, fleet.Want{Do: fleet.DoPromote}, "", fleet.KindUnsupported, "is not clear"},
		{"nobody", two, fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "iris", Weight: 0}, {Member: "rose", Weight: 0}}}, "", fleet.KindInvalid, "nobody would answer"},
		{"none", two, fleet.Want{Do: fleet.DoTraffic}, "", fleet.KindInvalid, "there are the candidates iris, rose"},
		{"as they are", two, fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "rose", Weight: 10}}}, "", fleet.KindInvalid, "so already"},
		{"unknown", two, fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "x", Weight: 10}}}, "", fleet.KindInvalid, "no candidate x; there are iris, rose"},
		{"the mirror", two + ", mirror: {name: weed, percent: 20}", fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "weed", Weight: 10}}}, "", fleet.KindUnsupported, "is the mirror"},
		{"not ready", `candidates: [{name: iris, weight: 90}, {name: weed, weight: 0}]`, fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "weed", Weight: 10}}}, "", fleet.KindConflict, "weed is not ready"},
		{"pipelines", `resourceType: pipeline, candidates: [{name: p, weight: 90}, {name: q, weight: 0}]`, fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "q", Weight: 10}}}, "90 10", "", ""},
		{"upgrade", two, fleet.Want{Do: fleet.DoUpgrade, Weights: "x"}, "", fleet.KindUnsupported, "upgrade and scale its Models iris, rose"},
	} {
		t.Run(x.name, func(t *testing.T) {
			d, err := draftOf(t, trials(x.spec, writers(time.Hour, time.Minute), "True"), experimentKind, trial, x.want)
			if x.weights == "" {
				refused(t, err, x.kind, x.why)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			a, b, _ := strings.Cut(x.weights, " ")
			got := sets(d.Stages[0].Writes)
			if !strings.Contains(got, `"weight":`+a+`}`) || !strings.Contains(got, `"weight":`+b+`}`) || strings.Index(got, `"weight":`+a+`}`) > strings.Index(got, `"weight":`+b+`}`) {
				t.Errorf("%s, wanted %s", got, x.weights)
			}
		})
	}
}
