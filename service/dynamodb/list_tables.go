package dynamodb

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/tables"
)

// maxNames is how many names ListTables returns unless it is asked for fewer.
const maxNames = 100

// ListTables returns the names of the caller's tables in the region, sorted, a
// page at a time.
func (s *Service) ListTables(ctx context.Context, in *dynamodb.ListTablesInput) (*dynamodb.ListTablesOutput, error) {
	caller := api.CallerOf(ctx)
	names := s.tables.Names(tables.Owner{Account: caller.Account, Region: caller.Region}, s.nowMillis())
	if after := aws.ToString(in.ExclusiveStartTableName); after != "" {
		i, found := slices.BinarySearch(names, after)
		if found {
			i++
		}
		names = names[i:]
	}
	out := &dynamodb.ListTablesOutput{TableNames: []string{}}
	limit := maxNames
	if in.Limit != nil {
		limit = int(*in.Limit)
	}
	if len(names) > limit {
		names = names[:limit]
		out.LastEvaluatedTableName = aws.String(names[limit-1])
	}
	out.TableNames = append(out.TableNames, names...)
	return out, nil
}
