package bedrock

import (
	"regexp"
	"slices"
	"strings"

	"pitwall/backends/internal/awsapi"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// findings are what the lists say of the models of the configuration.
type findings struct {
	region  string
	offered []foundation
	list    profiles

	regions map[fleet.ModelName][]string
	bases   []base
	wanted  []wanted
	notices []fleet.Notice
}

// base is the foundation model below a model of the configuration.
type base struct {
	name fleet.ModelName // as configured
	id   string
}

// geography begins the ids of profiles that Bedrock defines over several regions.
var geography = regexp.MustCompile(`^(us|us-gov|eu|apac|jp|au|ca|in|sa|global)\.[a-z0-9-]+\.`)

// unknownPlace is said of a model of which nobody knows where it is answered.
var unknownPlace = fleet.Text(" is answered in regions that are not known: labels of a place are not offered")

// mostRegions are named in a remark; the reading has all.
const mostRegions = 8

// look finds one model of the configuration.
func (f *findings) look(want fleet.ModelName) {
	id := bare(string(want))
	if p := f.profile(string(want), id); p != nil {
		f.byProfile(want, p)
		return
	}
	if m := f.foundation(id); m != nil {
		f.byID(want, m)
		return
	}
	if !f.list.known && (geography.MatchString(id) || strings.Contains(string(want), "inference-profile/")) {
		f.place(want, nil)
		f.warn(want, unknownPlace)
		return
	}
	f.notices = append(f.notices, rented.Missing([]fleet.ModelName{want}, nil, nil)...)
}

func (f *findings) profile(name, id string) *profile {
	i := slices.IndexFunc(f.list.list, func(p profile) bool { return p.ID == id || p.ARN != "" && p.ARN == name })
	if i < 0 {
		return nil
	}
	return &f.list.list[i]
}

func (f *findings) foundation(id string) *foundation {
	i := slices.IndexFunc(f.offered, func(m foundation) bool { return *m.ID == id })
	if i < 0 {
		return nil
	}
	return &f.offered[i]
}

// byID judges a model that is called in this region.
func (f *findings) byID(want fleet.ModelName, m *foundation) {
	f.place(want, []string{f.region})
	switch {
	case m.onDemand():
	case slices.Contains(m.Inference, "INFERENCE_PROFILE"):
		f.warn(want, fleet.Text(" cannot be called by this id, only through an inference profile"), f.example(*m.ID))
	default:
		f.warn(want, fleet.Text(" cannot be called on demand: it needs provisioned throughput"))
	}
	f.below(want, m, onDemand)
}

// example names a profile of a model.
func (f *findings) example(id string) fleet.Safe {
	for i := range f.list.list {
		for _, m := range f.list.list[i].Models {
			if bare(m.ARN) == id {
				return fleet.Concat(fleet.Text(" such as "), fleet.Quote(f.list.list[i].ID))
			}
		}
	}
	return fleet.Safe{}
}

// byProfile judges a profile: where it is answered, and by which model.
func (f *findings) byProfile(want fleet.ModelName, p *profile) {
	regions := p.regions()
	f.place(want, regions)
	if p.Status != "ACTIVE" {
		f.warn(want, fleet.Text(" is an inference profile that is not active"))
	}
	scope := crossRegion
	switch {
	case len(regions) == 0:
		f.warn(want, unknownPlace)
	case slices.Contains(regions, fleet.Anywhere):
		scope = globally
		f.notices = append(f.notices, remark(want, fleet.Text(" is answered in any region of the world: labels of a place are not offered")))
	case len(regions) > 1:
		f.notices = append(f.notices, remark(want, fleet.Text(" is answered in one of "), fleet.Int(len(regions)),
			fleet.Text(" regions: "), named(regions)))
	}
	for _, m := range p.Models {
		if found := f.foundation(bare(m.ARN)); found != nil {
			f.below(want, found, scope)
			return
		}
	}
}

// below notes the foundation model of a name, for what is asked of it later, and its end.
func (f *findings) below(want fleet.ModelName, m *foundation, scope scope) {
	f.bases = append(f.bases, base{want, *m.ID})
	f.wanted = append(f.wanted, wanted{want, m.Provider + m.Name, scope})
	if m.Lifecycle.Status != "LEGACY" {
		return
	}
	end := fleet.Safe{}
	if day, _, ok := strings.Cut(m.Lifecycle.End, "T"); ok {
		end = fleet.Concat(fleet.Text(" on "), fleet.Quote(day))
	}
	f.warn(want, fleet.Text(" is a legacy model that will be taken away"), end)
}

func (f *findings) warn(want fleet.ModelName, said ...fleet.Safe) {
	f.notices = append(f.notices, rented.Of(want, said...))
}

func (f *findings) place(want fleet.ModelName, regions []string) {
	if f.regions == nil {
		f.regions = map[fleet.ModelName][]string{}
	}
	f.regions[want] = regions
}

// regions are those of the models' ARNs, sorted. An ARN without a region stands for every one; one that cannot be read
// makes all of it unknown.
func (p *profile) regions() []string {
	var out []string
	for _, m := range p.Models {
		parts := strings.SplitN(m.ARN, ":", 6)
		switch {
		case len(parts) < 6 || parts[0] != "arn":
			return nil
		case parts[3] == "":
			out = append(out, fleet.Anywhere)
		case awsapi.RegionName.MatchString(parts[3]):
			out = append(out, parts[3])
		default:
			return nil
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func named(regions []string) fleet.Safe {
	names := make([]fleet.Safe, 0, mostRegions+1)
	for _, r := range regions[:min(len(regions), mostRegions)] {
		names = append(names, fleet.Label(r))
	}
	if more := len(regions) - mostRegions; more > 0 {
		names = append(names, fleet.Concat(fleet.Int(more), fleet.Text(" more")))
	}
	return fleet.Join(names, fleet.Text(", "))
}

// remark says something that is as it is meant to be.
func remark(want fleet.ModelName, said ...fleet.Safe) fleet.Notice {
	n := rented.Of(want, said...)
	n.Level = fleet.LevelInfo
	return n
}
