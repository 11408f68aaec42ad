package memlease_test

import (
	"testing"

	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/consumer/lease/leasetest"
	"github.com/leat-io/leat/consumer/memlease"
)

func TestStore(t *testing.T) {
	leasetest.Run(t, func(t *testing.T) leasetest.Opener {
		s := memlease.New()
		return func() lease.Store { return s }
	})
}
