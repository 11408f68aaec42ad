package main

import (
	"net"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/leat-io/leat"
	"github.com/leat-io/leat/internal/authority"
)

// defaultTLSListen is where TLS is served unless it is said otherwise.
const defaultTLSListen = "127.0.0.1:4568"

// addTLSFlags gives leat serve the flags of TLS.
func addTLSFlags(flags *pflag.FlagSet, c *leat.Config) {
	flags.StringVar(&c.TLSListen, "tls-listen", defaultTLSListen, "address to serve with TLS; a free one where --listen has port 0; empty for none")
	flags.StringVar(&c.TLSCert, "tls-cert", "", "file of PEM with a certificate; without it one is made: see leat ca")
	flags.StringVar(&c.TLSKey, "tls-key", "", "file of PEM with the key of --tls-cert")
}

// settleTLS fills in what depends on other flags. An address nobody asked for
// must not be in the way of anything: a second server on the machine goes
// without TLS.
func settleTLS(flags *pflag.FlagSet, c *leat.Config) {
	if !flags.Changed("tls-listen") {
		c.TLSOptional = true
		if host, port, err := net.SplitHostPort(c.Listen); err == nil && port == "0" {
			c.TLSListen = net.JoinHostPort(host, port)
		}
	}
	if c.Durability == leat.DurabilityMemory {
		c.TLSFolder = userTLSFolder()
	}
}

// userTLSFolder returns the folder of the authority of servers that keep no
// data, "" when this user has no place for it.
func userTLSFolder() string {
	folder, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(folder, "leat", "tls")
}

// trustText says what clients of TLS have to trust.
func trustText(srv *leat.Server) string {
	c := srv.Config()
	switch {
	case srv.Authority() == nil:
		return ", certificate " + absolute(c.TLSCert)
	case c.TLSFolder != "":
		return ", authority " + absolute(authority.Path(c.TLSFolder))
	}
	return ", authority gone when the server stops"
}
