package disklog

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog/extent"
	"github.com/leat-io/leat/storage/disklog/journal"
)

// run is the part of a shard log that a flush makes an extent of.
type run struct {
	shard *shard
	class extent.Class
	bytes int64       // memory of its chunks
	pin   journal.LSN // of its oldest record
	first storage.Offset
	parts []extent.Part
}

// choose decides what to flush now: shards that have enough for an extent of
// their own; when memory is short the largest until a quarter of it is chosen;
// and those that pin more journal than they may, whatever their size (spec
// storage §7.6). The result is empty when nothing has to be flushed.
func (f *flusher) choose() ([]run, error) {
	runs := f.candidates()
	slices.SortFunc(runs, func(a, b run) int { return cmp.Compare(b.bytes, a.bytes) })
	short := f.unflushed.bytes.Load() > f.opts.MemoryBytes/2
	var pinned journal.LSN
	if end := journal.LSN(f.end.Load()); end > journal.LSN(f.opts.JournalBytes/2) {
		pinned = end - journal.LSN(f.opts.JournalBytes/2)
	}
	chosen := runs[:0]
	var bytes int64
	for _, r := range runs {
		if r.bytes > f.opts.shardFlushBytes() || short && bytes < f.opts.MemoryBytes/4 || r.pin < pinned {
			bytes += r.bytes
			chosen = append(chosen, r)
		}
	}
	if len(chosen) == 0 {
		return nil, nil
	}
	var sealed []run
	err := f.onCommitter(func() {
		for _, r := range chosen {
			if f.seal(&r) {
				sealed = append(sealed, r)
			}
		}
	})
	slices.SortFunc(sealed, func(a, b run) int {
		return cmp.Or(cmp.Compare(a.shard.key.Stream, b.shard.key.Stream), cmp.Compare(a.shard.key.Shard, b.shard.key.Shard))
	})
	return sealed, err
}

// candidates returns all shards that have something to flush.
func (f *flusher) candidates() []run {
	shards := f.unflushed.list()
	runs := make([]run, 0, len(shards))
	for _, s := range shards {
		s.mu.Lock()
		if c := s.tail.unflushed(); len(c) > 0 {
			runs = append(runs, run{shard: s, bytes: s.tail.unflushedBytes(), pin: c[0].lsn})
		}
		s.mu.Unlock()
	}
	return runs
}

// seal ends the shard's newest chunk, so that whole chunks become the extent,
// and fills in the rest of the run. It reports whether anything is left. It runs
// on the committer, when no record is hidden.
func (f *flusher) seal(r *run) bool {
	class, ok := f.class(r.shard.key.Stream)
	if !ok {
		return false // deleted
	}
	r.class = class
	chunks := r.shard.tail.unflushed()
	if len(chunks) == 0 {
		return false
	}
	chunks[len(chunks)-1].sealed = true
	r.first = chunks[0].first
	for _, c := range chunks {
		r.parts = append(r.parts, c.part)
	}
	return true
}

// class returns where the stream's extents go.
func (f *flusher) class(id storage.StreamID) (extent.Class, bool) {
	f.table.mu.RLock()
	defer f.table.mu.RUnlock()
	if st := f.table.streams[id]; st != nil {
		return st.class, true
	}
	return 0, false
}

// flush writes the runs as extents and puts them into the manifest. Until they
// are in it, durably, their records stay where they were.
func (f *flusher) flush(runs []run) error {
	b := batch{flusher: f}
	for _, r := range runs {
		err := b.add(r.class, func(w *extentWriter) (extent.Meta, error) {
			return w.Add(r.shard.key, r.first, r.parts)
		})
		if err != nil {
			return fmt.Errorf("flush: %w", err)
		}
	}
	for _, m := range b.metas {
		f.stats.extentBytes.Add(m.Length)
	}
	if err := b.enter(ofManifest); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	return nil
}

// batch is extents that become durable, and enter the manifest, together.
type batch struct {
	*flusher
	metas []extent.Meta
	used  []*extentWriter // with extents that are not synced
}

// add writes an extent to the current file of the class, and finishes the file
// when it is long enough. After an error nothing of the batch enters the
// manifest.
func (b *batch) add(class extent.Class, write func(*extentWriter) (extent.Meta, error)) error {
	w, err := b.writer(class)
	if err != nil {
		return b.giveUp(err)
	}
	if !slices.Contains(b.used, w) {
		b.used = append(b.used, w)
	}
	m, err := write(w)
	if err != nil {
		return b.giveUp(err)
	}
	b.metas = append(b.metas, m)
	b.addLive(m)
	if w.Size() >= b.opts.ExtentFileBytes {
		if err := b.finishWriter(w); err != nil {
			return b.giveUp(err)
		}
		b.used = slices.DeleteFunc(b.used, func(u *extentWriter) bool { return u == w })
	}
	return nil
}

// enter makes the extents durable and then the place of their records.
func (b *batch) enter(kind ticketKind) error {
	for _, w := range b.used {
		if err := w.Sync(); err != nil {
			return b.giveUp(err)
		}
	}
	const metaBytes = 128 // at least what an entry takes
	for group := range slices.Chunk(b.metas, int(b.opts.ticketBytes()/2/metaBytes)) {
		t := newTicket(kind, int64(len(group)*metaBytes))
		t.metas = group
		err := b.submitOwn(t)
		t.free()
		if err != nil {
			return err
		}
	}
	return nil
}

// giveUp ends all current files after err, and forgets the extents of the
// batch, which will never be in the manifest.
func (b *batch) giveUp(err error) error {
	b.closeWriters()
	for _, m := range b.metas {
		b.files[m.File].live--
		b.stats.extents.Add(-1)
	}
	for _, m := range b.metas {
		if e := b.removeDead(m.File); e != nil {
			b.opts.Logger.Warn("an unfinished extent file stays behind", "file", m.File, "err", e)
		}
	}
	return err
}

// addLive counts an extent that is in the manifest or about to be.
func (f *flusher) addLive(m extent.Meta) {
	file := f.files[m.File]
	if file == nil {
		file = &extentFile{class: m.Class}
		f.files[m.File] = file
	}
	file.live++
	f.stats.extents.Add(1)
}

// extentWriter is a file being added to.
type extentWriter struct {
	*extent.Writer
	number uint64
	class  extent.Class
}

// writer returns the current file of the class, a new one when there is none.
func (f *flusher) writer(class extent.Class) (*extentWriter, error) {
	if w := f.writers[class]; w != nil {
		return w, nil
	}
	number := f.nextFile
	f.nextFile++
	w, err := extent.Create(f.opts.FS, f.extentsDir(), number, extent.Options{
		Class: class, Instance: f.instance, Direct: !f.opts.Buffered,
	})
	if err != nil {
		return nil, err
	}
	f.writers[class] = &extentWriter{w, number, class}
	return f.writers[class], nil
}

// finishWriter ends a file that is long enough.
func (f *flusher) finishWriter(w *extentWriter) error {
	delete(f.writers, w.class)
	if err := w.Finish(); err != nil {
		return err
	}
	return f.removeDead(w.number)
}

// removeDead removes a file that is complete and has nothing live.
func (f *flusher) removeDead(number uint64) error {
	file := f.files[number]
	if file == nil || file.live > 0 {
		return nil
	}
	delete(f.files, number)
	return f.store.Remove(file.class, number)
}

// finishWriters ends all current files at Close. A footer is a convenience, so
// an error is only reported.
func (f *flusher) finishWriters() {
	for _, w := range f.writers {
		if err := f.finishWriter(w); err != nil {
			f.opts.Logger.Warn("an extent file has no footer", "file", w.number, "err", err)
		}
	}
}

// closeWriters closes the current files as they are, after a failure. What is
// referred to in them was synced before. A file without anything goes away.
func (f *flusher) closeWriters() {
	for class, w := range f.writers {
		delete(f.writers, class)
		if f.files[w.number] == nil {
			_ = w.Abort() // a file that stays behind goes at the next start
		} else {
			_ = w.Close()
		}
	}
}
