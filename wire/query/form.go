package query

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	// maxNames bounds the names of a form that is decoded. The largest call of
	// the APIs here, 1000 metrics in 1 MB, has fewer.
	maxNames = 100_000
	// maxElements bounds the elements of a list, and the entries of a map, that
	// are kept. It is one more than any list here may have, so that the service
	// sees that there are too many, and keeps a form full of short names from
	// taking many times its size.
	maxElements = 1001
)

// Form is a request body. It is looked into at no cost beyond the body's own
// length until Decode takes it apart, which is for callers who are known.
type Form struct {
	body string
}

// Read returns the body as a form. Whether it is one shows when it is decoded.
func Read(body []byte) *Form { return &Form{string(body)} }

// Text returns the text that has the name, empty when nothing has.
func (f *Form) Text(name string) string {
	for one := range strings.SplitSeq(f.body, "&") {
		if text, ok := strings.CutPrefix(one, name+"="); ok {
			text, _ = url.QueryUnescape(text)
			return text
		}
	}
	return ""
}

// pair is a name and its text.
type pair struct{ name, text string }

// pairs returns the form sorted by name, and the later of two texts for one name
// behind the earlier. It reports false for what is no form, or too large.
func (f *Form) pairs() (pairs, bool) {
	var all pairs
	for one := range strings.SplitSeq(f.body, "&") {
		if one == "" {
			continue
		}
		if len(all) == maxNames {
			return nil, false
		}
		name, text, _ := strings.Cut(one, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return nil, false
		}
		if text, err = url.QueryUnescape(text); err != nil {
			return nil, false
		}
		all = append(all, pair{name, text})
	}
	slices.SortStableFunc(all, func(a, b pair) int { return cmp.Compare(a.name, b.name) })
	return all, true
}

// pairs are sorted by name.
type pairs []pair

// from returns where the names begin that are not less than name.
func (p pairs) from(name string) int {
	i, _ := slices.BinarySearchFunc(p, name, func(a pair, name string) int { return cmp.Compare(a.name, name) })
	return i
}

// part is what a form says under one name: the text of the name itself, and the
// pairs whose names go on behind a dot.
type part struct {
	name string // in full, empty for the form
	text string
	has  bool // a text, or an inner pair
	in   pairs
}

// at returns the part of p with the name.
func (p part) at(name string) part {
	if p.name != "" {
		name = p.name + "." + name
	}
	q := part{name: name}
	if end := p.in.from(name + "\x00"); end > 0 && p.in[end-1].name == name {
		q.has, q.text = true, p.in[end-1].text
	}
	q.in = p.in[p.in.from(name+"."):p.in.from(name+"/")] // the byte after the dot
	q.has = q.has || len(q.in) > 0
	return q
}

// numbered returns the parts of p whose names are numbers, in the order of
// these, and no more than maxElements of them.
func (p part) numbered() []part {
	var names []string
	for _, one := range p.in {
		name, _, _ := strings.Cut(one.name[len(p.name)+1:], ".")
		if _, err := strconv.ParseUint(name, 10, 31); err == nil && (len(names) == 0 || names[len(names)-1] != name) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(number(a), number(b)), cmp.Compare(a, b))
	})
	names = slices.Compact(names)
	names = names[:min(len(names), maxElements)]
	parts := make([]part, len(names))
	for i, name := range names {
		parts[i] = p.at(name)
	}
	return parts
}

func number(text string) uint64 {
	n, _ := strconv.ParseUint(text, 10, 31)
	return n
}
