package views_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"pitwall/views"
)

// The bottom line of a look at the past says how long ago it is, where that lies, and the way back.
func TestTimeBar(t *testing.T) {
	for _, ascii := range []bool{true, false} {
		for _, sz := range sizes {
			t.Run(fmt.Sprintf("%dx%d-ascii=%v", sz.W, sz.H, ascii), func(t *testing.T) {
				var lines []string
				for _, film := range []bool{false, true} {
					sc := scene(ascii, 0)
					sc.Banner.Paused = true
					now := sc.Now.Add(12*time.Minute + 5*time.Second)
					sc.Banner.Past = &views.PastSpan{From: now.Add(-time.Hour), To: now.Add(-4 * time.Second), Now: now, Speed: 4, Film: film}
					frame := strings.Split(strings.TrimRight(plain(views.Overview(sc, views.OverviewState{}, sz)), "\n"), "\n")
					lines = append(lines, frame[0], frame[len(frame)-1])
				}
				golden.RequireEqual(t, []byte(strings.Join(lines, "\n")+"\n"))
			})
		}
	}
}
