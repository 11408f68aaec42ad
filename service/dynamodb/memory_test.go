package dynamodb

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/service/dynamodb/attr"
	"github.com/leat-io/leat/service/dynamodb/tables"
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

// TestManyValuesTakeRoom fills a server with items of values that weigh next to
// nothing, but are as large in memory as others.
func TestManyValuesTakeRoom(t *testing.T) {
	nothing := make([]attr.Value, 40_000)
	members := make([]string, len(nothing))
	fields := make(attr.Item, len(nothing))
	for i := range nothing {
		nothing[i] = &types.AttributeValueMemberM{Value: attr.Item{"": str("")}}
		members[i] = fmt.Sprint(i)
		fields[members[i]] = str("")
	}
	for name, v := range map[string]attr.Value{
		"list": &types.AttributeValueMemberL{Value: nothing}, "set": &types.AttributeValueMemberSS{Value: members},
		"numbers": &types.AttributeValueMemberNS{Value: members}, "map": &types.AttributeValueMemberM{Value: fields},
	} {
		r := newRig(t, Options{MaxBytes: 1 << 20})
		r.createTable("id")
		if err := r.call(&putIn{TableName: table, Item: attr.Item{"id": str("a"), "v": v}}); err != nil {
			t.Fatal(err)
		}
		must[*dynamodb.UpdateTableOutput](t)(r.UpdateTable(r.ctx, &dynamodb.UpdateTableInput{TableName: table,
			GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Delete: &types.DeleteGlobalSecondaryIndexAction{IndexName: aws.String("by")}}}}))
		if err := r.call(&putIn{TableName: table, Item: attr.Item{"id": str("b")}}); err == nil {
			t.Errorf("there is room beside a %s that takes megabytes: %+v", name, r.Figures())
		}
		restored := tables.New()
		if err := restored.Restore(bytes.NewReader(snapshot(r, r.state))); err != nil {
			t.Fatal(err)
		}
		if _, memory := restored.Memory(); memory != r.Figures().Bytes {
			t.Errorf("a restored %s takes %d bytes, before %d", name, memory, r.Figures().Bytes)
		}
	}
}

// TestRepeatedWriteWithoutRoom sends a transaction again, by its token, to a server
// that has no room any more: it is not carried out again, and so needs none.
func TestRepeatedWriteWithoutRoom(t *testing.T) {
	r := newRig(t, Options{MaxBytes: 1 << 10})
	r.createTable("id")
	in := &dynamodb.TransactWriteItemsInput{ClientRequestToken: aws.String("once"), TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: table, Item: attr.Item{"id": str("a"), "x": str(strings.Repeat("x", 1024))}}},
	}}
	large := attr.Item{"id": str("b"), "x": str(strings.Repeat("x", 1024))}
	for i, call := range []any{in, &deleteIn{TableName: table, Key: idA}, &putIn{TableName: table, Item: large}, in} {
		if err := r.call(call); err != nil {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if f := r.Figures(); f.Items != 1 || f.Refused != 0 {
		t.Errorf("figures %+v", f)
	}
}

// TestSmallGrowthEnds has an item grow by little again and again on a server that
// has no room: that ends. A lease can still be renewed.
func TestSmallGrowthEnds(t *testing.T) {
	const room = 64 << 10
	r := newRig(t, Options{MaxBytes: room})
	r.createTable("id")
	if err := r.call(&putIn{TableName: table, Item: attr.Item{"id": str("a"), "x": str(strings.Repeat("x", room)), "counter": num("98")}}); err != nil {
		t.Fatal(err)
	}
	set := func(size int) error {
		return r.call(&updateIn{TableName: table, Key: idA, UpdateExpression: aws.String("SET y = :v"), ExpressionAttributeValues: attr.Item{":v": str(strings.Repeat("y", size))}})
	}
	const step = 900
	steps := 1
	for ; steps < 100 && set(steps*step) == nil; steps++ {
	}
	if f := r.Figures(); steps < 10 || f.Bytes > room+room/reserve+smallGrowth {
		t.Errorf("it grew %d times: %+v", steps, f)
	}
	for range 3 {
		if err := r.call(&updateIn{TableName: table, Key: idA, AttributeUpdates: updates{"counter": add("1")}}); err != nil {
			t.Errorf("a renewal: %v", err)
		}
	}
}
