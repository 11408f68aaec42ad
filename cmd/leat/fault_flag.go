package main

import "strings"

// faultFlag gathers rules: one each time the flag is given, or several with
// spaces between them, as its twin in the environment needs.
type faultFlag struct{ rules *[]string }

func (f faultFlag) Type() string { return "RULE" }

func (f faultFlag) String() string {
	if f.rules == nil {
		return ""
	}
	return strings.Join(*f.rules, " ")
}

func (f faultFlag) Set(text string) error {
	*f.rules = append(*f.rules, strings.Fields(text)...)
	return nil
}
