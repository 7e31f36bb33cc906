package views

import (
	"math"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// header is the first line: where am I, may I write, which incident, who holds what, are the data fresh, UTC.
func header(b *part.Block, sc Scene) {
	gap := 1
	if b.Width() >= normalWidth {
		gap = 2
	}
	b.Say(themes.Title, "pitwall")
	if sc.Snap != nil {
		b.Gap(gap).Put(themes.Text, part.Short(fleet.Label(sc.Snap.Context), b.Width()/4))
	}
	b.Gap(1)
	band(b, sc)
	b.Gap(gap)
	access(b, sc)
	clock := fleet.ClockTime(sc.Now)
	notes := headerNotes(sc, b.Width() >= wideWidth)
	right := freshness(sc, b.Width() >= normalWidth, longestSource)
	room := func() int { return b.Room() - part.Width(right) - gap - part.Width(clock) - gap }
	for _, name := range []int{shortestSource, 0} {
		// The incident or the lock matters more than the name of the silent source.
		if room() < 0 || len(notes) > 0 && part.Width(notes[0].text)+gap > room() {
			right = freshness(sc, b.Width() >= normalWidth, name)
		}
	}
	for _, n := range notes {
		if part.Width(n.text)+gap <= room() {
			b.Gap(gap).Put(n.role, n.text)
		}
	}
	role := themes.Dim
	if sc.Snap != nil && fresh(sc.Snap) < len(sc.Snap.Sources) {
		role = themes.Stale
	}
	end := b.Width() - part.Width(clock)
	if n := part.Width(right); n+gap <= end-b.Column() {
		b.To(end-gap-n).Put(role, right)
	} else {
		b.Gap(1).Cell(role, right, end-gap-b.Column()-1, part.Left)
	}
	b.To(end).Put(themes.Text, clock).End()
}

// How many cells the name of a silent source may take; none is named where even the shortest is too long.
const (
	longestSource  = 24
	shortestSource = 8
)

// band is the environment as a word on a ground; demo and drill replace it.
func band(b *part.Block, sc Scene) {
	mode, env := sc.Banner.Mode, fleet.EnvProd
	if sc.Snap != nil {
		env = sc.Snap.Env
		if mode == "" {
			mode = sc.Snap.Mode
		}
	}
	role, word := themes.BandProd, fleet.Text("PROD")
	switch {
	case mode == fleet.ModeDemo:
		role, word = themes.BandPlay, fleet.Text("DEMO")
	case mode == fleet.ModeDrill:
		role, word = themes.BandPlay, fleet.Text("EXERCISE")
	case env == fleet.EnvStage:
		role, word = themes.BandSafe, fleet.Text("STAGE")
	case env == fleet.EnvDev:
		role, word = themes.BandSafe, fleet.Text("DEV")
	case sc.Snap == nil:
		return // nothing is known yet
	}
	b.Put(role, fleet.Concat(fleet.Text("["), word, fleet.Text("]")))
}

// access says whether this process may write and for how long.
func access(b *part.Block, sc Scene) {
	if sc.Banner.Past != nil {
		b.Say(themes.Stale, "PAST")
		return
	}
	a := sc.Book.Access
	if !a.Write {
		b.Say(themes.Dim, "RO")
		return
	}
	b.Say(themes.Warn, "RW")
	if left := a.ArmedUntil.Sub(sc.Now); !a.ArmedUntil.IsZero() {
		b.Gap(1).Put(themes.Warn, fleet.Age(left))
	}
}

// note is one remark of the first line.
type note struct {
	text fleet.Safe
	role themes.Role
}

// headerNotes are what the first line says where there is room, the most important first.
func headerNotes(sc Scene, wide bool) []note {
	notes := make([]note, 0, 6)
	if id := sc.Book.Access.Incident; id != "" {
		notes = append(notes, note{fleet.Label(id), themes.Accent})
	}
	if n, ok := freezeNote(sc, wide); ok {
		notes = append(notes, n)
	}
	if lock := shownLock(sc.Book); lock != nil {
		notes = append(notes, lockNote(lock, sc.Now, wide))
	}
	if n := unverified(sc.Snap); n > 0 {
		notes = append(notes, note{fleet.Concat(fleet.Text("insecure "), fleet.Int(n)), themes.Warn})
	}
	if !sc.Book.LockWarn.IsEmpty() {
		notes = append(notes, note{sc.Book.LockWarn, themes.Warn})
	}
	if !sc.Book.LockScope.IsEmpty() {
		notes = append(notes, note{fleet.Concat(fleet.Text("lock: "), sc.Book.LockScope), themes.Dim})
	}
	if user := sc.Book.Access.Actor; user.Name != "" {
		notes = append(notes, note{fleet.Concat(fleet.Text("user "), user.Text()), themes.Dim})
	}
	return notes
}

// lockNote says which route is held, by whom when it is another person, and for how long where there is room.
func lockNote(lock *actions.Lock, now time.Time, wide bool) note {
	n := note{fleet.Concat(fleet.Text("lock "), fleet.Label(string(lock.Route))), themes.Accent}
	if !lock.Mine {
		n = note{fleet.Concat(n.text, fleet.Text(" "), lock.Holder.Text()), themes.Warn}
	}
	if wide && !lock.Expires.IsZero() {
		n.text = fleet.Concat(n.text, fleet.Text(" "), countdown(lock.Expires.Sub(now)))
	}
	return n
}

// unverified counts the connections whose TLS is not verified.
func unverified(s *fleet.Snapshot) int {
	n := 0
	if s != nil {
		for i := range s.Sources {
			if s.Sources[i].Insecure {
				n++
			}
		}
	}
	return n
}

// shownLock is the lock that matters most to the person: another's before the own.
func shownLock(book actions.Book) *actions.Lock {
	var own *actions.Lock
	for i := range book.Locks {
		if !book.Locks[i].Mine {
			return &book.Locks[i]
		}
		own = &book.Locks[i]
	}
	return own
}

// freshness counts the sources that answer and names the one that has been silent for the longest.
func freshness(sc Scene, roomy bool, name int) fleet.Safe {
	if sc.Snap == nil {
		return fleet.Text("src -")
	}
	all, good := len(sc.Snap.Sources), fresh(sc.Snap)
	count := fleet.Textf("src %s/%s", fleet.Int(good), fleet.Int(all))
	if good == all {
		return fleet.Concat(count, fleet.Text(" ok"))
	}
	worst := silent(sc.Snap)
	if name == 0 {
		return fleet.Concat(count, fleet.Text(" STALE"))
	}
	state := fleet.Text("never read")
	if !worst.LastGood.IsZero() {
		state = fleet.Age(sc.Now.Sub(worst.LastGood))
	}
	format := [2]fleet.Safe{fleet.Text(" STALE:"), fleet.Text(" ")}
	if roomy {
		format[0] = fleet.Text("  STALE ")
	}
	return fleet.Concat(count, format[0], part.Short(fleet.Label(string(worst.ID)), name), format[1], state)
}

func fresh(s *fleet.Snapshot) int {
	good := 0
	for i := range s.Sources {
		if !s.Sources[i].Stale && !s.Sources[i].LastGood.IsZero() {
			good++
		}
	}
	return good
}

// silent is the stale source with the oldest good answer; there is at least one.
func silent(s *fleet.Snapshot) *fleet.SourceStatus {
	var worst *fleet.SourceStatus
	for i := range s.Sources {
		if c := &s.Sources[i]; (c.Stale || c.LastGood.IsZero()) && (worst == nil || c.LastGood.Before(worst.LastGood)) {
			worst = c
		}
	}
	return worst
}

// countdown draws the time left: "09:12", "1:04:00"; nothing left is "00:00".
func countdown(d time.Duration) fleet.Safe {
	s := int(math.Ceil(max(0, d.Seconds())))
	if s >= 3600 {
		return fleet.Textf("%s:%s:%s", fleet.Int(s/3600), two(s/60%60), two(s%60))
	}
	return fleet.Textf("%s:%s", two(s/60), two(s%60))
}

func two(n int) fleet.Safe {
	if n < 10 {
		return fleet.Concat(fleet.Text("0"), fleet.Int(n))
	}
	return fleet.Int(n)
}
