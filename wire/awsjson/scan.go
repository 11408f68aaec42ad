package awsjson

import (
	"unicode/utf8"
)

// maxDepth bounds how deep a body nests. The API's shapes need seven levels;
// the rest is room for members that nobody knows.
const maxDepth = 200

// valid reports whether text is one JSON value (RFC 8259, in UTF-8) with
// nothing but white space around it.
func valid(text []byte) bool {
	end := scanValue(text, space(text, 0), maxDepth)
	return end >= 0 && space(text, end) == len(text)
}

// space returns the index of the first byte at or after i that is not white
// space.
func space(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t') {
		i++
	}
	return i
}

// scanValue returns the end of the value that begins at i, or -1 if there is
// none or it nests deeper than depth.
func scanValue(text []byte, i, depth int) int {
	if i >= len(text) || depth == 0 {
		return -1
	}
	switch c := text[i]; {
	case c == '"':
		return scanString(text, i)
	case c == '{':
		return scanObject(text, i, depth)
	case c == '[':
		return scanArray(text, i, depth)
	case c == 't':
		return scanWord(text, i, "true")
	case c == 'f':
		return scanWord(text, i, "false")
	case c == 'n':
		return scanWord(text, i, "null")
	default:
		return scanNumber(text, i)
	}
}

func scanWord(text []byte, i int, word string) int {
	if len(text)-i < len(word) || string(text[i:i+len(word)]) != word {
		return -1
	}
	return i + len(word)
}

// scanString returns the end of the string that begins with the quote at i.
func scanString(text []byte, i int) int {
	start := i
	ascii := true
	for i++; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			if !ascii && !utf8.Valid(text[start:i]) {
				return -1
			}
			return i + 1
		case c < ' ':
			return -1
		case c == '\\':
			if i = scanEscape(text, i); i < 0 {
				return -1
			}
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return -1
}

// scanEscape returns the last index of the escape that begins at i.
func scanEscape(text []byte, i int) int {
	i++
	if i >= len(text) {
		return -1
	}
	switch text[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i
	case 'u':
		if _, ok := hex4(text, i+1); ok {
			return i + 4
		}
	}
	return -1
}

// hex4 reads the four hexadecimal digits at i.
func hex4(text []byte, i int) (rune, bool) {
	if len(text)-i < 4 {
		return 0, false
	}
	var r rune
	for _, c := range text[i : i+4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

func scanNumber(text []byte, i int) int {
	if i < len(text) && text[i] == '-' {
		i++
	}
	switch {
	case i >= len(text):
		return -1
	case text[i] == '0':
		i++
	default:
		if i = scanDigits(text, i); i < 0 {
			return -1
		}
	}
	if i < len(text) && text[i] == '.' {
		if i = scanDigits(text, i+1); i < 0 {
			return -1
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		return scanDigits(text, i)
	}
	return i
}

// scanDigits returns the end of the digits at i, of which there must be one.
func scanDigits(text []byte, i int) int {
	start := i
	for i < len(text) && '0' <= text[i] && text[i] <= '9' {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

func scanArray(text []byte, i, depth int) int {
	i = space(text, i+1)
	if i < len(text) && text[i] == ']' {
		return i + 1
	}
	for {
		if i = scanValue(text, i, depth-1); i < 0 {
			return -1
		}
		i = space(text, i)
		switch {
		case i >= len(text):
			return -1
		case text[i] == ']':
			return i + 1
		case text[i] != ',':
			return -1
		}
		i = space(text, i+1)
	}
}

func scanObject(text []byte, i, depth int) int {
	i = space(text, i+1)
	if i < len(text) && text[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(text) || text[i] != '"' {
			return -1
		}
		if i = scanString(text, i); i < 0 {
			return -1
		}
		i = space(text, i)
		if i >= len(text) || text[i] != ':' {
			return -1
		}
		if i = scanValue(text, space(text, i+1), depth-1); i < 0 {
			return -1
		}
		i = space(text, i)
		switch {
		case i >= len(text):
			return -1
		case text[i] == '}':
			return i + 1
		case text[i] != ',':
			return -1
		}
		i = space(text, i+1)
	}
}
