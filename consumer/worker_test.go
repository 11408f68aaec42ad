package consumer

import (
	"testing"
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
