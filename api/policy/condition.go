package policy

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// condition is one key of one operator in a Condition element: it holds when
// the request's values of the key are, or are not, among those given.
type condition struct {
	key      string // in lower case
	negated  bool
	ifExists bool
	each     quantifier
	wants    []want
	null     bool // the operator Null: wants say whether the key is missing
}

// want reports whether a value of the request is as one value of the policy
// says.
type want func(value string, r *Request) bool

// quantifier says how a key with several values is to be understood.
type quantifier int

const (
	single   quantifier = iota
	forAny              // one of the request's values must do
	forEvery            // each must, if there are any
)

// operator is a condition operator. Those whose name has Not in it are the
// negation of the one without.
type operator struct {
	negated bool
	compile func(text string, variables bool) (want, error)
}

var operators = map[string]operator{
	"StringEquals":              {false, texts(reading{})},
	"StringNotEquals":           {true, texts(reading{})},
	"StringEqualsIgnoreCase":    {false, texts(reading{fold: true})},
	"StringNotEqualsIgnoreCase": {true, texts(reading{fold: true})},
	"StringLike":                {false, texts(reading{wild: true})},
	"StringNotLike":             {true, texts(reading{wild: true})},
	"ArnEquals":                 {false, arns},
	"ArnNotEquals":              {true, arns},
	"ArnLike":                   {false, arns},
	"ArnNotLike":                {true, arns},
	"NumericEquals":             {false, numbers(func(a, b float64) bool { return a == b })},
	"NumericNotEquals":          {true, numbers(func(a, b float64) bool { return a == b })},
	"NumericLessThan":           {false, numbers(func(a, b float64) bool { return a < b })},
	"NumericLessThanEquals":     {false, numbers(func(a, b float64) bool { return a <= b })},
	"NumericGreaterThan":        {false, numbers(func(a, b float64) bool { return a > b })},
	"NumericGreaterThanEquals":  {false, numbers(func(a, b float64) bool { return a >= b })},
	"DateEquals":                {false, dates(func(c int) bool { return c == 0 })},
	"DateNotEquals":             {true, dates(func(c int) bool { return c == 0 })},
	"DateLessThan":              {false, dates(func(c int) bool { return c < 0 })},
	"DateLessThanEquals":        {false, dates(func(c int) bool { return c <= 0 })},
	"DateGreaterThan":           {false, dates(func(c int) bool { return c > 0 })},
	"DateGreaterThanEquals":     {false, dates(func(c int) bool { return c >= 0 })},
	"Bool":                      {false, booleans},
	"BinaryEquals":              {false, binaries},
	"IpAddress":                 {false, addresses},
	"NotIpAddress":              {true, addresses},
	"Null":                      {false, booleans},
}

// newCondition returns the condition without its wants, and how to add them.
func newCondition(name, key string) (c condition, compile func(string, bool) (want, error), err error) {
	c.key = strings.ToLower(key)
	base := name
	if rest, ok := strings.CutPrefix(base, "ForAllValues:"); ok {
		base, c.each = rest, forEvery
	} else if rest, ok := strings.CutPrefix(base, "ForAnyValue:"); ok {
		base, c.each = rest, forAny
	}
	base, c.ifExists = strings.CutSuffix(base, "IfExists")
	o, ok := operators[base]
	c.null = base == "Null"
	if !ok || c.null && (c.ifExists || c.each != single) {
		return c, nil, fmt.Errorf("condition operator %q is unknown", name)
	}
	if key == "" {
		return c, nil, fmt.Errorf("condition operator %q has an empty key", name)
	}
	c.negated = o.negated
	return c, o.compile, nil
}

// holds reports whether the request is as the condition wants.
func (c *condition) holds(r *Request) bool {
	values := r.Values(c.key)
	missing := len(values) == 0
	switch {
	case c.null:
		return c.one(strconv.FormatBool(missing), r)
	case missing:
		return c.ifExists || c.each == forEvery || c.each == single && c.negated
	case c.each == forEvery || c.each == single && c.negated:
		return !slices.ContainsFunc(values, func(v string) bool { return !c.one(v, r) })
	}
	return slices.ContainsFunc(values, func(v string) bool { return c.one(v, r) })
}

// one reports whether one value is as the condition wants.
func (c *condition) one(value string, r *Request) bool {
	return c.negated != slices.ContainsFunc(c.wants, func(w want) bool { return w(value, r) })
}

func texts(how reading) func(string, bool) (want, error) {
	return func(text string, variables bool) (want, error) {
		p, err := compile(text, reading{wild: how.wild, fold: how.fold, variables: variables})
		return p.matches, err
	}
}

func arns(text string, variables bool) (want, error) {
	p, err := compile(text, reading{wild: true, variables: variables})
	return p.matchesARN, err
}

func numbers(compare func(a, b float64) bool) func(string, bool) (want, error) {
	return func(text string, _ bool) (want, error) {
		b, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number", text)
		}
		return func(value string, _ *Request) bool {
			a, err := strconv.ParseFloat(value, 64)
			return err == nil && compare(a, b)
		}, nil
	}
}

func dates(holds func(order int) bool) func(string, bool) (want, error) {
	return func(text string, _ bool) (want, error) {
		b, err := date(text)
		if err != nil {
			return nil, err
		}
		return func(value string, _ *Request) bool {
			a, err := date(value)
			return err == nil && holds(a.Compare(b))
		}, nil
	}
}

// date reads an instant as W3C's profile of ISO 8601 has it, or in Unix
// seconds.
func date(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a date", text)
	}
	return time.Unix(seconds, 0), nil
}

func booleans(text string, _ bool) (want, error) {
	if !strings.EqualFold(text, "true") && !strings.EqualFold(text, "false") {
		return nil, fmt.Errorf("%q is neither true nor false", text)
	}
	return func(value string, _ *Request) bool { return strings.EqualFold(value, text) }, nil
}

func binaries(text string, _ bool) (want, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%q is not base64", text)
	}
	return func(value string, _ *Request) bool {
		a, err := base64.StdEncoding.DecodeString(value)
		return err == nil && string(a) == string(b)
	}, nil
}

func addresses(text string, _ bool) (want, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		addr, err := netip.ParseAddr(text)
		if err != nil || addr.Zone() != "" {
			return nil, fmt.Errorf("%q is neither an IP address nor a range of them", text)
		}
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	return func(value string, _ *Request) bool {
		addr, err := netip.ParseAddr(value)
		return err == nil && prefix.Contains(addr.Unmap().WithZone(""))
	}, nil
}
