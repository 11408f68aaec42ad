package disklog

import (
	"os"

	"golang.org/x/sys/unix"
)

// machineMemory returns the bytes of memory that the machine has, or that the
// process may have of it, such as in a container.
func machineMemory() int64 {
	limit := cgroupMemory(os.DirFS("/"))
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err == nil {
		limit = min(limit, int64(uint64(info.Totalram)*uint64(info.Unit)))
	}
	return limit
}
