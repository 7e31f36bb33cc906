package pitwall_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"pitwall/actions"
	"pitwall/actions/interlocks"
	"pitwall/backends/registry"
	"pitwall/internal/config"
)

func page(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// rows are the lines of the tables of a page.
func rows(text string) []string {
	var list []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "|") {
			list = append(list, line)
		}
	}
	return list
}

// hasRow tells whether a table has a row whose first cell holds a text.
func hasRow(text, cell string) bool {
	for _, line := range rows(text) {
		if first := strings.SplitN(line, "|", 3); len(first) == 3 && strings.Contains(first[1], cell) {
			return true
		}
	}
	return false
}

func TestEveryConnectorIsDocumented(t *testing.T) {
	readme, list := page(t, "README.md"), page(t, "docs/connectors.md")
	for _, c := range registry.Connectors() {
		kind := "`" + c.Kind + "`"
		if !hasRow(readme, kind) {
			t.Errorf("the table of README.md has no row for the connector %s", kind)
		}
		row := regexp.MustCompile(`(?m)^\|[^|]*` + kind + `[^|]*\| \[.*\]\((connectors/[a-z0-9-]+\.md)\) \|$`).FindStringSubmatch(list)
		if row == nil {
			t.Errorf("docs/connectors.md lists no page for the connector %s", kind)
			continue
		}
		if title, _, _ := strings.Cut(page(t, "docs/"+row[1]), "\n"); !strings.Contains(title, kind) {
			t.Errorf("docs/%s does not name %s in its title: %q", row[1], kind, title)
		}
	}
}

// writerColumn is the README table's column of what is written.
const writerColumn = 4

func TestTheReadmeSaysWhatIsWritten(t *testing.T) {
	readme := page(t, "README.md")
	for _, c := range registry.Connectors() {
		for _, line := range rows(readme) {
			cells := strings.Split(line, "|")
			if len(cells) <= writerColumn || !strings.Contains(cells[1], "`"+c.Kind+"`") {
				continue
			}
			if says := strings.TrimSpace(cells[writerColumn]) != "nothing"; says != (c.NewWriter != nil || c.NewSilencer != nil || c.NewObjectWriter != nil || c.NewOrchestrator != nil) {
				t.Errorf("README.md says of %s that it writes %q, and it has a writer: %v", c.Kind, cells[writerColumn], !says)
			}
		}
	}
}

// testedColumn is the README table's column of what a connector was tested against.
const testedColumn = 5

// TestTheReadmeNamesWhatIsReallyRun holds the rows of what make test-real runs to the releases that it builds and installs.
func TestTheReadmeNamesWhatIsReallyRun(t *testing.T) {
	readme := page(t, "README.md")
	for _, x := range []struct{ file, release, kinds string }{
		{"test/cluster/go.mod", `k8s\.io/kubernetes v(\S+)`, "kubernetes workloads autoscalers kubenodes kserve argo-rollouts"},
		{"test/rollouts/go.mod", `argoproj/argo-rollouts v(\S+)`, "argo-rollouts"},
		{"test/real/run.sh", `RAY_VERSION=(\S+)`, "rayserve ray"},
		{"test/real/run.sh", `LITELLM_VERSION=(\S+)`, "litellm"},
		{"test/real/run.sh", `BENTOML_VERSION=(\S+)`, "bentoml"},
		{"test/real/run.sh", `PORTKEY_VERSION=(\S+)`, "portkey-gateway"},
		{"test/real/run.sh", `SMG_VERSION=(\S+)`, "smg"},
		{"test/real/run.sh", `SGLANG_ROUTER_VERSION=(\S+)`, "smg"},
	} {
		release := regexp.MustCompile(x.release).FindStringSubmatch(page(t, x.file))
		if release == nil {
			t.Errorf("%s names no release as %s", x.file, x.release)
			continue
		}
		for kind := range strings.FieldsSeq(x.kinds) {
			found := false
			for _, line := range rows(readme) {
				cells := strings.Split(line, "|")
				found = found || len(cells) > testedColumn && strings.Contains(cells[1], "`"+kind+"`") && strings.Contains(cells[testedColumn], release[1])
			}
			if !found {
				t.Errorf("the table of README.md does not say that %s is tested against %s, which %s runs", kind, release[1], x.file)
			}
		}
	}
}

func TestEveryInterlockIsDocumented(t *testing.T) {
	safety := page(t, "docs/safety.md")
	known := map[string]bool{}
	for heading, list := range map[string][]actions.Interlock{"## Interlocks": interlocks.All(),
		"### Changes of cluster objects": interlocks.Works(), "### Silences": interlocks.Silences(), "### Keys and teams": interlocks.Keys()} {
		_, section, found := strings.Cut(safety, heading+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		section, _, _ = strings.Cut(section, "\n### ")
		if !found {
			t.Errorf("docs/safety.md has no section %q", heading)
		}
		for _, il := range list {
			known[il.ID] = true
			if !hasRow(section, " "+il.ID+" ") {
				t.Errorf("docs/safety.md has no row for %s (%s) under %q", il.ID, il.Title, heading)
			}
		}
	}
	for _, line := range rows(safety) {
		if id := regexp.MustCompile(`^\| (IL-\d+) `).FindStringSubmatch(line); id != nil && !known[id[1]] {
			t.Errorf("docs/safety.md has a row for %s, which there is not", id[1])
		}
	}
}

// TestEveryCommandIsDocumented goes by the manual pages, which are made from the commands themselves.
func TestEveryCommandIsDocumented(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("go", "run", "./cmd/pitwall", "man", "--dir", dir).CombinedOutput(); err != nil {
		t.Fatalf("write the manual pages: %v\n%s", err, out)
	}
	manuals, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(manuals) < 10 {
		t.Fatalf("only %d manual pages were found, %v", len(manuals), err)
	}
	text := page(t, "docs/commands.md")
	option := regexp.MustCompile(`--([a-z][a-z-]+)`)
	for _, manual := range manuals {
		command := strings.ReplaceAll(strings.TrimSuffix(filepath.Base(manual), ".1"), "-", " ")
		if !hasRow(text, "`"+command+"`") && !hasRow(text, "`"+command+" ") {
			t.Errorf("docs/commands.md has no row for %q", command)
		}
		body := strings.ReplaceAll(page(t, manual), `\-`, "-")
		_, options, _ := strings.Cut(body, ".SH OPTIONS")
		options, _, _ = strings.Cut(options, ".SH EXAMPLE")
		for line := range strings.Lines(options) {
			if !strings.HasPrefix(line, `\fB`) {
				continue
			}
			if m := option.FindString(line); m != "" && m != "--help" && !strings.Contains(text, m) {
				t.Errorf("docs/commands.md does not name %s of %q", m, command)
			}
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^\texit\w+\s+= (\d+)$`).FindAllStringSubmatch(page(t, "cmd/pitwall/exit.go"), -1) {
		if !hasRow(text, "`"+m[1]+"`") {
			t.Errorf("docs/commands.md does not say what exit code %s means", m[1])
		}
	}
}

func TestEveryKeyOfTheConfigurationIsDocumented(t *testing.T) {
	text := page(t, "docs/configure.md")
	n := 0
	walkKeys(reflect.TypeFor[config.File](), map[reflect.Type]bool{}, func(key string) {
		n++
		if !regexp.MustCompile("`" + key + "[`:]").MatchString(text) {
			t.Errorf("docs/configure.md does not name the key %q", key)
		}
	})
	if n < 50 {
		t.Fatalf("only %d keys were found", n)
	}
}

func walkKeys(typ reflect.Type, done map[reflect.Type]bool, each func(key string)) {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || done[typ] {
		return
	}
	done[typ] = true
	for i := range typ.NumField() {
		f := typ.Field(i)
		if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name != "" {
			each(name)
		}
		walkKeys(f.Type, done, each)
	}
}

func TestEveryDirectDependencyIsDocumented(t *testing.T) {
	text := page(t, "docs/dependencies.md")
	direct := map[string]bool{}
	for line := range strings.Lines(page(t, "go.mod")) {
		f := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(f) != 2 || !strings.HasPrefix(f[1], "v") || !strings.Contains(f[0], ".") {
			continue // not a requirement, or an indirect one, which has a comment
		}
		direct[f[0]] = true
		if !hasRow(text, "`"+f[0]+"`") {
			t.Errorf("docs/dependencies.md has no line for %s", f[0])
		}
	}
	if len(direct) < 5 {
		t.Fatalf("only %d direct dependencies were found", len(direct))
	}
	for _, line := range rows(text) {
		if m := regexp.MustCompile("^\\| `([^`]+)` ").FindStringSubmatch(line); m != nil && !direct[m[1]] {
			t.Errorf("docs/dependencies.md has a line for %s, which go.mod does not require directly", m[1])
		}
	}
}

func TestLinksLead(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil || len(pages) < 8 {
		t.Fatalf("only %d pages were found, %v", len(pages), err)
	}
	for _, path := range append(pages, "README.md") {
		for _, m := range regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`).FindAllStringSubmatch(page(t, path), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s links to %s, which there is not", path, m[1])
			}
		}
	}
}
