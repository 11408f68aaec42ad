package lease

import "time"

// Lock is the row that says who the leader of an application is
// (spec clients §3.6).
type Lock struct {
	Owner string
	// Duration is how long Version must have stood still before another worker
	// may take the lock.
	Duration time.Duration
	// Version is the owner's heartbeat: a new random text each time.
	Version string
	// Released says that the owner gave the lock up.
	Released bool
}
