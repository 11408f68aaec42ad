package dynamolease

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The names of the keys of the three tables.
const (
	keyLease       = "leaseKey"
	keyCoordinator = "key"
	keyStats       = "wid"
)

// place is a table and the name of its key.
type place struct{ table, key string }

// row returns the key of a row as DynamoDB wants it.
func (p place) row(key string) item { return item{p.key: text(key)} }

// layout says where the rows are that are not leases: in the lease table, or
// in the two tables that KCL 3.0 to 3.4 have for them.
type layout struct {
	lock, stats place
	legacy      bool
}

// The row that says how far a fleet is with moving the contents of the legacy
// tables, and the states from which on the lease table holds everything.
const (
	tableMigrationKey      = "TableMigration3.5"
	attrTableMigration     = "tm"
	tableMigrationPending  = "TABLE_MIGRATION_STATUS_PENDING"
	tableMigrationComplete = "TABLE_MIGRATION_STATUS_COMPLETE"
)

// findLayout finds out where the rows are. An application that has no legacy
// tables gets none.
func (s *Store) findLayout(ctx context.Context) error {
	coordinator, err := s.describe(ctx, s.o.coordinator)
	if err != nil {
		return fmt.Errorf("look for %s: %w", s.o.coordinator, err)
	}
	stats, err := s.describe(ctx, s.o.stats)
	if err != nil {
		return fmt.Errorf("look for %s: %w", s.o.stats, err)
	}
	l := &layout{lock: place{s.o.table, keyLease}, stats: place{s.o.table, keyLease}}
	if coordinator != nil || stats != nil {
		l = &layout{place{s.o.coordinator, keyCoordinator}, place{s.o.stats, keyStats}, true}
		for _, p := range []place{l.lock, l.stats} { // one may be missing
			if err := s.ensure(ctx, p); err != nil {
				return err
			}
		}
	}
	s.layout.Store(l)
	return s.followMigration(ctx)
}

// followMigration looks whether the fleet has moved on to the one table. There
// is no way back from there that a worker would have to notice: until the
// legacy tables are given up, a fleet that goes back starts its workers anew.
func (s *Store) followMigration(ctx context.Context) error {
	if !s.layout.Load().legacy {
		return nil
	}
	for _, p := range []place{{s.o.coordinator, keyCoordinator}, {s.o.table, keyLease}} {
		row, err := s.getRow(ctx, p, tableMigrationKey)
		if err != nil {
			return fmt.Errorf("look for a migration of tables: %w", err)
		}
		switch stringIn(row, attrTableMigration) {
		case tableMigrationPending, tableMigrationComplete:
			s.layout.Store(&layout{lock: place{s.o.table, keyLease}, stats: place{s.o.table, keyLease}})
			return nil
		}
	}
	return nil
}

// getRow reads a row with strong consistency, nil when there is none.
func (s *Store) getRow(ctx context.Context, p place, key string) (item, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &p.table, Key: p.row(key), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, translate(key, err)
	}
	return out.Item, nil
}

// item is a row as DynamoDB has it.
type item = map[string]types.AttributeValue
