package disklog

import (
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
)

// cgroupMemory returns the bytes of memory that the control groups of the
// process leave it, math.MaxInt64 when they leave it all there is. Root is the
// root of the file system.
//
// In version 2 a group's limit is memory.max below /sys/fs/cgroup, in version 1
// memory.limit_in_bytes below /sys/fs/cgroup/memory; both hold for all groups
// below (cgroups(7)). In a container the group may be called what it is called
// outside, and be found at the top: so what is not there is passed over.
func cgroupMemory(root fs.FS) int64 {
	limit := int64(math.MaxInt64)
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return limit
	}
	for line := range strings.Lines(string(groups)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // number, controllers, group
		if len(fields) < 3 {
			continue
		}
		top, name := "sys/fs/cgroup", "memory.max"
		switch controllers := strings.Split(fields[1], ","); {
		case slices.Contains(controllers, "memory"):
			top, name = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		case fields[1] != "":
			continue // of another controller
		}
		for group := path.Clean("/" + fields[2]); ; group = path.Dir(group) {
			limit = min(limit, memoryLimit(root, path.Join(top, group, name)))
			if group == "/" {
				break
			}
		}
	}
	return limit
}

// memoryLimit returns what the file of a control group says, math.MaxInt64 when
// that is no number.
func memoryLimit(root fs.FS, name string) int64 {
	content, err := fs.ReadFile(root, name)
	if err != nil {
		return math.MaxInt64
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64)
	if err != nil || n <= 0 { // "max" is none
		return math.MaxInt64
	}
	return n
}
