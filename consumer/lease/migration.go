package lease

import "time"

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
