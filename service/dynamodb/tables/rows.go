package tables

import (
	"crypto/md5"
	"encoding/binary"
	"math/bits"

	"github.com/tidwall/btree"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// row is an item in a table. It is not changed any more.
type row struct {
	item   attr.Item
	size   int // by DynamoDB's rules
	memory int // about how many bytes it takes
}

// What a row takes in memory besides its bytes, about, and each value in it: a
// lease of 340 bytes with ten attributes, in a table with one index, takes 1.5 KiB,
// and an item of 350 KB with 50,000 maps 18 MB.
const (
	rowMemory   = 384
	valueMemory = 80
)

// newRow returns the row of an item of the size.
func newRow(item attr.Item, size int) *row {
	return &row{item, size, size + rowMemory + valueMemory*attr.Count(item)}
}

// entry is a row under its key in a table or an index.
type entry struct {
	key string
	row *row
}

// tree keeps entries in the order of their keys. It can be copied at once,
// and the copy read while the original changes.
type tree = btree.BTreeG[entry]

func newTree() *tree {
	return btree.NewBTreeGOptions(func(a, b entry) bool { return a.key < b.key }, btree.Options{NoLocks: true})
}

// table is a table with its items.
type table struct {
	*Table
	rows    *tree
	bytes   int64 // of all rows
	memory  int64 // of all rows
	indexes map[string]*tree
}

func newTable(t *Table) *table {
	x := &table{Table: t, rows: newTree(), indexes: make(map[string]*tree)}
	for i := range t.Indexes {
		x.indexes[t.Indexes[i].Name] = newTree()
	}
	return x
}

// get returns the row with the key, nil when there is none.
func (t *table) get(key string) *row {
	e, _ := t.rows.Get(entry{key: key})
	return e.row
}

// replace puts a new row in place of an old one; either may be nil.
func (t *table) replace(key string, old, next *row) {
	if next == nil {
		t.rows.Delete(entry{key: key})
	} else {
		t.rows.Set(entry{key, next})
		t.bytes += int64(next.size)
		t.memory += int64(next.memory)
	}
	if old != nil {
		t.bytes -= int64(old.size)
		t.memory -= int64(old.memory)
	}
	for i := range t.Indexes {
		t.reindex(&t.Indexes[i], key, old, next)
	}
}

// reindex does for an index what replace does for the table.
func (t *table) reindex(x *Index, key string, old, next *row) {
	index := t.indexes[x.Name]
	var before, after string
	if old != nil {
		before = indexKey(x, old.item, key)
	}
	if next != nil {
		after = indexKey(x, next.item, key)
	}
	if before != "" && before != after {
		index.Delete(entry{key: before})
	}
	if after != "" {
		index.Set(entry{after, next})
	}
}

// Key returns the place of an item in the order of its table, by its key
// attributes, whose types are right: a hash of the hash key, the hash key, and
// the range key.
func (k Keys) Key(item attr.Item) string {
	return string(k.append(nil, item))
}

func (k Keys) append(dst []byte, item attr.Item) []byte {
	dst = AppendHash(dst, item[k.Hash.Name])
	if k.Range.Name != "" {
		dst = attr.AppendKey(dst, item[k.Range.Name])
	}
	return dst
}

// AppendHash appends what all items with the hash key have first in their
// places.
func AppendHash(dst []byte, hashKey attr.Value) []byte {
	key := attr.AppendKey(nil, hashKey)
	sum := md5.Sum(key)
	return append(append(dst, sum[:hashBytes]...), key...)
}

// hashBytes is how much of the hash is in a place: enough for the segments of a
// scan, of which there are at most 1,000,000.
const hashBytes = 8

// Segment returns the bounds of the places in one of total parts of a table,
// the upper one empty for the last.
func Segment(segment, total int) (from, to string) {
	bound := func(i int) string {
		quotient, _ := bits.Div64(uint64(i), 0, uint64(total))
		return string(binary.BigEndian.AppendUint64(nil, quotient))
	}
	if segment > 0 {
		from = bound(segment)
	}
	if segment+1 < total {
		to = bound(segment + 1)
	}
	return from, to
}

// indexKey returns the place of an item in an index: that of its attributes
// there, then that in the table. An item that lacks one of them, or has it of
// another type, is not in the index, and has the place "".
func indexKey(x *Index, item attr.Item, key string) string {
	for _, a := range x.Keys.Attributes() {
		if attr.TypeOf(item[a.Name]) != string(a.Type) {
			return ""
		}
	}
	return string(x.Keys.append(nil, item)) + key
}

// Key returns the place of an item of the table in the index.
func (x *Index) Key(t *Table, item attr.Item) string { return indexKey(x, item, t.Keys.Key(item)) }
