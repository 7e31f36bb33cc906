package fleet

import (
	"encoding/json"
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestSameJSON(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"1", "1.0", true}, {"100", "1e2", true}, {"0.5", "5e-1", true}, {"-0", "0", true}, {"0e5", "0", true}, {"1", "-1", false},
		{"9007199254740993", "9007199254740992", false}, {"1e999999999", "1e999999999", true}, {"1e999999999", "1e999999998", false},
		{`{"a":1,"b":[2,3]}`, ` { "b" : [2.0, 3], "a":1 } `, true}, {`{"a":1,"b":null}`, `{"a":1}`, true}, {`{"a":1}`, `{"c":null,"a":1}`, true},
		{`{"a":1}`, `{"a":1,"b":false}`, false}, {"[1,2]", "[2,1]", false}, {"[1,null]", "[1]", false}, {`"1"`, "1", false},
		{"null", "", true}, {"", "", true}, {"null", "0", false}, {"", `""`, false}, {`"a\u003cb"`, `"a<b"`, true}, {"true", "true", true},
		{"{", "{", false}, {"[]", "{}", false},
	} {
		if got := JSON(c.a).Equal(JSON(c.b)); got != c.same {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
		if got := JSON(c.b).Equal(JSON(c.a)); got != c.same {
			t.Errorf("%s and %s: %v", c.b, c.a, got)
		}
	}
}

func TestNumbersAreComparedByValue(t *testing.T) {
	number := rapid.Custom(func(t *rapid.T) string {
		s := rapid.SampledFrom([]string{"", "-"}).Draw(t, "sign") + fmt.Sprint(rapid.IntRange(0, 1200).Draw(t, "whole"))
		if rapid.Bool().Draw(t, "part") {
			s += fmt.Sprintf(".%0*d", rapid.IntRange(1, 4).Draw(t, "width"), rapid.IntRange(0, 9).Draw(t, "digits"))
		}
		if rapid.Bool().Draw(t, "power") {
			s += fmt.Sprintf("e%+d", rapid.IntRange(-3, 3).Draw(t, "exponent"))
		}
		return s
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		x, _ := new(big.Rat).SetString(a)
		y, _ := new(big.Rat).SetString(b)
		if !json.Valid([]byte(a)) || JSON(a).Equal(JSON(b)) != (x.Cmp(y) == 0) {
			t.Fatalf("%s and %s", a, b)
		}
		if z := x.FloatString(12); !JSON(a).Equal(JSON(z)) {
			t.Fatalf("%s and %s", a, z)
		}
	})
}
