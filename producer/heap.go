package producer

// shardHeap is a container/heap of blocked shards, the one that wakes first on
// top.
type shardHeap []*shard

func (h shardHeap) Len() int           { return len(h) }
func (h shardHeap) Less(i, j int) bool { return h[i].wakeAt.Before(h[j].wakeAt) }

func (h shardHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].heapIndex, h[j].heapIndex = i, j
}

// Push implements heap.Interface.
func (h *shardHeap) Push(s any) {
	s.(*shard).heapIndex = len(*h)
	*h = append(*h, s.(*shard))
}

// Pop implements heap.Interface.
func (h *shardHeap) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return s
}
