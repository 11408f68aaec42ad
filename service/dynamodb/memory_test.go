package dynamodb

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/attr"
)

// TestNoRoom fills a server, which then takes no more items, but lets leases be
// renewed, and takes items again when others have gone.
func TestNoRoom(t *testing.T) {
	r := newRig(t, Options{MaxBytes: 1 << 20})
	r.createTable("id")
	item := func(n int) attr.Item {
		return attr.Item{"id": str(fmt.Sprint(n)), "x": str(strings.Repeat("x", 60_000)), "counter": num("99")}
	}
	full := func(err error) bool {
		var e *api.Error
		return errors.As(err, &e) && e.Code == "ThrottlingException" && strings.Contains(e.Message, "1 MiB") && strings.Contains(e.Message, "--memory")
	}
	items := 0
	for ; items < 100; items++ {
		if err := r.call(&putIn{TableName: table, Item: item(items)}); full(err) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	f := r.Figures()
	if f.Items != int64(items) || f.Bytes < 1<<20 || f.Bytes > 1<<20+64<<10 || f.Refused != 1 {
		t.Fatalf("full with %d items: %+v", items, f)
	}

	update := func(expression string, value attr.Value) error {
		return r.call(&updateIn{TableName: table, Key: attr.Item{"id": str("0")}, UpdateExpression: &expression,
			ConditionExpression: aws.String("attribute_exists(id)"), ExpressionAttributeValues: attr.Item{":v": value}})
	}
	put := types.TransactWriteItem{Put: &types.Put{TableName: table, Item: item(200)}}
	for name, c := range map[string]struct {
		err  error
		full bool
	}{
		"renewal":     {update("SET hits = :v", num("100")), false},
		"growth":      {update("SET y = :v", str(strings.Repeat("y", 2000))), true},
		"replacement": {r.call(&putIn{TableName: table, Item: item(1)}), false},
		"new item":    {r.call(&updateIn{TableName: table, Key: attr.Item{"id": str("201")}}), true},
		"batch": {r.call(&dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{
			"t": {{PutRequest: &types.PutRequest{Item: item(2)}}, {PutRequest: &types.PutRequest{Item: item(202)}}}}}), true},
		"transaction": {r.call(&dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{put}}), true},
	} {
		if full(c.err) != c.full || !c.full && c.err != nil {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	wantError(t, r.call(&putIn{TableName: table, Item: item(0), ConditionExpression: aws.String("attribute_not_exists(id)")}),
		"ConditionalCheckFailedException", "The conditional request failed")
	if f := r.Figures(); f.Items != int64(items) || f.Refused != 5 {
		t.Errorf("%d items, figures %+v", items, f)
	}
	if err := r.call(&deleteIn{TableName: table, Key: attr.Item{"id": str("1")}}); err != nil {
		t.Error(err)
	}
	if err := r.call(&putIn{TableName: table, Item: item(300)}); err != nil {
		t.Errorf("after a deletion: %v", err)
	}
	r.checkReplay()
}
