package billrig

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Buckets is a page of as many buckets as a query asks for, from begin or from where its cursor says, up to now. bucket writes
// one of them; more is what stands before the data.
func Buckets(q url.Values, begin, now time.Time, more string, bucket func(from, to time.Time) string) string {
	width := map[string]time.Duration{"1m": time.Minute, "1h": time.Hour, "1d": 24 * time.Hour}[q.Get("bucket_width")]
	at, limit := begin.UTC(), 7
	if c, err := strconv.ParseInt(q.Get("page"), 10, 64); err == nil {
		at = time.Unix(c, 0).UTC()
	}
	if l, err := strconv.Atoi(q.Get("limit")); err == nil {
		limit = l
	}
	var list []string
	for len(list) < limit && !at.After(now) {
		list = append(list, bucket(at, at.Add(width)))
		at = at.Add(width)
	}
	next := "null"
	if !at.After(now) {
		next = fmt.Sprintf(`"%d"`, at.Unix())
	}
	return fmt.Sprintf(`{%s"data":[%s],"has_more":%v,"next_page":%s}`, more, strings.Join(list, ","), next != "null", next)
}
