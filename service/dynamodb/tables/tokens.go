package tables

import (
	"github.com/leat-io/leat/service/dynamodb/attr"
)

// Token is what a client calls a write, so that it is not done twice. The zero
// Token is none.
type Token struct {
	Owner
	Text string
}

// tokenMillis is how long a token is remembered: AWS's ten minutes.
const tokenMillis = 10 * 60 * 1000

// maxTokens bounds the memory of tokens; the oldest are forgotten earlier then.
const maxTokens = 100_000

// tokens remembers the tokens of writes that were done.
type tokens struct {
	seen  map[Token]tokenEntry
	order []Token // oldest first
}

type tokenEntry struct {
	digest   uint64
	atMillis int64
}

func newTokens() tokens { return tokens{seen: make(map[Token]tokenEntry)} }

// find reports whether a write with the token was done, and whether it was the
// same.
func (t *tokens) find(token Token, digest uint64) (known, same bool) {
	if token == (Token{}) {
		return false, false
	}
	e, known := t.seen[token]
	return known, e.digest == digest
}

func (t *tokens) add(token Token, digest uint64, atMillis int64) {
	if token == (Token{}) {
		return
	}
	if len(t.order) == maxTokens {
		t.drop()
	}
	t.seen[token] = tokenEntry{digest, atMillis}
	t.order = append(t.order, token)
}

// expire forgets what is too old at a time.
func (t *tokens) expire(nowMillis int64) {
	for len(t.order) > 0 && t.seen[t.order[0]].atMillis <= nowMillis-tokenMillis {
		t.drop()
	}
}

func (t *tokens) drop() {
	delete(t.seen, t.order[0])
	t.order = t.order[1:]
}

func appendToken(dst []byte, t Token) []byte {
	return attr.AppendText(attr.AppendText(attr.AppendText(dst, t.Account), t.Region), t.Text)
}

func readToken(r *attr.Reader) Token {
	return Token{Owner{r.Text(), r.Text()}, r.Text()}
}
