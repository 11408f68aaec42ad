package disklog

import "testing"

// TestCachedChunks keeps the queue short when chunks are dropped and never
// popped, and in order whatever is dropped.
func TestCachedChunks(t *testing.T) {
	var q cachedChunks
	var live []*chunk
	for i := range 10_000 {
		c := newChunk(1, &spares{})
		q.push(nil, c)
		if i%1000 == 0 {
			live = append(live, c)
			continue
		}
		c.drop()
		q.dead++
		if len(q.list) > 2*(len(live)+2) {
			t.Fatalf("%d entries for %d chunks", len(q.list), len(live))
		}
	}
	for _, want := range live {
		_, c, ok := q.pop()
		for ok && c.dropped() {
			_, c, ok = q.pop()
		}
		if c != want {
			t.Fatal("chunks are popped in another order than they were pushed")
		}
	}
	for {
		_, c, ok := q.pop()
		if !ok {
			break
		}
		if !c.dropped() {
			t.Fatal("a chunk is popped twice")
		}
	}
	if q.dead != 0 {
		t.Errorf("%d dead in an empty queue", q.dead)
	}
}
