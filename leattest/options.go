package leattest

import (
	"time"

	"github.com/leat-io/leat"
)

// Option changes what a server is like.
type Option func(*settings)

type settings struct {
	config  leat.Config
	onDisk  bool
	streams []streamSetting
}

type streamSetting struct {
	name   string
	shards int
}

// gather applies options to what a server is without any.
func gather(options []Option) settings {
	s := settings{config: leat.Config{Durability: leat.DurabilityMemory}}
	for _, apply := range options {
		apply(&s)
	}
	return s
}

// Stream creates a stream with this many shards, ready for use.
func Stream(name string, shards int) Option {
	return func(s *settings) { s.streams = append(s.streams, streamSetting{name, shards}) }
}

// LimitsAWS holds the test to every quota and rate of AWS: 1,000 records and
// 1 MiB a second written to a shard, 5 reads a second from it, and the rest.
// Without it there are none, and tests run as fast as they can.
func LimitsAWS() Option {
	return func(s *settings) { s.config.Limits = leat.LimitsAWS }
}

// StateDelay makes streams stay CREATING, UPDATING or DELETING for a while, as
// they do on AWS. Advance ends the wait.
func StateDelay(d time.Duration) Option {
	return func(s *settings) { s.config.StateDelay = d }
}

// OnDisk keeps the data in a folder of the test, through the same engine as a
// server in production, instead of in memory.
func OnDisk() Option {
	return func(s *settings) { s.onDisk = true }
}

// Config lets change what no other option reaches. Listen, TLSListen and Clock
// are leattest's own.
func Config(change func(*leat.Config)) Option {
	return func(s *settings) { change(&s.config) }
}
