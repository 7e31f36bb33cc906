package prometheus

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"pitwall/fleet"
)

// atOnce is how many queries are out at the same time: a Prometheus evaluates 20 for all of its users.
const atOnce = 4

// work runs the queries of one read and returns when all of them have ended. The results are in the order of the jobs.
func work(ctx context.Context, jobs []func(context.Context) harvest) []harvest {
	results := make([]harvest, len(jobs))
	var next int
	var mu sync.Mutex
	take := func() int {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1
	}
	var all sync.WaitGroup
	for range min(atOnce, len(jobs)) {
		all.Go(func() {
			for i := take(); i < len(jobs); i = take() {
				results[i] = guarded(ctx, jobs[i])
			}
		})
	}
	all.Wait()
	return results
}

// guarded turns a panic over one answer into the error of that query.
func guarded(ctx context.Context, job func(context.Context) harvest) (h harvest) {
	defer func() {
		if r := recover(); r != nil {
			h = harvest{err: &fleet.Error{Kind: fleet.KindInternal, Op: "read the answer of the store",
				Err: reason{"the adapter failed on this answer", errors.New(fmt.Sprint(r))}}}
		}
	}()
	return job(ctx)
}
