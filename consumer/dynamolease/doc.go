// Package dynamolease keeps leases in DynamoDB, in the table of the KCL for
// Java, so that workers written in Go and in Java can belong to one
// application (spec clients §3.1, §3.2, §3.11, §3.14).
//
// A new application has one table, as since KCL 3.5. Where the two further
// tables of KCL 3.0 to 3.4 exist they are used, until a worker of KCL 3.5 has
// moved their contents; a table of KCL 1.x or 2.x gets the index that it lacks.
// What is not understood of a row is left as it is.
//
// leat serves the part of DynamoDB that this takes, and is durable: in a
// program that runs leat, [InProcess] makes a lease store of the server's own
// service.
package dynamolease
