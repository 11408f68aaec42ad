package extent

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
)

// Class is a retention class. Records that expire at about the same time share
// files, so that whole files become free instead of files full of holes.
type Class uint8

// The classes, each for retention up to and including the period it is named
// for.
const (
	Class1d Class = iota + 1
	Class7d
	Class30d
	Class365d

	classEnd // one above the highest
)

var classNames = [classEnd]string{Class1d: "1d", Class7d: "7d", Class30d: "30d", Class365d: "365d"}

// ClassFor returns the class for records that are kept for the period.
func ClassFor(retention time.Duration) Class {
	for c := Class1d; c < Class365d; c++ {
		if retention <= c.Period() {
			return c
		}
	}
	return Class365d
}

// Period is the longest retention in the class.
func (c Class) Period() time.Duration {
	const day = 24 * time.Hour
	return [classEnd]time.Duration{Class1d: day, Class7d: 7 * day, Class30d: 30 * day, Class365d: 365 * day}[c]
}

// String returns the name of the class, which is also that of its folder.
func (c Class) String() string {
	if !c.valid() {
		return fmt.Sprintf("class(%d)", uint8(c))
	}
	return classNames[c]
}

func (c Class) valid() bool { return c > 0 && c < classEnd }

// fileSuffix ends the name of every extent file.
const fileSuffix = ".x"

// Path returns where the file with that number lies below dir, the folder of
// all extent files: dir/7d/0000002a.x.
func Path(dir string, class Class, file uint64) string {
	return path.Join(dir, class.String(), fmt.Sprintf("%08x%s", file, fileSuffix))
}

// parseName is the reverse of Path's last element. It accepts only what Path
// would write.
func parseName(base string) (file uint64, ok bool) {
	digits, ok := strings.CutSuffix(base, fileSuffix)
	if !ok {
		return 0, false
	}
	file, err := strconv.ParseUint(digits, 16, 64)
	return file, err == nil && fmt.Sprintf("%08x", file) == digits
}
