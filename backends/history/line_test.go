package history

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// What is written and read without encoding/json is what it would write and read, also of lines that something spoiled.
func TestLinesAreThoseOfJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	plain := 0
	for range 20000 {
		p := anyPoint(r)
		want, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		got, err := appendLine(nil, &p)
		if err != nil || !bytes.Equal(got, append(want, '\n')) {
			t.Fatalf("wrote %q, %v; JSON is %q", got, err, want)
		}
		if readPlain(want, &Point{}) {
			plain++
		}
		sameAsJSON(t, want)
		sameAsJSON(t, spoilt(r, want))
	}
	if plain < 5000 {
		t.Errorf("only %d of 20000 lines were read without encoding/json", plain)
	}
}

func TestAPointThatJSONCannotHoldIsAnError(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if _, err := appendLine(nil, &Point{At: noon, Key: "a", In: v}); err == nil {
			t.Errorf("%v was written", v)
		}
	}
}

func sameAsJSON(t *testing.T, line []byte) {
	t.Helper()
	var got, want Point
	gotErr, wantErr := readLine(line, &got), json.Unmarshal(line, &want)
	if (gotErr == nil) != (wantErr == nil) || wantErr == nil && !same(got, want) {
		t.Fatalf("%q is read as %+v, %v; JSON reads %+v, %v", line, got, gotErr, want, wantErr)
	}
}

func same(a, b Point) bool {
	at, bt := a.At.Format(time.RFC3339Nano), b.At.Format(time.RFC3339Nano)
	a.At, b.At = time.Time{}, time.Time{}
	return at == bt && a == b
}

func anyPoint(r *rand.Rand) Point {
	texts := []string{"pool/a", "target/chat/own", "provider/openai", "", `q"uote`, "back\\slash", "<&>", "größe", "tab\t", "\u2028", "~ ", "\x7f", "\xff"}
	text := func() string { return texts[r.IntN(len(texts))*(r.IntN(4)/3)] }
	numbers := []float64{0, 1, -1, 0.1, 12.5, 1e-6, 9.99e-7, 1e-9, 1e20, 1e21, 1e300, 5e-324, math.Copysign(0, -1), -2.5e-7, -1e22}
	number := func() float64 {
		if r.IntN(12) > 0 {
			return r.NormFloat64() * 1e4
		}
		return numbers[r.IntN(len(numbers))]
	}
	zones := []*time.Location{time.UTC, time.UTC, time.FixedZone("", 5400)}
	return Point{At: noon.Add(time.Duration(r.Int64N(int64(time.Hour)))).In(zones[r.IntN(3)]).Truncate([]time.Duration{time.Second, 1}[r.IntN(2)]), Key: text(), From: text(),
		Requests: number(), Errors: number(), In: number(), Out: number(), TTFT95: number(), Share: number(), Within: r.IntN(2) == 0}
}

// spoilt changes a few bytes of a line, or cuts or doubles a part of it.
func spoilt(r *rand.Rand, line []byte) []byte {
	out := bytes.Clone(line)
	const letters = `{}",:.-+eE0123456789 \u` + "\x00\x7f\xffT Zok"
	for range 1 + r.IntN(2) {
		at := r.IntN(len(out))
		switch r.IntN(4) {
		case 0:
			out = out[:at+1]
		case 1:
			out = append(out[:at], out[min(len(out), at+1+r.IntN(3)):]...)
		case 2:
			out = append(out[:at:at], append([]byte{letters[r.IntN(len(letters))]}, out[at:]...)...)
		default:
			out[at] = letters[r.IntN(len(letters))]
		}
		if len(out) == 0 {
			break
		}
	}
	return out
}
