package dynamolease_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/leat-io/leat/consumer/dynamolease"
	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/consumer/lease/leasetest"
	"github.com/leat-io/leat/leattest"
	service "github.com/leat-io/leat/service/dynamodb"
	"github.com/leat-io/leat/service/dynamodb/tables"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/memlog"
)

// quick has Open look again at once; what it waits for takes no time here.
var quick = dynamolease.PollInterval(time.Millisecond)

// applications counts the applications that were opened, so that each test has
// one of its own.
var applications atomic.Int32

// opener returns what opens stores of a new application.
func opener(client dynamolease.Client, opts ...dynamolease.Option) leasetest.Opener {
	app := fmt.Sprint("app-", applications.Add(1))
	return func() lease.Store { return dynamolease.New(client, app, append(opts, quick)...) }
}

// TestStore runs the suite over HTTP, as the SDK's client does it.
func TestStore(t *testing.T) {
	srv := leattest.New(t)
	client := dynamodb.NewFromConfig(srv.AWSConfig())
	leasetest.Run(t, func(t *testing.T) leasetest.Opener { return opener(client) })
}

// TestStoreInSegments lists in more segments than a small table has.
func TestStoreInSegments(t *testing.T) {
	client := dynamolease.InProcess(newService(t))
	leasetest.Run(t, func(t *testing.T) leasetest.Opener {
		return opener(client, dynamolease.ScanSegments(4), dynamolease.ConsistentReads())
	})
}

// newService returns the service that leat serves DynamoDB with.
func newService(t *testing.T) *service.Service {
	all := tables.New()
	log := memlog.Open(map[string]storage.Machine{tables.MachineName: all}, memlog.Options{})
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return service.New(service.Options{Log: log, Tables: all})
}
