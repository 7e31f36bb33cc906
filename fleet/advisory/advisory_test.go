package advisory

import (
	"strings"
	"testing"
)

func TestTheCompiledInPackIsReadable(t *testing.T) {
	p, err := Read(embedded)
	if err != nil {
		t.Fatal(err)
	}
	if Embedded().AsOf.IsZero() || len(p.Products) < 5 || len(p.CUDA) < 15 {
		t.Errorf("as of %v, %d products, %d releases of CUDA", p.AsOf, len(p.Products), len(p.CUDA))
	}
	for _, r := range p.Runtimes {
		if f := p.Against(r.Product, r.From); !f.Listed {
			t.Errorf("runtime of %s, which is no product", r.Product)
		}
		if fit := p.Fits(r.CUDA, "999.1.1", false); fit.Is == FitUnknown {
			t.Errorf("%s %s is built on CUDA %s, which is not listed", r.Product, r.From, r.CUDA)
		}
	}
}

func TestReadIsStrict(t *testing.T) {
	good := `{"asOf": "2026-08-18", "products": [{"name": "x", "source": "s", "asOf": "2026-08-18", "known": [` +
		`{"ids": ["C"], "in": "b", "fixed": "1.2", "cvss": 7}]}], "drivers": [{"bulletin": "1", "date": "2026-08-18", "branch": 580, "fixed": "580.1.1"}]}`
	if _, err := Read([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string][2]string{
		"no date":           {`"asOf": "2026-08-18", "products"`, `"products"`},
		"unknown key":       {`"products"`, `"producks"`},
		"odd date":          {"2026-08-18", "18.8.2026"},
		"score":             {`"cvss": 7`, `"cvss": 70`},
		"fixed":             {`"1.2"`, `"soon"`},
		"branch":            {`"branch": 580`, `"branch": 570`},
		"a second document": {`}]}`, `}]}{}`},
	} {
		if _, err := Read([]byte(strings.Replace(good, edit[0], edit[1], 1) + map[bool]string{true: "{}"}[name == "a second document"])); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}

func TestVersionsAreOrdered(t *testing.T) {
	rising := []string{"0.5.4", "v0.5.4.post1", "0.5.10", "0.10.1", "0.10.1.1", "v0.11.0rc1", "0.11.0rc2", "v0.11", "1.2", "1.2.1", "1.3.0rc14",
		"v1.3.0 rc15", "1.3.0", "24.04", "r26.02", "26.06", "535.309.01(vGPU 16.14)", "580.95.05", "580.126.09", "595.58.03", "595.71.5"}
	for i, a := range rising {
		for j, b := range rising {
			v, ok := Parse(a)
			w, also := Parse(b)
			if got := v.Compare(w); !ok || !also || got < 0 != (i < j) || got == 0 != (i == j) {
				t.Errorf("%s against %s is %d", a, b, got)
			}
		}
	}
	for _, text := range []string{"", "latest", "v", "-1", ".5"} {
		if v, ok := Parse(text); ok {
			t.Errorf("%q is %+v", text, v)
		}
	}
	if a, _ := Parse("0.11"); func() int { b, _ := Parse("0.11.0"); return a.Compare(b) }() != 0 {
		t.Error("0.11 is not 0.11.0")
	}
}

func TestImages(t *testing.T) {
	p := Embedded()
	for reference, want := range map[string]Image{
		"vllm/vllm-openai:v0.11.0":                               {Product: "vllm", Release: "0.11.0"},
		"vllm/vllm-openai:v0.12.0-cu130":                         {Product: "vllm", Release: "0.12.0", CUDA: "13.0"},
		"registry.corp:5000/ml/vllm-openai:v0.11.0rc2@sha256:00": {Product: "vllm", Release: "0.11.0rc2", Pinned: true},
		"vllm/vllm-openai@sha256:00":                             {Product: "vllm", Pinned: true},
		"vllm/vllm-openai:latest":                                {Product: "vllm"},
		"lmsysorg/sglang:v0.5.4.post1-cu126":                     {Product: "sglang", Release: "0.5.4.post1", CUDA: "12.6"},
		"nvcr.io/nvidia/tritonserver:25.08-trtllm-python-py3":    {Product: "triton", Release: "25.08"},
		"nvcr.io/nvidia/tensorrt-llm/release:1.2.0rc5":           {Product: "tensorrt-llm", Release: "1.2.0rc5"},
		"nvcr.io/nvidia/ai-dynamo/vllm-runtime:1.1.0":            {Product: "dynamo", Release: "1.1.0"},
		"ghcr.io/ggml-org/llama.cpp:server-cuda12.8":             {CUDA: "12.8"},
		"corp/engine:3.2.1-cu12":                                 {Release: "3.2.1", CUDA: "12"},
		"localhost:5000/x":                                       {},
		"":                                                       {},
	} {
		if got := p.Image(reference); got != want {
			t.Errorf("%s: %+v, want %+v", reference, got, want)
		}
	}
}

// The algorithm of the branch rule: within the branch, by the newest bulletin alone.
func TestDriversAreComparedWithinTheirBranch(t *testing.T) {
	p := Embedded()
	for version, want := range map[string]Fix{
		"580.159.03": FixAtLeast, "580.159.3": FixAtLeast, "580.126.09": FixBelow, "595.58.03": FixBelow, "595.71.05": FixAtLeast,
		"535.309.01(vGPU 16.14)": FixAtLeast,
		"570.211.01":             FixNoBranch, // fixed by the bulletin before, and absent from the newest one
		"590.48.01":              FixNoBranch, "525.147.05": FixNoBranch, "610.43.02": FixNewer, "": FixUnknown, "unknown": FixUnknown, "580": FixUnknown,
	} {
		if got := p.Driver(version); got.Is != want {
			t.Errorf("%s is %q, want %q", version, got.Is, want)
		}
	}
	if got := p.Driver("580.126.09"); got.Fixed != "580.159.03" || got.Bulletin != "5821" || got.CVSS != 8.8 || got.Date.IsZero() {
		t.Errorf("%+v", got)
	}
	if got := (&Pack{}).Driver("580.1.1"); got.Is != FixUnknown {
		t.Errorf("without data it is %q", got.Is)
	}
}

func TestContainersAndDrivers(t *testing.T) {
	p := Embedded()
	for _, c := range []struct {
		cuda, driver string
		compat       bool
		want         Fit
	}{
		{"13.0", "570.211.01", false, FitTooOld}, {"13.0", "570.211.01", true, FitCompat}, {"13.0", "580.65.06", false, FitWhole},
		{"13.1", "580.159.03", false, FitMinor}, {"13", "580.1.1", false, FitMinor}, {"12.8", "525.60.13", false, FitMinor},
		{"12.8", "520.61.05", false, FitTooOld}, {"12.8", "570.26", false, FitWhole}, {"12.8.1", "570.26", false, FitWhole},
		{"11.8", "450.51.06", false, FitMinor}, {"14.0", "999.1.1", false, FitUnknown}, {"", "580.1.1", false, FitUnknown}, {"12.8", "", false, FitUnknown},
	} {
		if got := p.Fits(c.cuda, c.driver, c.compat); got.Is != c.want {
			t.Errorf("CUDA %s on %s: %q, want %q", c.cuda, c.driver, got.Is, c.want)
		}
	}
	if cuda, compat := p.BuiltOn("triton", "25.10"); cuda != "13.0" || !compat {
		t.Errorf("Triton 25.10 on CUDA %q, %v", cuda, compat)
	}
	if cuda, _ := p.BuiltOn("triton", "99.01"); cuda != "" {
		t.Errorf("a release that is not listed is built on %q", cuda)
	}
}

func TestWhatIsKnownAgainstARelease(t *testing.T) {
	p := Embedded()
	f := p.Against("vllm", "0.14.0")
	if len(f.Open) != 2 || f.Open[0].IDs[0] != "CVE-2026-22778" || f.Complete || !f.Readable {
		t.Errorf("vLLM 0.14.0: %+v", f)
	}
	if f := p.Against("triton", "26.06"); len(f.Open) != 0 || !f.Complete || f.AsOf.IsZero() {
		t.Errorf("Triton 26.06: %+v", f)
	}
	if f := p.Against("triton", "26.05"); len(f.Open) != 1 || f.Open[0].CVSS != 9.8 {
		t.Errorf("Triton 26.05: %+v", f)
	}
	if f := p.Against("vllm", "main"); !f.Listed || f.Readable || len(f.Open) != 0 {
		t.Errorf("no release: %+v", f)
	}
	if f := p.Against("nothing", "1.0"); f.Listed {
		t.Errorf("%+v", f)
	}
}
