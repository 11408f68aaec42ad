package dynamodb

import (
	"errors"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/expr"
	"github.com/leat-io/leat/service/dynamodb/tables"
	"github.com/leat-io/leat/storage"
)

const (
	// expireEvery is how often expired items are looked for. AWS promises a
	// few days.
	expireEvery = time.Minute
	// expireBatch is how many items are looked at, and deleted, at a time.
	expireBatch = 1000
	// oldestExpiry is how long ago an item may have expired: AWS takes an older
	// time for a mistake and keeps the item.
	oldestExpiry = 5 * 365 * 24 * time.Hour
)

// Start begins what the service does by itself: it deletes expired items. It is
// called once.
func (s *Service) Start() {
	s.wg.Go(func() {
		for {
			select {
			case <-s.clock.After(expireEvery):
			case <-s.ctx.Done():
				return
			}
			for _, t := range s.tables.All() {
				if t.TimeToLive != "" {
					s.expire(t)
				}
			}
		}
	})
}

// Close ends what Start began and waits for it. The log stays open, and calls
// are still served.
func (s *Service) Close() {
	s.cancel()
	s.wg.Wait()
}

// expire deletes the items of a table that have expired.
func (s *Service) expire(t *tables.Table) {
	now := s.clock.Now()
	var span tables.Span
	for s.ctx.Err() == nil {
		page := s.tables.Read(t.ID, "", span, expireBatch, maxPageBytes)
		var writes []tables.Write
		for _, item := range page.Items {
			if expired(item[t.TimeToLive], now) {
				writes = append(writes, deletionOf(t, item))
			}
		}
		if len(writes) > 0 {
			// A log that fails says so itself, and one that is full will be
			// asked again.
			if _, err := s.writer.do(s.ctx, writes...); errors.Is(err, storage.ErrStopped) {
				return
			}
		}
		if !page.More {
			return
		}
		span.After = t.Keys.Key(page.Items[len(page.Items)-1])
	}
}

// expired reports whether a value is a time in Unix seconds that has come.
func expired(v attr.Value, now time.Time) bool {
	n, ok := v.(*types.AttributeValueMemberN)
	if !ok {
		return false
	}
	seconds, err := strconv.ParseInt(n.Value, 10, 64)
	return err == nil && seconds < now.Unix() && seconds > now.Add(-oldestExpiry).Unix()
}

// deletionOf deletes an item unless its time has been changed.
func deletionOf(t *tables.Table, item attr.Item) tables.Write {
	same := &expr.Node{Op: expr.Equal, Args: []*expr.Node{
		{Op: expr.PathOp, Path: expr.Attribute(t.TimeToLive)}, {Op: expr.ValueOp, Value: item[t.TimeToLive]},
	}}
	return tables.Write{Ops: []tables.Op{{Kind: tables.Delete, Table: t.ID, Item: t.Keys.Of(item), Condition: same}}}
}
