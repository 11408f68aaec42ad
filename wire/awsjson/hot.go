package awsjson

import (
	"bytes"
	"unicode/utf8"

	"github.com/segmentio/asm/base64"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
)

// The hot decoders read the bodies that clients send millions of: known
// members, each once, with no escapes in their strings and nothing that a
// constraint of kinesisapi refuses. They promise one thing: if they accept a
// body, the generic decoder accepts it with the same result. Whatever else they
// meet they refuse without a reason, and the generic decoder finds the exact
// error, or reads the body after all.

// ArenaBytes returns how long an arena for the records of a body must be. Keys
// take as much there as in the body, and data less.
func ArenaBytes(body []byte) int { return len(body) }

// scanner walks a body. Each method that reads something returns false when
// it is not there in the plain form; the scanner is then of no more use.
type scanner struct {
	body  []byte
	at    int
	arena []byte // what is free of it
}

// byte skips white space and then c.
func (s *scanner) byte(c byte) bool {
	s.at = space(s.body, s.at)
	if s.at < len(s.body) && s.body[s.at] == c {
		s.at++
		return true
	}
	return false
}

// next reads what stands between two elements or members, of which the last
// one is followed by end. It reports whether there is another.
func (s *scanner) next(end byte) (more, ok bool) {
	if s.byte(',') {
		return true, true
	}
	return false, s.byte(end)
}

// end reports whether nothing follows but white space.
func (s *scanner) end() bool { return space(s.body, s.at) == len(s.body) }

// name reads a member's name and the colon after it.
func (s *scanner) name() ([]byte, bool) {
	if !s.byte('"') {
		return nil, false
	}
	n := bytes.IndexByte(s.body[s.at:], '"')
	if n < 0 {
		return nil, false
	}
	name := s.body[s.at : s.at+n]
	s.at += n + 1
	return name, s.byte(':')
}

// text reads a string without escapes, as a view of the body.
func (s *scanner) text() ([]byte, bool) {
	if !s.byte('"') {
		return nil, false
	}
	ascii := true
	for i := s.at; i < len(s.body); i++ {
		switch c := s.body[i]; {
		case c == '"':
			text := s.body[s.at:i]
			s.at = i + 1
			return text, ascii || utf8.Valid(text)
		case c < ' ' || c == '\\':
			return nil, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, false
}

// blob reads canonical base64 into the arena.
func (s *scanner) blob() ([]byte, bool) {
	if !s.byte('"') {
		return nil, false
	}
	n := bytes.IndexByte(s.body[s.at:], '"')
	if n < 0 || n%4 != 0 {
		return nil, false
	}
	text := s.body[s.at : s.at+n]
	s.at += n + 1
	want := n / 4 * 3
	for i := n - 1; i >= 0 && i >= n-2 && text[i] == '='; i-- {
		want--
	}
	room := n / 4 * 3
	if want > kinesisapi.MaxDataBytes || room > len(s.arena) || !api.CanonicalBase64(text) {
		return nil, false
	}
	// A line break, which the library skips, shows in the length.
	if got, err := base64.StdEncoding.Decode(s.arena[:room], text); err != nil || got != want {
		return nil, false
	}
	data := s.arena[:want:want]
	s.arena = s.arena[want:]
	return data, true
}

// keep copies a text of the body into the arena.
func (s *scanner) keep(text []byte) []byte {
	n := copy(s.arena, text)
	kept := s.arena[:n:n]
	s.arena = s.arena[n:]
	return kept
}

// partitionKey reads a partition key into the arena.
func (s *scanner) partitionKey() ([]byte, bool) {
	key, ok := s.text()
	if !ok || !kinesisapi.PlainPartitionKey(key) {
		return nil, false
	}
	return s.keep(key), true
}

// hashKey reads an explicit hash key into the arena.
func (s *scanner) hashKey() ([]byte, bool) {
	key, ok := s.decimal(kinesisapi.HashKeyDigits)
	if !ok {
		return nil, false
	}
	return s.keep(key), true
}

// decimal reads a string with a number of at most so many digits.
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
