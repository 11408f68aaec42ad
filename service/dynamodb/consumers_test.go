package dynamodb

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// checkpointTable makes a table with a key of two strings.
func (r *rig) checkpointTable(t *testing.T, hash, sort string) {
	t.Helper()
	must[*dynamodb.CreateTableOutput](t)(r.CreateTable(r.ctx, &dynamodb.CreateTableInput{
		TableName: table, BillingMode: types.BillingModePayPerRequest,
		KeySchema: schema(hash, sort), AttributeDefinitions: definitions(hash+":S", sort+":S"),
	}))
}

// step is a request of a consumer, and whether its condition is met.
type step struct {
	in  any
	met bool
}

func (r *rig) play(t *testing.T, steps []step) {
	t.Helper()
	for i, s := range steps {
		if err := r.call(s.in); s.met && err != nil {
			t.Errorf("step %d: %v", i, err)
		} else if !s.met {
			wantError(t, err, "ConditionalCheckFailedException", "The conditional request failed")
		}
	}
	r.checkReplay()
}

// TestNiFi makes the requests of NiFi's ConsumeKinesis, which has a client and a
// table of its own since it left the KCL (apache/nifi, KinesisShardManager).
func TestNiFi(t *testing.T) {
	r := newRig(t, Options{})
	r.checkpointTable(t, "streamName", "shardId")
	key := func(shard string) attr.Item { return attr.Item{"streamName": str("orders"), "shardId": str(shard)} }
	update := func(shard, expression, condition string, values attr.Item) *updateIn {
		in := &updateIn{TableName: table, Key: key(shard), UpdateExpression: &expression, ExpressionAttributeValues: values}
		if condition != "" {
			in.ConditionExpression = &condition
		}
		return in
	}
	acquire := func(owner, now, until string) *updateIn {
		return update("s-1", "SET leaseOwner = :owner, leaseExpiry = :exp, lastUpdateTimestamp = :ts",
			"attribute_not_exists(leaseOwner) OR leaseOwner = :owner OR leaseExpiry < :now",
			attr.Item{":owner": str(owner), ":exp": num(until), ":now": num(now), ":ts": num(now)})
	}
	checkpoint := func(owner string) *updateIn {
		return update("s-1", "SET sequenceNumber = :seq, subSequenceNumber = :subSeq, lastUpdateTimestamp = :ts, leaseExpiry = :exp",
			"leaseOwner = :owner", attr.Item{":seq": str("495"), ":subSeq": num("3"), ":ts": num("1"), ":exp": num("40"), ":owner": str(owner)})
	}
	release := update("s-1", "REMOVE leaseOwner, leaseExpiry", "leaseOwner = :owner", attr.Item{":owner": str("B")})
	heartbeat := func(node string) *updateIn {
		return update("__node__#"+node, "SET nodeHeartbeat = :heartbeat, lastUpdateTimestamp = :ts", "", attr.Item{":heartbeat": num("1"), ":ts": num("1")})
	}
	r.play(t, []step{
		{heartbeat("A"), true}, {heartbeat("B"), true},
		{acquire("A", "1", "30"), true}, {acquire("A", "2", "32"), true}, {acquire("B", "32", "62"), false}, {checkpoint("B"), false},
		{checkpoint("A"), true}, {acquire("B", "41", "71"), true}, {checkpoint("A"), false}, {release, true}, {release, false},
		{update("__node__#A", "REMOVE nodeHeartbeat, lastUpdateTimestamp", "", nil), true},
	})
	wantItem(t, must[*dynamodb.GetItemOutput](t)(r.GetItem(r.ctx, &getIn{TableName: table, Key: key("s-1"), ConsistentRead: aws.Bool(true)})).Item,
		attr.Item{"streamName": str("orders"), "shardId": str("s-1"), "sequenceNumber": str("495"), "subSequenceNumber": num("3"), "lastUpdateTimestamp": num("41")})
	for condition, want := range map[string]int32{"streamName = :streamName": 3, "streamName = :streamName AND begins_with(shardId, :nodePrefix)": 2} {
		in := queryOf(condition, ":streamName", str("orders"))
		if want == 2 {
			in.ExpressionAttributeValues[":nodePrefix"] = str("__node__#")
		}
		in.ConsistentRead = aws.Bool(true)
		if out := must[*dynamodb.QueryOutput](t)(r.Query(r.ctx, in)); out.Count != want {
			t.Errorf("%s: %v", condition, out.Items)
		}
	}
	// It moves a table of the KCL's to its own form: what has the name goes, and
	// comes back with another key.
	must[*dynamodb.DeleteTableOutput](t)(r.DeleteTable(r.ctx, &dynamodb.DeleteTableInput{TableName: table}))
	if _, err := r.DescribeTable(r.ctx, &dynamodb.DescribeTableInput{TableName: table}); err == nil {
		t.Error("the table is still there")
	}
	r.checkpointTable(t, "streamName", "shardId")
}

// TestRedpandaConnect makes the requests of the input aws_kinesis
// (redpanda-data/connect, input_kinesis_checkpointer.go).
func TestRedpandaConnect(t *testing.T) {
	r := newRig(t, Options{})
	r.checkpointTable(t, "StreamID", "ShardID")
	key := attr.Item{"StreamID": str("orders"), "ShardID": str("s-1")}
	claim := func(client, from string) *updateIn {
		in := &updateIn{TableName: table, Key: key, ReturnValues: types.ReturnValueAllOld,
			UpdateExpression:          aws.String("SET ClientID = :new_client_id, LeaseTimeout = :new_lease_timeout"),
			ConditionExpression:       aws.String("attribute_not_exists(ClientID)"),
			ExpressionAttributeValues: attr.Item{":new_client_id": str(client), ":new_lease_timeout": str("2026-01-01T00:00:00.5Z")}}
		if from != "" {
			in.ConditionExpression = aws.String("ClientID = :old_client_id")
			in.ExpressionAttributeValues[":old_client_id"] = str(from)
		}
		return in
	}
	checkpoint := func(client string, final bool) *putIn {
		item := attr.Item{"StreamID": str("orders"), "ShardID": str("s-1"), "SequenceNumber": str("495")}
		if !final {
			item["ClientID"], item["LeaseTimeout"] = str(client), str("2026-01-01T00:00:00.5Z")
		}
		return &putIn{TableName: table, Item: item, ConditionExpression: aws.String("ClientID = :client_id"), ExpressionAttributeValues: attr.Item{":client_id": str(client)}}
	}
	yield := &updateIn{TableName: table, Key: key, UpdateExpression: aws.String("SET SequenceNumber = :new_sequence_number"),
		ExpressionAttributeValues: attr.Item{":new_sequence_number": str("496")}}
	r.play(t, []step{
		{claim("A", ""), true}, {claim("B", ""), false}, {checkpoint("A", false), true}, {claim("B", "C"), false}, {claim("B", "A"), true},
		{checkpoint("A", false), false}, {yield, true},
	})
	// The hash key may be in the filter of a Scan, though not of a Query.
	claims := must[*dynamodb.ScanOutput](t)(r.Scan(r.ctx, &scanIn{TableName: table, FilterExpression: aws.String("StreamID = :stream_id"),
		ExpressionAttributeValues: attr.Item{":stream_id": str("orders")}}))
	if claims.Count != 1 || !attr.Equal(claims.Items[0]["ClientID"], str("B")) {
		t.Errorf("claims %v", claims.Items)
	}
	// A thief goes on from what the answer to its claim has.
	stolen := must[*dynamodb.UpdateItemOutput](t)(r.UpdateItem(r.ctx, claim("C", "B"))).Attributes
	if !attr.Equal(stolen["SequenceNumber"], str("496")) || !attr.Equal(stolen["ClientID"], str("B")) {
		t.Errorf("stolen: %v", stolen)
	}
	r.play(t, []step{{checkpoint("C", true), true}, {claim("A", ""), true}, {&deleteIn{TableName: table, Key: key}, true}})
}

// TestVMwareClaims makes the requests of vmware-go-kcl-v2 that one worker alone
// does not make: those by which a second takes shards away from it.
func TestVMwareClaims(t *testing.T) {
	r := newRig(t, Options{})
	must[*dynamodb.CreateTableOutput](t)(r.CreateTable(r.ctx, &dynamodb.CreateTableInput{
		TableName: table, KeySchema: schema("ShardID"), AttributeDefinitions: definitions("ShardID:S"),
		ProvisionedThroughput: &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(10), WriteCapacityUnits: aws.Int64(10)},
	}))
	lease := func(owner, timeout string, more ...string) attr.Item {
		item := attr.Item{"ShardID": str("s-1"), "AssignedTo": str(owner), "LeaseTimeout": str(timeout)}
		for i := 0; i < len(more); i += 2 {
			item[more[i]] = str(more[i+1])
		}
		return item
	}
	write := func(item attr.Item, condition string, values ...string) *putIn {
		in := &putIn{TableName: table, Item: item, ConditionExpression: &condition}
		for i := 0; i < len(values); i += 2 {
			if in.ExpressionAttributeValues == nil {
				in.ExpressionAttributeValues = attr.Item{}
			}
			in.ExpressionAttributeValues[values[i]] = str(values[i+1])
		}
		return in
	}
	// There is no space between the parenthesis and AND.
	claim := write(lease("A", "t1", "Checkpoint", "495", "ClaimRequest", "B"),
		"ShardID = :id AND LeaseTimeout = :lease_timeout AND attribute_not_exists(ClaimRequest)AND AssignedTo = :assigned_to"+
			" AND Checkpoint = :checkpoint AND attribute_not_exists(ParentShardId)",
		":id", "s-1", ":lease_timeout", "t1", ":assigned_to", "A", ":checkpoint", "495")
	steal := write(lease("B", "t2", "Checkpoint", "495"),
		"ShardID = :id AND AssignedTo = :assigned_to AND LeaseTimeout = :lease_timeout AND ClaimRequest = :claim_request",
		":id", "s-1", ":assigned_to", "A", ":lease_timeout", "t1", ":claim_request", "B")
	release := &updateIn{TableName: table, Key: attr.Item{"ShardID": str("s-1")}, UpdateExpression: aws.String("remove AssignedTo"),
		ConditionExpression: aws.String("AssignedTo = :assigned_to"), ExpressionAttributeValues: attr.Item{":assigned_to": str("A")}}
	r.play(t, []step{
		{write(lease("A", "t1"), "attribute_not_exists(AssignedTo)"), true}, {write(lease("B", "t1"), "attribute_not_exists(AssignedTo)"), false},
		{claim, false}, {&putIn{TableName: table, Item: lease("A", "t1", "Checkpoint", "495")}, true},
		{claim, true}, {claim, false}, {steal, true}, {steal, false}, {release, false},
	})
	out := must[*dynamodb.ScanOutput](t)(r.Scan(r.ctx, &scanIn{TableName: table, Select: types.SelectSpecificAttributes, ProjectionExpression: aws.String("ShardID,AssignedTo,Checkpoint")}))
	if want := (attr.Item{"ShardID": str("s-1"), "AssignedTo": str("B"), "Checkpoint": str("495")}); len(out.Items) != 1 || !attr.EqualItems(out.Items[0], want) {
		t.Errorf("leases %v", out.Items)
	}
}

// TestTelegraf makes the requests of kinesis-consumer and of Telegraf's input,
// which have the same table.
func TestTelegraf(t *testing.T) {
	r := newRig(t, Options{})
	r.checkpointTable(t, "namespace", "shard_id")
	read := func() attr.Item {
		return must[*dynamodb.GetItemOutput](t)(r.GetItem(r.ctx, &getIn{TableName: table, ConsistentRead: aws.Bool(true),
			Key: attr.Item{"namespace": str("app-orders"), "shard_id": str("s-1")}})).Item
	}
	wantItem(t, read(), nil)
	var item attr.Item
	for n := range 2 {
		item = attr.Item{"namespace": str("app-orders"), "shard_id": str("s-1"), "sequence_number": str(fmt.Sprint(495 + n))}
		must[*dynamodb.PutItemOutput](t)(r.PutItem(r.ctx, &putIn{TableName: table, Item: item}))
	}
	wantItem(t, read(), item)
}
