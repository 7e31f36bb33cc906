package bills

// Plus adds. What is unknown adds nothing; what is odd makes the sum odd.
func (n Number) Plus(o Number) Number {
	n.V = n.V.Add(o.V)
	n.OK, n.Odd = (n.OK || o.OK) && !n.Odd && !o.Odd, n.Odd || o.Odd
	return n
}

// Minus takes away. What is unknown takes nothing; what is odd makes the rest odd.
func (n Number) Minus(o Number) Number {
	n.V = n.V.Sub(o.V)
	n.OK, n.Odd = (n.OK || o.OK) && !n.Odd && !o.Odd, n.Odd || o.Odd
	return n
}
