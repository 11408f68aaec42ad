package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Every flag has an environment twin: --state-delay is LEAT_STATE_DELAY. A
// flag that is given wins over its twin.

// twin returns the name of the environment variable that stands for a flag.
func twin(flag string) string {
	return "LEAT_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// applyEnvironment sets each flag of cmd that was not given and whose twin is
// in the environment.
func applyEnvironment(cmd *cobra.Command) error {
	var first error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || f.Name == "help" || first != nil {
			return
		}
		value, ok := os.LookupEnv(twin(f.Name))
		if !ok {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			first = usageError{fmt.Errorf("%s=%q in the environment: %w", twin(f.Name), value, err)}
		}
	})
	return first
}

// nameEnvironment adds to the help of each flag the name of its twin.
func nameEnvironment(cmd *cobra.Command) {
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		f.Usage += " [$" + twin(f.Name) + "]"
	})
	for _, c := range cmd.Commands() {
		nameEnvironment(c)
	}
}
