package lease_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/leat-io/leat/consumer/lease"
	"github.com/leat-io/leat/consumer/memlease"
)

func TestJoin(t *testing.T) {
	for _, c := range []struct {
		row       string // "" is none
		preferred lease.Mode
		want      lease.Mode
		written   string // the row afterwards
	}{
		{"", lease.Mode3x, lease.Mode3x, lease.Version3x},
		{"", lease.Mode2x, lease.Mode2x, ""}, // workers of KCL 2.x would stumble over a row
		{lease.VersionInit, lease.Mode3x, lease.Mode3x, lease.VersionInit},
		{lease.VersionUpgradeFrom2x, lease.Mode3x, lease.Mode2x, lease.VersionUpgradeFrom2x},
		{lease.Version2x, lease.Mode3x, lease.Mode2x, lease.Version2x},
		{lease.Version3xRollback, lease.Mode2x, lease.Mode3x, lease.Version3xRollback},
		{lease.Version3x, lease.Mode2x, lease.Mode3x, lease.Version3x},
	} {
		store := memlease.New()
		if c.row != "" {
			if err := store.SetMigration(t.Context(), nil, lease.Migration{Version: c.row}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := lease.Join(t.Context(), store, "w", c.preferred, time.Now())
		row, rowErr := store.Migration(t.Context())
		if err != nil || got != c.want || row.Version != c.written || (rowErr != nil) != (c.written == "") {
			t.Errorf("%q, preferring %v: %v, %v, row %+v", c.row, c.preferred, got, err, row)
		}
	}
}

// TestJoinRace has another worker write the row between the look for it and the
// writing, which is what the KCL itself does not survive (spec clients §3.4).
func TestJoinRace(t *testing.T) {
	store := &racedStore{Store: memlease.New()}
	got, err := lease.Join(t.Context(), store, "w", lease.Mode3x, time.Now())
	if err != nil || got != lease.Mode2x {
		t.Errorf("mode %v, %v", got, err)
	}
}

// racedStore has another worker be faster.
type racedStore struct{ *memlease.Store }

func (s *racedStore) SetMigration(ctx context.Context, seen *lease.Migration, next lease.Migration) error {
	err := s.Store.SetMigration(ctx, nil, lease.Migration{Version: lease.Version2x})
	return errors.Join(err, s.Store.SetMigration(ctx, seen, next))
}
