package cbor

import "github.com/leat-io/leat/api/kinesisapi"

// The hot decoders read the bodies that clients send millions of: known
// members, each once, with strings in one piece and nothing that a constraint
// of kinesisapi refuses. As in awsjson they promise one thing: if they accept a
// body, the generic decoder accepts it with the same result. The rest they
// refuse without a reason, for that one to judge.

// scanner walks a body. Each method that reads something returns false when
// it is not there in the plain form; the scanner is then of no more use.
type scanner struct {
	body []byte
	at   int
}

// items is how much is left of a list or map.
type items struct {
	open bool
	left uint64
}

// begin reads the head of a list or map.
func (s *scanner) begin(major byte) (items, bool) {
	h, ok := s.head(major)
	return items{h.open(), h.n}, ok
}

// head reads a head of the major type.
func (s *scanner) head(major byte) (head, bool) {
	h, at := readHead(s.body, s.at)
	s.at = at
	return h, at >= 0 && h.major == major
}

// more reports whether there is another element, and reads the break when an
// open item ends. What is cut off shows when the element is read.
func (s *scanner) more(i *items) bool {
	if i.open {
		if s.at < len(s.body) && s.body[s.at] == stop {
			s.at++
			return false
		}
		return true
	}
	if i.left == 0 {
		return false
	}
	i.left--
	return true
}

// end reports whether nothing follows.
func (s *scanner) end() bool { return s.at == len(s.body) }

// text reads text in one piece, as a view of the body.
func (s *scanner) text() ([]byte, bool) { return s.chunk(majorText) }

// blob reads bytes of the length of a record's data, as a view of the body.
func (s *scanner) blob() ([]byte, bool) {
	data, ok := s.chunk(majorBytes)
	return data, ok && len(data) <= kinesisapi.MaxDataBytes
}

func (s *scanner) chunk(major byte) ([]byte, bool) {
	h, ok := s.head(major)
	if !ok || h.open() {
		return nil, false
	}
	start := s.at
	s.at = scanChunk(s.body, h, start)
	if s.at < 0 {
		return nil, false
	}
	return s.body[start:s.at:s.at], true
}

// partitionKey reads a partition key.
func (s *scanner) partitionKey() ([]byte, bool) {
	key, ok := s.text()
	return key, ok && kinesisapi.PlainPartitionKey(key)
}

// decimal reads text with a number of at most so many digits.
func (s *scanner) decimal(digits int) ([]byte, bool) {
	text, ok := s.text()
	return text, ok && kinesisapi.PlainDecimal(text, digits)
}

// streamName reads a stream's name.
func (s *scanner) streamName() (string, bool) {
	text, ok := s.text()
	return string(text), ok && kinesisapi.PlainName(text)
}

// streamARN reads a stream's ARN.
func (s *scanner) streamARN() (string, bool) {
	text, ok := s.text()
	return string(text), ok && kinesisapi.PlainStreamARN(text)
}
