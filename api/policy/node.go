package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// SyntaxError is what is wrong with a document, and where.
type SyntaxError struct {
	Offset int // after what is wrong, or where that begins
	Err    error
}

func (e *SyntaxError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *SyntaxError) Unwrap() error { return e.Err }

// node is a JSON value that remembers where it stands.
type node struct {
	end     int      // the offset after it; of a list or an object, after the bracket that opens it
	value   any      // string, json.Number, bool, nil; for a list or an object, which
	list    []node   // of a list, or the values of an object
	members []string // of an object, in order, none twice
}

func (n *node) isObject() bool { return n.value == json.Delim('{') }
func (n *node) isList() bool   { return n.value == json.Delim('[') }

// wrong returns an error about the node.
func (n *node) wrong(format string, args ...any) error {
	return &SyntaxError{n.end, fmt.Errorf(format, args...)}
}

// text returns a string, and false for anything else.
func (n *node) text() (string, bool) {
	s, ok := n.value.(string)
	return s, ok
}

// maxDepth is how deep a document is nested at most: that of a condition's
// values.
const maxDepth = 6

// readNode reads a whole document.
func readNode(text []byte) (node, error) {
	if !utf8.Valid(text) {
		return node{}, &SyntaxError{0, errors.New("it is not UTF-8")}
	}
	r := reader{json.NewDecoder(bytes.NewReader(text))}
	r.dec.UseNumber()
	n, err := r.read(0)
	if err == nil {
		if _, more := r.dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("text after the end")
		}
	}
	var at *SyntaxError
	if err != nil && !errors.As(err, &at) {
		err = &SyntaxError{int(r.dec.InputOffset()), err}
	}
	return n, err
}

type reader struct{ dec *json.Decoder }

// read reads one value.
func (r reader) read(depth int) (n node, err error) {
	if depth > maxDepth {
		return n, errors.New("it is nested too deep")
	}
	if n.value, err = r.token(); err != nil {
		return n, err
	}
	n.end = int(r.dec.InputOffset())
	if _, open := n.value.(json.Delim); !open {
		return n, nil
	}
	seen := map[string]bool{}
	for r.dec.More() {
		if n.isObject() {
			key, err := r.read(depth + 1)
			if err != nil {
				return n, err
			}
			name, _ := key.text() // the decoder takes nothing else
			if seen[name] {
				return n, key.wrong("%q is given twice", name)
			}
			seen[name] = true
			n.members = append(n.members, name)
		}
		child, err := r.read(depth + 1)
		if err != nil {
			return n, err
		}
		n.list = append(n.list, child)
	}
	_, err = r.token() // closes it
	return n, err
}

// token reads a token where one must come.
func (r reader) token() (json.Token, error) {
	t, err := r.dec.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return t, err
}
