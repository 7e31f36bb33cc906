package runner

import (
	"context"
	"time"

	"pitwall/actions"
)

// freshFor is how long the reading that a plan was made on is judged without another look at the object.
const freshFor = 30 * time.Second

// asRead is a plan as its checks judge it before its first write: with the object as it is read now, since a person took time to
// confirm it, or old replicas to answer golden prompts. The plan itself stays what was confirmed. What cannot be read, and another
// object under the name, is judged by what was read before, and its age.
func (k *carrier) asRead(p actions.Plan) actions.Plan {
	if p.Work == nil || k.work == nil || k.c.Step > 0 || k.now().Sub(p.Work.Was.At) <= freshFor {
		return p
	}
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	r, err := k.work.read.Rollout(ctx, p.Work.Was.Object)
	if err != nil || r.UID != p.Work.Was.UID {
		return p
	}
	work := *p.Work
	work.Was = r
	p.Work = &work
	return p
}
