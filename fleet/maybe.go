package fleet

// Maybe is a value that may be unknown. The zero value is unknown, so that
// a forgotten field can never be read as 0.
type Maybe[T any] struct {
	V  T
	OK bool
}

// Some returns a known value.
func Some[T any](v T) Maybe[T] { return Maybe[T]{V: v, OK: true} }

// None returns an unknown value.
func None[T any]() Maybe[T] { return Maybe[T]{} }

// Or returns the value, or other when it is unknown.
func (m Maybe[T]) Or(other T) T {
	if m.OK {
		return m.V
	}
	return other
}
