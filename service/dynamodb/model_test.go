package dynamodb

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"pgregory.net/rapid"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// model is a table "t" as somebody would write it who has an afternoon: a map,
// sorted when it is asked.
type model struct {
	*rig
	rows map[string]attr.Item
}

func place(item attr.Item) string { return text(item["id"]) + "/" + text(item["at"]) }

func text(v attr.Value) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return ""
}

func integer(v attr.Value) int {
	n, _ := strconv.Atoi(text(v))
	return n
}

// key draws one of few keys, so that they meet.
func (m *model) key(t *rapid.T) attr.Item {
	return attr.Item{
		"id": str(rapid.SampledFrom([]string{"a", "b", "ab"}).Draw(t, "id")),
		"at": num(strconv.Itoa(rapid.IntRange(-3, 12).Draw(t, "at"))),
	}
}

func (m *model) owner(t *rapid.T) string {
	return rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "owner")
}

// Put puts an item, if there is none or whatever there is.
func (m *model) Put(t *rapid.T) {
	item := m.key(t)
	if rapid.Bool().Draw(t, "owned") {
		item["owner"] = str(m.owner(t))
	}
	in := &dynamodb.PutItemInput{TableName: aws.String("t"), Item: item, ReturnValues: types.ReturnValueAllOld}
	old, there := m.rows[place(item)]
	onlyNew := rapid.Bool().Draw(t, "only new")
	if onlyNew && rapid.Bool().Draw(t, "legacy") {
		in.Expected = map[string]types.ExpectedAttributeValue{"id": {Exists: aws.Bool(false)}}
	} else if onlyNew {
		in.ConditionExpression = aws.String("attribute_not_exists(id)")
	}
	out, err := m.PutItem(m.ctx, in)
	if m.failed(t, err, onlyNew && there) {
		return
	}
	if !attr.EqualItems(out.Attributes, old) {
		t.Fatalf("put over %v returns %v", old, out.Attributes)
	}
	m.rows[place(item)] = item
}

// failed checks whether a condition failed that should have.
func (m *model) failed(t *rapid.T, err error, want bool) bool {
	t.Helper()
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) != want || !want && err != nil {
		t.Fatalf("got %v, want a failed condition: %v", err, want)
	}
	return want
}

// Update counts, and changes the owner if the count is what is expected.
func (m *model) Update(t *rapid.T) {
	key, owner := m.key(t), m.owner(t)
	old := m.rows[place(key)]
	expected := rapid.IntRange(0, 3).Draw(t, "expected")
	in := &dynamodb.UpdateItemInput{TableName: aws.String("t"), Key: key, ReturnValues: types.ReturnValueAllNew}
	if rapid.Bool().Draw(t, "legacy") {
		in.Expected = map[string]types.ExpectedAttributeValue{"n": {Value: num(strconv.Itoa(expected))}}
		if expected == 0 {
			in.Expected = map[string]types.ExpectedAttributeValue{"n": {Exists: aws.Bool(false)}}
		}
		in.AttributeUpdates = map[string]types.AttributeValueUpdate{
			"n": {Action: types.AttributeActionAdd, Value: num("1")}, "owner": {Action: types.AttributeActionPut, Value: str(owner)},
		}
	} else {
		in.ConditionExpression = aws.String("n = :n")
		in.ExpressionAttributeNames = map[string]string{"#o": "owner"}
		in.ExpressionAttributeValues = attr.Item{":n": num(strconv.Itoa(expected)), ":o": str(owner), ":one": num("1"), ":zero": num("0")}
		if expected == 0 {
			in.ConditionExpression = aws.String("attribute_not_exists(n)")
			delete(in.ExpressionAttributeValues, ":n")
		}
		in.UpdateExpression = aws.String("SET #o = :o, n = if_not_exists(n, :zero) + :one")
	}
	out, err := m.UpdateItem(m.ctx, in)
	if m.failed(t, err, integer(old["n"]) != expected) {
		return
	}
	item := maps.Clone(old)
	if item == nil {
		item = maps.Clone(key)
	}
	item["n"], item["owner"] = num(strconv.Itoa(expected+1)), str(owner)
	if !attr.EqualItems(out.Attributes, item) {
		t.Fatalf("updated to %v, want %v", out.Attributes, item)
	}
	m.rows[place(key)] = item
}

// Delete deletes an item, if it is the owner's.
func (m *model) Delete(t *rapid.T) {
	key, owner := m.key(t), m.owner(t)
	_, err := m.DeleteItem(m.ctx, &dynamodb.DeleteItemInput{
		TableName: aws.String("t"), Key: key, ConditionExpression: aws.String("#o = :o"),
		ExpressionAttributeNames:  map[string]string{"#o": "owner"},
		ExpressionAttributeValues: attr.Item{":o": str(owner)},
	})
	if !m.failed(t, err, text(m.rows[place(key)]["owner"]) != owner) {
		delete(m.rows, place(key))
	}
}

// Transact puts one item if another is there.
func (m *model) Transact(t *rapid.T) {
	item, other := m.key(t), m.key(t)
	if place(item) == place(other) {
		t.Skip("one item twice")
	}
	_, err := m.TransactWriteItems(m.ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: aws.String("t"), Item: item}},
		{ConditionCheck: &types.ConditionCheck{TableName: aws.String("t"), Key: other, ConditionExpression: aws.String("attribute_exists(id)")}},
	}})
	_, there := m.rows[place(other)]
	var canceled *types.TransactionCanceledException
	switch {
	case errors.As(err, &canceled) == there, there && err != nil:
		t.Fatalf("with the other there: %v: %v", there, err)
	case there:
		m.rows[place(item)] = item
	default:
		if codes := fmt.Sprint(*canceled.CancellationReasons[0].Code, *canceled.CancellationReasons[1].Code); codes != "NoneConditionalCheckFailed" {
			t.Fatalf("reasons %s", codes)
		}
	}
}

// sorted returns the rows that match, by their range key.
func (m *model) sorted(match func(attr.Item) bool, backward bool) (rows []attr.Item) {
	for _, item := range m.rows {
		if match(item) {
			rows = append(rows, item)
		}
	}
	slices.SortFunc(rows, func(a, b attr.Item) int { return cmp.Compare(integer(a["at"]), integer(b["at"])) })
	if backward {
		slices.Reverse(rows)
	}
	return rows
}

// Query reads a part of a hash key's items, in pages.
func (m *model) Query(t *rapid.T) {
	id, from, to := m.key(t)["id"], rapid.IntRange(-5, 8).Draw(t, "from"), rapid.IntRange(5, 15).Draw(t, "to")
	to = max(from, to)
	backward := rapid.Bool().Draw(t, "backward")
	conditions := map[string]func(at int) bool{
		"":                               func(int) bool { return true },
		" AND #at = :from":               func(at int) bool { return at == from },
		" AND #at < :from":               func(at int) bool { return at < from },
		" AND #at <= :from":              func(at int) bool { return at <= from },
		" AND #at > :from":               func(at int) bool { return at > from },
		" AND :from <= #at":              func(at int) bool { return at >= from },
		" AND #at BETWEEN :from AND :to": func(at int) bool { return at >= from && at <= to },
	}
	condition := rapid.SampledFrom(slices.Sorted(maps.Keys(conditions))).Draw(t, "condition")
	want := m.sorted(func(i attr.Item) bool { return text(i["id"]) == text(id) && conditions[condition](integer(i["at"])) }, backward)
	in := &dynamodb.QueryInput{
		TableName: aws.String("t"), KeyConditionExpression: aws.String("id = :id" + condition),
		ExpressionAttributeValues: attr.Item{":id": id}, ScanIndexForward: aws.Bool(!backward),
		Limit: aws.Int32(int32(rapid.IntRange(1, 6).Draw(t, "limit"))),
	}
	if condition != "" {
		in.ExpressionAttributeNames = map[string]string{"#at": "at"}
		in.ExpressionAttributeValues[":from"] = num(strconv.Itoa(from))
		if condition == " AND #at BETWEEN :from AND :to" {
			in.ExpressionAttributeValues[":to"] = num(strconv.Itoa(to))
		}
	}
	m.compare(t, m.pages(t, in), want)
}

// QueryIndex reads what an owner has.
func (m *model) QueryIndex(t *rapid.T) {
	owner, backward := m.owner(t), rapid.Bool().Draw(t, "backward")
	got := m.pages(t, &dynamodb.QueryInput{
		TableName: aws.String("t"), IndexName: aws.String("by"), ScanIndexForward: aws.Bool(!backward),
		KeyConditions: map[string]types.Condition{
			"owner": {ComparisonOperator: types.ComparisonOperatorEq, AttributeValueList: []attr.Value{str(owner)}},
		},
		Limit: aws.Int32(int32(rapid.IntRange(1, 6).Draw(t, "limit"))),
	})
	want := m.sorted(func(i attr.Item) bool { return text(i["owner"]) == owner }, backward)
	for i := 1; i < len(got); i++ {
		if order := integer(got[i]["at"]) - integer(got[i-1]["at"]); backward && order > 0 || !backward && order < 0 {
			t.Fatalf("not in order: %v", got)
		}
	}
	m.compareSets(t, got, want)
}

// Scan reads everything in segments and pages, less what a filter drops.
func (m *model) Scan(t *rapid.T) {
	total := rapid.IntRange(1, 4).Draw(t, "segments")
	var got []attr.Item
	for segment := range total {
		in := &dynamodb.ScanInput{
			TableName: aws.String("t"), Segment: aws.Int32(int32(segment)), TotalSegments: aws.Int32(int32(total)),
			Limit:            aws.Int32(int32(rapid.IntRange(1, 6).Draw(t, "limit"))),
			FilterExpression: aws.String("attribute_exists(#o)"), ExpressionAttributeNames: map[string]string{"#o": "owner"},
		}
		for {
			out, err := m.Service.Scan(m.ctx, in)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, out.Items...)
			if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
				break
			}
		}
	}
	m.compareSets(t, got, m.sorted(func(i attr.Item) bool { return i["owner"] != nil }, false))
}

// Get reads one item.
func (m *model) Get(t *rapid.T) {
	key := m.key(t)
	out, err := m.GetItem(m.ctx, &dynamodb.GetItemInput{TableName: aws.String("t"), Key: key})
	if err != nil || !attr.EqualItems(out.Item, m.rows[place(key)]) {
		t.Fatalf("got %v, %v, want %v", out.Item, err, m.rows[place(key)])
	}
}

// Reindex deletes the index and makes it again.
func (m *model) Reindex(t *rapid.T) {
	for _, update := range []types.GlobalSecondaryIndexUpdate{
		{Delete: &types.DeleteGlobalSecondaryIndexAction{IndexName: aws.String("by")}},
		{Create: &types.CreateGlobalSecondaryIndexAction{
			IndexName: aws.String("by"), KeySchema: schema("owner", "at"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}},
	} {
		_, err := m.UpdateTable(m.ctx, &dynamodb.UpdateTableInput{
			TableName: aws.String("t"), AttributeDefinitions: definitions("owner:S", "at:N"),
			GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{update},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// pages returns all pages of a query.
func (m *model) pages(t *rapid.T, in *dynamodb.QueryInput) (items []attr.Item) {
	t.Helper()
	for {
		out, err := m.Service.Query(m.ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, out.Items...)
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return items
		}
	}
}

func (m *model) compare(t *rapid.T, got, want []attr.Item) {
	t.Helper()
	if !slices.EqualFunc(got, want, attr.EqualItems) {
		t.Fatalf("got %d items %s\nwant %d %s", len(got), show(got), len(want), show(want))
	}
}

// compareSets is compare where the order of equals is nobody's business.
func (m *model) compareSets(t *rapid.T, got, want []attr.Item) {
	t.Helper()
	byPlace := func(a, b attr.Item) int { return cmp.Compare(place(a), place(b)) }
	slices.SortFunc(got, byPlace)
	slices.SortFunc(want, byPlace)
	m.compare(t, got, want)
}

// TestModel compares random histories with the naive model, and their replay
// with themselves.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{rig: newRig(t, Options{}), rows: map[string]attr.Item{}}
		m.createTable("id", "at")
		t.Repeat(map[string]func(*rapid.T){
			"put": m.Put, "update": m.Update, "delete": m.Delete, "transact": m.Transact, "get": m.Get,
			"query": m.Query, "query index": m.QueryIndex, "scan": m.Scan, "reindex": m.Reindex,
			"": func(t *rapid.T) {},
		})
		m.checkReplay()
	})
}

// show returns items in a form that people can read.
func show(items []attr.Item) string {
	var all []string
	for _, i := range items {
		all = append(all, place(i))
	}
	return fmt.Sprint(all)
}
