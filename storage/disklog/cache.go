package disklog

// cachedChunks is a queue of chunks that are in extents as well, in the order
// in which they were flushed. It belongs to the committer.
type cachedChunks struct {
	list []cachedChunk
	head int // list[:head] was popped
	// dead counts those in the list that were dropped by trims and deletes;
	// see chunk.drop.
	dead int
}

type cachedChunk struct {
	shard *shard
	chunk *chunk
}

// push adds a chunk at the end. It takes out what is dead when that is the
// larger part: without need for memory nothing is ever popped.
func (q *cachedChunks) push(s *shard, c *chunk) {
	if q.head+q.dead > len(q.list)/2 {
		live := q.list[:0]
		for _, e := range q.list[q.head:] {
			if !e.chunk.dropped() {
				live = append(live, e)
			}
		}
		clear(q.list[len(live):])
		q.list, q.head, q.dead = live, 0, 0
	}
	q.list = append(q.list, cachedChunk{s, c})
}

// pop takes the first chunk out, which may be dead.
func (q *cachedChunks) pop() (*shard, *chunk, bool) {
	if q.head == len(q.list) {
		return nil, nil, false
	}
	e := q.list[q.head]
	q.list[q.head] = cachedChunk{}
	q.head++
	if e.chunk.dropped() {
		q.dead--
	}
	return e.shard, e.chunk, true
}
