// Package focus reads folders of bills that were exported as files, without any network: FOCUS 1.0 to 1.3 of any cloud, what
// OpenAI, Anthropic, OpenRouter, AWS Cost Explorer and Azure export by themselves, and what OpenCost writes. One folder may
// hold all of them.
// It must not write to the folder, convert a currency, or take a row for another provider's.
package focus

import (
	"cmp"
	"strings"
	"time"

	"pitwall/backends/internal/billfolder"
	"pitwall/backends/internal/opencostfile"
	"pitwall/backends/internal/sheet"
	"pitwall/fleet"
)

// The options of a source.
const (
	// OptionProviders names the providers of the configuration that services, providers and publishers of the files are:
	// "Amazon Bedrock=bedrock; OpenAI, LLC=openai".
	OptionProviders = "providers"
	// OptionGrain is "hour" to keep hours apart where the files do; otherwise days are.
	OptionGrain = "grain"
	// OptionCost is "effective" to spread prepaid commitments over what they paid for; otherwise it is what is invoiced.
	OptionCost = "cost"
	// OptionServices is "all" to take rows of all services; otherwise those of models are.
	OptionServices = "services"
	// OptionCurrency is that of files that name none, which are OpenCost's; otherwise US dollars.
	OptionCurrency = "currency"
	// OptionModel is a column that names the model, such as one that a cloud or a job adds.
	OptionModel = "model_column"
)

// Connector returns the connector "focus". A source's folder is where the files are put.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "focus", Title: "FOCUS and provider exports", Interval: time.Minute, NewReader: newReader,
		Reads: "a folder of bills as files: FOCUS 1.0 to 1.3, exports of OpenAI, Anthropic, OpenRouter, AWS, Azure and OpenCost"}
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	invalid := func(next string) error {
		return &fleet.Error{Kind: fleet.KindInvalid, Op: "set up the folder", Source: spec.ID, Next: next}
	}
	if spec.File == "" {
		return nil, invalid("write the folder of the files into the configuration, in place of a url")
	}
	for name, words := range map[string]string{OptionGrain: "day hour", OptionCost: "billed effective", OptionServices: "ai all"} {
		if v := spec.Options[name]; v != "" && !strings.Contains(" "+words+" ", " "+v+" ") {
			return nil, invalid("write " + strings.ReplaceAll(words, " ", " or ") + " for " + name)
		}
	}
	money := strings.ToUpper(cmp.Or(spec.Options[OptionCurrency], fleet.USD))
	if len(money) != 3 || strings.Trim(money, letters) != "" {
		return nil, invalid("write the three letters of a currency for " + OptionCurrency)
	}
	p, ok := newParties(spec.Options[OptionProviders], spec.Subject.Provider)
	if !ok {
		return nil, invalid(`write "NAME=ID; NAME=ID" for ` + OptionProviders)
	}
	r := rules{parties: p, models: spec.Models, all: spec.Options[OptionServices] == "all",
		effective: spec.Options[OptionCost] == "effective", model: spec.Options[OptionModel], currency: money}
	return billfolder.New(spec, deps, billfolder.Options{Days: spec.Options[OptionGrain] != "hour", Formats: r.formats()}), nil
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// rules are how the rows of all formats are read.
type rules struct {
	parties   parties
	models    []fleet.ModelName
	all       bool
	effective bool
	model     string
	currency  string // of files that name none
}

// formats are those that a folder may hold, in the order in which a file is compared with them.
func (r rules) formats() []billfolder.Format {
	list := []billfolder.Format{
		{Table: r.focus}, {Table: r.openAICosts}, {Table: r.openAIUsage}, {Table: r.anthropicCosts}, {Table: r.anthropicUsage},
		{Table: r.openRouter}, {Table: r.costExplorer}, {Table: r.azure},
	}
	return append(list, opencostfile.Formats(r.currency)...)
}

// usd is the currency of exports that name none, since their provider charges in no other.
var usd = []byte(fleet.USD)

// currency is a code of a currency as exports write it: OpenAI's are of small letters.
func currency(t *sheet.Tally, code []byte) (sheet.Word, bool) {
	if len(code) != 3 {
		return 0, false
	}
	var upper [3]byte
	for i, c := range code {
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c < 'A' || c > 'Z' {
			return 0, false
		}
		upper[i] = c
	}
	return t.Word(upper[:]), true
}
