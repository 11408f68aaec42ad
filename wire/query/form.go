package query

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	// maxDepth bounds the parts of a name. The deepest shape of the APIs here
	// has nine: MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Name.
	maxDepth = 16
	// maxNames bounds the names of a form. 1000 metrics with 30 dimensions have
	// 60 000 and a few more each.
	maxNames = 200_000
)

// Form is a request body, taken apart at the dots of its names.
type Form struct {
	text  string
	parts map[string]*Form
}

// Parse takes a body apart, and reports whether it is a form within the bounds
// of this package.
func Parse(body []byte) (*Form, bool) {
	root := &Form{}
	names := 0
	for pair := range strings.SplitSeq(string(body), "&") {
		if pair == "" {
			continue
		}
		if names++; names > maxNames {
			return nil, false
		}
		name, text, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return nil, false
		}
		text, err = url.QueryUnescape(text)
		if err != nil || strings.Count(name, ".") >= maxDepth {
			return nil, false
		}
		root.at(name).text = text
	}
	return root, true
}

// at returns the part with a dotted name, and makes it.
func (f *Form) at(name string) *Form {
	for part := range strings.SplitSeq(name, ".") {
		next := f.parts[part]
		if next == nil {
			if f.parts == nil {
				f.parts = map[string]*Form{}
			}
			next = &Form{}
			f.parts[part] = next
		}
		f = next
	}
	return f
}

// Text returns the text that has the name, empty when nothing has.
func (f *Form) Text(name string) string {
	if part := f.parts[name]; part != nil {
		return part.text
	}
	return ""
}

// numbered returns the parts whose names are numbers, in order.
func (f *Form) numbered() []*Form {
	if f == nil {
		return nil
	}
	type element struct {
		n    int
		form *Form
	}
	elements := make([]element, 0, len(f.parts))
	for name, part := range f.parts {
		if n, err := strconv.Atoi(name); err == nil {
			elements = append(elements, element{n, part})
		}
	}
	slices.SortFunc(elements, func(a, b element) int { return a.n - b.n })
	parts := make([]*Form, len(elements))
	for i, e := range elements {
		parts[i] = e.form
	}
	return parts
}
