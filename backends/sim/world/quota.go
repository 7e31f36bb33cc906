package world

// quota is a limit on what is used in any sixty seconds, kept in slots of a second: what the headers call remaining
// is the limit less the use of the last minute.
type quota struct {
	limit float64
	used  [60]float64
	sum   float64
	last  int64 // second of the newest slot
}

// turn forgets the slots that are older than a minute.
func (q *quota) turn(now float64) {
	second := int64(now)
	for n := 0; q.last < second && n < len(q.used); n++ {
		q.last++
		i := q.last % int64(len(q.used))
		q.sum -= q.used[i]
		q.used[i] = 0
	}
	q.last = max(q.last, second)
}

func (q *quota) left(now float64) float64 {
	q.turn(now)
	return q.limit - q.sum
}

func (q *quota) use(now, n float64) {
	q.turn(now)
	q.used[q.last%int64(len(q.used))] += n
	q.sum += n
}

// wait is how many seconds pass until n is free, at most a minute.
func (q *quota) wait(now, n float64) float64 {
	free := q.left(now)
	seconds := 0.0
	for i := int64(1); free < n && i <= int64(len(q.used)); i++ {
		free += q.used[(q.last+i)%int64(len(q.used))]
		seconds++
	}
	return seconds
}

// full is how many seconds pass until nothing is used, when nobody asks more.
func (q *quota) full(now float64) float64 {
	q.turn(now)
	for i := int64(0); i < int64(len(q.used)); i++ {
		if q.used[(q.last-i+int64(len(q.used)))%int64(len(q.used))] > 0 {
			return float64(int64(len(q.used)) - i)
		}
	}
	return 0
}
