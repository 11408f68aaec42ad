package dynamodb

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leat-io/leat/service/dynamodb/attr"
)

// must returns what a call returned that has to succeed.
func must[Out any](t *testing.T) func(out Out, err error) Out {
	return func(out Out, err error) Out {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// TestStates watches a table and an index come and go with a delay.
func TestStates(t *testing.T) {
	r := newRig(t, Options{StateDelay: time.Second})
	r.createTable("id")
	status := func() string {
		t.Helper()
		out, err := r.DescribeTable(r.ctx, &dynamodb.DescribeTableInput{TableName: table})
		if err != nil {
			return "gone"
		}
		all := string(out.Table.TableStatus)
		for _, x := range out.Table.GlobalSecondaryIndexes {
			all += fmt.Sprintf(" %s %s", *x.IndexName, x.IndexStatus)
		}
		return all
	}
	want := func(text string) {
		t.Helper()
		if got := status(); got != text {
			t.Errorf("is %s, want %s", got, text)
		}
	}
	want("CREATING by CREATING")
	wantError(t, r.call(&putIn{TableName: table, Item: idA}), "ResourceNotFoundException", "Requested resource not found")
	wantError(t, r.call(&dynamodb.DeleteTableInput{TableName: table}), "ResourceInUseException",
		"Attempt to change a resource which is still in use: Table is being created: t")
	r.clock.Advance(time.Second)
	want("ACTIVE by ACTIVE")
	if err := r.call(&putIn{TableName: table, Item: attr.Item{"id": str("a"), "other": str("x")}}); err != nil {
		t.Fatal(err)
	}
	add := &dynamodb.UpdateTableInput{
		TableName: table, AttributeDefinitions: definitions("other:S"),
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Create: &types.CreateGlobalSecondaryIndexAction{
			IndexName: aws.String("more"), KeySchema: schema("other"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
		}}},
	}
	if err := r.call(add); err != nil {
		t.Fatal(err)
	}
	want("UPDATING by ACTIVE more CREATING")
	scan := &scanIn{TableName: table, IndexName: aws.String("more")}
	wantError(t, r.call(scan), "ValidationException", "Cannot read from backfilling global secondary index: more")
	wantError(t, r.call(add), "ResourceInUseException", "Attempt to change a resource which is still in use: Table is being updated: t")
	if err := r.call(&putIn{TableName: table, Item: attr.Item{"id": str("b"), "other": str("y")}}); err != nil {
		t.Errorf("a write while an index is made: %v", err)
	}
	r.clock.Advance(time.Second)
	want("ACTIVE by ACTIVE more ACTIVE")
	if out := must[*dynamodb.ScanOutput](t)(r.Scan(r.ctx, scan)); out.Count != 2 {
		t.Errorf("the index has %d items, want those from before and from meanwhile", out.Count)
	}
	if err := r.call(&dynamodb.DeleteTableInput{TableName: table}); err != nil {
		t.Fatal(err)
	}
	want("DELETING by ACTIVE more ACTIVE")
	wantError(t, r.call(&putIn{TableName: table, Item: idA}), "ResourceNotFoundException", "Requested resource not found")
	r.checkReplay()
	r.clock.Advance(time.Second)
	want("gone")
	r.createTable("id")
	want("CREATING by CREATING")
	r.clock.Advance(time.Second)
	if out := must[*dynamodb.ScanOutput](t)(r.Scan(r.ctx, &scanIn{TableName: table})); out.Count != 0 {
		t.Errorf("the new table has %d items of the old one", out.Count)
	}
	r.checkReplay()
}

// TestSettings changes all that UpdateTable and its relatives change, and reads
// it back.
func TestSettings(t *testing.T) {
	r := newRig(t, Options{})
	r.createTable("id")
	changed := must[*dynamodb.UpdateTableOutput](t)(r.UpdateTable(r.ctx, &dynamodb.UpdateTableInput{
		TableName: table, BillingMode: types.BillingModeProvisioned, TableClass: types.TableClassStandardInfrequentAccess,
		ProvisionedThroughput:     &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(5), WriteCapacityUnits: aws.Int64(6)},
		DeletionProtectionEnabled: aws.Bool(true),
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Update: &types.UpdateGlobalSecondaryIndexAction{
			IndexName: aws.String("by"), ProvisionedThroughput: &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(7), WriteCapacityUnits: aws.Int64(8)},
		}}},
	})).TableDescription
	if p := changed.ProvisionedThroughput; *p.ReadCapacityUnits != 5 || *p.WriteCapacityUnits != 6 {
		t.Errorf("throughput %d, %d", *p.ReadCapacityUnits, *p.WriteCapacityUnits)
	}
	if p := changed.GlobalSecondaryIndexes[0].ProvisionedThroughput; *p.ReadCapacityUnits != 7 || *p.WriteCapacityUnits != 8 {
		t.Errorf("throughput of the index %d, %d", *p.ReadCapacityUnits, *p.WriteCapacityUnits)
	}
	if changed.BillingModeSummary != nil || changed.TableClassSummary.TableClass != types.TableClassStandardInfrequentAccess {
		t.Errorf("billing %v, class %v", changed.BillingModeSummary, changed.TableClassSummary)
	}
	wantError(t, r.call(&dynamodb.DeleteTableInput{TableName: table}), "ValidationException",
		"Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")

	arn := changed.TableArn
	tags := func() map[string]string {
		all := map[string]string{}
		for _, tag := range must[*dynamodb.ListTagsOfResourceOutput](t)(r.ListTagsOfResource(r.ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: arn})).Tags {
			all[*tag.Key] = *tag.Value
		}
		return all
	}
	must[*dynamodb.TagResourceOutput](t)(r.TagResource(r.ctx, &dynamodb.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{
		{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")},
	}}))
	must[*dynamodb.UntagResourceOutput](t)(r.UntagResource(r.ctx, &dynamodb.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"a", "c"}}))
	if got := tags(); !reflect.DeepEqual(got, map[string]string{"b": "2"}) {
		t.Errorf("tags %v", got)
	}

	must[*dynamodb.UpdateContinuousBackupsOutput](t)(r.UpdateContinuousBackups(r.ctx, &dynamodb.UpdateContinuousBackupsInput{
		TableName: table, PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)},
	}))
	backups := must[*dynamodb.DescribeContinuousBackupsOutput](t)(r.DescribeContinuousBackups(r.ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: table}))
	if s := backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus; s != types.PointInTimeRecoveryStatusEnabled {
		t.Errorf("recovery is %s", s)
	}
	ttl := &dynamodb.UpdateTimeToLiveInput{TableName: table, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("x"), Enabled: aws.Bool(true)}}
	if err := r.call(ttl); err != nil {
		t.Fatal(err)
	}
	wantError(t, r.call(ttl), "ValidationException", "TimeToLive is already enabled")
	if d := must[*dynamodb.DescribeTimeToLiveOutput](t)(r.DescribeTimeToLive(r.ctx, &dynamodb.DescribeTimeToLiveInput{TableName: table})).TimeToLiveDescription; d.TimeToLiveStatus != types.TimeToLiveStatusEnabled || *d.AttributeName != "x" {
		t.Errorf("time to live %+v", d)
	}
	r.checkReplay()
}

// TestListTables pages through many tables.
func TestListTables(t *testing.T) {
	r := newRig(t, Options{})
	var want, got []string
	for n := range 7 {
		name := fmt.Sprintf("table-%d", n)
		want = append(want, name)
		must[*dynamodb.CreateTableOutput](t)(r.CreateTable(r.ctx, &dynamodb.CreateTableInput{
			TableName: aws.String(name), BillingMode: types.BillingModePayPerRequest, KeySchema: schema("id"), AttributeDefinitions: definitions("id:S"),
		}))
	}
	in := &dynamodb.ListTablesInput{Limit: aws.Int32(3)}
	for {
		out := must[*dynamodb.ListTablesOutput](t)(r.ListTables(r.ctx, in))
		got = append(got, out.TableNames...)
		if in.ExclusiveStartTableName = out.LastEvaluatedTableName; in.ExclusiveStartTableName == nil {
			break
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}
