package journal

import (
	"testing"
	"testing/synctest"

	"github.com/leat-io/leat/internal/vfs"
)

// slowFile is a file whose writes take until they are let go.
type slowFile struct {
	vfs.File
	letGo chan struct{}
}

func (f slowFile) WriteAt(p []byte, _ int64) (int, error) {
	<-f.letGo
	return len(p), nil
}

// TestFramesWaitForZeros: a frame must not be written into a region that is
// being zeroed, and need not wait for one further on.
func TestFramesWaitForZeros(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := slowFile{letGo: make(chan struct{})}
		f := newFiller(file, 4*fillStep, headerSize, headerSize)
		f.mu.filled = 2 * fillStep // the next region is the third
		zeroed, reserved := false, false
		go func() {
			if _, err := f.step(make([]byte, fillStep)); err != nil {
				t.Error(err)
			}
			zeroed = true
		}()
		synctest.Wait()
		f.reserve(2 * fillStep) // does not wait
		go func() { f.reserve(2*fillStep + 1); reserved = true }()
		synctest.Wait()
		if zeroed || reserved {
			t.Fatalf("zeroed %v, reserved %v before the write ended", zeroed, reserved)
		}
		file.letGo <- struct{}{}
		synctest.Wait()
		if !zeroed || !reserved {
			t.Errorf("zeroed %v, reserved %v after the write ended", zeroed, reserved)
		}
	})
}

func TestStoppedFillerLeavesTheFile(t *testing.T) {
	f := newFiller(nil, 4*fillStep, headerSize, headerSize) // a write would panic
	f.stop()
	if did, err := f.step(make([]byte, fillStep)); did || err != nil {
		t.Error(did, err)
	}
}
