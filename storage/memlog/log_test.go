package memlog_test

import (
	"testing"

	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/memlog"
	"github.com/leat-io/leat/storage/storagetest"
)

var engine = storagetest.Engine{
	Name: "memlog",
	Open: func(_ string, c clock.Clock, machines map[string]storage.Machine) (storage.Log, error) {
		return memlog.Open(machines, memlog.Options{Clock: c}), nil
	},
}

func TestLog(t *testing.T) { storagetest.Run(t, engine) }
