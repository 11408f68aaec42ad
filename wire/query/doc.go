// Package query reads and writes AWS Query, in which a request is a form and an
// answer is XML.
//
// A structure's member is named Outer.Inner, an element of a list
// List.member.N with N from 1, and of a map Map.entry.N.key and .value.
//
// This package's API may change.
package query
