package catalog

import (
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
)

// dayMillis is the length of the rolling window of daily quotas.
const dayMillis = 24 * hourMillis

// roomToMove refuses one more stream in CREATING or DELETING. The stream that
// is asked about does not count against itself.
func (s *state) roomToMove(r Ref, t Terms) *api.Error {
	limit := t.Quotas.MovingStreams
	if limit == 0 {
		return nil
	}
	moving := 0
	for _, x := range s.pending {
		if x.Account == r.Account && x.Region == r.Region && x.Name != r.Name &&
			(x.Status == types.StreamStatusCreating || x.Status == types.StreamStatusDeleting) {
			moving++
		}
	}
	if moving < limit {
		return nil
	}
	return api.Errorf(kinesisapi.LimitExceeded, "This request would have exceed the limit on the number of streams "+
		"that can simultaneously be in CREATING or DELETING. Limit: %d", limit)
}

// roomForShards refuses more shards than the account may have. Shards of
// on-demand streams are AWS's affair and do not count.
func (s *state) roomForShards(r Ref, t Terms, more int) *api.Error {
	limit := t.Quotas.Shards
	if limit == 0 || more <= 0 {
		return nil
	}
	count := 0
	for _, x := range s.owners[r.owner()] {
		if x.Mode == types.StreamModeProvisioned {
			count += x.ShardsToBe()
		}
	}
	if count+more <= limit {
		return nil
	}
	return api.Errorf(kinesisapi.LimitExceeded, "This request would exceed the shard limit for the account %s in %s. "+
		"Current shard count for the account: %d. Limit: %d. "+
		"Number of additional shards that would have resulted from this request: %d. "+
		"Refer to the AWS Service Limits page "+
		"(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) "+
		"for current limits and how to request higher limits.",
		r.Account, r.Region, count, limit, more)
}

// roomInLineage refuses a change of shards when there are too many already, of
// which some may be past retention. AWS has no such bound, since it lets a
// stream be scaled ten times a day.
func (x *Stream) roomInLineage(t Terms) *api.Error {
	limit := t.Quotas.Lineage
	if limit == 0 || len(x.Shards) < limit {
		return nil
	}
	return api.Errorf(kinesisapi.LimitExceeded, "Stream %s under account %s has %d shards with those closed within its "+
		"retention period. Limit: %d", x.Name, x.Account, len(x.Shards), limit)
}

// roomForOnDemand refuses one more on-demand stream. AWS's text is unknown.
func (s *state) roomForOnDemand(r Ref, t Terms) *api.Error {
	limit := t.Quotas.OnDemandStreams
	if limit == 0 {
		return nil
	}
	count := 0
	for _, x := range s.owners[r.owner()] {
		if x.Mode == types.StreamModeOnDemand || x.Pending != nil && x.Pending.Mode == types.StreamModeOnDemand {
			count++
		}
	}
	if count < limit {
		return nil
	}
	return api.Errorf(kinesisapi.LimitExceeded, "This request would exceed the limit on the number of on-demand streams "+
		"for the account %s in %s. Limit: %d", r.Account, r.Region, limit)
}

// ShardsToBe returns how many open shards the stream has, or will have when
// its pending transition is finished, if that is more.
func (x *Stream) ShardsToBe() int {
	n := len(x.open)
	if p := x.Pending; p != nil {
		switch {
		case p.Create > 0:
			n = int(p.Create)
		case p.Split != nil:
			n++
		case p.Scale > 0:
			n = max(n, int(p.Scale))
		case p.Adapt != nil:
			n += len(p.Adapt.Split)
		}
	}
	return n
}

// Histories of calls are kept this long whatever the quota is, so that one that
// is switched on finds them.
const (
	scalesKept = 10
	modesKept  = 2

	encryptionsKept = 25
)

// usedUp reports whether the day's quota of calls is used up.
func usedUp(calls []int64, quota int, nowMillis int64) bool {
	if quota == 0 || len(calls) < quota {
		return false
	}
	return calls[len(calls)-quota] > nowMillis-dayMillis
}

// remember returns a new history with one more call.
func remember(calls []int64, nowMillis int64, keep int) []int64 {
	calls = append(calls[:len(calls):len(calls)], nowMillis)
	return calls[max(0, len(calls)-keep):]
}
