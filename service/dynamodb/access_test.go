package dynamodb

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
)

// TestAccess checks, for every operation, what it is about: each action, where
// it is not the operation's own, and resource.
func TestAccess(t *testing.T) {
	r := newRig(t, Options{})
	const arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/"
	const far = "arn:aws:dynamodb:us-east-1:444455556666:table/x"
	keys := types.KeysAndAttributes{}
	for _, c := range []struct {
		in   any
		want string
	}{
		{&dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"t": keys, far: keys}}, "BatchGetItem " + far + ", BatchGetItem " + arn + "t"},
		{&dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"t": nil, "u": nil}}, "BatchWriteItem " + arn + "t, BatchWriteItem " + arn + "u"},
		{&dynamodb.CreateTableInput{TableName: table}, " " + arn + "t"},
		{&dynamodb.CreateTableInput{TableName: table, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}, " " + arn + "t and TagResource with map[k:v]"},
		{&dynamodb.DeleteItemInput{TableName: table}, " " + arn + "t"},
		{&dynamodb.DeleteTableInput{TableName: table}, " " + arn + "t"},
		{&dynamodb.DescribeContinuousBackupsInput{TableName: table}, " " + arn + "t"},
		{&dynamodb.DescribeTableInput{TableName: aws.String(far)}, " " + far},
		{&dynamodb.DescribeTimeToLiveInput{TableName: table}, " " + arn + "t"},
		{&dynamodb.GetItemInput{TableName: table}, " " + arn + "t"},
		{&dynamodb.ListTablesInput{}, " *"},
		{&dynamodb.ListTagsOfResourceInput{ResourceArn: aws.String(arn + "t")}, " " + arn + "t"},
		{&dynamodb.PutItemInput{TableName: table}, " " + arn + "t"},
		{&dynamodb.QueryInput{TableName: table}, " " + arn + "t"},
		{&dynamodb.QueryInput{TableName: table, IndexName: aws.String("i")}, " " + arn + "t/index/i"},
		{&dynamodb.ScanInput{TableName: table, IndexName: aws.String("i")}, " " + arn + "t/index/i"},
		{&dynamodb.TagResourceInput{ResourceArn: aws.String(arn + "t"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}, " " + arn + "t with map[k:v]"},
		{&dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{{Get: &types.Get{TableName: table}}}}, "GetItem " + arn + "t"},
		{&dynamodb.TransactGetItemsInput{}, " *"},
		{&dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{TableName: table}}, {Delete: &types.Delete{TableName: table}},
			{Update: &types.Update{TableName: table}}, {ConditionCheck: &types.ConditionCheck{TableName: aws.String("u")}},
		}}, "PutItem " + arn + "t, DeleteItem " + arn + "t, UpdateItem " + arn + "t, ConditionCheckItem " + arn + "u"},
		{&dynamodb.UntagResourceInput{ResourceArn: aws.String(arn + "t"), TagKeys: []string{"k"}}, " " + arn + "t without [k]"},
		{&dynamodb.UpdateContinuousBackupsInput{TableName: table}, " " + arn + "t"},
		{&dynamodb.UpdateItemInput{TableName: table}, " " + arn + "t"},
		{&dynamodb.UpdateTableInput{TableName: table}, " " + arn + "t"},
		{&dynamodb.UpdateTimeToLiveInput{TableName: table}, " " + arn + "t"},
	} {
		operation := strings.TrimSuffix(reflect.TypeOf(c.in).Elem().Name(), "Input")
		if got := describeAccess(r.Access(r.ctx, operation, c.in)); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", operation, got, c.want)
		}
	}
}

// describeAccess returns what a test says of an access.
func describeAccess(a api.Access) string {
	text := a.Action + " " + a.Resource
	if a.Also != "" {
		text += " and " + a.Also
	}
	if a.RequestTags != nil {
		text += fmt.Sprint(" with ", a.RequestTags)
	}
	if a.TagKeys != nil {
		text += fmt.Sprint(" without ", a.TagKeys)
	}
	for _, other := range a.Others {
		text += ", " + describeAccess(other)
	}
	return text
}
