package golden

import (
	"context"

	"pitwall/fleet"
)

// Ask asks one prompt of one replica, as often as it says, and judges the answers. It stops as soon as more answers change
// nothing, and at the first that does not come: a replica that cannot be asked shows nothing.
func Ask(ctx context.Context, by fleet.Asker, model fleet.ModelName, p *fleet.GoldenPrompt) Finding {
	f := Finding{Prompt: p.Name}
	repeat, pass := max(p.Repeat, 1), p.Pass
	if pass <= 0 || pass > repeat {
		pass = repeat
	}
	unclear := 0
	for f.Asked < repeat {
		answer, err := once(ctx, by, model, p)
		f.Asked++
		if err != nil {
			return unanswered(f, answer, err)
		}
		verdict, why := Judge(p, &answer)
		switch verdict {
		case Pass:
			f.Right++
		case Unclear:
			unclear++
			fallthrough
		default:
			f.Why = why
		}
		switch {
		case f.Right >= pass:
			f.Verdict, f.Why = Pass, fleet.Safe{}
			return f
		case f.Right+unclear+repeat-f.Asked < pass:
			f.Verdict = Fail
			return f
		}
	}
	f.Verdict = Unclear // enough could have been right, had they said what they must be judged by
	return f
}

func once(ctx context.Context, by fleet.Asker, model fleet.ModelName, p *fleet.GoldenPrompt) (fleet.GoldenAnswer, error) {
	if p.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.Timeout)
		defer cancel()
	}
	return by.Ask(ctx, model, p)
}

func unanswered(f Finding, a fleet.GoldenAnswer, err error) Finding {
	f.Verdict, f.Refused, f.Silent = Unclear, a.Refused != 0, a.Refused == 0
	f.Why = fleet.Concat(fleet.Text("no answer: "), fleet.Sentence(err))
	return f
}
