package fleet

import "encoding/json"

// MarshalJSON writes an unknown value as null: a reader of JSON could take the zero beside a flag for a figure.
func (m Maybe[T]) MarshalJSON() ([]byte, error) {
	if !m.OK {
		return []byte("null"), nil
	}
	return json.Marshal(m.V)
}

// UnmarshalJSON reads null as unknown.
func (m *Maybe[T]) UnmarshalJSON(b []byte) error {
	*m = Maybe[T]{}
	if string(b) == "null" {
		return nil
	}
	if err := json.Unmarshal(b, &m.V); err != nil {
		return err
	}
	m.OK = true
	return nil
}
