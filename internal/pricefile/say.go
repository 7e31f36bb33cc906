package pricefile

import (
	"time"

	"pitwall/fleet"
)

// most is how many doubts and differences are said one by one.
const most = 20

// Report says which lists are in force, how old they are and by which bytes they are known, and what is in doubt. Of the
// differences to a second list those of models count that matter says so of, and of all that a site's file prices.
func (l *Loaded) Report(now time.Time, matter func(kind string, model fleet.ModelName) bool) []fleet.Safe {
	out := l.Lists(now)
	out = append(out, some(l.Doubts(), fleet.Text("doubtful price: "))...)
	out = append(out, some(l.Rates.Doubts(now), fleet.Text("doubtful "))...)
	if l.Second == nil {
		return out
	}
	var differs []fleet.Safe
	for _, d := range l.Differences {
		if matter(d.Kind, d.Model) || l.own(d.Kind, d.Model) {
			differs = append(differs, d.Text())
		}
	}
	out = append(out, fleet.Concat(fleet.Text("prices compared with "), fleet.Quote(l.Second.Name), fleet.Text(", written "),
		day(l.Second.Written), fleet.Text(", sha256 "), short(l.Second.SHA256), fleet.Text(": "), fleet.Int(len(l.Differences)),
		fleet.Text(" differ by more than 5%, "), fleet.Int(len(differs)), fleet.Text(" of them of models in use")))
	return append(out, some(differs, fleet.Text("price differs: "))...)
}

// Lists says which lists are in force, the built-in one first.
func (l *Loaded) Lists(now time.Time) []fleet.Safe {
	out := []fleet.Safe{fleet.Concat(fleet.Text("prices: built-in list of "), day(l.AsOf()), fleet.Text(", "),
		fleet.Age(now.Sub(l.AsOf())), fleet.Text(" old, "), fleet.Int(l.Len()), fleet.Text(" models with those of the site"))}
	for _, f := range l.Files() {
		line := fleet.Concat(fleet.Text("prices: "), fleet.Quote(f.Name), fleet.Text(", "), fleet.Many(f.Rows, "row"))
		if !f.Covers.From.IsZero() {
			line = fleet.Concat(line, fleet.Text(", of "), day(f.Covers.From))
		}
		line = fleet.Concat(line, fleet.Text(", written "), day(f.Written), fleet.Text(" ("), fleet.Age(now.Sub(f.Written)),
			fleet.Text(" ago), sha256 "), short(f.SHA256))
		if !l.Kept.IsZero() {
			line = fleet.Concat(line, fleet.Text(", as read "), fleet.Age(now.Sub(l.Kept)), fleet.Text(" ago"))
		}
		out = append(out, line)
	}
	out = append(out, l.saidRates(now)...)
	if !l.Why.IsEmpty() {
		out = append(out, fleet.Concat(fleet.Text("prices: newer files are not used: "), l.Why))
	}
	return out
}

// SiteFile is what lies over the built-in list, for one line of a screen: "" where nothing does.
func (l *Loaded) SiteFile() fleet.Safe {
	files := l.Files()
	if len(files) == 0 {
		return fleet.Safe{}
	}
	newest := files[len(files)-1]
	of := newest.Written
	if !newest.Covers.From.IsZero() {
		of = newest.Covers.From
	}
	out := fleet.Concat(fleet.Text("site prices "), day(of), fleet.Text(" "), fleet.Label(newest.SHA256[:min(len(newest.SHA256), 8)]))
	if !l.Kept.IsZero() {
		out = fleet.Concat(out, fleet.Text(" BROKEN"))
	}
	return out
}

// own tells whether a price is of a site's file.
func (l *Loaded) own(kind string, model fleet.ModelName) bool {
	s, ok := l.Listing(kind, model)
	if !ok {
		return false
	}
	p, ok := s.Standard()
	for _, f := range l.Files() {
		if ok && p.Source == f.Name {
			return true
		}
	}
	return false
}

func some(all []fleet.Safe, name fleet.Safe) []fleet.Safe {
	out := make([]fleet.Safe, 0, min(len(all), most+1))
	for i, s := range all {
		if i == most {
			return append(out, fleet.Concat(name, fleet.Int(len(all)-most), fleet.Text(" more")))
		}
		out = append(out, fleet.Concat(name, s))
	}
	return out
}

func day(t time.Time) fleet.Safe { return fleet.Label(t.UTC().Format(time.DateOnly)) }

// short is the begin of a hash, enough to tell files apart and to compare with sha256sum.
func short(sum string) fleet.Safe { return fleet.Label(sum[:min(len(sum), 12)]) }
