//go:build !linux

package disklog

// machineMemory returns 0: what the machine has is not asked for on this
// system, so that only GOMEMLIMIT lowers the default.
func machineMemory() int64 { return 0 }
