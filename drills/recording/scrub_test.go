package recording

import (
	"bytes"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"pitwall/fleet"
)

// canary fills every text of a value with a name of its own, and makes lists and pointers that have none.
func canary(v reflect.Value, n *int, depth int) {
	switch kindOf(v.Type()) {
	case kindText:
		if class(v.Type()) != "" {
			*n++
			v.SetString("canary" + strconv.Itoa(*n))
		}
	case kindSafe:
		*n++
		*safeAt(v) = fleet.Label("canary" + strconv.Itoa(*n))
	case kindStruct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				canary(v.Field(i), n, depth)
			}
		}
	case kindMaybe:
		v.Field(1).SetBool(true)
		canary(v.Field(0), n, depth)
	case kindPointer:
		if v.IsNil() && depth < 8 {
			v.Set(reflect.New(v.Type().Elem()))
			canary(v.Elem(), n, depth+1)
		}
	case kindList:
		if depth < 8 {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			canary(v.Index(0), n, depth+1)
			canary(v.Index(1), n, depth+1)
		}
	case kindMap:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		canary(key, n, depth+1)
		canary(value, n, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	}
}

// No name, key, tenant or text of the site is in an export, not even compressed; what is the same stays the same, and figures stay.
func TestAnExportHasNoNames(t *testing.T) {
	w, path := create(t)
	m := newMoving(2)
	full := *m.snap
	n := 0
	canary(reflect.ValueOf(&full).Elem(), &n, 0)
	full.At = m.snap.At
	full.Totals.Load.Requests = fleet.Some(fleet.Rate(123))
	full.Pools[0].Spec.ID, full.Routes[0].Targets[0].Spec.Pool = "canary-pool", "canary-pool"
	full.Pools[0].State = fleet.StateDrift
	if n < 300 {
		t.Fatalf("only %d texts were filled", n)
	}
	if err := w.Note(Note{At: full.At, Kind: NoteKey, By: "canary-ann", Text: fleet.Text("canary note"), Data: "canary data"}); err != nil {
		t.Fatal(err)
	}
	for range 40 {
		kept, next := full, full
		keep(t, w, &kept)
		next.At = next.At.Add(time.Second)
		next.Totals.Load.Requests.V++
		full = next
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	from := open(t, path)
	to := filepath.Join(t.TempDir(), "export")
	if err := Scrub(from, to); err != nil {
		t.Fatal(err)
	}
	f := open(t, to)
	for i := range f.chunks {
		in, err := f.read(i, streamForm, streamNumbers, streamTexts, streamPoints, streamNotes)
		if err != nil {
			t.Fatal(err)
		}
		for j := range streams {
			if bytes.Contains(in[j].b, []byte("canary")) {
				t.Fatalf("stream %d of chunk %d has names of the site", j, i)
			}
		}
	}
	var texts int
	for at, want := f.First(), 123.0; !at.After(f.Last()); at, want = at.Add(time.Second), want+1 {
		s, err := f.At(at)
		if err != nil || math.Abs(float64(s.Totals.Load.Requests.V)-want) > 0.1 {
			t.Fatalf("%v: %v, want %v, %v", at, s.Totals.Load.Requests.V, want, err)
		}
		if s.Pools[0].Spec.ID == "" || s.Pools[0].Spec.ID != s.Routes[0].Targets[0].Spec.Pool || s.Pools[0].State != fleet.StateDrift {
			t.Fatalf("pool %q, target of %q, %s", s.Pools[0].Spec.ID, s.Routes[0].Targets[0].Spec.Pool, s.Pools[0].State)
		}
		texts++
	}
	if texts != 40 || !f.First().Equal(scrubbedBegin) {
		t.Errorf("%d snapshots from %v", texts, f.First())
	}
	notes, err := f.Notes(time.Time{}, f.Last().Add(time.Hour))
	if err != nil || len(notes) != 1 || notes[0].Kind != NoteKey || notes[0].Data != "" || !notes[0].At.Equal(f.First()) {
		t.Errorf("notes: %+v %v", notes, err)
	}
}

// A new type of text must be said to be a name or a word of pitwall's own.
func TestWordsThatStay(t *testing.T) {
	d := describer{at: map[reflect.Type]int{}}
	d.place(reflect.TypeFor[fleet.Snapshot]())
	var stay []string
	for typ := range d.at {
		if kindOf(typ) == kindText && class(typ) == "" {
			stay = append(stay, typ.Name())
		}
	}
	slices.Sort(stay)
	want := []string{"About", "CountedBy", "EditKind", "Env", "FallbackKind", "GatewayMode", "HealthKind", "Impact", "Kind", "Level",
		"LimitKind", "LintRule", "MachineState", "Mode", "Pattern", "PolicyVerdict", "Pricing", "ProbeAsk", "SpendBy", "State", "Stream",
		"UsageKind", "Weighing"}
	if !slices.Equal(stay, want) {
		t.Errorf("words of these types stay in exports: %v", stay)
	}
}

// All snapshots are gone through, once each, whatever lies between them.
func TestEachSnapshot(t *testing.T) {
	w, path := create(t)
	m := newMoving(1)
	rng := rand.New(rand.NewPCG(5, 5))
	var want []int64
	for range 100 {
		s := *m.next()
		s.At = s.At.Add(time.Duration(rng.IntN(9)) * time.Second)
		m.snap = &s
		keep(t, w, &s)
		want = append(want, s.At.UnixMilli())
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var got []int64
	if err := open(t, path).each(func(s *fleet.Snapshot, _ time.Time) error {
		got = append(got, s.At.UnixMilli())
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d snapshots, want %d", len(got), len(want))
	}
}
