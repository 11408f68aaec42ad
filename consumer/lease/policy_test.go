package lease_test

import (
	"math"
	"strings"
	"testing"

	"github.com/leat-io/leat/consumer/lease"
)

func TestPolicyValidate(t *testing.T) {
	if err := (lease.Policy{}).Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	refused := func(name string, p lease.Policy) {
		t.Helper()
		if err := p.Validate(); err == nil || !strings.HasPrefix(err.Error(), name+" of ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	const long = lease.MaxDuration
	if err := (lease.Policy{Failover: long, HandoffTimeout: long, ReportInterval: long, StatsTTL: long}).Validate(); err != nil {
		t.Errorf("for ever: %v", err)
	}
	refused("Failover", lease.Policy{Failover: long + 1})
	refused("HandoffTimeout", lease.Policy{HandoffTimeout: long + 1})
	refused("ReportInterval", lease.Policy{ReportInterval: long + 1})
	refused("StatsTTL", lease.Policy{StatsTTL: long + 1})
	for name, p := range map[string]lease.Policy{
		"Failover":           {Failover: lease.MinFailover - 1},
		"MaxLeases":          {MaxLeases: -1},
		"Strategy":           {Strategy: 2},
		"HandoffTimeout":     {HandoffTimeout: -1},
		"ReportInterval":     {ReportInterval: -1},
		"StatsTTL":           {StatsTTL: -1},
		"BalanceEvery":       {BalanceEvery: -1},
		"RebalanceThreshold": {RebalanceThreshold: math.NaN()},
		"Dampening":          {Dampening: 100.5},
		"Alpha":              {Alpha: 1.5},
		"MaxThroughput":      {MaxThroughput: -1},
		"MaxSteal":           {MaxSteal: -1},
	} {
		refused(name, p)
	}
}
