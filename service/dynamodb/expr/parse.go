package expr

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/leat-io/leat/api"
)

// Parameters that hold expressions, as messages name them.
const (
	Condition    = "ConditionExpression"
	Filter       = "FilterExpression"
	KeyCondition = "KeyConditionExpression"
	Projection   = "ProjectionExpression"
	UpdateText   = "UpdateExpression"
)

// maxLength is how long an expression may be, in bytes. It bounds how deep one
// nests, and so the parser's recursion.
const maxLength = 4096

// maxOperators is how many operators and functions an expression may have.
const maxOperators = 300

// parser reads one expression by recursive descent. The first error sticks, and
// ends everything: from then on the parser sees nothing but the end.
type parser struct {
	*Placeholders
	parameter string // that holds the expression
	text      string
	last, now token
	operators int
	err       *api.Error
}

// parse has read read the whole of an expression.
func (p *Placeholders) parse(parameter, text string, read func(*parser)) *api.Error {
	ps := &parser{Placeholders: p, parameter: parameter, text: text}
	switch {
	case len(text) > maxLength:
		ps.failf("Expression size has exceeded the maximum allowed size; expression size: %d", len(text))
		return ps.err
	case next(text, 0).kind == endToken:
		ps.failf("The expression can not be empty;")
		return ps.err
	}
	ps.advance()
	read(ps)
	if ps.err == nil && ps.now.kind != endToken {
		ps.unexpected()
	}
	return ps.err
}

// advance moves to the next token.
func (ps *parser) advance() {
	ps.last = ps.now
	if ps.err == nil {
		ps.now = next(ps.text, ps.now.end)
	}
}

// take moves on if the token is the symbol.
func (ps *parser) take(symbol string) bool {
	if !ps.now.is(symbol) {
		return false
	}
	ps.advance()
	return true
}

// takeWord moves on if the token is the keyword.
func (ps *parser) takeWord(keyword string) bool {
	if !ps.now.isWord(keyword) {
		return false
	}
	ps.advance()
	return true
}

// expect is take for a symbol that must be there.
func (ps *parser) expect(symbol string) {
	if !ps.take(symbol) {
		ps.unexpected()
	}
}

// unexpected fails at the token.
func (ps *parser) unexpected() {
	after := next(ps.text, ps.now.end)
	ps.failf(`Syntax error; token: "%s", near: "%s"`, ps.now.text, ps.text[ps.last.start:after.end])
}

// failf records an error unless there is one.
func (ps *parser) failf(format string, args ...any) {
	if ps.err != nil {
		return
	}
	ps.err = invalid("Invalid " + ps.parameter + ": " + fmt.Sprintf(format, args...))
	ps.now = token{endToken, "<EOF>", len(ps.text), len(ps.text)}
}

// operator counts an operator or function.
func (ps *parser) operator() {
	ps.operators++
	if ps.operators > maxOperators {
		ps.failf("The expression contains too many operators; operator count: %d", ps.operators)
	}
}

// path reads a document path.
func (ps *parser) path() Path {
	path := Path{{Name: ps.name()}}
	for ps.err == nil {
		switch {
		case ps.take("."):
			path = append(path, Step{Name: ps.name()})
		case ps.take("["):
			path = append(path, Step{Index: ps.index()})
			ps.expect("]")
		default:
			return path
		}
	}
	return path
}

// name reads an attribute's name, or the placeholder of one.
func (ps *parser) name() string {
	t := ps.now
	switch t.kind {
	case wordToken:
		if reserved[strings.ToUpper(t.text)] {
			ps.failf("Attribute name is a reserved keyword; reserved keyword: %s", t.text)
			return ""
		}
		ps.advance()
		return t.text
	case nameToken:
		name, ok := ps.names[t.text]
		if !ok {
			ps.failf("An expression attribute name used in the document path is not defined; attribute name: %s", t.text)
			return ""
		}
		ps.usedNames[t.text] = true
		ps.advance()
		return name
	}
	ps.unexpected()
	return ""
}

// index reads the index of a list's element.
func (ps *parser) index() int {
	n, err := strconv.Atoi(ps.now.text)
	if ps.now.kind != numberToken {
		ps.unexpected()
		return 0
	}
	if err != nil || n > 1<<31-1 {
		ps.failf("List index is not within the allowable range; index: [%s]", ps.now.text)
		return 0
	}
	ps.advance()
	return n
}

// value reads the placeholder of a value.
func (ps *parser) value() *Node {
	v, ok := ps.values[ps.now.text]
	if !ok {
		ps.failf("An expression attribute value used in expression is not defined; attribute value: %s", ps.now.text)
		return valueNode(nil)
	}
	ps.usedValues[ps.now.text] = true
	ps.advance()
	return valueNode(v)
}
