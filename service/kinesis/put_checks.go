package kinesis

import (
	"fmt"
	"strings"
	"time"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/service/kinesis/catalog"
	"github.com/leat-io/leat/stream"
)

// maxViolations is how many items a ValidationException lists (spec
// data-streams §8.2).
const maxViolations = 10

// checkPartitionKeys refuses records without one. The model has them optional
// for streams that spread records by themselves; the answer here is for all
// others, where AWS keeps its old one (spec data-streams §13.1).
func checkPartitionKeys(b *kinesisapi.PutBatch) error {
	var missing []string
	for i := range b.Records {
		if len(b.Records[i].PartitionKey) == 0 && len(missing) < maxViolations {
			missing = append(missing, fmt.Sprintf(
				"Value null at '%s' failed to satisfy constraint: Member must not be null",
				memberPath(b, i, "partitionKey")))
		}
	}
	if missing == nil {
		return nil
	}
	return validationError(missing...)
}

// recordTooLarge is the answer to a record larger than its stream allows. AWS's
// text is unknown; this is the one for what its shapes forbid (spec
// data-streams §13.1).
func recordTooLarge(b *kinesisapi.PutBatch, i, maxBytes int) error {
	return validationError(fmt.Sprintf(
		"Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d",
		memberPath(b, i, "data"), maxBytes))
}

// memberPath names a member of the i-th record as the caller wrote it.
func memberPath(b *kinesisapi.PutBatch, i int, member string) string {
	if b.Single {
		return member
	}
	return fmt.Sprintf("records.%d.member.%s", i+1, member)
}

func validationError(items ...string) error {
	plural := "s"
	if len(items) == 1 {
		plural = ""
	}
	return api.Errorf(kinesisapi.Validation, "%d validation error%s detected: %s",
		len(items), plural, strings.Join(items, "; "))
}

// checkOrdering judges a SequenceNumberForOrdering. It must be one that this
// stream may have issued by now, or any older one, of whatever layout. Then the
// number that the record gets is greater, if it comes from the shard that the
// record goes to or from an ancestor of it, which is the case for a record of
// the same hash key: indexes grow in a shard and create times along the
// lineage. Hence there is nothing to wait for. Numbers of other shards promise
// nothing, on AWS neither.
//
// A number's time may be ahead of the clock, when its shard was created in the
// second in which its parent closed (spec data-streams §12.2).
func (s *Service) checkOrdering(text string, x *catalog.Stream, target *catalog.Shard, now time.Time) error {
	n, err := stream.ParseAnySequenceNumber(text)
	if err != nil {
		return invalidOrdering(text, x)
	}
	parts := n.Parts()
	latest := now.Unix()
	issuer, known := x.Shard(parts.Shard)
	if known && n.Version() == 2 && issuer.CreateSeconds == parts.CreateSeconds {
		latest = max(latest, issuer.CreateSeconds)
		if issuer == target {
			bounds, err := s.log.Bounds(logKey(x, target))
			if err == nil && parts.Index > uint64(bounds.Next) {
				return invalidOrdering(text, x) // the record would get a lower one
			}
		}
	}
	if max(parts.CreateSeconds, parts.Seconds) > latest {
		return invalidOrdering(text, x)
	}
	return nil
}

func invalidOrdering(text string, x *catalog.Stream) error {
	return api.Errorf(kinesisapi.InvalidArgument,
		"ExclusiveMinimumSequenceNumber %s used in PutRecord on stream %s under account %s is invalid.",
		text, x.Name, x.Account)
}
