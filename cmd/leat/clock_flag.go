package main

import (
	"errors"

	"github.com/leat-io/leat"
	"github.com/leat-io/leat/internal/clock"
)

// clockFlag is machine or manual.
type clockFlag struct{ config *leat.Config }

func (f clockFlag) Type() string { return "string" }

func (f clockFlag) String() string {
	if f.config != nil && f.config.Clock != nil {
		return "manual"
	}
	return "machine"
}

func (f clockFlag) Set(text string) error {
	switch text {
	case "machine":
		f.config.Clock = nil
	case "manual":
		f.config.Clock = new(clock.Manual)
	default:
		return errors.New("want machine or manual")
	}
	return nil
}
