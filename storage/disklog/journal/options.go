package journal

import (
	"errors"
	"fmt"
	"time"

	"github.com/leat-io/leat/internal/vfs"
)

// Defaults of Options.
const (
	DefaultSegmentBytes  = 64 << 20
	DefaultMaxFrameBytes = 32 << 20
)

// Options say where a journal is and how it is written.
type Options struct {
	// FS is the file system; nil is the real one.
	FS vfs.FS
	// Dir is the journal's folder.
	Dir string
	// Instance is the UUID of the installation. A segment of another one is
	// refused.
	Instance [16]byte
	// Create allows the journal to be empty or missing, as it is in a new
	// installation and never later.
	Create bool
	// SegmentBytes is the length of a segment file, DefaultSegmentBytes when
	// 0. It is rounded up to a multiple of 4096 and may differ from one start
	// to the next.
	SegmentBytes int64
	// MaxFrameBytes is the largest payload, DefaultMaxFrameBytes when 0. A
	// segment must have room for one such frame.
	MaxFrameBytes int
	// Direct asks for writes that bypass the system's cache. Frames then take
	// multiples of 4096 B.
	Direct bool
	// Now tells the time for headers; nil is time.Now.
	Now func() time.Time
	// Foreground does within Write and Release what a goroutine of the journal
	// does otherwise: filling ahead, preparing and removing segments. It makes
	// the order of file-system calls repeatable, for tests.
	Foreground bool
}

// overhead is what a segment needs beside the frames of its callers: the
// header, and room for the journal's own frame at Close and at the end.
const overhead = headerSize + 2*4096

// withDefaults fills in the defaults and checks the rest.
func (o Options) withDefaults() (Options, error) {
	if o.FS == nil {
		o.FS = vfs.OS{}
	}
	if o.SegmentBytes == 0 {
		o.SegmentBytes = DefaultSegmentBytes
	}
	if o.MaxFrameBytes == 0 {
		o.MaxFrameBytes = DefaultMaxFrameBytes
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.SegmentBytes = vfs.AlignUp(o.SegmentBytes)
	var errs []error
	if o.Dir == "" {
		errs = append(errs, errors.New("no folder given"))
	}
	if o.MaxFrameBytes < 0 || o.MaxFrameBytes > 1<<30 {
		errs = append(errs, fmt.Errorf("largest frame of %d bytes is not in [0, 1 GiB]", o.MaxFrameBytes))
	} else if need := vfs.AlignUp(frameHeader+int64(o.MaxFrameBytes)) + overhead; o.SegmentBytes < need {
		errs = append(errs, fmt.Errorf("segment of %d bytes has no room for a frame of %d: it takes %d",
			o.SegmentBytes, o.MaxFrameBytes, need))
	}
	return o, errors.Join(errs...)
}

func (o *Options) mode() vfs.Mode {
	if o.Direct {
		return vfs.Direct
	}
	return vfs.Buffered
}
