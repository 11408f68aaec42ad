package consumer

import (
	"testing"
	"time"
)

func TestOneWorker(t *testing.T) {
	bubble(t, 4, func(r *rig) {
		for range 50 {
			r.putRecords(20)
		}
		w := r.start("one", nil)
		r.allSeen()
		r.putRecords(20)
		r.allSeen()
		w.stopped()
		r.seen.check(t, 0)
		if n := w.Counts().Records; n != 51*20 {
			t.Errorf("%d records counted", n)
		}

		again := r.start("two", nil) // from where the first one stopped
		r.putRecords(20)
		r.allSeen()
		again.stopped()
		r.seen.check(t, 0)
	})
}

// TestReshardUnderLoad splits and merges a stream that three workers process
// while records are put.
func TestReshardUnderLoad(t *testing.T) {
	bubble(t, 4, func(r *rig) {
		var workers []*running
		for _, name := range []string{"one", "two", "three"} {
			workers = append(workers, r.start(name, nil))
		}
		for _, shards := range []int{8, 3, 6, 4} {
			for range 40 {
				r.putRecords(50)
				time.Sleep(time.Second)
			}
			r.scale(shards)
		}
		for range 120 {
			r.putRecords(50)
			time.Sleep(time.Second)
		}
		r.allSeen()
		r.seen.check(t, 0)
		for _, w := range workers {
			if w.Counts().Records == 0 {
				t.Errorf("%s processed nothing", w.ID())
			}
			w.stopped()
		}
		r.seen.check(t, 0)
	})
}

// TestKilledWorker ends workers without their releasing anything.
func TestKilledWorker(t *testing.T) {
	bubble(t, 6, func(r *rig) {
		one, two := r.start("one", nil), r.start("two", nil)
		for range 200 {
			r.putRecords(30)
			time.Sleep(time.Second)
		}
		r.allSeen()
		one.killed()
		r.putRecords(30)
		r.allSeen()
		three := r.start("three", nil)
		for range 200 {
			r.putRecords(30)
			time.Sleep(time.Second)
		}
		two.killed()
		r.putRecords(30)
		r.allSeen()
		three.stopped()
		// Each batch is checkpointed at once: only those under way come again.
		r.seen.check(t, 2*30)
	})
}
