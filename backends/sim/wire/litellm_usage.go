package wire

// owner is a virtual key with its team, as labels print them.
type owner struct{ alias, hash, team, teamAlias, user string }

func (p *litellmPage) owner(key int) owner {
	if key == 0 || key > len(p.keys) {
		return owner{keyAlias, keyHash, teamID, teamAlias, userID}
	}
	k := &p.keys[key-1]
	return owner{label("api_key_alias", k.Alias), label("hashed_api_key", k.Hash), label("team", k.Team),
		label("team_alias", k.TeamAlias), label("user", k.User)}
}

// usage is what was spent, by member and key. Input tokens are all of a prompt; those from a cache and into one are told
// apart by later versions, in series that begin with their first token.
func (p *litellmPage) usage() {
	var spend, in, out, total, read, written []series
	for _, d := range p.g.Stats.Deployments {
		for i, u := range d.Used {
			if u.Requests == 0 {
				continue
			}
			o := p.owner(i)
			_, model := provider(d.Spec)
			l := join(o.alias, noUser, o.hash, label("model", model), label("model_id", d.Spec.ID),
				label("requested_model", d.Spec.Route), o.team, o.teamAlias, o.user, noMail)
			spend = append(spend, series{join(o.alias, noIP, noUser, o.hash, label("model", model),
				label("model_id", d.Spec.ID), o.team, o.teamAlias, o.user, noAgent, noMail), u.Spend})
			in = append(in, series{l, float64(u.Prompt())})
			out = append(out, series{l, float64(u.Output)})
			total = append(total, series{l, float64(u.Prompt() + u.Output)})
			read, written = begun(read, l, u.CacheRead), begun(written, l, u.CacheWrite)
		}
	}
	p.counter("litellm_spend_metric", "Spend, USD", spend...)
	p.counter("litellm_total_tokens_metric", "Tokens", total...)
	p.counter("litellm_input_tokens_metric", "Input tokens", in...)
	p.counter("litellm_output_tokens_metric", "Output tokens", out...)
	if p.parts {
		p.counter("litellm_input_cached_tokens_metric", "Input tokens from the provider's cache", read...)
		p.counter("litellm_input_cache_creation_tokens_metric", "Input tokens into the provider's cache", written...)
	}
}

func begun(list []series, labels string, n int64) []series {
	if n == 0 {
		return list
	}
	return append(list, series{labels, float64(n)})
}
