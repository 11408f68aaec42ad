package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/leat-io/leat"
	"github.com/leat-io/leat/internal/vfs"
	"github.com/leat-io/leat/storage"
	"github.com/leat-io/leat/storage/disklog"
)

// newServe returns leat serve: the server, until a signal or a failure.
func newServe() *cobra.Command {
	var c leat.Config
	durability, limits := durabilityFlag{config: &c}, limitsFlag{&c.Limits}
	var memory sizeFlag
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve Kinesis Data Streams",
		Long: `Serve Kinesis Data Streams until SIGTERM or SIGINT.

Exit codes: 0 stopped by a signal, 1 failed, 2 wrong usage, 4 another process
has the data folder, 5 the data is damaged (leat fsck tells more), 6 no space
left on the disk.`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.MemoryBytes = int64(memory)
			if cmd.Flags().Changed("state-delay") && c.StateDelay == 0 {
				c.StateDelay = -1 // none, also where the limits would bring one
			}
			settleTLS(cmd.Flags(), &c)
			if err := c.Validate(); err != nil {
				return usageError{err}
			}
			if c.Clock != nil && !c.Admin {
				return usagef("--clock manual needs --admin: it is advanced through the admin endpoint alone")
			}
			return serve(cmd.Context(), c, cmd.ErrOrStderr())
		},
	}
	d := leat.Config{}.WithDefaults()
	flags := cmd.Flags()
	flags.StringVar(&c.Listen, "listen", d.Listen, "address to serve; port 0 picks a free one")
	addTLSFlags(flags, &c)
	flags.StringVar(&c.Data, "data", "./"+d.Data, "folder of all data")
	flags.Var(&durability, "durability", "always: acknowledged is on the disk; interval=MS: synced every MS milliseconds; memory: writes no file at all")
	flags.Var(limits, "limits", "off: only what shapes the data; aws: every quota and rate of AWS")
	flags.DurationVar(&c.StateDelay, "state-delay", 0, "how long a stream stays CREATING, UPDATING or DELETING; 500ms with --limits aws unless given")
	flags.StringVar(&c.Credentials, "credentials", "", "JSON file of access keys; without it any signature is accepted")
	flags.StringVar(&c.KeyRing, "key-ring", "", "JSON file with the master keys of encrypted streams; made when there is none")
	flags.StringVar(&c.KMSEndpoint, "kms-endpoint", "", "URL of an AWS KMS that has the master keys instead of a key ring")
	flags.StringVar(&c.Account, "account", d.Account, "account of callers whose access key is not 12 digits")
	flags.StringVar(&c.Region, "region", d.Region, "region of requests that name none")
	flags.Var(&memory, "memory", "bound on the records in memory, such as 512MiB; 256MiB, or a quarter of the machine's or the container's when that is less")
	flags.Var(faultFlag{&c.Faults}, "fault", "let calls fail on purpose, such as PutRecords:throttle:p=0.1,stream=orders,seed=7; may be given often")
	flags.BoolVar(&c.Admin, "admin", false, "serve /_leat/ to programs on this machine: a test's way to the clock and to faults")
	flags.Var(clockFlag{&c}, "clock", "machine, or manual: runs along with the machine's and is advanced through --admin, for tests")
	return cmd
}

// serve runs a server until ctx ends or the server fails.
func serve(ctx context.Context, c leat.Config, words io.Writer) error {
	c.Logger = slog.New(slog.NewTextHandler(words, nil))
	srv, err := leat.Open(ctx, c)
	if err != nil {
		return serveError(c, err)
	}
	welcome(words, srv)
	select {
	case <-ctx.Done():
		c.Logger.Info("stopping")
	case <-srv.Done():
	}
	err = errors.Join(srv.Err(), srv.Close())
	if err != nil {
		return serveError(c, err)
	}
	c.Logger.Info("stopped")
	return nil
}

// welcome says where the server is and how to use it.
func welcome(words io.Writer, srv *leat.Server) {
	c := srv.Config()
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-11s %s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(&b, "leat %s serves Kinesis Data Streams\n", versionText())
	row("endpoint", "%s", srv.URL())
	if srv.TLSURL() != "" {
		row("with TLS", "%s%s", srv.TLSURL(), trustText(srv))
	}
	switch c.Durability {
	case leat.DurabilityMemory:
		row("data", "in memory, gone when the server stops")
	default:
		row("data", "%s", absolute(c.Data))
	}
	row("durability", "%s", durabilityText(c))
	row("limits", "%s", limitsFlag{&c.Limits})
	if len(c.Faults) > 0 {
		row("faults", "%s", strings.Join(c.Faults, " "))
	}
	if c.Admin {
		row("admin", "%s/_leat/ from this machine alone, clock %s", srv.URL(), clockFlag{&c})
	}
	if c.KeyRing != "" {
		row("key ring", "%s", absolute(c.KeyRing))
	}
	if c.KMSEndpoint != "" {
		row("KMS", "%s", c.KMSEndpoint)
	}
	keyID, secret := "leat", "leat"
	if c.Credentials != "" {
		row("credentials", "%s", absolute(c.Credentials))
		keyID, secret = "...", "..."
	}
	fmt.Fprintf(&b, `
For an AWS SDK or the AWS CLI, in another shell:
  export AWS_ENDPOINT_URL=%[1]s AWS_REGION=%[2]s AWS_DEFAULT_REGION=%[2]s
  export AWS_ACCESS_KEY_ID=%[3]s AWS_SECRET_ACCESS_KEY=%[4]s
`, srv.URL(), c.Region, keyID, secret)
	if srv.URL() != defaultEndpoint {
		fmt.Fprintf(&b, "For leat's own commands:\n  export LEAT_ENDPOINT=%s\n", srv.URL())
	}
	fmt.Fprintln(&b)
	io.WriteString(words, b.String())
}

func durabilityText(c leat.Config) string {
	switch c.Durability {
	case leat.DurabilityInterval:
		return fmt.Sprintf("interval: synced every %v, until then safe from a crash of the process alone", c.SyncInterval)
	case leat.DurabilityMemory:
		return "memory"
	}
	return "always: what is acknowledged is on the disk"
}

// absolute returns path as people find it from elsewhere.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// serveError gives err the exit code that serve promises for it, and says what
// to do.
func serveError(c leat.Config, err error) error {
	var damaged *storage.CorruptError
	switch {
	case errors.Is(err, disklog.ErrLocked):
		return exitError{fmt.Errorf("%w: stop the other leat, or give another folder with --data", err), exitInUse}
	case errors.As(err, &damaged):
		return exitError{fmt.Errorf("%w: nothing was changed; \"leat fsck %s\" says where and what to do", err, c.Data), exitDamaged}
	case errors.Is(err, vfs.ErrNoSpace), errors.Is(err, syscall.ENOSPC):
		return exitError{fmt.Errorf("%w: make room and start again; nothing that was acknowledged is lost", err), exitFull}
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%w: another server has this port; give another address with --listen or --tls-listen", err)
	}
	return err
}
