package cbor

import "unicode/utf8"

// maxDepth bounds how deep a body nests, tags included. The API's shapes need
// seven levels; the rest is room for members that nobody knows.
const maxDepth = 200

// scanItem returns the end of the item that begins at i, or -1 when there is
// none that is well formed (RFC 8949 §5.3.1) with text in UTF-8 and names that
// are text, or when it nests deeper than depth. Lengths are compared with what
// is there before anything relies on them.
func scanItem(text []byte, i, depth int) int {
	if depth == 0 {
		return -1
	}
	h, i := readHead(text, i)
	if i < 0 {
		return -1
	}
	switch h.major {
	case majorUint, majorNegative:
		return i
	case majorBytes, majorText:
		return scanString(text, h, i)
	case majorList, majorMap:
		return scanItems(text, h, i, depth)
	case majorTag:
		return scanItem(text, i, depth-1)
	}
	return scanSimple(h, i)
}

// scanSimple returns the end of a simple value or a float: i, if its head is
// one of those that have a meaning here.
func scanSimple(h head, i int) int {
	switch h.info | majorSimple<<5 {
	case isFalse, isTrue, isNull, undefined, isHalf, isSingle, isDouble:
		return i
	}
	return -1
}

// scanString returns the end of a string of either kind, whose head ends at i.
func scanString(text []byte, h head, i int) int {
	if !h.open() {
		return scanChunk(text, h, i)
	}
	for {
		if i < len(text) && text[i] == stop {
			return i + 1
		}
		chunk, at := readHead(text, i)
		if at < 0 || chunk.major != h.major || chunk.open() {
			return -1
		}
		if i = scanChunk(text, chunk, at); i < 0 {
			return -1
		}
	}
}

func scanChunk(text []byte, h head, i int) int {
	if h.n > uint64(len(text)-i) {
		return -1
	}
	end := i + int(h.n)
	if h.major == majorText && !utf8.Valid(text[i:end]) {
		return -1
	}
	return end
}

// scanItems returns the end of a list or map, whose head ends at i.
func scanItems(text []byte, h head, i, depth int) int {
	if !h.open() && h.n > uint64(len(text)-i) {
		return -1 // each element takes a byte
	}
	for k := uint64(0); h.open() || k < h.n; k++ {
		if h.open() && i < len(text) && text[i] == stop {
			return i + 1
		}
		if h.major == majorMap {
			if i >= len(text) || text[i]>>5 != majorText {
				return -1
			}
			if i = scanItem(text, i, depth-1); i < 0 {
				return -1
			}
		}
		if i = scanItem(text, i, depth-1); i < 0 {
			return -1
		}
	}
	return i
}
