//go:build !linux

package disklog

import "math"

// machineMemory returns no limit: what the machine has is not asked for on
// this system, so that only GOMEMLIMIT lowers the default.
func machineMemory() int64 { return math.MaxInt64 }
