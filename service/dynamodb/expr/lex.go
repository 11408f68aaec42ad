package expr

import (
	"strings"
)

// tokenKind tells the kinds of tokens apart.
type tokenKind byte

const (
	endToken    tokenKind = iota
	wordToken             // a name or a keyword
	nameToken             // #name
	valueToken            // :value
	numberToken           // digits
	symbolToken           // an operator or a bracket
)

// token is a piece of an expression, text[start:end] of it.
type token struct {
	kind       tokenKind
	text       string
	start, end int
}

// is reports whether the token is the symbol.
func (t token) is(symbol string) bool { return t.kind == symbolToken && t.text == symbol }

// isWord reports whether the token is the keyword, in any case.
func (t token) isWord(keyword string) bool {
	return t.kind == wordToken && strings.EqualFold(t.text, keyword)
}

func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWordByte(c byte) bool { return isLetter(c) || isDigit(c) }

// next returns the token at or after i. One that is no token of the language
// is a symbol of a single byte, or of a rune's bytes.
func next(text string, i int) token {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r') {
		i++
	}
	if i == len(text) {
		return token{endToken, "<EOF>", i, i}
	}
	kind, end := symbolToken, i+1
	switch c := text[i]; {
	case isLetter(c):
		kind, end = wordToken, scan(text, end, isWordByte)
	case isDigit(c):
		kind, end = numberToken, scan(text, end, isDigit)
	case c == '#' || c == ':':
		if end = scan(text, end, isWordByte); end > i+1 {
			kind = nameToken
			if c == ':' {
				kind = valueToken
			}
		}
	case strings.HasPrefix(text[i:], "<>"), strings.HasPrefix(text[i:], "<="), strings.HasPrefix(text[i:], ">="):
		end = i + 2
	case c >= 0x80:
		end = scan(text, end, func(c byte) bool { return c&0xc0 == 0x80 })
	}
	return token{kind, text[i:end], i, end}
}

// scan returns the end of the bytes from i on that are wanted.
func scan(text string, i int, wanted func(byte) bool) int {
	for i < len(text) && wanted(text[i]) {
		i++
	}
	return i
}
