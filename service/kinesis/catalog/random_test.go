package catalog

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"pgregory.net/rapid"

	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// TestRandomHistories applies commands of all kinds, good and bad, with time
// passing now and then, and checks after each what holds for every stream, and
// at the end that a replay gives the same.
func TestRandomHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRig(t)
		for range rapid.IntRange(1, 40).Draw(t, "commands") {
			r.terms.AtMillis += rapid.SampledFrom([]int64{0, 0, 1, 700, 60_000, 20 * hourMillis, -1500}).Draw(t, "passed")
			r.terms.DelayMillis = rapid.SampledFrom([]int64{0, 0, 500}).Draw(t, "delay")
			if rapid.Bool().Draw(t, "limited") {
				r.terms.Quotas = Quotas{Shards: 40, OnDemandStreams: 1, MovingStreams: 2,
					ScaleTarget: 30, ScaleFactor: 2, ScalesPerDay: 3, ModesPerDay: 2, Consumers: 2, CreatingConsumers: 1}
			} else {
				r.terms.Quotas = Quotas{}
			}
			r.apply(r.draw(t))
			for _, x := range r.All() {
				r.checkStream(x)
			}
		}
		r.checkReplay()
	})
}

// draw makes up a command that has a chance to be accepted.
func (r *rig) draw(t *rapid.T) Command {
	ref := Ref{
		rapid.SampledFrom([]string{"000000000000", "000000000000", "111111111111"}).Draw(t, "account"), "us-east-1",
		rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name"),
	}
	mode := rapid.SampledFrom([]types.StreamMode{types.StreamModeProvisioned, types.StreamModeProvisioned, types.StreamModeOnDemand}).Draw(t, "mode")
	n := rapid.Int32Range(1, 20).Draw(t, "n")
	var id, adjacent stream.ShardID
	at := "1000"
	if x := ref.current(&r.mu.state); x != nil && len(x.Shards) > 0 {
		i := rapid.IntRange(0, len(x.Shards)-1).Draw(t, "shard")
		id, at = x.Shards[i].ID(), middle(x.Shards[i].Range).String()
		if beside := x.Route(x.Shards[i].Range.End.Next()); beside != nil {
			adjacent = beside.ID()
		}
	}
	consumer := ConsumerRef{Ref: ref, Consumer: rapid.SampledFrom([]string{"p", "q", "r"}).Draw(t, "consumer")}
	next, _ := r.NextDue()
	id32 := storage.StreamID(rapid.Int32Range(1, 4).Draw(t, "stream id"))
	return rapid.SampledFrom([]Command{
		&CreateStream{Ref: ref, Mode: mode, Shards: n, MaxRecordKiB: 1024, Tags: map[string]string{"a": "b"}},
		&CreateStream{Ref: ref, Mode: mode, Shards: n, MaxRecordKiB: 1024},
		&SplitShard{Ref: ref, Shard: id, NewStartingHashKey: at},
		&SplitShard{Ref: ref, Shard: id, NewStartingHashKey: at},
		&MergeShards{Ref: ref, Shard: id, Adjacent: adjacent},
		&MergeShards{Ref: ref, Shard: id, Adjacent: adjacent},
		&UpdateShardCount{Ref: ref, Target: n},
		&UpdateStreamMode{Ref: ref, Mode: mode},
		&SetRetention{Ref: ref, Hours: 24 + n, Increase: true},
		&SetRetention{Ref: ref, Hours: 24 + n},
		&SetMaxRecordSize{Ref: ref, KiB: 1024 + n},
		&SetMonitoring{Ref: ref, Enable: n%2 == 0, Metrics: types.MetricsName("").Values()[n%4 : 4+n%4]},
		&StartEncryption{ref, Encryption{KeyID: at, Key: DataKey{MasterARN: at, Wrapped: []byte(at)}}},
		&StopEncryption{ref},
		&ReplaceKey{Stream: id32, Version: uint32(n % 3), Key: DataKey{MasterARN: at}},
		&ClaimLot{Stream: id32, Version: uint32(n % 3)},
		&SetDistribution{Ref: ref, Auto: n%2 == 0},
		&UpdateAccount{Account: ref.Account, Region: ref.Region, Enable: n%4 != 0},
		&SetWarmThroughput{Ref: ref, MiBps: n},
		&UpdateStreamMode{Ref: ref, Mode: mode, WarmMiBps: &n},
		r.drawAdapt(t, ref),
		&AddTags{Ref: ref, Tags: map[string]string{strings.Repeat("k", int(n)): at}},
		&RemoveTags{Ref: ref, Keys: []string{"a", strings.Repeat("k", int(n))}},
		&Finish{Stream: next.Stream, Number: next.Number},
		&Finish{Stream: next.Stream, Number: next.Number},
		&Expire{Stream: id32},
		&SetSecret{Secret: []byte(at)},
		&SetPolicy{ConsumerRef{Ref: ref}, policyOf(openText)},
		&SetPolicy{consumer, policyOf(closedText)},
		&SetPolicy{consumer, nil},
		&DeleteStream{Ref: ref},
		&DeleteStream{Ref: ref, WithConsumers: true},
		&RegisterConsumer{Ref: ref, Consumer: consumer.Consumer, Tags: map[string]string{"a": "b"}},
		&RegisterConsumer{Ref: ref, Consumer: consumer.Consumer},
		&DeregisterConsumer{consumer},
		&AddConsumerTags{consumer, map[string]string{"k": at}},
		&RemoveConsumerTags{consumer, []string{"a", "k"}},
	}).Draw(t, "command")
}

// drawAdapt makes up an adaptation of the open shards.
func (r *rig) drawAdapt(t *rapid.T, ref Ref) Command {
	cmd := &Adapt{}
	x := ref.current(&r.mu.state)
	if x == nil {
		return cmd
	}
	cmd.Stream, cmd.Next = x.ID, x.NextShard
	for i := 0; i < len(x.open); i++ {
		switch rapid.IntRange(0, 2).Draw(t, "adapt") {
		case 0:
			cmd.Split = append(cmd.Split, x.open[i].Index)
		case 1:
			if i+1 < len(x.open) {
				cmd.Merge = append(cmd.Merge, Merge{x.open[i].Index, x.open[i+1].Index})
				i++
			}
		}
	}
	return cmd
}

// checkMode verifies that a stream has what its mode allows.
func (r *rig) checkMode(x *Stream) {
	r.Helper()
	onDemand := x.Mode == types.StreamModeOnDemand
	if !onDemand && (x.Auto || x.WarmMiBps != 0) {
		r.Fatalf("provisioned with Auto %v and a warm throughput of %d", x.Auto, x.WarmMiBps)
	}
	for i := range x.Shards {
		if sh := &x.Shards[i]; (sh.Meter() != nil) != (onDemand && !sh.Closed()) {
			r.Fatalf("shard %v has a meter: %v", sh.ID(), sh.Meter() != nil)
		}
	}
}

// checkStream verifies what holds for a stream in any status.
func (r *rig) checkStream(x *Stream) {
	r.Helper()
	if (x.Pending == nil) != (x.Status == types.StreamStatusActive) {
		r.Fatalf("status %s with pending %v", x.Status, x.Pending)
	}
	switch x.Status {
	case types.StreamStatusActive, types.StreamStatusUpdating:
		r.checkShards(x)
	default:
		if len(x.Shards) != 0 || len(x.Open()) != 0 || x.Route(stream.HashKey{}) != nil {
			r.Fatalf("%s with shards", x.Status)
		}
	}
	r.checkMode(x)
	r.checkConsumers(x)
	if len(x.ScaledMillis) > scalesKept || len(x.ModeMillis) > modesKept {
		r.Fatalf("remembers %d and %d calls", len(x.ScaledMillis), len(x.ModeMillis))
	}
}

// checkConsumers verifies what holds for the consumers of every stream.
func (r *rig) checkConsumers(x *Stream) {
	r.Helper()
	if (x.Status == types.StreamStatusCreating || x.Status == types.StreamStatusDeleting) && len(x.Consumers) > 0 {
		r.Fatalf("%s with consumers", x.Status)
	}
	for i := range x.Consumers {
		c := &x.Consumers[i]
		if found, ok := x.Consumer(c.Name); !ok || found != c {
			r.Fatalf("consumer %s is not found by its name", c.Name)
		}
		if (c.Number == 0) != (c.Status == types.ConsumerStatusActive) {
			r.Fatalf("consumer %+v", c)
		}
		if i > 0 && x.Consumers[i-1].Name >= c.Name {
			r.Fatalf("consumers %s and %s are out of order", x.Consumers[i-1].Name, c.Name)
		}
	}
}
