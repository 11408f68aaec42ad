package disklog

import (
	"github.com/leat-io/leat/storage/disklog/extent"
)

// maxMoveBytes bounds the memory that moving one large extent takes. A file with
// a larger one keeps it.
const maxMoveBytes = 32 << 20

// fileUse is what is live in an extent file.
type fileUse struct {
	class extent.Class
	bytes int64
	stays bool // something in it makes moving the rest pointless
}

// relocations plans to empty files which have outlived the retention that their
// class is for, but for little (spec storage §7.9): the retention of a stream
// was raised after they were written. What is live goes to a file of its
// stream's class, and the old one with its last extent.
func (f *flusher) relocations(shards []*shard) []move {
	emptied := f.nearlyDead(shards)
	if len(emptied) == 0 {
		return nil
	}
	var moves []move
	for _, s := range shards {
		for metas := s.metas(); len(metas) > 0; {
			n := together(metas)
			if emptied[metas[0].File] != nil {
				moves = append(moves, move{shard: s, metas: metas[:n]})
			}
			metas = metas[n:]
		}
	}
	return moves
}

// together returns how many extents, from the first on, are in one file and
// may become one. One alone may be larger.
func together(metas []extent.Meta) int {
	bytes := metas[0].Length
	for i, m := range metas[1:] {
		if bytes += m.Length; m.File != metas[0].File || bytes > maxMergeBytes {
			return i + 1
		}
	}
	return len(metas)
}

// nearlyDead returns the files that are to be emptied.
func (f *flusher) nearlyDead(shards []*shard) map[uint64]*fileUse {
	now := f.opts.Clock.Now().UnixMilli()
	uses := make(map[uint64]*fileUse)
	for _, s := range shards {
		class, ok := f.class(s.key.Stream)
		for _, m := range s.metas() {
			u := uses[m.File]
			if u == nil {
				u = &fileUse{class: m.Class}
				uses[m.File] = u
			}
			u.bytes += m.Length
			u.stays = u.stays || !ok || m.Length > maxMoveBytes || f.moves.unreadable[placeOf(m)] || !f.outlives(m, class, now)
		}
	}
	for number, u := range uses {
		if u.stays || f.writing(number) || !f.isNearlyDead(number, u) {
			delete(uses, number)
		}
	}
	return uses
}

// outlives reports whether the extent is older than the class of its file is
// for, and will not expire soon by the class of its stream.
func (f *flusher) outlives(m extent.Meta, class extent.Class, now int64) bool {
	age := now - m.LastMillis
	return f.opts.care.atOnce || age > m.Class.Period().Milliseconds() && age < class.Period().Milliseconds()
}

// isNearlyDead compares what is live with the length of the file.
func (f *flusher) isNearlyDead(number uint64, u *fileUse) bool {
	length, err := f.store.FileBytes(u.class, number)
	return err == nil && 100*u.bytes < f.opts.care.livePercent*length
}
