package lease

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The states of a fleet's migration from KCL 2.x to 3.x, as the row
// Migration3.0 has them (spec clients §3.2).
const (
	VersionInit          = "CLIENT_VERSION_INIT"
	VersionUpgradeFrom2x = "CLIENT_VERSION_UPGRADE_FROM_2X"
	Version2x            = "CLIENT_VERSION_2X"
	Version3xRollback    = "CLIENT_VERSION_3X_WITH_ROLLBACK"
	Version3x            = "CLIENT_VERSION_3X"
)

// Migration is the row that says by which algorithm an application's leases
// are assigned.
type Migration struct {
	// Version is one of the constants above.
	Version string
	// ModifiedBy is the worker that wrote it, at Modified on its wall clock,
	// to the millisecond.
	ModifiedBy string
	Modified   time.Time
	// History holds earlier states, newest first, at most MaxHistory of them.
	History []MigrationEntry
}

// MigrationEntry is an earlier state of a Migration.
type MigrationEntry struct {
	Version    string
	ModifiedBy string
	Modified   time.Time
}

// MaxHistory bounds Migration.History, as the KCL does.
const MaxHistory = 10

// Mode is the algorithm by which an application's leases are assigned.
type Mode int

const (
	// Mode3x has a leader that assigns leases.
	Mode3x Mode = iota
	// Mode2x has workers that help themselves.
	Mode2x
)

// Mode returns the algorithm that the row stands for.
func (m Migration) Mode() Mode {
	switch m.Version {
	case Version2x, VersionUpgradeFrom2x:
		return Mode2x
	}
	return Mode3x
}

// Join finds out by which algorithm a worker has to go. The row decides when
// there is one; otherwise the application is new, or has only ever had workers
// of KCL 2.x, and the preferred algorithm it is: Mode3x is then written down,
// which keeps a worker of KCL 3.x from starting another migration. now is the
// wall clock.
func Join(ctx context.Context, store Fleet, worker string, preferred Mode, now time.Time) (Mode, error) {
	m, err := store.Migration(ctx)
	if err == nil || !errors.Is(err, ErrNotFound) || preferred == Mode2x {
		return modeOf(m, err, preferred)
	}
	next := Migration{Version: Version3x, ModifiedBy: worker, Modified: now}
	if err := store.SetMigration(ctx, nil, next); !errors.Is(err, ErrConflict) {
		return modeOf(next, err, preferred)
	}
	m, err = store.Migration(ctx) // another worker was faster
	return modeOf(m, err, preferred)
}

// modeOf returns what a row that was read, or written, says.
func modeOf(m Migration, err error, preferred Mode) (Mode, error) {
	switch {
	case errors.Is(err, ErrNotFound):
		return preferred, nil
	case err != nil:
		return preferred, fmt.Errorf("find out who assigns leases: %w", err)
	}
	return m.Mode(), nil
}
