package tables

import (
	"encoding/binary"

	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/expr"
)

// AppendWrites appends the command that carries writes out (docs/formats/tables.md):
//
//	1 B      1
//	varint   the time, in Unix milliseconds, of the proposer's clock
//	writes   each as AppendWrite makes it, up to the end
func AppendWrites(dst []byte, atMillis int64) []byte {
	return binary.AppendUvarint(append(dst, commandWrites), uint64(atMillis))
}

// AppendWrite appends a write to a command that AppendWrites began:
//
//	text     account, region and text of the token, three empty ones for none
//	8 B      digest, with a token only
//	list     the ops: kind (1 B), table (varint), item, condition, update
func AppendWrite(dst []byte, w *Write) []byte {
	dst = appendToken(dst, w.Token)
	if w.Token != (Token{}) {
		dst = binary.BigEndian.AppendUint64(dst, w.Digest)
	}
	return attr.AppendList(dst, w.Ops, func(dst []byte, op Op) []byte {
		dst = binary.AppendUvarint(append(dst, byte(op.Kind)), op.Table)
		dst = attr.AppendItem(dst, op.Item)
		dst = expr.AppendNode(dst, op.Condition)
		if op.Kind == Update {
			dst = expr.AppendUpdate(dst, op.Update)
		}
		return dst
	})
}

// readWrites reads a command behind its first byte.
func readWrites(r *attr.Reader) (atMillis int64, writes []Write) {
	atMillis = int64(r.Uint())
	for r.Len() > 0 {
		w := Write{Token: readToken(r)}
		if w.Token != (Token{}) {
			w.Digest = r.Uint64()
		}
		w.Ops = attr.ReadList(r, func() Op {
			op := Op{Kind: OpKind(r.Byte()), Table: r.Uint()}
			op.Item, op.Condition = r.Item(), expr.ReadNode(r)
			if op.Kind == Update {
				op.Update = expr.ReadUpdate(r)
			}
			if op.Kind < Put || op.Kind > Check {
				r.Fail()
			}
			return op
		})
		writes = append(writes, w)
	}
	return atMillis, writes
}
