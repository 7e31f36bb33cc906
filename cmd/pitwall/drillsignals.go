package main

import (
	"slices"
	"strings"
	"time"

	"pitwall/actions"
	"pitwall/drills"
	"pitwall/fleet"
)

// mostAlarms bounds the alerts of one drill.
const mostAlarms = 500

// noteAlarms adds the alerts of pitwall's own detection that were not on the console before.
func noteAlarms(list []drills.Alarm, alerts []fleet.Alert, at time.Duration) []drills.Alarm {
	for i := range alerts {
		a := &alerts[i]
		known := slices.ContainsFunc(list, func(o drills.Alarm) bool {
			return o.Object == a.Object && wordsOf(o.Text) == wordsOf(a.Text)
		})
		if a.Origin == "" && !a.Pending && !a.Old && !known && len(list) < mostAlarms {
			list = append(list, drills.Alarm{At: at, Object: a.Object, Text: a.Text})
		}
	}
	return list
}

// wordsOf is the text of an alert without its numbers, which move while it is the same alert.
func wordsOf(t fleet.Safe) string {
	return strings.Join(strings.FieldsFunc(t.String(), func(r rune) bool { return strings.ContainsRune("0123456789.,% ", r) }), " ")
}

// verdicts are the checks of a change that did not pass, and how many did.
func verdicts(checks []actions.Check) (list []drills.Verdict, passed int) {
	for _, c := range checks {
		if c.Severity == actions.SeverityPass {
			passed++
			continue
		}
		text := c.Formula
		if text.IsEmpty() {
			text = c.Title
		}
		list = append(list, drills.Verdict{ID: c.ID, Severity: c.Severity.String(), Text: text})
	}
	return list, passed
}
