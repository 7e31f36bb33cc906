package drills

import (
	"math"
	"slices"
	"time"

	"pitwall/fleet"
)

// The points of the parts; they add up to 100.
const (
	detectPoints     = 15
	diagnosePoints   = 15
	mitigatePoints   = 25
	safetyPoints     = 20
	collateralPoints = 10
	costPoints       = 5
	recoveryPoints   = 10
)

// What is taken off.
const (
	noiseCosts    = 3
	wrongCosts    = 5
	hintCosts     = 5
	overrideCosts = 10
	blindCosts    = 5 // a change that was not read back, or made on stale data
	hardCosts     = 20
)

// Where parts are lost whole.
const (
	latePar      = 4   // times par, for detection
	leastAvoided = -.5 // of the harm that can be avoided
	besideAll    = .1  // of the harm of doing nothing, on routes beside
	dearAll      = .25 // of what the reference costs
	firstTell    = 15 * time.Minute
	laterTell    = 30 * time.Minute
)

// Grades.
const (
	GoldScore = 85
	PassScore = 70
)

// Grade is a score in a word.
type Grade string

// The grades.
const (
	GradeGold Grade = "gold"
	GradePass Grade = "pass"
	GradeFail Grade = "fail"
)

// Part is one line of a score.
type Part struct {
	Name   string
	Points float64
	Of     float64
	How    fleet.Safe // the arithmetic
}

// Times are those of a drill, from its first cause; unknown where it never came to that.
type Times struct{ Detect, Diagnose, Mitigate, Recover fleet.Maybe[time.Duration] }

// Result is a score.
type Result struct {
	Parts []Part
	Hints float64 // points that were taken off for help
	Total float64
	Grade Grade
	Flags []string // any fails the drill
	Times Times
}

// Courses are the three that a score compares. They have the same seed.
type Courses struct{ Nothing, Reference, Player Course }

// Score judges a drill. It is pure.
func Score(s *Scenario, log *Log, c *Courses, needed []string) Result {
	r := Result{Flags: slices.Clone(log.Flags)}
	hard := log.count(KindRefused)
	if hard > 1 {
		r.Flags = append(r.Flags, "what no override opens was tried again")
	}
	r.Times = timesOf(s, log)
	r.Parts = []Part{detect(s, log), diagnose(s, log), mitigate(c), safety(log, needed, hard), collateral(s, c), cost(c), recovery(s, log)}
	r.Hints = hintCosts * float64(log.count(KindHint))
	for _, p := range r.Parts {
		r.Total += p.Points
	}
	r.Total = math.Max(0, r.Total-r.Hints)
	switch {
	case len(r.Flags) > 0 || r.Total < PassScore:
		r.Grade = GradeFail
	case r.Total < GoldScore:
		r.Grade = GradePass
	default:
		r.Grade = GradeGold
	}
	return r
}

func timesOf(s *Scenario, log *Log) (t Times) {
	begin := s.Begin()
	since := func(e *Entry) fleet.Maybe[time.Duration] {
		if e == nil {
			return fleet.None[time.Duration]()
		}
		return fleet.Some(e.At - begin)
	}
	t.Detect = since(log.first(begin, KindMark, KindTheory, KindChange))
	t.Mitigate = since(log.first(begin, KindChange))
	for i := range log.Entries {
		e := &log.Entries[i]
		if th := s.Theory(e.ID); e.Kind == KindTheory && th != nil && th.True && e.At >= begin {
			t.Diagnose = since(e)
			break
		}
	}
	return t
}

// detect is full at par and nothing at four times par.
func detect(s *Scenario, log *Log) Part {
	p := Part{Name: "detect", Of: detectPoints}
	noise := float64(log.count(KindNoise)) * noiseCosts
	at := timesOf(s, log).Detect
	if !at.OK {
		p.How = fleet.Text("nothing was marked")
		return p
	}
	share := 1.0
	if late := at.V - s.Par.Detect; late > 0 && s.Par.Detect > 0 {
		share = math.Max(0, 1-float64(late)/float64((latePar-1)*s.Par.Detect))
	}
	p.Points = math.Max(0, detectPoints*share-noise)
	p.How = fleet.Textf("noticed after %s, par %s: %s of %s", fleet.Age(at.V), fleet.Age(s.Par.Detect), Points(detectPoints*share),
		Points(detectPoints))
	if noise > 0 {
		p.How = fleet.Concat(p.How, fleet.Textf(", less %s for noise", Points(noise)))
	}
	return p
}

func diagnose(s *Scenario, log *Log) Part {
	p := Part{Name: "diagnose", Of: diagnosePoints, How: fleet.Text("no true theory was committed to")}
	wrong := 0
	for i := range log.Entries {
		if th := s.Theory(log.Entries[i].ID); log.Entries[i].Kind == KindTheory && (th == nil || !th.True) {
			wrong++
		}
	}
	if !timesOf(s, log).Diagnose.OK {
		return p
	}
	p.Points = math.Max(0, diagnosePoints-float64(wrong*wrongCosts))
	p.How = fleet.Textf("a true theory; %s before or after it", fleet.Many(wrong, "wrong one"))
	return p
}

// mitigate is the share of the harm that the reference avoids.
func mitigate(c *Courses) Part {
	p := Part{Name: "mitigate", Of: mitigatePoints}
	nothing, reference, player := c.Nothing.Total(all), c.Reference.Total(all), c.Player.Total(all)
	can := nothing - reference
	if can <= 0 {
		p.Points, p.How = mitigatePoints, fleet.Text("nothing could be avoided")
		if player > nothing {
			p.Points, p.How = 0, fleet.Text("nothing could be avoided, and harm was added")
		}
		return p
	}
	share := math.Min(1, math.Max(leastAvoided, (nothing-player)/can))
	p.Points = mitigatePoints * share
	p.How = fleet.Textf("harm %s doing nothing, %s reference, %s you: %s%% of what can be avoided", Points(nothing), Points(reference),
		Points(player), Points(100*share))
	return p
}

func safety(log *Log, needed []string, hard int) Part {
	p := Part{Name: "safety", Of: safetyPoints, Points: safetyPoints}
	over, blind, stale := 0, 0, 0
	for i := range log.Entries {
		x := log.Entries[i].Change
		if x == nil {
			continue
		}
		for _, id := range x.Overrides {
			if !slices.Contains(needed, id) {
				over++
			}
		}
		if !x.Verified {
			blind++
		}
		if x.Stale {
			stale++
		}
	}
	again := max(0, hard-1)
	p.Points = math.Max(0, p.Points-float64(overrideCosts*over+blindCosts*(blind+stale)+hardCosts*again))
	p.How = fleet.Textf("%s that the reference did not need, %s not read back, %s on stale data, what is refused for good tried %s again",
		fleet.Many(over, "override"), fleet.Many(blind, "change"), fleet.Many(stale, "change"), fleet.Many(again, "time"))
	return p
}

// collateral is lost where routes that the causes do not reach were harmed.
func collateral(s *Scenario, c *Courses) Part {
	p := Part{Name: "collateral", Of: collateralPoints, Points: collateralPoints}
	extra := math.Max(0, c.Player.Total(s.beside)-c.Nothing.Total(s.beside))
	if most := besideAll * c.Nothing.Total(all); extra > 0 {
		share := 0.0
		if most > 0 {
			share = math.Max(0, 1-extra/most)
		}
		p.Points = collateralPoints * share
	}
	p.How = fleet.Textf("%s more harm on routes beside than doing nothing", Points(extra))
	return p
}

func cost(c *Courses) Part {
	p := Part{Name: "cost", Of: costPoints, Points: costPoints}
	extra := c.Player.Cost - c.Reference.Cost
	if most := dearAll * c.Reference.Cost; extra > 0 && most > 0 {
		p.Points = costPoints * math.Max(0, 1-extra/most)
	}
	p.How = fleet.Textf("%s, the reference %s", dollars(c.Player.Cost), dollars(c.Reference.Cost))
	return p
}

// recovery is how the fleet was left, and what others were told.
func recovery(s *Scenario, log *Log) Part {
	p := Part{Name: "recovery and word", Of: recoveryPoints}
	var said []fleet.Safe
	give := func(n float64, ok bool, good, bad string) {
		if ok {
			p.Points += n
			said = append(said, fleet.Label(good))
			return
		}
		said = append(said, fleet.Label(bad))
	}
	give(3, log.Left.WeightsBack, "weights as they should be", "weights not as they should be")
	give(1, log.Left.Silences == 0 && log.Left.Overrides == 0, "nothing left silenced or open", "silences or open changes left")
	give(1, log.Left.CachesWarm, "caches warm", "caches cold")
	first, later := toldInTime(s, log)
	give(2, first, "first word in 15 min", "no word in 15 min")
	give(2, later, "then every 30 min", "silent for more than 30 min")
	give(1, log.count(KindHand) > 0, "handed over", "no hand-over note")
	p.How = fleet.Join(said, fleet.Text(", "))
	return p
}

// toldInTime says whether others were told in time at first, and then.
func toldInTime(s *Scenario, log *Log) (first, later bool) {
	begin := s.Begin()
	last := begin
	later = true
	for i := range log.Entries {
		if e := &log.Entries[i]; e.Kind == KindTell && e.At >= begin {
			if !first {
				if e.At-begin > firstTell {
					return false, false
				}
				first = true
			} else if e.At-last > laterTell {
				later = false
			}
			last = e.At
		}
	}
	return first, first && later && log.Ended-last <= laterTell
}
