package drills

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

//go:embed pack/*.yaml
var pack embed.FS

// Pack are the scenarios that come with pitwall, the easiest first.
func Pack() ([]*Scenario, error) {
	names, err := fs.Glob(pack, "pack/*.yaml")
	if err != nil {
		return nil, err
	}
	var list []*Scenario
	for _, name := range names {
		body, err := pack.ReadFile(name)
		if err != nil {
			return nil, err
		}
		s, err := Read(body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(name), err)
		}
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(a, b *Scenario) int { return cmp.Or(a.Level-b.Level, cmp.Compare(a.ID, b.ID)) })
	return list, nil
}
