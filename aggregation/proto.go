package aggregation

// The types of fields, as the lower three bits of a tag say them.
const (
	typeVarint   = 0
	typeFixed64  = 1
	typeBytes    = 2
	typeGroup    = 3
	typeGroupEnd = 4
	typeFixed32  = 5

	typeBits = 3
)

// maxGroups is how deep unknown groups may nest, as for protobuf in Java.
const maxGroups = 100

// message is the rest of a protocol buffer that is being read. Reading accepts
// what the KCL's protobuf for Java accepts, which is a little more than others
// do: a varint's bits beyond the 64th, and a tag's beyond the 32nd, are dropped.
type message []byte

// varint takes a number off the front.
func (m *message) varint() (uint64, bool) {
	var v uint64
	for i, b := range *m {
		if i == 10 {
			return 0, false
		}
		v |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			*m = (*m)[i+1:]
			return v, true
		}
	}
	return 0, false
}

// tag takes the tag of a field off the front.
func (m *message) tag() (uint32, bool) {
	v, ok := m.varint()
	return uint32(v), ok && uint32(v)>>typeBits != 0
}

// bytes takes a length and as many bytes off the front. They are a view.
func (m *message) bytes() ([]byte, bool) {
	v, ok := m.varint()
	n := uint64(uint32(v)) // what is over 2^31 is too long in any case
	if !ok || n > uint64(len(*m)) {
		return nil, false
	}
	b := (*m)[:n:n]
	*m = (*m)[n:]
	return b, true
}

// skip takes the field that tag begins off the front, unread.
func (m *message) skip(tag uint32, depth int) (ok bool) {
	switch tag & (1<<typeBits - 1) {
	case typeVarint:
		_, ok = m.varint()
	case typeFixed64:
		ok = m.drop(8)
	case typeBytes:
		_, ok = m.bytes()
	case typeFixed32:
		ok = m.drop(4)
	case typeGroup:
		ok = m.skipGroup(tag, depth+1)
	}
	return ok
}

// skipGroup skips fields up to the end of the group that tag began.
func (m *message) skipGroup(tag uint32, depth int) bool {
	end := tag - typeGroup + typeGroupEnd
	for depth <= maxGroups {
		inner, ok := m.tag()
		if !ok || inner == end {
			return ok
		}
		if !m.skip(inner, depth) {
			return false
		}
	}
	return false
}

func (m *message) drop(n int) bool {
	if len(*m) < n {
		return false
	}
	*m = (*m)[n:]
	return true
}

// wireRecord is a Record as it is written.
type wireRecord struct {
	partitionKey, explicitHashKey uint64 // indices
	hasPartitionKey               bool
	hasExplicitHashKey, hasData   bool
	data                          []byte // a view
}

// readRecord reads a whole Record. A field that comes twice has its last value,
// and those it does not know are skipped.
func readRecord(m message) (r wireRecord, ok bool) {
	for len(m) > 0 {
		tag, ok := m.tag()
		if !ok {
			return r, false
		}
		switch tag {
		case tagPartitionKeyIndex:
			r.partitionKey, ok = m.varint()
			r.hasPartitionKey = true
		case tagExplicitHashKeyIndex:
			r.explicitHashKey, ok = m.varint()
			r.hasExplicitHashKey = true
		case tagData:
			r.data, ok = m.bytes()
			r.hasData = true
		case tagTags:
			var b []byte
			b, ok = m.bytes()
			ok = ok && validTag(b)
		default:
			ok = m.skip(tag, 0)
		}
		if !ok {
			return r, false
		}
	}
	return r, r.hasPartitionKey && r.hasData
}

// validTag reports whether m is a whole Tag.
func validTag(m message) bool {
	hasKey := false
	for len(m) > 0 {
		tag, ok := m.tag()
		if !ok || !m.skip(tag, 0) {
			return false
		}
		hasKey = hasKey || tag == tagKey
	}
	return hasKey
}

// contents is what a whole AggregatedRecord holds.
type contents struct {
	partitionKeys, explicitHashKeys int // in the tables
	records                         int
	keyBytes                        int // of both tables together
}

// survey reads a whole AggregatedRecord without keeping any of it. It reports
// false where a parser fails.
func survey(m message) (c contents, ok bool) {
	for len(m) > 0 {
		tag, ok := m.tag()
		if !ok {
			return c, false
		}
		var b []byte
		switch tag {
		case tagPartitionKeyTable:
			b, ok = m.bytes()
			c.partitionKeys++
			c.keyBytes += len(b)
		case tagExplicitHashKeyTable:
			b, ok = m.bytes()
			c.explicitHashKeys++
			c.keyBytes += len(b)
		case tagRecords:
			if b, ok = m.bytes(); ok {
				_, ok = readRecord(b)
			}
			c.records++
		default:
			ok = m.skip(tag, 0)
		}
		if !ok {
			return c, false
		}
	}
	return c, true
}
