package kong

import (
	"strconv"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/webaddress"
	"pitwall/fleet"
)

// found is a target with what can tell it from others of the same model.
type found struct {
	member
	apart []string // in the order in which they are tried
}

// name is the provider and the model.
func (f *found) name() string {
	return strings.Trim(f.named.provider+"/"+f.named.model, "/")
}

// telling are the fields of a target, none of them secret, that tell targets of one model apart.
var telling = []string{
	"/model/options/azure_instance", "/model/options/azure_deployment_id", "/model/options/bedrock/aws_region",
	"/model/options/gemini/location_id", "/model/options/gemini/project_id", "/model/model_alias", "/description",
}

// memberOf reads a target, or the configuration of ai-proxy, which looks the same. Of its auth nothing is read.
func memberOf(item any) found {
	f := found{member: member{named: series{jsonptr.Text(item, "/model/provider"), jsonptr.Text(item, "/model/name")}}}
	f.model = fleet.ModelName(f.name())
	logged, _ := jsonptr.Find(item, "/logging/log_statistics")
	f.logged = logged == true
	host := ""
	f.base, host = webaddress.WithoutSecrets(jsonptr.Text(item, "/model/options/upstream_url"))
	f.apart = append(f.apart, host)
	for _, path := range telling {
		f.apart = append(f.apart, jsonptr.Text(item, path))
	}
	return f
}

// callMembers gives every target a name: that of its model, with @ and what tells it apart where several have the model.
// Those that nothing tells apart get their place in the list as well, and the name of one of them is returned.
func callMembers(all []found) (twins string) {
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].name()
	}
	for k := range len(telling) + 1 {
		seen := tally(names)
		if len(seen) == len(names) {
			break
		}
		differ := differing(all, names, k)
		for i := range all {
			if mark := all[i].apart[k]; seen[names[i]] > 1 && differ[names[i]] {
				names[i] = marked(names[i], mark)
			}
		}
	}
	seen := tally(names)
	for i := range all {
		id := names[i]
		if seen[id] > 1 {
			twins = id
			id += "#" + strconv.Itoa(i+1)
		}
		all[i].id = fleet.DeploymentID(id)
	}
	return twins
}

// marked adds what tells a target apart: after @, further ones after a comma.
func marked(name, mark string) string {
	switch {
	case mark == "":
		return name
	case strings.Contains(name, "@"):
		return name + "," + mark
	}
	return name + "@" + mark
}

func tally(names []string) map[string]int {
	seen := make(map[string]int, len(names))
	for _, n := range names {
		seen[n]++
	}
	return seen
}

// differing are the names whose targets do not all have the same k-th mark.
func differing(all []found, names []string, k int) map[string]bool {
	first, differ := map[string]string{}, map[string]bool{}
	for i := range all {
		mark, known := first[names[i]]
		if !known {
			first[names[i]] = all[i].apart[k]
		} else if mark != all[i].apart[k] {
			differ[names[i]] = true
		}
	}
	return differ
}
