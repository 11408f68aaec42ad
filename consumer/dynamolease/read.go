package dynamolease

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/leat-io/leat/consumer/lease"
)

// How many segments a listing has (spec clients §3.3): one for so many bytes of
// the table, within bounds, looked up so often; and so many where the size is
// not known.
const (
	segmentBytes    = 1 << 30 / 5
	maxSegments     = 32
	unknownSegments = 10
	sizeLasts       = 2 * time.Hour
)

// emptyPage is how many rows at a time are looked at for a lease. An
// application has a handful of rows that are none.
const emptyPage = 100

// sized is a number of segments and when it was found.
type sized struct {
	segments int32
	at       time.Time
}

// Empty implements lease.Store.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	in := &dynamodb.ScanInput{TableName: &s.o.table, ConsistentRead: aws.Bool(true), Limit: aws.Int32(emptyPage)}
	for {
		out, err := s.page(ctx, in)
		if err != nil {
			return false, err
		}
		for _, row := range out.Items {
			if leaseIn(row) != nil {
				return false, nil
			}
		}
		if len(out.LastEvaluatedKey) == 0 {
			return true, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// page reads one page of a scan.
func (s *Store) page(ctx context.Context, in *dynamodb.ScanInput) (*dynamodb.ScanOutput, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	out, err := s.client.Scan(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("scan %s: %w", aws.ToString(in.TableName), translate("", err))
	}
	return out, nil
}

// List implements lease.Store. It reads the segments of the table side by side.
func (s *Store) List(ctx context.Context) (lease.Listing, error) {
	segments := s.segments(ctx)
	l := s.layout.Load()
	var found gathering
	g, ctx := errgroup.WithContext(ctx)
	for i := range segments {
		g.Go(func() error {
			in := &dynamodb.ScanInput{TableName: &s.o.table}
			if segments > 1 {
				in.Segment, in.TotalSegments = aws.Int32(i), aws.Int32(segments)
			}
			return s.scan(ctx, in, found.row)
		})
	}
	if l.legacy {
		g.Go(func() error {
			return s.scan(ctx, &dynamodb.ScanInput{TableName: &l.stats.table}, found.legacyStats)
		})
	}
	if err := g.Wait(); err != nil {
		return lease.Listing{}, err
	}
	return found.all, nil
}

// scan reads a scan to its end.
func (s *Store) scan(ctx context.Context, in *dynamodb.ScanInput, each func(item)) error {
	for {
		out, err := s.page(ctx, in)
		if err != nil {
			return err
		}
		for _, row := range out.Items {
			each(row)
		}
		if len(out.LastEvaluatedKey) == 0 {
			return nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// gathering is a listing that several goroutines add to.
type gathering struct {
	mu  sync.Mutex
	all lease.Listing
}

// row adds a row of the lease table.
func (g *gathering) row(row item) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch stringIn(row, attrEntity) {
	case "", entityLease:
		if l := leaseIn(row); l != nil {
			g.all.Leases = append(g.all.Leases, *l)
		} else {
			g.all.Unreadable++
		}
	case entityStats:
		g.statsLocked(row, keyLease)
	case entityLeader, entityMigration, entityTableMigration, entityStream:
	default:
		g.all.Unreadable++
	}
}

// legacyStats adds a row of the table that KCL 3.0 to 3.4 have for reports.
func (g *gathering) legacyStats(row item) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.statsLocked(row, keyStats)
}

// statsLocked adds a worker's report. While a fleet moves from one table to
// the other there may be two; the newer one counts. Requires g.mu.
func (g *gathering) statsLocked(row item, key string) {
	w := parseStats(row, key)
	for i, other := range g.all.Stats {
		if other.Worker == w.Worker {
			if w.Updated.After(other.Updated) {
				g.all.Stats[i] = w
			}
			return
		}
	}
	g.all.Stats = append(g.all.Stats, w)
}

// segments returns how many segments the next listing has.
func (s *Store) segments(ctx context.Context) int32 {
	if s.o.segments > 0 {
		return s.o.segments
	}
	now := time.Now()
	if known := s.sized.Load(); known != nil && now.Sub(known.at) < sizeLasts {
		return known.segments
	}
	t, err := s.describe(ctx, s.o.table)
	if err != nil || t == nil || t.TableSizeBytes == nil {
		return unknownSegments // the scan will say what is wrong
	}
	n := (*t.TableSizeBytes + segmentBytes - 1) / segmentBytes
	known := &sized{int32(min(max(n, 1), maxSegments)), now}
	s.sized.Store(known)
	return known.segments
}

// Keys implements lease.Store, with the index.
func (s *Store) Keys(ctx context.Context, owner string) ([]string, error) {
	in := &dynamodb.QueryInput{
		TableName: &s.o.table, IndexName: aws.String(indexName),
		KeyConditionExpression:    aws.String(attrOwner + " = :" + attrOwner),
		ExpressionAttributeValues: map[string]types.AttributeValue{":" + attrOwner: text(owner)},
	}
	var keys []string
	for {
		request, cancel := s.request(ctx)
		out, err := s.client.Query(request, in)
		cancel()
		if err != nil {
			return nil, fmt.Errorf("query leases of %s: %w", owner, translate("", err))
		}
		for _, row := range out.Items {
			keys = append(keys, stringIn(row, keyLease))
		}
		if len(out.LastEvaluatedKey) == 0 {
			return keys, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// Get implements lease.Store.
func (s *Store) Get(ctx context.Context, key string) (lease.Lease, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &s.o.table, Key: item{keyLease: text(key)}, ConsistentRead: aws.Bool(s.o.consistent),
	})
	switch {
	case err != nil:
		return lease.Lease{}, translate(key, err)
	case len(out.Item) == 0:
		return lease.Lease{}, lease.ErrNotFound
	}
	return parseLease(out.Item)
}
