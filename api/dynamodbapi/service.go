// Package dynamodbapi is the table of the part of the DynamoDB API that this
// server has: what its model says and the AWS SDK's types do not.
//
// This package's API may change.
package dynamodbapi

import (
	"slices"

	"github.com/leat-io/leat/api"
)

// Service is the table of DynamoDB, API version 2012-08-10: the operations that
// clients of Kinesis need (spec clients §3.11, §7).
var Service = &api.Service{
	SigningName:  "dynamodb",
	TargetPrefix: "DynamoDB_20120810",
	JSON10:       true,
	JSONOnly:     true,
	Namespace:    "com.amazonaws.dynamodb.v20120810",
	Operations:   index(slices.Concat(tableOperations, itemOperations, settingOperations)),
	Unshaped:     others,
}

// others are the operations that are refused by name.
var others = func() map[string]bool {
	names := make(map[string]bool)
	for _, name := range []string{
		"BatchExecuteStatement", "CancelBulkOperation", "CreateBackup", "CreateGlobalTable", "DeleteBackup", "DeleteResourcePolicy",
		"DescribeBackup", "DescribeBulkOperation", "DescribeContributorInsights", "DescribeEndpoints", "DescribeExport",
		"DescribeGlobalTable", "DescribeGlobalTableSettings", "DescribeImport",
		"DescribeKinesisStreamingDestination", "DescribeLimits", "DescribeTableReplicaAutoScaling",
		"DisableKinesisStreamingDestination", "EnableKinesisStreamingDestination", "ExecuteStatement",
		"ExecuteTransaction", "ExportTableToPointInTime", "GetResourcePolicy", "ImportTable", "ListBackups", "ListBulkOperations",
		"ListContributorInsights", "ListExports", "ListGlobalTables", "ListImports", "PutResourcePolicy",
		"RestoreTableFromBackup", "RestoreTableToPointInTime", "SearchVectors", "StartBulkPutItems", "UpdateContributorInsights",
		"UpdateGlobalTable", "UpdateGlobalTableSettings", "UpdateKinesisStreamingDestination",
		"UpdateTableReplicaAutoScaling",
	} {
		names[name] = true
	}
	return names
}()

func index(operations []*api.Operation) map[string]*api.Operation {
	m := make(map[string]*api.Operation, len(operations))
	for _, o := range operations {
		m[o.Name] = o
	}
	return m
}

// operation is an operation with the members of its input, in the order of the
// model.
func operation(name string, errors []string, members ...api.Member) *api.Operation {
	return &api.Operation{Name: name, Input: api.NewStructure(members...), Errors: errors}
}

func optional(name string, s api.Shape) api.Member { return api.Member{Name: name, Shape: s} }

func required(name string, s api.Shape) api.Member {
	s.Required = true
	return api.Member{Name: name, Shape: s}
}

// unserved are members that this server has not what is for.
func unserved(names ...string) []api.Member {
	members := make([]api.Member, len(names))
	for i, name := range names {
		members[i] = api.Member{Name: name, Shape: api.Shape{Unserved: true}}
	}
	return members
}

// with appends members to others.
func with(members []api.Member, more ...api.Member) []api.Member {
	return append(members, more...)
}
