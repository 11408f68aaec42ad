package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/leat-io/leat"
	"github.com/leat-io/leat/internal/authority"
)

// newCA returns leat ca: the certificate that clients have to trust.
func newCA() *cobra.Command {
	var data string
	var memory, path bool
	cmd := &cobra.Command{
		Use:   "ca",
		Short: "Print the certificate of the authority behind TLS",
		Long: `Print, in PEM, the certificate of the authority that leat serve makes on its
first start for its endpoint with TLS. Clients that trust it can use any name
that leads to the server:

  leat ca > leat-ca.pem

  AWS CLI, boto3    export AWS_CA_BUNDLE=$PWD/leat-ca.pem
  Node              export NODE_EXTRA_CA_CERTS=$PWD/leat-ca.pem
  Go                export AWS_CA_BUNDLE=$PWD/leat-ca.pem    (or SSL_CERT_FILE)
  Java              keytool -importcert -noprompt -alias leat -file leat-ca.pem \
                      -storetype PKCS12 -storepass changeit -keystore leat-ca.p12
                    java -Djavax.net.ssl.trustStore=leat-ca.p12 \
                      -Djavax.net.ssl.trustStorePassword=changeit ...
  KPL               CaCertFile=leat-ca.pem, or setVerifyCertificate(false)
  curl              curl --cacert leat-ca.pem

These replace what a client trusts otherwise, for one process. There is no need
to trust the authority in the whole system, and better not: who has its key,
which lies beside the certificate, can be anybody to you.`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			folder := leat.TLSFolder(data)
			if memory {
				folder = userTLSFolder()
			}
			text, err := authority.Read(folder)
			if errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("no authority in %s: leat serve makes one on its first start", folder)
			}
			if err != nil {
				return err
			}
			if path {
				text = []byte(absolute(authority.Path(folder)) + "\n")
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	d := leat.Config{}.WithDefaults()
	cmd.Flags().StringVar(&data, "data", "./"+d.Data, "folder of all data of the server")
	cmd.Flags().BoolVar(&memory, "memory-server", false, "the authority of servers with --durability memory, which is this user's")
	cmd.Flags().BoolVar(&path, "path", false, "print where the file is instead")
	return cmd
}
