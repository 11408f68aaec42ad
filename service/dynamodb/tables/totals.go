package tables

// rowMemory is what a row takes in memory besides its bytes, about: a lease of
// 340 bytes with ten attributes, in a table with one index, takes 1.5 KiB.
const rowMemory = 1 << 10

// growBytes is how much an item may grow by in a write that Grows takes for
// none. A renewal or a checkpoint of a lease adds less.
const growBytes = 1 << 10

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

// Memory returns about how many bytes of memory the items take.
func (t Totals) Memory() int64 { return t.Bytes + t.Items*rowMemory }

// Total returns how much there is in all tables.
func (t *Tables) Total() (sum Totals) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, x := range t.mu.byID {
		sum.Items += int64(x.rows.Len())
		sum.Bytes += x.bytes
	}
	return sum
}

// Grows reports whether one of the writes would now make an item where there is
// none, or one larger by more than what leases do.
func (t *Tables) Grows(writes []Write, nowMillis int64) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for i := range writes {
		result, changes := t.mu.judge(&writes[i], max(nowMillis, t.mu.seenMillis))
		if result.Refused {
			continue // and will say why
		}
		for _, c := range changes {
			if c.next != nil && (c.old == nil || c.next.size > c.old.size+growBytes) {
				return true
			}
		}
	}
	return false
}
