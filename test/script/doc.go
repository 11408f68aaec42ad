// Package script plays sessions of the command line against the real binary.
// Each file in testdata is one session, in the language of
// github.com/rogpeppe/go-internal/testscript with the commands of script_test.go.
package script
