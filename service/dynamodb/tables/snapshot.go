package tables

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// snapshotVersion is the version of the snapshot's form
// (docs/formats/tables.md). One that is not known is refused.
const snapshotVersion = 1

// snapshotBuffer is how much is written at a time.
const snapshotBuffer = 64 << 10

// Snapshot implements storage.Machine. It copies the trees, which costs nothing
// until they change.
func (t *Tables) Snapshot() func(w io.Writer) error {
	t.mu.Lock() // copying marks the originals
	defer t.mu.Unlock()
	s := &t.mu.state
	head := []byte{snapshotVersion}
	head = binary.AppendUvarint(head, s.nextID)
	head = binary.AppendUvarint(head, uint64(s.seenMillis))
	head = attr.AppendList(head, s.tokens.order, func(dst []byte, token Token) []byte {
		e := s.tokens.seen[token]
		dst = binary.BigEndian.AppendUint64(appendToken(dst, token), e.digest)
		return binary.AppendUvarint(dst, uint64(e.atMillis))
	})
	all := slices.SortedFunc(maps.Values(s.byRef), func(a, b *table) int { return cmp.Compare(a.ID, b.ID) })
	head = binary.AppendUvarint(head, uint64(len(all)))
	rows := make([]*tree, len(all))
	for i, x := range all {
		rows[i] = x.rows.Copy()
	}
	return func(w io.Writer) error {
		out := bufio.NewWriterSize(w, snapshotBuffer)
		if _, err := out.Write(head); err != nil {
			return err
		}
		for i, x := range all {
			if err := writeTable(out, x.Table, rows[i]); err != nil {
				return err
			}
		}
		return out.Flush()
	}
}

// writeTable writes the definition, as JSON with its length before it, and the
// items with their number before them.
func writeTable(w io.Writer, t *Table, rows *tree) error {
	definition, err := json.Marshal(t)
	if err != nil {
		return err
	}
	buf := attr.AppendText(nil, string(definition))
	buf = binary.AppendUvarint(buf, uint64(rows.Len()))
	if _, err = w.Write(buf); err != nil {
		return err
	}
	rows.Scan(func(e entry) bool {
		buf = attr.AppendItem(buf[:0], e.row.item)
		_, err = w.Write(buf)
		return err == nil
	})
	return err
}

// Restore implements storage.Machine.
func (t *Tables) Restore(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("restore tables: %w", err)
	}
	if len(data) == 0 || data[0] != snapshotVersion {
		return fmt.Errorf("restore tables: version %.1q, this leat knows %d", data, snapshotVersion)
	}
	in := attr.NewReader(data[1:])
	s := newState()
	s.nextID, s.seenMillis = in.Uint(), int64(in.Uint())
	for range in.Uint() {
		token := readToken(in)
		digest, atMillis := in.Uint64(), int64(in.Uint())
		s.tokens.add(token, digest, atMillis)
		if in.Err() != nil {
			break
		}
	}
	for range in.Uint() {
		x, err := readTable(in)
		if err != nil {
			return fmt.Errorf("restore tables: %w", err)
		}
		s.put(x)
	}
	if in.Err() != nil || in.Len() > 0 {
		return fmt.Errorf("restore tables: %w", cmp.Or(in.Err(), io.ErrUnexpectedEOF))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.state = s
	return nil
}

func readTable(in *attr.Reader) (*table, error) {
	t := &Table{}
	definition := in.Text()
	if in.Err() != nil {
		return nil, in.Err()
	}
	if err := json.Unmarshal([]byte(definition), t); err != nil {
		return nil, err
	}
	x := newTable(t)
	for range in.Uint() {
		item := in.Item()
		if in.Err() != nil {
			return nil, in.Err()
		}
		x.replace(t.Keys.Key(item), nil, newRow(item, attr.Size(item)))
	}
	return x, nil
}
