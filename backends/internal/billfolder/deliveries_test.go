package billfolder

import (
	"testing"
)

// A month that is delivered again, longer: the newer file stands for its days, the older one for those that only it has.
func TestANewerDeliveryReplacesItsDays(t *testing.T) {
	r := newRig(t)
	r.put("monday.csv", 90, "2026-10-31,x,,1", "2026-11-01,x,,2", "2026-11-02,x,,3")
	r.put("tuesday.csv", 60, "2026-11-01,x,,20", "2026-11-03,x,,40") // the second has no use any more
	r.paid("31  1, 1  20, 3  40", "partly replaced by the newer tuesday.csv")
	r.put("wednesday.csv", 30, "2026-10-31,x,,9", "2026-11-03,x,,9")
	r.paid("31  9, 3  9", "replaced by the newer wednesday.csv", "replaced by the newer wednesday.csv")
}

// Parts of one delivery stand beside each other; so do accounts and projects that were exported each by itself.
func TestPartsAndAccountsStandTogether(t *testing.T) {
	r := newRig(t)
	r.put("2026-11/cost-00001.csv", 90, "2026-11-01,x,,1")
	r.put("2026-11/cost-00002.csv", 89, "2026-11-01,x,,2")
	r.put("2026-11/part_0_0001.csv", 70, "2026-11-01,y,,10")
	r.put("2026-11/part_1_0001.csv", 60, "2026-11-01,y,,20")
	r.put("z-a.csv", 60, "2026-11-01,z,a,100")
	r.put("z-b.csv", 50, "2026-11-01,z,b,200")
	r.paid("1  10, 1  20, 1  1, 1  2, 1 a 100, 1 b 200")
}

// What names no project speaks of all of them: the money must not count twice.
func TestATotalReplacesItsParts(t *testing.T) {
	r := newRig(t)
	r.put("by-project.csv", 90, "2026-11-01,x,a,1", "2026-11-01,x,b,2")
	r.put("total.csv", 60, "2026-11-01,x,,3")
	r.paid("1  3", "replaced by the newer total.csv")
	r.put("by-project.csv", 30, "2026-11-01,x,a,1", "2026-11-01,x,b,2")
	r.paid("1 a 1, 1 b 2", "replaced by the newer by-project.csv")
}

// A charge of a year in a file of one day does not replace the year; delivered again, it replaces itself.
func TestAChargeOfAYearReplacesOnlyItself(t *testing.T) {
	r := newRig(t)
	r.put("first.csv", 90, "2026-11-01,x,,1", "2026-01-01,x,tax,50")
	r.put("second.csv", 80, "2026-11-02,x,,2", "2026-01-01,x,tax,60", "2026-02-01,x,tax,7")
	r.put("third.csv", 70, "2026-11-03,x,,3")
	r.paid("1 tax 60, 1 tax 7, 1  1, 2  2, 3  3", "partly replaced by the newer second.csv")
}

// A day is replaced whole, also where the newer file's first row is of its noon.
func TestADayIsReplacedWhole(t *testing.T) {
	r := newRig(t)
	r.put("a.csv", 90, "2026-11-01 00:00:00,x,,1", "2026-11-01 23:00:00,x,,1")
	r.put("b.csv", 60, "2026-11-01 12:00:00,x,,5")
	r.paid("1  5", "replaced by the newer b.csv")
}

func TestTheSameBytesCountOnce(t *testing.T) {
	r := newRig(t)
	r.put("a.csv", 90, "2026-11-01,x,,1")
	r.put("copy of a.csv", 60, "2026-11-01,x,,1")
	r.paid("1  1", "the same as a.csv")
}

func TestNumbersOfParts(t *testing.T) {
	for name, want := range map[string]string{"a/cost-00001.csv.gz": "a/cost", "a/part_1_0001.csv": "a/", "a/part-0.csv": "a/", "cost_0002.csv": "cost",
		"2026-11-01.csv": "2026-11-01.csv", "november-2026.csv": "november-2026.csv", "export_20261101.csv": "export_20261101.csv"} {
		if got := partNumber.ReplaceAllString(name, ""); got != want {
			t.Errorf("%q is a part of %q, want %q", name, got, want)
		}
	}
}
