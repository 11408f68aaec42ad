package dynamolease

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/consumer/lease"
)

// The row that says by which algorithm leases are assigned, and its attributes
// (spec clients §3.2).
const (
	migrationKey   = "Migration3.0"
	attrClient     = "cv"
	attrModifiedBy = "mb"
	attrModified   = "mts" // Unix milliseconds
	attrHistory    = "h"
)

// Migration implements lease.Store.
func (s *Store) Migration(ctx context.Context) (lease.Migration, error) {
	row, err := s.getRow(ctx, s.layout.Load().lock, migrationKey)
	switch {
	case err != nil:
		return lease.Migration{}, err
	case len(row) == 0:
		return lease.Migration{}, lease.ErrNotFound
	}
	now := entryIn(row)
	m := lease.Migration{Version: now.Version, ModifiedBy: now.ModifiedBy, Modified: now.Modified}
	if history, ok := row[attrHistory].(*types.AttributeValueMemberL); ok {
		for _, v := range history.Value {
			if entry, ok := v.(*types.AttributeValueMemberM); ok {
				m.History = append(m.History, entryIn(entry.Value))
			}
		}
	}
	return m, nil
}

// entryIn reads what a row, or an entry of its history, says.
func entryIn(row item) lease.MigrationEntry {
	e := lease.MigrationEntry{Version: stringIn(row, attrClient), ModifiedBy: stringIn(row, attrModifiedBy)}
	if millis, ok := intIn(row, attrModified); ok {
		e.Modified = time.UnixMilli(millis)
	}
	return e
}

// entryOf returns the attributes of a state.
func entryOf(version, by string, at time.Time) item {
	return item{attrClient: text(version), attrModifiedBy: text(by), attrModified: number(at.UnixMilli())}
}

// SetMigration implements lease.Store.
func (s *Store) SetMigration(ctx context.Context, seen *lease.Migration, next lease.Migration) error {
	l := s.layout.Load()
	row := entryOf(next.Version, next.ModifiedBy, next.Modified)
	if n := min(len(next.History), lease.MaxHistory); n > 0 {
		history := &types.AttributeValueMemberL{}
		for _, e := range next.History[:n] {
			history.Value = append(history.Value, &types.AttributeValueMemberM{Value: entryOf(e.Version, e.ModifiedBy, e.Modified)})
		}
		row[attrHistory] = history
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	if seen == nil {
		row[l.lock.key] = text(migrationKey)
		if !l.legacy {
			row[attrEntity] = text(entityMigration)
		}
		_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: &l.lock.table, Item: row, Expected: expected{l.lock.key: absent()},
		})
		return translate(migrationKey, err)
	}
	u := updates{}
	for name, value := range row {
		u[name] = put(value)
	}
	_, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &l.lock.table, Key: l.lock.row(migrationKey), AttributeUpdates: u,
		Expected: expected{l.lock.key: there(migrationKey), attrClient: {Value: text(seen.Version)}},
	})
	return translate(migrationKey, err)
}
