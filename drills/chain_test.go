package drills

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func kept(t *testing.T) (*Report, []byte) {
	t.Helper()
	log := perfect()
	log.Entries[0].Text, log.Entries[0].Screen = fleet.Label("b200-a is slow\x1b[31m"), []fleet.Safe{fleet.Label("  a < b \u202e")}
	log.Entries[2].Change.Checks = []Verdict{{"IL-04", "WARN", fleet.Text("0.91 > 0.85")}}
	log.Alarms = []Alarm{{At: 90 * time.Second, Object: fleet.Label("b200-a"), Text: fleet.Text("stalled")}}
	r := reported(log)
	r.Seed = math.MaxUint64
	if err := r.Seal(); err != nil {
		t.Fatal(err)
	}
	body, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return r, body
}

func TestAKeptReportVerifiesAndAnAlteredOneSaysWhere(t *testing.T) {
	r, body := kept(t)
	back, err := ReadReport(body)
	if err != nil || back.Verify(r.Head()) != nil {
		t.Fatalf("%v, %v", err, back.Verify(r.Head()))
	}
	for want, change := range map[string]func(*Report){
		"chain is scenario;":    func(r *Report) { r.Seed-- },
		"chain is entry 1;":     func(r *Report) { r.Log.Entries[0].At -= time.Second },
		"chain is entry 3;":     func(r *Report) { r.Log.Entries[2].Change.Verified = false },
		"chain is alert 1;":     func(r *Report) { r.Log.Entries = r.Log.Entries[:4] },
		"fit its chain is end;": func(r *Report) { r.Log.Alarms = nil },
		"chain is end;":         func(r *Report) { r.Log.Flags = []string{"x"} },
		"chain is score;":       func(r *Report) { r.Result.Total = 100 },
		"chain is curves;":      func(r *Report) { r.Curves.Player[3]-- },
		"chain is signals;":     func(r *Report) { r.Signals[0].Missed = 0 },
		"no chain":              func(r *Report) { r.Chain = nil },
		"longer":                func(r *Report) { r.Chain = append(r.Chain, Link{"more", "00"}) },
		"written anew:":         func(r *Report) { r.Result.Total = 100; _ = r.Seal() },
	} {
		back, err := ReadReport(body)
		if err != nil {
			t.Fatal(err)
		}
		change(back)
		err = back.Verify(r.Head())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestWhatNoChainGoesOverIsRefused(t *testing.T) {
	_, body := kept(t)
	for name, text := range map[string]string{"a key": strings.Replace(string(body), "{", `{"Praise":"well done",`, 1),
		"text behind": string(body) + "{}", "nothing": "{}", "no JSON": "id: x", "cut": string(body[:len(body)/2])} {
		if _, err := ReadReport([]byte(text)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestMissedMinutesCountFromWhatCouldBeSeen(t *testing.T) {
	s := sample()
	s.Injects = []Inject{{At: 90 * time.Second, Channel: ChannelUser, Text: "slow"}, {At: 2 * time.Minute, Channel: ChannelPeer, Text: "no", Misleading: true},
		{At: 29*time.Minute + 30*time.Second, Channel: ChannelManager, Text: "well?"}, {At: 31 * time.Minute, Channel: ChannelUser, Text: "late"}}
	log := &Log{Ended: 30 * time.Minute, Entries: []Entry{{At: 30 * time.Second, Kind: KindMark, Text: fleet.Text("b200-a")},
		{At: 4 * time.Minute, Kind: KindTheory, ID: "b"}, {At: 5 * time.Minute, Kind: KindTell}, {At: 9 * time.Minute, Kind: KindMark, Text: fleet.Text("B200-A: stalled")}},
		Alarms: []Alarm{{At: 10 * time.Second, Object: fleet.Label("old")}, {At: 3 * time.Minute, Object: fleet.Label("b200-a")},
			{At: 10 * time.Minute, Object: fleet.Label("b200-a")}, {At: 3 * time.Minute, Object: fleet.Label("b200")}, {At: 20 * time.Minute, Object: fleet.Label("h100")}}}
	var got []string
	for _, x := range Signals(s, log) {
		got = append(got, strings.Join([]string{x.From, x.Object.String(), x.MissedMinutes().String(), x.Answer().String()}, "|"))
	}
	want := []string{"user report||2.5|4m, first theory after it", "alert|b200-a|6|9m, mark that names it", "alert|b200|1|4m, first theory after it",
		"alert|b200-a|0|9m, mark that names it", "alert|h100|10|never", "manager||0.5|never"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	r := &Report{Scenario: s, Log: *log, Signals: Signals(s, log)}
	if text := Markdown(r); !strings.Contains(text, "| 3m | alert: b200-a  | 9m, mark that names it | 6 |") {
		t.Errorf("%s", text)
	}
}
