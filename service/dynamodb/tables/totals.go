package tables

// Totals are how much there is in a table or an index.
type Totals struct {
	Items, Bytes int64
}

// Totals returns how much there is in a table, and in its indexes by name.
func (t *Tables) Totals(id uint64) (whole Totals, indexes map[string]Totals) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	x := t.mu.byID[id]
	if x == nil {
		return Totals{}, nil
	}
	indexes = make(map[string]Totals, len(x.indexes))
	whole = Totals{int64(x.rows.Len()), x.bytes}
	for name, index := range x.indexes {
		n := int64(index.Len())
		indexes[name] = Totals{Items: n, Bytes: whole.Bytes * n / max(whole.Items, 1)} // about
	}
	return whole, indexes
}

// Memory returns how many items there are in all tables, and about how many bytes of
// memory they take.
func (t *Tables) Memory() (items, bytes int64) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, x := range t.mu.byID {
		items += int64(x.rows.Len())
		bytes += x.memory
	}
	return items, bytes
}

// Grows reports whether one of the writes would now make an item where there is
// none, or one that takes so many more bytes of memory.
func (t *Tables) Grows(writes []Write, nowMillis int64, by int) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for i := range writes {
		if known, _ := t.mu.tokens.find(writes[i].Token, writes[i].Digest); known {
			continue // and is not done again
		}
		result, changes := t.mu.judge(&writes[i], max(nowMillis, t.mu.seenMillis))
		if result.Refused {
			continue // and will say why
		}
		for _, c := range changes {
			if c.next != nil && (c.old == nil || c.next.memory >= c.old.memory+by) {
				return true
			}
		}
	}
	return false
}
