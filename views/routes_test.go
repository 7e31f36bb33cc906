package views_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"pitwall/actions"
	"pitwall/themes"
	"pitwall/views"
)

// routeScreens are the states of the routes screen; the dialog alone is proven in all of its states with the dialog.
var routeScreens = map[string]func(*views.Scene) views.RoutesState{
	"list": func(*views.Scene) views.RoutesState {
		return views.RoutesState{List: views.Table{Selected: "chat-default"}}
	},
	"route": func(*views.Scene) views.RoutesState {
		return views.RoutesState{Route: "chat-default", Targets: views.Table{Selected: "b200-a"}}
	},
	"calm": func(sc *views.Scene) views.RoutesState {
		sc.Book = actions.Book{At: sc.Now}
		return views.RoutesState{Route: "embed"}
	},
	"plan":         withShift("plan"),
	"checks":       withShift("checks-block"),
	"confirm-prod": withShift("confirm-prod"),
	"refused":      withShift("refused"),
	"apply":        withShift("apply"),
	"held":         withShift("held"),
	"soak":         withShift("soak"),
	"rolled-back":  withShift("rolled-back"),
	"unknown":      withShift("unknown"),
	"gone":         func(*views.Scene) views.RoutesState { return views.RoutesState{Route: "retired"} },
}

// withShift is the page of a route with a dialog over or beside it.
func withShift(name string) func(*views.Scene) views.RoutesState {
	return func(sc *views.Scene) views.RoutesState {
		shift := shifts[name](sc)
		return views.RoutesState{Route: shift.Route, Targets: views.Table{Selected: "h100-b"}, Shift: &shift}
	}
}

func TestRoutesGolden(t *testing.T) {
	for name, state := range routeScreens {
		for _, sz := range sizes {
			for _, set := range []string{"ascii", "utf8"} {
				t.Run(name+"/"+strconv.Itoa(sz.W)+"x"+strconv.Itoa(sz.H)+"/"+set, func(t *testing.T) {
					sc := scene(set == "ascii", themes.Mono)
					u := state(&sc)
					frame := views.Routes(sc, u, sz)
					exact(t, frame, sz)
					golden.RequireEqual(t, plain(frame))
				})
			}
		}
	}
}

func TestRoutesLook(t *testing.T) {
	if os.Getenv("LOOK") == "" {
		t.Skip("set LOOK to the name of a state to print it")
	}
	for _, sz := range sizes {
		sc := scene(true, themes.Mono)
		u := routeScreens[os.Getenv("LOOK")](&sc)
		t.Log("\n" + plain(views.Routes(sc, u, sz)))
	}
}
