package journal

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/vfs"
)

var benchSizes = []int{8 << 10, 64 << 10, 512 << 10, 2 << 20}

// BenchmarkCommit measures Write and Sync in recycled segments, beside a bare
// pwrite and fdatasync of as many bytes over a file that is written over and
// over. The ratio is what counts; the disk is not ours.
func BenchmarkCommit(b *testing.B) {
	for _, direct := range []bool{false, true} {
		mode, name := vfs.Buffered, "buffered"
		if direct {
			mode, name = vfs.Direct, "direct"
		}
		for _, size := range benchSizes {
			b.Run(fmt.Sprintf("journal/%s/%dKiB", name, size>>10), func(b *testing.B) { benchJournal(b, direct, size) })
			b.Run(fmt.Sprintf("bare/%s/%dKiB", name, size>>10), func(b *testing.B) { benchBare(b, mode, size) })
		}
	}
}

func benchJournal(b *testing.B, direct bool, size int) {
	o := Options{Dir: b.TempDir(), Instance: testInstance, Create: true, Direct: direct}
	j, err := Open(o, 0, nil)
	if err != nil {
		b.Fatal(err)
	}
	buf := j.NewBuffer()
	payload := make([]byte, size-frameHeader)
	turn := func() {
		buf.Reset()
		buf.Grow(len(payload))
		buf.Payload = append(buf.Payload, payload...)
		buf.Entries = 1
		if _, _, err := j.Write(buf); err != nil {
			b.Fatal(err)
		}
		if err := j.Sync(); err != nil {
			b.Fatal(err)
		}
		if segments := j.Segments(); len(segments) > 2 {
			if err := j.Release(segments[len(segments)-2].First); err != nil {
				b.Fatal(err)
			}
		}
	}
	// Four segments in large commits, so that the files have been written once.
	small := payload
	payload = make([]byte, 4<<20)
	for range 4 * DefaultSegmentBytes / len(payload) {
		turn()
	}
	payload = small
	b.SetBytes(int64(size))
	var lap laps
	for b.Loop() {
		lap.add(turn)
	}
	lap.report(b)
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
}

func benchBare(b *testing.B, mode vfs.Mode, size int) {
	f, err := vfs.OS{}.Create(b.TempDir()+"/bare", mode)
	if err != nil {
		b.Fatal(err)
	}
	p := vfs.Aligned(4 << 20)
	for at := int64(0); at < DefaultSegmentBytes; at += int64(len(p)) {
		if _, err := f.WriteAt(p, at); err != nil {
			b.Fatal(err)
		}
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(size))
	at := int64(0)
	var lap laps
	for b.Loop() {
		lap.add(func() {
			if _, err := f.WriteAt(p[:size], at); err != nil {
				b.Fatal(err)
			}
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
		})
		if at += int64(size); at+int64(size) > DefaultSegmentBytes {
			at = 0
		}
	}
	lap.report(b)
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

// laps are the times of single commits. Their median says more than their mean
// on a disk that others use.
type laps []time.Duration

func (l *laps) add(commit func()) {
	start := time.Now()
	commit()
	*l = append(*l, time.Since(start))
}

func (l laps) report(b *testing.B) {
	slices.Sort(l)
	b.ReportMetric(float64(l[len(l)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(l[len(l)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkOpen measures a start: of a new journal, and of one whose segment
// holds 16 MiB.
func BenchmarkOpen(b *testing.B) {
	b.Run("new", func(b *testing.B) {
		dir := b.TempDir()
		for n := 0; b.Loop(); n++ {
			o := Options{Dir: fmt.Sprintf("%s/%d", dir, n), Create: true, Direct: true}
			j, err := Open(o, 0, nil)
			if err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			closeJournal(b, j)
			b.StartTimer()
		}
	})
	b.Run("16MiB", func(b *testing.B) {
		o := Options{Dir: b.TempDir(), Create: true, Direct: true}
		j, err := Open(o, 0, nil)
		if err != nil {
			b.Fatal(err)
		}
		for range 16 {
			commit(b, j, make([]byte, 1<<20))
		}
		closeJournal(b, j)
		for b.Loop() {
			if j, err = Open(o, 0, func(Frame) error { return nil }); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			closeJournal(b, j)
			b.StartTimer()
		}
	})
}
