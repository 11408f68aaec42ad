package kinesis

import (
	"context"
	"sync/atomic"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/stream"
)

// dataPlane is what a Service keeps for PutRecord, PutRecords,
// GetShardIterator and GetRecords. Its zero value is ready.
type dataPlane struct {
	throttle throttle
	metrics  metricsMap[storage.StreamID, StreamMetrics]
	// spreadRecords counts the records that were spread over shards.
	spreadRecords atomic.Uint64
	// fullLoggedMillis is when it was last logged that storage is full.
	fullLoggedMillis atomic.Int64

	// sealer is set by the first call that needs it.
	sealer atomic.Pointer[iteratorSealer]
}

// iterators returns the sealer of shard iterators. First calls may meet and
// make one each; the tokens of one that is dropped are read by the other.
func (s *Service) iterators(ctx context.Context) (*iteratorSealer, error) {
	if sealer := s.sealer.Load(); sealer != nil {
		return sealer, nil
	}
	secret, err := s.secret(ctx)
	if err != nil {
		return nil, err
	}
	sealer, err := newIteratorSealer(secret)
	if err != nil {
		return nil, err
	}
	s.sealer.CompareAndSwap(nil, sealer)
	return s.sealer.Load(), nil
}

// errDryRun is the answer to a DryRun that passed every check (spec
// data-streams §9; AWS's text is unknown).
var errDryRun = api.Errorf(kinesisapi.DryRunOperation, "Request would have succeeded, but DryRun flag is set.")

// shardRateExceeded is the answer to what a shard's rates forbid.
func shardRateExceeded(x *catalog.Stream, id stream.ShardID) *api.Error {
	return api.Errorf(kinesisapi.ProvisionedThroughputExceeded,
		"Rate exceeded for shard %s in stream %s under account %s.", id, x.Name, x.Account)
}

// shardGone is the data plane's answer about a shard that does not exist.
func shardGone(account, name string, id stream.ShardID) *api.Error {
	return api.Errorf(kinesisapi.ResourceNotFound,
		"Shard %s in stream %s under account %s does not exist", id, name, account)
}

// logKey returns the key of the shard's log.
func logKey(x *catalog.Stream, sh *catalog.Shard) storage.ShardKey {
	return storage.ShardKey{Stream: x.ID, Shard: sh.Index}
}
