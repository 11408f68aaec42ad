package fault

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Parse reads the text form of a rule, and checks it:
//
//	rule      = operation ":" kind [ ":" parameter { "," parameter } ]
//	parameter = ( "p" | "stream" | "seed" | "times" | "by" | "code" ) "=" value
//
// such as "PutRecords:throttle:p=0.1,stream=orders,seed=7". Each parameter
// stands at most once. There is no text for a message.
func Parse(text string) (Rule, error) {
	operation, rest, ok := strings.Cut(text, ":")
	if !ok {
		return Rule{}, fmt.Errorf("fault %q: want OPERATION:KIND, or OPERATION:KIND:NAME=VALUE with commas between several", text)
	}
	kind, parameters, more := strings.Cut(rest, ":")
	r := Rule{Operation: operation, Kind: Kind(kind)}
	var seen []string
	for more {
		var parameter string
		parameter, parameters, more = strings.Cut(parameters, ",")
		name, value, _ := strings.Cut(parameter, "=")
		if slices.Contains(seen, name) {
			return Rule{}, fmt.Errorf("fault %q: %s is given twice", text, name)
		}
		seen = append(seen, name)
		if err := r.set(name, value); err != nil {
			return Rule{}, fmt.Errorf("fault %q: %w", text, err)
		}
	}
	if err := r.Check(); err != nil {
		return Rule{}, fmt.Errorf("fault %q: %w", text, err)
	}
	return r, nil
}

// set fills in one parameter.
func (r *Rule) set(name, value string) (err error) {
	switch name {
	case "p":
		if r.P, err = strconv.ParseFloat(value, 64); err != nil || !(r.P > 0 && r.P <= 1) {
			return fmt.Errorf("p=%s: want a probability above 0, at most 1", value)
		}
	case "stream":
		if r.Stream = value; value == "" {
			return errors.New("stream= names none")
		}
	case "seed":
		if r.Seed, err = strconv.ParseUint(value, 10, 64); err != nil {
			return fmt.Errorf("seed=%s: want a whole number from 0 on", value)
		}
	case "times":
		if r.Times, err = strconv.Atoi(value); err != nil || r.Times < 1 {
			return fmt.Errorf("times=%s: want a whole number from 1 on", value)
		}
	case "by":
		return r.By.UnmarshalText([]byte(value))
	case "code":
		r.Code = value
	default:
		return fmt.Errorf("%q: want p, stream, seed, times, by or code, each with =VALUE", name)
	}
	return nil
}

// String returns the text form, without a message.
func (r Rule) String() string {
	var parameters []string
	add := func(name string, value any) { parameters = append(parameters, fmt.Sprint(name, "=", value)) }
	if r.P != 0 {
		add("p", r.P)
	}
	if r.Stream != "" {
		add("stream", r.Stream)
	}
	if r.Seed != 0 {
		add("seed", r.Seed)
	}
	if r.Times != 0 {
		add("times", r.Times)
	}
	if r.By != 0 {
		text, _ := r.By.MarshalText()
		add("by", string(text))
	}
	if r.Code != "" {
		add("code", r.Code)
	}
	text := r.Operation + ":" + string(r.Kind)
	if len(parameters) > 0 {
		text += ":" + strings.Join(parameters, ",")
	}
	return text
}
