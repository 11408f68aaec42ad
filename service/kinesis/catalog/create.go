package catalog

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// A stream's settings before anybody changes them (spec data-streams §11.1).
const (
	defaultRetentionHours = 24
	// createLeadSeconds is how far before its creation AWS dates the sequence
	// numbers of a new stream (spec data-streams §12.2), so that no number of
	// it is ahead of anybody's clock.
	createLeadSeconds = 2
)

// CreateStream begins a stream. Refused, in this order: when the name is taken,
// when too many streams are CREATING or DELETING, when the account would have
// too many shards or on-demand streams, and when it may not have the warm
// throughput.
type CreateStream struct {
	Ref
	Mode         types.StreamMode  `json:"mode"`
	Shards       int32             `json:"shards"`
	MaxRecordKiB int32             `json:"max_record_kib"`
	Tags         map[string]string `json:"tags,omitempty"`
	// WarmMiBps is a warm throughput in MiB/s, for which there are enough
	// Shards; nil for none. Auto is as in Stream.
	WarmMiBps *int32 `json:"warm,omitempty"`
	Auto      bool   `json:"auto,omitempty"`
}

func (*CreateStream) kind() string { return "create_stream" }

func (cmd *CreateStream) decide(s *state, t Terms) (any, bool) {
	if cmd.current(s) != nil {
		return api.Errorf(kinesisapi.ResourceInUse,
			"Stream %s under account %s already exists.", cmd.Name, cmd.Account), true
	}
	err := s.roomToMove(cmd.Ref, t)
	if err == nil && cmd.Mode == types.StreamModeProvisioned {
		err = s.roomForShards(cmd.Ref, t, int(cmd.Shards))
	}
	if err == nil && cmd.Mode == types.StreamModeOnDemand {
		err = s.roomForOnDemand(cmd.Ref, t)
	}
	if err == nil && cmd.WarmMiBps != nil {
		err = s.mayWarm(cmd.Ref, cmd.Mode, *cmd.WarmMiBps, t)
	}
	return err, err != nil
}

func (cmd *CreateStream) apply(s *state, t Terms, e *storage.Effects) any {
	x := &Stream{
		ID:             s.nextStream,
		Account:        cmd.Account,
		Region:         cmd.Region,
		Name:           cmd.Name,
		Mode:           cmd.Mode,
		CreatedMillis:  t.AtMillis,
		ChangedMillis:  t.AtMillis,
		RetentionHours: defaultRetentionHours,
		MaxRecordKiB:   cmd.MaxRecordKiB,
		Tags:           cmd.Tags,
		Auto:           cmd.Auto,
	}
	s.nextStream++
	s.begin(x.derive(), types.StreamStatusCreating, Transition{Create: cmd.Shards, Warm: cmd.WarmMiBps}, t, e)
	return nil
}

// openFirst gives a new stream its shards. They count as open since the
// stream's creation: before there is no other generation.
func (x *Stream) openFirst(shards int32, e *storage.Effects) {
	x.Shards = make([]Shard, shards)
	for i, r := range stream.Evenly(int(shards)) {
		x.Shards[i] = Shard{
			Index: uint32(i), Range: r, Parent: NoShard, AdjacentParent: NoShard,
			OpenedMillis:  x.CreatedMillis,
			CreateSeconds: x.CreatedMillis/1000 - createLeadSeconds,
		}
		e.Open = append(e.Open, storage.ShardKey{Stream: x.ID, Shard: uint32(i)})
	}
	x.NextShard = uint32(shards)
	x.retain(e)
	x.derive()
}
