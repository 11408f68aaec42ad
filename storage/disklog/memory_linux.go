package disklog

import "golang.org/x/sys/unix"

// machineMemory returns the bytes of memory the machine has, 0 when unknown.
func machineMemory() int64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	return int64(uint64(info.Totalram) * uint64(info.Unit))
}
