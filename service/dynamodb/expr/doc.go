// Package expr reads, evaluates and carries out the expressions of DynamoDB:
// conditions, filters, key conditions, projections and updates, and their
// predecessors, the legacy parameters, which become the same trees.
//
// A tree travels in commands as it is, so that a replay needs no parser.
//
// This package's API may change.
package expr
