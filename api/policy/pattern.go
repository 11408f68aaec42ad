package policy

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// Wildcards, as runes that no text has.
const (
	anyText rune = -1 // *
	anyRune rune = -2 // ?
)

// pattern is a text with wildcards and policy variables, such as
// "arn:aws:kinesis:*:*:stream/${aws:username}-?".
type pattern struct {
	parts []part
	fold  bool // case does not matter: the runes are lower, and so must be what they are compared with
}

// part is literal runes and wildcards, or a variable.
type part struct {
	runes    []rune
	key      string  // of the variable, in lower case; empty of a literal
	fallback *string // the variable's value where the request has none
}

// Ways to read a pattern.
type reading struct {
	wild      bool // * and ? are wildcards
	variables bool // ${…} is a variable, since version 2012-10-17
	fold      bool
}

func compile(text string, how reading) (pattern, error) {
	p := pattern{fold: how.fold}
	var runes []rune
	for text != "" {
		if how.variables && strings.HasPrefix(text, "${") {
			inside, rest, ok := strings.Cut(text[2:], "}")
			if !ok {
				return p, errors.New("a variable that begins with \"${\" has no end")
			}
			text = rest
			if inside == "*" || inside == "?" || inside == "$" {
				runes = append(runes, rune(inside[0]))
				continue
			}
			v, err := variable(inside)
			if err != nil {
				return p, err
			}
			p.parts = append(p.parts, part{runes: runes}, v)
			runes = nil
			continue
		}
		r, n := utf8.DecodeRuneInString(text)
		text = text[n:]
		switch {
		case how.wild && r == '*':
			r = anyText
		case how.wild && r == '?':
			r = anyRune
		}
		runes = append(runes, r)
	}
	p.parts = append(p.parts, part{runes: runes})
	if how.fold {
		for i := range p.parts {
			p.parts[i].runes = lower(p.parts[i].runes)
		}
	}
	return p, nil
}

// variable reads what stands between the braces: a key, or a key and what to
// take without it, as in "aws:username, 'nobody'".
func variable(inside string) (part, error) {
	key, fallback, given := strings.Cut(inside, ",")
	key = strings.ToLower(strings.TrimSpace(key))
	if !strings.Contains(key, ":") {
		return part{}, errors.New("${" + inside + "} is not a variable")
	}
	v := part{key: key}
	if given {
		fallback = strings.TrimSpace(fallback)
		if len(fallback) < 2 || fallback[0] != '\'' || fallback[len(fallback)-1] != '\'' {
			return part{}, errors.New("the default in ${" + inside + "} does not stand between '")
		}
		fallback = fallback[1 : len(fallback)-1]
		v.fallback = &fallback
	}
	return v, nil
}

// lower keeps wildcards as they are.
func lower(runes []rune) []rune {
	low := slices.Clone(runes)
	for i, r := range low {
		if r >= 0 {
			low[i], _ = utf8.DecodeRuneInString(strings.ToLower(string(r)))
		}
	}
	return low
}

// expand returns the pattern with its variables filled in, and false when the
// request has no value for one, or several.
func (p *pattern) expand(r *Request) ([]rune, bool) {
	if len(p.parts) == 1 {
		return p.parts[0].runes, true
	}
	var runes []rune
	for i := range p.parts {
		part := &p.parts[i]
		if part.key == "" {
			runes = append(runes, part.runes...)
			continue
		}
		var value string
		switch values := r.Values(part.key); {
		case len(values) == 1:
			value = values[0]
		case part.fallback != nil && len(values) == 0:
			value = *part.fallback
		default:
			return nil, false
		}
		if p.fold {
			value = strings.ToLower(value)
		}
		runes = append(runes, []rune(value)...)
	}
	return runes, true
}

// matches reports whether the whole text is as the pattern says.
func (p *pattern) matches(text string, r *Request) bool {
	runes, ok := p.expand(r)
	if p.fold {
		text = strings.ToLower(text)
	}
	return ok && glob(runes, text)
}

// matchesARN is matches for ARNs, whose six parts are compared one by one: no
// wildcard reaches beyond a colon, unless in the last part.
func (p *pattern) matchesARN(text string, r *Request) bool {
	runes, ok := p.expand(r)
	if !ok {
		return false
	}
	values := strings.SplitN(text, ":", arnParts)
	for i, value := range values {
		want := runes
		if i < arnParts-1 {
			if end := slices.Index(runes, ':'); end >= 0 {
				want, runes = runes[:end], runes[end+1:]
			} else {
				runes = nil
			}
		}
		if !glob(want, value) {
			return false
		}
	}
	return len(values) == arnParts
}

const arnParts = 6

// glob reports whether the text is as the runes say. On a mismatch the last
// "*" takes one rune more, so that the time is at most their lengths'
// product.
func glob(runes []rune, text string) bool {
	at, retry, resume := 0, -1, 0
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case at < len(runes) && runes[at] == anyText:
			at++
			retry, resume = at, i
			continue
		case at < len(runes) && (runes[at] == anyRune || runes[at] == r):
			at++
			i += n
			continue
		case retry < 0:
			return false
		}
		_, n = utf8.DecodeRuneInString(text[resume:])
		resume += n
		at, i = retry, resume
	}
	for at < len(runes) && runes[at] == anyText {
		at++
	}
	return at == len(runes)
}
