package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"pitwall/fleet"
)

// Raw is the journal of a change as it stands on the disk, in whole lines.
func (j *Journal) Raw(id fleet.ChangeID) ([]byte, error) {
	name, err := j.nameOf(id)
	if err != nil {
		return nil, err
	}
	content, err := j.dir.Read(name, maxFile)
	if err != nil {
		return nil, err
	}
	return content[:bytes.LastIndexByte(content, '\n')+1], nil
}

// Parse rebuilds a change from a journal that came from elsewhere. All of it must hold.
func Parse(id fleet.ChangeID, content []byte) (Entry, error) {
	first, _, _ := bytes.Cut(content, []byte("\n"))
	r, err := decode(first)
	if err == nil && (r.Open == nil || r.Open.ID != id) {
		err = errors.New("it begins with another change")
	}
	if err != nil {
		return Entry{}, unusable(err)
	}
	name := fileName(r.Open)
	if _, of, ok := parseName(name); !ok || of != id {
		return Entry{}, unusable(errors.New("it has no name of a change"))
	}
	e, problems := fold(name, content)
	if len(problems) > 0 {
		return Entry{}, unusable(fmt.Errorf("line %d: %s", problems[0].Line, problems[0].Text))
	}
	return e, nil
}

func unusable(err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read the copy of a change", Err: err, Next: "nothing of it is used"}
}

func fileName(o *Opened) string { return fmt.Sprintf("%06d-%s.jsonl", o.Number, o.ID) }

// Import takes a journal over that came from elsewhere, where another process carried the change on: more hands had it than
// are in the journal here. What is only in the journal here is kept aside. It tells whether anything was taken over. The
// caller holds the lock of the change's object. The next record goes on behind a note that says where it comes from.
func (j *Journal) Import(id fleet.ChangeID, content []byte, why fleet.Safe) (bool, error) {
	e, err := Parse(id, content)
	if err != nil {
		return false, err
	}
	first, _, _ := bytes.Cut(content, []byte("\n"))
	r, _ := decode(first) // Parse read it
	name := fileName(r.Open)
	old, err := j.dir.Read(name, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return false, err
	default:
		mine, _ := fold(name, old)
		if !mine.Corrupt && mine.Change.Hands >= e.Change.Hands {
			return false, nil
		}
		if err := j.keepAside(name, old, content); err != nil {
			return false, err
		}
	}
	note, err := encode(Record{Seq: e.Records + 1, At: j.clock.Now(), Kind: KindImported, State: e.Change.State, Why: why,
		NextAt: e.Change.NextAt, Held: e.Change.Held})
	if err != nil {
		return false, err
	}
	whole := append(bytes.Clone(content), note...)
	if e.Change.State.Closed() {
		whole = content // nothing goes on
	}
	return true, j.place(name, whole)
}

// keepAside keeps what the journal here has and the other one has not.
func (j *Journal) keepAside(name string, old, content []byte) error {
	same := 0
	for same < len(old) && same < len(content) && old[same] == content[same] {
		same++
	}
	if same == len(old) {
		return nil
	}
	same = bytes.LastIndexByte(old[:same], '\n') + 1
	f, err := j.dir.Append(fmt.Sprintf("%s.aside-%d", name, same))
	if err != nil {
		return err
	}
	_, err = f.Write(old[same:])
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return &fleet.Error{Kind: fleet.KindInternal, Op: "keep records aside", Err: err}
	}
	return nil
}

// place puts a file into the journal in one step, so that a crash leaves the old one or the new one.
func (j *Journal) place(name string, content []byte) error {
	fresh := ".import-" + name
	if err := os.Remove(j.dir.Path(fresh)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &fleet.Error{Kind: fleet.KindInternal, Op: "take the change over", Err: err}
	}
	f, err := j.dir.Create(fresh)
	if err != nil {
		return err
	}
	err = j.write(f, content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(j.dir.Path(fresh), j.dir.Path(name))
	}
	if err != nil {
		return &fleet.Error{Kind: fleet.KindInternal, Op: "take the change over", Err: err, Next: "the journal here is as it was"}
	}
	return j.dir.Sync()
}
