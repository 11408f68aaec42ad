package dynamodb

import (
	"context"
	"maps"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/tables"
)

// Access returns what a call of the operation is about: a table, an index that
// is read, or for the calls for many items each of the tables. Transactions need
// no right of their own, but those of what is in them.
func (s *Service) Access(ctx context.Context, operation string, input any) api.Access {
	caller := api.CallerOf(ctx)
	switch in := input.(type) {
	case *dynamodb.ListTablesInput:
		return api.Access{Resource: "*", Account: caller.Account}
	case *dynamodb.BatchGetItemInput:
		return together(caller, s.accessToAll(ctx, "BatchGetItem", slices.Sorted(maps.Keys(in.RequestItems))))
	case *dynamodb.BatchWriteItemInput:
		return together(caller, s.accessToAll(ctx, "BatchWriteItem", slices.Sorted(maps.Keys(in.RequestItems))))
	case *dynamodb.TransactGetItemsInput:
		var all []api.Access
		for _, element := range in.TransactItems {
			if element.Get != nil {
				all = append(all, s.accessTo(ctx, "GetItem", element.Get.TableName))
			}
		}
		return together(caller, all)
	case *dynamodb.TransactWriteItemsInput:
		return together(caller, s.accessToWrites(ctx, in.TransactItems))
	}
	a := s.accessTo(ctx, "", nameIn(input))
	switch in := input.(type) {
	case *dynamodb.CreateTableInput:
		if a.RequestTags, _ = tagsOf(in.Tags); a.RequestTags != nil {
			a.Also = "TagResource"
		}
	case *dynamodb.TagResourceInput:
		a.RequestTags, _ = tagsOf(in.Tags)
	case *dynamodb.UntagResourceInput:
		a.TagKeys = in.TagKeys
	case *dynamodb.QueryInput:
		a.Resource = indexARN(a.Resource, in.IndexName)
	case *dynamodb.ScanInput:
		a.Resource = indexARN(a.Resource, in.IndexName)
	}
	return a
}

// nameIn returns the name or ARN of the table in an input.
func nameIn(input any) *string {
	members := reflect.ValueOf(input).Elem()
	for _, name := range []string{"TableName", "ResourceArn"} {
		if member := members.FieldByName(name); member.IsValid() {
			table, _ := reflect.TypeAssert[*string](member)
			return table
		}
	}
	return nil
}

func indexARN(table string, index *string) string {
	if index == nil {
		return table
	}
	return table + "/index/" + *index
}

// together is access to all of what it is given, or to nothing.
func together(caller api.Caller, all []api.Access) api.Access {
	if len(all) == 0 {
		return api.Access{Resource: "*", Account: caller.Account}
	}
	whole := all[0]
	whole.Others = all[1:]
	return whole
}

func (s *Service) accessToAll(ctx context.Context, action string, names []string) (all []api.Access) {
	for _, name := range names {
		all = append(all, s.accessTo(ctx, action, aws.String(name)))
	}
	return all
}

func (s *Service) accessToWrites(ctx context.Context, items []types.TransactWriteItem) (all []api.Access) {
	for i := range items {
		a, err := action(&items[i])
		if err != nil {
			continue // which the operation refuses
		}
		name := map[tables.OpKind]string{
			tables.Check: "ConditionCheckItem", tables.Delete: "DeleteItem", tables.Put: "PutItem", tables.Update: "UpdateItem",
		}[a.kind]
		all = append(all, s.accessTo(ctx, name, a.table))
	}
	return all
}

// accessTo is access to the table with a name or an ARN, whether or not it
// exists, for an action, or the operation's own when that is empty.
func (s *Service) accessTo(ctx context.Context, action string, table *string) api.Access {
	caller := api.CallerOf(ctx)
	ref, rest, ok := parseARN(aws.ToString(table))
	if !ok || rest != "" {
		ref = tables.Ref{Owner: tables.Owner{Account: caller.Account, Region: caller.Region}, Name: aws.ToString(table)}
	}
	a := api.Access{Resource: ref.ARN(), Account: ref.Account, Action: action}
	if t, ok := s.tables.Table(ref, s.nowMillis()); ok {
		a.Tags = t.Tags
	}
	return a
}
