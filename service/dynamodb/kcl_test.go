package dynamodb

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// Parameters of requests, as the KCL composes them.
type (
	expectation = map[string]types.ExpectedAttributeValue
	updates     = map[string]types.AttributeValueUpdate
)

func is(v attr.Value) types.ExpectedAttributeValue { return types.ExpectedAttributeValue{Value: v} }

// there is Exists with a Value, which says no more than the Value.
func there(v attr.Value) types.ExpectedAttributeValue {
	return types.ExpectedAttributeValue{Exists: aws.Bool(true), Value: v}
}

var absent = types.ExpectedAttributeValue{Exists: aws.Bool(false)}

func put(v attr.Value) types.AttributeValueUpdate {
	return types.AttributeValueUpdate{Action: types.AttributeActionPut, Value: v}
}

func add(n string) types.AttributeValueUpdate {
	return types.AttributeValueUpdate{Action: types.AttributeActionAdd, Value: num(n)}
}

var drop = types.AttributeValueUpdate{Action: types.AttributeActionDelete}

// leaseTable makes the table of the KCL 3 and adds its index, as the KCL does.
func (r *rig) leaseTable(t *testing.T) {
	t.Helper()
	must[*dynamodb.CreateTableOutput](t)(r.CreateTable(r.ctx, &dynamodb.CreateTableInput{
		TableName: table, KeySchema: schema("leaseKey"), AttributeDefinitions: definitions("leaseKey:S"),
		BillingMode: types.BillingModePayPerRequest, DeletionProtectionEnabled: aws.Bool(false),
		Tags: []types.Tag{{Key: aws.String("app"), Value: aws.String("orders")}},
	}))
	changed := must[*dynamodb.UpdateTableOutput](t)(r.UpdateTable(r.ctx, &dynamodb.UpdateTableInput{
		TableName: table, AttributeDefinitions: definitions("leaseOwner:S", "leaseKey:S"),
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Create: &types.CreateGlobalSecondaryIndexAction{
			IndexName: aws.String("LeaseOwnerToLeaseKeyIndex"), KeySchema: schema("leaseOwner", "leaseKey"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
		}}},
	})).TableDescription
	// The KCL takes the index from the answer, and falls over when there is none.
	if len(changed.GlobalSecondaryIndexes) != 1 || aws.ToString(changed.GlobalSecondaryIndexes[0].IndexName) != "LeaseOwnerToLeaseKeyIndex" {
		t.Fatalf("UpdateTable answered with the indexes %v", changed.GlobalSecondaryIndexes)
	}
	must[*dynamodb.UpdateContinuousBackupsOutput](t)(r.UpdateContinuousBackups(r.ctx, &dynamodb.UpdateContinuousBackupsInput{
		TableName: table, PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)},
	}))
	described := must[*dynamodb.DescribeTableOutput](t)(r.DescribeTable(r.ctx, &dynamodb.DescribeTableInput{TableName: table})).Table
	if described.TableStatus != types.TableStatusActive || described.GlobalSecondaryIndexes[0].IndexStatus != types.IndexStatusActive ||
		described.BillingModeSummary.BillingMode != types.BillingModePayPerRequest || described.TableArn == nil || described.TableSizeBytes == nil {
		t.Errorf("described as %+v", described)
	}
}

// lease updates the lease "s-1" as the KCL does, and returns all of it.
func (r *rig) lease(t *testing.T, expected expectation, change updates) attr.Item {
	t.Helper()
	return must[*dynamodb.UpdateItemOutput](t)(r.UpdateItem(r.ctx, leaseUpdate(expected, change))).Attributes
}

func leaseUpdate(expected expectation, change updates) *updateIn {
	return &updateIn{
		TableName: table, Key: attr.Item{"leaseKey": str("s-1")}, Expected: expected, AttributeUpdates: change,
		ReturnValues: types.ReturnValueAllNew, ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
}

// wantLost checks that a condition failed, and with which item.
func wantLost(t *testing.T, err error, item attr.Item) {
	t.Helper()
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) || !attr.EqualItems(failed.Item, item) {
		t.Errorf("got %v with %v, want a failed condition with %v", err, failed, item)
	}
}

func wantItem(t *testing.T, got, want attr.Item) {
	t.Helper()
	if !attr.EqualItems(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

// TestKCLLeases makes the KCL's requests about one lease, with its parameters
// (spec clients §3.11): all are in the legacy style.
func TestKCLLeases(t *testing.T) {
	r := newRig(t, Options{})
	r.leaseTable(t)
	create := &putIn{TableName: table, Expected: expectation{"leaseKey": absent}, Item: attr.Item{
		"leaseKey": str("s-1"), "leaseCounter": num("0"), "checkpoint": str("TRIM_HORIZON"), "ownerSwitchesSinceCheckpoint": num("0"),
	}}
	must[*dynamodb.PutItemOutput](t)(r.PutItem(r.ctx, create))
	_, err := r.PutItem(r.ctx, create)
	wantLost(t, err, nil)

	base := attr.Item{"leaseKey": str("s-1"), "checkpoint": str("TRIM_HORIZON")}
	with := func(more attr.Item) attr.Item {
		item := attr.Item{}
		for _, part := range []attr.Item{base, more} {
			for name, v := range part {
				item[name] = v
			}
		}
		return item
	}
	take := updates{"leaseCounter": put(num("1")), "leaseOwner": put(str("A")), "checkpointOwner": drop, "ownerSwitchesSinceCheckpoint": add("1")}
	taken := with(attr.Item{"leaseCounter": num("1"), "leaseOwner": str("A"), "ownerSwitchesSinceCheckpoint": num("1")})
	wantItem(t, r.lease(t, expectation{"leaseCounter": is(num("0"))}, take), taken)
	_, err = r.UpdateItem(r.ctx, leaseUpdate(expectation{"leaseCounter": is(num("0"))}, take))
	wantLost(t, err, taken)

	renew := updates{"leaseCounter": put(num("2")), "throughputKBps": put(num("1.5"))}
	renewed := r.lease(t, expectation{"leaseCounter": is(num("1")), "checkpointOwner": absent}, renew)
	wantItem(t, renewed, with(attr.Item{"leaseCounter": num("2"), "leaseOwner": str("A"), "ownerSwitchesSinceCheckpoint": num("1"), "throughputKBps": num("1.5")}))

	handOff := expectation{"leaseOwner": is(str("A")), "checkpointOwner": absent, "leaseKey": there(str("s-1"))}
	handed := r.lease(t, handOff, updates{"leaseOwner": put(str("B")), "checkpointOwner": put(str("A"))})
	if !attr.Equal(handed["leaseOwner"], str("B")) || !attr.Equal(handed["checkpointOwner"], str("A")) {
		t.Errorf("handed over as %v", handed)
	}
	_, err = r.UpdateItem(r.ctx, leaseUpdate(expectation{"leaseCounter": is(num("2")), "checkpointOwner": absent}, renew))
	wantLost(t, err, handed)

	assign := r.lease(t, expectation{"leaseOwner": is(str("B")), "checkpointOwner": is(str("A")), "leaseKey": there(str("s-1"))},
		updates{"leaseOwner": put(str("B")), "checkpointOwner": drop, "leaseCounter": add("1"), "ownerSwitchesSinceCheckpoint": add("1")})
	wantItem(t, assign, with(attr.Item{"leaseCounter": num("3"), "leaseOwner": str("B"), "ownerSwitchesSinceCheckpoint": num("2"), "throughputKBps": num("1.5")}))

	children := &types.AttributeValueMemberSS{Value: []string{"s-2", "s-3"}}
	r.lease(t, expectation{"leaseCounter": is(num("3"))}, updates{
		"leaseCounter": put(num("4")), "checkpoint": put(str("SHARD_END")), "checkpointSubSequenceNumber": put(num("0")),
		"ownerSwitchesSinceCheckpoint": put(num("0")), "pendingCheckpoint": drop, "pendingCheckpointSubSequenceNumber": drop,
		"pendingCheckpointState": drop, "childShardIds": put(children),
	})
	r.lease(t, expectation{"leaseKey": there(str("s-1"))}, updates{"startingHashKey": put(str("0")), "endingHashKey": put(str("9"))})
	evicted := r.lease(t, expectation{"leaseOwner": is(str("B")), "checkpointOwner": absent, "leaseKey": there(str("s-1"))},
		updates{"leaseOwner": drop, "checkpointOwner": drop, "leaseCounter": add("1")})
	wantItem(t, evicted, attr.Item{
		"leaseKey": str("s-1"), "leaseCounter": num("5"), "checkpoint": str("SHARD_END"), "checkpointSubSequenceNumber": num("0"),
		"ownerSwitchesSinceCheckpoint": num("0"), "throughputKBps": num("1.5"), "childShardIds": children,
		"startingHashKey": str("0"), "endingHashKey": str("9"),
	})
	_, err = r.UpdateItem(r.ctx, &updateIn{TableName: table, Key: attr.Item{"leaseKey": str("none")},
		Expected: expectation{"leaseKey": there(str("none"))}, AttributeUpdates: updates{"startingHashKey": put(str("0"))}})
	wantLost(t, err, nil)
	for range 2 { // unconditional
		must[*dynamodb.DeleteItemOutput](t)(r.DeleteItem(r.ctx, &deleteIn{TableName: table, Key: attr.Item{"leaseKey": str("s-1")}}))
	}
	r.checkReplay()
}

// TestKCLReads lists leases as the KCL does: those of an owner, of a stream, and
// all, in segments and pages.
func TestKCLReads(t *testing.T) {
	r := newRig(t, Options{})
	r.leaseTable(t)
	for key, owner := range map[string]string{"a:1": "A", "a:2": "B", "b:1": "A", "b:2": ""} {
		item := attr.Item{"leaseKey": str(key), "streamName": str(key[:1]), "entityType": str("LEASE")}
		if owner != "" {
			item["leaseOwner"] = str(owner)
		}
		must[*dynamodb.PutItemOutput](t)(r.PutItem(r.ctx, &putIn{TableName: table, Item: item}))
	}
	must[*dynamodb.PutItemOutput](t)(r.PutItem(r.ctx, &putIn{TableName: table, Item: attr.Item{"leaseKey": str("worker"), "entityType": str("WORKER_METRIC_STATS")}}))

	mine := must[*dynamodb.QueryOutput](t)(r.Query(r.ctx, &queryIn{TableName: table, IndexName: aws.String("LeaseOwnerToLeaseKeyIndex"),
		KeyConditionExpression: aws.String("leaseOwner = :leaseOwner"), ExpressionAttributeValues: attr.Item{":leaseOwner": str("A")}}))
	if mine.Count != 2 || !attr.EqualItems(mine.Items[0], attr.Item{"leaseKey": str("a:1"), "leaseOwner": str("A")}) {
		t.Errorf("leases of A: %v", mine.Items)
	}
	for _, c := range []struct {
		in   *scanIn
		want int
	}{
		{&scanIn{}, 5},
		{&scanIn{ConsistentRead: aws.Bool(true)}, 5},
		{&scanIn{FilterExpression: aws.String("streamName = :streamName"), ExpressionAttributeValues: attr.Item{":streamName": str("b")}}, 2},
		{&scanIn{FilterExpression: aws.String("#et = :etVal"), ExpressionAttributeNames: map[string]string{"#et": "entityType"},
			ExpressionAttributeValues: attr.Item{":etVal": str("WORKER_METRIC_STATS")}}, 1},
		{&scanIn{FilterExpression: aws.String("entityType = :entityType"), ExpressionAttributeValues: attr.Item{":entityType": str("LEASE")}}, 4},
	} {
		found := 0
		for segment := range int32(3) {
			c.in.TableName, c.in.Limit, c.in.Segment, c.in.TotalSegments = table, aws.Int32(1), aws.Int32(segment), aws.Int32(3)
			c.in.ExclusiveStartKey = nil
			for more := true; more; more = c.in.ExclusiveStartKey != nil {
				out := must[*dynamodb.ScanOutput](t)(r.Scan(r.ctx, c.in))
				found += len(out.Items)
				c.in.ExclusiveStartKey = out.LastEvaluatedKey
			}
		}
		if found != c.want {
			t.Errorf("%d items, want %d, by %v", found, c.want, aws.ToString(c.in.FilterExpression))
		}
	}
}

// TestKCLCoordinator makes the KCL 3's requests about its leader, its workers
// and its migration: expressions, on the table that the leases are in.
func TestKCLCoordinator(t *testing.T) {
	r := newRig(t, Options{})
	r.leaseTable(t)
	names := map[string]string{"#pk": "leaseKey", "#rvn": "recordVersionNumber", "#on": "ownerName", "#ld": "leaseDuration", "#ir": "isReleased"}
	lock := attr.Item{"leaseKey": str("Leader"), "ownerName": str("A"), "recordVersionNumber": str("v1"), "leaseDuration": str("60000")}
	use := func(wanted ...string) map[string]string {
		part := map[string]string{}
		for _, name := range wanted {
			part[name] = names[name]
		}
		return part
	}
	acquire := func(condition string, values attr.Item, wanted ...string) error {
		_, err := r.PutItem(r.ctx, &putIn{TableName: table, Item: lock, ConditionExpression: &condition, ExpressionAttributeNames: use(wanted...), ExpressionAttributeValues: values})
		return err
	}
	must[*dynamodb.GetItemOutput](t)(r.GetItem(r.ctx, &getIn{TableName: table, Key: attr.Item{"leaseKey": str("Leader")}, ConsistentRead: aws.Bool(true)}))
	for _, c := range []struct {
		err error
		won bool
	}{
		{acquire("attribute_not_exists(#pk)", nil, "#pk"), true},
		{acquire("attribute_not_exists(#pk)", nil, "#pk"), false},
		{acquire("attribute_exists(#pk) AND #ir = :ir", attr.Item{":ir": str("1")}, "#pk", "#ir"), false},
		{acquire("attribute_exists(#pk) AND #rvn = :rvn", attr.Item{":rvn": str("v1")}, "#pk", "#rvn"), true},
	} {
		if won := c.err == nil; won != c.won {
			t.Errorf("acquired %v, want %v: %v", won, c.won, c.err)
		}
	}
	held := "attribute_exists(#pk) AND #rvn = :rvn AND #on = :on"
	must[*dynamodb.UpdateItemOutput](t)(r.UpdateItem(r.ctx, &updateIn{
		TableName: table, Key: attr.Item{"leaseKey": str("Leader")}, ConditionExpression: &held, ExpressionAttributeNames: use("#pk", "#rvn", "#on", "#ld"),
		UpdateExpression:          aws.String("SET #ld = :ld, #rvn = :newRvn"),
		ExpressionAttributeValues: attr.Item{":rvn": str("v1"), ":on": str("A"), ":ld": str("60000"), ":newRvn": str("v2")},
	}))
	leads := types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: table, Key: attr.Item{"leaseKey": str("Leader")},
		ConditionExpression: aws.String("ownerName = :owner"), ExpressionAttributeValues: attr.Item{":owner": str("A")}}}
	move := []types.TransactWriteItem{leads}
	for _, key := range []string{"one", "two"} {
		must[*dynamodb.PutItemOutput](t)(r.PutItem(r.ctx, &putIn{TableName: table, Item: attr.Item{"leaseKey": str("old-" + key)}}))
		move = append(move,
			types.TransactWriteItem{Put: &types.Put{TableName: table, Item: attr.Item{"leaseKey": str(key)}, ConditionExpression: aws.String("attribute_not_exists(leaseKey)")}},
			types.TransactWriteItem{Delete: &types.Delete{TableName: table, Key: attr.Item{"leaseKey": str("old-" + key)}}})
	}
	must[*dynamodb.TransactWriteItemsOutput](t)(r.TransactWriteItems(r.ctx, &dynamodb.TransactWriteItemsInput{TransactItems: move}))
	must[*dynamodb.UpdateItemOutput](t)(r.UpdateItem(r.ctx, &updateIn{
		TableName: table, Key: attr.Item{"leaseKey": str("Leader")}, UpdateExpression: aws.String("SET #ir = :ir"), ConditionExpression: &held,
		ExpressionAttributeNames: use("#pk", "#rvn", "#on", "#ir"), ExpressionAttributeValues: attr.Item{":rvn": str("v2"), ":on": str("A"), ":ir": str("1")},
	}))
	if err := acquire("attribute_exists(#pk) AND #ir = :ir", attr.Item{":ir": str("1")}, "#pk", "#ir"); err != nil {
		t.Errorf("a released lock: %v", err)
	}
	// The space before the parenthesis is the KCL's.
	_, err := r.DeleteItem(r.ctx, &deleteIn{TableName: table, Key: attr.Item{"leaseKey": str("one")}, ConditionExpression: aws.String("#key = :value AND attribute_exists (leaseKey)"),
		ExpressionAttributeNames: map[string]string{"#key": "leaseKey"}, ExpressionAttributeValues: attr.Item{":value": str("one")}})
	if err != nil {
		t.Error(err)
	}
	must[*dynamodb.DeleteItemOutput](t)(r.DeleteItem(r.ctx, &deleteIn{TableName: table, Key: attr.Item{"leaseKey": str("Leader")}}))
	_, err = r.TransactWriteItems(r.ctx, &dynamodb.TransactWriteItemsInput{TransactItems: move[:2]})
	wantError(t, err, "TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, None]")

	state := attr.Item{"leaseKey": str("Migration3.0"), "cs": str("1")}
	must[*dynamodb.PutItemOutput](t)(r.PutItem(r.ctx, &putIn{TableName: table, Item: state, Expected: expectation{"leaseKey": absent}}))
	must[*dynamodb.UpdateItemOutput](t)(r.UpdateItem(r.ctx, &updateIn{TableName: table, Key: attr.Item{"leaseKey": str("Migration3.0")},
		Expected: expectation{"leaseKey": is(str("Migration3.0")), "cs": is(str("1"))}, AttributeUpdates: updates{"cs": put(str("2")), "h": put(&types.AttributeValueMemberL{})}}))
	r.checkReplay()
}
