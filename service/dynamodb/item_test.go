package dynamodb

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// TestReturnValues checks what an update returns.
func TestReturnValues(t *testing.T) {
	r := newRig(t, Options{})
	r.createTable("id")
	for wanted, want := range map[types.ReturnValue]attr.Item{
		types.ReturnValueNone:       nil,
		types.ReturnValueAllOld:     {"id": str("a"), "n": num("1"), "x": str("old")},
		types.ReturnValueAllNew:     {"id": str("a"), "n": num("2"), "y": str("new"), "m": &types.AttributeValueMemberM{Value: attr.Item{"k": str("new")}}},
		types.ReturnValueUpdatedOld: {"n": num("1"), "x": str("old")},
		types.ReturnValueUpdatedNew: {"n": num("2"), "y": str("new"), "m": &types.AttributeValueMemberM{Value: attr.Item{"k": str("new")}}},
	} {
		item := attr.Item{"id": str("a"), "n": num("1"), "x": str("old")}
		must[*dynamodb.PutItemOutput](t)(r.PutItem(r.ctx, &putIn{TableName: table, Item: item}))
		out := must[*dynamodb.UpdateItemOutput](t)(r.UpdateItem(r.ctx, &updateIn{
			TableName: table, Key: idA, ReturnValues: wanted,
			UpdateExpression:          aws.String("ADD n :one SET y = :new, m = :m REMOVE x"),
			ExpressionAttributeValues: attr.Item{":one": num("1"), ":new": str("new"), ":m": &types.AttributeValueMemberM{Value: attr.Item{"k": str("new")}}},
		}))
		if !attr.EqualItems(out.Attributes, want) {
			t.Errorf("%s: %v", wanted, out.Attributes)
		}
	}
}

// TestUpdateNests checks that an update cannot make an item that could not be
// put, by putting a map into itself again and again.
func TestUpdateNests(t *testing.T) {
	r := newRig(t, Options{})
	r.createTable("id")
	must[*dynamodb.PutItemOutput](t)(r.PutItem(r.ctx, &putIn{TableName: table, Item: attr.Item{"id": str("a"), "m": &types.AttributeValueMemberM{}}}))
	deeper := &updateIn{TableName: table, Key: idA, UpdateExpression: aws.String("SET m.m = m")}
	for range 32 {
		must[*dynamodb.UpdateItemOutput](t)(r.UpdateItem(r.ctx, deeper))
	}
	wantError(t, r.call(deeper), "ValidationException",
		"Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit")
	item := must[*dynamodb.GetItemOutput](t)(r.GetItem(r.ctx, &dynamodb.GetItemInput{TableName: table, Key: idA})).Item
	if _, refused := attr.CheckItem(item); refused != nil {
		t.Errorf("the item cannot be put: %v", refused)
	}
	r.checkReplay()
}

// TestLegacyUpdates checks what AttributeUpdates do that expressions do not.
func TestLegacyUpdates(t *testing.T) {
	r := newRig(t, Options{})
	r.createTable("id")
	update := func(name string, action types.AttributeAction, v attr.Value) attr.Item {
		t.Helper()
		return must[*dynamodb.UpdateItemOutput](t)(r.UpdateItem(r.ctx, &updateIn{
			TableName: table, Key: idA, ReturnValues: types.ReturnValueAllNew,
			AttributeUpdates: map[string]types.AttributeValueUpdate{name: {Action: action, Value: v}},
		})).Attributes
	}
	if item := update("x", types.AttributeActionDelete, nil); item != nil {
		t.Errorf("deleting what is not there makes an item: %v", item)
	}
	list := func(vs ...attr.Value) attr.Value { return &types.AttributeValueMemberL{Value: vs} }
	set := func(texts ...string) attr.Value { return &types.AttributeValueMemberSS{Value: texts} }
	update("n", types.AttributeActionAdd, num("5"))
	update("n", types.AttributeActionAdd, num("-7"))
	update("l", types.AttributeActionAdd, list(str("a")))
	update("l", types.AttributeActionAdd, list(str("b")))
	update("s", "", set("a", "b", "c"))
	item := update("s", types.AttributeActionDelete, set("b", "d"))
	if want := (attr.Item{"id": str("a"), "n": num("-2"), "l": list(str("a"), str("b")), "s": set("a", "c")}); !attr.EqualItems(item, want) {
		t.Errorf("got %v", item)
	}
	wantError(t, r.call(&updateIn{TableName: table, Key: idA, AttributeUpdates: map[string]types.AttributeValueUpdate{
		"l": {Action: types.AttributeActionAdd, Value: num("1")},
	}}), "ValidationException", "Type mismatch for attribute to update")
	r.checkReplay()
}

// TestLegacyConditions checks every comparison operator.
func TestLegacyConditions(t *testing.T) {
	r := newRig(t, Options{})
	r.createTable("id")
	must[*dynamodb.PutItemOutput](t)(r.PutItem(r.ctx, &putIn{TableName: table, Item: attr.Item{"id": str("a"), "n": num("5"), "s": str("hello")}}))
	for _, c := range []struct {
		name   string
		op     types.ComparisonOperator
		values []attr.Value
		want   bool
	}{
		{"n", "EQ", []attr.Value{num("5.0")}, true}, {"n", "NE", []attr.Value{num("5")}, false}, {"x", "NE", []attr.Value{num("5")}, true},
		{"n", "LT", []attr.Value{num("6")}, true}, {"n", "LE", []attr.Value{num("4")}, false}, {"n", "GT", []attr.Value{num("-6")}, true},
		{"n", "GE", []attr.Value{num("5")}, true}, {"n", "GE", []attr.Value{str("5")}, false},
		{"n", "BETWEEN", []attr.Value{num("5"), num("6")}, true}, {"n", "IN", []attr.Value{num("1"), num("5")}, true},
		{"s", "CONTAINS", []attr.Value{str("ell")}, true}, {"s", "NOT_CONTAINS", []attr.Value{str("ell")}, false},
		{"s", "NOT_CONTAINS", []attr.Value{str("x")}, true}, {"x", "NOT_CONTAINS", []attr.Value{str("x")}, false},
		{"s", "BEGINS_WITH", []attr.Value{str("he")}, true}, {"x", "NULL", nil, true}, {"n", "NULL", nil, false}, {"n", "NOT_NULL", nil, true},
	} {
		out := must[*dynamodb.ScanOutput](t)(r.Scan(r.ctx, &scanIn{TableName: table, ScanFilter: map[string]types.Condition{
			c.name: {ComparisonOperator: c.op, AttributeValueList: c.values},
		}}))
		if out.ScannedCount != 1 || (out.Count == 1) != c.want {
			t.Errorf("%s %s %v: %d of %d", c.name, c.op, c.values, out.Count, out.ScannedCount)
		}
	}
	either := &putIn{TableName: table, Item: attr.Item{"id": str("a")}, ConditionalOperator: types.ConditionalOperatorOr,
		Expected: map[string]types.ExpectedAttributeValue{"n": {Value: num("9")}, "s": {Value: str("hello")}}}
	must[*dynamodb.PutItemOutput](t)(r.PutItem(r.ctx, either))
	wantError(t, r.call(either), "ConditionalCheckFailedException", "The conditional request failed")
}

// TestPages checks that a page ends at 1 MB, that COUNT has no items, and that
// the last page has no key to go on from.
func TestPages(t *testing.T) {
	r := newRig(t, Options{})
	r.createTable("id")
	for n := range 15 {
		must[*dynamodb.PutItemOutput](t)(r.PutItem(r.ctx, &putIn{TableName: table, Item: attr.Item{
			"id": str(fmt.Sprint(n)), "x": str(strings.Repeat("x", 100_000)),
		}}))
	}
	in := &scanIn{TableName: table, Select: types.SelectCount, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal}
	first := must[*dynamodb.ScanOutput](t)(r.Scan(r.ctx, in))
	in.ExclusiveStartKey = first.LastEvaluatedKey
	second := must[*dynamodb.ScanOutput](t)(r.Scan(r.ctx, in))
	if first.Count != 11 || second.Count != 4 || first.Items != nil || second.LastEvaluatedKey != nil {
		t.Errorf("pages of %d and %d items", first.Count, second.Count)
	}
	if units := *first.ConsumedCapacity.CapacityUnits; units != 134.5 {
		t.Errorf("%v units for 1.1 MB, eventually consistent", units)
	}
}

// TestFilterEndsPages checks that a page ends when its filter has looked at
// enough, and that the pages have everything.
func TestFilterEndsPages(t *testing.T) {
	const items = 3500
	r := newRig(t, Options{})
	r.createTable("id")
	for n := 0; n < items; n += maxBatchWrites {
		puts := make([]types.WriteRequest, maxBatchWrites)
		for i := range puts {
			puts[i].PutRequest = &types.PutRequest{Item: attr.Item{"id": str(fmt.Sprint(n + i)), "x": str("a")}}
		}
		must[*dynamodb.BatchWriteItemOutput](t)(r.BatchWriteItem(r.ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{"t": puts},
		}))
	}
	in := "x IN (" + strings.Repeat(":b,", 99) + ":b)"
	in = "NOT (" + strings.Repeat(in+" OR ", 12) + in + ")" // 13 times 101 operands
	values := attr.Item{":b": str("b")}
	for filter, pages := range map[string]int{in: 2, "NOT x IN (:b, :b, :b)": 1} {
		scan := &scanIn{TableName: table, FilterExpression: &filter, ExpressionAttributeValues: values, Limit: aws.Int32(items + 1)}
		found, read := 0, 0
		for read = 1; ; read++ {
			out := must[*dynamodb.ScanOutput](t)(r.Scan(r.ctx, scan))
			found += len(out.Items)
			if scan.ExclusiveStartKey = out.LastEvaluatedKey; scan.ExclusiveStartKey == nil {
				break
			}
		}
		if found != items || read != pages {
			t.Errorf("%d items in %d pages, not %d", found, read, pages)
		}
	}
}

// TestIndexProjection reads from an index no more than it has.
func TestIndexProjection(t *testing.T) {
	r := newRig(t, Options{})
	must[*dynamodb.CreateTableOutput](t)(r.CreateTable(r.ctx, &dynamodb.CreateTableInput{
		TableName: table, BillingMode: types.BillingModePayPerRequest, KeySchema: schema("id"), AttributeDefinitions: definitions("id:S", "o:S"),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String("idx"), KeySchema: schema("o"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"x"}},
		}},
	}))
	must[*dynamodb.PutItemOutput](t)(r.PutItem(r.ctx, &putIn{TableName: table, Item: attr.Item{"id": str("a"), "o": str("w"), "x": num("1"), "y": num("2")}}))
	must[*dynamodb.PutItemOutput](t)(r.PutItem(r.ctx, &putIn{TableName: table, Item: attr.Item{"id": str("b")}}))
	in := &scanIn{TableName: table, IndexName: aws.String("idx"), ReturnConsumedCapacity: types.ReturnConsumedCapacityIndexes}
	out := must[*dynamodb.ScanOutput](t)(r.Scan(r.ctx, in))
	if out.Count != 1 || !attr.EqualItems(out.Items[0], attr.Item{"id": str("a"), "o": str("w"), "x": num("1")}) {
		t.Errorf("got %v", out.Items)
	}
	if units := out.ConsumedCapacity.GlobalSecondaryIndexes["idx"].CapacityUnits; units == nil || *units != 0.5 {
		t.Errorf("capacity %+v", out.ConsumedCapacity)
	}
	in.Select = types.SelectAllAttributes
	wantError(t, r.call(in), "ValidationException", "One or more parameter values were invalid: "+
		"Select type ALL_ATTRIBUTES is not supported for global secondary index idx because its projection type is not ALL")
}

// TestBatches writes and reads many items at once.
func TestBatches(t *testing.T) {
	r := newRig(t, Options{})
	r.createTable("id")
	var puts []types.WriteRequest
	keys := types.KeysAndAttributes{ProjectionExpression: aws.String("id")}
	for n := range maxBatchWrites {
		item := attr.Item{"id": str(fmt.Sprint(n)), "x": num("1")}
		puts = append(puts, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
		keys.Keys = append(keys.Keys, attr.Item{"id": item["id"]})
	}
	commands := len(r.log.commands)
	must[*dynamodb.BatchWriteItemOutput](t)(r.BatchWriteItem(r.ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"t": puts}}))
	if n := len(r.log.commands) - commands; n != 1 {
		t.Errorf("%d commands for one batch", n)
	}
	keys.Keys = append(keys.Keys, attr.Item{"id": str("none")})
	out := must[*dynamodb.BatchGetItemOutput](t)(r.BatchGetItem(r.ctx, &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{"t": keys}, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	}))
	if len(out.Responses["t"]) != maxBatchWrites || len(out.Responses["t"][0]) != 1 || len(out.UnprocessedKeys) > 0 || *out.ConsumedCapacity[0].CapacityUnits != 13 {
		t.Errorf("got %+v", out)
	}
	gets := &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{
		{Get: &types.Get{TableName: table, Key: keys.Keys[3]}}, {Get: &types.Get{TableName: table, Key: attr.Item{"id": str("none")}}},
	}}
	responses := must[*dynamodb.TransactGetItemsOutput](t)(r.TransactGetItems(r.ctx, gets)).Responses
	if !attr.EqualItems(responses[0].Item, attr.Item{"id": str("3"), "x": num("1")}) || responses[1].Item != nil {
		t.Errorf("got %v", responses)
	}
}

// TestTransactions checks the reasons of one that is canceled, and that a token
// keeps one from being done twice, for ten minutes.
func TestTransactions(t *testing.T) {
	r := newRig(t, Options{})
	r.createTable("id")
	must[*dynamodb.PutItemOutput](t)(r.PutItem(r.ctx, &putIn{TableName: table, Item: attr.Item{"id": str("a"), "n": str("x")}}))
	_, err := r.TransactWriteItems(r.ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: table, Item: attr.Item{"id": str("new")}}},
		{ConditionCheck: &types.ConditionCheck{TableName: table, Key: idA, ConditionExpression: aws.String("attribute_not_exists(id)"),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}},
		{Update: &types.Update{TableName: table, Key: attr.Item{"id": str("b")}, UpdateExpression: aws.String("SET n = absent")}},
	}})
	wantError(t, err, "TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ValidationError]")
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) || !attr.EqualItems(canceled.CancellationReasons[1].Item, attr.Item{"id": str("a"), "n": str("x")}) {
		t.Errorf("reasons %+v", canceled)
	}
	if out := must[*dynamodb.ScanOutput](t)(r.Scan(r.ctx, &scanIn{TableName: table})); out.Count != 1 {
		t.Errorf("a canceled transaction left %d items", out.Count)
	}

	count := func(by string) error {
		_, err := r.TransactWriteItems(r.ctx, &dynamodb.TransactWriteItemsInput{
			ClientRequestToken: aws.String("token"),
			TransactItems: []types.TransactWriteItem{{Update: &types.Update{
				TableName: table, Key: attr.Item{"id": str("count")}, UpdateExpression: aws.String("ADD n :by"),
				ExpressionAttributeValues: attr.Item{":by": num(by)},
			}}},
		})
		return err
	}
	counted := func() string {
		return text(must[*dynamodb.GetItemOutput](t)(r.GetItem(r.ctx, &getIn{TableName: table, Key: attr.Item{"id": str("count")}})).Item["n"])
	}
	for range 2 {
		if err := count("1"); err != nil {
			t.Fatal(err)
		}
	}
	if counted() != "1" {
		t.Errorf("counted to %s", counted())
	}
	wantError(t, count("2"), "IdempotentParameterMismatchException",
		"Request parameters do not match those of an earlier request with the same ClientRequestToken")
	r.checkReplay()
	r.clock.Advance(10 * time.Minute)
	if err := count("2"); err != nil || counted() != "3" {
		t.Errorf("after ten minutes: %v, counted to %s", err, counted())
	}
	r.checkReplay()
}

// TestWriter holds the log up and checks that what arrives meanwhile becomes one
// command, and that each caller gets its own result.
func TestWriter(t *testing.T) {
	r := newRig(t, Options{})
	r.createTable("id")
	r.log.gate = make(chan struct{})
	const callers = 10
	results := make(chan error, callers)
	put := func(id string) {
		_, err := r.PutItem(r.ctx, &putIn{TableName: table, Item: attr.Item{"id": str(id)}, ConditionExpression: aws.String("attribute_not_exists(id)")})
		results <- err
	}
	commands := len(r.log.commands)
	go put("first")
	r.log.waitProposers(1)
	for n := range callers - 1 {
		go put(fmt.Sprint(n / 3)) // three of them for each of three keys
	}
	r.writer.waitFor(callers - 1)
	r.log.gate <- struct{}{}
	r.log.gate <- struct{}{}
	failed := 0
	for range callers {
		var condition *types.ConditionalCheckFailedException
		if err := <-results; errors.As(err, &condition) {
			failed++
		} else if err != nil {
			t.Error(err)
		}
	}
	if failed != 6 {
		t.Errorf("%d failed, want all but one of each three", failed)
	}
	if n := len(r.log.commands) - commands; n != 2 {
		t.Errorf("%d commands, want one that was held up and one for the rest", n)
	}
	r.log.gate = nil
	r.checkReplay()
}
