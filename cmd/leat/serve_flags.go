package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/leat-io/leat"
)

// durabilityFlag is always, interval=MS or memory.
type durabilityFlag struct{ config *leat.Config }

func (f *durabilityFlag) Type() string { return "string" }

func (f *durabilityFlag) String() string {
	if f.config == nil {
		return "always"
	}
	switch f.config.Durability {
	case leat.DurabilityInterval:
		return fmt.Sprintf("interval=%d", f.config.SyncInterval.Milliseconds())
	case leat.DurabilityMemory:
		return "memory"
	}
	return "always"
}

func (f *durabilityFlag) Set(text string) error {
	durability, interval := leat.DurabilityAlways, time.Duration(0)
	switch millis, isInterval := strings.CutPrefix(text, "interval="); {
	case text == "always":
	case text == "memory":
		durability = leat.DurabilityMemory
	case isInterval:
		n, err := time.ParseDuration(millis + "ms")
		if err != nil || n <= 0 {
			return fmt.Errorf("%q is not a number of milliseconds", millis)
		}
		durability, interval = leat.DurabilityInterval, n
	default:
		return errors.New("want always, interval=MS or memory")
	}
	f.config.Durability, f.config.SyncInterval = durability, interval
	return nil
}

// limitsFlag is off or aws.
type limitsFlag struct{ limits *leat.Limits }

func (f limitsFlag) Type() string { return "string" }

func (f limitsFlag) String() string {
	if f.limits != nil && *f.limits == leat.LimitsAWS {
		return "aws"
	}
	return "off"
}

func (f limitsFlag) Set(text string) error {
	switch text {
	case "off":
		*f.limits = leat.LimitsOff
	case "aws":
		*f.limits = leat.LimitsAWS
	default:
		return errors.New("want off or aws")
	}
	return nil
}
