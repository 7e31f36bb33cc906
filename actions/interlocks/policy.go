package interlocks

import (
	"errors"
	"fmt"
	"slices"

	"pitwall/actions"
	"pitwall/fleet"
)

// lower applies the site's policy to one verdict: BLOCK becomes OVR, and OVR becomes WARN where the policy says so. HARD and what
// is no objection stay, so that nothing is ever raised, and of two verdicts the worse one stays the worse one or its equal. The
// verdict says what it was and why it is no longer.
func lower(c actions.Check, policy []fleet.PolicyRule) actions.Check {
	for i := range policy {
		r := &policy[i]
		if r.Interlock != c.ID || invalid(*r) != nil {
			continue
		}
		was := c.Severity
		switch {
		case was == actions.SeverityBlock:
			c.Severity = actions.SeverityOVR
		case was == actions.SeverityOVR && r.LowerTo == actions.SeverityWarn.String():
			c.Severity = actions.SeverityWarn
		default:
			return c
		}
		why := fleet.Label(r.Reason)
		c.Lowered = &actions.Lowered{From: was, Reason: why}
		c.Formula = fleet.Textf("%s, lowered from %s by site policy: %s; %s", fleet.Label(c.Severity.String()),
			fleet.Label(was.String()), why, c.Formula)
		return c
	}
	return c
}

// CheckPolicy refuses a policy that names what there is not, that would lower nothing or raise, or that gives no reason
// (KindInvalid).
func CheckPolicy(policy []fleet.PolicyRule) error {
	var errs []error
	seen := map[string]bool{}
	for _, r := range policy {
		if seen[r.Interlock] {
			errs = append(errs, fmt.Errorf("policy: %s appears twice", fleet.Label(r.Interlock)))
		}
		seen[r.Interlock] = true
		if err := invalid(r); err != nil {
			errs = append(errs, fmt.Errorf("policy: %s: %w", fleet.Label(r.Interlock), err))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read the site policy", Err: errors.Join(errs...)}
}

func invalid(r fleet.PolicyRule) error {
	most, known := strongest[r.Interlock]
	to := slices.IndexFunc([]actions.Severity{actions.SeverityPass, actions.SeverityWarn, actions.SeverityOVR, actions.SeverityBlock,
		actions.SeverityHard}, func(s actions.Severity) bool { return s.String() == r.LowerTo })
	switch sev := actions.Severity(to); {
	case !known:
		return errors.New("there is no such interlock; docs/safety.md lists them")
	case r.Interlock == "IL-20":
		return errors.New("it cannot be lowered: a lock that somebody holds is not lifted by a verdict")
	case most == actions.SeverityPass:
		return errors.New("it cannot be lowered: all that it says is HARD, which nothing lifts")
	case sev != actions.SeverityWarn && sev != actions.SeverityOVR:
		return fmt.Errorf("lower_to is %q; it can be WARN, or OVR where the interlock refuses with BLOCK", r.LowerTo)
	case sev > most:
		return fmt.Errorf("%s would raise it, and a policy only lowers: it says %s at most", sev, most)
	case sev == most:
		return fmt.Errorf("it says %s at most: there is nothing to lower", most)
	case len(r.Reason) < leastReason || !fleet.IsClean(r.Reason):
		return fmt.Errorf("it needs a reason of %d plain characters or more: every verdict that it lowers says it", leastReason)
	}
	return nil
}

// leastReason is the least length of the reason of a policy, as of an override.
const leastReason = 10

// strongest is what each interlock says at most below HARD, where that is missing data too; PASS where all that it says is HARD.
var strongest = map[string]actions.Severity{
	"IL-01": actions.SeverityPass, "IL-02": actions.SeverityOVR, "IL-03": actions.SeverityPass, "IL-04": actions.SeverityBlock,
	"IL-05": actions.SeverityBlock, "IL-06": actions.SeverityOVR, "IL-07": actions.SeverityBlock, "IL-08": actions.SeverityBlock,
	"IL-09": actions.SeverityOVR, "IL-10": actions.SeverityBlock, "IL-11": actions.SeverityWarn, "IL-12": actions.SeverityBlock,
	"IL-13": actions.SeverityOVR, "IL-14": actions.SeverityPass, "IL-15": actions.SeverityBlock, "IL-16": actions.SeverityBlock,
	"IL-17": actions.SeverityPass, "IL-18": actions.SeverityOVR, "IL-19": actions.SeverityOVR, "IL-20": actions.SeverityBlock,
	"IL-21": actions.SeverityBlock, "IL-22": actions.SeverityOVR, "IL-23": actions.SeverityBlock, "IL-24": actions.SeverityOVR,
	"IL-25": actions.SeverityWarn, "IL-26": actions.SeverityOVR, "IL-27": actions.SeverityOVR, "IL-28": actions.SeverityBlock,
	"IL-29": actions.SeverityBlock, "IL-30": actions.SeverityBlock, "IL-31": actions.SeverityBlock, "IL-32": actions.SeverityBlock,
	"IL-33": actions.SeverityWarn, "IL-34": actions.SeverityBlock, "IL-35": actions.SeverityWarn, "IL-36": actions.SeverityBlock,
	"IL-37": actions.SeverityPass, "IL-38": actions.SeverityBlock, "IL-39": actions.SeverityWarn, "IL-40": actions.SeverityOVR,
	"IL-41": actions.SeverityOVR, "IL-42": actions.SeverityOVR, "IL-43": actions.SeverityBlock, "IL-44": actions.SeverityOVR,
	"IL-45": actions.SeverityPass,
	"SL-01": actions.SeverityOVR, "SL-02": actions.SeverityWarn, "SL-03": actions.SeverityWarn, "SL-04": actions.SeverityWarn,
	"SL-05": actions.SeverityPass, "KY-01": actions.SeverityOVR, "KY-02": actions.SeverityWarn, "KY-03": actions.SeverityOVR,
}
