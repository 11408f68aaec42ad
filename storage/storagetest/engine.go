// Package storagetest is the suite that every storage engine passes. Each
// promise of the contract in package storage is a named test of [Run]; [Compare]
// checks random histories against a model, and [Linearizable] concurrent ones.
//
// An engine's own test needs little more than
//
//	storagetest.Run(t, storagetest.Engine{Name: "memlog", Open: open})
//
// This package's API may change.
package storagetest

import (
	"testing"

	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/storage"
)

// Engine is an engine under test.
type Engine struct {
	Name string
	// Open opens the log in dir, which the test has made, and which is empty
	// the first time. An engine that keeps nothing may ignore it. The clock
	// stands still unless a test moves it.
	Open func(dir string, c clock.Clock, machines map[string]storage.Machine) (storage.Log, error)
	// Durable says that what was acknowledged is there when dir is opened
	// again after Close.
	Durable bool
	// MaxRecordBytes is the largest record that the engine, as it is opened
	// here, can take; 0 is 10 MiB, which every engine takes by default.
	MaxRecordBytes int
}

// maxRecordBytes is the largest record of the API (spec data-streams §13).
const maxRecordBytes = 10 << 20

// Run checks the engine against every promise of storage.Log's contract.
func Run(t *testing.T, e Engine) {
	if e.MaxRecordBytes == 0 {
		e.MaxRecordBytes = maxRecordBytes
	}
	groups := []struct {
		name  string
		tests []test
	}{
		{"Append", appendTests},
		{"Read", readTests},
		{"OffsetAt", offsetAtTests},
		{"Wait", waitTests},
		{"Trim", trimTests},
		{"Propose", proposeTests},
		{"Effects", effectTests},
		{"Close", closeTests},
		{"Concurrent", concurrentTests},
	}
	if e.Durable {
		groups = append(groups, struct {
			name  string
			tests []test
		}{"Reopen", reopenTests})
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, c := range g.tests {
				t.Run(c.name, func(t *testing.T) { c.run(newFixture(t, e)) })
			}
		})
	}
}

// test is one promise and its check, which gets an open and empty log.
type test struct {
	name string
	run  func(f *fixture)
}
