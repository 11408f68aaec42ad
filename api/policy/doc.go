// Package policy reads and judges IAM policies: the documents that say who may
// do what with which resource (spec data-streams §6). They are pure values;
// where they come from, and what a call is about, others know.
//
// The grammar is that of AWS's IAM User Guide, read strictly: an element, an
// operator or a principal that is not understood is an error and never left
// out, since a condition that is left out opens what it was to close.
//
// This package's API may change.
package policy
