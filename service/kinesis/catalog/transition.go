package catalog

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// Transition is a change that has been accepted and takes effect when it is
// finished: by the command that began it, or by a later Finish when states are
// to last.
type Transition struct {
	// Number tells this transition from all others of the catalog.
	Number    uint64 `json:"number"`
	DueMillis int64  `json:"due"`
	// Stream is whose transition it is.
	Stream storage.StreamID `json:"-"`

	// What to do; none is set when it is a consumer's, and otherwise exactly
	// one, but that Scale may come with Mode.
	Create int32            `json:"create,omitempty"` // open so many shards
	Delete bool             `json:"delete,omitempty"`
	Split  *Split           `json:"split,omitempty"`
	Merge  *Merge           `json:"merge,omitempty"`
	Scale  int32            `json:"scale,omitempty"` // the target shard count
	Adapt  *Adaptation      `json:"adapt,omitempty"`
	Mode   types.StreamMode `json:"mode,omitempty"`
	// Encryption is how records are to be stored then.
	Encryption *Encryption `json:"encryption,omitempty"`
	// Warm is a warm throughput in MiB/s to have then. It comes with what gives
	// the stream the shards for it: Create or Scale.
	Warm *int32 `json:"warm,omitempty"`
}

// earlier returns the one of two transitions that is due first. One without a
// number is none.
func earlier(a, b Transition) Transition {
	if a.Number == 0 || b.Number != 0 && (b.DueMillis < a.DueMillis || b.DueMillis == a.DueMillis && b.Number < a.Number) {
		return b
	}
	return a
}

// Split is a shard's pending split in two at a hash key, the first of the right
// child.
type Split struct {
	Shard uint32         `json:"shard"`
	At    stream.HashKey `json:"at"`
}

// Merge is the pending merge of a shard with the one right of it.
type Merge struct {
	Shard    uint32 `json:"shard"`
	Adjacent uint32 `json:"adjacent"`
}

// begin puts x with a status and what will end it, and ends it right away when
// the terms want no delay.
func (s *state) begin(x *Stream, status types.StreamStatus, tr Transition, t Terms, e *storage.Effects) {
	tr.Number = s.nextTransition
	tr.DueMillis = t.AtMillis + t.DelayMillis
	tr.Stream = x.ID
	s.nextTransition++
	x.Status, x.Pending = status, &tr
	if t.DelayMillis <= 0 {
		s.finish(x, t.AtMillis, e)
		return
	}
	s.put(x)
}

// finish carries out the pending transition of x, a copy of the current
// version, and puts it.
func (s *state) finish(x *Stream, atMillis int64, e *storage.Effects) {
	tr := x.Pending
	if tr.Mode != "" {
		x.switchTo(tr.Mode)
	}
	if tr.Warm != nil {
		x.WarmMiBps = *tr.Warm
	}
	switch {
	case tr.Delete:
		s.remove(x)
		return
	case tr.Create > 0:
		x.openFirst(tr.Create, e)
	case tr.Encryption != nil:
		x.encrypt(tr.Encryption)
	case tr.Mode != "" && tr.Scale == 0: // the shards stay
	default:
		r := newReshard(x, atMillis)
		switch {
		case tr.Split != nil:
			r.split(r.find(tr.Split.Shard), tr.Split.At)
		case tr.Merge != nil:
			r.merge(r.find(tr.Merge.Shard), r.find(tr.Merge.Adjacent))
		case tr.Scale > 0:
			r.scale(int(tr.Scale))
		case tr.Adapt != nil:
			r.adapt(tr.Adapt)
		}
		r.done(e)
	}
	x.Status, x.Pending = types.StreamStatusActive, nil
	s.put(x)
}

// Finish ends the transition with the number, of a stream or of one of its
// consumers. It is nobody's error when that has ended already, or was replaced
// because its stream was deleted or its consumer deregistered.
type Finish struct {
	Stream storage.StreamID `json:"stream"`
	Number uint64           `json:"number"`
}

func (*Finish) kind() string { return "finish" }

func (cmd *Finish) decide(s *state, _ Terms) (any, bool) {
	x := s.byID[cmd.Stream]
	return nil, x == nil || !x.pends(cmd.Number) && x.movingConsumer(cmd.Number) < 0
}

// pends reports whether the transition with the number is that of the stream.
func (s *Stream) pends(number uint64) bool { return s.Pending != nil && s.Pending.Number == number }

func (cmd *Finish) apply(s *state, t Terms, e *storage.Effects) any {
	x := *s.byID[cmd.Stream]
	if x.pends(cmd.Number) {
		s.finish(&x, t.AtMillis, e)
		return nil
	}
	x.Consumers = slices.Clone(x.Consumers)
	x.finishConsumer(&x.Consumers[x.movingConsumer(cmd.Number)])
	s.put(&x)
	return nil
}
