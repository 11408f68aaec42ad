package leat

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-io/leat/internal/clock"
	"github.com/leat-io/leat/internal/vfs"
)

// Config says how a Server behaves. The zero value is ready to use: a durable
// server in the folder leat-data, on loopback, that holds nobody to AWS's
// quotas.
type Config struct {
	// Listen is the TCP address of everything; port 0 picks a free one.
	// Default "127.0.0.1:4567".
	Listen string
	// TLSListen is the TCP address of the same with TLS; port 0 picks a free
	// one. Empty is none.
	TLSListen string
	// TLSOptional makes a TLSListen that is in use a warning instead of an
	// error.
	TLSOptional bool
	// TLSCert and TLSKey are files of PEM with a certificate for TLSListen and
	// its key, read again when they change. Without them the certificate is
	// issued by an authority that the server makes: see Server.Authority.
	TLSCert, TLSKey string
	// TLSFolder is where that authority is kept. Default TLSFolder(Data); with
	// DurabilityMemory it is kept nowhere, and is another at each start, and so
	// it is where a folder that was given cannot be made or read.
	TLSFolder string
	// Data is the folder that holds all data. Default "leat-data". It is not
	// touched with DurabilityMemory.
	Data string
	// Durability says when a record is safe. Default DurabilityAlways.
	Durability Durability
	// SyncInterval is the time between two syncs with DurabilityInterval, and
	// must be 0 otherwise.
	SyncInterval time.Duration
	// MemoryBytes bounds the records kept in memory. Default 256 MiB, or a
	// quarter of the memory that the process may have when that is less: the
	// machine's, its control group's or GOMEMLIMIT. With DurabilityMemory, where
	// nothing is anywhere else, 1 GiB. It bounds the items of DynamoDB's tables
	// besides, by itself, and those by 256 MiB unless it is set.
	MemoryBytes int64

	// Limits says what streams and callers are held to. Default LimitsOff. A
	// stream's tag leat:limits, with the value off or aws, decides for it alone.
	Limits Limits
	// StateDelay is how long a stream stays CREATING, UPDATING or DELETING.
	// Default 0, and 500 ms with LimitsAWS; negative is 0 with those too.
	StateDelay time.Duration

	// Credentials is a file of access keys, described in docs/guide/security.md.
	// With one, every request's signature is verified. Without, any
	// well-formed signature is accepted, and the account is the access key
	// when it has 12 digits.
	Credentials string
	// Account and Region are a caller's where the signature tells none.
	// Defaults "000000000000" and "us-east-1".
	Account string
	Region  string

	// KeyRing is a file with the master keys of encrypted streams, described in
	// docs/guide/encryption.md. It is made when there is none. Without it no
	// stream can be encrypted, but with DurabilityMemory, where a key is drawn
	// that ends with the server.
	KeyRing string
	// KMSEndpoint is the URL of an AWS KMS that has the master keys instead. It is
	// called with the credentials of the process's usual AWS configuration.
	KMSEndpoint string

	// Clock tells the time; nil is the machine's. A clock that is moved by
	// hand is trusted when it jumps: what is past retention then goes at once.
	Clock clock.Clock
	// Logger is told what an operator can act on; nil discards it.
	Logger *slog.Logger
	// Admin serves the endpoint of docs/guide/faults.md under /_leat/, to
	// connections from loopback alone.
	Admin bool
	// Registry, when not nil, has the server's figures as long as it is open,
	// and is what /metrics shows. Nil is one of the server's own, with the
	// figures of Go's runtime and of the process. It has room for one server.
	Registry *prometheus.Registry
	// Faults are which calls fail on purpose, each as docs/guide/faults.md
	// describes it, such as "PutRecords:throttle:p=0.1,seed=7".
	Faults []string

	fs vfs.FS // of the data folder; nil is the machine's. For this package's tests.
}

// Durability says when a record is safe from a crash.
type Durability int

const (
	// DurabilityAlways acknowledges a record once it is on the disk. It
	// survives a crash of the process and of the machine.
	DurabilityAlways Durability = iota
	// DurabilityInterval acknowledges a record once it is written and syncs
	// every SyncInterval. A crash of the machine loses what came since then, a
	// crash of the process loses nothing.
	DurabilityInterval
	// DurabilityMemory writes no file at all. Close loses everything.
	DurabilityMemory
)

// Limits is a profile of quotas and rates.
type Limits int

const (
	// LimitsOff lifts what protects AWS's machines: throughput, call rates, how
	// many streams and shards there may be. What shapes the data stays.
	LimitsOff Limits = iota
	// LimitsAWS enforces every quota and rate as AWS does.
	LimitsAWS
)

const (
	defaultListen   = "127.0.0.1:4567"
	defaultData     = "leat-data"
	defaultAccount  = "000000000000"
	defaultRegion   = "us-east-1"
	awsStateDelay   = 500 * time.Millisecond
	maxStateDelay   = time.Hour
	maxSyncInterval = time.Minute
)

// Validate reports everything that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.TLSListen != "" && !isAddress(c.TLSListen) {
		wrong("TLS listen address %q is not HOST:PORT", c.TLSListen)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		wrong("a TLS certificate and its key need each other")
	}
	if c.Listen != "" && !isAddress(c.Listen) {
		wrong("listen address %q is not HOST:PORT", c.Listen)
	}
	if c.Durability < DurabilityAlways || c.Durability > DurabilityMemory {
		wrong("durability %d is unknown", c.Durability)
	}
	switch interval := c.Durability == DurabilityInterval; {
	case interval && (c.SyncInterval <= 0 || c.SyncInterval > maxSyncInterval):
		wrong("sync interval is %v, not above 0 and at most %v", c.SyncInterval, maxSyncInterval)
	case !interval && c.SyncInterval != 0:
		wrong("a sync interval is only for durability interval")
	}
	if c.MemoryBytes < 0 {
		wrong("memory is %d bytes, below 0", c.MemoryBytes)
	}
	if c.Limits != LimitsOff && c.Limits != LimitsAWS {
		wrong("limits %d are unknown", c.Limits)
	}
	if c.StateDelay > maxStateDelay {
		wrong("state delay is %v, above %v", c.StateDelay, maxStateDelay)
	}
	if c.Account != "" && !isAccount(c.Account) {
		wrong("account %q is not 12 digits", c.Account)
	}
	if err := c.checkKeys(); err != nil {
		errs = append(errs, err)
	}
	if _, err := c.faultRules(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// isAddress reports whether s has the form of an address. Whether there is such
// a host shows when it is bound.
func isAddress(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	return err == nil
}

func isAccount(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(s) == 12
}

// WithDefaults returns c with every zero field that has a default filled in, as
// Open does.
func (c Config) WithDefaults() Config {
	if c.Listen == "" {
		c.Listen = defaultListen
	}
	if c.Data == "" {
		c.Data = defaultData
	}
	if c.Account == "" {
		c.Account = defaultAccount
	}
	if c.Region == "" {
		c.Region = defaultRegion
	}
	if c.StateDelay == 0 && c.Limits == LimitsAWS {
		c.StateDelay = awsStateDelay
	}
	c.StateDelay = max(c.StateDelay, 0)
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}
