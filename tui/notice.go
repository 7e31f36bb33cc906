package tui

import (
	"time"

	"pitwall/fleet"
)

// noticeLife is how long an answer stays in the bottom line when no key is pressed.
const noticeLife = 10 * time.Second

// notice is the answer to the last key or command.
type notice struct {
	text fleet.Safe
	bad  bool
	at   time.Time
}

func (n *notice) age(now time.Time) {
	if !n.text.IsEmpty() && now.Sub(n.at) >= noticeLife {
		*n = notice{}
	}
}

func (m *Model) say(text fleet.Safe) { m.notice = notice{text: text, at: m.hands.Now()} }

func (m *Model) fail(text fleet.Safe) { m.notice = notice{text: text, bad: true, at: m.hands.Now()} }
