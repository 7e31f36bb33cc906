package sheet

import (
	"bytes"
	"time"
)

// Moment is when something was, in seconds since 1970, and how exactly it was written.
type Moment struct {
	Unix int64
	Day  bool // only a day was written
}

// Time is the moment as a time of UTC.
func (m Moment) Time() time.Time { return time.Unix(m.Unix, 0).UTC() }

// End is the end of what a moment names where the table names no end of its own: a day or an hour.
func (m Moment) End() int64 {
	if m.Day {
		return m.Unix + secondsOfDay
	}
	return m.Unix - m.Unix%secondsOfHour + secondsOfHour
}

const (
	secondsOfHour = 3600
	secondsOfDay  = 24 * secondsOfHour
)

// ParseMoment reads a moment as exports write it. What names no zone is UTC; dates with slashes are written month first.
// A moment outside of 2000 to 2099 is none.
func ParseMoment(field []byte) (Moment, bool) {
	field = Trim(field)
	date, clock := field, []byte(nil)
	if i := bytes.IndexAny(field, "T "); i > 0 {
		date, clock = field[:i], bytes.TrimSpace(field[i+1:])
	}
	year, month, day, ok := parseDate(date)
	if !ok || month < 1 || month > 12 || day < 1 || day > 31 || year < 2000 || year > 2099 {
		return Moment{}, false
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day { // the 31st of a month of 30
		return Moment{}, false
	}
	if len(clock) == 0 {
		return Moment{Unix: t.Unix(), Day: true}, true
	}
	seconds, ok := parseClock(clock)
	return Moment{Unix: t.Unix() + seconds}, ok
}

// parseDate reads 2026-11-01, 20261101, 11/1/26 and 11/01/2026.
func parseDate(s []byte) (year, month, day int, ok bool) {
	switch {
	case len(s) == 10 && s[4] == '-' && s[7] == '-':
		return number(s[:4]), number(s[5:7]), number(s[8:]), true
	case len(s) == 8 && bytes.IndexByte(s, '/') < 0:
		return number(s[:4]), number(s[4:6]), number(s[6:]), true
	}
	m, rest, found := bytes.Cut(s, []byte{'/'})
	d, y, found2 := bytes.Cut(rest, []byte{'/'})
	if !found || !found2 || len(m) > 2 || len(d) > 2 || len(y) != 2 && len(y) != 4 {
		return 0, 0, 0, false
	}
	if year = number(y); len(y) == 2 {
		year += 2000
	}
	return year, number(m), number(d), true
}

// parseClock reads 13:05, 13:05:09, 13:05:09.123 and a zone behind it: Z, UTC, +01:00, +0100.
func parseClock(s []byte) (seconds int64, ok bool) {
	if len(s) < 5 || s[2] != ':' {
		return 0, false
	}
	hour, minute, second := number(s[:2]), number(s[3:5]), 0
	if s = s[5:]; len(s) >= 3 && s[0] == ':' {
		second, s = number(s[1:3]), s[3:]
	}
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 {
		return 0, false
	}
	if len(s) > 0 && s[0] == '.' {
		s = bytes.TrimLeft(s[1:], "0123456789")
	}
	seconds = int64(hour)*secondsOfHour + int64(minute)*60 + int64(second)
	offset, ok := parseZone(bytes.TrimSpace(s))
	return seconds - offset, ok
}

func parseZone(s []byte) (seconds int64, ok bool) {
	switch {
	case len(s) == 0, string(s) == "Z", string(s) == "z", string(s) == "UTC", string(s) == "GMT":
		return 0, true
	case s[0] != '+' && s[0] != '-':
		return 0, false
	}
	sign := int64(1)
	if s[0] == '-' {
		sign = -1
	}
	s = s[1:]
	hour, minute := s, []byte("00")
	switch {
	case len(s) == 5 && s[2] == ':':
		hour, minute = s[:2], s[3:]
	case len(s) == 4:
		hour, minute = s[:2], s[2:]
	case len(s) != 2:
		return 0, false
	}
	h, m := number(hour), number(minute)
	if h < 0 || h > 14 || m < 0 || m > 59 {
		return 0, false
	}
	return sign * (int64(h)*secondsOfHour + int64(m)*60), true
}

// number reads a few digits; -1 is what is none.
func number(s []byte) int {
	if len(s) == 0 || len(s) > 4 {
		return -1
	}
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}
