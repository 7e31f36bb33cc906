package plain

import (
	"time"

	"pitwall/fleet"
)

// tooSkewed is the difference of clocks from which ages and expiries cannot be trusted.
const tooSkewed = 30 * time.Second

// Doctor tells of each source whether it is reached, whether its credential is accepted and what it allows, its
// version and clock, and what to do about what is wrong, for "pitwall doctor".
func Doctor(s *fleet.Snapshot) string {
	r := &report{}
	if s == nil || len(s.Sources) == 0 {
		r.line(fleet.Text("no source is configured: there is nothing to examine"))
		return r.String()
	}
	good := 0
	rows := make([][]fleet.Safe, 0, len(s.Sources))
	for i := range s.Sources {
		x := &s.Sources[i]
		todo := fixes(s, x)
		if len(todo) == 0 {
			good++
		}
		rows = append(rows, []fleet.Safe{fleet.Label(string(x.ID)), or(fleet.Label(x.Kind)), reach(x), credential(s, x),
			permission(s, x),
			or(x.Version), skew(x), or(x.URL)})
	}
	r.line(fleet.Text("SOURCES "), fleet.Int(len(s.Sources)), fleet.Text("  without a remark "), fleet.Int(good))
	r.table([]column{left(fleet.Text("SOURCE")), left(fleet.Text("KIND")), left(fleet.Text("REACH")),
		left(fleet.Text("AUTH")),
		left(fleet.Text("PERMISSION")), left(fleet.Text("VERSION")), right(fleet.Text("SKEW")),
		left(fleet.Text("ADDRESS"))}, rows)
	r.line()
	if good == len(s.Sources) {
		r.line(fleet.Text("nothing to fix"))
		return r.String()
	}
	r.line(fleet.Text("TO FIX"))
	for i := range s.Sources {
		x := &s.Sources[i]
		todo := fixes(s, x)
		if len(todo) == 0 {
			continue
		}
		r.line(fleet.Text("  "), fleet.Label(string(x.ID)))
		if !x.Err.IsEmpty() && (x.Failing > 0 || x.Stale) {
			r.line(fleet.Text("    said "), x.Err)
		}
		for _, t := range todo {
			r.line(fleet.Text("    fix  "), t)
		}
	}
	return r.String()
}

// reach tells whether the address answers at all; an answer that refuses is reached too.
func reach(x *fleet.SourceStatus) fleet.Safe {
	switch {
	case x.Reads == 0 && x.LastGood.IsZero() && x.LastTry.IsZero():
		return fleet.Text("not tried")
	case x.ErrKind == fleet.KindUnreachable:
		return fleet.Text("NO")
	case x.ErrKind == fleet.KindTimeout:
		return fleet.Text("TIMEOUT")
	case x.LastGood.IsZero() && x.ErrKind == "":
		return fleet.Text(fleet.Unknown)
	default:
		return fleet.Text("ok")
	}
}

// credential tells whether the source accepts who asks. Without an answer that is unknown.
func credential(s *fleet.Snapshot, x *fleet.SourceStatus) fleet.Safe {
	if p := accountOf(s, x); p != nil && p.Authorised.OK && !p.Authorised.V {
		return fleet.Text("REFUSED")
	}
	switch {
	case x.ErrKind == fleet.KindAuth:
		return fleet.Text("REFUSED")
	case !x.LastGood.IsZero() && (x.Failing == 0 || x.ErrKind == fleet.KindRateLimited):
		return fleet.Text("ok")
	default:
		return fleet.Text(fleet.Unknown)
	}
}

func accountOf(s *fleet.Snapshot, x *fleet.SourceStatus) *fleet.Provider {
	if x.Subject.Provider == "" || x.Subject.About == fleet.AboutStatus { // a page that everybody may read takes no key
		return nil
	}
	return s.Provider(x.Subject.Provider)
}

// permission is what the source allows: a gateway that can be changed, else reading.
func permission(s *fleet.Snapshot, x *fleet.SourceStatus) fleet.Safe {
	if x.LastGood.IsZero() || x.ErrKind == fleet.KindAuth {
		return fleet.Text(fleet.Unknown)
	}
	g := s.Gateway(x.Subject.Gateway)
	switch {
	case g == nil:
		return fleet.Text("read")
	case !g.Writable.OK:
		return fleet.Text("read, write unknown")
	case g.Writable.V && x.Insecure:
		return fleet.Text("read, write off: TLS")
	case g.Writable.V:
		return fleet.Text("read, write")
	default:
		return fleet.Text("read only")
	}
}

func skew(x *fleet.SourceStatus) fleet.Safe {
	switch {
	case !x.Skew.OK:
		return fleet.Text(fleet.Unknown)
	case x.Skew.V.Abs() < time.Second:
		return fleet.Text("0s")
	case x.Skew.V < 0:
		return fleet.Concat(fleet.Text("-"), fleet.Age(-x.Skew.V))
	default:
		return fleet.Concat(fleet.Text("+"), fleet.Age(x.Skew.V))
	}
}

// fixes are what to do about a source, none when all is well.
func fixes(s *fleet.Snapshot, x *fleet.SourceStatus) []fleet.Safe {
	var todo []fleet.Safe
	if t := failureFix(x); !t.IsEmpty() {
		todo = append(todo, t)
	}
	if p := accountOf(s, x); p != nil && p.Authorised.OK && !p.Authorised.V && x.ErrKind != fleet.KindAuth {
		todo = append(todo, fleet.Text("the account refuses the key: put a new one where the configuration points"))
	}
	if g := s.Gateway(x.Subject.Gateway); g != nil && g.Writable.OK && !g.Writable.V && !g.WritableWhy.IsEmpty() {
		todo = append(todo, fleet.Concat(fleet.Text("to change weights here: "), g.WritableWhy))
	}
	if x.Skew.OK && x.Skew.V.Abs() > tooSkewed {
		side := yes(x.Skew.V < 0, fleet.Text(" behind"), fleet.Text(" ahead of"))
		todo = append(todo, fleet.Concat(fleet.Text("its clock is "), fleet.Age(x.Skew.V.Abs()), side,
			fleet.Text(" this one: set both by NTP, since ages and expiries cannot be trusted")))
	}
	if x.Insecure {
		todo = append(todo, fleet.Text("TLS is not verified: name the CA in tls.ca_file; writes stay forbidden until then"))
	}
	return todo
}

// failureFix is what to do about the last failure by its kind.
func failureFix(x *fleet.SourceStatus) fleet.Safe {
	switch {
	case x.ErrKind == "" && x.LastGood.IsZero() && x.LastTry.IsZero():
		return fleet.Text("it was not read yet: wait for one interval, then ask again")
	case x.Failing == 0 && !x.Stale:
		return fleet.Safe{}
	}
	switch x.ErrKind {
	case fleet.KindUnreachable:
		return fleet.Text("check the address and port, that the service runs, and that a firewall lets this host through")
	case fleet.KindTimeout:
		return fleet.Text("it answers too slowly or a firewall drops packets: check its load, then the path to it")
	case fleet.KindAuth:
		return fleet.Text("the credential is missing, expired or may not read: check where the configuration points")
	case fleet.KindRateLimited:
		return fleet.Text("it is asked too often: raise the interval of this source; the next try is later by itself")
	case fleet.KindNotFound:
		return fleet.Text("the path does not exist there: check the address and that the kind of the source is right")
	case fleet.KindInvalid:
		return fleet.Text("what it answers is not what this kind of source says: check the kind and the version")
	case fleet.KindUnsupported:
		return fleet.Text("this version or mode cannot do it: see the support table, or upgrade it")
	case fleet.KindServer:
		return fleet.Text("it fails by itself: read its own log")
	case fleet.KindInternal:
		return fleet.Text("this is a fault of pitwall: please report it with the log file")
	default:
		return fleet.Text("its last answer is too old: check that it still runs")
	}
}
