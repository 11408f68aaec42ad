package memlog_test

import (
	"testing"

	"github.com/leat-io/leat/storage/storagetest"
)

func TestCompare(t *testing.T) { storagetest.Compare(t, engine) }

func TestLinearizable(t *testing.T) { storagetest.Linearizable(t, engine) }
