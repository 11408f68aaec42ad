package disklog

import (
	"math"
	"os"
	"testing"
	"testing/fstest"
)

// TestCgroupMemory reads limits as containers, services and plain shells have
// them.
func TestCgroupMemory(t *testing.T) {
	const none = math.MaxInt64
	for _, c := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"nothing", nil, none},
		{"version 2, no limit", map[string]string{
			"proc/self/cgroup": "0::/user.slice\n", "sys/fs/cgroup/user.slice/memory.max": "max\n",
		}, none},
		{"version 2, a service", map[string]string{
			"proc/self/cgroup": "0::/system.slice/leat.service\n",
			"sys/fs/cgroup/system.slice/leat.service/memory.max": "536870912\n",
			"sys/fs/cgroup/system.slice/memory.max":              "max\n",
		}, 512 << 20},
		{"version 2, the limit of a group above", map[string]string{
			"proc/self/cgroup": "0::/system.slice/leat.service\n",
			"sys/fs/cgroup/system.slice/leat.service/memory.max": "536870912\n",
			"sys/fs/cgroup/system.slice/memory.max":              "268435456\n",
		}, 256 << 20},
		{"version 2, a container", map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "134217728\n",
		}, 128 << 20},
		{"version 1, no limit", map[string]string{
			"proc/self/cgroup":                           "4:memory:/\n3:cpu,cpuacct:/x\n0::/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 9223372036854771712},
		{"version 1, a container with the name it has outside", map[string]string{
			"proc/self/cgroup":                           "12:cpuset:/docker/4f\n4:hugetlb,memory:/docker/4f\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "67108864\n",
		}, 64 << 20},
		{"not what is expected", map[string]string{
			"proc/self/cgroup":         "\n:\n0::\n4:memory:../../../etc\n",
			"sys/fs/cgroup/memory.max": "-1\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "",
		}, none},
	} {
		root := fstest.MapFS{}
		for name, content := range c.files {
			root[name] = &fstest.MapFile{Data: []byte(content)}
		}
		if got := cgroupMemory(root); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	if got := cgroupMemory(os.DirFS("/")); got <= 0 {
		t.Errorf("here: %d", got)
	}
}
