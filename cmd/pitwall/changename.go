package main

import (
	"fmt"
	"strconv"

	"pitwall/fleet"
)

// changeCalled is the id of the change that a person named: by it, or by the number that the journal lists first. A number
// that changes of several operators have is refused.
func changeCalled(f *flags, c console, word string) (fleet.ChangeID, error) {
	n, notNumber := strconv.Atoi(word)
	if notNumber != nil {
		return fleet.ChangeID(word), nil //nolint:nilerr // it is an id
	}
	b, err := changes(f, c)
	if err != nil {
		return "", err
	}
	var found []fleet.ChangeID
	for i := range b.Changes {
		if b.Changes[i].Seq == n {
			found = append(found, b.Changes[i].ID)
		}
	}
	switch len(found) {
	case 0:
		return "", &fleet.Error{Kind: fleet.KindNotFound, Op: "find the change", Err: fmt.Errorf("there is no change %q", word)}
	case 1:
		return found[0], nil
	}
	return "", &fleet.Error{Kind: fleet.KindInvalid, Op: "find the change",
		Err: fmt.Errorf("%d changes have the number %d: %v", len(found), n, found), Next: "name it by its id"}
}
