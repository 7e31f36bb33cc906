package nvidiasmi

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pitwall/fleet"
)

func TestEveryFormOfTheTable(t *testing.T) {
	full := own(t, "H100")
	head, rows, _ := strings.Cut(full, "\n")
	bare := strings.NewReplacer(" W", "", " MHz", "", " %", "", " MiB", "").Replace(rows)
	names := strings.Split("count,uuid,pci.bus_id,index,name,driver_version,temperature.gpu,power.draw,clocks.sm,utilization.gpu,"+
		"memory.used,memory.free,ecc.errors.uncorrected.volatile.total,remapped_rows.pending,remapped_rows.failure,"+
		"retired_pages.pending,clocks_event_reasons.active,gpu_recovery_action", ",")
	for name, body := range map[string]string{
		"header and units": full, "header, no units": head + "\n" + bare, "units, no header": rows, "neither": bare,
		"line ends of Windows": strings.ReplaceAll(full, "\n", "\r\n"), "words before it": "Last login: today\n" + full,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parse([]byte(body), names)
			if err != nil {
				t.Fatal(err)
			}
			same(t, got.gpus, wantGPUs())
			if len(got.notices) != 0 {
				t.Errorf("notices %v", got.notices)
			}
		})
	}
	for name, body := range map[string]string{"no header": rows, "no uuid": "name, temperature.gpu\nH100, 50\n"} {
		if _, err := parse([]byte(body), nil); err == nil {
			t.Errorf("%s was read without knowing its fields", name)
		}
	}
}

func TestWordsInPlaceOfValues(t *testing.T) {
	for text, notice := range map[string]bool{
		"[N/A]": false, "N/A": false, "[Not Supported]": false, "[Insufficient Permissions]": false, "": false,
		"[Requested functionality has been deprecated]": false, "[Unknown Error]": true, "[GPU requires reset]": true,
		"hot": true, "50 F": true, "-3": true, "NaN": true, "0x": true,
	} {
		got, err := parse([]byte("uuid, temperature.gpu, gpu_recovery_action\nGPU-1, "+text+", Node Reboot\n"), nil)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if g := got.gpus[0]; g.Temp.OK || g.Recovery != fleet.Some(2) {
			t.Errorf("%q became %+v", text, g)
		}
		if (len(got.notices) > 0) != notice {
			t.Errorf("%q: notices %v", text, got.notices)
		}
	}
}

func TestRecoveryActionsInAllWordings(t *testing.T) {
	for text, want := range map[string]int{
		"None": 0, "Reset": 1, "GPU Reset": 1, "GPU Reset Required": 1, "Reboot": 2, "Node Reboot Required": 2, "Drain P2P": 3,
		"Drain and Reset": 4, "Recover IMEX Domain": 5, "0": 0, "4": 4, "0x4": 4, "7": 7,
	} {
		x := &row{}
		if err := recovery(x, text, ""); err != nil || x.Recovery != fleet.Some(want) {
			t.Errorf("%q: %v, %v", text, x.Recovery, err)
		}
	}
	if err := recovery(&row{}, "Ask Support", ""); err == nil {
		t.Error("an unknown word was taken for an action")
	}
}

func TestUnitsAreThoseOfTheField(t *testing.T) {
	got, err := parse([]byte("uuid, memory.used [GiB], power.draw [W]\nGPU-1, 5, 300 mW\n"), nil)
	if err != nil || got.gpus[0].MemUsed.OK || got.gpus[0].Power.OK || len(got.notices) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	full := own(f, "H100")
	_, rows, _ := strings.Cut(full, "\n")
	for _, s := range []string{full, rows, "", "\n", "uuid\nGPU-1\n", "uuid, count\nGPU-1, 9\n", "uuid,uuid\n\x1b,\x00\n",
		"uuid, count\n" + strings.Repeat("\x06", 900) + ", 1\nGPU-1, " + strings.Repeat("\x0f", 900) + "\n",
		"uuid\nWARNING: infoROM is corrupted\nGPU-1\n", "uuid, memory.used [MiB]\nGPU-1, 1e999 MiB\n"} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, named bool) {
		var names []string
		if named {
			names = current
		}
		got, err := parse(body, names)
		if err != nil {
			if got != nil || !utf8.ValidString(err.Error()) {
				t.Fatalf("half an answer, or an error of its text: %v", err)
			}
			return
		}
		ids := map[fleet.GPUID]bool{}
		for _, g := range got.gpus {
			if g.ID == "" || ids[g.ID] {
				t.Fatalf("a GPU without a name of its own: %+v", got.gpus)
			}
			ids[g.ID] = true
			if g.MemUsed.OK && !(g.MemUsed.V >= 0) || g.Temp.OK && !(g.Temp.V >= 0) || g.Power.OK && !(g.Power.V >= 0) {
				t.Fatalf("a number that cannot be: %+v", g)
			}
		}
		for _, n := range got.notices {
			if !fleet.IsClean(n.Text.String()) {
				t.Fatalf("unclean: %q", n.Text)
			}
		}
		again, err := parse(body, names)
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Fatalf("the same answer is read in two ways: %v", err)
		}
	})
}
